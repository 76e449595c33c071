"""Grades many submissions: judged by workers in parallel, written by one coordinator.

Workers compute the pure function of `autograder.grading`; the coordinator lets nbgrader's own
Autograde converter write gradebook and files, with the judging already done.
"""

from __future__ import annotations

import contextlib
import copy
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograder import worker
from autograder.assignment import Assignment
from autograder.results import Graded, ungraded
from autograder.sandbox.host import Nursery
from autograder.sandbox.policy import Policy
from autograder.submissions import Submission
from autograder.verdicts import Report, State

if TYPE_CHECKING:
    from autograder.recorder import Recorder


def _failed(assignment: Assignment, error: BaseException) -> Graded:
    report = ungraded(assignment, 0, State.INFRASTRUCTURE_FAULT, f"the grader broke: {error}")
    return Graded(report, copy.deepcopy(assignment.template))


class Judging:
    """Worker processes at work on a batch, from the moment it is made. Iterate for the results."""

    def __init__(self, assignment: Assignment, policy: Policy, jobs: int) -> None:
        self._assignment, self._policy, self._jobs = assignment, policy, jobs
        self._pool: ProcessPoolExecutor | None = None
        self._futures: dict[Future[Graded], Submission] = {}
        self._nursery = Nursery()

    def start(self, submissions: list[Submission], jobs: int | None = None) -> None:
        """Hand out work; the workers import their libraries while the coordinator prepares."""
        context = multiprocessing.get_context("forkserver")
        # Imports torch once for all workers.
        context.set_forkserver_preload(["autograder.lean", "autograder.grading"])
        jobs = min(jobs or self._jobs, len(submissions))
        self._pool = ProcessPoolExecutor(
            jobs, context, initializer=worker.start, initargs=(self._nursery.requests,)
        )
        self._futures = {}
        for submission in submissions:
            future = self._pool.submit(
                worker.judge_file, submission, self._assignment, self._policy
            )
            self._futures[future] = submission

    def results(self) -> Iterator[tuple[Submission, Graded]]:
        """Results as they come. A worker that dies breaks the pool: the rest is tried again one
        by one, and a submission that kills its worker twice is an infrastructure fault."""
        lost = yield from self._collect()
        for submission in lost:
            self.start([submission], jobs=1)
            again = yield from self._collect()
            if again:
                yield submission, _failed(self._assignment, RuntimeError("its worker died twice"))

    def _collect(self) -> Generator[tuple[Submission, Graded], None, list[Submission]]:
        lost = []
        for future in as_completed(self._futures):
            submission = self._futures[future]
            try:
                yield submission, future.result()
            except BrokenProcessPool:
                lost.append(submission)
            except Exception as error:
                yield submission, _failed(self._assignment, error)
        self.stop()
        return lost

    def stop(self) -> None:
        """Let the workers finish what they have in hand and end."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def close(self) -> None:
        """Stop, and end the nursery."""
        self.stop()
        self._nursery.close()

    def abort(self) -> None:
        """End the workers now; with them go their zygotes and kernels."""
        for process in list(getattr(self._pool, "_processes", None) or {}):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@contextlib.contextmanager
def judged(
    assignment: Assignment, submissions: list[Submission], policy: Policy, jobs: int
) -> Iterator[Iterator[tuple[Submission, Graded]]]:
    """Workers at work; inside, iterate for the results. Nothing is recorded."""
    judging = Judging(assignment, policy, jobs)
    try:
        judging.start(submissions)
        yield judging.results()
    except BaseException:
        judging.abort()
        raise
    finally:
        judging.close()


def default_jobs() -> int:
    """One worker a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


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
    policy: Policy,
    jobs: int,
    progress: Callable[[str, Report], Any],
    feedback: bool = False,
) -> dict[str, Report]:
    """Judge and record; `progress` is told each student and report. Returns reports by student."""
    reports = {}
    with judged(assignment, submissions, policy, jobs) as results:
        from autograder.recorder import Recorder  # imports nbgrader while the workers start
        from autograder.safekeeping import begin_writing

        begin_writing(assignment.course)
        with Recorder(assignment) as recorder:
            for submission, graded in results:
                report = _recorded(recorder, submission, graded, feedback)
                reports[submission.student] = report
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
