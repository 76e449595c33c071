"""The parts that `elbo`, `sample` and `embed` are made of, and plain stand-ins for them.

A wrong part costs its own points only: what uses it is judged with a stand-in in its place, whose
values are as well known as those of the right part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.vae import forms
from vae_utils.stand_in import StandIn

StandIns = dict[str, StandIn]
SAMPLER = "sample_with_reparam"
TILT = 0.05  # of z over logsigma, in the place of noise scaled by sigma


@dataclass(frozen=True)
class Parts:
    """Closed forms of a model's parts in float64, with stand-ins for some."""

    state: forms.State
    stand_ins: StandIns

    def _give(self, part: str, right: Callable[..., Any], *inputs: Tensor) -> Any:
        stand_in = self.stand_ins.get(part)
        if stand_in is None:
            return right(*inputs)
        return stand_in.without_noise()(*(value.double() for value in inputs))

    def encoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logsigma, each [B, L], for x [B, D]."""
        mu, logsigma = self._give("encoder", lambda x: forms.encoder(self.state, x), x)
        return mu, logsigma

    def decoder(self, z: Tensor) -> Tensor:
        """theta [B, D] for z [B, L]."""
        return torch.as_tensor(self._give("decoder", lambda z: forms.decoder(self.state, z), z))

    def kl(self, mu: Tensor, logsigma: Tensor) -> Tensor:
        """The price of each posterior, [B]."""
        return torch.as_tensor(self._give("kl_divergence", forms.kl, mu, logsigma))

    def center(self, mu: Tensor, logsigma: Tensor) -> Tensor:
        """The mean of z, [B, L]."""
        return torch.as_tensor(self._give(SAMPLER, lambda mu, _: mu.double(), mu, logsigma))

    def noise(self, logsigma: float, levels: int) -> Tensor:
        """Equally probable distances of an entry of z from its mean, increasing, [levels]."""
        if stand_in := self.stand_ins.get(SAMPLER):
            steps = (torch.arange(levels, dtype=torch.float64) + 0.5) / levels
            return stand_in.noise * (2 * steps - 1)
        scale = torch.tensor(logsigma, dtype=torch.float64).exp()
        return scale * forms.normal_quantiles(levels)

    def leaves(self) -> tuple[Parts, dict[str, Tensor]]:
        """The same with weights and biases that gradients reach, and these by their names."""
        state = {name: w.double().requires_grad_(True) for name, w in self.state.items()}
        found = {f"state.{name}": weight for name, weight in state.items()}
        stand_ins = {}
        for name, stand_in in self.stand_ins.items():
            stand_ins[name], biases = stand_in.leaves()
            found |= {f"{name}.{place}": bias for place, bias in enumerate(biases)}
        return Parts(state, stand_ins), found


def encoder(
    draw: Draw, mu: Tensor | None = None, logsigma: Tensor | None = None
) -> dict[str, StandIn]:
    """An encoder; mu, logsigma [L]: what it gives for every image."""

    def head(constant: Tensor | None, scale: float) -> tuple[Tensor, Tensor]:
        if constant is not None:
            return constant, torch.zeros(forms.D, forms.L)
        weight = draw.uniform(forms.D, forms.L, low=-scale, high=scale)
        return draw.uniform(forms.L, low=-0.5, high=0.5), weight

    return {"encoder": StandIn(("x",), (head(mu, 0.06), head(logsigma, 0.04)))}


def sampler(noise: float) -> dict[str, StandIn]:
    """A sampler whose noise has the same width everywhere."""
    eye = torch.eye(forms.L)
    maps = ((torch.zeros(forms.L), eye, TILT * eye),)
    return {SAMPLER: StandIn(("mu", "logsigma"), maps, noise)}


def kl_divergence(draw: Draw) -> dict[str, StandIn]:
    """A price that is a linear function of mu and logsigma, mostly above 0."""
    weights = (draw.uniform(forms.L, low=-2.0, high=2.0) for _ in range(2))
    return {"kl_divergence": StandIn(("mu", "logsigma"), ((torch.tensor(30.0), *weights),))}


def decoder(logit: Tensor, weight: Tensor) -> dict[str, StandIn]:
    """theta = 1/2 + logit [D] + z @ weight [L, D] within bounds."""
    return {"decoder": StandIn(("z",), ((logit, weight),), ramp=True)}
