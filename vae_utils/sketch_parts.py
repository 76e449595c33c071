"""Pieces of a sketch as SVG text: words in boxes, images, points and lines in a frame.

Nothing of a hostile figure but numbers gets in, and a legend's texts, escaped.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape

import numpy as np

from vae_utils.arrays import Array
from vae_utils.embedded import embedded

SIDE = 300
PALETTE = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f",
    "#bcbd22", "#17becf",
)  # fmt: skip
_HEAD = 18
_MOST_SIDE = 112  # pixels of an image that is put in
_MOST_MARKS = 300
_MOST_LETTERS, _MOST_ENTRIES, _SHORT = 18, 12, 3
_WIDEST = 72.0  # side of one cell of several
Box = tuple[float, float, float, float]
"""Left, top, width, height."""


def drawing(title: str, inside: str, height: float) -> str:
    """A drawing SIDE wide under its title, as HTML."""
    moved = f'{text(0, 12, title, 12)}<g transform="translate(0 {_HEAD})">{inside}</g>'
    return embedded(title, moved, SIDE, height + _HEAD)


def text(x: float, y: float, words: str, size: float, anchor: str = "start") -> str:
    """One line."""
    look = 'fill="currentColor" font-family="sans-serif"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.3g}" {look} text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def cells(rows: int, columns: int, ratio: float = 1.0) -> tuple[list[Box], float]:
    """Boxes row by row, and the height of all; ratio: of height to width."""
    side = min(SIDE / columns, max(_WIDEST, SIDE / 4 / ratio) if rows * columns > 1 else SIDE)
    gap = side * 0.04
    boxes = [
        (column * side + gap, row * side * ratio + gap, side - 2 * gap, side * ratio - 2 * gap)
        for row in range(rows)
        for column in range(columns)
    ]
    return boxes, rows * side * ratio


def frame(box: Box) -> str:
    """The edge of a box."""
    x, y, width, height = box
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        'fill="currentColor" fill-opacity="0.06" stroke="currentColor" stroke-opacity="0.35"/>'
    )


def named(box: Box, words: str) -> str:
    """A box with words in it, line by line."""
    x, y, width, height = box
    lines = words.split("\n")
    longest = max(map(len, lines))
    size = min(12.0, 1.5 * width / max(longest, 1), 0.8 * height / len(lines))
    top = y + height / 2 - size * 1.15 * (len(lines) / 2 - 0.8)
    return frame(box) + "".join(
        text(x + width / 2, top + 1.15 * size * n, line, size, "middle")
        for n, line in enumerate(lines)
    )


def png(pixels: Array) -> str:
    """uint8 [H, W] or [H, W, 3] as the address of a PNG image (ISO/IEC 15948)."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    return "data:image/png;base64," + base64.b64encode(data).decode()


def image(pixels: Array, box: Box) -> str:
    """Grey values [H, W] or colours [H, W, 3] of any range, fitted into a box."""
    values = np.nan_to_num(pixels.astype(float))
    rows, columns = values.shape[:2]
    top = 255.0 if float(values.max()) > 2 else 1.0
    step = max(1, -(-max(rows, columns) // _MOST_SIDE))
    small = (values[::step, ::step] / top).clip(0, 1) * 255
    x, y, width, _ = box
    return placed(png(small.astype(np.uint8)), (x, y, width, width * rows / columns))


def placed(address: str, box: Box, smooth: bool = False) -> str:
    """An image of that address in a box."""
    x, y, width, height = box
    size = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    look = "" if smooth else ' style="image-rendering:pixelated"'
    return f'<image {size} preserveAspectRatio="none"{look} href="{address}"/>'


def coloured(colour: Array) -> str:
    """Red, green and blue in [0, 1] as HTML writes them."""
    red, green, blue = (
        int(255 * c) for c in np.nan_to_num(colour, nan=0.5).clip(0, 1).tolist()[:3]
    )
    return f"#{red:02x}{green:02x}{blue:02x}"


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Colours and their names, to the right of a plane where they are short, else below it."""
    short = [(colour, words[:_MOST_LETTERS]) for colour, words in entries[:_MOST_ENTRIES]]
    beside = max((len(words) for _, words in short), default=0) <= _SHORT
    across = 40.0 if beside else 130.0
    places = (
        (SIDE - 30.0, 12.0 + 15 * n)
        if beside
        else (40.0 + across * (n % 2), SIDE - 36.0 + 14 * (n // 2))
        for n in range(len(short))
    )
    return "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' + text(x + 8, y + 4, words, 11)
        for (colour, words), (x, y) in zip(short, places, strict=True)
    )


class Plane:
    """A square for points and lines, the ends of whose axes are told in numbers."""

    def __init__(self, values: Array) -> None:
        """values: [n, 2], all of them finite, that have to fit in."""
        self._low, self._high = values.min(0), values.max(0)
        self._span = (self._high - self._low).clip(1e-9)
        self.box: Box = (34.0, 4.0, SIDE - 76.0, SIDE - 66.0)

    def axes(self) -> str:
        """The frame and four numbers."""
        x, y, width, height = self.box
        (x0, y0), (x1, y1) = self._low.tolist(), self._high.tolist()
        return (
            frame(self.box)
            + text(x, y + height + 12, f"{x0:.2g}", 10)
            + text(x + width, y + height + 12, f"{x1:.2g}", 10, "end")
            + text(x - 3, y + height, f"{y0:.2g}", 10, "end")
            + text(x - 3, y + 9, f"{y1:.2g}", 10, "end")
        )

    def _places(self, values: Array) -> list[tuple[float, float]]:
        x, y, width, height = self.box
        unit = ((values - self._low) / self._span).tolist()
        return [(x + 4 + (width - 8) * a, y + height - 4 - (height - 8) * b) for a, b in unit]

    def dots(self, points: Array, colours: Sequence[str]) -> str:
        """Points [n, 2], not too many of them."""
        pairs = zip(self._places(points[:_MOST_MARKS]), colours, strict=False)
        return "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
            for (x, y), colour in pairs
        )

    def line(self, ring: Array, colour: str) -> str:
        """Through points [n, 2]."""
        step = max(1, len(ring) // 60)
        kept = np.concatenate([ring[::step], ring[-1:]])
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in self._places(kept))
        return f'<polyline points="{places}" fill="none" stroke="{colour}"/>'
