"""What losses tell of the codes that they came from, where nothing is trained.

With a learning rate of 0 each loss is a function of the codes of its step: of one code through its
length and sign, if what the first normalisation is given is so little that its EPS rules, and of
two codes in a batch through their angle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.gans import networks
from autograder.checks.gans.networks import PIXELS, State
from autograder.checks.gans.penalties import penalty as lipschitz
from autograder.checks.gans.wgans import StandIns
from vae_utils.stand_in import StandIn

PARTS = ("vf_wasserstein_distance", "lp_reg")
OWN = ("down1.bias", "score.weight")
CALLS, STEPS, FEW = 16, 12, 8
_TRIES = 30  # half of all networks will do
_ASTRAY = 0.05  # the part of the way on which a loss may go the other way

LossOf = Callable[[Tensor], Tensor]
"""The critic's loss for each batch [N], from codes."""


def of_weights(draw: Draw, state: State) -> StandIns:
    """In place of both parts: o + o^2 / 4, averaged, with o around 1 a linear function of pixels
    and of some of the critic's weights."""

    def drawn() -> StandIn:
        pixels = [draw.uniform(PIXELS, low=-0.02, high=0.02) for _ in range(2)]
        weights = [draw.uniform(state[name].numel(), low=-0.5, high=0.5) for name in OWN]
        start = sum(float(state[n].flatten() @ w) for n, w in zip(OWN, weights, strict=True))
        terms = (torch.tensor(1.0 - start), *pixels, None, *weights)
        return StandIn(("x", "y", "critic"), (terms,), plain=True, bend=0.25, mean=True, own=OWN)

    return {name: drawn() for name in PARTS}


def faintly_coded(draw: Draw) -> State:
    """A Generator(1, 1) whose images shift a little with codes, and hardly bend: what the first
    normalisation is given is so small that its EPS rules, and length and sign of a code count."""
    state = networks.generator(draw, 1, 1)
    state["project.weight"] = state["project.weight"] * 3e-3
    state["norm1.weight"] = state["norm1.weight"] * 0.6
    state["norm1.bias"] = state["norm1.bias"] + 1.0
    return state


def telling(draw: Draw, codes: Tensor) -> tuple[State, State, Tensor]:
    """A generator, a critic and an image [1, ...] for which the loss rises with the code, or falls,
    nearly all the way: then hardly another law of codes gives losses of the same law."""
    for _ in range(_TRIES):
        state, critic = faintly_coded(draw), networks.critic(draw, 1)
        x = networks.images(draw, 1)
        rises = float((loss_of_codes(state, critic, x, {}, codes).diff() > 0).double().mean())
        if min(rises, 1 - rises) < _ASTRAY:
            break
    return state, critic, x


def levels(count: int = 401) -> Tensor:
    """Equally probable numbers between 0 and 1."""
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def table(values: Tensor, count: int) -> dict[str, Any]:
    """The distribution of lists of `count` losses, from equally probable ones [N]."""
    ordered, slack = values.sort().values, 1 / len(values)
    cdf = levels(len(values))
    return {"values": ordered, "cdf": cdf, "calls": CALLS, "count": count, "slack": slack}


def loss_of_codes(state: State, critic: State, x: Tensor, given: StandIns, z: Tensor) -> Tensor:
    """The critic's loss on x [B, ...] and each N batches of B codes, z [N B, 1], as [N]."""
    rows = len(x)
    y = networks.generate(state, z, rows)
    apart, price = (given.get(name) for name in PARTS)
    if apart:
        distance = _stood_in(apart, critic, x, y)
    else:
        of_y = networks.value(critic, y).view(-1, rows).mean(1)
        distance = networks.value(critic, x).mean() - of_y
    if price:
        return 10 * _stood_in(price, critic, x, y) - distance
    return 10 * lipschitz(networks.slope(critic)).detach() - distance


def _stood_in(stand_in: StandIn, critic: State, x: Tensor, y: Tensor) -> Tensor:
    """What a stand-in of `of_weights` gives for x and each batch of y, [N]."""
    known = [term.double() for term in stand_in.maps[0] if term is not None]
    bias, of_x, of_y, *weights = known
    own = [critic[name].double().flatten() @ w for name, w in zip(OWN, weights, strict=True)]
    o = (y.flatten(1) @ of_y).view(-1, len(x)) + x.double().flatten(1) @ of_x + bias + sum(own)
    return (o + stand_in.bend * o**2).mean(1)


def wrong_laws(loss: LossOf) -> Iterator[Misconception]:
    """Of one code for each batch."""
    hint = "The codes are uniform numbers (rand); they are normal (randn)."
    for low in (0.0, -1.0):
        values = low + (1 - low) * levels()[:, None]
        yield Misconception("uniform_codes", hint, table(loss(values), STEPS))
    hint = "The codes are all zero: draw them with torch.randn."
    zero = loss(torch.zeros(1, 1)).expand(STEPS, CALLS)
    expected = {"expected": tuple(zero), "rtol": 1e-6, "atol": 1e-6}
    yield Misconception("codes_of_zero", hint, expected, kind="equal")
    hint = "The codes come again: draw new ones for each step."
    yield Misconception("codes_kept", hint, {}, kind="stuck")


def shared_codes(loss: LossOf) -> Iterator[Misconception]:
    """Of two codes for each batch: were they the same, only their sign would count."""
    hint = "The images of a batch share one code: as many codes are wanted as there are images."
    two = loss(torch.tensor([1.0, 1.0, -1.0, -1.0])[:, None])
    near = 0.02 * float((two[1] - two[0]).abs())
    params = {"values": two, "calls": CALLS, "count": FEW, "atol": near, "share": 0.8}
    yield Misconception("one_code_for_all", hint, params, kind="among")
