"""Integrals over the plane of codes, to all digits that matter.

For log p(x) = log of the integral of p(x, z) dz: the trapezoidal rule on a square, which converges
faster than any power of the step for smooth integrands that vanish at the edge (Trefethen and
Weideman 2014). For averages over q: Gauss and Hermite's rule in both directions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

_NODES = 40


def grid(low: float = -6.0, high: float = 6.0, steps: int = 241) -> tuple[Tensor, float]:
    """Codes [steps^2, 2] of a square grid, and the logarithm of the area of one."""
    along = torch.linspace(low, high, steps, dtype=torch.float64)
    first, second = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([first, second], -1).view(-1, 2), 2 * math.log((high - low) / (steps - 1))


def log_evidence(joint: Callable[[Tensor], Tensor]) -> Tensor:
    """log of the integral of exp(joint(z)) over the plane, []; joint gives [N] for [N, 2]."""
    zs, area = grid()
    return torch.logsumexp(joint(zs), 0) + area


def nodes(mu: Tensor, logsigma: Tensor) -> tuple[Tensor, Tensor]:
    """Codes [n, 2] and weights [n] whose sum of weight f(code) is E_q f(z); mu, logsigma: [2]."""
    points, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    along, share = torch.from_numpy(points), torch.from_numpy(weights) / math.sqrt(2 * math.pi)
    first, second = torch.meshgrid(along, along, indexing="ij")
    unit = torch.stack([first, second], -1).view(-1, 2)
    return mu.double() + logsigma.double().exp() * unit, torch.outer(share, share).view(-1)


def average(f: Callable[[Tensor], Tensor], mu: Tensor, logsigma: Tensor) -> Tensor:
    """E f(z) for z ~ N(mu, exp(logsigma)^2), []; f gives [N] for [N, 2]."""
    zs, weights = nodes(mu, logsigma)
    return (weights * f(zs)).sum()
