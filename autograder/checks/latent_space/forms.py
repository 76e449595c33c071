"""Closed forms of Part 0 in float64: densities of codes and of pixels."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import softplus


def gaussian(mu: Tensor, logsig: Tensor, xs: Tensor) -> Tensor:
    """log N(xs; mu, exp(logsig)^2) of each row, [B] for [B, L]."""
    mu, logsig, xs = mu.double(), logsig.double(), xs.double()
    standardised = (xs - mu) / logsig.exp()
    return (-0.5 * math.log(2 * math.pi) - logsig - 0.5 * standardised**2).sum(-1)


def bernoulli(logits: Tensor, x: Tensor) -> Tensor:
    """log p(x) of each pixel: x logit - log(1 + exp(logit)), in the shape of both."""
    return x.double() * logits.double() - softplus(logits.double())
