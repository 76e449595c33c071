"""Holds where the fit of a toy critic takes its penalty: at points between both batches.

A straight critic has the same slope everywhere and cannot tell. This one has a kink half way from y
to x: its slope is 0.7 long on the side of y, where it costs nothing, and more than 1.5 on that of
x. In a batch of copies of one pair, a part of all points lies beyond the kink, a half but for what
Hoeffding's inequality allows, and each weight moves by that part of what the penalty does there.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.gans import fits
from autograder.checks.gans.fits import State
from autograder.checks.gans.penalties import penalty
from autograder.student import Student
from vae_utils.compare_draws import ALPHA
from vae_utils.stand_in import StandIn

PAIRS, LR, WEIGHT = 512, 1e-3, 20.0
_FLAT, _STEP = 0.7, 1.5
_ROUNDING = 1e-6
_HINT = (
    "The penalty belongs to points all over the line from y to x, with a t for each pair: here it "
    "comes from the side of {} alone."
)


def must_pay_between(student: Student, draw: Draw, given: dict[str, StandIn]) -> None:
    """Hold that `fit_critic` takes its penalty from all over the line between a pair."""
    if given:  # they take none anywhere
        return
    x, y = draw.uniform(1, 2, low=2.7, high=3.0), draw.uniform(1, 2, low=2.0, high=2.3)
    state = _kinked(draw, (x + y)[0] / 2)
    at_x, at_y = _after(state, x, y, x), _after(state, x, y, y)
    apart = max(float((w - at_y[name]).abs().max()) for name, w in at_x.items())
    width = math.sqrt(math.log(2 / ALPHA) / (2 * PAIRS))
    batches = ((x.expand(PAIRS, -1), y.expand(PAIRS, -1)),)
    answer = student.call(
        "fit_critic", fits.instance(state), batches, "wasserstein", LR, WEIGHT,
        weights=tuple(state),
    )  # fmt: skip
    mistakes = [
        Misconception(f"penalty_of_{name}", _HINT.format(name), {"expected": found, "atol": 1e-5})
        for name, found in (("x", at_x), ("y", at_y))
    ]
    half = {name: (w + at_y[name]) / 2 for name, w in at_x.items()}
    answer.must("weights", {"expected": half, "atol": width * apart + _ROUNDING}, mistakes)


def _kinked(draw: Draw, place: Tensor) -> State:
    """A ToyCritic with a unit that is off below `place` [2] and on above it."""
    state = fits.critic(draw)
    weight = state["hidden1.weight"]
    others = weight * torch.tensor([0.0, *[1.0] * (len(weight) - 1)])[:, None]
    length = float(fits.slope({**state, "hidden1.weight": others}).norm())
    state["output.weight"] = state["output.weight"] * (_FLAT / length)
    steep = float(fits.slope({**state, "hidden1.weight": weight - others}).norm())
    kink = weight[0] * (_STEP / steep)
    state["hidden1.weight"] = torch.cat([kink[None], weight[1:]])
    state["hidden1.bias"] = torch.cat([-(kink @ place)[None], state["hidden1.bias"][1:]])
    return state


def _after(state: State, x: Tensor, y: Tensor, point: Tensor) -> State:
    """All weights after a step with the penalty taken at a point [1, 2]."""
    weights = {name: w.double().requires_grad_(True) for name, w in state.items()}
    leaf = point.double().requires_grad_(True)
    value = fits.value(weights, leaf).sum()
    (slope,) = torch.autograd.grad(value, leaf, create_graph=True)
    distance = fits.value(weights, x).mean() - fits.value(weights, y).mean()
    loss = WEIGHT * penalty(slope) - distance
    found = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
    return {
        name: (w if g is None else w - LR * g).detach()
        for (name, w), g in zip(weights.items(), found, strict=True)
    }
