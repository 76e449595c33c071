"""Known mistakes of samples, of the fit and of the figure of the toy experiment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.gans import fits
from autograder.checks.gans.curves import critics_trained
from autograder.checks.gans.fits import Fit, Fitted, State


def wrong_samples(theta: float) -> Iterator[Misconception]:
    """Of points whose Q lies at theta."""

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


def wrong_weights(train: partial[Fitted], fit: Fit, start: State) -> Iterator[Misconception]:
    """What else a fit may make of the weights; train: runs it."""
    hint = "The weights do not change: backward(), then optimizer.step()."
    yield Misconception("no_step", hint, {"expected": start, "atol": 1e-7})
    for name, hint, way in fits.wrong(fit):
        found = train(fit=way).weights
        if all(bool(w.isfinite().all()) for w in found.values()):
            yield Misconception(name, hint, {"expected": found})


def wrong_distances(right: Fitted, later: Fitted) -> Iterator[Misconception]:
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


def wrong_training(right: dict[str, Any]) -> Iterator[Misconception]:
    """Of critics; right: as `critics_trained` has it."""
    hint = "The critics do not have the width that was asked for: ToyCritic(width)."
    for width in (16, 64, 128, 256):
        weights = critics_trained((), 0, 0, width)["weights"]
        yield Misconception("width_ignored", hint, {"weights": weights})
    hint = "A batch has 512 points of each kind."
    for rows in (64, 128, 256, 1024):
        yield Misconception("batch_size", hint, {"rows": rows})
    hint = "The same points come again: draw new ones for {}."
    for what, kept in (
        ("every step", ("steps",)),
        ("the estimate, too", ("estimates",)),
        ("every step, and for the estimate", ("steps", "estimates")),
    ):
        yield Misconception("batch_kept", hint.format(what), {"kept": kept})
    hint = "There is a step too many for each theta: the batch of the estimate makes none."
    more = tuple(count + 1 for count in right["steps"])
    yield Misconception("estimate_makes_a_step", hint, {"steps": more})
    yield Misconception("estimate_makes_a_step", hint, {"steps": more, "kept": ("estimates",)})
    hint = "One critic serves both distances: make a new ToyCritic for each."
    places, steps = right["places"], right["steps"]
    twice = {"places": (*places, *places), "steps": (*steps, *steps)}
    in_turn = {
        "places": tuple(place for place in places for _ in range(2)),
        "steps": tuple(count for count in steps for _ in range(2)),
    }
    for one in (twice, in_turn):
        yield Misconception("critic_shared", hint, {"models": 1, **one})


def wrong_figures(thetas: Tensor, curves: tuple[Tensor, Tensor]) -> Iterator[Misconception]:
    """Of two curves [T] over thetas [T]."""
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
