"""Runs the checks of an assignment, which are pytest tests, against a student's kernel."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from autograder.assignment import Assignment, Task
from autograder.carried_forward import Done, fairest, has_lost
from autograder.checks import Draw
from autograder.known import Known
from autograder.student import Ask, Student
from autograder.verdicts import CheckResult, NotPassed, TaskReport, Verdict, one_line

_OPTIONS = (
    "--noconftest", "--assert=plain", "--import-mode=prepend", "--capture=no",
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:unraisableexception",
    "-p", "no:threadexception", "-p", "no:faulthandler", "-p", "no:logging", "-p", "no:junitxml",
    "-p", "no:timeout", "-p", "no:xdist", "-p", "no:warnings",
    "-o", "python_files=*.py", "-o", "addopts=", "-o", "filterwarnings=",
)  # fmt: skip


class JudgeBroke(RuntimeError):
    """A check itself failed: a fault of ours, never the student's."""


def claim_of(check: Any) -> str:
    """What a check says it proves: the first paragraph of its docstring on one line."""
    return " ".join((inspect.getdoc(check) or check.__name__).split("\n\n")[0].split())


class _Judge:
    """pytest plug-in: provides `student` and `draw`, keeps what each check came to."""

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
        self._student: Student | None = None
        self.done: dict[str, list[Done]] = {}
        self.broken: list[str] = []

    @pytest.fixture
    def draw(self, request: pytest.FixtureRequest) -> Draw:
        """Random inputs, different for each check and each submission."""
        return Draw(self._seed, f"{request.node.path.stem}/{request.node.name}")

    @pytest.fixture
    def student(self, draw: Draw) -> Student:
        """The submission."""
        lost = self._lost | losers(self.done)
        self._student = Student(
            self._ask, draw, lost, self._replaced, self._signatures, self._recording
        )
        return self._student

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run a check and keep its result."""
        assert self._student is not None
        task, check = pyfuncitem.path.stem, pyfuncitem.function
        names = inspect.signature(check).parameters
        if sentence := self._rules.get(task):
            problem: NotPassed | None = NotPassed(Verdict.RULE_BROKEN, sentence)
        else:
            problem = outcome(check, self._student, {n: pyfuncitem.funcargs[n] for n in names})
        draw: Any = pyfuncitem.funcargs["draw"]
        self.done.setdefault(task, []).append(done_with(check, self._student, draw, problem))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what broke in the judge."""
        if report.failed:
            self.broken.append(report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a check file that cannot be imported."""
        if report.failed:
            self.broken.append(report.longreprtext)


def losers(done: dict[str, list[Done]]) -> frozenset[str]:
    """Tasks that lost points."""
    return frozenset(name for name, checks in done.items() if has_lost(checks))


def outcome(check: Any, student: Student, arguments: dict[str, Any]) -> NotPassed | None:
    """Run a check: what was wrong. An exception that is no verdict is our own fault."""
    try:
        check(**arguments)
    except NotPassed as problem:
        return problem
    except Exception as error:
        if not student.answered:
            raise
        # An answer so odd that the check stumbles over it is wrong, not our fault.
        said = f"its result cannot be judged ({type(error).__name__})"
        return NotPassed(Verdict.FAILED, said)
    return None


def done_with(check: Any, student: Student, draw: Draw, problem: NotPassed | None) -> Done:
    """What is kept of a check that was run."""
    result = _result(check, check.__name__, problem)
    parts, asked = tuple(student.parts), tuple(student.asked)
    return Done(result, student.claims, draw, student.exhibit, student.given_claims, parts, asked)


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


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """pytest without the settings and plug-ins of whoever started us."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")
    saved = {name: os.environ.pop(name) for name in names if name in os.environ}
    autoload = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        if autoload is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(saved)


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
        plugin = _Judge(ask, seed, assignment.signatures, broken, recording, earlier)
        own |= _run(todo, plugin)
        lost = losers(own) | earlier
        todo = tuple(
            t for t in assignment.tasks if t.name in known and not known[t.name].holds(lost)
        )
        known = {name: task for name, task in known.items() if name not in {t.name for t in todo}}

    def again(task: Task, replaced: frozenset[str]) -> list[Done]:
        plugin = _Judge(ask, seed, assignment.signatures, {}, lost=lost, replaced=replaced)
        return _run((task,), plugin)[task.name]

    done = dict(own)
    for task in assignment.tasks:
        if task.name in own and task.name in lost and task.name not in broken:
            done[task.name] = fairest(own[task.name], lost, partial(again, task))
    found = {name: _known(done[name], own[name], lost) for name in own}
    return Judged(done, {task.name: (known | found)[task.name] for task in assignment.tasks})


def _known(done: list[Done], own: list[Done], lost: frozenset[str]) -> Known:
    rests_on = {name: name in lost for item in own for name in (*item.parts, *item.asked)}
    return Known(tuple(item.result for item in done), has_lost(own), rests_on)


def _run(tasks: tuple[Task, ...], plugin: _Judge) -> dict[str, list[Done]]:
    paths = [str(task.checks) for task in tasks]
    rootdir = str(tasks[0].checks.parent)
    noise = io.StringIO()
    with _own_environment(), contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
        status = pytest.main(["-c", os.devnull, "--rootdir", rootdir, *_OPTIONS, *paths], [plugin])
    if plugin.broken or status != pytest.ExitCode.OK:
        raise JudgeBroke(
            "\n".join(plugin.broken) or f"pytest ended with {status}: {noise.getvalue()}"
        )
    return plugin.done


def judge(
    assignment: Assignment, ask: Ask, seed: int, broken: dict[str, str] | None = None
) -> tuple[TaskReport, ...]:
    """Verdicts on every task of the assignment, with inputs drawn from `seed`.

    broken: tasks that break a house rule, with a sentence.
    """
    return reports(assignment, run_checks(assignment, ask, seed, broken).known)


def report(task: Task, done: list[Done]) -> TaskReport:
    """The results of a task's checks."""
    return TaskReport(task.name, task.points, tuple(item.result for item in done))


def reports(assignment: Assignment, known: dict[str, Known]) -> tuple[TaskReport, ...]:
    """What is known as verdicts on tasks."""
    return tuple(
        TaskReport(task.name, task.points, known[task.name].results) for task in assignment.tasks
    )
