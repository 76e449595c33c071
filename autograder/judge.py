"""Runs the checks of an assignment, which are pytest tests, against a student's kernel."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.checks import Draw
from autograder.student import Ask, Claim, Exhibit, Student
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


@dataclass(frozen=True)
class Done:
    """A check that was run: its result, and what it asked and claimed."""

    result: CheckResult
    claims: list[Claim]
    draw: Draw
    exhibit: Exhibit | None = None
    given_claims: list[Claim] = field(default_factory=list)


class _Judge:
    """pytest plug-in: provides `student` and `draw`, keeps what each check came to."""

    def __init__(
        self,
        ask: Ask,
        seed: int,
        signatures: dict[str, tuple[str, ...]],
        rules: dict[str, str],
        recording: bool,
    ) -> None:
        self._ask, self._seed, self._signatures, self._rules = ask, seed, signatures, rules
        self._recording = recording
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
        lost = frozenset(n for n, done in self.done.items() if any(_has_lost(d) for d in done))
        self._student = Student(self._ask, draw, lost, self._signatures, self._recording)
        return self._student

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run a check and keep its result; an exception that is no verdict is our own fault."""
        check, arguments = pyfuncitem.function, pyfuncitem.funcargs
        names = inspect.signature(check).parameters
        problem: NotPassed | None = None
        if sentence := self._rules.get(pyfuncitem.path.stem):
            self._keep(pyfuncitem, NotPassed(Verdict.RULE_BROKEN, sentence))
            return True
        try:
            check(**{name: arguments[name] for name in names})
        except NotPassed as not_passed:
            problem = not_passed
        except Exception as error:
            if self._student is None or not self._student.answered:
                raise
            # An answer so odd that the check stumbles over it is wrong, not our fault.
            said = f"its result cannot be judged ({type(error).__name__})"
            problem = NotPassed(Verdict.FAILED, said)
        self._keep(pyfuncitem, problem)
        return True

    def _keep(self, item: pytest.Function, problem: NotPassed | None) -> None:
        assert self._student is not None
        task, note = item.path.stem, "; ".join(dict.fromkeys(self._student.notes))
        result = _result(item.function, item.name, problem, note)
        draw: Any = item.funcargs["draw"]
        student = self._student
        done = Done(result, student.claims, draw, student.exhibit, student.given_claims)
        self.done.setdefault(task, []).append(done)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what broke in the judge."""
        if report.failed:
            self.broken.append(report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a check file that cannot be imported."""
        if report.failed:
            self.broken.append(report.longreprtext)


def _has_lost(done: Done) -> bool:
    return done.result.verdict is not Verdict.PASSED


def _result(check: Any, name: str, problem: NotPassed | None, note: str = "") -> CheckResult:
    shown: dict[str, Any] = {
        "name": name,
        "claim": claim_of(check),
        "points": float(check.points),
        "note": note,
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


def run_checks(
    assignment: Assignment,
    ask: Ask,
    seed: int,
    broken: dict[str, str] | None = None,
    recording: bool = False,
) -> dict[str, list[Done]]:
    """Run all checks; raises JudgeBroke if one of them fails by our own fault.

    broken: tasks that break a house rule, with a sentence; their functions are not called.
    recording: whether to claim the same about stand-ins, for a tape.
    """
    judge = _Judge(ask, seed, assignment.signatures, broken or {}, recording)
    paths = [str(task.checks) for task in assignment.tasks]
    rootdir = str(assignment.tasks[0].checks.parent)
    noise = io.StringIO()
    with _own_environment(), contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
        status = pytest.main(["-c", os.devnull, "--rootdir", rootdir, *_OPTIONS, *paths], [judge])
    if judge.broken or status != pytest.ExitCode.OK:
        raise JudgeBroke(
            "\n".join(judge.broken) or f"pytest ended with {status}: {noise.getvalue()}"
        )
    return judge.done


def judge(
    assignment: Assignment, ask: Ask, seed: int, broken: dict[str, str] | None = None
) -> tuple[TaskReport, ...]:
    """Verdicts on every task of the assignment, with inputs drawn from `seed`.

    broken: tasks that break a house rule, with a sentence.
    """
    return reports(assignment, run_checks(assignment, ask, seed, broken))


def reports(assignment: Assignment, done: dict[str, list[Done]]) -> tuple[TaskReport, ...]:
    """The results of checks as verdicts on tasks."""
    return tuple(
        TaskReport(task.name, task.points, tuple(item.result for item in done[task.name]))
        for task in assignment.tasks
    )
