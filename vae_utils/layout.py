"""The panels of a figure as a grid of images: rows, columns, sizes, grey values or colours.

A grid of panels may be one image of tiles, with or without gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from vae_utils.arrays import Array
from vae_utils.panels import Panel, Picture

_WIDEST = 8  # gap between tiles, in pixels
_GAP = 3  # pixels between tiles, where they are only counted


def place(number: int, columns: int) -> str:
    row, column = divmod(number, columns)
    return f"row {row + 1}, column {column + 1}"


def grid(picture: Picture) -> tuple[int, int, list[Panel]]:
    """Rows, columns, and panels row by row; no rows where they form no grid."""
    centres = [(p.box[0] + p.box[2] / 2, p.box[1] + p.box[3] / 2) for p in picture]
    near = [0.4 * min(p.box[side] for p in picture) for side in (2, 3)]
    columns = _distinct([x for x, _ in centres], near[0])
    rows = _distinct([-y for _, y in centres], near[1])
    found: dict[tuple[int, int], Panel] = {}
    for (x, y), panel in zip(centres, picture, strict=True):
        found[_nearest(rows, -y), _nearest(columns, x)] = panel
    if len(found) != len(picture) or len(found) != len(rows) * len(columns):
        return 0, 0, []
    return len(rows), len(columns), [found[key] for key in sorted(found)]


def _distinct(values: list[float], near: float) -> list[float]:
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > near:
            kept.append(value)
    return kept


def _nearest(places: list[float], value: float) -> int:
    return min(range(len(places)), key=lambda place: abs(places[place] - value))


def _starts(length: int, count: int, size: int) -> list[tuple[int, ...]]:
    """Where tiles may begin along an axis, those without gaps first."""
    found: dict[tuple[int, ...], None] = {}
    for gap in range(_WIDEST + 1):
        around = length - count * size - (count - 1) * gap
        for lead in range(max(0, around - gap), min(gap, around) + 1):
            found[tuple(lead + place * (size + gap) for place in range(count))] = None
    return list(found)


def _tiles(image: Array, rows: int, columns: int, size: tuple[int, int]) -> list[Array]:
    """An image that is a grid of tiles, with or without gaps of one colour between and around."""
    height, width = size
    tops = _starts(image.shape[0], rows, height)
    lefts = _starts(image.shape[1], columns, width)
    for top, left in product(tops, lefts):
        corners = list(product(top, left))
        rest = np.ones(image.shape[:2], bool)
        for y, x in corners:
            rest[y : y + height, x : x + width] = False
        gaps = np.nan_to_num(image[rest])
        if (gaps == gaps[:1]).all():
            return [image[y : y + height, x : x + width] for y, x in corners]
    return []


@dataclass(frozen=True)
class Grid:
    """A grid of panels with one image of a size each, all of them grey or all in colour."""

    rows: int
    columns: int
    size: tuple[int, int]
    ticks: bool
    colour: bool = False

    def images(self, picture: Picture) -> list[Array] | str:
        """The images [H, W], or [H, W, 3], row by row, or what is wrong with the layout."""
        if not picture:
            return "the figure is empty"
        rows, columns, panels = grid(picture)
        if not rows:
            return self._number(len(picture))
        if self.rows % rows or self.columns % columns:
            return self._layout(rows, columns)
        found = self._without_ticks(panels) or self._split(panels, rows, columns)
        return found if isinstance(found, str) else self._alike(found)

    def _split(self, panels: list[Panel], rows: int, columns: int) -> list[Array] | str:
        """Where there are fewer panels than images, each is a grid of tiles."""
        if (rows, columns) == (self.rows, self.columns):
            return self._single(panels)
        down, along = self.rows // rows, self.columns // columns
        if any(len(panel.images) != 1 for panel in panels):
            return self._layout(rows, columns)
        parts = [_tiles(panel.images[0], down, along, self.size) for panel in panels]
        if not all(parts):
            return self._tiles_found(panels, rows, columns)
        return [
            parts[row // down * columns + column // along][row % down * along + column % along]
            for row in range(self.rows)
            for column in range(self.columns)
        ]

    def _layout(self, rows: int, columns: int) -> str:
        return (
            f"the figure has {rows} x {columns} panels (rows x columns), "
            f"{self.rows} x {self.columns} wanted"
        )

    def _tiles_found(self, panels: list[Panel], rows: int, columns: int) -> str:
        """How many tiles there seem to be, where one panel holds all of them."""
        drawn = panels[0].images[0].shape
        counts = [round(n / size) for n, size in zip(drawn, self.size, strict=False)]
        whole = all(
            count and abs(n - count * size) <= _GAP * (count + 1)
            for n, count, size in zip(drawn, counts, self.size, strict=False)
        )
        if len(panels) > 1 or not whole or counts == [self.rows, self.columns]:
            return self._layout(rows, columns)
        return (
            f"the figure shows {counts[0]} x {counts[1]} images (rows x columns), "
            f"{self.rows} x {self.columns} wanted"
        )

    def _number(self, count: int) -> str:
        wanted = f"{self.rows} x {self.columns} (rows x columns) wanted"
        return f"the figure has {count} panels with something in them, in no grid; {wanted}"

    def _without_ticks(self, panels: list[Panel]) -> str:
        shown = sum(panel.ticks for panel in panels)
        if self.ticks or not shown:
            return ""
        return f"there are {shown} numbers at the axes; none are wanted (ax.set_axis_off())"

    def _single(self, panels: list[Panel]) -> list[Array] | str:
        for number, panel in enumerate(panels):
            where = place(number, self.columns)
            if len(panel.images) != 1:
                return f"{where}: {len(panel.images)} images, one wanted"
            if panel.images[0].shape[:2] != self.size:
                found = " x ".join(map(str, panel.images[0].shape[:2]))
                return (
                    f"{where}: an image of {found} pixels, {self.size[0]} x {self.size[1]} wanted"
                )
        return [panel.images[0] for panel in panels]

    def _alike(self, images: list[Array]) -> list[Array] | str:
        """All with colours, of which grey ones have three that are the same, or all without."""
        if self.colour:
            return [
                image if image.ndim == 3 else np.repeat(image[..., None], 3, -1) for image in images
            ]
        for number, image in enumerate(images):
            if image.ndim == 3:
                return f"{place(number, self.columns)}: an image in colour, a grey one wanted"
        return images


def scales(images: list[Array]) -> Iterator[tuple[list[Array], float]]:
    """The same values as they may have been meant: in [0, 1] or of 255, grey ones dark on bright.

    With how much coarser than they were they may be, since whole numbers are rounded. As they are
    as well: numbers beyond all greys are a mistake that may be recognised.
    """
    of_255 = [float(image.max()) > 2 for image in images]
    exact = [image.astype(float) for image in images]
    straight = [image / (255 if large else 1) for image, large in zip(exact, of_255, strict=True)]
    whole = any(of_255) and all(np.array_equal(image, image.round()) for image in exact)
    coarse = 1 / 255 if whole else 0.0
    yield straight, coarse
    if not any(image.ndim == 3 for image in images):
        yield [1 - image for image in straight], coarse
    if any(of_255):
        yield exact, 0.0
