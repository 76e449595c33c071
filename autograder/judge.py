"""Runs the checks of an assignment against a student's kernel."""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from autograder.assignment import Assignment, Task
from autograder.carried_forward import Done, fairest, has_lost
from autograder.checks import Draw
from autograder.collecting import Check, NoChecks, collected
from autograder.known import Known
from autograder.sandbox.host import ZygoteFailed
from autograder.student import Ask, Exhibit, Student
from autograder.verdicts import CheckResult, NotPassed, TaskReport, Verdict, one_line
from vae_utils.evidence import sketched
from vae_utils.misconceptions import worth_naming


class JudgeBroke(RuntimeError):
    """A check itself failed: a fault of ours, never the student's."""


def claim_of(check: Any) -> str:
    """What a check says it proves: the first paragraph of its docstring on one line."""
    return " ".join((inspect.getdoc(check) or check.__name__).split("\n\n")[0].split())


class _Judge:
    """Runs checks against a submission, keeps what each came to."""

    def __init__(
        self,
        ask: Ask,
        seed: int,
        signatures: dict[str, tuple[str, ...]],
        rules: dict[str, str],
        recording: bool = False,
        lost: frozenset[str] = frozenset(),
        replaced: frozenset[str] = frozenset(),
    ) -> None:
        self._ask, self._seed, self._signatures, self._rules = ask, seed, signatures, rules
        self._recording, self._lost, self._replaced = recording, lost, replaced
        self.done: dict[str, list[Done]] = {}

    def run(self, task: str, check: Check) -> None:
        """Run a check and keep its result."""
        draw = Draw(self._seed, f"{task}/{check.__name__}")
        lost = self._lost | losers(self.done)
        student = Student(self._ask, draw, lost, self._replaced, self._signatures, self._recording)
        if sentence := self._rules.get(task):
            problem: NotPassed | None = NotPassed(Verdict.RULE_BROKEN, sentence)
        else:
            problem = outcome(check, student, draw)
        self.done.setdefault(task, []).append(done_with(check, student, draw, problem))


def losers(done: dict[str, list[Done]]) -> frozenset[str]:
    """Tasks that lost points."""
    return frozenset(name for name, checks in done.items() if has_lost(checks))


def outcome(check: Check, student: Student, draw: Draw) -> NotPassed | None:
    """Run a check: what was wrong. An exception that is no verdict is our own fault."""
    given = {"student": student, "draw": draw}
    try:
        check(**{name: given[name] for name in inspect.signature(check).parameters})
    except NotPassed as problem:
        return problem
    except Exception as error:
        if not student.answered or isinstance(error, (OSError, ZygoteFailed)):
            raise JudgeBroke("".join(traceback.format_exception(error))) from error
        # An answer so odd that the check stumbles over it is wrong, not our fault.
        said = f"its result cannot be judged ({type(error).__name__})"
        return NotPassed(Verdict.FAILED, said)
    return None


def done_with(check: Any, student: Student, draw: Draw, problem: NotPassed | None) -> Done:
    """What is kept of a check that was run."""
    result = _result(check, check.__name__, problem)
    if problem is not None:
        result = replace(result, picture=_picture(student.exhibit))
    parts, asked = tuple(student.parts), tuple(student.asked)
    return Done(result, student.claims, draw, student.exhibit, student.given_claims, parts, asked)


def _picture(exhibit: Exhibit | None) -> str:
    """Of a figure that was not as asked; drawn from what a hostile kernel says that it shows."""
    if exhibit is None or exhibit.claim is None or not exhibit.call.picture:
        return ""
    with contextlib.suppress(Exception):
        return sketched(exhibit.claim.kind, exhibit.claim.params, exhibit.reply)
    return ""


def _result(check: Any, name: str, problem: NotPassed | None) -> CheckResult:
    shown: dict[str, Any] = {
        "name": name,
        "claim": claim_of(check),
        "points": float(check.points),
    }
    if problem is None:
        return CheckResult(verdict=Verdict.PASSED, **shown)
    return CheckResult(
        verdict=problem.verdict,
        message=one_line(problem.message),
        hint=problem.hint,
        misconception=problem.misconception,
        **shown,
    )


@dataclass(frozen=True)
class Judged:
    """All checks as they were run, and what is known of each task from now on."""

    done: dict[str, list[Done]]
    """Only of the tasks that had to be judged."""
    known: dict[str, Known]


def run_checks(
    assignment: Assignment,
    ask: Ask,
    seed: int,
    broken: dict[str, str] | None = None,
    recording: bool = False,
    known: dict[str, Known] | None = None,
) -> Judged:
    """Run all checks; raises JudgeBroke if one of them fails by our own fault.

    broken: tasks that break a house rule, with a sentence; their functions are not called.
    recording: whether to claim the same about stand-ins, for a tape.
    known: tasks that need not be judged again, unless others that sway them lose points now and did
    not before, or the other way round.
    """
    broken, known = broken or {}, dict(known or {})
    own: dict[str, list[Done]] = {}
    todo = tuple(task for task in assignment.tasks if task.name not in known)
    while todo:
        earlier = frozenset(name for name, task in known.items() if task.lost)
        run = _Judge(ask, seed, assignment.signatures, broken, recording, earlier)
        own |= _run(todo, run)
        lost = losers(own) | earlier
        todo = tuple(
            t for t in assignment.tasks if t.name in known and not known[t.name].holds(lost)
        )
        known = {name: task for name, task in known.items() if name not in {t.name for t in todo}}

    def again(task: Task, replaced: frozenset[str]) -> list[Done]:
        run = _Judge(ask, seed, assignment.signatures, {}, lost=lost, replaced=replaced)
        return _run((task,), run)[task.name]

    done = dict(own)
    for task in assignment.tasks:
        if task.name in own and task.name in lost and task.name not in broken:
            done[task.name] = fairest(own[task.name], lost, partial(again, task))
    found = {name: _known(done[name], own[name], lost) for name in own}
    return Judged(done, {task.name: (known | found)[task.name] for task in assignment.tasks})


def _known(done: list[Done], own: list[Done], lost: frozenset[str]) -> Known:
    rests_on = {name: name in lost for item in own for name in (*item.parts, *item.asked)}
    return Known(tuple(one_mistake_a_function(done)), has_lost(own), rests_on)


def one_mistake_a_function(done: list[Done]) -> Iterator[CheckResult]:
    """The results of checks, without hints that hang on an earlier mistake of the function."""
    named = worth_naming((_about(item), item.result.misconception) for item in done)
    for item, name_it in zip(done, named, strict=True):
        yield item.result if name_it else replace(item.result, hint="", misconception=None)


def _about(item: Done) -> str:
    """The function that a check looked at; of answers to questions each stands by itself."""
    call = item.exhibit.call if item.exhibit else None
    return item.result.name if call is None or call.choices else call.function


def _run(tasks: tuple[Task, ...], judge: _Judge) -> dict[str, list[Done]]:
    for task in tasks:
        for check in _checks_of(task):
            judge.run(task.name, check)
    return judge.done


def _checks_of(task: Task) -> tuple[Check, ...]:
    try:
        return collected(task.checks)
    except NoChecks as error:
        raise JudgeBroke(str(error)) from error


def judge(
    assignment: Assignment, ask: Ask, seed: int, broken: dict[str, str] | None = None
) -> tuple[TaskReport, ...]:
    """Verdicts on every task of the assignment, with inputs drawn from `seed`.

    broken: tasks that break a house rule, with a sentence.
    """
    return reports(assignment, run_checks(assignment, ask, seed, broken).known)


def report(task: Task, done: list[Done]) -> TaskReport:
    """The results of a task's checks."""
    return TaskReport(task.name, task.points, tuple(one_mistake_a_function(done)))


def reports(assignment: Assignment, known: dict[str, Known]) -> tuple[TaskReport, ...]:
    """What is known as verdicts on tasks."""
    return tuple(
        TaskReport(task.name, task.points, known[task.name].results) for task in assignment.tasks
    )
