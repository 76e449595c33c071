"""What the gradebook holds, in one query: nbgrader's own way takes a query a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from autograder.assignment import Assignment
from autograder.release import gradebook_file, gradebook_url
from autograder.verdicts import Report

_QUERY = """
    SELECT handed_in.student_id, submitted_notebook.id,
        submitted_notebook.late_submission_penalty, base_cell.name, grade.auto_score,
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade
    FROM submitted_assignment AS handed_in
    JOIN assignment ON handed_in.assignment_id = assignment.id
    LEFT JOIN submitted_notebook ON submitted_notebook.assignment_id = handed_in.id
    LEFT JOIN grade ON grade.notebook_id = submitted_notebook.id
    LEFT JOIN base_cell ON grade.cell_id = base_cell.id
    WHERE assignment.name = :name
"""


@dataclass
class Scores:
    """Of one student: automatic scores by cell, and what nbgrader makes of them and of people's
    changes."""

    automatic: dict[str, float | None] = field(default_factory=dict)
    decided: dict[str, float] = field(default_factory=dict)
    """By cell, a person's word before the automatic one; cells without either are not here."""
    waiting: set[str] = field(default_factory=set)
    """Cells that a person has to look at."""
    penalties: dict[str, float] = field(default_factory=dict)
    """For being late, by notebook."""

    @property
    def waits(self) -> bool:
        """Whether a person has to grade something."""
        return bool(self.waiting)

    @property
    def score(self) -> float:
        """In all, as nbgrader exports it."""
        return self.of(self.decided)

    def of(self, cells: Iterable[str]) -> float:
        """The score if these cells were all."""
        points = sum(self.decided.get(cell, 0.0) for cell in cells)
        return max(0.0, points - sum(self.penalties.values()))

    def unread(self, report: Report) -> dict[str, float]:
        """Answers in words that nobody has given points to yet, and what they may get."""
        waiting = (answer for answer in report.written if answer.waits)
        return {a.task: a.max_points for a in waiting if a.task not in self.decided}

    def add(self, cell: str, automatic: float | None, manual: float | None, extra: float) -> None:
        """One graded cell."""
        self.automatic[cell] = automatic
        points = automatic if manual is None else manual
        if points is not None:
            self.decided[cell] = points + extra


def scores(assignment: Assignment) -> dict[str, Scores]:
    """By student; nothing if there is no gradebook yet.

    Raises:
        OSError: it cannot be read.
    """
    from autograder.database import explained

    url, path = gradebook_url(assignment.course), gradebook_file(assignment.course)
    if path is not None and not path.is_file():
        return {}
    found: dict[str, Scores] = {}
    with explained(url):
        for student, notebook, penalty, cell, automatic, manual, extra, waits in _rows(
            url, assignment.name
        ):
            one = found.setdefault(student, Scores())
            if notebook is not None:
                one.penalties[notebook] = penalty or 0.0
            if cell is not None:
                one.add(cell, automatic, manual, extra or 0.0)
                one.waiting |= {cell} if waits else set()
    return found


def _rows(url: str, assignment: str) -> list[Any]:
    from sqlalchemy import inspect, text

    from autograder.database import connected

    with connected(url) as database:
        if not inspect(database).has_table("grade"):
            return []
        return list(database.execute(text(_QUERY), {"name": assignment}))
