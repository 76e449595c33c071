"""Tiny pictures as SVG: they cost no drawing library, and show wherever HTML does."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from vae_utils.arrays import Array
from vae_utils.embedded import embedded

WIDTH, HEIGHT = 300, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 18, 30
_YOURS, _WANTED = "#1f77b4", "#d95f02"
_COLOURS = ("#1f77b4", "#d95f02", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
_DOTS = 300
_BINS = 30


class _Frame:
    """Axes of a picture: from numbers to places on it."""

    def __init__(self, xs: tuple[float, float], ys: tuple[float, float]) -> None:
        self._xs, self._ys = _wide(*xs), _wide(*ys)

    def x(self, value: float) -> float:
        low, high = self._xs
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (value - low) / (high - low), 1)

    def y(self, value: float) -> float:
        low, high = self._ys
        span = HEIGHT - _TOP - _BOTTOM
        return round(HEIGHT - _BOTTOM - span * (value - low) / (high - low), 1)

    def axes(self, along: str, up: str) -> str:
        """Two lines, their ends as numbers, and their names."""
        floor, end = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        lines = f'<path d="M{_LEFT} {_TOP}V{floor}H{end}" stroke="currentColor" fill="none"/>'
        (x0, x1), (y0, y1) = self._xs, self._ys
        return lines + "".join(
            (
                _text(_LEFT, floor + 11, f"{x0:.3g}"),
                _text(end, floor + 11, f"{x1:.3g}", "end"),
                _text((_LEFT + end) / 2, HEIGHT - 6, along, "middle"),
                _text(_LEFT - 4, floor, f"{y0:.3g}", "end"),
                _text(_LEFT - 4, _TOP + 8, f"{y1:.3g}", "end"),
                _text(_LEFT, 11, up),
            )
        )


def _wide(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    look = 'font-size="10" fill="currentColor" font-family="sans-serif"'
    return f'<text x="{x:g}" y="{y:g}" {look} text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, *parts: str) -> str:
    return embedded(title, "".join(parts), WIDTH, HEIGHT)


def _line(frame: _Frame, xs: Sequence[float], ys: Sequence[float]) -> str:
    places = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline points="{places}" fill="none" stroke="{_WANTED}" stroke-width="1.5"/>'


def _dot(frame: _Frame, x: float, y: float, colour: str) -> str:
    return f'<circle cx="{frame.x(x)}" cy="{frame.y(y)}" r="2" fill="{colour}"/>'


def _few(values: Array) -> Array:
    step = max(1, len(values) // _DOTS)
    return values[::step]


def comparison(wanted: Array, yours: Array, along: str = "expected", up: str = "yours") -> str:
    """Values against the expected ones, equal shapes; right ones lie on the line."""
    both = np.stack([wanted.ravel(), yours.ravel()]).astype(float)
    if not both.size or not np.isfinite(both).all():
        return ""
    low, high = float(both.min()), float(both.max())
    frame = _Frame((low, high), (low, high))
    dots = (_dot(frame, x, y, _YOURS) for x, y in _few(both.T).tolist())
    line = _line(frame, (low, high), (low, high))
    return _svg(f"{up} against {along}", frame.axes(along, up), line, *dots)


def histogram(draws: Array, values: Array, density: Array, along: str) -> str:
    """Draws as bars, the density that they should have as a line: values [N], density [N]."""
    draws = draws.ravel().astype(float)
    if not len(draws) or not np.isfinite(draws).all():
        return ""
    low, high = float(values.min()), float(values.max())
    counts, _ = np.histogram(draws.clip(low, high), _BINS, (low, high))
    heights = counts * _BINS / (high - low) / len(draws)
    top = float(max(heights.max(), density.max()))
    frame = _Frame((low, high), (0.0, top))
    width = (high - low) / _BINS
    bars = (_bar(frame, low + i * width, width, float(h)) for i, h in enumerate(heights))
    line = _line(frame, values.tolist(), density.tolist())
    return _svg("your draws", frame.axes(along, "your draws (bars), wanted (line)"), *bars, line)


def _bar(frame: _Frame, left: float, width: float, height: float) -> str:
    x, right, y = frame.x(left), frame.x(left + width), frame.y(height)
    size = f'width="{right - x:.1f}" height="{frame.y(0.0) - y:.1f}"'
    return f'<rect x="{x}" y="{y}" {size} fill="{_YOURS}" fill-opacity="0.5"/>'


def clouds(points: Array, kinds: Array) -> str:
    """Points [B, 2] coloured by kind [B]."""
    points = points.astype(float)
    if not np.isfinite(points).all():
        return ""
    (x0, y0), (x1, y1) = points.min(0).tolist(), points.max(0).tolist()
    frame = _Frame((x0, x1), (y0, y1))
    dots = (
        _dot(frame, x, y, _COLOURS[int(kind) % len(_COLOURS)])
        for (x, y), kind in zip(points.tolist(), kinds.tolist(), strict=True)
    )
    return _svg("your map", frame.axes("", "your map, one colour a kind"), *dots)
