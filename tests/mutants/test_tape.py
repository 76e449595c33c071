"""`check` in the notebook says what the judge says: same verdict, same mistake named."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from vae_utils.replaying import ANSWERED, FAILED, PASSED, UNATTEMPTED, Replay, TaskOutcome
from vae_utils.tape import Tape, read

from .book import Book, Right, Wrong
from .cases import every_right, every_task, some_right, some_wrong, taped_wrong


@cache
def _tape(book: Book) -> Tape:
    return read(book.assignment.tape)


def checked(book: Book, solutions: dict[str, str], task: str, **more: Any) -> TaskOutcome:
    """What `check` says of the reference with `solutions` put in."""
    return Replay(_tape(book), book.namespace(solutions, **more)).task(task)


def _must_be_named(wrong: Wrong) -> None:
    done = checked(wrong.book, {wrong.task: wrong.source}, wrong.task)
    if done.verdict == ANSWERED and wrong.misconception:
        return  # what is right only the grader knows
    assert done.verdict == FAILED and done.worst is not None
    assert done.worst.misconception == wrong.misconception
    assert done.worst.hint if wrong.misconception else done.worst.message
    named = {(outcome.function, outcome.misconception) for outcome in done.outcomes}
    functions = [function for function, mistake in named if mistake]
    assert len(functions) == len(set(functions)), named


def _must_pass(right: Right) -> None:
    done = checked(right.book, {right.task: right.source}, right.task)
    assert done.verdict in (PASSED, ANSWERED)


@pytest.mark.quick
@some_wrong
def test_the_notebook_names_the_mistake_that_the_judge_names(wrong: Wrong) -> None:
    _must_be_named(wrong)


@pytest.mark.quick
@some_right
def test_the_notebook_passes_what_the_judge_passes(right: Right) -> None:
    _must_pass(right)


@pytest.mark.slow
@taped_wrong
def test_the_notebook_names_every_mistake(wrong: Wrong) -> None:
    _must_be_named(wrong)


@pytest.mark.slow
@every_right
def test_the_notebook_passes_every_right_solution(right: Right) -> None:
    _must_pass(right)


@every_task
def test_an_untouched_task_is_not_attempted(book: Book, task: str) -> None:
    assert checked(book, {}, task, untouched=True).verdict == UNATTEMPTED
