"""Errors carried forward: which of a student's parts have stand-ins while what uses them is judged.

A right function earns its points whatever became of the parts that it uses. So a task that lost
points is judged again with stand-ins for parts that lost points, too. Which of them the function
calls is not known (it may do without a method), so all choices are tried. One choice holds for all
checks of the task: otherwise a wrong function could take for each the one that hides its mistake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from autograder.checks import Draw
from autograder.student import NOT_ATTEMPTED, Claim, Exhibit
from autograder.verdicts import CheckResult, Verdict
from vae_utils.explain import listed

RETRY_SECONDS = 30.0
"""For all choices of one task; an honest function needs half a second for each."""


@dataclass(frozen=True)
class Done:
    """A check that was run: its result, and what it asked and claimed."""

    result: CheckResult
    claims: list[Claim]
    draw: Draw
    exhibit: Exhibit | None = None
    given_claims: list[Claim] = field(default_factory=list)
    parts: tuple[str, ...] = ()
    """Tasks whose methods the judged function may use."""
    asked: tuple[str, ...] = ()
    """Tasks of which the check asked whether they lost points."""


def has_lost(done: Sequence[Done]) -> bool:
    """Whether any check did not pass."""
    return any(item.result.verdict is not Verdict.PASSED for item in done)


def fairest(
    own: list[Done], lost: frozenset[str], again: Callable[[frozenset[str]], list[Done]]
) -> list[Done]:
    """The checks of a task with own parts, or with the stand-ins that earn it more.

    lost: tasks that lost points. again: runs the checks with stand-ins for these parts.
    """
    best, deadline = own, time.monotonic() + RETRY_SECONDS
    for replaced in _choices(own, lost):
        if not has_lost(best) or time.monotonic() > deadline:
            break
        done = [_told(item, replaced) for item in again(frozenset(replaced))]
        best = max(best, done, key=_worth)
    return best


def _choices(own: list[Done], lost: frozenset[str]) -> list[tuple[str, ...]]:
    """Parts to replace, those first that most functions need: all of them, then each alone."""
    blamed = [name for name in dict.fromkeys(p for d in own for p in d.parts) if name in lost]
    problems = [d.result for d in own if d.result.verdict is not Verdict.PASSED]
    if all(problem.message == NOT_ATTEMPTED for problem in problems):
        return []
    sizes = sorted(range(1, len(blamed) + 1), key=lambda size: (size < len(blamed), size))
    choices = [names for size in sizes for names in combinations(blamed, size)]
    hangs = any(problem.verdict is Verdict.TIMED_OUT for problem in problems)
    return choices[:1] if hangs else choices


def _worth(done: list[Done]) -> tuple[float, bool]:
    """Points first; of equals, results that name a mistake teach more."""
    results = [item.result for item in done]
    points = sum(r.points for r in results if r.verdict is Verdict.PASSED)
    return points, any(r.misconception for r in results)


def _told(done: Done, replaced: tuple[str, ...]) -> Done:
    """Its result says that parts were replaced."""
    result = done.result
    if result.verdict is Verdict.PASSED:
        note = f"right, given your own {listed(replaced)}"
        return replace(done, result=replace(result, note=note))
    message = f"with a stand-in for {listed(replaced)}, {result.message}"
    return replace(done, result=replace(result, message=message))
