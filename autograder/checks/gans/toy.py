"""Task `toy`: samples of two lines, a critic fitted to them, both distances, and their plot.

With u uniform on (0, 1), P is that of (0, u) and Q that of (theta, u). Then W(P, Q) = |theta|, and
H^2(P, Q) = 2 for every theta but 0 (Arjovsky, Chintala and Bottou 2017, example 1).

`fit_critic` is compared with plain gradient steps in float64 on a critic that is a straight line,
see `fits`. Tolerance: 1 % of the largest change of a weight; float32 costs less than a thousandth.

`toy_curves` draws its own critics. Lines 20 apart are learned in a hundred steps: a linear critic
of slope s maximises s theta - 50 (s - 1)^2, so the estimate is theta + theta^2 / 100 = 24, and what
was learned at 20 gives nearly 1.2 theta at any other theta. That training gets so far has no bound;
docs/statistics.md says what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans import fits
from autograder.checks.gans.fits import Fit, Fitted, StandIns, State
from autograder.student import Student
from vae_utils.stand_in import StandIn

CALLS, ROWS = 2, 1001
SHARE = 0.01  # of a weight's change
WIDTH, MANY = 64, 100
FAR = 20.0
PARTS = ("vf_squared_hellinger", "vf_wasserstein_distance", "lp_reg")


def _wrong_samples(theta: float) -> Iterator[Misconception]:
    def places(name: str, hint: str, x: float, y: float) -> Misconception:
        return Misconception(name, hint, {"places": (x, y)})

    yield places("exchanged", "x comes from P, at 0, and y from Q, at theta.", theta, 0.0)
    yield places("both_at_theta", "Only y lies at theta: x lies at 0.", theta, theta)
    yield places("theta_ignored", "Both lie at 0: y lies at theta.", 0.0, 0.0)
    yield places("to_the_left", "Q lies theta to the right of P.", 0.0, -theta)
    hint = "The coordinates have changed places: points are (0, u) and (theta, u)."
    yield Misconception("coordinates_exchanged", hint, {"along": 0})
    hint = "u is normal (randn); it is uniform between 0 and 1 (rand)."
    yield Misconception("u_normal", hint, {"normal": True})
    shared = "Every point has a u of its own: here {}."
    yield Misconception(
        "u_shared_by_rows", shared.format("all rows share theirs"), {"same": "rows"}
    )
    hint = shared.format("x and y share theirs")
    yield Misconception("u_shared_by_both", hint, {"same": "pair"})
    hint = shared.format("two calls give the same: is a seed set inside?")
    yield Misconception("u_fixed", hint, {"same": "calls"})


@worth(2)
def test_samples(student: Student, draw: Draw) -> None:
    """Points (0, u) and (theta, u): theta where it is asked for, all u uniform and independent."""
    theta = round(float(draw.uniform(1, low=0.5, high=1.9)), 3)
    answer = student.call("toy_samples", theta, ROWS, repeat=CALLS)
    params: dict[str, Any] = {"places": (0.0, theta), "shape": (CALLS, ROWS, 2)}
    answer.must("segments", params, _wrong_samples(theta))
    params = {"places": (0.0, 0.0), "shape": (CALLS, 3, 2)}
    student.call("toy_samples", 0.0, 3, repeat=CALLS).must("segments", params)


def _close(found: Fitted, start: State) -> dict[str, Any]:
    """All weights, up to a share of the largest change."""
    change = max(float((w - start[name]).abs().max()) for name, w in found.weights.items())
    return {"expected": found.weights, "atol": SHARE * change}


def _wrong_weights(train: partial[Fitted], fit: Fit, start: State) -> Iterator[Misconception]:
    hint = "The weights do not change: backward(), then optimizer.step()."
    yield Misconception("no_step", hint, {"expected": start, "atol": 1e-7})
    for name, hint, way in fits.wrong(fit):
        found = train(fit=way).weights
        if all(bool(w.isfinite().all()) for w in found.values()):
            yield Misconception(name, hint, {"expected": found})


def _wrong_distances(right: Fitted, later: Fitted) -> Iterator[Misconception]:
    """later: of one step more, so that there are distances from after each step as well."""

    def gives(name: str, hint: str, *values: Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": values})

    each = "Return the distance of every step, a list of one float for each pair of batches."
    yield gives(
        "sign",
        "Return the distances: not the losses, and not minus them.",
        *(-d for d in right.distances),
    )
    hint = "Return the distances without the penalty, not the losses."
    yield gives("losses_returned", hint, *right.losses)
    yield gives("losses_returned", hint, *(-loss for loss in right.losses))
    yield gives("only_last_distance", each, right.distances[-1])
    yield gives("only_last_distance", each, right.distances[-1][None])
    hint = "A list of floats is wanted: distance.item()."
    yield gives("distances_in_a_tensor", hint, torch.stack(right.distances))
    hint = "The distance is that from before the step."
    yield gives("distances_after_the_step", hint, *later.distances)


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
    answer.must("weights", _close(right, state), _wrong_weights(train, fit, state))
    later = _after_each_step(state, pairs, fit, given)
    answer.must_equal(*right.distances, misconceptions=_wrong_distances(right, later), rtol=5e-4)


def _fit(student: Student, draw: Draw, count: int, fit: Fit, *options: float) -> None:
    state, pairs = fits.critic(draw), fits.batches(draw, count)
    names = [fits.DISTANCES[fit.distance]]
    names += ["lp_reg"] if fit.distance == "wasserstein" else []
    given = fits.stand_ins(draw, state, *names)
    student.given(given, partial(_must_fit, student, state, pairs, fit, options))


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


Bounds = tuple[tuple[float, float], ...]
"""The least and the largest estimate for each theta."""


def _bounds(hellinger: Bounds, wasserstein: Bounds) -> dict[str, Any]:
    low, high = (
        tuple(torch.tensor([pair[side] for pair in curve]) for curve in (hellinger, wasserstein))
        for side in (0, 1)
    )
    return {"low": low, "high": high}


_ANY = (-1e6, 1e6)
_HIGH, _NONE = (0.5, 2.0), (-0.3, 0.3)
_TOP, _LESS = (21.0, 25.5), (15.0, 20.0)
_UNTRAINED = (-5.0, 5.0)


def _wrong_curves() -> Iterator[Misconception]:
    """Of estimates at 20, 15 and 0, with many steps first and then one each."""
    hint = "The curves have changed places: first Hellinger, then Wasserstein."
    yield Misconception(
        "curves_exchanged", hint, _bounds((_TOP, _LESS, _NONE), (_HIGH, _HIGH, _NONE))
    )
    hint = "The critic starts anew with every theta: it keeps on learning, from one to the next."
    fresh = ((-8.0, 0.8), (_UNTRAINED), _NONE)
    yield Misconception(
        "critic_made_anew", hint, _bounds((_HIGH, fresh[0], _NONE), (_TOP, _UNTRAINED, _NONE))
    )
    hint = (
        "The critics have not learned: `first` steps for the first theta, and then `steps`, all of "
        "them with the critic that is measured."
    )
    little = ((-1.3, 1.3), (-1.3, 1.3), _NONE)
    yield Misconception("not_trained", hint, _bounds((_ANY, _ANY, _NONE), little))
    hint = "The samples are always those of the first theta."
    yield Misconception("theta_fixed", hint, _bounds((_HIGH, _HIGH, _HIGH), (_TOP, _TOP, _TOP)))
    hint = 'The Wasserstein distance has a critic of its own, trained with "wasserstein".'
    yield Misconception(
        "trained_for_hellinger",
        hint,
        _bounds((_HIGH, _HIGH, _NONE), ((1.3, 4.5), (1.0, 4.0), _NONE)),
    )


def _objectives(draw: Draw) -> tuple[StandIns, Tensor]:
    """In place of all parts: linear in theta, and in the bias of the critic's output, which then
    moves by the same length at each step; and what they add for each theta, [2]."""
    rise = torch.tensor([4.0, 1.0]) * draw.uniform(2, low=0.8, high=1.0)
    own = ("output.bias",)

    def linear(theta: float, bias: float) -> StandIn:
        along = torch.tensor([theta, 0.0])
        terms = (torch.tensor(0.0), torch.zeros(2), along, None, torch.tensor([bias]))
        return StandIn(("x", "y", "critic"), (terms,), plain=True, mean=True, own=own)

    hellinger, wasserstein = (linear(float(r), _PULL) for r in rise)
    parts = (hellinger, wasserstein, linear(0.0, 0.0))
    return dict(zip(PARTS, parts, strict=True)), rise


_PULL, _LR = 10.0, 1e-3
_START = 0.2 * _PULL
"""No bias of a layer with 64 inputs is further from 0 than 1/8."""


def _stood_in(rise: Tensor, thetas: tuple[float, ...], steps: tuple[int, ...]) -> dict[str, Any]:
    """Bounds of both curves after so many steps in all."""
    middle = [
        [
            float(r) * theta + _PULL**2 * _LR * count
            for theta, count in zip(thetas, steps, strict=True)
        ]
        for r in rise
    ]
    pairs = [tuple((m - _START, m + _START) for m in curve) for curve in middle]
    return _bounds(*pairs)


def _must_follow(
    student: Student,
    draw: Draw,
    thetas: tuple[float, ...],
    steps: tuple[int, int],
    bounds: dict[str, Any],
    mistakes: tuple[Misconception, ...],
) -> None:
    given, rise = _objectives(draw)
    total = tuple(steps[0] + steps[1] * number for number in range(len(thetas)))

    def claim(chosen: StandIns) -> None:
        put = given if chosen else {}
        answer = student.call("toy_curves", thetas, *steps, WIDTH, stand_ins=put)
        if put:
            answer.must("between", _stood_in(rise, thetas, total))
        else:
            answer.must("between", bounds, mistakes)

    student.given(given, claim)


@worth(1.5)
def test_curves(student: Student, draw: Draw) -> None:
    """Lines 20, 15 and 0 apart, a hundred steps first and then one for each: Wasserstein follows
    theta, as its critic keeps on learning; Hellinger stays far above 0 until the lines meet."""
    right = _bounds((_HIGH, _HIGH, _NONE), (_TOP, _LESS, _NONE))
    _must_follow(student, draw, (FAR, 15.0, 0.0), (MANY, 1), right, tuple(_wrong_curves()))


@worth(1)
def test_steps_and_order(student: Student, draw: Draw) -> None:
    """Lines 15 and 20 apart, one step first and then a hundred: a critic that has hardly begun, and
    one that has learned."""
    right = _bounds((_ANY, _HIGH), (_UNTRAINED, _TOP))
    hint = "The estimates come in the order of `thetas`, and so do the steps: do not sort them."
    turned = Misconception("sorted", hint, _bounds((_ANY, _HIGH), (_UNTRAINED, _LESS)))
    hint = "The first theta gets `first` steps, each of the others `steps`."
    always = Misconception(
        "steps_for_first_only", hint, _bounds((_ANY, _ANY), (_UNTRAINED, _UNTRAINED))
    )
    _must_follow(student, draw, (15.0, FAR), (1, MANY), right, (turned, always))


@worth(0.5)
def test_a_critic_for_each_distance(student: Student, draw: Draw) -> None:
    """The two distances have critics of their own: training one leaves the other as it was."""
    given, _ = _objectives(draw)
    answer = student.call("toy_curves", (0.0, 0.0), 1, MANY, WIDTH, stand_ins=given)
    apart = (-0.7 * _PULL**2 * _LR * MANY, 0.7 * _PULL**2 * _LR * MANY)
    limits = _bounds((apart, _ANY), (apart, _ANY))
    hint = "One critic serves both distances: make a new ToyCritic for each."
    after = (0.8 * _PULL**2 * _LR * MANY, 3 * _PULL**2 * _LR * MANY)
    shared = [
        Misconception("critic_shared", hint, _bounds(*curves))
        for curves in (((apart, _ANY), (after, _ANY)), ((after, _ANY), (apart, _ANY)))
    ]
    answer.must("between", limits, shared)


def _wrong_figures(thetas: Tensor, curves: tuple[Tensor, Tensor]) -> Iterator[Misconception]:
    count = len(thetas)

    def points(name: str, hint: str, x: Tensor, *values: Tensor) -> Misconception:
        drawn = torch.cat([torch.stack([x, v], 1) for v in values])
        labels = torch.arange(len(values)).repeat_interleave(count)
        return Misconception(name, hint, {"points": drawn, "labels": labels, "legend": False})

    hint = 'There are no markers: marker="o" draws one at each estimate.'
    yield Misconception("no_markers", hint, {"markers": False})
    hint = "Theta belongs to the horizontal axis: plot(thetas, ...)."
    yield points("theta_left_out", hint, torch.arange(count).float(), *curves)
    yield points("theta_reversed", "Theta runs backwards.", thetas.flip(0), *curves)
    turned = torch.cat([torch.stack([v, thetas], 1) for v in curves])
    hint = "Theta belongs to the horizontal axis, the estimates to the vertical one."
    yield Misconception("axes_exchanged", hint, {"points": turned, "legend": False})
    for one in curves:
        yield points("one_curve", "Both distances belong into the figure.", thetas, one)
    hint = "There is no legend: give each curve a label, and call ax.legend()."
    exchanged = {"words": ("wass", "hell")}
    yield Misconception("labels_exchanged", "The names of the curves are exchanged.", exchanged)
    yield Misconception("no_legend", hint, {"legend": False})
    hint = "Give the curves two colours, so that they can be told apart."
    yield Misconception("one_colour", hint, {"coloured": False, "legend": False})


@worth(1)
def test_the_figure(student: Student, draw: Draw) -> None:
    """One panel with a marker at each estimate, two colours, and a legend."""
    thetas = torch.tensor([1.9, 1.4, 0.8, 0.3, 0.0])
    hellinger = draw.uniform(5, low=1.0, high=2.0)
    wasserstein = thetas + draw.uniform(5, low=-0.1, high=0.1)
    curves = hellinger, wasserstein
    given = [round(float(theta), 3) for theta in thetas]
    answer = student.call("toy_figure", given, hellinger, wasserstein, picture=True)
    params = {
        "points": torch.cat([torch.stack([thetas, v], 1) for v in curves]),
        "labels": torch.arange(2).repeat_interleave(5),
        "words": ("hell", "wass"),
    }
    answer.must("curves", params, _wrong_figures(thetas, curves))
