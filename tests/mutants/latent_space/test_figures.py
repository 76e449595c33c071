"""Figures of digits are told right from wrong also where the samplers they call are wrong."""

from __future__ import annotations

import pytest

from tests.mutants.book import Right, Wrong, part
from tests.mutants.test_judge import losers

from . import digits_right, digits_wrong
from .notebook import BOOK

_SAMPLERS = {
    "sample_bernoulli": "return (theta > 0.5).float()",
    "sample_diag_gaussian": "return mu + torch.rand_like(mu)",
}
_DRAWN = "(samples_figure)", "(draws_figure)", "(reconstruction_figure)"
WRONG = [wrong for wrong in digits_wrong.WRONG if wrong.name.endswith(_DRAWN)]
RIGHT = [right for right in digits_right.RIGHT if right.name.endswith(_DRAWN)]


def _lost(case: Right, *names: str) -> set[str]:
    cells = {name: BOOK.body(name, _SAMPLERS[name]) for name in names}
    ask = BOOK.student({**cells, case.task: case.source})
    return losers(BOOK.judged(ask, 7, case.task, lost=frozenset(names)))


@pytest.mark.slow
@pytest.mark.parametrize("wrong", part(WRONG, 5), ids=str)
def test_a_wrong_figure_fails_with_a_wrong_sampler(wrong: Wrong) -> None:
    assert _lost(wrong, "sample_bernoulli")


@pytest.mark.slow
@pytest.mark.parametrize("right", part(RIGHT, 3), ids=str)
def test_a_right_figure_passes_with_wrong_samplers(right: Right) -> None:
    assert not _lost(right, *_SAMPLERS)
