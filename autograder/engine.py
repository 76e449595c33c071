"""Hands submissions to workers and their results back, whoever the workers are.

A few more submissions than there are workers are out at any time: no worker waits for the next, and
what 20,000 submissions give never piles up here. A submission whose worker dies is tried once more,
by another one.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from autograder.assignment import Assignment
from autograder.cache import Cache
from autograder.results import Graded, given_up
from autograder.submissions import Submission

_AHEAD = 2
"""Submissions out for each worker: one in hand and the next."""
_TRIES = 2


class WorkerDied(RuntimeError):
    """A worker ended before it had a result: out of memory, killed, or its host is gone."""


class Workers(Protocol):
    """Whoever grades: processes of this machine, or of many."""

    @property
    def count(self) -> int:
        """How many of them there are, now."""

    def submit(self, submission: Submission) -> Future[Graded]:
        """Grade it; the future raises WorkerDied if its worker ended."""

    def close(self) -> None:
        """End them, as soon as they have nothing in hand."""

    def abort(self) -> None:
        """End them at once."""


class Judging:
    """Submissions at work from the moment it is made. Iterate for each with its result, as they
    come.

    cache: what was judged before is not judged again, and what is judged now is kept there.
    A submission that has killed two workers is an infrastructure fault, as is one over which the
    grader itself stumbles.
    """

    def __init__(
        self,
        workers: Workers,
        assignment: Assignment,
        submissions: list[Submission],
        cache: Cache | None = None,
    ) -> None:
        self._workers, self._assignment, self._cache = workers, assignment, cache
        self._waiting = deque((submission, 1) for submission in submissions)
        self._out: dict[Future[Graded], tuple[Submission, int]] = {}
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and len(self._out) < _AHEAD * self._workers.count:
            submission, tried = self._waiting.popleft()
            self._out[self._begun(submission)] = submission, tried

    def _begun(self, submission: Submission) -> Future[Graded]:
        """At work, with what is known; or done, where everything is."""
        if self._cache is None:
            return self._workers.submit(submission)
        try:
            submission = self._cache.prepared(submission)
            whole = self._cache.whole(submission)
        except Exception:  # a storage that does not answer: the worker says so, of this one alone
            whole = None
        if whole is None:
            return self._workers.submit(submission)
        done: Future[Graded] = Future()
        done.set_result(whole)
        return done

    def __iter__(self) -> Iterator[tuple[Submission, Graded]]:
        while self._out:
            for future in wait(self._out, return_when=FIRST_COMPLETED).done:
                submission, tried = self._out.pop(future)
                graded = self._result(future, submission, tried)
                self._hand_out()
                if graded is not None:
                    yield submission, graded

    def _result(self, future: Future[Graded], submission: Submission, tried: int) -> Graded | None:
        """None where it is to be tried again."""
        try:
            graded = future.result()
            if self._cache is not None:
                self._cache.keep(graded)
            return graded
        except WorkerDied as error:
            if tried < _TRIES:
                self._waiting.appendleft((submission, tried + 1))
                return None
            return given_up(self._assignment, f"{error}, {_TRIES} times")
        except Exception as error:
            return given_up(self._assignment, f"the grader broke: {error}")


@contextlib.contextmanager
def at_work(workers: Workers) -> Iterator[Workers]:
    """The workers, which end with the block: at once if it ends with an exception."""
    try:
        yield workers
    except BaseException:
        workers.abort()
        raise
    finally:
        workers.close()
