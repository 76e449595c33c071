"""The ELBO of half an image in float64, for the checks of `elbo_top` and `fit_top`.

ELBO(mu, logsigma) = E_q[log p(top | z) + log p(z) - log q(z)] is an average over a plane, hence a
sum over nodes. Any unbiased estimate of it is right. `estimates` bounds the noise of all of them,
and of their gradients: through z = mu + sigma eps, those of f are f'(z) and f'(z) (z - mu), and
those of -log q, 0 and 1 on average, may be drawn or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import estimates, models
from autograder.checks.latent_space.models import L, Parts, StandIns
from vae_utils.calls import Instance
from vae_utils.compare_draws import ALPHA
from vae_utils.stand_in import StandIn

SAMPLER = "sample_diag_gaussian"
HALF = models.D // 2
ROUNDING = 0.08
"""Of a mean of 4,096 float32 numbers below 512, added up one by one: partial sums are below 2^21,
so each addition is off by at most 1/16, and so is the mean; sums over 392 pixels add 0.007."""
Terms = tuple[Tensor, ...]


@dataclass(frozen=True)
class Half:
    """A half image [D / 2] and q: mu, logsigma [L]; some of the student's functions replaced."""

    known: Parts
    top: Tensor
    mu: Tensor
    logsigma: Tensor

    @property
    def instance(self) -> Instance:
        """The model."""
        return models.model(self.known.state)

    def given(self, stand_ins: StandIns) -> Half:
        """The same, some of the student's functions replaced."""
        return replace(self, known=Parts(self.known.state, stand_ins))

    def with_q(self, mu: Tensor, logsigma: Tensor) -> Half:
        """The same with another q."""
        return replace(self, mu=mu, logsigma=logsigma)

    def codes(self, nodes: int = 32) -> tuple[Tensor, Tensor]:
        """Codes [N, L] and weights [N] by which functions of a draw are averaged."""
        mu, logsigma = self.mu.double(), self.logsigma.double()
        if not (stand_in := self.known.stand_ins.get(SAMPLER)):
            noise, share = estimates.normal(nodes)
            return mu + logsigma.exp() * noise, share
        noise, share = estimates.uniform(-stand_in.noise, stand_in.noise, nodes)
        return torch.as_tensor(stand_in.without_noise()(mu, logsigma)) + noise, share

    def likely(self, side: int, shared: bool = False) -> Tensor:
        """Equally probable codes [side^2, L]; where entries share their noise, [side, L]."""
        along = (torch.arange(side, dtype=torch.float64) + 0.5) / side
        levels = along[:, None] if shared else torch.cartesian_prod(along, along)
        mu, logsigma = self.mu.double(), self.logsigma.double()
        if stand_in := self.known.stand_ins.get(SAMPLER):
            center = torch.as_tensor(stand_in.without_noise()(mu, logsigma))
            return center + stand_in.noise * (2 * levels - 1)
        return mu + logsigma.exp() * torch.special.ndtri(levels)

    def log_q(self, z: Tensor) -> Tensor:
        """log q(z), [N]."""
        return self.known.log_q(self.mu.expand_as(z), self.logsigma.expand_as(z), z)

    def likelihood(self, z: Tensor) -> Tensor:
        """log p(top | z), [N]; with a stand-in for the joint density, that less the prior."""
        if "joint_top" in self.known.stand_ins:
            return self.known.joint_top(self.top, z) - self.known.log_prior(z)
        return self.known.log_p_top(self.top, z)

    def terms(self, z: Tensor) -> Terms:
        """What the ELBO is a sum of, [N] each; the first is the only one that needs a draw."""
        if "joint_top" in self.known.stand_ins:
            return self.known.joint_top(self.top, z), -self.log_q(z)
        return self.likelihood(z), self.known.log_prior(z), -self.log_q(z)

    def log_ratio(self, z: Tensor) -> Tensor:
        """log p(top, z) - log q(z), [N]."""
        return torch.stack(self.terms(z)).sum(0)

    def elbo(self, nodes: int = 32) -> Tensor:
        """The ELBO, []."""
        z, share = self.codes(nodes)
        return share @ self.log_ratio(z)

    @cached_property
    def entropy(self) -> Tensor:
        """-E log q(z) in closed form, []."""
        q = torch.distributions.Normal(self.mu.double(), self.logsigma.double().exp())
        return q.entropy().sum()

    @cached_property
    def kl(self) -> Tensor:
        """KL(q || prior) in closed form, []."""
        q = torch.distributions.Normal(self.mu.double(), self.logsigma.double().exp())
        prior = torch.distributions.Normal(torch.zeros(L).double(), torch.ones(L).double())
        return torch.distributions.kl_divergence(q, prior).sum()

    def slack(self, draws: int, alpha: float = ALPHA) -> float:
        """How far the mean over so many codes may be off."""
        z, share = self.codes()
        return estimates.slack(self.terms(z), share, draws, alpha) + ROUNDING


def _score(draw: Draw, name: str, half: Half) -> StandIns:
    """In place of `log_p_top` or `joint_top`: steep in the code, and slightly bent."""
    signs = (draw.uniform(1, low=-1.0, high=1.0).sign() * torch.tensor([1.0, -1.0]))[0]
    image = draw.uniform(HALF, low=-0.1, high=0.1)
    code = draw.uniform(L, low=25.0, high=35.0) * signs
    bias = -half.top @ image - half.mu @ code
    names = ("model", "top", "z" if name == "log_p_top" else "zs")
    return {name: StandIn(names, ((bias, None, image, code),), plain=True, bend=-0.02)}


def _sampler(half: Half) -> StandIns:
    """In place of `sample_diag_gaussian`: noise of q's own variance, which is to be that of both
    entries; so closed forms of entropy and divergence stay right."""
    maps = ((torch.tensor(0.0), torch.tensor(1.0), None),)
    noise = math.sqrt(3) * float(half.logsigma[0].double().exp())
    return {SAMPLER: StandIn(("mu", "logsig"), maps, noise, plain=True)}


def _log_q(draw: Draw) -> StandIns:
    """In place of `log_q`: a linear function of the code. Of mu and logsigma it is none, because a
    right ELBO may or may not differentiate with respect to these."""
    weight = draw.uniform(L, low=-0.5, high=0.5)
    return {"log_q": StandIn(("mu", "logsigma", "z"), ((torch.tensor(-2.0), None, None, weight),))}


def parts(draw: Draw, half: Half) -> StandIns:
    """Stand-ins for all that `elbo_top` may use."""
    pixel = torch.tensor(-0.5), torch.tensor(0.3), draw.uniform(1, low=3.5, high=4.5)[0]
    return {
        **models.logits(draw),
        "bernoulli_log_density": StandIn(("logits", "x"), (pixel,), plain=True, bend=-0.3),
        **models.prior_score(draw),
        **_gaussian(draw),
        **_log_q(draw),
        **_sampler(half),
        **_score(draw, "joint_top", half),
        **_score(draw, "log_p_top", half),
        **models.blend(draw),
    }


def _gaussian(draw: Draw) -> StandIns:
    weight = draw.uniform(L, low=-0.5, high=0.5)
    maps = ((torch.tensor(-2.0), None, None, weight),)
    return {"factorized_gaussian_log_density": StandIn(("mu", "logsig", "xs"), maps, plain=True)}


TASKS = dict.fromkeys(("joint_top", "log_p_top", "top_half"), "top_half")


def one_of_the_top(stand_ins: StandIns) -> Iterator[StandIns]:
    """The stand-ins with one function of `top_half` at a time: whichever `elbo_top` uses."""
    others = {name: s for name, s in stand_ins.items() if name not in TASKS}
    top = [name for name in TASKS if name in stand_ins]
    yield from ({**others, name: stand_ins[name]} for name in top)
    if not top:
        yield others
