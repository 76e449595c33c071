"""The given VAE of `latent_space` in float64, and stand-ins for the functions that students write.

A wrong function costs its own points only: what uses it is judged with a stand-in in its place,
whose values are as well known as those of the right one. The latent space is a plane, so averages
over codes are sums over a grid (see `plane`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import forms
from vae_utils.calls import Instance
from vae_utils.stand_in import StandIn

D, L, H = 784, 2, 24
"""Pixels and codes are the notebook's own; fewer hidden units than its 500 say as much."""
State = dict[str, Tensor]
StandIns = dict[str, StandIn]


def _shape(name: str) -> tuple[int, int]:
    return {
        "decoder_hidden": (H, L),
        "decoder_output": (D, H),
        "encoder_hidden": (H, D),
        "encoder_output": (2 * L, H),
    }[name]


def layer(draw: Draw, name: str, scale: float, bias: float = 0.5) -> State:
    """Weights uniform in [-scale, scale], biases in [-bias, bias]."""
    shape = _shape(name)
    return {
        f"{name}.weight": draw.uniform(*shape, low=-scale, high=scale),
        f"{name}.bias": draw.uniform(shape[0], low=-bias, high=bias),
    }


def constant(name: str, bias: Tensor) -> State:
    """A layer that ignores its input."""
    return {f"{name}.weight": torch.zeros(_shape(name)), f"{name}.bias": bias}


def posterior(mu: Tensor, logsigma: Tensor) -> State:
    """The encoder's last layer where q(z | x) is the same for all x; mu, logsigma: [L]."""
    return constant("encoder_output", torch.cat([mu, logsigma]))


def network(draw: Draw) -> State:
    """All four layers, so that logits, means and log sigmas are of order one."""
    return (
        layer(draw, "decoder_hidden", 0.8)
        | layer(draw, "decoder_output", 0.5)
        | layer(draw, "encoder_hidden", 0.1)
        | layer(draw, "encoder_output", 0.3)
    )


def model(*layers: State) -> Instance:
    """A VAE with the given layers; the others keep their random initialisation."""
    return Instance("VAE", (D, L, H), {key: w for part in layers for key, w in part.items()})


def binary(draw: Draw, rows: int, pixels: int = D) -> Tensor:
    """Images [rows, pixels] of zeros and ones."""
    return (draw.uniform(rows, pixels, low=0.0, high=1.0) > 0.6).float()


def codes(draw: Draw, rows: int, width: float = 2.0) -> Tensor:
    """Codes [rows, L], uniform in a square."""
    return draw.uniform(rows, L, low=-width, high=width)


def linear(state: State, name: str, values: Tensor) -> Tensor:
    """One linear layer in float64."""
    weight, bias = (state[f"{name}.{kind}"].double() for kind in ("weight", "bias"))
    return values.double() @ weight.T + bias


@dataclass(frozen=True)
class Parts:
    """Closed forms of a model and of the functions that students write, with stand-ins for some."""

    state: State
    stand_ins: StandIns

    def _affine(self, name: str, values: Tensor) -> Tensor:
        return linear(self.state, name, values)

    def gaussian(self, mu: Tensor, logsigma: Tensor, z: Tensor) -> Tensor:
        """log N(z; mu, exp(logsigma)^2), [B]."""
        right = self.stand_ins.get("factorized_gaussian_log_density") or forms.gaussian
        return torch.as_tensor(right(mu.double(), logsigma.double(), z.double()))

    def bernoulli(self, logits: Tensor, x: Tensor) -> Tensor:
        """log p of each pixel, in the shape of x."""
        right = self.stand_ins.get("bernoulli_log_density") or forms.bernoulli
        return torch.as_tensor(right(logits.double(), x.double()))

    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z), [B]."""
        if stand_in := self.stand_ins.get("log_prior"):
            return torch.as_tensor(stand_in(z.double()))
        zero = torch.zeros_like(z, dtype=torch.float64)
        return self.gaussian(zero, zero, z)

    def decoder(self, z: Tensor) -> Tensor:
        """Logits [B, D] for z [B, L]."""
        if stand_in := self.stand_ins.get("decoder"):
            return torch.as_tensor(stand_in(z.double()))
        return self._affine("decoder_output", torch.tanh(self._affine("decoder_hidden", z)))

    def theta(self, z: Tensor) -> Tensor:
        """Means of the pixels [B, D]."""
        return torch.sigmoid(self.decoder(z))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z), [B]."""
        if stand_in := self.stand_ins.get("log_likelihood"):
            return torch.as_tensor(stand_in(x.double(), z.double()))
        return self.bernoulli(self.decoder(z), x).sum(-1)

    def joint(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x, z), [B]."""
        if stand_in := self.stand_ins.get("joint_log_density"):
            return torch.as_tensor(stand_in(x.double(), z.double()))
        return self.log_likelihood(x, z) + self.log_prior(z)

    def top_half(self, images: Tensor) -> Tensor:
        """The first 14 rows [B, D / 2] of images [B, D]."""
        if stand_in := self.stand_ins.get("top_half"):
            return torch.as_tensor(stand_in(images.double()))
        return images.double()[:, : D // 2]

    def log_p_top(self, top: Tensor, z: Tensor) -> Tensor:
        """log p(top | z), [B]; top: [B, D / 2], or [D / 2] for all codes."""
        if stand_in := self.stand_ins.get("log_p_top"):
            return torch.as_tensor(stand_in(None, top.double(), z.double()))
        return self.bernoulli(self.top_half(self.decoder(z)), top).sum(-1)

    def joint_top(self, top: Tensor, zs: Tensor) -> Tensor:
        """log p(top, z), [N]; top: [D / 2]."""
        if stand_in := self.stand_ins.get("joint_top"):
            return torch.as_tensor(stand_in(None, top.double(), zs.double()))
        return self.log_p_top(top, zs) + self.log_prior(zs)

    def encoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logsigma, each [B, L], for x [B, D]."""
        if stand_in := self.stand_ins.get("encoder"):
            mu, logsigma = stand_in(x.double())
            return mu, logsigma
        hidden = torch.tanh(self._affine("encoder_hidden", x))
        mu, logsigma = self._affine("encoder_output", hidden).chunk(2, dim=-1)
        return mu, logsigma

    def log_q(self, mu: Tensor, logsigma: Tensor, z: Tensor) -> Tensor:
        """log q(z | x), [B]."""
        if stand_in := self.stand_ins.get("log_q"):
            return torch.as_tensor(stand_in(mu.double(), logsigma.double(), z.double()))
        return self.gaussian(mu, logsigma, z)


def _numbers(draw: Draw, *shape: int, width: float) -> Tensor:
    return draw.uniform(*shape, low=-width, high=width)


def gaussian_score(draw: Draw) -> StandIns:
    """In place of the density of codes: a linear function of mean, log sigma and code.

    As in the density, mean and code may change places: who calls it the other way round is right.
    """
    place, log_scale = (_numbers(draw, L, width=0.5) for _ in range(2))
    maps = ((torch.tensor(-2.0), place, log_scale, place),)
    names = ("mu", "logsig", "xs")
    return {"factorized_gaussian_log_density": StandIn(names, maps, plain=True)}


def pixel_score(draw: Draw) -> StandIns:
    """In place of the density of pixels: a linear function of each logit and pixel."""
    maps = ((torch.tensor(-0.5), *(_numbers(draw, width=0.5) for _ in range(2))),)
    return {"bernoulli_log_density": StandIn(("logits", "x"), maps, plain=True)}


def prior_score(draw: Draw) -> StandIns:
    """In place of `log_prior`: a linear function of the code."""
    maps = ((torch.tensor(-2.0), _numbers(draw, L, width=0.5)),)
    return {"log_prior": StandIn(("z",), maps)}


def logits(draw: Draw) -> StandIns:
    """In place of `decoder`: logits that are linear functions of the code."""
    maps = ((_numbers(draw, D, width=0.8), _numbers(draw, L, D, width=0.5)),)
    return {"decoder": StandIn(("z",), maps)}


def likelihood_score(draw: Draw) -> StandIns:
    """In place of `log_likelihood`: a linear function of image and code."""
    weights = _numbers(draw, D, width=0.15), _numbers(draw, L, width=2.0)
    return {"log_likelihood": StandIn(("x", "z"), ((torch.tensor(-100.0), *weights),))}


def joint_score(draw: Draw) -> StandIns:
    """In place of `joint_log_density`: a linear function of image and code."""
    weights = _numbers(draw, D, width=0.15), _numbers(draw, L, width=2.0)
    return {"joint_log_density": StandIn(("x", "z"), ((torch.tensor(-100.0), *weights),))}


def encoding(draw: Draw, logsigma: float = -1.0) -> StandIns:
    """In place of `encoder`: linear functions of the image."""
    maps = tuple(
        (torch.full((L,), middle), _numbers(draw, D, L, width=0.02)) for middle in (0.0, logsigma)
    )
    return {"encoder": StandIn(("x",), maps)}


def q_score(draw: Draw) -> StandIns:
    """In place of `log_q`: a linear function of mean, log sigma and code; see `gaussian_score`."""
    place, log_scale = (_numbers(draw, L, width=0.5) for _ in range(2))
    maps = ((torch.tensor(-2.0), place, log_scale, place),)
    return {"log_q": StandIn(("mu", "logsigma", "z"), maps)}


def blend(draw: Draw) -> StandIns:
    """In place of `top_half`: mixtures of all pixels."""
    maps = ((torch.tensor(0.2), _numbers(draw, D, D // 2, width=0.06)),)
    return {"top_half": StandIn(("images",), maps, plain=True)}


def top_score(draw: Draw, name: str = "log_p_top") -> StandIns:
    """In place of `log_p_top` or `joint_top`: a linear function of half image and code."""
    weights = _numbers(draw, D // 2, width=0.15), _numbers(draw, L, width=2.0)
    names = ("model", "top", "z" if name == "log_p_top" else "zs")
    maps = ((torch.tensor(-100.0), None, *weights),)
    return {name: StandIn(names, maps, plain=True)}
