"""What a call costs Python is counted: a loop over the batch shows however it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.student import Student
from autograder.verdicts import NotPassed, Verdict
from vae_utils.calls import Call
from vae_utils.evaluating import evaluate

ROWS = 4096


def _loop(x: Tensor) -> Tensor:
    total = []
    for row in x:
        total.append(row.sum())
    return torch.stack(total)


def _recursion(x: Tensor) -> Tensor:
    if len(x) < 2:
        return x.sum(-1)
    half = len(x) // 2
    return torch.cat([_recursion(x[:half]), _recursion(x[half:])])


LOOPS: dict[str, Callable[[Tensor], Any]] = {
    "for": _loop,
    "comprehension": lambda x: torch.stack([row.sum() for row in x]),
    "map of torch": lambda x: torch.stack(list(map(torch.sum, x))),
    "map of methods": lambda x: torch.stack(list(map(Tensor.sum, x.unbind()))),
    "numpy along": lambda x: np.apply_along_axis(lambda row: row.sum(), 1, x.numpy()),
    "numpy vectorize": lambda x: np.vectorize(lambda i: x[int(i)].sum())(np.arange(len(x))),
    "recursion": _recursion,
}
AT_ONCE: dict[str, Callable[[Tensor], Any]] = {
    "sum": lambda x: x.sum(-1),
    "einsum": lambda x: torch.einsum("bd->b", x),
    "numpy": lambda x: x.numpy().sum(-1),
    "vmap": lambda x: torch.vmap(torch.sum)(x),
    "pixel by pixel": lambda x: sum(x[:, i] for i in range(x.shape[1])),
}


def judged(function: Callable[[Tensor], Any]) -> NotPassed | None:
    """The word on its cost."""
    student = Student(lambda call: evaluate(call, {"f": function}), Draw(0, "x"))
    row = torch.ones(5)
    try:
        student.must_cost(2048, "f", (row.expand(1, -1),), (row.expand(ROWS, -1),))
    except NotPassed as problem:
        return problem
    return None


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_over_the_rows_is_too_dear(name: str) -> None:
    problem = judged(LOOPS[name])
    assert problem is not None and problem.verdict is Verdict.FAILED
    assert "loop over the batch" in problem.message


@pytest.mark.parametrize("name", AT_ONCE)
def test_all_rows_at_once_are_not(name: str) -> None:
    assert judged(AT_ONCE[name]) is None


def test_printing_many_rows_is_no_loop() -> None:
    def printing(x: Tensor) -> Tensor:
        print(x.sum(-1), x)
        return x.sum(-1)

    assert judged(printing) is None


def test_the_count_is_the_same_every_time() -> None:
    call = Call("f", (torch.ones(7, 3),), counted=True)
    counts = {evaluate(call, {"f": _loop}).steps for _ in range(3)}
    assert len(counts) == 1 and counts.pop() > 7


def test_nothing_is_counted_unless_asked() -> None:
    assert evaluate(Call("f", (torch.ones(7, 3),)), {"f": _loop}).steps == 0


def _refusing(error: BaseException | None) -> Callable[[float], float]:
    def f(x: float) -> float:
        if error:
            raise error
        return x

    return f


@pytest.mark.parametrize("error", [ValueError("alpha"), AssertionError(), RuntimeError("no")])
def test_an_exception_that_is_meant_refuses(error: Exception) -> None:
    student = Student(lambda call: evaluate(call, {"f": _refusing(error)}), Draw(0, "x"))
    student.must_refuse("f", 2.0)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (None, Verdict.FAILED),
        (NameError("alpah"), Verdict.FAILED),
        (TypeError("bool"), Verdict.FAILED),
        (NotImplementedError(), Verdict.UNATTEMPTED),
    ],
    ids=str,
)
def test_an_accident_does_not(error: Exception | None, verdict: Verdict) -> None:
    student = Student(lambda call: evaluate(call, {"f": _refusing(error)}), Draw(0, "x"))
    with pytest.raises(NotPassed) as problem:
        student.must_refuse("f", 2.0)
    assert problem.value.verdict is verdict
