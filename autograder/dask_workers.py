"""Workers of many machines: a Dask cluster that computes the same function.

The cluster's hosts need this package and nothing of the course: what is handed in, the released
notebook and the seed travel with each submission, the result travels back.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import replace

from autograder.assignment import Assignment
from autograder.engine import WorkerDied
from autograder.results import Graded
from autograder.sandbox.policy import Policy
from autograder.sanitise import Refused
from autograder.seeds import course_secret
from autograder.submissions import Submission
from autograder.worker import judge_file, start

_CONNECT_SECONDS = 10
_alone = threading.Lock()
"""A worker with several threads still grades one submission at a time."""


class DaskWorkers:
    """The workers of a running cluster.

    Raises:
        ConnectionError: nobody answers at that address, or it has no workers.
    """

    def __init__(self, assignment: Assignment, policy: Policy, address: str) -> None:
        from distributed import Client

        try:
            self._client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise ConnectionError(
                f"no Dask scheduler with workers answers at {address} ({error}): start "
                "`dask scheduler`, and on each host `dask worker ADDRESS --nworkers N --nthreads 1`"
            ) from error
        self._executor = self._client.get_executor(pure=False)
        self._assignment, self._policy = assignment, policy
        self._secret = course_secret(assignment.course)

    @property
    def count(self) -> int:
        """How many workers the cluster has; they may come and go."""
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def submit(self, submission: Submission) -> Future[Graded]:
        """Grade it; the future raises WorkerDied if worker after worker ended over it."""
        told: Future[Graded] = Future()
        job = _packed(submission), self._assignment, self._policy, self._secret
        self._executor.submit(_work, *job).add_done_callback(lambda settled: _tell(told, settled))
        return told

    def close(self) -> None:
        """Leave the cluster, which goes on."""
        self._executor.shutdown(wait=False)
        self._client.close()

    def abort(self) -> None:
        """Take back what was asked for."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _packed(submission: Submission) -> Submission:
    """With what was handed in, unless it lies where the workers can read it as well."""
    if submission.url:
        return submission
    try:
        return replace(submission, data=submission.read())
    except Refused as refusal:
        return replace(submission, refused=str(refusal))


def _work(submission: Submission, assignment: Assignment, policy: Policy, secret: bytes) -> Graded:
    """What a worker of the cluster does."""
    with _alone:
        start()
        return judge_file(submission, assignment, policy.here(), secret=secret)


def _tell(told: Future[Graded], settled: Future[Graded]) -> None:
    """Give the result or exception of one future to another."""
    from distributed import KilledWorker

    if settled.cancelled():  # the scheduler ended, or the way to it
        told.set_exception(WorkerDied("the cluster took it back"))
        return
    error = settled.exception()
    if error is None:
        told.set_result(settled.result())
    elif isinstance(error, KilledWorker):
        told.set_exception(WorkerDied("worker after worker of the cluster ended over it"))
    else:
        told.set_exception(error)
