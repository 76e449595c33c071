"""The instructor's page: one static HTML file about an assignment, from the gradebook."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.assignment import Assignment
from autograder.record import COLOURS, words
from autograder.release import gradebook_url
from autograder.submissions import find_submissions
from autograder.up_to_date import earlier_report
from autograder.verdicts import Report, TaskReport, Verdict

_BINS = 10
_HINTS = 12


@dataclass(frozen=True)
class Row:
    """One student: score in the gradebook (manual changes and penalties included), verdicts."""

    student: str
    score: float | None
    waits: bool
    report: Report | None
    feedback: str


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
    from autograder.gradebook import scores_of

    scores = scores_of(gradebook_url(assignment.course), assignment.name)
    students = {submission.student for submission in find_submissions(assignment)} | set(scores)
    found = []
    for student in sorted(students):
        report = earlier_report(assignment, student)
        score, waits = scores.get(student, (None, False))
        graded = report is not None and (report.score is not None or not waits)
        feedback = _feedback(assignment, student)
        found.append(Row(student, score if graded else None, waits, report, feedback))
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


def frequent_hints(found: list[Row]) -> list[tuple[int, TaskReport]]:
    """The most frequent recognised mistakes and other hints, with an example of each."""
    lost = (
        task
        for report in _graded(found)
        for task in report.tasks
        if task.verdict not in (Verdict.PASSED, Verdict.UNATTEMPTED)
    )
    examples: dict[tuple[str, str], TaskReport] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for task in lost:
        key = (task.task, task.misconception or task.hint)
        counts[key] += 1
        examples.setdefault(key, task)
    return [(count, examples[key]) for key, count in counts.most_common(_HINTS)]


def render(assignment: Assignment) -> str:
    """The page as HTML."""
    found = rows(assignment)
    scores = [row.score for row in found if row.score is not None]
    environment = Environment(
        loader=PackageLoader("autograder"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    maximum = sum(task.points for task in assignment.tasks)
    return environment.get_template("page.html.j2").render(
        assignment=assignment,
        rows=found,
        maximum=maximum,
        scores=scores,
        mean=sum(scores) / len(scores) if scores else None,
        bars=histogram(scores, maximum),
        counts=verdicts_by_task(assignment, found),
        hints=frequent_hints(found),
        verdicts=list(Verdict),
        colours=COLOURS,
        words=words,
    )


def write_page(assignment: Assignment) -> Path:
    """Write report/<assignment>.html; returns its path."""
    path = assignment.course / "report" / f"{assignment.name}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(assignment), encoding="utf-8")
    return path
