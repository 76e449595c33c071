"""The given generator and critic of `gans` in float64, and weights that make training exact.

Where the generator's first ReLU lets nothing through, its images do not depend on codes. Where all
weights of a critic but the last layer's are above 0, images make no activation of it negative, so
that it is linear: its slope is the same everywhere.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from autograder.checks import Draw
from vae_utils.calls import Instance

State = dict[str, Tensor]

LATENT, WIDTH = 3, 2
EPS = 1e-5  # of batch normalisation
PIXELS = 3 * 32 * 32
STEEP = 2.0  # of a critic at first
_DEAD = -200.0


def generate(state: State, z: Tensor, group: int = 0) -> Tensor:
    """Images [B, 3, 32, 32] of codes z [B, L] as in training; group: how many make up a batch."""
    return torch.sigmoid(_logits(state, z, group or len(z)))


def evaluate(state: State, z: Tensor) -> Tensor:
    """The same of a generator that was not trained, with the averages that it has at first."""
    return torch.sigmoid(logits(state, z))


def logits(state: State, z: Tensor) -> Tensor:
    """What `evaluate` takes the sigmoid of."""
    return _logits(state, z, 0)


def _logits(state: State, z: Tensor, group: int) -> Tensor:
    h = (z.double() @ state["project.weight"].double().T).unflatten(1, (-1, 4, 4))
    for number in (1, 2):
        h = _normalised(state, f"norm{number}", h, group).relu()
        h = conv_transpose2d(h, state[f"up{number}.weight"].double(), stride=2, padding=1)
    h = _normalised(state, "norm3", h, group).relu()
    weight, bias = state["up3.weight"].double(), state["up3.bias"].double()
    return conv_transpose2d(h, weight, bias, stride=2, padding=1)


def _normalised(state: State, name: str, h: Tensor, group: int) -> Tensor:
    """Batch normalisation of h [B, C, H, W], every `group` rows on their own; without groups, with
    mean 0 and variance 1."""
    weight, bias = (state[f"{name}.{kind}"].double()[:, None, None] for kind in ("weight", "bias"))
    if not group:
        return h / (1 + EPS) ** 0.5 * weight + bias
    batches = h.unflatten(0, (-1, group))
    axes = (1, 3, 4)
    mean = batches.mean(axes, keepdim=True)
    variance = batches.var(axes, correction=0, keepdim=True)
    return ((batches - mean) / (variance + EPS).sqrt() * weight + bias).flatten(0, 1)


def value(state: State, x: Tensor) -> Tensor:
    """V of images x [B, 3, 32, 32], [B]."""
    h = x.double()
    for name in ("down1", "down2", "down3"):
        weight, bias = state[f"{name}.weight"].double(), state[f"{name}.bias"].double()
        h = leaky_relu(conv2d(h, weight, bias, stride=2, padding=1), 0.2)
    return (h.flatten(1) @ state["score.weight"].double().T + state["score.bias"].double())[:, 0]


def slope(state: State) -> Tensor:
    """grad V of a linear critic, [1, 3, 32, 32], differentiable."""
    x = torch.full((1, 3, 32, 32), 0.5, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(value(state, x).sum(), x, create_graph=True)[0]


def generator(draw: Draw, latent: int = LATENT, width: int = WIDTH) -> State:
    """Weights of a Generator(latent, width) whose images are neither black nor white."""

    def around(*shape: int, scale: float, middle: float = 0.0) -> Tensor:
        return draw.uniform(*shape, low=middle - scale, high=middle + scale)

    state = {"project.weight": around(64 * width, latent, scale=0.8)}
    for number, channels in enumerate((4 * width, 2 * width, width), 1):
        state[f"norm{number}.weight"] = around(channels, scale=0.3, middle=1.0)
        state[f"norm{number}.bias"] = around(channels, scale=0.3, middle=0.4)
    state["up1.weight"] = around(4 * width, 2 * width, 4, 4, scale=0.3)
    state["up2.weight"] = around(2 * width, width, 4, 4, scale=0.4)
    state["up3.weight"] = around(width, 3, 4, 4, scale=0.5)
    state["up3.bias"] = around(3, scale=0.3)
    return state


def straight(draw: Draw, latent: int) -> State:
    """Weights of a Generator(latent, 1) that lets all through: outside of training, logits are a
    linear function of codes whose entries are below 7."""
    state = generator(draw, latent, 1)
    state["project.weight"] = draw.uniform(64, latent, low=-0.3, high=0.3)
    state["norm1.bias"] = draw.uniform(4, low=6.5, high=7.0)
    state["norm1.weight"] = draw.uniform(4, low=0.9, high=1.0)
    for name in ("up1.weight", "up2.weight", "norm2.weight", "norm3.weight"):
        state[name] = state[name].abs()
    state["up3.bias"] = torch.zeros(3)
    largest = float(logits(state, torch.zeros(1, latent)).abs().max())
    return {**state, "up3.weight": state["up3.weight"] * (2.5 / largest)}


def blind(state: State) -> State:
    """The same, with images that do not depend on codes."""
    return {**state, "norm1.bias": torch.full_like(state["norm1.bias"], _DEAD)}


def critic(draw: Draw, width: int = WIDTH) -> State:
    """Weights of a linear Critic(width) of slope STEEP."""
    state: State = {}
    for number, channels in enumerate((3, width, 2 * width), 1):
        out = width * 2 ** (number - 1)
        state[f"down{number}.weight"] = draw.uniform(out, channels, 4, 4, low=0.02, high=0.08)
        state[f"down{number}.bias"] = draw.uniform(out, low=0.1, high=0.3)
    state["score.weight"] = draw.uniform(1, 64 * width, low=-1.0, high=1.0)
    state["score.bias"] = draw.uniform(1, low=-0.5, high=0.5)
    steep = float(slope(state).detach().norm())
    state["score.weight"] = state["score.weight"] * (STEEP / steep)
    return state


def generator_instance(
    state: State, latent: int = LATENT, width: int = WIDTH, training: bool = True
) -> Instance:
    """What is called."""
    return Instance("Generator", (latent, width), state, training)


def critic_instance(state: State, width: int = WIDTH) -> Instance:
    """What is called."""
    return Instance("Critic", (width,), state)


def images(draw: Draw, rows: int, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Pixels [rows, 3, 32, 32] between these."""
    return draw.uniform(rows, 3, 32, 32, low=low, high=high)
