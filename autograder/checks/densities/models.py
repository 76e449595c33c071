"""The given VAE of `densities` in float64, with models on which its values are known.

Sizes are the notebook's own, because students may use its globals obs_dim, hidden_dim, latent_dim.
A wrong function costs its own points only: what uses it is judged with a stand-in in its place,
whose values are as well known as those of the right one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import elu

from autograder.checks import Draw
from autograder.checks.densities import forms
from vae_utils.calls import Instance
from vae_utils.stand_in import StandIn

D, H, L = 784, 300, 100
State = dict[str, Tensor]
StandIns = dict[str, StandIn]
DARK = 5.0  # what the decoder subtracts
FLOOR = 1e-6  # of probabilities

_SHAPES = {
    "encoder.0": (H, D), "encoder.2": (H, H), "encoder.4": (2 * L, H),
    "decoder.0": (H, L), "decoder.2": (H, H), "decoder.4": (D, H),
}  # fmt: skip


def layer(draw: Draw, name: str, scale: float, bias: float = 0.5, center: float = 0.0) -> State:
    """Weights uniform in [-scale, scale], biases in [center - bias, center + bias]."""
    rows = _SHAPES[name][0]
    return {
        f"{name}.weight": draw.uniform(*_SHAPES[name], low=-scale, high=scale),
        f"{name}.bias": draw.uniform(rows, low=center - bias, high=center + bias),
    }


def constant(name: str, bias: Tensor) -> State:
    """A layer that ignores its input."""
    return {f"{name}.weight": torch.zeros(_SHAPES[name]), f"{name}.bias": bias}


def posterior(mu: Tensor, logvar: Tensor) -> State:
    """The encoder's last layer where q(z | x) is the same for all x; mu, logvar: [L]."""
    return constant("encoder.4", torch.cat([mu, logvar]))


def model(*layers: State) -> Instance:
    """A VAE with the given layers; the others keep their random initialisation."""
    return Instance("VAE", (D, H, L), {key: w for part in layers for key, w in part.items()})


def binary(draw: Draw, rows: int) -> Tensor:
    """Images [rows, D] of zeros and ones."""
    return (draw.uniform(rows, D, low=0.0, high=1.0) > 0.6).float()


def _forward(state: State, half: str, inputs: Tensor) -> Tensor:
    values = inputs.double()
    for place in (0, 2, 4):
        values = values if place == 0 else elu(values)
        weight, bias = (state[f"{half}.{place}.{kind}"].double() for kind in ("weight", "bias"))
        values = values @ weight.T + bias
    return values


@dataclass(frozen=True)
class Parts:
    """Closed forms of a model and of the functions that students write, with stand-ins for some."""

    state: State
    stand_ins: StandIns

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar, each [B, L], for x [B, D]."""
        mu, logvar = _forward(self.state, "encoder", x).chunk(2, dim=-1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """theta [B, D] for z [B, L]."""
        return torch.sigmoid(_forward(self.state, "decoder", z) - DARK).clamp(FLOOR, 1 - FLOOR)

    def log_likelihood(self, theta: Tensor, x: Tensor) -> Tensor:
        """log p(x | z), [B]."""
        stand_in = self.stand_ins.get("log_likelihood_bernoulli")
        right = stand_in or forms.bernoulli
        return torch.as_tensor(right(theta.double(), x.double()))

    def log_density(self, mu: Tensor, logvar: Tensor, z: Tensor) -> Tensor:
        """log N(z; mu, exp(logvar)), [B]."""
        stand_in = self.stand_ins.get("log_likelihood_normal")
        right = stand_in or forms.normal
        return torch.as_tensor(right(mu.double(), logvar.double(), z.double()))

    def kl(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """KL of the posterior from the prior, [B]."""
        stand_in = self.stand_ins.get("kl_gaussian_gaussian_analytic")
        right, zero = stand_in or forms.kl, torch.zeros_like(mu, dtype=torch.float64)
        return torch.as_tensor(right(mu.double(), logvar.double(), zero, zero))

    def log_mean_exp(self, y: Tensor) -> Tensor:
        """Of each row of y [B, K], [B]."""
        right = self.stand_ins.get("log_mean_exp") or forms.log_mean_exp
        return torch.as_tensor(right(y.double()))


def likelihood(draw: Draw) -> StandIns:
    """A score of images that is a linear function of theta and x."""
    weights = (draw.uniform(D, low=-0.15, high=0.15) for _ in range(2))
    maps = ((torch.tensor(-100.0), *weights),)
    return {"log_likelihood_bernoulli": StandIn(("mu", "target"), maps, plain=True)}


def divergence(draw: Draw) -> StandIns:
    """A price that is a linear function of both means and log variances."""
    weights = (draw.uniform(L, low=-1.0, high=1.0) for _ in range(4))
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    maps = ((torch.tensor(30.0), *weights),)
    return {"kl_gaussian_gaussian_analytic": StandIn(names, maps, plain=True)}


def density(draw: Draw) -> StandIns:
    """A score of codes that is a linear function of mean, log variance and code."""
    weights = (draw.uniform(L, low=-0.2, high=0.2) for _ in range(3))
    maps = ((torch.tensor(-20.0), *weights),)
    return {"log_likelihood_normal": StandIn(("mu", "logvar", "z"), maps, plain=True)}


def picking(draw: Draw, count: int) -> StandIns:
    """One of `count` numbers, always that at the same place."""
    place = int(draw.uniform(1, low=0, high=count))
    maps = ((torch.tensor(0.0), torch.eye(count)[place]),)
    return {"log_mean_exp": StandIn(("y",), maps, plain=True)}


def normal_quantiles(count: int) -> Tensor:
    """`count` equally probable points of N(0, 1), increasing."""
    levels = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return math.sqrt(2) * torch.erfinv(2 * levels - 1)
