"""Plots of several curves, as they are read from a figure and held against what was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from vae_utils.calls import Call
from vae_utils.compare import compare
from vae_utils.evaluating import evaluate

XS = np.array([2.0, 1.0, 0.0])
ONE, TWO = np.array([1.9, 1.8, 0.1]), np.array([2.0, 1.0, 0.1])
ASKED: dict[str, Any] = {
    "points": np.concatenate([np.stack([XS, ys], 1) for ys in (ONE, TWO)]),
    "labels": np.repeat([0, 1], 3),
    "words": ("hell", "wass"),
}
Draw = Callable[[Any], None]


def _said(draw: Draw, **more: Any) -> str | None:
    def function() -> Any:
        figure, ax = plt.subplots()
        draw(ax)
        return figure

    reply = evaluate(Call("function", picture=True), {"function": function})
    assert reply.failure is None
    return compare("curves", reply, {**ASKED, **more})


def _right(ax: Any) -> None:
    ax.plot(XS, ONE, "o-", label="Hellinger")
    ax.plot(XS, TWO, "x--", label="Wasserstein")
    ax.legend()


def test_curves_that_meet_in_a_point() -> None:
    assert _said(_right) is None


def test_other_names_and_another_order_will_do() -> None:
    def draw(ax: Any) -> None:
        ax.plot(XS[::-1], TWO[::-1], "s", label="W")
        ax.plot(XS, ONE, ".", label="H")
        ax.legend()

    assert _said(draw) is None


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda ax: ax.plot(XS, ONE), "0 panels with markers"),
        (lambda ax: ax.plot(XS, ONE, "o"), "there are 3 markers, 6 wanted"),
        (lambda ax: [ax.plot(XS, ys + 0.1, "o") for ys in (ONE, TWO)], "no marker is at (2, 1.9)"),
        (lambda ax: [ax.plot(XS, ys, "ko") for ys in (ONE, TWO)], "the same colour"),
        (lambda ax: [ax.plot(XS, ys, "o") for ys in (ONE, TWO)], "the legend has 0 entries"),
    ],
)
def test_what_is_wrong_is_said(draw: Draw, said: str) -> None:
    assert said in str(_said(draw))


def test_names_that_are_exchanged() -> None:
    def draw(ax: Any) -> None:
        ax.plot(XS, ONE, "o-", label="Wasserstein")
        ax.plot(XS, TWO, "o-", label="squared Hellinger")
        ax.legend()

    assert "another colour" in str(_said(draw))
    assert _said(draw, words=("wass", "hell")) is None


def test_mistakes_to_recognise() -> None:
    assert _said(lambda ax: ax.plot(XS, ONE), markers=False) is None
    assert _said(_right, markers=False) == "there are markers"
    assert _said(lambda ax: [ax.plot(XS, ys, "o") for ys in (ONE, TWO)], legend=False) is None
