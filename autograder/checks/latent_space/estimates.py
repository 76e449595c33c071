"""How far the mean of many unbiased estimates may be off, whichever of the right forms they have.

An ELBO is a sum of terms, functions of a code: log p(x | z), log p(z) and -log q(z | x). Each is
estimated with a code of its own or with one that others use as well, and the second and the third
may be replaced by their exact means. Every such choice is unbiased, and each has its own noise.

For a sum f of terms of one code, psi(t) = log E exp(t (f - E f)), and for terms of independent
codes psi adds. By Chernoff's inequality, the mean of n independent estimates is off by s or more in
one direction with probability at most exp(-n (t s - psi(t))) for every t > 0, so by more than
min over t of (psi(t) + log(2 / ALPHA) / n) / t, in either, with at most ALPHA. The largest of these
bounds over all choices holds for each of them. It holds for means of several codes an image, too,
antithetic ones included: psi is convex, so averaging identically distributed estimates, however
they depend on each other, makes psi(t) no larger (Jensen).

psi is a sum over nodes of quadrature. No term grows faster than eps^2 in the noise eps, so that
exp(t f) against the normal density is no harder to integrate than a normal density is, while t
stays below MOST.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from vae_utils.compare_draws import ALPHA

MOST = 0.4
_TILTS = torch.logspace(-0.9, 0.7, 25, base=10, dtype=torch.float64)
"""Of t, as parts of the best one for normal noise."""
_NODES = 16


def normal(count: int = _NODES) -> tuple[Tensor, Tensor]:
    """Nodes [n, 2] and weights [n]: two independent N(0, 1). Gauss and Hermite's rule."""
    points, weights = np.polynomial.hermite_e.hermegauss(count)
    return _squared(points, weights)


def uniform(low: float, high: float, count: int = _NODES) -> tuple[Tensor, Tensor]:
    """The same for two independent uniform numbers. Gauss and Legendre's rule."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return _squared(low + (high - low) * (points + 1) / 2, weights)


def _squared(points: np.ndarray, weights: np.ndarray) -> tuple[Tensor, Tensor]:
    along, share = torch.from_numpy(points), torch.from_numpy(weights / weights.sum())
    first, second = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([first, second], -1).view(-1, 2), torch.outer(share, share).view(-1)


def _groupings(places: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """All ways to split places into groups."""
    if not places:
        yield ()
        return
    first, rest = places[0], places[1:]
    for size in range(len(rest) + 1):
        for others in combinations(rest, size):
            left = tuple(place for place in rest if place not in others)
            yield from (((first, *others), *groups) for groups in _groupings(left))


def forms(count: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Which terms are drawn, the first always, and which of them share a code."""
    for size in range(count):
        for drawn in combinations(range(1, count), size):
            yield from _groupings((0, *drawn))


def slack(terms: tuple[Tensor, ...], share: Tensor, rows: int, alpha: float = ALPHA) -> float:
    """How far the mean over `rows` estimates may be off, at `alpha`.

    terms: values at the nodes, [N] each where all rows have the same distribution; [N, M] for M
        distributions that as many rows have each. share: weights of the nodes [N].
    """
    columns = [term.double().reshape(len(share), -1) for term in terms]
    centred = [term - share @ term for term in columns]
    variance = float(max((share @ sum(_chosen(centred, g)) ** 2).mean() for g in _groups(terms)))
    if not variance:
        return 0.0
    x = math.log(2 / alpha) / rows
    tilts = (_TILTS * math.sqrt(2 * x / variance)).clamp(max=MOST).unique()
    return max(_chernoff(centred, share, tilts * sign, x, len(terms)) for sign in (1.0, -1.0))


def _groups(terms: tuple[Tensor, ...]) -> Iterator[tuple[int, ...]]:
    for size in range(1, len(terms) + 1):
        yield from combinations(range(len(terms)), size)


def _chosen(terms: list[Tensor], places: tuple[int, ...]) -> Iterator[Tensor]:
    return (terms[place] for place in places)


def _chernoff(centred: list[Tensor], share: Tensor, tilts: Tensor, x: float, count: int) -> float:
    """The largest bound of all forms; the sign of tilts [T] is the direction."""
    psi = {
        places: _cumulant(torch.as_tensor(sum(_chosen(centred, places))), share, tilts)
        for places in _groups(tuple(centred))
    }
    sums = (torch.stack([psi[group] for group in form]).sum(0) for form in forms(count))
    return max(float(((total + x) / tilts.abs()).min()) for total in sums)


def _cumulant(values: Tensor, share: Tensor, tilts: Tensor) -> Tensor:
    """log E exp(t f) for centred values [N, M] of f, averaged over M, [T]."""
    logs = tilts[:, None, None] * values + share.log()[:, None]
    return torch.logsumexp(logs, 1).mean(-1)
