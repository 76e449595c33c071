"""Holds a plot of several curves, a marker at each of their points, against what was asked for.

As in `vae_utils.compare`, the comparison returns None, or what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_utils.calls import Reply
from vae_utils.panels import Panel

_ALIKE = 0.02  # of colours


def curves(
    reply: Reply,
    *,
    points: Any,
    labels: Any,
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
    wanted, kinds = np.asarray(points, dtype=np.float64), np.asarray(labels)
    for picture in reply.pictures:
        drawn = [panel for panel in picture if len(panel.points)]
        if not markers:
            return "there are markers" if drawn else None
        if len(drawn) != 1:
            return f'{len(drawn)} panels with markers, one wanted: is there marker="o"?'
        found = np.asarray(drawn[0].points, dtype=np.float64)
        order, problem = _matched(found, wanted, atol)
        if problem:
            return problem
        colours = np.asarray(drawn[0].colours, dtype=np.float64)[order]
        off = _off_colours(colours, kinds) if coloured else None
        off = off or (_off_legend(drawn[0], colours, kinds, words) if legend else None)
        if off:
            return off
    return None


def _matched(found: np.ndarray, wanted: np.ndarray, atol: float) -> tuple[np.ndarray, str]:
    """For each wanted point the place of the marker there, each marker once."""
    nothing = np.zeros(0, dtype=np.int64)
    if len(found) != len(wanted):
        return nothing, f"there are {len(found)} markers, {len(wanted)} wanted"
    free, order = np.ones(len(found), dtype=bool), np.zeros(len(wanted), dtype=np.int64)
    for number, point in enumerate(wanted):
        near = free & (np.abs(found - point).max(axis=1) <= atol)
        if not near.any():
            x, y = (float(value) for value in point)
            return nothing, f"no marker is at ({x:.3g}, {y:.3g})"
        order[number] = int(np.flatnonzero(near)[0])
        free[order[number]] = False
    return order, ""


def _off_colours(colours: np.ndarray, kinds: np.ndarray) -> str | None:
    firsts = []
    for kind in np.unique(kinds):
        own = colours[kinds == kind]
        if np.abs(own - own[0]).max() > _ALIKE / 2:
            return "markers of one curve have different colours"
        firsts.append(own[0])
    for number, one in enumerate(firsts):
        if any(np.abs(one - other).max() <= _ALIKE for other in firsts[:number]):
            return "two curves have the same colour"
    return None


def _off_legend(
    panel: Panel, colours: np.ndarray, kinds: np.ndarray, words: tuple[str, ...]
) -> str | None:
    count = len(np.unique(kinds))
    if len(panel.legend) < count:
        return f"the legend has {len(panel.legend)} entries, {count} wanted"
    texts = [text.lower() for text in panel.legend]
    places = [[n for n, text in enumerate(texts) if word in text] for word in words]
    if not words or not all(places):
        return None
    for kind, own in zip(np.unique(kinds), places, strict=True):
        shown = np.asarray(panel.legend_colours, dtype=np.float64)[own]
        off = np.abs(shown - colours[kinds == kind][0]).max(axis=-1)
        if not (np.isnan(off) | (off <= _ALIKE)).any():
            said = panel.legend[own[0]]
            return f'the legend gives "{said}" another colour than that curve has'
    return None
