"""`check("task")`: the first verdict, in the notebook, from the tape that lies beside it."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vae_utils.calls import Failure, evaluate
from vae_utils.compare import compare
from vae_utils.explain import explain
from vae_utils.quick import is_quick
from vae_utils.tape import Tape, TapedCheck, read

PASSED, FAILED, UNATTEMPTED = "passed", "failed", "not attempted"
_MARKS = {PASSED: "✓", FAILED: "✗", UNATTEMPTED: "○"}


@dataclass(frozen=True)
class Outcome:
    """What one check came to, and why."""

    check: TapedCheck
    verdict: str
    message: str = ""
    hint: str = ""


@lru_cache(maxsize=4)
def _read(path: Path, _changed: float) -> Tape:
    return read(path)


def _tape(folder: Path) -> Tape | None:
    """The tape in the notebook's folder; None where there is none."""
    tapes = sorted(folder.glob("*.tape"))
    return _read(tapes[0], tapes[0].stat().st_mtime) if tapes else None


def _failed(check: TapedCheck, function: str, failure: Failure) -> Outcome:
    if failure.kind in ("NotNumbers", "Missing"):
        return Outcome(check, FAILED, failure.text, explain(failure))
    if failure.kind == "NotImplementedError":
        inner = failure.path[-1] if failure.path else function
        where = "" if inner == function else f"it stops in {inner}"
        return Outcome(check, UNATTEMPTED, where)
    message = f"{function} raised {failure.kind}: {failure.text}".rstrip(": ")
    return Outcome(check, FAILED, message, explain(failure))


def replay(check: TapedCheck, namespace: dict[str, Any]) -> Outcome:
    """Make the recorded calls with the functions of `namespace` and compare."""
    for entry in check.entries:
        with contextlib.redirect_stdout(io.StringIO()):
            reply = evaluate(entry.call, namespace)
        if reply.failure:
            return _failed(check, entry.call.function, reply.failure)
        problem = compare(entry.kind, reply, entry.params)
        if problem:
            return Outcome(check, FAILED, problem)
    return Outcome(check, PASSED)


def _verdict(outcomes: list[Outcome]) -> str:
    verdicts = {outcome.verdict for outcome in outcomes}
    if verdicts == {PASSED}:
        return PASSED
    return FAILED if FAILED in verdicts or PASSED in verdicts else UNATTEMPTED


def _lines(task: str, outcomes: list[Outcome]) -> list[str]:
    verdict = _verdict(outcomes)
    points = sum(o.check.points for o in outcomes if o.verdict == PASSED)
    total = sum(o.check.points for o in outcomes)
    lines = [f"{_MARKS[verdict]} {task}: {verdict} ({points:g} of {total:g} points)"]
    if verdict == UNATTEMPTED:
        return lines + sorted({f"    {o.message}" for o in outcomes if o.message})
    for outcome in outcomes:
        lines.append(f"  {_MARKS[outcome.verdict]} {outcome.check.claim}")
        lines += [f"      {text}" for text in (outcome.message, outcome.hint) if text]
    return lines


def check(task: str) -> None:
    """Check a task of this notebook and print what came out.

    task: the task's name, as in `check("kl_divergence")`.
    Raises ValueError for a name that the notebook's tape does not know.
    """
    tape = _tape(Path.cwd())
    if tape is None:
        print(_no_tape(task))
        return
    if task not in tape.tasks:
        raise ValueError(f"no task {task!r} in this notebook; there is: {', '.join(tape.tasks)}")
    namespace = sys._getframe(1).f_globals
    outcomes = [replay(taped, namespace) for taped in tape.tasks[task]]
    print("\n".join(_lines(task, outcomes)))


def _no_tape(task: str) -> str:
    if is_quick():
        return f"{task}: this copy is being graded; the grader checks it from outside."
    return (
        f"{task}: not checked, there is no .tape file in {Path.cwd()}. Keep the notebook in the "
        "folder in which you received it, together with its tape."
    )
