"""Grades many submissions: judged by workers in parallel, written by one coordinator.

Workers compute the pure function of `autograder.grading`; the coordinator lets nbgrader's own
Autograde converter write gradebook and files, with the judging already done.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SAWarning

from autograder import worker
from autograder.assignment import Assignment
from autograder.record import read_report
from autograder.results import Graded, ungraded
from autograder.sandbox.policy import Policy
from autograder.seeds import seed_of
from autograder.verdicts import Report, State


@dataclass(frozen=True)
class Submission:
    """Who handed in which file."""

    student: str
    path: Path


def find_submissions(assignment: Assignment, students: list[str] | None = None) -> list[Submission]:
    """What lies in submitted/, by student; raises LookupError for a student who is not there."""
    name = assignment.name
    folder = assignment.course / "submitted"
    paths = sorted(folder.glob(f"*/{name}/{name}.ipynb"))
    found = {path.parts[-3]: Submission(path.parts[-3], path) for path in paths}
    unknown = sorted(set(students or ()) - set(found))
    if unknown:
        raise LookupError(
            f"no {name} submission of {', '.join(unknown)} in {folder}; there are: "
            + (", ".join(found) or "none")
        )
    return [found[student] for student in students] if students else list(found.values())


def autograded(assignment: Assignment, student: str) -> Path:
    """Where nbgrader puts the graded notebook of a student."""
    name = assignment.name
    return assignment.course / "autograded" / student / name / f"{name}.ipynb"


def is_up_to_date(assignment: Assignment, submission: Submission) -> bool:
    """Whether a result of this very file is there; nbgrader would skip it."""
    result = autograded(assignment, submission.student)
    return result.is_file() and result.stat().st_mtime >= submission.path.stat().st_mtime


def _failed(assignment: Assignment, error: BaseException) -> Graded:
    report = ungraded(assignment, 0, State.INFRASTRUCTURE_FAULT, f"the grader broke: {error}")
    return Graded(report, assignment.template)


class Judging:
    """Worker processes at work on a batch, from the moment it is made. Iterate for the results."""

    def __init__(self, assignment: Assignment, policy: Policy, jobs: int) -> None:
        self._assignment, self._policy, self._jobs = assignment, policy, jobs
        self._pool: ProcessPoolExecutor | None = None
        self._futures: dict[Future[Graded], Submission] = {}

    def start(self, submissions: list[Submission], jobs: int | None = None) -> None:
        """Hand out work; the workers import their libraries while the coordinator prepares."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["autograder.grading"])  # imports torch once for all workers
        jobs = min(jobs or self._jobs, len(submissions))
        self._pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=worker.start)
        self._futures = {}
        for submission in submissions:
            seed = seed_of(self._assignment.course, submission.student, self._assignment.name)
            future = self._pool.submit(
                worker.judge_file, submission.path, self._assignment, seed, self._policy
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


class Recorder:
    """The coordinator: hands results to nbgrader's converter, one student at a time."""

    def __init__(self, assignment: Assignment) -> None:
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory

        from autograder import release

        release.register(assignment)
        config = release.configuration(assignment.course)
        config.Autograde.pre_convert_hook = None  # done above, once for all
        self._assignment = assignment
        self._api = NbGraderAPI(CourseDirectory(config=config), config=config)

    def record(self, student: str, graded: Graded) -> None:
        """Write one result into autograded/ and the gradebook; raises if nbgrader refuses."""
        name = self._assignment.name
        from autograder import nbgrader_plugin

        # nbgrader 0.9 relates new rows in an order about which SQLAlchemy 2.1 warns.
        warnings.filterwarnings("ignore", category=SAWarning)
        nbgrader_plugin.precomputed[name, student] = graded
        try:
            result = self._api.autograde(name, student, force=True, create=True)
        finally:
            nbgrader_plugin.precomputed.pop((name, student), None)
        if not result["success"]:
            log = result.get("error") or result.get("log") or ""
            raise RuntimeError(f"nbgrader could not record {student}: {log[-2000:]}")

    def write_feedback(self, student: str) -> None:
        """Write the feedback page of a student who has been recorded."""
        result = self._api.generate_feedback(self._assignment.name, student, force=True)
        if not result["success"]:
            log = result.get("error") or result.get("log") or ""
            raise RuntimeError(f"nbgrader could not write feedback of {student}: {log[-2000:]}")


def default_jobs() -> int:
    """One worker a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def grade_all(
    assignment: Assignment,
    submissions: list[Submission],
    policy: Policy,
    jobs: int,
    progress: Callable[[str, Report], Any],
    feedback: bool = False,
) -> dict[str, Report]:
    """Judge and record; `progress` is told each student and report. Returns reports by student."""
    judging = Judging(assignment, policy, jobs)
    reports = {}
    try:
        judging.start(submissions)
        recorder = Recorder(assignment)
        for submission, graded in judging.results():
            recorder.record(submission.student, graded)
            if feedback:
                recorder.write_feedback(submission.student)
            reports[submission.student] = graded.report
            progress(submission.student, graded.report)
    finally:
        judging.stop()
    return reports


def earlier_report(assignment: Assignment, student: str) -> Report | None:
    """The report of an earlier run, from the autograded notebook."""
    import nbformat

    with contextlib.suppress(OSError, ValueError):
        return read_report(nbformat.read(autograded(assignment, student), as_version=4))
    return None
