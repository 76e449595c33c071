"""The instructor's page: one static HTML file about an assignment, from the gradebook."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.assignment import Assignment
from autograder.record import COLOURS, words
from autograder.scores import Scores, scores
from autograder.submissions import find_submissions
from autograder.up_to_date import earlier_report
from autograder.verdicts import Report, TaskReport, Verdict

_BINS = 10
_LINE = re.compile(r"^line \d+: ")
_HINTS = 12
WAITS, READ, NOT_THERE = "waits for you", "read", words(Verdict.UNATTEMPTED)
SHADES = {
    READ: COLOURS[Verdict.PASSED],
    WAITS: "#0969da",
    NOT_THERE: COLOURS[Verdict.UNATTEMPTED],
}
"""Of what becomes of answers in words."""


@dataclass(frozen=True)
class Row:
    """One student: score in the gradebook (manual changes and penalties included), verdicts."""

    student: str
    score: float | None
    waits: bool
    report: Report | None
    feedback: str
    held: Scores = field(default_factory=Scores)

    @property
    def unread(self) -> dict[str, float]:
        """Written answers that wait for a person, and what they may get."""
        graded = self.report and self.report.score is not None
        return self.held.unread(self.report) if self.report and graded else {}

    @property
    def untouched(self) -> set[str]:
        """Written answers that are not there."""
        return {a.task for a in self.report.written if not a.waits} if self.report else set()


@dataclass(frozen=True)
class Bar:
    """One column of the histogram."""

    label: str
    count: int


def _feedback(assignment: Assignment, student: str) -> str:
    """Link from the page's folder to the student's feedback; empty if there is none."""
    path = assignment.feedback(student)
    return quote(os.path.relpath(path, assignment.course / "report")) if path.is_file() else ""


def rows(assignment: Assignment) -> list[Row]:
    """All students with a submission, in alphabetical order."""
    known = scores(assignment)
    students = {submission.student for submission in find_submissions(assignment)} | set(known)
    found = []
    for student in sorted(students):
        report, held = earlier_report(assignment, student), known.get(student)
        waits = held is not None and held.waits
        graded = held and report is not None and (report.score is not None or not waits)
        feedback = _feedback(assignment, student)
        score = held.score if held and graded else None
        found.append(Row(student, score, waits, report, feedback, held or Scores()))
    return found


def histogram(scores: list[float], maximum: float) -> list[Bar]:
    """Ten equal bins over [0, maximum]; full marks fall into the last."""
    counts = Counter(min(int(_BINS * score / maximum), _BINS - 1) for score in scores)
    edges = [maximum * i / _BINS for i in range(_BINS + 1)]
    return [Bar(f"{edges[i]:g}–{edges[i + 1]:g}", counts[i]) for i in range(_BINS)]


def _graded(found: Iterable[Row]) -> list[Report]:
    return [row.report for row in found if row.report and row.report.score is not None]


def verdicts_by_task(assignment: Assignment, found: list[Row]) -> dict[str, Counter[Verdict]]:
    """How often each task ended in each verdict."""
    counts: dict[str, Counter[Verdict]] = {task.name: Counter() for task in assignment.tasks}
    for report in _graded(found):
        for task in report.tasks:
            counts[task.task][task.verdict] += 1
    return counts


def _results(assignment: Assignment, found: list[Row]) -> tuple[list[float], float]:
    """Scores that can be compared, and their maximum: as long as a written answer waits for a
    person, those without the written answers."""
    if not any(row.unread for row in found):
        maximum = assignment.points + sum(assignment.written.values())
        return [row.score for row in found if row.score is not None], maximum
    tasks = [task.name for task in assignment.tasks]
    return [row.held.of(tasks) for row in found if row.score is not None], assignment.points


def answers(assignment: Assignment, found: list[Row]) -> dict[str, Counter[str]]:
    """Of each written answer, how many wait, have been read, and are not there."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in assignment.written}
    for row in found:
        for answer in row.report.written if row.report else ():
            there = WAITS if answer.task in row.unread else READ
            counts[answer.task][there if answer.waits else NOT_THERE] += 1
    return counts


def frequent_hints(found: list[Row]) -> list[tuple[int, TaskReport, str]]:
    """The most frequent recognised mistakes and other hints: how often, an example, and its text
    without the line of a notebook."""
    lost = (
        task
        for report in _graded(found)
        for task in report.tasks
        if task.verdict not in (Verdict.PASSED, Verdict.UNATTEMPTED)
    )
    examples: dict[tuple[str, str], TaskReport] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for task in lost:
        key = (task.task, task.misconception or _LINE.sub("", task.hint))
        counts[key] += 1
        examples.setdefault(key, task)
    most = ((count, examples[key]) for key, count in counts.most_common(_HINTS))
    return [(count, task, _LINE.sub("", task.hint)) for count, task in most]


def render(assignment: Assignment) -> str:
    """The page as HTML."""
    found = rows(assignment)
    scores, maximum = _results(assignment, found)
    environment = Environment(
        loader=PackageLoader("autograder"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2").render(
        assignment=assignment,
        rows=found,
        maximum=maximum,
        unread=sum(bool(row.unread) for row in found),
        scores=scores,
        mean=sum(scores) / len(scores) if scores else None,
        bars=histogram(scores, maximum),
        counts=verdicts_by_task(assignment, found),
        hints=frequent_hints(found),
        verdicts=list(Verdict),
        answers=answers(assignment, found),
        shades=SHADES,
        colours=COLOURS,
        words=words,
        not_there=NOT_THERE,
    )


def write_page(assignment: Assignment) -> Path:
    """Write report/<assignment>.html; returns its path."""
    path = assignment.course / "report" / f"{assignment.name}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(assignment), encoding="utf-8")
    return path
