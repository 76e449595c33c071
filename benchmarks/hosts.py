"""Two worker hosts against one: submissions a second of a Dask cluster, in one run.

    python -m benchmarks.hosts [--submissions 40] [--repeats 3] [--json FILE]

A host is a Dask worker whose processes (judge, zygote, kernels) are all pinned to one core of their
own. Scheduler and coordinator, which have a machine of their own in practice, go where there is
room, and slow two hosts more than one on a machine of two cores; so results are received and not
written here (see benchmarks/capacity.py for that). One host and two grade the same varied
submissions in turn; nothing that was judged before is known.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path

from autograder.assignment import Assignment
from autograder.dask_workers import DaskWorkers
from autograder.engine import Judging, at_work
from autograder.sandbox.policy import Policy
from autograder.submissions import find_submissions
from autograder.verdicts import State
from benchmarks import cohort, measured
from tests.cluster import scheduler, worker

_START_SECONDS = 120


def _graded(workers: DaskWorkers, assignment: Assignment, number: int) -> None:
    chosen = find_submissions(assignment)[:number]
    for submission, graded in Judging(workers, assignment, chosen):
        if graded.report.state is State.INFRASTRUCTURE_FAULT:
            raise RuntimeError(f"{submission.student}: {graded.report.reason}")


def rate(assignment: Assignment, cores: list[int]) -> float:
    """Submissions a second on so many hosts, from the moment at which all of them are warm."""
    number = len(find_submissions(assignment))
    with contextlib.ExitStack() as running:
        address = running.enter_context(scheduler())
        for core in cores:
            running.enter_context(worker(address, core))
        workers = DaskWorkers(assignment, Policy(), address)
        deadline = time.monotonic() + _START_SECONDS
        while workers.count < len(cores):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{workers.count} of {len(cores)} hosts came")
            time.sleep(0.1)
        with at_work(workers):
            _graded(workers, assignment, 4 * len(cores))
            start = time.perf_counter()
            _graded(workers, assignment, number)
            return number / (time.perf_counter() - start)


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        parser.error("two hosts need two cores")
    one: list[float] = []
    two: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        assignment = cohort.course_with(Path(folder) / "course", arguments.submissions)
        for _ in range(arguments.repeats):
            one.append(rate(assignment, cores[:1]))
            two.append(rate(assignment, cores))
    ratios = [b / a for a, b in zip(one, two, strict=True)]
    measured.row("one host, submissions a second", one, "/s")
    measured.row("two hosts", two, "/s")
    measured.row("two hosts / one", ratios, "")
    figures = {"one": one, "two": two, "ratio": statistics.median(ratios)}
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
