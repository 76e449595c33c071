"""Critics with known values and slopes, which checks hand to the student's functions.

V(x) = o + c o^2 with o = b + w . x, linear where c = 0. So grad V(x) = (1 + 2 c o) w: the same
direction everywhere, with a length that is known wherever o is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.student import Student
from vae_utils.stand_in import StandIn

Objective = Callable[[Tensor, Tensor], Tensor]
"""Of the values V(x) [B] and V(y) [B], a single number []."""

MANY = 2048  # rows
NAMES = ("arg0", "arg1", "arg2.weight_x0")
"""What gradients reach of `f(x, y, critic)`."""


@dataclass(frozen=True)
class Critic:
    """bias [], weight [D] for points or images of D numbers, bend c."""

    bias: Tensor
    weight: Tensor
    bend: float = 0.0

    def stand_in(self, column: bool = False) -> StandIn:
        """What the student's function gets; column: whether it gives [B, 1] in place of [B]."""
        bias, weight = self.bias, self.weight
        if column:
            bias, weight = bias[None], weight[:, None]
        return StandIn(("x",), ((bias, weight),), bend=self.bend)

    def linear(self, x: Tensor) -> Tensor:
        """o for x [B, ...], [B]."""
        return self.bias.double() + x.double().flatten(1) @ self.weight.double()

    def __call__(self, x: Tensor) -> Tensor:
        """V for x [B, ...], [B]."""
        o = self.linear(x)
        return o + self.bend * o**2

    def slopes(self, x: Tensor) -> Tensor:
        """grad V for x [B, ...], of the same shape."""
        factor = 1 + 2 * self.bend * self.linear(x)
        return (factor[:, None] * self.weight.double()).view(x.shape)


def batches(draw: Draw, rows: int, *shape: int) -> tuple[Tensor, Tensor]:
    """x and y [rows, *shape]; y lies lower on average, so that the two are told apart."""
    x = draw.uniform(rows, *shape, low=-0.6, high=1.0)
    return x, draw.uniform(rows, *shape, low=-1.0, high=0.6)


def of_length(draw: Draw, size: int, length: float) -> Tensor:
    """A vector [size] of that length, no entry of it faint."""
    signs = draw.uniform(size, low=-1.0, high=1.0).sign()
    weight = signs * draw.uniform(size, low=0.5, high=1.0)
    return weight * (length / weight.norm())


def bent(draw: Draw, *shape: int) -> Critic:
    """A critic of points or images of that shape whose values are between about -2 and 2.

    It is steep in all directions, and bent, so that it treats a mean otherwise than a batch.
    """
    size = torch.Size(shape).numel()
    weight = of_length(draw, size, 1.5)
    bias = draw.uniform(1, low=0.2, high=0.4)[0]
    return Critic(bias, weight * draw.uniform(1, low=0.8, high=1.0), 0.15)


def gives(name: str, hint: str, value: Tensor) -> Misconception:
    """A wrong formula and what it returns, of any shape."""
    return Misconception(name, hint, {"expected": (value,)}, kind="equal")


MEAN_HINT = "An expectation becomes a mean over the batch: one single number is wanted, {}."


def wrong_means(
    objective: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], v_x: Tensor, v_y: Tensor
) -> Iterator[Misconception]:
    """What is wrong about the means, and which batch is where.

    objective: what is averaged over P and over Q, [B] each, from V(x) and V(y).
    """
    p, q = objective(v_x, v_y)
    right = p.mean() - q.mean()
    other_p, other_q = objective(v_y, v_x)
    hint = "P and Q have changed places, or a sign is turned: the first mean is over x, and +."
    yield gives("exchanged", hint, other_p.mean() - other_q.mean())
    if len(p) > 1:
        yield gives("summed", MEAN_HINT.format("not a sum"), len(p) * right)
        yield gives("not_averaged", MEAN_HINT.format("not one for each row"), p - q)
        columns = (p - q)[:, None]
        yield gives("not_averaged", MEAN_HINT.format("not one for each row"), columns)
    yield gives("sign", "The sign is turned: this is the distance itself, not a loss.", -right)
    hint = "The two means are subtracted, not added."
    yield gives("added", hint, p.mean() + q.mean())
    hint = "The second mean is missing: what does the critic say about y?"
    yield gives("only_p", hint, p.mean())
    hint = "The first mean is missing: what does the critic say about x?"
    yield gives("only_q", hint, -q.mean())
    hint = "Both means are over the same batch: one is over x, the other one over y."
    for same in (v_x, v_y):
        one, other = objective(same, same)
        yield gives("same_batch", hint, one.mean() - other.mean())


def unreached() -> list[Misconception]:
    """Gradients that are cut off, of both batches or of one."""
    hint = "No gradient reaches {}: is something cut off by detach, no_grad, .data or .item()?"

    def lacks(name: str, what: str, *names: str) -> Misconception:
        params = {"names": names, "shape": ()}
        return Misconception(name, hint.format(what), params, kind="unreached")

    return [
        lacks("no_gradient", "any argument", *NAMES),
        lacks("no_gradient_to_x", "x", "arg0"),
        lacks("no_gradient_to_y", "y", "arg1"),
        lacks("no_gradient_to_the_critic", "the critic", NAMES[2]),
    ]


def must_be(
    student: Student,
    function: str,
    objective: Objective,
    mistakes: Callable[[Critic, Tensor, Tensor], Iterator[Misconception]],
    critic: Critic,
    x: Tensor,
    y: Tensor,
    column: bool = False,
) -> None:
    """Hold that a function of two batches and a critic gives the value of an objective."""
    answer = student.call(function, x, y, critic.stand_in(column), intact=True)
    expected = {"expected": objective(critic(x), critic(y))}
    answer.must("number", expected, mistakes(critic, x, y))


def must_be_without_loop(student: Student, function: str, critic: Critic, x: Tensor) -> None:
    """Hold that many rows take hardly more steps of Python than one."""
    one, many = x[:1], x[:1].expand(MANY, -1)
    given = critic.stand_in()
    student.must_cost(MANY // 2, function, (one, one, given), (many, many, given))


def must_have_gradients(
    student: Student, function: str, objective: Objective, critic: Critic, x: Tensor, y: Tensor
) -> None:
    """Hold that its gradients reach both batches and the critic's weights."""
    leaves = [t.double().requires_grad_(True) for t in (x, y, critic.weight)]
    variable = Critic(critic.bias, leaves[2], critic.bend)
    total = objective(variable(leaves[0]), variable(leaves[1]))
    expected = dict(zip(NAMES, torch.autograd.grad(total, leaves), strict=True))
    answer = student.call(function, x, y, critic.stand_in(), cotangents=(torch.ones(()),))
    answer.must("gradients", {"expected": expected, "rtol": 1e-3, "atol": 1e-5}, unreached())
