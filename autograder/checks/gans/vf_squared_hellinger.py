"""Task `vf_squared_hellinger`: (1/B) sum_b g(V(x_b)) - (1/B) sum_b f*(g(V(y_b))).

With g(v) = 1 - exp(-v) and f*(t) = t / (1 - t), f*(g(v)) = exp(v) - 1 (Nowozin, Cseke and Tomioka
2016, tables 1 and 6). The critic is the judge's own, see `critics`.

Tolerance: values within (-2.5, 2.5), where 1 - g(v) in float32 is off by 1e-6 of it, hence 1e-4.
Where V(y) is about 20, g(v) is 1 in float32: only a form without the quotient is right there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans.critics import (
    Critic,
    batches,
    bent,
    gives,
    must_be,
    must_be_without_loop,
    must_have_gradients,
    of_length,
    wrong_means,
)
from autograder.student import Student

FUNCTION = "vf_squared_hellinger"


def activation(v: Tensor) -> Tensor:
    """g, [B]."""
    return 1 - torch.exp(-v)


def conjugate(t: Tensor) -> Tensor:
    """f*, [B]."""
    return t / (1 - t)


def _terms(v_x: Tensor, v_y: Tensor) -> tuple[Tensor, Tensor]:
    """What is averaged over P and over Q, [B] each."""
    return activation(v_x), torch.expm1(v_y)


def hellinger(v_x: Tensor, v_y: Tensor) -> Tensor:
    """The objective [] from V(x) and V(y)."""
    p, q = _terms(v_x, v_y)
    return p.mean() - q.mean()


_ACTIVATIONS: tuple[tuple[str, str, Callable[..., Tensor], Callable[..., Tensor]], ...] = (
    (
        "activation_left_out_of_the_conjugate",
        "f* is taken of V(y) itself; it belongs to g(V(y)).",
        activation,
        conjugate,
    ),
    (
        "activation_left_out_of_p",
        "The first mean is that of V(x); it is that of g(V(x)).",
        lambda v: v,
        torch.expm1,
    ),
    (
        "no_activation",
        "The output activation g is missing: V is any number, g(V) stays below 1.",
        lambda v: v,
        conjugate,
    ),
    (
        "conjugate_forgotten",
        "The conjugate f* is missing in the second mean.",
        activation,
        activation,
    ),
    (
        "conjugate_in_both",
        "The conjugate f* belongs to the second mean only.",
        torch.expm1,
        torch.expm1,
    ),
    (
        "conjugate_sign",
        "f*(t) is t / (1 - t): mind the sign in the denominator.",
        activation,
        lambda v: activation(v) / (1 + activation(v)),
    ),
    (
        "exponent_sign",
        "f*(g(v)) is exp(v) - 1: mind the sign in the exponent.",
        activation,
        lambda v: torch.expm1(-v),
    ),
    (
        "activation_twice",
        "The second mean takes g twice: f*(g(V(y))).",
        activation,
        lambda v: torch.expm1(activation(v)),
    ),
    (
        "one_forgotten",
        "f*(g(v)) is exp(v) - 1: the 1 got lost.",
        activation,
        torch.exp,
    ),
)


def _mistakes(critic: Critic, x: Tensor, y: Tensor) -> Iterator[Misconception]:
    v_x, v_y = critic(x), critic(y)
    hint = (
        "P and Q have changed places (the first mean is over x), or the exponent has the wrong "
        "sign: g(v) is 1 - exp(-v)."
    )
    yield gives("exchanged", hint, hellinger(v_y, v_x))
    yield from wrong_means(_terms, v_x, v_y)
    for name, hint, first, second in _ACTIVATIONS:
        yield gives(name, hint, first(v_x).mean() - second(v_y).mean())
    hint = "The mean belongs outside: of what the critic makes of each row, not of the rows."
    yield gives("critic_of_means", hint, hellinger(*(critic(z.mean(0)[None]) for z in (x, y))))
    hint = "g and f* act on each value; the mean comes last."
    yield gives("mean_inside", hint, hellinger(v_x.mean(), v_y.mean()))


@worth(2)
def test_seven_points(student: Student, draw: Draw) -> None:
    """The bound from seven points of each kind: a single number."""
    critic, (x, y) = bent(draw, 2), batches(draw, 7, 2)
    must_be(student, FUNCTION, hellinger, _mistakes, critic, x, y)
    must_be_without_loop(student, FUNCTION, critic, x)


@worth(1)
def test_images_and_a_column(student: Student, draw: Draw) -> None:
    """Three images of each kind, with a critic that gives [B, 1]: a single number again."""
    critic, (x, y) = bent(draw, 3, 8, 8), batches(draw, 3, 3, 8, 8)
    must_be(student, FUNCTION, hellinger, _mistakes, critic, x, y, column=True)


@worth(0.5)
def test_a_single_pair(student: Student, draw: Draw) -> None:
    """A batch of one point of each kind."""
    critic, (x, y) = bent(draw, 2), batches(draw, 1, 2)
    must_be(student, FUNCTION, hellinger, _mistakes, critic, x, y)


@worth(1.5)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach x, y and the critic's weights."""
    critic, (x, y) = bent(draw, 2), batches(draw, 5, 2)
    must_have_gradients(student, FUNCTION, hellinger, critic, x, y)


@worth(1)
def test_a_confident_critic(student: Student, draw: Draw) -> None:
    """Where V(y) is about 20, the bound is about -exp(20), a finite number."""
    critic = Critic(torch.tensor(20.0), of_length(draw, 2, 0.5))
    x, y = batches(draw, 5, 2)
    hint = "It divides by zero, since g(20) is rounded to 1: put g into f* on paper, and simplify."
    overflow = Misconception("division_by_zero", hint, {"shape": ()}, kind="overflows")
    answer = student.call(FUNCTION, x, y, critic.stand_in())
    answer.must("number", {"expected": hellinger(critic(x), critic(y))}, [overflow])
