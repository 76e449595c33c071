"""Holds a plot of several curves, a marker at each of their points, against what was asked for.

As in `vae_utils.compare`, the comparison returns None, or what is wrong.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_values import double
from vae_utils.panels import Panel

_ALIKE = 0.02  # of colours


def curves(
    reply: Reply,
    *,
    points: Array,
    labels: Array,
    words: tuple[str, ...] = (),
    coloured: bool = True,
    legend: bool = True,
    markers: bool = True,
    atol: float = 2e-3,
) -> str | None:
    """One panel with these points [N, 2], each curve [N] in a colour of its own, and a legend.

    words: what the legend's texts may hold, one for each curve; where all of them are found, their
    colours must be those of the curves. Mistakes to recognise: curves of one colour, no legend, or
    no markers at all.
    """
    for picture in reply.pictures:
        drawn = [panel for panel in picture if len(panel.points)]
        if not markers:
            return "there are markers" if drawn else None
        if len(drawn) != 1:
            return f'{len(drawn)} panels with markers, one wanted: is there marker="o"?'
        near = _near(double(drawn[0].points), double(points), atol)
        problem = _off_places(near, points)
        problem = problem or (_off_colours(drawn[0], near, labels) if coloured else None)
        problem = problem or (_off_legend(drawn[0], near, labels, words) if legend else None)
        if problem:
            return problem
    return None


def _near(found: Array, wanted: Array, atol: float) -> Array:
    """Which markers are at which wanted point: bool [wanted, found]."""
    return np.asarray(np.abs(wanted[:, None] - found).max(-1) <= atol)


def _off_places(near: Array, points: Array) -> str | None:
    if near.shape[0] != near.shape[1]:
        return f"there are {near.shape[1]} markers, {near.shape[0]} wanted"
    missing = np.flatnonzero(~near.any(1))
    if len(missing):
        x, y = (float(value) for value in points[missing[0]])
        return f"no marker is at ({x:.3g}, {y:.3g})"
    return None if near.any(0).all() else "there is a marker where none is wanted"


def _of_curves(panel: Panel, near: Array, labels: Array) -> list[list[Array]]:
    """For each curve the colours that have a marker at every point of it; curves may meet."""
    colours = double(panel.colours)

    def runs_along(colour: Array, points: Array) -> bool:
        own = np.abs(colours - colour).max(-1) <= _ALIKE / 2
        return bool((points & own).any(1).all())

    of_kinds = (near[labels == kind] for kind in np.unique(labels))
    return [[c for c in colours[points[0]] if runs_along(c, points)] for points in of_kinds]


def _off_colours(panel: Panel, near: Array, labels: Array) -> str | None:
    found = _of_curves(panel, near, labels)
    if not all(found):
        return "markers of one curve have different colours"
    different = any(
        all(np.abs(a - b).max() > _ALIKE for a, b in combinations(chosen, 2))
        for chosen in product(*found)
    )
    return None if different else "two curves have the same colour"


def _off_legend(panel: Panel, near: Array, labels: Array, words: tuple[str, ...]) -> str | None:
    count = len(np.unique(labels))
    if len(panel.legend) < count:
        return f"the legend has {len(panel.legend)} entries, {count} wanted"
    texts = [text.lower() for text in panel.legend]
    places = [[n for n, text in enumerate(texts) if word in text] for word in words]
    if not words or not all(places):
        return None
    for colours, own in zip(_of_curves(panel, near, labels), places, strict=True):
        shown = double(panel.legend_colours)[own]
        if not any(_is_among(colour, shown) for colour in colours):
            said = panel.legend[own[0]]
            return f'the legend gives "{said}" another colour than that curve has'
    return None


def _is_among(colour: Array, shown: Array) -> bool:
    """Whether one of the legend's colours is it, or cannot be told."""
    off = np.abs(shown - colour).max(-1)
    return bool((np.isnan(off) | (off <= _ALIKE)).any())
