"""Judges again what is graded: who moves, by how much and why, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from autograder.assignment import Assignment
from autograder.record import words
from autograder.results import Graded
from autograder.submissions import Submission
from autograder.up_to_date import earlier_report
from autograder.verdicts import CheckResult, Report, TaskReport


@dataclass(frozen=True)
class Move:
    """A student whose result would be another one."""

    student: str
    before: Report | None
    after: Report

    @property
    def points(self) -> float:
        """By how much the score changes; what was not graded counts as 0 here."""
        before = self.before.score if self.before else None
        return (self.after.score or 0.0) - (before or 0.0)

    def reasons(self) -> list[str]:
        """A sentence for each task whose verdict changes, and one for another state."""
        if self.before is None:
            return ["not graded before"]
        found = []
        if self.before.state is not self.after.state:
            found.append(f"{_state(self.before)}, now {_state(self.after)}")
        earlier = {task.task: task for task in self.before.tasks}
        for task in self.after.tasks:
            found += _reasons(earlier.get(task.task), task)
        found += _written(self.before, self.after)
        if not found and self.before.seed != self.after.seed:
            found.append("other inputs: the file or the course's key has changed")
        return found or ["the wording only"]


def _state(report: Report) -> str:
    words_ = report.state.value.replace("_", " ")
    return f"{words_} ({report.reason})" if report.reason else words_


def _reasons(before: TaskReport | None, after: TaskReport) -> list[str]:
    if before is None:
        return [f"{after.task}: a new task"]
    pairs = zip_longest(before.checks, after.checks)
    changes = [text for one, other in pairs if (text := _change(one, other))]
    if not changes:
        return []
    return [f"{after.task} {before.points:g} → {after.points:g}: {'; '.join(changes)}"]


def _written(before: Report, after: Report) -> list[str]:
    """A sentence for each written answer that is there now and was not, or the other way round."""
    waited = {answer.task: answer.waits for answer in before.written}
    return [
        f"{answer.task}: {'waits for a person now' if answer.waits else 'not attempted now'}"
        for answer in after.written
        if answer.waits is not waited.get(answer.task)
    ]


def _change(before: CheckResult | None, after: CheckResult | None) -> str:
    """How the verdict of one check changes; nothing if it does not."""
    if before is None or after is None or before.name != after.name:
        return "other checks than before"
    if before.points != after.points:
        return f'"{after.claim}" is worth {after.points:g} points, {before.points:g} before'
    if before.verdict is after.verdict:
        return ""
    said = (after.hint or after.message) if after.message else before.message
    change = f'"{after.claim}" {words(before.verdict)}, now {words(after.verdict)}'
    return f"{change} ({said})" if said else change


def _what_counts(report: Report) -> Any:
    """What of a report a reader would miss if it changed."""
    data = report.as_dict()
    return {name: data[name] for name in ("state", "reason", "notes", "seed", "tasks", "written")}


def moves(assignment: Assignment, judged: Iterable[tuple[Submission, Graded]]) -> list[Move]:
    """Students whose report is another one than the recorded one, by name."""
    found = []
    for submission, graded in judged:
        before, after = earlier_report(assignment, submission.student), graded.report
        if before is None or _what_counts(before) != _what_counts(after):
            found.append(Move(submission.student, before, after))
    return sorted(found, key=lambda move: move.student)
