"""How log q(z) - log p(z) of normal distributions varies with the noise in z.

At z = mean + std * eps the log density of a normal distribution is, in each entry, a quadratic
function of eps. So is a difference of two, whatever z was drawn from, which gives the distribution
of an estimate, right or wrong, in closed form.

Where a student's density is wrong, an affine map of mean, log variance and z stands in. Its weights
for mean and z are equal, since a normal density does not change when the two are exchanged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.checks import Draw
from vae_utils.compare_draws import ALPHA
from vae_utils.stand_in import FAINTEST, StandIn

LEVELS = 301  # equally probable values in a table
ROUNDING = 0.01  # a mean of a thousand float32 numbers of order ten, added up in the worst order
DENSITY = "log_likelihood_normal"
StandIns = dict[str, StandIn]
Inputs = tuple[Tensor, Tensor, Tensor, Tensor]  # mu_q, logvar_q, mu_p, logvar_p


@dataclass(frozen=True)
class Gaussian:
    """Independent normal entries: mean and standard deviation, each [B, D]."""

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, mu: Tensor, logvar: Tensor) -> Gaussian:
        """From what the student's function is given, rows flattened."""
        return cls(mu.double().flatten(1), (0.5 * logvar.double().flatten(1)).exp())

    def with_std(self, std: Tensor) -> Gaussian:
        """The same means with another spread."""
        return Gaussian(self.mean, std)


@dataclass(frozen=True)
class Quadratic:
    """center + square * (eps^2 - 1) + slope * eps in each entry, all [B, D]; eps ~ N(0, 1)."""

    center: Tensor
    square: Tensor
    slope: Tensor

    def __sub__(self, other: Quadratic) -> Quadratic:
        return self + other.times(-1)

    def __add__(self, other: Quadratic) -> Quadratic:
        return Quadratic(
            self.center + other.center, self.square + other.square, self.slope + other.slope
        )

    def times(self, factor: float) -> Quadratic:
        """Multiplied by a number."""
        return Quadratic(factor * self.center, factor * self.square, factor * self.slope)

    @property
    def mean(self) -> Tensor:
        """Of the sum over entries, [B]."""
        return self.center.sum(-1)

    @property
    def variance(self) -> Tensor:
        """The same, [B]."""
        return (2 * self.square**2 + self.slope**2).sum(-1)

    def tolerance(self, codes: int, alpha: float = ALPHA) -> float:
        """How far a row's mean over independent codes may be off `mean`, at `alpha` for all rows.

        For one entry with square a, slope b and |2 t a| < 1,
        log E exp(t (a (eps^2 - 1) + b eps)) = -t a - log(1 - 2 t a) / 2 + t^2 b^2 / (2 - 4 t a),
        and -u - log(1 - u) <= u^2 / (2 (1 - |u|)). So it is at most
        t^2 (a^2 + b^2 / 2) / (1 - 2 |t| c), where c = max |a|. Entries and codes are independent:
        these bounds add. By Chernoff's inequality, with V the sum of a^2 + b^2 / 2 over a row,
        which is half its variance, P(|mean of N codes - mean| > sqrt(4 V x / N) + 2 c x / N)
        <= 2 exp(-x) (Boucheron, Lugosi and Massart 2013, section 2.4: sub-gamma variables).
        """
        x = math.log(2 * len(self.center) / alpha)
        spread = float(self.variance.max()) / 2
        most = float(self.square.abs().max())
        return math.sqrt(4 * spread * x / codes) + 2 * most * x / codes + ROUNDING

    def columns(self) -> Tensor:
        """Equally probable values of each entry of the first row, [LEVELS, D]."""
        eps = normal_quantiles()[:, None]
        return self.center[0] + self.square[0] * (eps**2 - 1) + self.slope[0] * eps


def normal_quantiles() -> Tensor:
    """LEVELS equally probable points of N(0, 1), increasing."""
    return torch.special.ndtri((torch.arange(LEVELS, dtype=torch.float64) + 0.5) / LEVELS)


def quantiles_of_sum(columns: Tensor) -> Tensor:
    """Quantiles [LEVELS] of the sum of independent columns [LEVELS, D] of values."""
    total = columns[:, 0].sort().values
    for column in columns.T[1:]:
        sums = (total[:, None] + column).flatten().sort().values
        total = sums[LEVELS // 2 :: LEVELS]
    return total


def log_density(scored: Gaussian, drawn: Gaussian) -> Quadratic:
    """log N(z; scored) in each entry, z = drawn.mean + drawn.std * eps."""
    variance = scored.std**2
    shift, width = drawn.mean - scored.mean, drawn.std
    center = -0.5 * (2 * math.pi * variance).log() - (shift**2 + width**2) / (2 * variance)
    return Quadratic(center, -(width**2) / (2 * variance), -shift * width / variance)


def log_ratio(q: Gaussian, p: Gaussian, drawn: Gaussian | None = None) -> Quadratic:
    """log q(z) - log p(z) in each entry; z from q unless told otherwise."""
    drawn = drawn or q
    return log_density(q, drawn) - log_density(p, drawn)


def inputs(draw: Draw, *shape: int, apart: float = 1.0) -> Inputs:
    """What the student's function is given; apart: how much q and p differ."""
    mu_q = draw.uniform(*shape, low=-apart, high=apart)
    logvar_q = draw.uniform(*shape, low=-1.8 * apart, high=-1.1 * apart)
    mu_p = draw.uniform(*shape, low=-apart, high=apart)
    return mu_q, logvar_q, mu_p, draw.uniform(*shape, low=0.5 * apart, high=apart)


def _density(bias: Tensor, mu: Tensor, logvar: Tensor, ramp: bool = False) -> StandIns:
    maps = ((bias, mu, logvar, mu),)
    return {DENSITY: StandIn(("mu", "logvar", "z"), maps, ramp=ramp, plain=True)}


def cancelling(draw: Draw, entries: int) -> StandIns:
    """A density in which z cancels if both scores are of the same z, so that no noise is left.

    With `inputs` the difference of scores is always well below 0.
    """
    mu = draw.uniform(entries, low=-0.3, high=0.3)
    return _density(torch.tensor(-5.0), mu, draw.uniform(entries, low=0.8, high=1.2))


def cancelled(stand_ins: StandIns, given: Inputs) -> Tensor:
    """The difference of scores, [B], for any z."""
    mu_q, logvar_q, mu_p, logvar_p = (value.double().flatten(1) for value in given)
    density, z = stand_ins[DENSITY], torch.zeros_like(mu_q)
    return torch.as_tensor(density(mu_q, logvar_q, z) - density(mu_p, logvar_p, z))


@dataclass(frozen=True)
class Reading:
    """A row [1, D] of inputs, and a density through which the noise in z can be read.

    Its score under q is 1/2 + offset + sum_d slope_d eps_d, slope [1, D], within the limits of a
    ramp; that under p is FAINTEST.
    """

    row: Inputs
    stand_ins: StandIns
    slope: Tensor
    offset: float

    def rows(self, count: int) -> tuple[Tensor, ...]:
        """The inputs of so many equal rows."""
        return tuple(value.expand(count, -1) for value in self.row)

    @property
    def unlimited(self) -> Tensor:
        """The mean [] where the limits are never met."""
        return torch.tensor(0.5 + self.offset - FAINTEST, dtype=torch.float64)

    @property
    def limited(self) -> Tensor:
        """The mean [] where they are; within 1 / LEVELS, as that of a table is."""
        scores = self.unlimited + FAINTEST + self.slope.norm() * normal_quantiles()
        return scores.clamp(FAINTEST, 1 - FAINTEST).mean() - FAINTEST


def reading(draw: Draw, entries: int, spread: float, offset: float = 0.0) -> Reading:
    """A reading of 3 entries or more with that standard deviation, up to 2, and offset, up to 1.

    Weights of z have one sign: noise that entries share does not cancel. Log variances of q are so
    low that no wrong standard deviation is near the right one; means of q and p differ a little, so
    that codes from p vary, too. Under p a score is never above its lower limit: with these inputs
    mu_p - mu_q adds at most 2.2 D spreads, the noise 8 but for one draw in 10^15, and log variances
    take off at least 4 D (1 + 5 spreads).
    """
    mean, logvar, _, logvar_p = inputs(draw, 1, entries, apart=2.5)
    row = mean, logvar, mean + draw.uniform(1, entries, low=0.2, high=0.4), logvar_p
    mu_q, logvar_q = mean[0], logvar[0]
    std = (0.5 * logvar_q.double()).exp()
    weight = draw.uniform(entries, low=0.8, high=1.2)
    weight = weight * (spread / (weight * std).norm()).float()
    down = draw.uniform(entries, low=-1.5, high=-1.0) * (1 + 5 * spread)
    center = 2 * mu_q.double() @ weight.double() + logvar_q.double() @ down.double()
    stand_ins = _density((offset - center).float(), weight, down, ramp=True)
    return Reading(row, stand_ins, (weight * std)[None], offset)
