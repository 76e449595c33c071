"""The codes that a training loop gives to the generator: as many as images, new, and normal.

They are judged by what the generator has seen, so no matter which losses they lead to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.gans import networks
from autograder.checks.gans.networks import State

LATENT, WIDTH = 100, 1
STEPS = 3
BIASES = ("down1.bias", "down2.bias", "down3.bias")
"""Of the critic."""
KEPT = "The codes come again: draw new ones for {}."
SHARED = "The images of a batch share one code: as many codes are wanted as there are images."


@dataclass(frozen=True)
class Sizes:
    """How many new codes there are for each step of the critic, and for each of the generator: one
    comes after `critic_steps` of the critic's."""

    critic: tuple[int, ...]
    generator: tuple[int, ...]
    critic_steps: int

    def all(self) -> Tensor:
        """In the order of the steps, those without new codes left out."""
        found: list[int] = []
        for step, own in enumerate(self.generator):
            start = step * self.critic_steps
            found += [*self.critic[start : start + self.critic_steps], own]
        return torch.tensor([size for size in found if size])


def sizes(batches: tuple[int, ...], critic_steps: int) -> Sizes:
    """Of a loop that takes the next of these batches, in circles, for each step of the critic."""
    taken = [batches[number % len(batches)] for number in range(STEPS * critic_steps)]
    return Sizes(tuple(taken), tuple(taken[critic_steps - 1 :: critic_steps]), critic_steps)


def bent_critic(draw: Draw) -> State:
    """Weights of a Critic(WIDTH) whose first unit is on in some places of images and off in
    others: so the bias of no layer cancels in the distance but that of the last one."""
    state = networks.critic(draw, WIDTH)
    for name in ("down1", "down2", "down3"):
        weight = state[f"{name}.weight"]
        state[f"{name}.weight"] = draw.uniform(*weight.shape, low=-0.3, high=0.3)
        state[f"{name}.bias"] = draw.uniform(len(weight), low=-0.2, high=0.2)
    state["down1.bias"] = -state["down1.weight"].sum((1, 2, 3)) / 2
    return state


def wrong_sizes(right: Sizes, batch: int) -> Iterator[Misconception]:
    """Codes that come again, or too many; batch: the size that the notebook has."""
    hint = "The codes are all zero: draw them with torch.randn."
    zero = {"sizes": right.all(), "length": LATENT, "zero": True}
    yield Misconception("codes_of_zero", hint, zero, kind="codes")
    yield from _kept(right)
    yield from _shared(right)
    hint = "The generator's step takes as many codes as the last batch had images."
    fixed = replace(right, generator=(batch,) * len(right.generator))
    yield _are("fixed_batch_size", hint, fixed)
    yield Misconception("codes_kept", KEPT.format("each step"), {}, kind="repeated")


def _kept(right: Sizes) -> Iterator[Misconception]:
    none = (0,) * len(right.generator)
    first = tuple(
        size if number % right.critic_steps == 0 else 0 for number, size in enumerate(right.critic)
    )
    for what, found in (
        ("the generator's step, too", replace(right, generator=none)),
        ("every step of the critic", replace(right, critic=first)),
        (
            "each step, of the critic and of the generator",
            replace(right, critic=first, generator=none),
        ),
    ):
        yield _are("codes_kept", KEPT.format(what), found)


def _shared(right: Sizes) -> Iterator[Misconception]:
    one, once = (1,) * len(right.critic), (1,) * len(right.generator)
    for found in (
        replace(right, critic=one, generator=once),
        replace(right, critic=one),
        replace(right, generator=once),
    ):
        yield _are("one_code_for_all", SHARED, found)


def _are(name: str, hint: str, found: Sizes) -> Misconception:
    return Misconception(name, hint, {"sizes": found.all(), "exactly": True})


def wrong_laws() -> Iterator[Misconception]:
    """Other distributions of every entry."""
    hint = "The codes are uniform numbers (rand); they are normal (randn)."
    for low in (0.0, -1.0):
        yield Misconception("uniform_codes", hint, {"low": low})
