"""Task `vf_wasserstein_distance`: (1/B) sum_b V(x_b) - (1/B) sum_b V(y_b).

The critic is the judge's own, see `critics`. Tolerance: means of a few float32 terms of order one.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    wrong_means,
)
from autograder.checks.gans.vf_squared_hellinger import activation, hellinger
from autograder.student import Student

FUNCTION = "vf_wasserstein_distance"


def wasserstein(v_x: Tensor, v_y: Tensor) -> Tensor:
    """The objective [] from V(x) and V(y)."""
    return v_x.mean() - v_y.mean()


def _mistakes(critic: Critic, x: Tensor, y: Tensor) -> Iterator[Misconception]:
    v_x, v_y = critic(x), critic(y)
    right = wasserstein(v_x, v_y)
    if right < 0:
        yield gives("absolute", "A negative value stays negative: no absolute value.", -right)
    yield from wrong_means(lambda p, q: (p, q), v_x, v_y)
    hint = "No activation and no conjugate here: the two means are those of V itself."
    yield gives("activation_of_hellinger", hint, hellinger(v_x, v_y))
    yield gives("activation_of_hellinger", hint, wasserstein(activation(v_x), activation(v_y)))
    hint = "The critic looks at x and at y, not at their difference."
    yield gives("critic_of_difference", hint, critic(x - y).mean())
    hint = "The mean belongs outside: of what the critic makes of each row, not of the rows."
    yield gives("critic_of_means", hint, wasserstein(*(critic(z.mean(0)[None]) for z in (x, y))))


def _told_apart(draw: Draw) -> tuple[Critic, Tensor, Tensor]:
    """A critic that is larger on x [7, 2] than on y [7, 2]."""
    critic, (x, y) = bent(draw, 2), batches(draw, 7, 2)
    return (critic, x, y) if wasserstein(critic(x), critic(y)) > 0 else (critic, y, x)


@worth(2)
def test_seven_points(student: Student, draw: Draw) -> None:
    """The distance from seven points of each kind: a single number."""
    critic, x, y = _told_apart(draw)
    must_be(student, FUNCTION, wasserstein, _mistakes, critic, x, y)
    must_be_without_loop(student, FUNCTION, critic, x)


@worth(1)
def test_either_sign(student: Student, draw: Draw) -> None:
    """With both batches exchanged, the same with the other sign."""
    critic, x, y = _told_apart(draw)
    must_be(student, FUNCTION, wasserstein, _mistakes, critic, y, x)


@worth(1)
def test_images_and_a_column(student: Student, draw: Draw) -> None:
    """Three images of each kind, with a critic that gives [B, 1]: a single number again."""
    critic, (x, y) = bent(draw, 3, 8, 8), batches(draw, 3, 3, 8, 8)
    must_be(student, FUNCTION, wasserstein, _mistakes, critic, x, y, column=True)


@worth(0.5)
def test_a_single_pair(student: Student, draw: Draw) -> None:
    """A batch of one point of each kind."""
    critic, (x, y) = bent(draw, 2), batches(draw, 1, 2)
    must_be(student, FUNCTION, wasserstein, _mistakes, critic, x, y)


@worth(1.5)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach x, y and the critic's weights."""
    critic, (x, y) = bent(draw, 2), batches(draw, 5, 2)
    must_have_gradients(student, FUNCTION, wasserstein, critic, x, y)
