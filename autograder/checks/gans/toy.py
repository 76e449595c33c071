"""Task `toy`: samples of two lines, a critic fitted to them, both distances, and their plot.

With u uniform on (0, 1), P is that of (0, u) and Q that of (theta, u). Then W(P, Q) = |theta|, and
H^2(P, Q) = 2 for every theta but 0 (Arjovsky, Chintala and Bottou 2017, example 1).

`fit_critic` is compared with plain gradient steps in float64 on a critic that is a straight line,
see `fits`. Tolerance: 1 % of the largest change of a weight; float32 costs less than a thousandth.
Where it takes its penalty is seen with a critic that has a kink, see `kinked`, and what critics of
`toy_curves` are shown by watching them.

`toy_curves` draws its own critics. Lines 20 apart are learned in a hundred steps: a linear critic
of slope s maximises s theta - 50 (s - 1)^2, so the estimate is theta + theta^2 / 100 = 24, and what
was learned at 20 gives nearly 1.2 theta at any other theta. That training gets so far has no bound;
docs/statistics.md says what was seen.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans import fits
from autograder.checks.gans.curves import (
    ANY,
    FAR,
    HIGH,
    LESS,
    MANY,
    NONE,
    TOP,
    UNTRAINED,
    WIDTH,
    bounds,
    critics_trained,
    objectives,
    stood_in,
    wrong_curves,
)
from autograder.checks.gans.fits import Fit, Fitted, StandIns, State
from autograder.checks.gans.kinked import must_pay_between
from autograder.checks.gans.toy_mistakes import (
    wrong_distances,
    wrong_figures,
    wrong_samples,
    wrong_training,
    wrong_weights,
)
from autograder.student import Student

CALLS, ROWS = 2, 1001
SHARE = 0.01  # of a weight's change


@worth(2)
def test_samples(student: Student, draw: Draw) -> None:
    """Points (0, u) and (theta, u): theta where it is asked for, all u uniform and independent."""
    theta = round(float(draw.uniform(1, low=0.5, high=1.9)), 3)
    answer = student.call("toy_samples", theta, ROWS, repeat=CALLS)
    params: dict[str, Any] = {"places": (0.0, theta), "shape": (CALLS, ROWS, 2)}
    answer.must("segments", params, wrong_samples(theta))
    params = {"places": (0.0, 0.0), "shape": (CALLS, 3, 2)}
    student.call("toy_samples", 0.0, 3, repeat=CALLS).must("segments", params)


def _close(found: Fitted, start: State) -> dict[str, Any]:
    """All weights, up to a share of the largest change."""
    change = max(float((w - start[name]).abs().max()) for name, w in found.weights.items())
    return {"expected": found.weights, "atol": SHARE * change}


def _after_each_step(state: State, pairs: fits.Batches, fit: Fit, given: StandIns) -> Fitted:
    """Distances of each pair after the step that it made."""
    found = []
    for count in range(1, len(pairs) + 1):
        weights = fits.run(state, pairs[:count], fit, given).weights
        found.append(fits.measured(weights, *pairs[count - 1], fit.distance, given))
    return Fitted(tuple(found), (), {})


def _must_fit(
    student: Student,
    state: State,
    pairs: fits.Batches,
    fit: Fit,
    options: tuple[float, ...],
    given: StandIns,
) -> None:
    train = partial(fits.run, state, pairs, given=given)
    right = train(fit=fit)
    args = (fits.instance(state), pairs, fit.distance, *options)
    answer = student.call("fit_critic", *args, stand_ins=given, weights=tuple(state))
    answer.must("weights", _close(right, state), wrong_weights(train, fit, state))
    later = _after_each_step(state, pairs, fit, given)
    answer.must_equal(*right.distances, misconceptions=wrong_distances(right, later), rtol=5e-4)


def _fit(student: Student, draw: Draw, count: int, fit: Fit, *options: float) -> None:
    state, pairs = fits.critic(draw), fits.batches(draw, count)
    names = [fits.DISTANCES[fit.distance]]
    names += ["lp_reg"] if fit.distance == "wasserstein" else []
    given = fits.stand_ins(draw, state, *names)
    student.given(given, partial(_must_fit, student, state, pairs, fit, options))
    if fit.distance == "wasserstein":
        student.given(given, partial(must_pay_between, student, draw))


@worth(1.5)
def test_fit_for_hellinger(student: Student, draw: Draw) -> None:
    """Three gradient steps up the squared Hellinger distance, and the distance before each."""
    fit = Fit("hellinger", lr=4e-3, penalty=5.0)
    _fit(student, draw, 3, fit, fit.lr, fit.penalty)


@worth(1.5)
def test_fit_for_wasserstein(student: Student, draw: Draw) -> None:
    """Three gradient steps up the Wasserstein distance minus the penalty, and the distances."""
    fit = Fit("wasserstein", lr=7e-4, penalty=30.0)
    _fit(student, draw, 3, fit, fit.lr, fit.penalty)


@worth(1)
def test_fit_as_it_comes(student: Student, draw: Draw) -> None:
    """Without further arguments, the learning rate is 1e-3 and the penalty's weight 50."""
    _fit(student, draw, 2, Fit("wasserstein"))


def _must_follow(
    student: Student,
    draw: Draw,
    thetas: tuple[float, ...],
    steps: tuple[int, int],
    right: dict[str, Any],
    mistakes: tuple[Misconception, ...],
) -> None:
    given, rise = objectives(draw)
    total = tuple(steps[0] + steps[1] * number for number in range(len(thetas)))

    def claim(chosen: StandIns) -> None:
        put = given if chosen else {}
        answer = student.call("toy_curves", thetas, *steps, WIDTH, stand_ins=put)
        if put:
            answer.must("between", stood_in(rise, thetas, total))
        else:
            answer.must("between", right, mistakes)

    student.given(given, claim)


@worth(1)
def test_curves(student: Student, draw: Draw) -> None:
    """Lines 20, 15 and 0 apart, a hundred steps first and then one for each: Wasserstein follows
    theta, and may be a quarter above it, as the penalty lets slopes be a little steeper than 1;
    Hellinger stays far above 0 until the lines meet."""
    right = bounds((HIGH, HIGH, NONE), (TOP, LESS, NONE))
    _must_follow(student, draw, (FAR, 15.0, 0.0), (MANY, 1), right, tuple(wrong_curves()))


@worth(1)
def test_steps_and_order(student: Student, draw: Draw) -> None:
    """Lines 15 and 20 apart, one step first and then a hundred: a critic that has hardly begun, and
    one that has learned."""
    right = bounds((ANY, HIGH), (UNTRAINED, TOP))
    hint = "The estimates come in the order of `thetas`, and so do the steps: do not sort them."
    turned = Misconception("sorted", hint, bounds((ANY, HIGH), (UNTRAINED, LESS)))
    hint = "The first theta gets `first` steps, each of the others `steps`."
    always = Misconception("steps_for_first_only", hint, bounds((ANY, ANY), (UNTRAINED, UNTRAINED)))
    _must_follow(student, draw, (15.0, FAR), (1, MANY), right, (turned, always))


@worth(1)
def test_points_for_every_step(student: Student, draw: Draw) -> None:
    """Each distance has a critic of its own, of the width that is asked for. It sees 512 new points
    of each kind for every step, and for every estimate."""
    thetas, first, steps, width = (1.5, 0.5), 3, 2, 16
    right = critics_trained(thetas, first, steps, width)

    def claim(given: StandIns) -> None:
        answer = student.call(
            "toy_curves", thetas, first, steps, width, stand_ins=given, watched="ToyCritic"
        )
        answer.must("trained", right, wrong_training(right))

    student.given(objectives(draw)[0], claim)


@worth(1)
def test_the_figure(student: Student, draw: Draw) -> None:
    """One panel with a marker at each estimate, two colours, and a legend."""
    thetas = torch.tensor([1.9, 1.4, 0.8, 0.3, 0.0])
    hellinger = draw.uniform(5, low=1.0, high=2.0)
    wasserstein = thetas + draw.uniform(5, low=-0.1, high=0.1)
    curves = hellinger, wasserstein
    given = [round(float(theta), 3) for theta in thetas]
    answer = student.call("toy_figure", given, hellinger, wasserstein, picture=True, on_cpu=True)
    params = {
        "points": torch.cat([torch.stack([thetas, v], 1) for v in curves]),
        "labels": torch.arange(2).repeat_interleave(5),
        "words": ("hell", "wass"),
    }
    answer.must("curves", params, wrong_figures(thetas, curves))
