"""A student's figure beside a sketch of what was asked, as images that show wherever HTML does.

Drawn again from what was read of the figure, so that the grader needs no drawing library, and a
hostile figure can bring nothing but numbers. With the random weights of a check, digits look like
noise: the sketch says in words what belongs where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vae_utils.arrays import Array
from vae_utils.layout import grid
from vae_utils.panels import Panel, Picture
from vae_utils.sketch_parts import (
    PALETTE,
    SIDE,
    Box,
    Plane,
    cells,
    coloured,
    drawing,
    image,
    legend,
    named,
    placed,
    png,
    text,
)

_MOST_PANELS = 64
_TALLEST = 2.0  # of an image, to its width
_MOST_RINGS = 200
_MOST_PLACES = 112
_LINES = PALETTE[2:]  # not the colours of what was asked
Drawn = tuple[str, float]
"""SVG and its height."""


def beside(kind: str, params: dict[str, Any], pictures: Sequence[Picture]) -> str:
    """Both, next to each other; only the sketch where nothing was drawn."""
    asked = drawing("what was asked", *_ASKED[kind](params))
    if not pictures or not pictures[0]:
        return asked
    yours = drawing("your figure", *_yours(pictures[0], params))
    return f'<div style="display:flex;flex-wrap:wrap;gap:24px">{yours}{asked}</div>'


def _yours(picture: Picture, params: dict[str, Any]) -> Drawn:
    marked = [panel for panel in picture if len(panel.points) or panel.contours]
    drawn = _marks(marked[0], params) if marked else _images(picture)
    ticks = sum(panel.ticks for panel in picture)
    if marked or not ticks:
        return drawn
    inside, height = drawn
    said = f"with {ticks} numbers at its axes"
    return inside + text(0, height + 14, said, 11), height + 20


def _images(picture: Picture) -> Drawn:
    """In their grid; where there is none, where they are."""
    rows, columns, panels = grid(picture)
    if not rows or rows * columns > _MOST_PANELS:
        boxes = [_box(panel) for panel in picture[:_MOST_PANELS]]
        return _filled(picture[:_MOST_PANELS], boxes), float(SIDE)
    shapes = [panel.images[0].shape[:2] for panel in panels if panel.images]
    tallest = max((h / max(w, 1) for h, w in shapes), default=1.0)
    boxes, height = cells(rows, columns, min(tallest, _TALLEST))
    return _filled(panels, boxes), height


def _box(panel: Panel) -> Box:
    left, bottom, width, height = (min(max(n, 0.0), 1.0) * SIDE for n in panel.box)
    return left, SIDE - bottom - height, width, height


def _filled(panels: Sequence[Panel], boxes: Sequence[Box]) -> str:
    return "".join(
        image(panel.images[0], box) if _has_image(panel) else named(box, "nothing")
        for panel, box in zip(panels, boxes, strict=True)
    )


def _has_image(panel: Panel) -> bool:
    """Whether it has one, grey or in colour."""
    return bool(panel.images) and panel.images[0].shape[2:] in ((), (3,))


def _marks(panel: Panel, params: dict[str, Any]) -> Drawn:
    """In the frame of what was asked, or a larger one."""
    rings = [ring for ring in panel.contours[:_MOST_RINGS] if ring.shape[1:] == (2,)]
    places = [p.astype(float) for p in (panel.points, *rings) if len(p)]
    finite = [p for p in places if np.isfinite(p).all()]
    if len(finite) < len(places):
        return named((0.0, 0.0, SIDE, 40.0), "not all of its points are numbers"), 40.0
    plane = Plane(np.concatenate([*finite, _extent(params)]))
    points = plane.dots(panel.points, [coloured(colour) for colour in panel.colours])
    families = zip(rings, panel.families, strict=False)
    lines = "".join(plane.line(ring, _LINES[family % 8]) for ring, family in families)
    names = zip(panel.legend, panel.legend_colours, strict=False)
    entries = [(coloured(colour), words) for words, colour in names]
    if not points:
        sets = range(len(set(panel.families)))
        entries = [(_LINES[n % 8], f"contour lines {n + 1}") for n in sets]
    return plane.axes() + points + lines + legend(entries), float(SIDE)


def _extent(params: dict[str, Any]) -> Array:
    """Points [n, 2] that the frame of a plot holds."""
    if "points" in params:
        return params["points"].astype(float)
    if "xs" in params:
        return np.stack([params[name][[0, -1]].astype(float) for name in ("xs", "ys")], 1)
    return np.zeros((0, 2))


def _worded(words: Sequence[str], columns: int, ratio: float = 1.0) -> Drawn:
    boxes, height = cells(len(words) // columns, columns, ratio)
    return "".join(named(box, said) for box, said in zip(boxes, words, strict=True)), height


def _asked_panels(params: dict[str, Any]) -> Drawn:
    images, columns = params["images"], params["columns"]
    boxes, height = cells(len(images) // columns, columns, images[0].shape[0] / images[0].shape[1])
    return "".join(image(one, box) for one, box in zip(images, boxes, strict=True)), height


def _asked_mosaic(params: dict[str, Any]) -> Drawn:
    height, width = params["shape"]
    words = params.get("captions") or ("an image",) * len(params["values"])
    if len(words) > 1:
        return _worded(words, params["columns"])
    said = f"{words[0]}\n{height} x {width} pixels"
    return named((0.0, 0.0, float(SIDE), SIDE * height / width), said), SIDE * height / width


def _asked_decoded(params: dict[str, Any]) -> Drawn:
    codes, drawn, columns = params["codes"], params["drawn"], params["columns"]
    fixed = params.get("fixed") or (None,) * len(codes)
    given = iter(range(1, len(fixed) + 1))
    words = [
        (f"sample\nof {code + 1}" if sample else f"mean\n{code + 1}")
        if one is None
        else f"image\n{next(given)}"
        for code, sample, one in zip(codes, drawn, fixed, strict=True)
    ]
    return _worded(words, columns)


def _asked_completed(params: dict[str, Any]) -> Drawn:
    (left, right), height = cells(1, 2)
    x, y, width, high = right
    top, bottom = (x, y, width, high / 2), (x, y + high / 2, width, high / 2)
    words = ((left, "the digit"), (top, "its top half"), (bottom, "mean of\na code of q"))
    return "".join(named(box, said) for box, said in words), height


def _asked_scatter(params: dict[str, Any]) -> Drawn:
    points, labels = params["points"], params["labels"].tolist()
    plane = Plane(_extent(params))
    entries = [(PALETTE[label % 10], str(label)) for label in sorted(set(labels))]
    dots = plane.dots(points, [PALETTE[label % 10] for label in labels])
    return plane.axes() + dots + legend(entries), float(SIDE)


def _asked_curves(params: dict[str, Any]) -> Drawn:
    """Its points, and the names of its curves."""
    plane, kinds = Plane(_extent(params)), [int(kind) for kind in params["labels"]]
    words = params.get("words") or tuple(f"curve {kind + 1}" for kind in sorted(set(kinds)))
    entries = list(zip(PALETTE, words, strict=False))
    dots = plane.dots(params["points"], [PALETTE[kind % 10] for kind in kinds])
    return plane.axes() + dots + legend(entries), float(SIDE)


def _asked_contours(params: dict[str, Any]) -> Drawn:
    """Both densities as clouds in two colours."""
    colours = [np.array([31, 119, 180]), np.array([255, 127, 14])]
    cloud = np.full((*params["tables"][0].shape, 3), 255.0)
    for table, colour in zip(params["tables"], colours, strict=False):
        share = np.exp(table.astype(float) - table.max())[..., None] * 0.7
        cloud = cloud * (1 - share) + share * colour
    step = max(1, -(-max(cloud.shape) // _MOST_PLACES))
    small = cloud[::-1][::step, ::step].astype(np.uint8)
    plane = Plane(_extent(params))
    entries = list(zip(PALETTE, ("p(top, z)", "q(z)"), strict=False))
    return placed(png(small), plane.box, True) + plane.axes() + legend(entries), float(SIDE)


_ASKED = {
    "panels": _asked_panels,
    "mosaic": _asked_mosaic,
    "decoded": _asked_decoded,
    "completed": _asked_completed,
    "scatter": _asked_scatter,
    "contours": _asked_contours,
    "curves": _asked_curves,
}
