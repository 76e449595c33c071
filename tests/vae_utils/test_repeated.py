"""Claims about calls that are repeated: whether they vary, and how much."""

from __future__ import annotations

import numpy as np
import pytest

from vae_utils.calls import Reply
from vae_utils.compare import compare


def _reply(*values: float) -> Reply:
    return Reply((np.array(values, np.float32),))


def test_two_equal_calls_do_not_vary() -> None:
    assert compare("varies", _reply(1.0, 1.0), {}) == "two calls gave the same values"
    assert compare("varies", _reply(1.0, 2.0), {}) is None


def test_of_many_calls_some_may_be_equal() -> None:
    assert compare("varies", _reply(1.0, 1.0, 2.0), {}) is None
    assert compare("repeats", _reply(1.0, 1.0, 2.0), {}) == "two calls gave different values"
    assert compare("varies", _reply(1.0, 1.0, 1.0), {}) == "all calls gave the same values"


def test_steady_calls_differ_by_no_more_than_they_may() -> None:
    params = {"most": 0.5, "shape": (3,)}
    assert compare("steady", _reply(1.0, 1.25, 1.5), params) is None
    problem = compare("steady", _reply(1.0, 2.0, 1.5), params)
    assert problem == "equal calls gave values that differ by up to 1; at most 0.5 wanted"


@pytest.mark.parametrize("values", [(1.0, 1.0), (1.0, float("nan"), 1.0)])
def test_steady_calls_give_as_many_numbers_as_asked_for(values: tuple[float, ...]) -> None:
    assert compare("steady", _reply(*values), {"most": 0.5, "shape": (3,)}) is not None
