"""Holds a scatter plot and contour lines against the points and densities that were asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.panels import Panel

_RINGS = 2  # lines of a density: fewer show no hill
_SHORT = 2  # points: too few to say that anything is constant
_FLAT, _SLOPE = 0.02, 0.03  # nats along a line, and for each nat below the top
_APART = 0.1  # nats between lines
_ZERO = 20.0  # nats below the largest density
_NEAR = 4.5  # standard deviations
_EXACT = 1e-5  # of a point's place


@np.errstate(all="ignore")
def scatter(
    reply: Reply,
    *,
    points: Array,
    labels: Array,
    coloured: bool = True,
    legend: bool = True,
    bare: bool = False,
    sigma: Array | None = None,
    atol: float = 1e-3,
) -> str | None:
    """One panel with these points [N, 2], coloured by label [N], and a legend for the colours.

    Mistakes to recognise: `bare`, nothing but points; sigma [N, 2], points with noise that wide.
    """
    for picture in reply.pictures:
        drawn = [panel for panel in picture if len(panel.points)]
        if len(drawn) != 1:
            return f"{len(drawn)} panels with points, one wanted"
        found, wanted = drawn[0].points.astype(float), points.astype(float)
        if sigma is not None:
            return _without_noise(found, wanted, sigma.astype(float))
        if bare and (drawn[0].legend or drawn[0].colourbar):
            return "there is a legend"
        order, problem = _matched(found, wanted, atol)
        if problem:
            return problem
        colours = drawn[0].colours.astype(float)[order]
        off = _off_colours(colours, labels) if coloured else None
        off = off or (_off_legend(drawn[0], colours, labels) if legend else None)
        if off:
            return off
    return None


def _without_noise(found: Array, wanted: Array, sigma: Array) -> str | None:
    """Told from sums of points and of their products, since it is not known which is which."""
    if found.shape != wanted.shape:
        return "another number of points"
    if float(cdist(wanted, found).min()) < _EXACT:
        return "some points have no noise"
    variance, (x, y) = sigma**2, wanted.T
    off = found - wanted, found**2 - wanted**2 - variance, (found.prod(1) - x * y)[:, None]
    widths = (
        variance,
        2 * variance**2 + 4 * variance * wanted**2,
        (variance[:, 0] * y**2 + variance[:, 1] * x**2 + variance.prod(1))[:, None],
    )
    ratios = [abs(d.sum(0)) / np.sqrt(w.sum(0)) for d, w in zip(off, widths, strict=True)]
    near = float(np.concatenate(ratios).max()) < _NEAR
    return None if near else "not the points with noise of that width"


def _matched(found: Array, wanted: Array, atol: float) -> tuple[Array, str]:
    """For each wanted point the place of the one that is drawn there."""
    nothing = np.zeros(0, int)
    if len(found) != len(wanted):
        return nothing, f"there are {len(found)} points, {len(wanted)} wanted"
    distance = cdist(wanted, found)
    nearest = distance.argmin(1)
    missing = ~(distance.min(1) <= atol)
    if missing.any():
        x, y = wanted[missing][0].tolist()
        return nothing, (
            f"{int(missing.sum())} of {len(wanted)} points are not where they should be: none is "
            f"at ({x:.3g}, {y:.3g}), for one"
        )
    if len(np.unique(nearest)) < len(nearest):
        return nothing, "some points are drawn twice and others not at all"
    return nearest, ""


def _off_colours(colours: Array, labels: Array) -> str | None:
    kinds = [colours[labels == label] for label in np.unique(labels)]
    if any(abs(kind - kind[0]).max() > 0.01 for kind in kinds):
        return "points of one label have different colours"
    firsts = np.stack([kind[0] for kind in kinds])
    apart = cdist(firsts, firsts)
    np.fill_diagonal(apart, math.inf)
    return None if float(apart.min()) > 0.02 else "two labels have the same colour"


def _off_legend(panel: Panel, colours: Array, labels: Array) -> str | None:
    if panel.colourbar:
        return None
    if not panel.legend:
        return "there is no legend that says which colour is which label"
    for label in np.unique(labels).tolist():
        places = [n for n, text in enumerate(panel.legend) if _speaks_of(text, int(label))]
        if not places:
            return f"the legend does not name {int(label)}"
        own = panel.legend_colours.astype(float)[places]
        off = abs(own - colours[labels == label][0]).max(-1)
        if not (np.isnan(off) | (off <= 0.02)).any():
            return f"the legend gives {int(label)} another colour than its points have"
    return None


def _speaks_of(text: str, label: int) -> bool:
    digits = "".join(c if c.isdigit() else " " for c in text).split()
    return str(label) in digits


@np.errstate(all="ignore")
def contours(reply: Reply, *, xs: Array, ys: Array, tables: tuple[Array, ...]) -> str | None:
    """Contour lines of each of several densities, in one panel.

    tables: logarithms of densities [len(ys), len(xs)] at places xs to the right and ys upwards,
    evenly spaced; between them they are interpolated by cubic polynomials.
    A line belongs to a density that is the same everywhere on it, up to 0.02 nats and 0.03 for
    each nat that the line lies below the largest density. Lines where it is as good as zero do not
    matter: rounding makes them.
    """
    for picture in reply.pictures:
        drawn = [panel for panel in picture if panel.contours]
        if len(drawn) != 1:
            return f"{len(drawn)} panels with contour lines, one wanted"
        families = _families(drawn[0])
        if len(families) < len(tables):
            return f"lines of {len(families)} in place of {len(tables)} densities: a contour each"
        for number, table in enumerate(tables):
            if not any(_belong(rings, xs, ys, table) for rings in families):
                return _NOT_THERE[number] if number < len(_NOT_THERE) else "lines are missing"
    return None


_NOT_THERE = (
    "no contour lines follow the joint density p(top, z)",
    "no contour lines follow q(z)",
)


def _families(panel: Panel) -> list[list[Array]]:
    return [
        [ring for ring, family in zip(panel.contours, panel.families, strict=True) if family == one]
        for one in sorted(set(panel.families))
    ]


def _belong(rings: list[Array], xs: Array, ys: Array, table: Array) -> bool:
    """Whether the density is constant on all lines, and not the same on all of them."""
    levels = []
    for ring in rings:
        for values in _looked_up(*(part.astype(float) for part in (ring, xs, ys, table))):
            depth = float(table.max() - values.mean())
            if float(values.max() - values.min()) <= _FLAT + _SLOPE * depth:
                levels.append(depth)
            elif float(values.max()) > float(table.max()) - _ZERO:
                return False
    return len(levels) >= _RINGS and max(levels) - min(levels) > _APART


def _looked_up(line: Array, xs: Array, ys: Array, table: Array) -> Iterator[Array]:
    """The table along a line [n, 2], piece by piece: it is cut where it touches the frame.

    There, outlines of filled contours run along.
    """
    x, y = line.T
    inside = (x > xs[0]) & (x < xs[-1]) & (y > ys[0]) & (y < ys[-1])
    (column, along_x), (row, along_y) = _weights(xs, x), _weights(ys, y)
    squares = table[row[:, :, None], column[:, None]]
    values = (along_y[:, :, None] * along_x[:, None] * squares).sum((1, 2))
    places = np.flatnonzero(inside)
    cuts = np.flatnonzero(np.diff(places) > 1) + 1
    for piece in np.split(places, cuts):
        if len(piece) > _SHORT:
            yield values[piece]


def _weights(places: Array, at: Array) -> tuple[Array, Array]:
    """Lagrange's cubic polynomials: which four places count, and how much, [n, 4] each."""
    unit = (at - places[0]) / (places[1] - places[0])
    first = (np.floor(unit).astype(int) - 1).clip(0, len(places) - 4)
    t = unit - first
    weights = (
        (t - 1) * (t - 2) * (t - 3) / -6,
        t * (t - 2) * (t - 3) / 2,
        t * (t - 1) * (t - 3) / -2,
        t * (t - 1) * (t - 2) / 6,
    )
    return first[:, None] + np.arange(4), np.stack(weights, 1)
