"""Grades many submissions: judged by workers in parallel, written by one coordinator.

Workers compute the pure function of `autograder.grading`; the coordinator lets nbgrader's own
Autograde converter write gradebook and files, with the judging already done.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SAWarning

from autograder import nbgrader_plugin, release
from autograder.assignment import Assignment
from autograder.grading import Graded, grade, seed_of, ungraded
from autograder.record import read_report
from autograder.sandbox.policy import Policy
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


def _judge(path: Path, assignment: Assignment, seed: int, policy: Policy) -> Graded:
    """In a worker: grade one file; its zygote stays warm for the next."""
    return grade(path.read_bytes(), assignment, seed, policy)


def _quiet_worker() -> None:
    logging.disable(logging.CRITICAL)


def _failed(assignment: Assignment, seed: int, error: BaseException) -> Graded:
    report = ungraded(assignment, seed, State.INFRASTRUCTURE_FAULT, f"the grader broke: {error}")
    return Graded(report, assignment.template)


def judged(
    assignment: Assignment, submissions: list[Submission], policy: Policy, jobs: int
) -> Iterator[tuple[Submission, Graded]]:
    """Results as they come, from `jobs` processes; a worker that dies costs one submission."""
    waiting = list(submissions)
    context = multiprocessing.get_context("spawn")
    while waiting:
        jobs = min(jobs, len(waiting))
        with ProcessPoolExecutor(jobs, mp_context=context, initializer=_quiet_worker) as pool:
            futures: dict[Future[Graded], Submission] = {}
            for submission in waiting:
                seed = seed_of(assignment.course, submission.student, assignment.name)
                future = pool.submit(_judge, submission.path, assignment, seed, policy)
                futures[future] = submission
            waiting = []
            for future in as_completed(futures):
                submission = futures[future]
                try:
                    yield submission, future.result()
                except BrokenProcessPool:
                    waiting.append(submission)
                except Exception as error:
                    yield submission, _failed(assignment, 0, error)
        if waiting and jobs == 1:  # alone in its pool and yet the pool broke: it is this one
            yield waiting[0], _failed(assignment, 0, RuntimeError("the worker process died"))
            waiting = waiting[1:]
        jobs = 1 if waiting else jobs


class Recorder:
    """The coordinator: hands results to nbgrader's converter, one student at a time."""

    def __init__(self, assignment: Assignment) -> None:
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory

        release.register(assignment)
        config = release.configuration(assignment.course)
        config.Autograde.pre_convert_hook = None  # done above, once for all
        self._assignment = assignment
        self._api = NbGraderAPI(CourseDirectory(config=config), config=config)

    def record(self, student: str, graded: Graded) -> None:
        """Write one result into autograded/ and the gradebook; raises if nbgrader refuses."""
        name = self._assignment.name
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


def default_jobs() -> int:
    """One worker a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def grade_all(
    assignment: Assignment,
    submissions: list[Submission],
    policy: Policy,
    jobs: int,
    progress: Callable[[str, Report], Any],
) -> dict[str, Report]:
    """Judge and record; `progress` is told each student and report. Returns reports by student."""
    recorder = Recorder(assignment)
    reports = {}
    for submission, graded in judged(assignment, submissions, policy, jobs):
        recorder.record(submission.student, graded)
        reports[submission.student] = graded.report
        progress(submission.student, graded.report)
    return reports


def earlier_report(assignment: Assignment, student: str) -> Report | None:
    """The report of an earlier run, from the autograded notebook."""
    import nbformat

    with contextlib.suppress(OSError, ValueError):
        return read_report(nbformat.read(autograded(assignment, student), as_version=4))
    return None
