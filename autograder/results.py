"""What grading a submission gives: report and notebook. Free of torch, so that it loads fast."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment
from autograder.known import Known
from autograder.verdicts import CheckResult, Report, State, TaskReport, Verdict


@dataclass(frozen=True)
class Graded:
    """The report, the notebook as it ran with its outputs, and the digest of what was graded."""

    report: Report
    notebook: NotebookNode
    digest: str = ""
    known: dict[str, Known] = field(default_factory=dict)
    """By task, for the next time."""


def ungraded(
    assignment: Assignment, seed: int, state: State, reason: str, notes: tuple[str, ...] = ()
) -> Report:
    """A report without verdicts on the work: it could not be read, or the grader failed."""
    tasks = tuple(
        TaskReport(task.name, task.points, (_nothing(task.name, task.points),))
        for task in assignment.tasks
    )
    return Report(assignment.name, seed, tasks, state, reason, notes)


def given_up(assignment: Assignment, reason: str) -> Graded:
    """What is recorded where the grader failed; the student's file has not been looked at."""
    report = ungraded(assignment, 0, State.INFRASTRUCTURE_FAULT, reason)
    return Graded(report, copy.deepcopy(assignment.template))


def _nothing(name: str, points: float) -> CheckResult:
    return CheckResult(name, "not graded", points, Verdict.UNATTEMPTED, "not graded")
