"""`check` in the notebook says what the judge says: same verdict, same mistake named."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from vae_utils.replaying import FAILED, PASSED, UNATTEMPTED, WAITING, Replay, TaskOutcome
from vae_utils.tape import Tape, read

from .notebook import assignment, body, namespace
from .right import RIGHT, Right
from .test_judge import SOME_PARTS, TASKS, USERS, _name, every_right, every_wrong
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


@pytest.mark.parametrize("wrong", SOME_PARTS[::2], ids=_name)
def test_a_wrong_part_costs_only_its_own_task_here_too(wrong: Wrong) -> None:
    replay = Replay(_tape(), namespace({wrong.task: wrong.source}))
    for user in USERS[wrong.task]:
        done = replay.task(user)
        assert done.points == done.max_points, done.outcomes
        said = {outcome.message for outcome in done.outcomes} - {""}
        assert said <= {f"right, given your own {wrong.task}"}


UNTOUCHED = body("kl_divergence", "raise NotImplementedError()")
WRONG_KL = body("kl_divergence", "return 0.3 * mu.sum(-1)")
ADDED = body(
    "elbo",
    "mu, logsigma = self.encoder(x)\ntheta = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
    "log_p = -F.binary_cross_entropy(theta, x, reduction='none').sum(-1)\n"
    "return log_p + self.kl_divergence(mu, logsigma)",
)


def test_a_part_that_is_not_attempted_costs_nothing_more() -> None:
    done = _checked({"kl_divergence": UNTOUCHED}, "elbo")
    assert done.verdict == PASSED


def test_nothing_is_said_of_a_failure_that_may_come_from_a_part() -> None:
    unknown = ADDED.replace("log_p + self", "log_p - 3 * self")
    done = _checked({"kl_divergence": WRONG_KL, "elbo": unknown}, "elbo")
    assert done.verdict == WAITING
    assert "uses your kl_divergence, not right yet" in done.outcomes[0].message


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
