"""What training makes of the given ToyCritic where it is a straight line: plain gradient steps.

All weights of hidden layers and all points are above 0, so no ReLU ever cuts: V is linear, its
slope the same everywhere, and the penalty does not depend on where it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.gans.penalties import penalty
from autograder.checks.gans.vf_squared_hellinger import hellinger
from autograder.checks.gans.vf_wasserstein_distance import wasserstein
from vae_utils.calls import Instance
from vae_utils.stand_in import StandIn

State = dict[str, Tensor]
StandIns = dict[str, StandIn]
Batches = tuple[tuple[Tensor, Tensor], ...]

WIDTH = 6
STEEP = 1.3  # of the critic at first: no step of a loop turns a weight's sign
OWN = ("hidden1.weight", "output.weight")
DISTANCES = {"hellinger": "vf_squared_hellinger", "wasserstein": "vf_wasserstein_distance"}
_LAYERS = ("hidden1", "hidden2", "hidden3", "output")


def value(state: State, x: Tensor) -> Tensor:
    """V of x [B, 2], [B]."""
    h = x.double()
    for layer in _LAYERS:
        h = h @ state[f"{layer}.weight"].double().T + state[f"{layer}.bias"].double()
        h = h if layer == "output" else h.relu()
    return h[:, 0]


def slope(state: State) -> Tensor:
    """grad V where no ReLU cuts, [1, 2]."""
    product = state["hidden1.weight"].double()
    for layer in _LAYERS[1:]:
        product = state[f"{layer}.weight"].double() @ product
    return product


def critic(draw: Draw) -> State:
    """Weights of a ToyCritic(WIDTH): values around 0 for points between 0 and 1, slope STEEP."""
    sizes = ((2, 0.3, 0.6), (WIDTH, 0.12, 0.28), (WIDTH, 0.12, 0.28))
    state: State = {}
    for layer, (inputs, low, high) in zip(_LAYERS, sizes, strict=False):
        state[f"{layer}.weight"] = draw.uniform(WIDTH, inputs, low=low, high=high)
        state[f"{layer}.bias"] = draw.uniform(WIDTH, low=0.2, high=0.5)
    state["output.weight"] = draw.uniform(1, WIDTH, low=0.6, high=1.4)
    state["output.bias"] = torch.zeros(1)
    state["output.weight"] = state["output.weight"] * float(STEEP / slope(state).norm())
    state["output.bias"] = -value(state, torch.full((1, 2), 0.5)).float()
    return state


def instance(state: State) -> Instance:
    """What is trained."""
    return Instance("ToyCritic", (WIDTH,), state)


def batches(draw: Draw, count: int, rows: int = 7) -> Batches:
    """Pairs x, y [rows, 2] of points, one pair for each step; x lies to the right."""
    return tuple(
        (draw.uniform(rows, 2, low=0.4, high=1.0), draw.uniform(rows, 2, low=0.0, high=0.6))
        for _ in range(count)
    )


def stand_ins(draw: Draw, state: State, *names: str) -> StandIns:
    """In place of functions of x, y and critic: o + o^2 / 4, averaged over rows, with o a linear
    function of both points and of some weights, around 1."""
    sizes = [state[name].numel() for name in OWN]

    def drawn() -> StandIn:
        points = [draw.uniform(2, low=-0.5, high=0.5) for _ in range(2)]
        weights = [draw.uniform(size, low=-0.5, high=0.5) for size in sizes]
        start = sum(float(state[n].flatten() @ w) for n, w in zip(OWN, weights, strict=True))
        terms = (torch.tensor(1.0 - start), *points, None, *weights)
        return StandIn(("x", "y", "critic"), (terms,), plain=True, bend=0.25, mean=True, own=OWN)

    return {name: drawn() for name in names}


@dataclass(frozen=True)
class Fit:
    """How to train; the defaults are right."""

    distance: str
    lr: float = 1e-3
    penalty: float = 50.0
    optimizer: type[torch.optim.Optimizer] = torch.optim.SGD
    options: tuple[tuple[str, Any], ...] = ()
    sign: float = 1.0
    """Of the distance in the loss."""
    charges: tuple[str, ...] = ("wasserstein",)
    """The distances that come with the penalty."""
    forgets_zero_grad: bool = False
    used: tuple[int | None, int | None] = (None, None)
    """From which batch to which there are steps."""


@dataclass(frozen=True)
class Fitted:
    """The distances and the losses before each step, and all weights afterwards."""

    distances: tuple[Tensor, ...]
    losses: tuple[Tensor, ...]
    weights: State


def run(state: State, pairs: Batches, fit: Fit, given: StandIns) -> Fitted:
    """Train a copy of the critic in float64, some functions being replaced."""
    weights = {name: w.double().requires_grad_(True) for name, w in state.items()}
    optimizer = fit.optimizer(weights.values(), lr=fit.lr, **dict(fit.options))  # type: ignore
    distances, losses = [], []
    for x, y in pairs[slice(*fit.used)]:
        distance = measured(weights, x, y, fit.distance, given)
        loss = -fit.sign * distance
        if fit.distance in fit.charges:
            loss = loss + fit.penalty * charged(weights, x, y, given)
        if not fit.forgets_zero_grad:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        distances.append(distance.detach())
        losses.append(loss.detach())
    return Fitted(
        tuple(distances), tuple(losses), {name: w.detach() for name, w in weights.items()}
    )


def measured(weights: State, x: Tensor, y: Tensor, distance: str, given: StandIns) -> Tensor:
    """The distance between two batches, []."""
    if stand_in := given.get(DISTANCES[distance]):
        return _stood_in(stand_in, weights, x, y)
    right = hellinger if distance == "hellinger" else wasserstein
    return right(value(weights, x), value(weights, y))


def charged(weights: State, x: Tensor, y: Tensor, given: StandIns) -> Tensor:
    """The Lipschitz penalty, []."""
    stand_in = given.get("lp_reg")
    return _stood_in(stand_in, weights, x, y) if stand_in else penalty(slope(weights))


def _stood_in(stand_in: StandIn, weights: State, x: Tensor, y: Tensor) -> Tensor:
    own = {name: weights[name].flatten() for name in stand_in.own}
    return torch.as_tensor(stand_in(x.double(), y.double(), None, **own))


MISTAKES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "descent_of_the_distance",
        "The distance shrinks: optimisers walk downhill, so the loss is minus the distance.",
        {"sign": -1.0},
    ),
    (
        "zero_grad_forgotten",
        "Gradients of earlier batches add up: optimizer.zero_grad() belongs to every step.",
        {"forgets_zero_grad": True},
    ),
    (
        "adam",
        "The steps are those of Adam; plain SGD is asked for.",
        {"optimizer": torch.optim.Adam},
    ),
    (
        "momentum",
        "SGD has momentum: plain gradient steps are asked for.",
        {"options": (("momentum", 0.9),)},
    ),
    (
        "lr_ignored",
        "The learning rate is not the one that was asked for.",
        {"lr": 1e-3},
    ),
    (
        "lr_ignored",
        "The learning rate is not the one that was asked for.",
        {"lr": 1e-2},
    ),
    (
        "only_last_batch",
        "Only the last pair of batches makes a step: step() belongs inside the loop.",
        {"used": (-1, None)},
    ),
    (
        "only_first_batch",
        "Only the first pair of batches makes a step: is there a return inside the loop?",
        {"used": (None, 1)},
    ),
    (
        "penalty_forgotten",
        "The penalty is missing in the loss of the Wasserstein distance.",
        {"charges": ()},
    ),
    (
        "penalty_for_hellinger",
        "The penalty belongs to the Wasserstein distance only.",
        {"charges": ("hellinger", "wasserstein")},
    ),
)
PENALTY_IGNORED = "The weight of the penalty is not the one that was asked for."
PENALTY_REWARDED = "The penalty has the wrong sign in the loss: it is to be paid."


def wrong(fit: Fit) -> Iterator[tuple[str, str, Fit]]:
    """Name, hint and way of every known wrong loop."""
    for name, hint, change in MISTAKES:
        yield name, hint, replace(fit, **change)
    for weight in (50.0, 10.0, 1.0):
        yield "penalty_ignored", PENALTY_IGNORED, replace(fit, penalty=weight)
    yield "penalty_rewarded", PENALTY_REWARDED, replace(fit, penalty=-fit.penalty)
    other = {"hellinger": "wasserstein", "wasserstein": "hellinger"}[fit.distance]
    hint = f"The loss is that of the other distance: `distance` says {fit.distance!r}."
    yield "distances_exchanged", hint, replace(fit, distance=other)
