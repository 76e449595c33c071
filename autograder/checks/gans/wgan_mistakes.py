"""Known mistakes of both losses of a Wasserstein GAN, and of what its training returns."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.gans.critics import gives
from autograder.checks.gans.wgans import Loop, Trained


def wrong_losses(
    distance: Tensor, price: Tensor, weight: float, rows: int
) -> Iterator[Misconception]:
    """Of the critic; weight: of the penalty."""
    hint = "The distance has the wrong sign: the critic makes it large, so the loss is minus it."
    yield gives("critic_ascent", hint, weight * price + distance)
    hint = "The penalty has the wrong sign: it is to be paid."
    yield gives("penalty_rewarded", hint, -weight * price - distance)
    yield gives("loss_sign", "The whole loss has the wrong sign.", distance - weight * price)
    yield gives("penalty_forgotten", "The penalty is missing.", -distance)
    yield gives("distance_forgotten", "The distance is missing.", weight * price)
    hint = "The weight of the penalty is not the one that was asked for."
    for other in (1.0, 10.0, 50.0):
        yield gives("penalty_ignored", hint, other * price - distance)
    hint = "The loss is a mean over the batch, not a sum."
    yield gives("summed", hint, rows * (weight * price - distance))
    yield gives("summed", hint, weight * price - rows * distance)


def wrong_generator_losses(values: Tensor) -> Iterator[Misconception]:
    """Of the generator; values: V of its images, [B]."""
    hint = "The sign is turned: the generator wants V(G(z)) to be large, so its loss is minus that."
    yield gives("generator_ascent", hint, values.mean())
    yield gives("summed", "The loss is a mean over the batch, not a sum.", -values.sum())
    yield gives("not_averaged", "One number is wanted: the mean over the batch.", -values)


def wrong_returns(right: Trained, loop: Loop) -> Iterator[Misconception]:
    """Other losses than the last of the critic's before each step of the generator."""

    def are(name: str, hint: str, *values: Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": values})

    each = "Return one float for each step of the generator: the last of the critic's losses."
    every = right.critic_losses
    rows = torch.stack(every).view(loop.steps, loop.critic_steps)
    yield are("every_loss", each, *every)
    yield are("first_losses", each, *rows[:, 0])
    yield are("averaged_losses", each, *rows.mean(1))
    yield are("generator_losses", "Return the critic's losses.", *right.generator_losses)
    yield are("losses_negative", "Return the losses, not minus them.", *(-rows[:, -1]))
    yield are("only_last_loss", each, rows[-1, -1])
    yield are("only_last_loss", each, rows[-1, -1][None])
    yield are("losses_in_a_tensor", "A list of floats is wanted: loss.item().", rows[:, -1])
