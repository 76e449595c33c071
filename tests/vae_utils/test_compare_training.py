"""Comparisons for noisy training: bounds, points on two lines."""

from __future__ import annotations

import numpy as np

from vae_utils.calls import Reply
from vae_utils.compare import compare
from vae_utils.compare_segments import segments

CALLS, ROWS = 2, 1001


def _points(x: np.ndarray, y: np.ndarray) -> Reply:
    return Reply((x, y), single=False)


def _lines(theta: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    x, y = random.random((2, CALLS, ROWS, 2))
    x[..., 0], y[..., 0] = 0, theta
    return x, y


def test_numbers_between_bounds() -> None:
    low, high = (np.zeros(2), np.array(5.0)), (np.ones(2), np.array(6.0))
    bounds = {"low": low, "high": high}
    right = Reply((np.array([0.0, 1.0]), np.array(5.5)), single=False)
    assert compare("between", right, bounds) is None
    far = Reply((np.array([0.5, 1.5]), np.array(5.5)), single=False)
    said = "value 1: entry [1] is 1.5, between 0 and 1 wanted"
    assert compare("between", far, bounds) == said
    odd = Reply((np.array([0.5, np.nan]), np.array(5.5)), single=False)
    assert compare("between", odd, bounds) == "value 1 contains NaN or infinity"
    assert "2 values wanted" in str(compare("between", Reply((np.zeros(2),)), bounds))


def test_points_on_two_lines() -> None:
    x, y = _lines()
    params = {"places": (0.0, 1.5), "shape": (CALLS, ROWS, 2)}
    assert compare("segments", _points(x, y), params) is None
    turned = _points(x[..., ::-1], y[..., ::-1])
    said = compare("segments", turned, params)
    assert said is not None and said.startswith("the first coordinate of x is")
    assert compare("segments", turned, {**params, "along": 0}) is None
    assert "0 wanted" in str(compare("segments", _points(y, x), params))


def _changed(**u: np.ndarray) -> str | None:
    """What is said of points whose second coordinates are others."""
    x, y = _lines()
    for name, points in (("x", x), ("y", y)):
        if name in u:
            points[..., 1] = u[name]
    return segments(_points(x, y), places=(0.0, 1.5), shape=(CALLS, ROWS, 2))


def test_numbers_along_the_lines_that_hang_together() -> None:
    x, y = (points[..., 1] for points in _lines())
    assert "x and y are not independent" in str(_changed(y=1 - x))
    assert "two calls, of x," in str(_changed(x=np.broadcast_to(x[:1], x.shape)))
    walk = np.sort(y, axis=1)
    assert "neighbouring rows of y" in str(_changed(y=walk))
    assert "not uniform" in str(_changed(x=2 * x - 1))
    assert "not uniform" in str(_changed(x=np.random.default_rng(2).normal(size=x.shape)))
