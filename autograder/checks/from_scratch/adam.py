"""Task `adam`: one step of Adam, uphill, and a loop over batches that takes one for each.

Source: Kingma and Ba 2015, algorithm 1. All is exact: float64, 1e-5 of a step. Gradients of a
single step reach from 1e-9, where eps decides, to 10, and some are 0. The loop climbs a function
whose gradient is known: `bound_and_gradient` is replaced by an affine function of weights and
batch. Where `adam_step` is wrong, an affine function of all that it is given stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from autograder.checks import Draw, Misconception, worth
from autograder.checks.attempts import StandIns, either, fails
from autograder.checks.from_scratch.ascents import Loop, State, Step, Way, wrong_loops, wrong_ways
from autograder.checks.mistakes import gives
from autograder.student import Answer, Student
from vae_utils.arrays import Array
from vae_utils.stand_in import StandIn

P, PIXELS = 60, 12
SIZES = (4, 4, 2)  # of the batches
EPOCHS = 2
CLOSE = 1e-5  # of a step
NO_EPS = "0 / 0 where a gradient is 0: eps is added to the root, which keeps it from 0."
SQUARED = "No root of a negative number: v is the running mean of the squared gradient."
TOO_EARLY = (
    "The first step has t = 1; with t = 0 all is divided by 1 - beta^0, which is 0. (If t is "
    "right, mind that beta1**t is a power.)"
)
TWICE = (
    "Call `bound_and_gradient` once for a batch, which gives both: with each call come other noise "
    "and other images, and twice the time."
)
EACH_STEP = "One bound for every step is wanted, as `bound_and_gradient` gave it: {}."
Trained = tuple[Array, Array]


def _gradient(draw: Draw, zeros: int = 0) -> Array:
    """From 1e-9 to 10 in size, of either sign; the first ones are 0."""
    size = 10.0 ** draw.array(P, low=-9.0, high=1.0)
    signs = np.sign(draw.array(P, low=-1.0, high=1.0))
    return np.where(np.arange(P) < zeros, 0.0, size * signs)


def _weights(draw: Draw) -> Array:
    """Small, so that 1e-5 of a step shows in float32 as well."""
    return draw.array(P, low=-1e-2, high=1e-2)


def _overflows(
    name: str, hint: str, *others: tuple[int, ...], everywhere: bool = False
) -> Misconception:
    params = {"shape": (P,), "others": others, "everywhere": everywhere}
    return Misconception(name, hint, params, kind="overflows")


def _must_step(
    answer: Answer, state: State, gradient: Array, t: int, way: Way, *more: Misconception
) -> None:
    """Hold that these are weights, m and v after step t."""
    right = way(state, gradient, t)
    wrong = (
        Misconception(name, hint, {"expected": other(state, gradient, t)})
        for name, hint, other in wrong_ways(way)
    )
    mistakes = [*more, *wrong]
    for place, atol in enumerate((CLOSE * way.alpha, 1e-12, 1e-24)):
        answer.must_equal(*right, misconceptions=mistakes, rtol=CLOSE, atol=atol, only=place)


def _must_take_steps(student: Student, draw: Draw) -> None:
    """Hold that `adam_step` is right."""
    _must_take_first_step(student, draw)
    _must_take_later_step(student, draw)


def _must_take_first_step(student: Student, draw: Draw) -> None:
    nothing, others = np.zeros(P), ((P,), (P,))
    some = (
        _overflows("t_too_early", TOO_EARLY, *others, everywhere=True),
        _overflows("not_squared", SQUARED, *others),
    )
    for zeros, mistakes in ((0, some), (3, (_overflows("eps_forgotten", NO_EPS, *others),))):
        state, gradient = (_weights(draw), nothing, nothing), _gradient(draw, zeros)
        answer = student.call("adam_step", state[0], gradient, *state[1:], 1)
        _must_step(answer, state, gradient, 1, Way(), *mistakes)


def _must_take_later_step(student: Student, draw: Draw) -> None:
    way = Way(2e-3, 0.8, 0.99, 1e-6)
    state = _weights(draw), _gradient(draw), _gradient(draw) ** 2
    gradient, settings = _gradient(draw), (way.alpha, way.beta1, way.beta2, way.eps)
    answer = student.call("adam_step", state[0], gradient, *state[1:], 7, *settings)
    _must_step(answer, state, gradient, 7, way)


@worth(3)
def test_the_first_step(student: Student, draw: Draw) -> None:
    """The first step has length alpha for every weight whose gradient is far above eps; a weight
    whose gradient is 0 stays."""
    _must_take_first_step(student, draw)


@worth(2)
def test_a_later_step(student: Student, draw: Draw) -> None:
    """Step 7 from given m and v, with other values of alpha, beta1, beta2 and eps."""
    _must_take_later_step(student, draw)


def _hill(draw: Draw) -> StandIn:
    """In place of `bound_and_gradient`: a gradient of order one that changes with every step."""
    bound = np.array(-100.0), draw.array(P, low=-9.0, high=9.0), draw.array(PIXELS, low=-9, high=9)
    slope = draw.array(P, low=0.3, high=1.0), draw.array(P, P, low=-5.0, high=5.0)
    images = draw.array(PIXELS, P, low=-0.5, high=0.5)
    return StandIn(("weights", "grey"), (bound, (*slope, images)), mean=True, plain=True)


def _plain_step() -> StandIn:
    """In place of `adam_step`: it looks at all that it is given."""
    still, one = np.zeros(P), np.array(1.0)
    moved = still, one, np.array(3e-4), np.array(2e-4), np.array(1e-4), np.array(1e-4)
    m = still, None, one, np.array(0.5), None, np.array(0.1)
    v = still, None, np.array(0.2), None, one, np.array(0.1)
    return StandIn(("weights", "gradient", "m", "v", "t"), (moved, m, v), plain=True)


def _step_of(stand_ins: StandIns) -> Step:
    """What `adam_step` does: as it should, or as its stand-in."""
    if "adam_step" not in stand_ins:
        return Way()

    def step(state: State, gradient: Array, t: int) -> State:
        weights, m, v = state
        after: State = stand_ins["adam_step"](weights, gradient, m, v, t)
        return after

    return step


def _wrong_weights(
    train: Callable[[Loop, Step], Trained], step: Step, steps: int
) -> Iterator[Misconception]:
    """By the weights after the last step."""
    yield _overflows("t_too_early", TOO_EARLY, (steps,))
    for name, hint, loop in wrong_loops(Loop(EPOCHS)):
        yield Misconception(name, hint, {"expected": train(loop, step)})
    if isinstance(step, Way):
        for name, hint, way in wrong_ways(step):
            yield Misconception(name, hint, {"expected": train(Loop(EPOCHS), way)})


def _wrong_bounds(weights: Array, bounds: Array) -> Iterator[Misconception]:
    def named(name: str, hint: str, values: Array) -> Misconception:
        return gives(name, EACH_STEP.format(hint), weights, values)

    epochs = bounds.reshape(EPOCHS, -1)
    yield named("bounds_negated", "not minus the bound", -bounds)
    yield named("bounds_an_epoch", "not one an epoch", epochs.mean(1))
    yield named("bounds_of_last_batches", "not only those of last batches", epochs[:, -1])
    yield named("bounds_of_one_epoch", "of all epochs", epochs[-1])
    yield named("bounds_of_one_epoch", "of all epochs", epochs[0])
    yield named("only_last_bound", "not only the last one", bounds[-1])


def _must_train(
    student: Student, draw: Draw, hold: Callable[[Answer, Trained, Step, Callable], None]
) -> None:
    """Call `train` with stand-ins; `hold` is told the right result."""
    hill, start = _hill(draw), _weights(draw)
    batches = [draw.array(size, PIXELS, low=0.0, high=1.0) for size in SIZES]

    def train(loop: Loop, step: Step) -> Trained:
        return loop.run(start, batches, hill, step)

    def claim(stand_ins: StandIns) -> None:
        given = {"bound_and_gradient": hill, **stand_ins}
        answer = student.call(
            "train", start, batches, EPOCHS, stand_ins=given, watched="bound_and_gradient"
        )
        step = _step_of(stand_ins)
        hold(answer, train(Loop(EPOCHS), step), step, train)

    def choices() -> Iterator[StandIns]:
        yield {}
        if fails(lambda _: _must_take_steps(student, draw), {}):
            yield {"adam_step": _plain_step()}

    either(student, claim, choices())


def _hold_weights(answer: Answer, right: Trained, step: Step, train: Callable) -> None:
    mistakes = list(_wrong_weights(train, step, len(right[1])))
    close = partial(answer.must_equal, *right, rtol=CLOSE, atol=CLOSE * Way().alpha)
    close(misconceptions=mistakes, only=0)


def _hold_bounds(answer: Answer, right: Trained, *_: object) -> None:
    mistakes = list(_wrong_bounds(*right))
    answer.must_equal(*right, misconceptions=mistakes, rtol=CLOSE, atol=CLOSE, only=1)
    once = {"sizes": np.array(SIZES * EPOCHS)}
    twice = {"sizes": np.repeat(SIZES * EPOCHS, 2)}
    answer.must("batches", once, [Misconception("evaluated_twice", TWICE, twice)])


@worth(4)
def test_six_steps(student: Student, draw: Draw) -> None:
    """Two epochs of three batches, the last one smaller: the weights after six steps uphill, while
    m, v and t go on from batch to batch and from epoch to epoch."""
    _must_train(student, draw, _hold_weights)


@worth(1)
def test_the_bounds(student: Student, draw: Draw) -> None:
    """The bound of every step, six numbers in their order, with one evaluation for each."""
    _must_train(student, draw, _hold_bounds)
