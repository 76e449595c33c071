"""Task `lp_reg`: (1/B) sum_b max(0, |grad V(xhat_b)| - 1)^2, xhat_b = t_b x_b + (1 - t_b) y_b.

One-sided, and at random places on the line between x and y (Petzka, Fischer and Lukovnikov 2018,
equation 8). Critics have known slopes, see `critics`. What cannot depend on t is compared exactly:
a linear critic is as steep everywhere, and where x = y every xhat is x. Elsewhere the slope is
(1 + t / 4) LENGTH: so each pair's penalty rises with t, and t is judged by its distribution.

Tolerance: norms of up to 192 float32 terms of order 0.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans.critics import Critic, batches, bent, gives, of_length
from autograder.checks.gans.penalties import one_sided, penalty, wrong_penalties
from autograder.student import Student
from vae_utils.compare_draws import ALPHA

FUNCTION = "lp_reg"
LENGTH, BEND, SHIFT = 4.0, 0.125, 2.2
CALLS = 600
LEVELS = 401
SLACK = 1 / LEVELS
FEW, PAIRS = 40, 512
WEIGHTS = ("arg2.bias0", "arg2.weight_x0")


def _linear(draw: Draw, size: int, low: float, high: float) -> Critic:
    length = float(draw.uniform(1, low=low, high=high))
    weight = of_length(draw, size, length)
    return Critic(draw.uniform(1, low=-1.0, high=1.0)[0], weight * weight[0].sign())


@worth(1.5)
def test_a_steep_linear_critic(student: Student, draw: Draw) -> None:
    """A linear critic of norm n > 1, whatever the data: (n - 1)^2, for points and for images."""
    for rows, shape, low in ((5, (2,), 6.0), (3, (3, 8, 8), 20.0), (1, (2,), 2.5)):
        critic = _linear(draw, math.prod(shape), low, 1.5 * low)
        x, y = batches(draw, rows, *shape)
        slopes = critic.slopes(x)
        answer = student.call(FUNCTION, x, y, critic.stand_in(), intact=True)
        answer.must("number", {"expected": penalty(slopes)}, wrong_penalties(slopes))


@worth(1)
def test_a_gentle_linear_critic(student: Student, draw: Draw) -> None:
    """A linear critic of norm below 1 costs nothing: 0."""
    for rows, shape in ((5, (2,)), (3, (3, 8, 8))):
        critic = _linear(draw, math.prod(shape), 0.4, 0.8)
        x, y = batches(draw, rows, *shape)
        answer = student.call(FUNCTION, x, y, critic.stand_in(column=len(shape) == 1))
        params = {"expected": torch.zeros(()), "atol": 1e-7}
        answer.must("number", params, wrong_penalties(critic.slopes(x)))


def _rising(draw: Draw, *shape: int) -> tuple[Critic, Tensor, Tensor]:
    """A critic and a pair x, y [1, *shape] so that |grad V(xhat)| = (1 + t / 4) LENGTH.

    o is 0 at y and 1 at x. What single entries of points, or channels, rows and columns of images
    do to it is far more, and cancels: so a t of their own would show. With 1 in place of y, it is
    SHIFT.
    """
    size = math.prod(shape)
    weight = draw.uniform(size, low=0.9, high=1.0) * torch.tensor([1.0, -0.5]).repeat(size // 2)
    weight = weight * (LENGTH / weight.norm())
    y = draw.uniform(size, low=-0.2, high=0.2)
    y = y + weight * (weight.sum() - SHIFT - y @ weight) / LENGTH**2
    way = torch.tensor([3.0, -2.0]) if size == 2 else _alternating(*shape)
    critic = Critic(-(y @ weight), weight, BEND)
    return critic, (y + way / weight).view(1, *shape), y.view(1, *shape)


def _alternating(channels: int, height: int, width: int) -> Tensor:
    """What each entry does to o, flat: 6, -5 and 0 in all of the channels, 3 and -3 in turn in
    all of the rows, and of the columns."""
    turns = torch.tensor([3.0, -3.0])
    way = (torch.tensor([6.0, -5.0, 0.0]) / (height * width))[:, None, None]
    way = way + (turns.repeat(height // 2) / (channels * width))[:, None]
    return (way + turns.repeat(width // 2) / (channels * height)).flatten()


def _paid(o: Tensor) -> Tensor:
    """The penalty of a pair as `_rising` makes it, for o = t, of any shape."""
    return one_sided(LENGTH * (1 + 2 * BEND * o).abs())


def _levels(count: int = LEVELS) -> Tensor:
    """Equally probable values of t."""
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def _table(values: Tensor, n: int, slack: float = SLACK, alpha: float = ALPHA) -> dict[str, Any]:
    """The distribution of n draws, from equally probable values of one."""
    ordered = values.flatten().sort().values
    if len(ordered) > LEVELS:
        ordered = ordered[torch.linspace(0, len(ordered) - 1, LEVELS).round().long()]
    cdf = (torch.arange(len(ordered), dtype=torch.float64) + 0.5) / len(ordered)
    return {"values": ordered, "cdf": cdf, "n": n, "slack": slack, "alpha": alpha}


def _wrong_places(critic: Critic, x: Tensor, y: Tensor) -> Iterator[tuple[str, str, Tensor]]:
    """Name, hint and o, a number [] or equally probable ones, of other xhat; x, y: one pair."""
    t, two = _levels(), _levels(101)
    zero = torch.zeros((), dtype=torch.float64)
    hint = "xhat is a random place between x and y, not {}: draw t uniformly between 0 and 1."
    for place, what in ((1.0, "x itself"), (0.0, "y itself"), (0.5, "always the middle")):
        yield "no_interpolation", hint.format(what), zero + place
    hint = "t is normal (randn); it is uniform between 0 and 1 (rand)."
    yield "t_normal", hint, math.sqrt(2) * torch.erfinv(2 * t - 1)
    hint = "Each pair has one t, the same for all entries: here each entry has its own."
    yield "t_per_element", hint, 3 * two[:, None] - 2 * two
    bias, ones = critic.bias.double(), critic.weight.double().sum()
    of_x, of_y = (critic.linear(z) - bias for z in (x, y))
    hint = "Where x = y, xhat must be x as well: is there a missing parenthesis in (1 - t) y?"
    yield "missing_parenthesis", hint, bias + ones + t * (of_x - of_y)
    hint = "xhat lies outside of the line between x and y: t x + (1 - t) y, or y + t (x - y)."
    for o in (1 + t, -t):
        yield "outside_the_line", hint, o
    hint = "The weights of x and y sum to 1: t and 1 - t."
    for o in (t * (of_x + of_y), (of_x + of_y)[0], t * (of_x - of_y), (of_x - of_y)[0]):
        yield "weights_do_not_sum_to_1", hint, bias + o


def _wrong_laws(critic: Critic, x: Tensor, y: Tensor, n: int) -> Iterator[Misconception]:
    """What n penalties tell about xhat; x, y: one pair of points."""
    for name, hint, o in _wrong_places(critic, x, y):
        if o.dim():
            yield Misconception(name, hint, _table(_paid(o), n, 0.01))
        else:
            same = {"expected": (_paid(o).expand(n),), "atol": 1e-4}
            yield Misconception(name, hint, same, kind="equal")
    hint = "Every call uses the same t: draw it anew, and set no seed."
    yield Misconception("t_fixed", hint, {}, kind="repeats")


@worth(1.5)
def test_t_is_uniform(student: Student, draw: Draw) -> None:
    """Many calls with one pair of points: xhat is uniform on the line that joins them."""
    critic, x, y = _rising(draw, 2)
    answer = student.call(FUNCTION, x, y, critic.stand_in(column=True), repeat=CALLS)
    mistakes = _wrong_laws(critic, x, y, CALLS)
    answer.must("distribution", _table(_paid(_levels()), CALLS), mistakes)


def _wrong_shares() -> Iterator[Misconception]:
    """t that does not belong to a pair."""
    hint = (
        "All pairs share one t: draw one for each of them, with as many axes as x: [B, 1, 1, 1] "
        "for images, [B, 1] for points."
    )
    alone = _table(_paid(_levels()), FEW, alpha=1e-3)
    yield Misconception("t_per_batch", hint, alone, kind="distribution")


@worth(1)
def test_one_t_for_each_pair(student: Student, draw: Draw) -> None:
    """A batch of equal pairs of images: each has a t of its own, so the mean hardly varies."""
    critic, x, y = _rising(draw, 3, 8, 8)
    pairs = (z[0].expand(PAIRS, *z.shape[1:]) for z in (x, y))
    answer = student.call(FUNCTION, *pairs, critic.stand_in(), repeat=FEW)
    paid = _paid(_levels(10_001))
    width = float(paid.max() - paid.min()) * math.sqrt(math.log(2 * FEW / ALPHA) / (2 * PAIRS))
    params = {"expected": (paid.mean().expand(FEW),), "atol": width}
    answer.must("equal", params, _wrong_shares())


def _uneven(draw: Draw, *shape: int) -> Critic:
    """Bent so much that slopes are on both sides of 1."""
    critic = bent(draw, *shape)
    return Critic(critic.bias, critic.weight, 0.35)


def _spread(draw: Draw, critic: Critic, rows: int, *shape: int) -> Tensor:
    """Places [rows, *shape] whose slopes are far apart, from 0.3 to 3: none is close to 1."""
    lengths = torch.linspace(0.3, 3.0, rows) + draw.uniform(rows, low=0.0, high=0.1)
    lengths = torch.where((lengths - 1).abs() < 0.15, 1.3, lengths)
    values = (lengths / critic.weight.norm() - 1) / (2 * critic.bend)
    x = draw.uniform(rows, *shape, low=-1.0, high=1.0)
    short = values - critic.linear(x).float()
    steps = short[:, None] * critic.weight / critic.weight.square().sum()
    return x + steps.view(x.shape)


def _elsewhere(critic: Critic, x: Tensor) -> Iterator[Misconception]:
    """Known wrong formulas of xhat where y is x."""
    hint = "Where x = y, xhat must be x as well: is there a missing parenthesis in (1 - t) y?"
    yield gives("missing_parenthesis", hint, penalty(critic.slopes(torch.ones_like(x))))
    hint = "Where x = y, xhat must be x as well: x and y are added with weights that sum to 1."
    for share in (0.0, 2.0):
        yield gives("weights_do_not_sum_to_1", hint, penalty(critic.slopes(share * x)))


@worth(1.5)
def test_where_x_is_y(student: Student, draw: Draw) -> None:
    """A bent critic, and x = y: the mean over the penalties at the places x themselves."""
    for rows, shape in ((6, (2,)), (4, (3, 8, 8)), (1, (3, 8, 8))):
        critic = _uneven(draw, *shape)
        x = _spread(draw, critic, rows, *shape) if rows > 1 else batches(draw, 1, *shape)[0]
        slopes = critic.slopes(x)
        answer = student.call(FUNCTION, x, x.clone(), critic.stand_in())
        mistakes = [*_elsewhere(critic, x), *wrong_penalties(slopes)]
        answer.must("number", {"expected": penalty(slopes)}, mistakes)


@worth(1.5)
def test_second_derivatives(student: Student, draw: Draw) -> None:
    """The penalty is differentiable: its gradient reaches the critic's bias and weights."""
    for rows, shape in ((6, (2,)), (4, (3, 8, 8))):
        critic = _uneven(draw, *shape)
        x = _spread(draw, critic, rows, *shape)
        leaves = [t.double().requires_grad_(True) for t in (critic.bias, critic.weight)]
        slopes = Critic(leaves[0], leaves[1], critic.bend).slopes(x)
        found = torch.autograd.grad(penalty(slopes), leaves)
        answer = student.call(
            FUNCTION,
            x,
            x.clone(),
            critic.stand_in(),
            cotangents=(torch.ones(()),),
            constants=(0, 1),
        )
        hint = (
            "No gradient reaches the critic's weights through the slopes: autograd.grad wants "
            "create_graph=True, and nothing may cut them off (detach, no_grad, .data)."
        )
        lost = Misconception("no_create_graph", hint, {"names": WEIGHTS, "shape": ()}, "unreached")
        expected = dict(zip(WEIGHTS, found, strict=True))
        answer.must("gradients", {"expected": expected, "rtol": 2e-3, "atol": 1e-4}, [lost])
