"""`check` in the notebook says what the judge says: same verdict, same mistake named."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from vae_utils.replaying import FAILED, PASSED, UNATTEMPTED, WAITING, Replay, TaskOutcome
from vae_utils.tape import Tape, read

from .notebook import assignment, body, namespace
from .right import RIGHT, Right
from .test_judge import TASKS, USERS, _name, every_right, every_wrong
from .wrong import WRONG, Wrong


@cache
def _tape() -> Tape:
    return read(assignment().tape)


def _checked(solutions: dict[str, str], task: str, **more: Any) -> TaskOutcome:
    return Replay(_tape(), namespace(solutions, **more)).task(task)


def _must_be_named(wrong: Wrong) -> None:
    done = _checked({wrong.task: wrong.source}, wrong.task)
    assert done.verdict == FAILED and done.worst is not None
    assert done.worst.misconception == wrong.misconception
    assert done.worst.hint if wrong.misconception else done.worst.message


@pytest.mark.parametrize("wrong", WRONG[::6], ids=_name)
def test_the_notebook_names_the_mistake_that_the_judge_names(wrong: Wrong) -> None:
    _must_be_named(wrong)


@pytest.mark.parametrize("right", RIGHT[::6], ids=_name)
def test_the_notebook_passes_what_the_judge_passes(right: Right) -> None:
    assert _checked({right.task: right.source}, right.task).verdict == PASSED


@pytest.mark.slow
@every_wrong
def test_the_notebook_names_every_mistake(wrong: Wrong) -> None:
    _must_be_named(wrong)


@pytest.mark.slow
@every_right
def test_the_notebook_passes_every_right_solution(right: Right) -> None:
    assert _checked({right.task: right.source}, right.task).verdict == PASSED


@pytest.mark.parametrize("task", TASKS)
def test_an_untouched_task_is_not_attempted(task: str) -> None:
    assert _checked({}, task, untouched=True).verdict == UNATTEMPTED


@pytest.mark.slow
def test_a_task_waits_for_the_parts_that_it_uses() -> None:
    """With a wrong part, nothing false is said about the task that uses it."""
    cases = [(w, user) for w in WRONG for user in USERS.get(w.task, ())]
    verdicts = [_checked({w.task: w.source}, user).verdict for w, user in cases]
    assert set(verdicts) == {PASSED, WAITING}


def test_a_crash_names_its_line() -> None:
    done = _checked({"elbo": body("elbo", "x = x + 1\nreturn nothing")}, "elbo")
    assert done.verdict == FAILED
    assert "NameError: name 'nothing' is not defined (in line 4, elbo" in done.worst.message


def test_arguments_are_called_by_their_names() -> None:
    lines = "return 0.5 * (mu**2 + torch.exp(2 * logsigma.detach()) - 1 - 2 * logsigma).sum(-1)"
    done = _checked({"kl_divergence": body("kl_divergence", lines)}, "kl_divergence")
    assert "the gradient of logsigma: entry [0, 0] is" in done.worst.message


def test_there_are_as_many_cases_as_promised() -> None:
    assert len({(w.task, w.misconception) for w in WRONG if w.misconception}) >= 40
    assert len(RIGHT) >= 40
