"""The ELBO of one image in float64, its terms, and how far a mean of many estimates may be off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from autograder.checks.latent_space import estimates
from autograder.checks.latent_space.models import Parts
from vae_utils.compare_draws import ALPHA

SAMPLER = "sample_diag_gaussian"
ROUNDING = 0.08
"""Of a mean of up to 4,096 float32 numbers below 512, added up one by one: partial sums are below
2^21, so each addition is off by at most 1/16, and so is the mean; sums over pixels add 0.012."""


@dataclass(frozen=True)
class Elbo:
    """The ELBO of an image [D] under a model, some of the student's functions replaced."""

    parts: Parts
    image: Tensor

    @cached_property
    def posterior(self) -> tuple[Tensor, Tensor]:
        """mu and logsigma, each [1, L]."""
        return self.parts.encoder(self.image[None])

    @cached_property
    def codes(self) -> tuple[Tensor, Tensor]:
        """Codes [N, L] and weights [N] by which functions of a draw are averaged."""
        (mu, logsigma), stand_in = self.posterior, self.parts.stand_ins.get(SAMPLER)
        if stand_in is None:
            noise, share = estimates.normal()
            return mu + logsigma.exp() * noise, share
        noise, share = estimates.uniform(-stand_in.noise, stand_in.noise)
        return torch.as_tensor(stand_in.without_noise()(mu, logsigma)) + noise, share

    def likelihood(self, z: Tensor) -> Tensor:
        """log p(x | z), [N]."""
        return self.parts.log_likelihood(self.image.expand(len(z), -1), z)

    def log_q(self, z: Tensor) -> Tensor:
        """log q(z | x), [N]."""
        mu, logsigma = self.posterior
        return self.parts.log_q(mu.expand(len(z), -1), logsigma.expand(len(z), -1), z)

    def terms(self, z: Tensor) -> tuple[Tensor, ...]:
        """What the ELBO is a sum of, [N] each; the first is the only one that needs a draw."""
        if "joint_log_density" in self.parts.stand_ins:
            return self.parts.joint(self.image.expand(len(z), -1), z), -self.log_q(z)
        return self.likelihood(z), self.parts.log_prior(z), -self.log_q(z)

    @cached_property
    def _drawn(self) -> tuple[Tensor, ...]:
        return self.terms(self.codes[0])

    @cached_property
    def mean(self) -> Tensor:
        """What every right form gives on average, []."""
        return self.codes[1] @ torch.stack(self._drawn).sum(0)

    def slack(self, rows: int, alpha: float = ALPHA) -> float:
        """How far the mean over so many equal rows may be off."""
        return estimates.slack(self._drawn, self.codes[1], rows, alpha) + ROUNDING


def of_batch(elbos: list[Elbo]) -> tuple[Tensor, float]:
    """The mean over images, and how far one estimate of it may be off."""
    terms = zip(*(elbo.terms(elbo.codes[0]) for elbo in elbos), strict=True)
    columns = tuple(torch.stack(term, 1) for term in terms)
    slack = estimates.slack(columns, elbos[0].codes[1], len(elbos))
    return torch.stack([elbo.mean for elbo in elbos]).mean(), slack + ROUNDING
