"""What can become of a check, a task and a submission, as frozen values."""

from __future__ import annotations

import shlex
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA_VERSION = 1


class Verdict(StrEnum):
    """The seven outcomes; the order of definition is the order of gravity."""

    PASSED = "passed"
    PARTIAL = "partial"
    UNATTEMPTED = "unattempted"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    RULE_BROKEN = "rule_broken"


class State(StrEnum):
    """How grading a submission ended; every submission ends in exactly one of these."""

    GRADED = "graded"
    PARTLY_GRADED = "partly_graded"
    REFUSED = "refused"
    INFRASTRUCTURE_FAULT = "infrastructure_fault"


MOST_SAID = 600
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def one_line(text: str) -> str:
    """Text from a student's process on one line, without what steers a terminal, and bounded."""
    seen = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in text)
    short = " ".join(seen.split())
    return short if len(short) <= MOST_SAID else short[: MOST_SAID - 3] + "..."


class NotPassed(Exception):
    """A check ended without passing: the verdict, what was seen, and a hint for its author."""

    def __init__(
        self, verdict: Verdict, message: str, hint: str = "", misconception: str | None = None
    ) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message
        self.hint = hint
        self.misconception = misconception


@dataclass(frozen=True)
class CheckResult:
    """One check: what it claims, its points, and what was seen."""

    name: str
    claim: str
    points: float
    verdict: Verdict
    message: str = ""
    hint: str = ""
    misconception: str | None = None
    note: str = ""
    picture: str = ""
    """A figure of the student's beside a sketch of what was asked, as SVG of our own."""


@dataclass(frozen=True)
class TaskReport:
    """All checks of one task."""

    task: str
    max_points: float
    checks: tuple[CheckResult, ...]

    @property
    def points(self) -> float:
        """Points of the checks that passed."""
        return sum(check.points for check in self.checks if check.verdict is Verdict.PASSED)

    @property
    def worst(self) -> CheckResult | None:
        """The check that a reader should see first: the first of the gravest that did not pass."""
        order = list(Verdict)
        lost = [check for check in self.checks if check.verdict is not Verdict.PASSED]
        return max(lost, key=lambda check: order.index(check.verdict), default=None)

    @property
    def verdict(self) -> Verdict:
        """Passed, partial where some points were earned, else the gravest outcome."""
        if self.worst is None:
            return Verdict.PASSED
        return Verdict.PARTIAL if self.points else self.worst.verdict

    @property
    def hint(self) -> str:
        """One text for the student: the hint if a mistake was recognised, else what was seen."""
        worst = self.worst
        return (worst.hint or worst.message) if worst else ""

    @property
    def misconception(self) -> str | None:
        """The name of the recognised mistake."""
        named = (check.misconception for check in self.checks if check.misconception)
        return next(named, None)


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer in words: whether there is one, which then waits for a person."""

    task: str
    max_points: float
    waits: bool


@dataclass(frozen=True)
class Report:
    """All verdicts of one submission."""

    assignment: str
    seed: int
    tasks: tuple[TaskReport, ...]
    state: State = State.GRADED
    reason: str = ""
    notes: tuple[str, ...] = field(default=())
    submission: str = ""
    """The file that was graded, from the course's folder."""
    written: tuple[WrittenAnswer, ...] = ()
    """Answers that no check decides on."""

    @property
    def score(self) -> float | None:
        """Points that checks gave; None where nothing was graded, which is not the same as zero."""
        if self.state in (State.REFUSED, State.INFRASTRUCTURE_FAULT):
            return None
        return sum(task.points for task in self.tasks)

    @property
    def max_score(self) -> float:
        """Points of all tasks that have checks."""
        return sum(task.max_points for task in self.tasks)

    @property
    def waiting(self) -> float:
        """Points of the written answers, which a person decides on: neither earned nor lost."""
        return sum(answer.max_points for answer in self.written if answer.waits)

    def replay(self, task: TaskReport) -> str:
        """The command that shows what the checks of a task saw; none if nothing was wrong."""
        untouched = task.worst is None or task.verdict is Verdict.UNATTEMPTED
        if not self.submission or self.state is not State.GRADED or untouched:
            return ""
        file = shlex.quote(self.submission)
        return f"autograder replay {file} --task {task.task} --seed {self.seed}"

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON, see docs/report-format.md."""
        return {
            "schema_version": SCHEMA_VERSION,
            "assignment": self.assignment,
            "seed": self.seed,
            "state": self.state.value,
            "reason": self.reason,
            "notes": list(self.notes),
            "score": self.score,
            "max_score": self.max_score,
            "waiting": self.waiting,
            "submission": self.submission,
            "tasks": [{**_task_dict(task), "replay": self.replay(task)} for task in self.tasks],
            "written": [vars(answer) for answer in self.written],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """The inverse of `as_dict`."""
        return cls(
            assignment=data["assignment"],
            seed=data["seed"],
            tasks=tuple(_task_from(task) for task in data["tasks"]),
            state=State(data["state"]),
            reason=data["reason"],
            notes=tuple(data["notes"]),
            submission=data.get("submission", ""),
            written=tuple(WrittenAnswer(**answer) for answer in data.get("written", ())),
        )


def _task_dict(task: TaskReport) -> dict[str, Any]:
    return {
        "task": task.task,
        "points": task.points,
        "max_points": task.max_points,
        "verdict": task.verdict.value,
        "hint": task.hint,
        "misconception": task.misconception,
        "checks": [{**vars(check), "verdict": check.verdict.value} for check in task.checks],
    }


def _task_from(data: dict[str, Any]) -> TaskReport:
    checks = (CheckResult(**{**c, "verdict": Verdict(c["verdict"])}) for c in data["checks"])
    return TaskReport(data["task"], data["max_points"], tuple(checks))
