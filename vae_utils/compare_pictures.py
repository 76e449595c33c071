"""Holds figures of digits, or of images in colour, against given ones: all pixels or some.

As in `vae_utils.compare`, each comparison returns None, or what is wrong. Grey values may be
shown from 0 to 1 or to 255, bright on dark or dark on bright; colours from 0 to 1 or to 255. Two
mistakes are recognised in all figures: ticks, where they are not wanted, and images that are
turned, rows for columns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.layout import Grid, place, scales


@np.errstate(all="ignore")
def panels(
    reply: Reply,
    *,
    images: tuple[Array, ...],
    columns: int,
    atol: float = 2e-3,
    ticks: bool = False,
    turned: bool = False,
) -> str | None:
    """Figures of one image a panel, row by row.

    images: [H, W] each, or [H, W, 3] each in colour, in [0, 1]. ticks: whether numbers at the axes
    are allowed.
    """
    height, width, *channels = images[0].shape
    asked = Grid(len(images) // columns, columns, (height, width), ticks, bool(channels))
    for picture in reply.pictures:
        found = asked.images(picture)
        if isinstance(found, str):
            return found
        problem = in_all_scales(
            unlike(scaled, images, columns, atol + coarse)
            for scaled, coarse in scales(upright(found, turned))
        )
        if problem:
            return problem
    return None


def upright(images: list[Array], turned: bool) -> list[Array]:
    """The images as they are, or with rows for columns."""
    return [image.swapaxes(0, 1) for image in images] if turned else images


def in_all_scales(problems: Iterator[str | None]) -> str | None:
    """The problem of the first scale, if there is one in all of them."""
    first = next(problems)
    return first if first and all(problems) else None


@np.errstate(all="ignore")
def mosaic(
    reply: Reply,
    *,
    shape: tuple[int, int],
    places: Array,
    values: Array,
    columns: int = 1,
    captions: tuple[str, ...] = (),
    atol: float = 2e-3,
    binary: bool = False,
    ticks: bool = False,
    turned: bool = False,
) -> str | None:
    """Figures of one image of that shape a panel, row by row, judged by some of their pixels.

    places: rows and columns [n, 2] of pixels; values: what they are in each image, [N, n], in
    [0, 1]; binary: or a mistake to recognise, zeros and ones. captions: what belongs into each
    panel, for a sketch.
    """
    grid = Grid(len(values) // columns, columns, (shape[0], shape[1]), ticks)
    for picture in reply.pictures:
        found = grid.images(picture)
        if isinstance(found, str):
            return found
        picked = [image[places[:, 0], places[:, 1]] for image in upright(found, turned)]
        if binary and all(((pixels == 0) | (pixels == 1)).all() for pixels in picked):
            continue
        problem = in_all_scales(
            _off_pixels(np.stack(scaled), places, values, columns, atol + coarse)
            for scaled, coarse in scales(picked)
        )
        if problem:
            return problem
    return None


def _off_pixels(seen: Array, places: Array, values: Array, columns: int, atol: float) -> str | None:
    off = ~(abs(seen - values.astype(float)) <= atol)
    if not off.any():
        return None
    number, pixel = (int(n) for n in np.argwhere(off)[0])
    row, column = places[pixel].tolist()
    where = f"{place(number, columns)}: " if len(values) > 1 else ""
    return (
        f"{where}the pixel in row {row}, column {column} is {float(seen[number, pixel]):.3g}, "
        f"{float(values[number, pixel]):.3g} wanted ({int(off.sum())} of the {off.size} "
        "pixels that were looked at differ)"
    )


def unlike(found: list[Array], wanted: tuple[Array, ...], columns: int, atol: float) -> str | None:
    """Where the first image differs from the one that is wanted, if one does."""
    for number, (image, right) in enumerate(zip(found, wanted, strict=True)):
        off = ~(abs(image - right.astype(float)) <= atol)
        off = off.any(-1) if off.ndim == 3 else off
        if off.any():
            y, x = (int(n) for n in np.argwhere(off)[0])
            return (
                f"{place(number, columns)}: {int(off.sum())} of {off.size} pixels differ; that "
                f"in row {y}, column {x} is {_said(image[y, x])}, {_said(right[y, x])} wanted"
            )
    return None


def _said(pixel: Array) -> str:
    """A grey value [], or red, green and blue [3]."""
    numbers = ", ".join(f"{float(number):.3g}" for number in pixel.flat)
    return f"({numbers})" if pixel.ndim else numbers
