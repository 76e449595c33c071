"""What a training loop makes of a model whose loss is known: Adam in float64, right and wrong.

Adam is PyTorch's own (Kingma and Ba 2015, algorithm 1), on the closed form of the loss. Shared by
the assignments in which students write the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

State = dict[str, Tensor]
LossOf = Callable[[State, Tensor], Tensor]
"""The loss [] of a batch, as a function of the weights."""

_FAINT = 0.3
"""Of a gradient, as a part of the usual one in its layer: the length of a step hardly depends on
it, so rounding would decide, in this step or, through weights that went the other way, in the next.
"""


@dataclass(frozen=True)
class Loop:
    """How to train; the defaults are right."""

    epochs: int
    lr: float
    optimizer: type[torch.optim.Optimizer] = torch.optim.Adam
    sign: float = 1.0
    forgets_zero_grad: bool = False
    renews: str = ""
    """Where the optimiser is made again: at each "batch" or "epoch"."""
    only: str = ""
    """The half that is trained, if it is one."""
    skips: bool = False
    """Only the last batch of an epoch makes a step."""


@dataclass(frozen=True)
class Trained:
    """The loss of every step [] and biases afterwards; NaN where nothing can be said."""

    losses: tuple[Tensor, ...]
    biases: State


MISTAKES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "ascent",
        "The ELBO goes down: optimisers walk downhill, so the loss is minus the ELBO.",
        {"sign": -1.0},
    ),
    (
        "zero_grad_forgotten",
        "Gradients of earlier batches add up: optimizer.zero_grad() belongs to every step.",
        {"forgets_zero_grad": True},
    ),
    ("sgd", "The steps are those of SGD; Adam is asked for.", {"optimizer": torch.optim.SGD}),
    (
        "weight_decay",
        "The weights decay: that is AdamW; plain Adam is asked for.",
        {"optimizer": torch.optim.AdamW},
    ),
    (
        "optimizer_every_batch",
        "Adam starts anew with every batch: make it once, before the loops.",
        {"renews": "batch"},
    ),
    (
        "optimizer_every_epoch",
        "Adam starts anew with every epoch: make it once, before the loops.",
        {"renews": "epoch"},
    ),
    ("only_decoder", "Only the decoder learns: give Adam all parameters.", {"only": "decoder"}),
    ("only_encoder", "Only the encoder learns: give Adam all parameters.", {"only": "encoder"}),
    (
        "one_step_an_epoch",
        "Only one batch of each epoch makes a step: step() belongs inside the inner loop.",
        {"skips": True},
    ),
    ("lr_ignored", "The learning rate is not the one that was asked for.", {"lr": 1e-3}),
    ("lr_ignored", "The learning rate is not the one that was asked for.", {"lr": 3e-4}),
)


def wrong(loop: Loop) -> Iterator[tuple[str, str, Loop]]:
    """Name, hint and way of every known wrong loop."""
    for name, hint, change in MISTAKES:
        yield name, hint, replace(loop, **change)


def run(state: State, batches: tuple[Tensor, ...], loop: Loop, loss_of: LossOf) -> Trained:
    """Train a copy of the model."""
    weights = {name: w.double().requires_grad_(True) for name, w in state.items()}
    moving = [w for name, w in weights.items() if name.startswith(loop.only)]
    faint = {name: torch.zeros_like(w, dtype=torch.bool) for name, w in _biases(weights).items()}
    losses = []
    for number, (epoch, x) in enumerate(_steps(batches, loop)):
        if number == 0 or loop.renews == "batch" or (loop.renews == "epoch" and epoch):
            optimizer = loop.optimizer(moving, lr=loop.lr)  # type: ignore[call-arg]
        loss = loop.sign * loss_of(weights, x)
        if not loop.forgets_zero_grad:
            for weight in weights.values():
                weight.grad = None
        loss.backward()
        for name, where in faint.items():
            gradient = _gradient(weights[name]).abs()
            where |= gradient < _FAINT * gradient.square().mean().sqrt()
        optimizer.step()
        losses.append(loss.detach())
    biases = {
        name: bias.detach().masked_fill(faint[name], float("nan"))
        for name, bias in _biases(weights).items()
    }
    return Trained(tuple(losses), biases)


def _steps(batches: tuple[Tensor, ...], loop: Loop) -> Iterator[tuple[bool, Tensor]]:
    """Each batch that makes a step, and whether an epoch begins with it."""
    used = batches[-1:] if loop.skips else batches
    for _ in range(loop.epochs):
        yield from ((place == 0, x) for place, x in enumerate(used))


def _biases(weights: State) -> State:
    return {name: w for name, w in weights.items() if w.dim() == 1}


def _gradient(weight: Tensor) -> Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad
