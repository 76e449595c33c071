"""A model in which one entry of the code decides everything: log p(x) is an integral over a line.

The decoder looks at entry `place` of z only. q(z | x) is N(m, s^2) there and standard normal, as
the prior, in all others, which therefore cancel in every importance weight. So
log p(x) = log of the integral of p(x | z) N(z; 0, 1) over that entry, by the trapezoidal rule on
[-8, 8], which for a smooth integrand that vanishes at both ends is exact to all digits that matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.densities import models
from autograder.checks.densities.models import L, Parts, StandIns
from vae_utils.calls import Instance
from vae_utils.compare_draws import ALPHA

LEVELS = 401  # equally probable values in a table
SLACK = 0.005  # of such a table
_GRID = torch.linspace(-8.0, 8.0, 641, dtype=torch.float64)
WIDE, NARROW = 1.8, 0.4
"""Widths of q: a q wider than the prior bounds the importance weights, a narrow one is no prior."""
_SHIFT = 0.8  # of q's mean from that of p(z | x): the ELBO stays clearly below log p(x)


@dataclass(frozen=True)
class Active:
    """The model, one image [D] of it, and the closed forms."""

    known: Parts
    place: int
    image: Tensor
    mean: float
    log_width: float

    @property
    def instance(self) -> Instance:
        """What is called."""
        return models.model(self.known.state)

    def with_stand_ins(self, stand_ins: StandIns) -> Active:
        """The same, some of the student's functions replaced."""
        return replace(self, known=Parts(self.known.state, stand_ins))

    def codes(self, values: Tensor) -> Tensor:
        """z [N, L] with these values [N] in the active entry."""
        z = torch.zeros(len(values), L, dtype=torch.float64)
        z[:, self.place] = values.double()
        return z

    def posterior(self, count: int) -> tuple[Tensor, Tensor]:
        """mu and logvar of q, each [count, L]."""
        mu, logvar = self.codes(torch.tensor([self.mean])), self.codes(torch.tensor([0.0]))
        logvar[:, self.place] = 2 * self.log_width
        return mu.expand(count, -1), logvar.expand(count, -1)

    def log_likelihood(self, values: Tensor) -> Tensor:
        """log p(x | z) for values [N] of the active entry, [N]."""
        theta = self.known.decode(self.codes(values))
        return self.known.log_likelihood(theta, self.image.expand(len(values), -1))

    def log_prior(self, values: Tensor) -> Tensor:
        """log p(z), the other entries at 0, [N]."""
        zero = torch.zeros(len(values), L, dtype=torch.float64)
        return self.known.log_density(zero, zero, self.codes(values))

    def log_q(self, values: Tensor) -> Tensor:
        """log q(z | x), the other entries at 0, [N]."""
        return self.known.log_density(*self.posterior(len(values)), self.codes(values))

    def log_weight(self, values: Tensor) -> Tensor:
        """log p(x | z) + log p(z) - log q(z | x), whatever the other entries are, [N]."""
        return self.log_likelihood(values) + self.log_prior(values) - self.log_q(values)

    @cached_property
    def values(self) -> Tensor:
        """Equally probable values of the active entry under q, [LEVELS]."""
        width = torch.tensor(self.log_width, dtype=torch.float64).exp()
        return self.mean + width * models.normal_quantiles(LEVELS)

    @property
    def images(self) -> Tensor:
        """A batch of this image alone."""
        return self.image.expand(1, -1)

    def elbo(self, values: Tensor) -> Tensor:
        """log p(x | z) - KL, [N]."""
        return self.log_likelihood(values) - self.known.kl(*self.posterior(1))

    def expected(self) -> tuple[float, float, float]:
        """log p(x); the variance and the largest of importance weights over p(x), for codes from q.

        By quadrature: E_q[w^n] is the integral of w^n q.
        """
        width = torch.tensor(self.log_width, dtype=torch.float64)
        log_q = -0.5 * ((_GRID - self.mean) / width.exp()) ** 2 - width - 0.9189385332046727
        log_w = self.log_weight(_GRID)
        log_p = _integral(log_w + log_q)
        second = _integral(2 * (log_w - log_p) + log_q).exp()
        return float(log_p), float(second - 1), float((log_w - log_p).max().exp())


def table(values: Tensor, n: int, alpha: float = ALPHA) -> dict[str, Any]:
    """The distribution of n draws, from equally probable values [N] of one; alpha: how often right
    draws fail."""
    levels = (torch.arange(len(values), dtype=torch.float64) + 0.5) / len(values)
    values = values.sort().values
    return {"values": values, "cdf": levels, "n": n, "slack": SLACK, "alpha": alpha}


def _integral(logs: Tensor) -> Tensor:
    """log of the integral over _GRID of what `logs` holds the logarithms of."""
    return torch.logsumexp(logs, 0) + (_GRID[1] - _GRID[0]).log()


def active(draw: Draw, width: float = WIDE) -> Active:
    """Draw such a model, an image that it gives, and a q next to the image's true posterior."""
    place = int(draw.uniform(1, low=0, high=L))
    first = models.layer(draw, "decoder.0", 0.5)
    looks = torch.zeros(L).index_fill_(0, torch.tensor(place), 1.0)
    first["decoder.0.weight"] = first["decoder.0.weight"] * looks
    decoder = first | models.layer(draw, "decoder.2", 0.1)
    decoder |= models.layer(draw, "decoder.4", 0.06, bias=1.5, center=models.DARK)
    found = Active(Parts(decoder, {}), place, torch.zeros(models.D), 0.0, 0.0)
    theta = found.known.decode(found.codes(torch.tensor([0.7])))[0]
    found = replace(found, image=(draw.uniform(models.D, low=0.0, high=1.0) < theta).float())
    log_joint = found.log_likelihood(_GRID) - 0.5 * _GRID**2
    share = torch.softmax(log_joint, 0)
    mean = torch.tensor(float((share * _GRID).sum()) + _SHIFT)
    mu, logvar = torch.zeros(L), torch.zeros(L)
    mu[place], logvar[place] = mean, 2 * torch.tensor(width).log()
    # What the encoder does before its last layer has no effect: it may stay as it is initialised.
    state = decoder | models.posterior(mu, logvar)
    log_width = float(logvar[place].double() / 2)
    return replace(found, known=Parts(state, {}), mean=float(mean), log_width=log_width)
