"""What needs no grading: its result is there, in autograded/ and in the gradebook."""

from __future__ import annotations

import contextlib
import json

from autograder.assignment import Assignment
from autograder.record import METADATA
from autograder.sanitise import Refused
from autograder.scores import Scores, scores
from autograder.sharing import Sharing
from autograder.stamps import is_current
from autograder.submissions import Submission, digest_of
from autograder.verdicts import Report, State

_SAME = 1e-4  # nbgrader reads points from a text of six digits


def _automatic(report: Report) -> dict[str, float | None]:
    """What the gradebook should hold by cell; None for what waits for a person."""
    graded = report.score is not None
    found = {task.task: task.points if graded else None for task in report.tasks}
    return found | {answer.task: None if answer.waits else 0.0 for answer in report.written}


def _agrees(report: Report, known: Scores) -> bool:
    """Whether the gradebook holds what the report says; a restored one may be older."""
    for cell, points in _automatic(report).items():
        score = known.automatic.get(cell, -1.0)
        if points is None or score is None:
            if score is not points:
                return False
        elif abs(score - points) > _SAME:
            return False
    return True


def _graded(assignment: Assignment, student: str) -> tuple[Report | None, str]:
    """What stands in a graded notebook: the report, and the digest of what was handed in.

    As plain JSON: nbformat would take ten times as long to look at every cell.
    """
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        notebook = json.loads(assignment.autograded(student).read_bytes())
        about = notebook["metadata"][METADATA]
        return Report.from_dict(about["report"]), str(about["digest"])
    return None, ""


def _standing(assignment: Assignment, submission: Submission, known: Scores) -> Report | None:
    """The report on this very content, whatever the times of the files; a fault of the grader is
    no result."""
    report, digest = _graded(assignment, submission.student)
    if report is None or report.state is State.INFRASTRUCTURE_FAULT or not digest:
        return None
    with contextlib.suppress(OSError, ValueError, Refused):
        same = digest == digest_of(submission.read())
        return report if same and _agrees(report, known) else None
    return None


def standing(assignment: Assignment, submissions: list[Submission]) -> dict[str, Report]:
    """The reports on those that need no grading, by student.

    Raises:
        OSError: the gradebook cannot be read.
    """
    known, sharing = scores(assignment), Sharing()
    found = {}
    for submission in submissions:
        held = known.get(submission.student, Scores())
        if report := _standing(assignment, submission, held):
            found[submission.student] = sharing(report)
    return found


def outdated(assignment: Assignment, submissions: list[Submission]) -> list[Submission]:
    """Those that are to be graded."""
    current = standing(assignment, submissions)
    return [submission for submission in submissions if submission.student not in current]


def feedback_is_missing(assignment: Assignment, student: str) -> bool:
    """Whether there is no feedback page, or one that was made from another result."""
    result = assignment.autograded(student)
    return result.is_file() and not is_current(assignment.feedback(student), result)


def earlier_report(assignment: Assignment, student: str) -> Report | None:
    """The report of an earlier run, from the autograded notebook."""
    return _graded(assignment, student)[0]


def decided(reports: dict[str, Report | None], known: dict[str, Scores]) -> dict[str, float]:
    """Scores in the gradebook that are not what the verdicts give: by hand, or less for being late.

    known: what the gradebook holds, by student.
    """
    return {
        student: known[student].score
        for student, report in reports.items()
        if report and student in known and _is_decided(report, known[student])
    }


def _is_decided(report: Report, held: Scores) -> bool:
    """Whether people, or the clock, have a say in a score; answers that nobody has read yet do not
    hide what was said of the others."""
    if report.score is None:
        return not held.waits
    unread = held.unread(report)
    read = len(unread) < sum(answer.waits for answer in report.written)
    differs = abs(report.score - held.score) > _SAME
    return (differs or read) and held.waiting <= set(unread)
