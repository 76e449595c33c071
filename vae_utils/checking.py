"""`check("task")`: full feedback in the notebook, from the tape that lies beside it."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from vae_utils import showing
from vae_utils.quick import is_quick
from vae_utils.replaying import ANSWERED, FAILED, PASSED, RULE_BROKEN, Replay, TaskOutcome
from vae_utils.tape import Tape, read


class CheckFailed(Exception):
    """A task is not right. Jupyter shows one line of it, since the table above says more."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class UnknownTask(CheckFailed, ValueError):
    """There is no such task in the notebook."""


@lru_cache(maxsize=4)
def _read(path: Path, _changed: float) -> Tape:
    return read(path)


def _tape(folder: Path) -> Tape | None:
    """The tape in the notebook's folder; None where there is none."""
    tapes = sorted(folder.glob("*.tape"))
    return _read(tapes[0], tapes[0].stat().st_mtime) if tapes else None


def _is_validation() -> bool:
    """Whether nbgrader runs the notebook to tell its student whether everything passes."""
    return os.environ.get("NBGRADER_EXECUTION") == "validate"


def check(task: str | None = None) -> None:
    """Check a task of this notebook, or all of them, and show what came out.

    task: the task's name, as in `check("kl_divergence")`; without it, all tasks and the points
        so far. A task that is not attempted is no error, except for nbgrader's Validate.

    Raises:
        CheckFailed: the task is wrong.
        UnknownTask: the notebook's tape knows no task of that name.
    """
    tape = _tape(Path.cwd())
    if tape is None:
        if _is_validation():  # which must not report success of what nobody looked at
            raise CheckFailed(_no_tape(task or "All tasks"))
        print(_no_tape(task or "All tasks"))
        return
    replay = Replay(tape, sys._getframe(1).f_globals)
    if task is None:
        showing.show(showing.all_tasks([replay.task(name) for name in tape.tasks]))
        return
    done = replay.task(_known(task, tape))
    showing.show(showing.one_task(done))
    good = (PASSED, ANSWERED)
    if done.verdict in (FAILED, RULE_BROKEN) or (_is_validation() and done.verdict not in good):
        raise CheckFailed(_summary(done))


def _known(task: str, tape: Tape) -> str:
    """The task's name, also from that of its function."""
    if task in tape.tasks:
        return task
    for name, checks in tape.tasks.items():
        if any(entry.call.function == task for c in checks for entry in c.entries):
            return name
    raise UnknownTask(f"no task {task!r} on this tape; there is: {', '.join(tape.tasks)}")


def _summary(done: TaskOutcome) -> str:
    points = showing.points_of(done)
    worst: Any = done.worst
    said = (worst.hint or worst.message) if worst else done.verdict
    return f"{done.task}, {points}: {said}"


def _no_tape(task: str) -> str:
    if is_quick():
        return f"{task}: this copy is being graded; the grader checks it from outside."
    return (
        f"{task}: not checked, there is no .tape file in {Path.cwd()}. Keep the notebook in the "
        "folder in which you received it, together with its tape."
    )
