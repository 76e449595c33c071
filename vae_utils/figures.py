"""Reads a matplotlib figure: what it shows, from its axes, images, markers and contour lines.

Never from pixels: a figure is judged by what was drawn, whatever its size, style or backend.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np

from vae_utils.arrays import Array
from vae_utils.panels import Panel, Picture

MOST_PIXELS = 1 << 23
MOST_PANELS = 256
MOST_IMAGES = 16
MOST_RINGS = 1000
MOST_TEXTS = 64
_GARBAGE = 50_000  # objects; axes are many, and to look through them takes half the time
_BLIND = (float("nan"),) * 3
_NO_MARKER = ("None", "none", "", " ")
_SAME = 1e-3  # how far the channels of a grey image may be apart, by rounding


class NoFigure(TypeError):
    """What came back leads to no figure."""


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Figures made within are out of sight: nothing is shown, and open ones stay untouched."""
    import matplotlib.pyplot as plt
    from matplotlib._pylab_helpers import Gcf

    opened, show, collected = Gcf.figs.copy(), plt.show, gc.get_threshold()
    Gcf.figs.clear()
    plt.show = lambda *_, **__: None
    gc.set_threshold(_GARBAGE, *collected[1:])
    try:
        yield
    finally:
        gc.set_threshold(*collected)
        plt.show = show
        Gcf.destroy_all()
        Gcf.figs.update(opened)


def read(result: Any) -> Picture:
    """The panels of the figure that a function returned, or drew without returning it.

    Raises:
        NoFigure: there is none.
    """
    figure = _figure(result)
    if figure is None:
        raise NoFigure(
            "it returned nothing (None): return the figure"
            if result is None
            else f"it returned a {type(result).__name__}; a matplotlib figure is wanted"
        )
    axes = [ax for ax in figure.axes if ax.get_visible()][:MOST_PANELS]
    _insist_on_size(axes)
    rest = [ax for ax in axes if not hasattr(ax, "_colorbar")]
    inside = chain.from_iterable(ax.child_axes for ax in rest)
    bars = len(rest) < len(axes) or any(hasattr(ax, "_colorbar") for ax in inside)
    panels = [_panel(ax, figure, bars, alone=len(rest) == 1) for ax in rest]
    return tuple(panel for panel in panels if not panel.is_empty)


def _figure(result: Any) -> Any:
    """The figure itself, that of an artist, or the one that was drawn last."""
    import matplotlib.pyplot as plt
    from matplotlib.artist import Artist
    from matplotlib.figure import FigureBase

    if isinstance(result, Artist):
        own = result if isinstance(result, FigureBase) else result.figure
        return getattr(own, "figure", None) or own  # the whole one, of one within another
    if isinstance(result, (list, tuple, dict, np.ndarray)):
        found = (_figure(one) for one in _flat(result) if one is not None)
        return next((figure for figure in found if figure is not None), None)
    if result is None:
        return plt.gcf() if plt.get_fignums() else None
    figure = getattr(result, "figure", None)  # seaborn's grids
    return figure if isinstance(figure, FigureBase) else None


def _flat(result: Any) -> Iterable[Any]:
    if isinstance(result, dict):
        return result.values()
    return result.ravel() if isinstance(result, np.ndarray) else result


def _insist_on_size(axes: list[Any]) -> None:
    count = sum(int(np.size(image.get_array())) for ax in axes for image in ax.images)
    if count > MOST_PIXELS:
        most = f"at most {MOST_PIXELS:,} can be judged"
        raise NoFigure(f"the images in its figure have {count:,} pixels in all; {most}")


def _panel(ax: Any, figure: Any, colourbar: bool, alone: bool) -> Panel:
    points, colours = _markers(ax)
    contours, families = _contours(ax)
    legend, legend_colours = _legend(ax, figure if alone else None)
    return Panel(
        box=_box(ax, figure),
        images=tuple(islice(_images(ax), MOST_IMAGES)),
        points=points,
        colours=colours,
        contours=contours,
        families=families,
        ticks=_ticks(ax),
        legend=legend,
        legend_colours=legend_colours,
        colourbar=colourbar,
    )


def _box(ax: Any, figure: Any) -> tuple[float, ...]:
    """Shares of the whole figure, even in a figure within it."""
    ax.apply_aspect()
    place = ax.bbox.transformed(figure.transFigure.inverted())
    return tuple(round(float(number), 4) for number in place.bounds)


def _ticks(ax: Any) -> int:
    if not ax.axison:
        return 0
    seen = [axis for axis in (ax.xaxis, ax.yaxis) if axis.get_visible()]
    labels = [label for axis in seen for label in axis.get_ticklabels()]
    return sum(bool(label.get_visible() and label.get_text()) for label in labels)


def _images(ax: Any) -> Iterator[Array]:
    from matplotlib.collections import QuadMesh

    for image in ax.images:
        if image.get_visible() and (pixels := _pixels(image.get_array())) is not None:
            left, right, bottom, top = image.get_extent()
            first = top if image.origin == "upper" else bottom
            last = bottom if image.origin == "upper" else top
            yield _turned(pixels, ax, first > last, right > left)
    for mesh in ax.collections:
        if isinstance(mesh, QuadMesh) and (pixels := _pixels(mesh.get_array())) is not None:
            corners: Any = mesh.get_coordinates()
            right, up = corners[-1, -1] - corners[0, 0]
            yield _turned(pixels, ax, up < 0, right > 0)


def _pixels(array: Any) -> Array | None:
    """Of an image [H, W] or [H, W, 3 or 4]: grey values, or colours; None if it is no such thing.

    Colours come as [H, W, 3], without transparency; where all of them are grey, as [H, W].
    """
    values = np.ma.filled(np.ma.asarray(array).astype(np.float32), np.nan)
    if values.ndim == 3 and values.shape[2] in (3, 4):
        values = values[..., :3]
        coloured = (values.max(-1) - values.min(-1) > _SAME).any()
        values = values if coloured else values.mean(-1)
    elif values.ndim != 2:
        return None
    return values if 0 < values.size <= MOST_PIXELS else None


def _turned(pixels: Array, ax: Any, downwards: bool, rightwards: bool) -> Array:
    """As it is seen: downwards, rightwards: how rows and columns run along the axes' numbers."""
    down = -1 if downwards == ax.yaxis_inverted() else 1
    along = -1 if rightwards == ax.xaxis_inverted() else 1
    return np.ascontiguousarray(pixels[::down, ::along])


def _markers(ax: Any) -> tuple[Array, Array]:
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_rgb

    places: list[Array] = []
    colours: list[Array] = []
    for artist in ax.collections:
        if isinstance(artist, PathCollection) and artist.get_visible():
            offsets: Any = np.ma.filled(np.ma.asarray(artist.get_offsets(), dtype=float), np.nan)
            places.append(offsets.reshape(-1, 2))
            colours.append(_face_colours(artist, len(places[-1])))
    for line in ax.lines:
        if line.get_visible() and str(line.get_marker()) not in _NO_MARKER:
            places.append(np.asarray(line.get_xydata(), dtype=float).reshape(-1, 2))
            face = line.get_markerfacecolor()
            face = line.get_markeredgecolor() if str(face) == "none" else face
            colours.append(np.tile(to_rgb(face), (len(places[-1]), 1)))
    if not places:
        return _floats(np.zeros((0, 2))), _floats(np.zeros((0, 3)))
    signs = [-1.0 if ax.xaxis_inverted() else 1.0, -1.0 if ax.yaxis_inverted() else 1.0]
    found = np.concatenate(places) * signs
    return _floats(found), _floats(np.concatenate(colours))


def _face_colours(artist: Any, count: int) -> Array:
    artist.update_scalarmappable()
    found = artist.get_facecolors()
    found = found if len(found) else artist.get_edgecolors()
    if not len(found):
        return np.full((count, 3), np.nan)
    return np.resize(found[:, :3], (count, 3))


def _contours(ax: Any) -> tuple[tuple[Array, ...], tuple[int, ...]]:
    from matplotlib.contour import ContourSet

    sets = [one for one in ax.collections if isinstance(one, ContourSet) and one.get_visible()]
    every = ((ring, family) for family, one in enumerate(sets) for ring in _rings(one))
    rings = list(islice(every, MOST_RINGS))
    return tuple(ring for ring, _ in rings), tuple(family for _, family in rings)


def _rings(contour_set: Any) -> Iterator[Array]:
    """Every connected line of a call of `contour` or `contourf`."""
    for path in contour_set.get_paths():
        starts: Any = [] if path.codes is None else np.flatnonzero(path.codes == path.MOVETO)[1:]
        for line in np.split(path.vertices, starts):
            if len(line) > 2:
                yield _floats(line)


def _legend(ax: Any, figure: Any) -> tuple[tuple[str, ...], Array]:
    legends = [ax.get_legend(), *(figure.legends if figure is not None else ())]
    texts: list[str] = []
    colours: list[tuple[float, ...]] = []
    for legend in filter(None, legends):
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=False):
            texts.append(text.get_text()[:100])
            colours.append(_colour(handle))
    return tuple(texts[:MOST_TEXTS]), _floats(np.array(colours or np.zeros((0, 3))))[:MOST_TEXTS]


def _colour(handle: Any) -> tuple[float, ...]:
    """Of a legend's handle: marker, line or patch."""
    from matplotlib.colors import to_rgb

    for name in ("get_markerfacecolor", "get_facecolor", "get_color", "get_edgecolor"):
        if hasattr(handle, name):
            if name == "get_markerfacecolor" and str(handle.get_marker()) in _NO_MARKER:
                continue
            with contextlib.suppress(ValueError, TypeError, IndexError):
                found = getattr(handle, name)()
                return to_rgb(found[0] if np.ndim(found) == 2 else found)
    return _BLIND


def _floats(values: Any) -> Array:
    return np.ascontiguousarray(values, dtype=np.float32)
