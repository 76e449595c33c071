"""Holds the reports of a whole batch in little room: what is equal in them is there once.

A report that a worker sent is a copy of everything in it, 12 KB with the claims and hints that are
the same for all students. Most tasks of most students went as those of somebody else did.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from autograder.verdicts import CheckResult, Report, TaskReport

T = TypeVar("T")


class Sharing:
    """Call it with each report for an equal one, which shares with those before what it can."""

    def __init__(self) -> None:
        self._held: dict[Any, Any] = {}

    def __call__(self, report: Report) -> Report:
        """A report that is equal but for pictures, which no table shows; the one given can go."""
        tasks = tuple(map(self._task, report.tasks))
        name, written = self._one(report.assignment), self._one(report.written)
        return replace(report, assignment=name, tasks=tasks, written=written)

    def _one(self, value: T) -> T:
        held: T = self._held.setdefault(value, value)
        return held

    def _task(self, task: TaskReport) -> TaskReport:
        checks = tuple(map(self._check, task.checks))
        return self._one(replace(task, task=self._one(task.task), checks=checks))

    def _check(self, check: CheckResult) -> CheckResult:
        """Where what was seen is this student's alone, at least the texts around it are shared."""
        check = replace(check, picture="") if check.picture else check
        held: CheckResult | None = self._held.get(check)
        return held or self._one(
            replace(
                check,
                name=self._one(check.name),
                claim=self._one(check.claim),
                hint=self._one(check.hint),
                misconception=self._one(check.misconception),
                note=self._one(check.note),
            )
        )
