"""Closed forms of the `vae` assignment in float64, and the models that checks are made on.

Sizes are the notebook's own, because students may use its globals obs_dim, latent_dim, batch_size.
Source of the formulas: Kingma and Welling 2014, section 3 and appendices B and C.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, mistakes
from vae_utils.calls import Instance

D, L, H = 784, 32, 400
BATCH = 128  # the notebook's batch_size
State = dict[str, Tensor]
MARGIN = 0.02
"""Far above the float32 error of a hidden unit, 1e-5."""
ZERO = torch.zeros((), dtype=torch.float64)

_SHAPES = {
    "linear1": (H, D), "linear21": (L, H), "linear22": (L, H), "linear3": (H, L), "linear4": (D, H),
}  # fmt: skip
_SCALES = {"linear1": 0.2, "linear21": 0.08, "linear22": 0.06, "linear3": 0.3, "linear4": 0.1}
"""Uniform weights in [-s, s] for which every layer's output is of order one and of either sign."""


def layer(draw: Draw, name: str, scale: float | None = None) -> State:
    """Weight and bias of one layer."""
    s = _SCALES[name] if scale is None else scale
    return {
        f"{name}.weight": draw.uniform(*_SHAPES[name], low=-s, high=s),
        f"{name}.bias": draw.uniform(_SHAPES[name][0], low=-0.5, high=0.5),
    }


def constant_layer(name: str, bias: Tensor) -> State:
    """A layer that ignores its input."""
    return {f"{name}.weight": torch.zeros(_SHAPES[name]), f"{name}.bias": bias}


def model(*layers: State) -> Instance:
    """A VAE with the given layers; the others keep their random initialisation."""
    return Instance("VAE", (D, L, H), {key: w for part in layers for key, w in part.items()})


def linear(state: State, name: str, inputs: Tensor) -> Tensor:
    """One linear layer in float64."""
    return inputs.double() @ state[f"{name}.weight"].double().T + state[f"{name}.bias"].double()


def off_kinks(state: State, name: str, row: Tensor) -> State:
    """The state with biases for which no unit of a layer is near 0 on this row [1, N]: rounding
    then never decides whether a ReLU lets a gradient through."""
    raw = linear(state, name, row)[0]
    return state | {f"{name}.bias": state[f"{name}.bias"] + MARGIN * raw.sign().float()}


def gradients(
    function: Callable[[State, Tensor], tuple[Tensor, ...]],
    state: State,
    inputs: Tensor,
    cotangents: tuple[Tensor, ...],
    names: tuple[str, ...],
) -> dict[str, Tensor]:
    """Vector-Jacobian products of a closed form, by the names that replies have for them."""
    leaves = {f"state.{key}": w.double().requires_grad_(True) for key, w in state.items()}
    leaves["arg1"] = inputs.double().requires_grad_(True)
    weights = {key.removeprefix("state."): w for key, w in leaves.items()}
    outputs = function(weights, leaves["arg1"])
    total = sum(((out * up).sum() for out, up in zip(outputs, cotangents, strict=True)), ZERO)
    found = torch.autograd.grad(total, [leaves[name] for name in names])
    return dict(zip(names, found, strict=True))


def encoder(state: State, x: Tensor) -> tuple[Tensor, Tensor]:
    """mu and logsigma, each [B, L], for x [B, D]."""
    hidden = linear(state, "linear1", x).relu()
    return linear(state, "linear21", hidden), linear(state, "linear22", hidden)


def decoder(state: State, z: Tensor) -> Tensor:
    """theta [B, D] for z [B, L]."""
    return linear(state, "linear4", linear(state, "linear3", z).relu()).sigmoid()


def kl(mu: Tensor, logsigma: Tensor) -> Tensor:
    """KL(N(mu, diag exp(logsigma)^2) || N(0, I)) per row, [B]."""
    mu, logsigma = mu.double(), logsigma.double()
    return 0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)


def log_bernoulli(theta: Tensor, x: Tensor) -> Tensor:
    """Cross entropy form x log theta + (1 - x) log(1 - theta), elementwise [B, D]."""
    theta, x = theta.double(), x.double()
    return x * theta.log() + (1 - x) * (1 - theta).log()


def normal_quantiles(count: int) -> Tensor:
    """`count` equally probable points of N(0, 1), increasing."""
    levels = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return math.sqrt(2) * torch.erfinv(2 * levels - 1)


def gives(name: str, hint: str, *expected: Tensor) -> Misconception:
    """A wrong formula and what it returns."""
    return Misconception(name, hint, {"expected": expected})


def no_gradient(
    hint: str, shape: tuple[int, ...], *arguments: str, name: str = "no_gradient"
) -> Misconception:
    """Arguments or weights that gradients do not reach, or only zeros; shape: of the output."""
    return Misconception(name, hint, {"names": arguments, "shape": shape}, kind="unreached")


def squeezed(*expected: Tensor) -> Misconception:
    """The right values of a single image without their batch axis."""
    hint = "The batch axis of a single image got lost: squeeze, or a sum over everything?"
    return gives("batch_axis_lost", hint, *(value[0] for value in expected))


any_batch_size = partial(mistakes.any_batch_size, BATCH)
