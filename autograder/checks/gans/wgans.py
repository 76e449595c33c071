"""What a training loop makes of a generator and a linear critic: Adam in float64, right and wrong.

Adam is PyTorch's own (Kingma and Ba 2015, algorithm 1), on the closed forms of both losses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.gans import networks
from autograder.checks.gans.networks import State
from autograder.checks.gans.penalties import penalty
from vae_utils.stand_in import StandIn

StandIns = dict[str, StandIn]
PARTS = ("vf_wasserstein_distance", "lp_reg")
OWN = ("down1.bias", "score.weight")
FAINT = 0.3
"""Of a gradient, as a part of the usual one in its tensor: the length of Adam's step hardly depends
on it, so rounding would decide."""
COMPARED = {
    "critic": ("down1.weight", "down2.weight", "down3.weight", "score.weight"),
    "generator": (
        "norm2.bias", "up2.weight", "norm3.weight", "norm3.bias", "up3.weight", "up3.bias",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Loop:
    """How to train; the defaults are right."""

    steps: int
    critic_steps: int = 5
    lr: float = 1e-4
    penalty: float = 10.0
    betas: tuple[float, float] = (0.5, 0.9)
    optimizer: Any = torch.optim.Adam
    critic_sign: float = 1.0
    generator_sign: float = 1.0
    clears_critic: str = "before"
    """"never", "before" its steps, "once" before all that belong to a step of the generator, or
    "after" them, which leaves what the generator's loss left."""
    clears_generator: bool = True
    batches: str = "next"
    """"next", "kept" for all steps of the critic, "restarted" with each of the generator, or always
    the "first"."""
    renews: bool = False
    """Whether both optimisers are made again for each step of the generator."""
    trains: tuple[str, ...] = ("critic", "generator")
    inside: bool = False
    """Whether the generator makes a step with each of the critic's."""


@dataclass(frozen=True)
class Trained:
    """All losses of the critic, and of the generator; weights afterwards, NaN where nothing can be
    said."""

    critic_losses: tuple[Tensor, ...]
    generator_losses: tuple[Tensor, ...]
    weights: State


def distance(weights: State, x: Tensor, y: Tensor, given: StandIns) -> Tensor:
    """What the critic estimates, []."""
    if stand_in := given.get("vf_wasserstein_distance"):
        return _stood_in(stand_in, weights, x, y)
    return networks.value(weights, x).mean() - networks.value(weights, y).mean()


def charged(weights: State, x: Tensor, y: Tensor, given: StandIns) -> Tensor:
    """The Lipschitz penalty, []."""
    stand_in = given.get("lp_reg")
    return _stood_in(stand_in, weights, x, y) if stand_in else penalty(networks.slope(weights))


def _stood_in(stand_in: StandIn, weights: State, x: Tensor, y: Tensor) -> Tensor:
    own = {name: weights[name].flatten() for name in stand_in.own}
    return torch.as_tensor(stand_in(x.double(), y.double(), None, **own))


def of_weights(draw: Draw, state: State) -> StandIns:
    """In place of both parts: o + o^2 / 4, averaged, with o around 1 a linear function of pixels
    and of some of the critic's weights."""

    def drawn() -> StandIn:
        pixels = [draw.uniform(networks.PIXELS, low=-0.02, high=0.02) for _ in range(2)]
        weights = [draw.uniform(state[name].numel(), low=-0.5, high=0.5) for name in OWN]
        start = sum(float(state[n].flatten() @ w) for n, w in zip(OWN, weights, strict=True))
        terms = (torch.tensor(1.0 - start), *pixels, None, *weights)
        return StandIn(("x", "y", "critic"), (terms,), plain=True, bend=0.25, mean=True, own=OWN)

    return {name: drawn() for name in PARTS}


class _Training:
    """One run. Images do not depend on codes, so one of each will do."""

    def __init__(self, states: dict[str, State], loop: Loop, given: StandIns) -> None:
        self.loop, self.given = loop, given
        self.weights = {
            kind: {name: w.double().requires_grad_(True) for name, w in state.items()}
            for kind, state in states.items()
        }
        self.faint = {
            name: torch.zeros_like(self.weights[kind][name], dtype=torch.bool)
            for kind in COMPARED
            for name in COMPARED[kind]
        }
        self.losses: dict[str, list[Tensor]] = {"critic": [], "generator": []}
        self.renew()

    def renew(self) -> None:
        """New optimisers for both."""
        options: dict[str, Any] = {"lr": self.loop.lr}
        if issubclass(self.loop.optimizer, torch.optim.Adam):
            options["betas"] = self.loop.betas
        self.optimizers = {
            kind: self.loop.optimizer(w.values(), **options) for kind, w in self.weights.items()
        }

    def fake(self) -> Tensor:
        """An image of the generator."""
        w = self.weights["generator"]
        return networks.generate(w, torch.zeros(1, w["project.weight"].shape[1]))

    def critic_step(self, x: Tensor, number: int) -> None:
        """One step of the critic on images x, the first one before the generator's if number is
        0."""
        weights, loop, y = self.weights["critic"], self.loop, self.fake().detach().expand_as(x)
        if loop.clears_critic == "before" or (loop.clears_critic == "once" and not number):
            self.optimizers["critic"].zero_grad()
        loss = -distance(weights, x, y, self.given) * loop.critic_sign
        loss = loss + loop.penalty * charged(weights, x, y, self.given)
        self._step("critic", loss)
        if loop.clears_critic == "after":
            self.optimizers["critic"].zero_grad()

    def generator_step(self) -> None:
        """One step of the generator."""
        if self.loop.clears_generator:
            self.optimizers["generator"].zero_grad()
        loss = -networks.value(self.weights["critic"], self.fake()).mean()
        self._step("generator", loss * self.loop.generator_sign)

    def _step(self, kind: str, loss: Tensor) -> None:
        self.losses[kind].append(loss.detach())
        loss.backward()
        for name in COMPARED[kind]:
            gradient = self.weights[kind][name].grad
            size = torch.zeros(()) if gradient is None else gradient.abs()
            self.faint[name] |= (size < FAINT * size.square().mean().sqrt()) & (size > 0)
        if kind in self.loop.trains:
            self.optimizers[kind].step()

    def found(self) -> Trained:
        """What it has come to."""
        merged = {name: w for kind in self.weights.values() for name, w in kind.items()}
        known = {
            name: merged[name].detach().masked_fill(faint, float("nan"))
            for name, faint in self.faint.items()
        }
        return Trained(tuple(self.losses["critic"]), tuple(self.losses["generator"]), known)


def run(
    states: dict[str, State], batches: tuple[Tensor, ...], loop: Loop, given: StandIns
) -> Trained:
    """Train copies of both networks, some functions of the student being replaced."""
    training, rest = _Training(states, loop, given), cycle(batches)
    for _ in range(loop.steps):
        if loop.renews:
            training.renew()
        rest = cycle(batches) if loop.batches == "restarted" else rest
        rest = cycle(batches[:1]) if loop.batches == "first" else rest
        x = next(rest)
        for number in range(loop.critic_steps):
            x = next(rest) if number and loop.batches != "kept" else x
            training.critic_step(x, number)
            if loop.inside:
                training.generator_step()
        if not loop.inside:
            training.generator_step()
    return training.found()


MISTAKES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("critic_step_forgotten", "The critic does not change: step() of its optimiser.",
     {"trains": ("generator",)}),
    ("generator_step_forgotten", "The generator does not change: step() of its optimiser.",
     {"trains": ("critic",)}),
    ("critic_ascent", "The critic's loss has the distance with the wrong sign.",
     {"critic_sign": -1.0}),
    ("generator_ascent", "The generator walks the wrong way: its loss is minus the mean of V.",
     {"generator_sign": -1.0}),
    ("betas_forgotten", "Adam has other betas than (0.5, 0.9).", {"betas": (0.9, 0.999)}),
    ("betas_forgotten", "Adam has other betas than (0.5, 0.9).", {"betas": (0.5, 0.999)}),
    ("betas_forgotten", "Adam has other betas than (0.5, 0.9).", {"betas": (0.0, 0.9)}),
    ("betas_swapped", "The betas have changed places: (0.5, 0.9).", {"betas": (0.9, 0.5)}),
    ("other_optimizer", "The steps are those of RMSprop; Adam is asked for.",
     {"optimizer": torch.optim.RMSprop}),
    ("other_optimizer", "The steps are those of SGD; Adam is asked for.",
     {"optimizer": torch.optim.SGD}),
    ("critic_zero_grad_forgotten", "Gradients of the critic add up: zero_grad() before each step.",
     {"clears_critic": "never"}),
    ("critic_cleared_once", "Clear the critic's gradients before each of its steps.",
     {"clears_critic": "once"}),
    ("generator_gradients_kept",
     "The generator's loss leaves gradients in the critic: clear them before its next step.",
     {"clears_critic": "after"}),
    ("generator_zero_grad_forgotten",
     "Gradients of the generator add up: zero_grad() before each step.",
     {"clears_generator": False}),
    ("same_batch_for_the_critic", "Each step of the critic takes the next batch.",
     {"batches": "kept"}),
    ("batches_restarted",
     "Each step of the generator begins with the first batch again: call endless(loader) once.",
     {"batches": "restarted"}),
    ("first_batch_only",
     "Every step takes the first batch: call endless(loader) once, before all steps.",
     {"batches": "first"}),
    ("optimizers_renewed", "Adam starts anew with each step: make both optimisers once.",
     {"renews": True}),
    ("generator_in_the_inner_loop", "The generator makes one step after all those of the critic.",
     {"inside": True}),
    ("critic_steps_ignored", "The critic does not make as many steps as it should.",
     {"critic_steps": 1}),
    ("critic_steps_ignored", "The critic does not make as many steps as it should.",
     {"critic_steps": 5}),
    ("lr_ignored", "The learning rate is not the one that was asked for.", {"lr": 1e-4}),
    ("lr_ignored", "The learning rate is not the one that was asked for.", {"lr": 1e-3}),
    ("penalty_ignored", "The weight of the penalty is not the one that was asked for.",
     {"penalty": 10.0}),
    ("penalty_ignored", "The weight of the penalty is not the one that was asked for.",
     {"penalty": 1.0}),
    ("penalty_forgotten", "The critic's loss lacks the penalty.", {"penalty": 0.0}),
)  # fmt: skip


def wrong(loop: Loop) -> Iterator[tuple[str, str, Loop]]:
    """Name, hint and way of every known wrong loop."""
    for name, hint, change in MISTAKES:
        yield name, hint, replace(loop, **change)
