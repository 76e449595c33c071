"""Submissions reach workers, and all come back, whatever happens to the workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.engine import Judging, WorkerDied, at_work
from autograder.results import Graded, given_up
from autograder.sandbox.policy import Policy
from autograder.submissions import Submission
from autograder.verdicts import State


class Fake:
    """Two workers that die, stumble or grade as the name of the student says."""

    count = 2

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self.handed: list[str] = []
        self.most = self._now = 0
        self.ended = ""

    def submit(self, submission: Submission) -> Future[Graded]:
        """Grade at once."""
        name = submission.student
        self.handed.append(name)
        self._now += 1
        self.most = max(self.most, self._now)
        future: Future[Graded] = Future()
        if name.startswith("kills") or (name == "unlucky" and self.handed.count(name) == 1):
            future.set_exception(WorkerDied("its worker ended with status -9"))
        elif name == "odd":
            future.set_exception(ValueError("a bug"))
        else:
            future.set_result(given_up(self._assignment, name))
        return future

    def returned(self) -> None:
        """The coordinator has recorded one."""
        self._now -= 1

    def close(self) -> None:
        """No more work."""
        self.ended += "closed"

    def abort(self) -> None:
        """Stop at once."""
        self.ended += "aborted "


def _submissions(*students: str) -> list[Submission]:
    return [Submission(student, Path(student)) for student in students]


def test_all_come_back_and_few_are_out_at_a_time(vae: Assignment) -> None:
    fake, names = Fake(vae), [f"s{n}" for n in range(50)]
    seen = []
    for submission, _ in Judging(fake, vae, _submissions(*names)):
        seen.append(submission.student)
        fake.returned()
    assert sorted(seen) == sorted(names)
    assert 2 <= fake.most <= 6


def test_work_begins_before_anybody_asks_for_results(vae: Assignment) -> None:
    fake = Fake(vae)
    Judging(fake, vae, _submissions("a", "b", "c"))
    assert fake.handed == ["a", "b", "c"]


def test_who_loses_a_worker_is_tried_once_more(vae: Assignment) -> None:
    fake = Fake(vae)
    students = _submissions("a", "unlucky", "kills", "odd", "b")
    done = {s.student: graded.report for s, graded in Judging(fake, vae, students)}
    assert set(done) == {"a", "unlucky", "kills", "odd", "b"}
    assert fake.handed.count("unlucky") == fake.handed.count("kills") == 2
    assert done["unlucky"].reason == "unlucky"
    assert done["kills"].reason == "its worker ended with status -9, 2 times"
    assert done["odd"].reason == "the grader broke: a bug"
    assert all(report.state is State.INFRASTRUCTURE_FAULT for report in done.values())


class Unreadable:
    """A cache that reads what was handed in from where nobody answers."""

    def prepared(self, submission: Submission) -> Submission:
        """Raise what a storage raises."""
        raise ConnectionError("503 Slow Down")

    def keep(self, graded: Graded) -> None:
        """Keep nothing."""


def test_a_storage_that_does_not_answer_ends_no_batch(vae: Assignment) -> None:
    cache: Any = Unreadable()
    judging = Judging(Fake(vae), vae, _submissions("ann", "bob"), cache)
    assert {submission.student for submission, _ in judging} == {"ann", "bob"}


def test_workers_end_with_their_block(vae: Assignment) -> None:
    calm, cut = Fake(vae), Fake(vae)
    with at_work(calm):
        pass
    with pytest.raises(KeyboardInterrupt), at_work(cut):
        raise KeyboardInterrupt
    assert (calm.ended, cut.ended) == ("closed", "aborted closed")


@pytest.mark.slow
def test_killed_workers_cost_nobody_anything(vae: Assignment, tmp_path: Path) -> None:
    from autograder.local_workers import LocalWorkers
    from tests.samples import SAMPLES, hand_in, make_course

    make_course(tmp_path / "course")
    course = Assignment("vae", tmp_path / "course")
    some = [s for s in SAMPLES if s.student in ("ada", "ben", "carla", "dan", "eva", "joy")]
    hand_in(course, tuple(some))
    from autograder.submissions import find_submissions

    workers = LocalWorkers(course, Policy(), 2)
    scores, kills = {}, 0
    with at_work(workers):
        for submission, graded in Judging(workers, course, find_submissions(course)):
            scores[submission.student] = graded.report.score
            victims = [p for p in multiprocessing.active_children() if "pebble" in p.name.lower()]
            if kills < 2 and victims:
                os.kill(int(victims[0].pid or 0), signal.SIGKILL)
                kills += 1
    assert kills == 2
    assert scores == {s.student: s.score for s in some}
    assert not [p for p in multiprocessing.active_children() if "pebble" in p.name.lower()]
