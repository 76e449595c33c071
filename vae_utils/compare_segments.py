"""Judges random points on two parallel lines. The comparison returns None, or what is wrong.

Bounds: Dvoretzky, Kiefer and Wolfowitz for distributions, and Hoeffding for means of products of
two independent centred numbers, which lie in an interval of length 1/2.
"""

from __future__ import annotations

import math

import numpy as np

from vae_utils.calls import Reply
from vae_utils.compare_draws import ALPHA, tolerance
from vae_utils.compare_values import arrangement, brief

_EXACT = 1e-5
_NAMES = ("x", "y")
_COORDINATES = ("first", "second")
_PAIRS = 5  # whose products are looked at


def segments(
    reply: Reply,
    *,
    places: tuple[float, float],
    shape: tuple[int, ...],
    along: int = 1,
    normal: bool = False,
    same: str = "",
) -> str | None:
    """Points of two kinds, x and y, with uniform numbers u along a coordinate; the other is given.

    places: that other coordinate of x and of y. shape: that of either, [calls, n, 2]. along: which
    coordinate is u. Mistakes to recognise: u that is normal, or the same for all rows ("rows"), for
    x and y ("pair") or in every call ("calls").
    """
    problem = arrangement(reply, [shape, shape])
    if problem:
        return problem
    points = np.stack([np.asarray(kind, dtype=np.float64) for kind in reply.outputs])
    for name, place, across in zip(_NAMES, places, points[..., 1 - along], strict=True):
        off = np.abs(across - place) > _EXACT
        if off.any():
            return (
                f"the {_COORDINATES[1 - along]} coordinate of {name} is "
                f"{brief(float(across[off][0]))}, {brief(float(place))} wanted"
            )
    u = points[..., along]
    if same:
        return None if _is_same(u, same) else "the numbers differ"
    return _off_uniform(u, normal) or (None if normal else _dependent(u))


def _is_same(u: np.ndarray, same: str) -> bool:
    """Whether u [2, calls, n] repeats along an axis."""
    axis = ("pair", "calls", "rows").index(same)
    return bool(np.ptp(u, axis=axis).max() < _EXACT)


def _off_uniform(u: np.ndarray, normal: bool) -> str | None:
    """Kolmogorov's distance of u [2, calls, n] from its distribution, for either kind."""
    erf = np.vectorize(math.erf)
    for name, values in zip(_NAMES, u, strict=True):
        levels = np.sort(values, axis=None)
        levels = (1 + erf(levels / math.sqrt(2))) / 2 if normal else levels.clip(0, 1)
        steps = np.arange(len(levels) + 1) / len(levels)
        distance = max((steps[1:] - levels).max(), (levels - steps[:-1]).max())
        if distance > tolerance(len(levels)):
            spread = f"from {brief(float(values.min()))} to {brief(float(values.max()))}"
            return (
                f"u of {name} is not uniform between 0 and 1: it goes {spread}, and its mean is "
                f"{brief(float(values.mean()))}"
            )
    return None


def _dependent(u: np.ndarray) -> str | None:
    """Whether numbers u [2, calls, n] hang together, from their products."""
    centred = u - 0.5
    pairs = [("x and y", centred[0], centred[1])]
    for name, values in zip(_NAMES, centred, strict=True):
        if values.shape[1] > 1:
            pairs.append((f"neighbouring rows of {name}", values[:, 1:], values[:, :-1]))
        if len(values) > 1:
            pairs.append((f"two calls, of {name},", values[1:], values[:-1]))
    for what, one, other in pairs:
        products = one * other
        most = 0.5 * math.sqrt(math.log(2 * _PAIRS / ALPHA) / (2 * products.size))
        if abs(products.mean()) > most:
            return f"the numbers u of {what} are not independent: each point has one of its own"
    return None
