"""Mean gradients of the ELBO of one image, and how far those of right estimates may be off.

With z = mu + sigma eps, each term f of the ELBO passes f'(z) on to mu and f'(z) sigma eps on to
logsigma. On average log q passes on nothing but its entropy, 1 for each logsigma, whether all of
its gradients are taken, those through z alone (Roeder et al. 2017, "sticking the landing"), or
those of the entropy in closed form; the first and the third have no noise here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space import estimates
from autograder.checks.latent_space.elbos import SAMPLER, Elbo
from autograder.checks.latent_space.models import H, L, Parts
from autograder.checks.latent_space.scene import Scene
from vae_utils.compare_draws import ALPHA

_STATEMENTS = 2 * L + 2 * H
_NAMING = 1e-4  # how often a name may be missed
_ROUNDING = 1e-3
"""Of a gradient of order ten, a mean of 4,096 float32 numbers in PyTorch's order, with margin."""
DECODER = "state.decoder_hidden.bias"
HEADS, HIDDEN = "state.encoder_output.bias", "state.encoder_hidden.bias"
_LIKELIHOODS = ("joint_log_density", "log_likelihood", "decoder")


@dataclass(frozen=True)
class Expected:
    """Mean gradients by the names of leaves, and how far each entry may be off."""

    gradients: dict[str, Tensor]
    slack: float


@dataclass(frozen=True)
class Slopes:
    """Of the mean over `rows` copies of a scene's image; sign: -1 for a loss."""

    scene: Scene
    parts: Parts
    rows: int
    sign: float = 1.0

    @cached_property
    def _elbo(self) -> Elbo:
        return Elbo(self.parts, self.scene.image)

    @cached_property
    def _at_codes(self) -> tuple[Tensor, ...]:
        """Derivatives of each term with respect to z, [N, L]."""
        z = self._elbo.codes[0].clone().requires_grad_(True)
        found = (
            torch.autograd.grad(term.sum(), z, allow_unused=True)[0] for term in self._elbo.terms(z)
        )
        return tuple(torch.zeros_like(z) if slope is None else slope for slope in found)

    @cached_property
    def _noise(self) -> Tensor:
        """z - mu, which is dz / d logsigma, [N, L]."""
        return self._elbo.codes[0] - self._elbo.posterior[0]

    def _mean(self, values: Tensor) -> Tensor:
        return self._elbo.codes[1] @ values

    def _slack(self, terms: tuple[Tensor, ...], alpha: float = ALPHA / _STATEMENTS) -> float:
        """The largest of all columns of terms [N, n]."""
        share = self._elbo.codes[1]
        columns = zip(*(term.T for term in terms), strict=True)
        return max(estimates.slack(column, share, self.rows, alpha) for column in columns)

    def _heads(self, mu: Tensor, logsigma: Tensor) -> dict[str, Tensor]:
        if "encoder" in self.parts.stand_ins:
            return {"encoder.0": mu, "encoder.1": logsigma}
        return {HEADS: torch.cat([mu, logsigma])}

    def _named(self, mu: Tensor, logsigma: Tensor) -> dict[str, Tensor]:
        return {name: self.sign * slope for name, slope in self._heads(mu, logsigma).items()}

    def heads(self) -> Expected:
        """Those of mu and logsigma, unless the sampler's noise does not know sigma."""
        slopes = torch.stack(self._at_codes).sum(0)
        mu, logsigma = self._mean(slopes), self._mean(slopes * self._noise)
        slack = self._heads_slack()
        if SAMPLER not in self.parts.stand_ins:
            return Expected(self._named(mu, logsigma), slack)
        known = {"encoder.0": self.sign * mu} if "encoder" in self.parts.stand_ins else {}
        return Expected(known, slack)

    def _heads_slack(self, alpha: float = ALPHA / _STATEMENTS) -> float:
        scaled = tuple(slope * self._noise for slope in self._at_codes)
        return max(self._slack(terms, alpha) for terms in (self._at_codes, scaled)) + _ROUNDING

    def hidden(self) -> Expected:
        """Those of the encoder's hidden layer, which mu alone depends on."""
        if "encoder" in self.parts.stand_ins:
            return Expected({}, 0.0)
        state = self.scene.state
        weight = state["encoder_output.weight"][:L].double()
        inside = state["encoder_hidden.weight"] @ self.scene.image + state["encoder_hidden.bias"]
        passed = weight * (1 - torch.tanh(inside.double()) ** 2)
        mu = self._mean(torch.stack(self._at_codes).sum(0))
        slack = float(passed.abs().sum(0).max()) * self._slack(self._at_codes) + _ROUNDING
        return Expected({HIDDEN: self.sign * mu @ passed}, slack)

    def decoder(self) -> Expected:
        """Those of the decoder's hidden layer, by a bias of its own for each code."""
        if any(name in self.parts.stand_ins for name in _LIKELIHOODS):
            return Expected({}, 0.0)
        z, state = self._elbo.codes[0], dict(self.scene.state)
        bias = state["decoder_hidden.bias"].double().repeat(len(z), 1).requires_grad_(True)
        state["decoder_hidden.bias"] = bias
        own = replace(self._elbo, parts=Parts(state, self.parts.stand_ins))
        (slopes,) = torch.autograd.grad(own.likelihood(z).sum(), bias)
        slack = self._slack((slopes,)) + _ROUNDING
        return Expected({DECODER: self.sign * self._mean(slopes)}, slack)

    def wrong_heads(self) -> Iterator[Misconception]:
        """What mu and logsigma get where something cuts a path off."""
        first, *rest = self._at_codes
        total, noise = torch.stack(self._at_codes).sum(0), self._noise
        mu, logsigma = self._mean(total), self._mean(total * noise)
        price, zero = torch.stack(rest).sum(0), torch.zeros(L, dtype=torch.float64)
        exact = self._mean(price), self._mean(price * noise)
        hint = "No gradient passes through the code z to {}: look for detach, no_grad or .data."
        everything = "no_gradient_through_z", hint.format("the encoder")
        yield self._is(*everything, zero, zero)
        yield self._is(*everything, *exact)
        width = "no_gradient_through_sigma", hint.format("logsigma")
        yield self._is(*width, mu, zero)
        yield self._is(*width, mu, exact[1])
        hint = "The gradient of log q is missing, or that of the KL divergence: is it detached?"
        yield self._is("kl_detached", hint, self._mean(first), self._mean(first * noise))
        hint = "Inside log q the code z is cut off: it needs the gradient through z as well."
        yield self._is("z_detached_in_log_q", hint, mu, logsigma - 1)

    def _is(self, name: str, hint: str, mu: Tensor, logsigma: Tensor) -> Misconception:
        slack = self._heads_slack(_NAMING)
        return Misconception(name, hint, {"expected": self._named(mu, logsigma), "atol": slack})
