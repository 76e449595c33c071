"""What needs no grading: its result is there, in autograded/ and in the gradebook."""

from __future__ import annotations

import contextlib
from typing import Any

from autograder.assignment import Assignment
from autograder.record import METADATA, read_report
from autograder.release import gradebook_file, gradebook_url
from autograder.sanitise import Refused
from autograder.stamps import is_current
from autograder.submissions import Submission, digest_of
from autograder.verdicts import Report, State

Scores = dict[str, float | None]
"""Automatic scores that the gradebook holds for one student, by task."""

_QUERY = """
    SELECT handed_in.student_id, base_cell.name, grade.auto_score
    FROM grade
    JOIN base_cell ON grade.cell_id = base_cell.id
    JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
    JOIN submitted_assignment AS handed_in ON submitted_notebook.assignment_id = handed_in.id
    JOIN assignment ON handed_in.assignment_id = assignment.id
    WHERE assignment.name = :name
"""
"""nbgrader's own way is a query a cell."""
_SAME = 1e-4  # nbgrader reads points from a text of six digits


def _known(assignment: Assignment) -> dict[str, Scores]:
    """What the gradebook holds, by student; nothing if there is none yet.

    Raises:
        OSError: it cannot be read.
    """
    from autograder.database import explained

    url, path = gradebook_url(assignment.course), gradebook_file(assignment.course)
    if path is not None and not path.is_file():
        return {}
    found: dict[str, Scores] = {}
    with explained(url):
        for student, task, score in _rows(url, assignment.name):
            found.setdefault(student, {})[task] = score
    return found


def _rows(url: str, assignment: str) -> list[Any]:
    from sqlalchemy import inspect, text

    from autograder.database import connected

    with connected(url) as database:
        if not inspect(database).has_table("grade"):
            return []
        return list(database.execute(text(_QUERY), {"name": assignment}))


def _agrees(report: Report, known: Scores) -> bool:
    """Whether the gradebook holds what the report says; a restored one may be older."""
    for task in report.tasks:
        score = known.get(task.task, -1.0)
        if report.score is None or score is None:
            if score is not report.score:
                return False
        elif abs(score - task.points) > _SAME:
            return False
    return True


def _is_up_to_date(assignment: Assignment, submission: Submission, known: Scores) -> bool:
    """Whether a result of this very content is there, whatever the times of the files; a fault of
    the grader is no result."""
    import nbformat

    with contextlib.suppress(OSError, ValueError, Refused):
        data = submission.read()
        result = nbformat.read(assignment.autograded(submission.student), as_version=4)
        report = read_report(result)
        if report is None or report.state is State.INFRASTRUCTURE_FAULT:
            return False
        same = result.metadata[METADATA].get("digest") == digest_of(data)
        return bool(same) and _agrees(report, known)
    return False


def outdated(assignment: Assignment, submissions: list[Submission]) -> list[Submission]:
    """Those that are to be graded."""
    known = _known(assignment)
    return [
        submission
        for submission in submissions
        if not _is_up_to_date(assignment, submission, known.get(submission.student, {}))
    ]


def feedback_is_missing(assignment: Assignment, student: str) -> bool:
    """Whether there is no feedback page, or one that was made from another result."""
    result = assignment.autograded(student)
    return result.is_file() and not is_current(assignment.feedback(student), result)


def earlier_report(assignment: Assignment, student: str) -> Report | None:
    """The report of an earlier run, from the autograded notebook."""
    import nbformat

    with contextlib.suppress(OSError, ValueError):
        return read_report(nbformat.read(assignment.autograded(student), as_version=4))
    return None


def decided(assignment: Assignment, reports: dict[str, Report | None]) -> dict[str, float]:
    """Scores in the gradebook that are not what the verdicts give: by hand, or less for being late.

    Raises:
        OSError: the gradebook cannot be read.
    """
    from autograder.gradebook import scores_of

    found = {}
    scores = scores_of(gradebook_url(assignment.course), assignment.name)
    for student, report in reports.items():
        score, waits = scores.get(student, (0.0, True))
        if report and not waits and (report.score is None or abs(report.score - score) > _SAME):
            found[student] = score
    return found
