"""Workers of this machine: a pool of processes, each with a zygote of its own."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from pebble import ProcessExpired, ProcessPool

from autograder import worker
from autograder.assignment import Assignment
from autograder.checks import rules_of
from autograder.engine import WorkerDied
from autograder.results import Graded
from autograder.sandbox.host import Nursery
from autograder.sandbox.policy import Policy
from autograder.submissions import Submission

_SUBMISSIONS = 500
"""After so many a worker is replaced by a fresh one, whatever it may have gathered."""


def default_jobs() -> int:
    """One worker a core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


class LocalWorkers:
    """Processes that are at work from the first submission on; they import libraries meanwhile."""

    def __init__(self, assignment: Assignment, policy: Policy, jobs: int) -> None:
        self.count = jobs
        self._assignment, self._policy = assignment, policy
        self._with_torch = replace(policy, packages=rules_of(assignment).packages).with_torch
        self._nursery = Nursery(self._with_torch)
        self._context = multiprocessing.get_context("forkserver")
        # Imported once for all workers.
        torch = ["torch"] if self._with_torch else []
        self._context.set_forkserver_preload(["autograder.lean", *torch, "autograder.grading"])
        self._pool, self._begun = self._made(), False

    def _made(self) -> ProcessPool:
        given = self._nursery.requests, self._with_torch
        return ProcessPool(self.count, _SUBMISSIONS, worker.begin, given, self._context)

    def submit(self, submission: Submission) -> Future[Graded]:
        """Grade it; the future raises WorkerDied if its worker ended."""
        if not self._pool.active:
            self._pool = self._made()
        self._begun = True
        job = submission, self._assignment, self._policy
        told: Future[Graded] = Future()
        self._pool.schedule(worker.work, job).add_done_callback(lambda f: _tell(told, f))
        return told

    def close(self) -> None:
        """End the workers, as soon as they have nothing in hand, and the nursery."""
        if self._begun and self._pool.active:  # to ask begins it, and nothing waits for it then
            self._pool.close()
            self._pool.join()
        self._nursery.close()

    def abort(self) -> None:
        """End the workers at once; with them go their zygotes and kernels."""
        if self._begun and self._pool.active:
            self._pool.stop()
            self._pool.join()


def _tell(told: Future[Graded], settled: Future[Graded]) -> None:
    """Give the result or exception of one future to another."""
    error = settled.exception()
    if error is None:
        told.set_result(settled.result())
    elif isinstance(error, ProcessExpired):
        told.set_exception(WorkerDied(f"its worker ended with status {error.exitcode}"))
    elif isinstance(error, BrokenProcessPool):
        told.set_exception(WorkerDied("its worker ended while it spoke"))
    else:
        told.set_exception(error)
