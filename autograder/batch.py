"""Grades many submissions: judged by workers in parallel, written by one coordinator.

Workers compute the pure function of `autograder.grading`; the coordinator lets nbgrader's own
Autograde converter write gradebook and files, with the judging already done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograder.assignment import Assignment
from autograder.cache import Cache
from autograder.engine import Judging, Workers, at_work
from autograder.results import Graded
from autograder.sharing import Sharing
from autograder.submissions import Submission
from autograder.verdicts import Report, State

if TYPE_CHECKING:
    from autograder.recorder import Recorder


def _recorded(recorder: Recorder, submission: Submission, graded: Graded, feedback: bool) -> Report:
    """The report as it was recorded; what nbgrader cannot write stops nobody else.

    Raises:
        NotWritable: nothing can be recorded any more, of nobody.
    """
    from autograder.safekeeping import require_writable

    try:
        recorder.record(submission, graded)
    except Exception as error:  # whatever it is, it is this submission's
        require_writable(recorder.course)
        return replace(graded.report, state=State.INFRASTRUCTURE_FAULT, reason=str(error))
    if feedback:
        with contextlib.suppress(Exception):  # `write_feedback` tries again, and says why
            recorder.write_feedback(submission.student)
    return graded.report


def grade_all(
    assignment: Assignment,
    submissions: list[Submission],
    workers: Workers,
    progress: Callable[[str, Report], Any],
    feedback: bool = False,
    cache: Cache | None = None,
) -> dict[str, Report]:
    """Judge and record; `progress` is told each student and report. Returns reports by student.

    cache: of what was judged before.
    """
    reports, sharing = {}, Sharing()
    with at_work(workers):
        judging = Judging(workers, assignment, submissions, cache)
        from autograder.recorder import Recorder  # imports nbgrader while the workers start
        from autograder.safekeeping import begin_writing

        begin_writing(assignment.course)
        with Recorder(assignment) as recorder:
            for submission, graded in judging:
                report = _recorded(recorder, submission, graded, feedback)
                reports[submission.student] = sharing(report)  # 20,000 of them stay to the end
                progress(submission.student, report)
    return reports


def write_feedback(assignment: Assignment, students: list[str]) -> dict[str, str]:
    """Write the feedback pages of students who were graded earlier; those that failed, and why."""
    failed: dict[str, str] = {}
    if not students:
        return failed
    from autograder.recorder import Recorder
    from autograder.safekeeping import require_writable

    with Recorder(assignment) as recorder:
        for student in students:
            try:
                recorder.write_feedback(student)
            except Exception as error:
                require_writable(assignment.course)
                failed[student] = str(error)
    return failed
