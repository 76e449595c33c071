"""The curves of the toy experiment are told right from wrong also where the distances are wrong."""

from __future__ import annotations

import pytest

from tests.mutants.book import Right, Wrong
from tests.mutants.test_judge import losers

from . import toy_right, toy_wrong
from .notebook import BOOK

_PARTS = {
    "vf_squared_hellinger": "return 0 * critic(x).mean() + critic(y).sum()",
    "vf_wasserstein_distance": "return critic(y).mean() ** 2 + 0 * critic(x).mean()",
}
_KEPT = [wrong for wrong in toy_wrong.CURVES if wrong.misconception == "batch_kept"]
_RIGHT = [
    right
    for right in toy_right.CURVES
    if not right.name.startswith(("inline", "points for both", "gradients", "looks"))
]
"""Those that ask the notebook's functions for everything."""


def _lost(source: str) -> set[str]:
    cells = {name: BOOK.body(name, body) for name, body in _PARTS.items()}
    ask = BOOK.student({**cells, "toy": source})
    return losers(BOOK.judged(ask, 7, "toy", lost=frozenset(_PARTS)))


@pytest.mark.slow
@pytest.mark.parametrize("right", _RIGHT, ids=str)
def test_right_curves_pass_with_wrong_distances(right: Right) -> None:
    assert not _lost(right.source)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", _KEPT, ids=str)
def test_points_that_come_again_are_seen_with_wrong_distances(wrong: Wrong) -> None:
    assert _lost(wrong.source)


@pytest.mark.slow
def test_nothing_is_given_for_curves_that_are_missing() -> None:
    cells = {name: BOOK.body(name, body) for name, body in _PARTS.items()}
    curves = BOOK.body("toy", "raise NotImplementedError()", "toy_curves")
    ask = BOOK.student({**cells, "toy": curves})
    checks = BOOK.judged(ask, 7, "toy", lost=frozenset(_PARTS))["toy"].checks
    passed = {check.name for check in checks if check.points and check.message == ""}
    assert not passed & {"test_curves", "test_steps_and_order", "test_points_for_every_step"}
