"""Mistakes in figures of digits, by the name under which comparisons recognise them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.checks import Misconception

LOGITS = "These are logits: a mean is sigmoid(logits)."


def wrong_panels() -> Iterator[Misconception]:
    """In any figure of digits: how a panel looks."""
    hint = "No numbers at the axes, please: show_digit, or ax.set_axis_off() for every panel."
    yield Misconception("ticks_left", hint, {"ticks": True})
    hint = "Rows and columns of each digit are mixed up: reshape to 28 x 28, without transposing."
    yield Misconception("digits_turned", hint, {"turned": True})


def wrong_samples(beside: str = "beside them") -> Iterator[Misconception]:
    """In figures of means and samples; beside: where the means of samples are."""
    wrong = (
        ("rounded", "A sample is drawn with theta as probability, not rounded.", "rounded"),
        ("means_for_samples", "Samples hold zeros and ones: draw them.", "means"),
        (
            "sample_repeated",
            "All samples of a code are the same one: draw each of them anew.",
            "repeated",
        ),
        (
            "pixels_share_noise",
            "The samples share their random numbers: draw one for each pixel of each sample.",
            "shared",
        ),
        (
            "samples_of_other_codes",
            f"The samples do not belong to the means {beside}: sample the very means you show.",
            "other",
        ),
    )
    for name, hint, samples in wrong:
        yield Misconception(name, hint, {"samples": samples})
    yield Misconception("logits_shown", LOGITS, {"link": "none", "samples": "other"})


def reordered(params: dict[str, Any], order: tuple[int, ...]) -> dict[str, Any]:
    """What `decoded` expects where the columns stand in another order."""
    rows = range(0, len(params["codes"]), len(order))
    return _picked(params, [row + column for row in rows for column in order])


def transposed(params: dict[str, Any]) -> dict[str, Any]:
    """What `decoded` expects where rows and columns have changed places."""
    count, columns = len(params["codes"]), params["columns"]
    places = [place for column in range(columns) for place in range(column, count, columns)]
    return {**_picked(params, places), "columns": count // columns}


def _picked(params: dict[str, Any], places: list[int]) -> dict[str, Any]:
    kept = (name for name in ("codes", "drawn", "fixed") if name in params)
    return {name: tuple(params[name][place] for place in places) for name in kept}
