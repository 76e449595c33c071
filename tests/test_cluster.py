"""A batch on a Dask cluster and from object storage gives what it gives on one machine."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

from autograder.assignment import Assignment, find
from autograder.dask_workers import DaskWorkers, _tell
from autograder.engine import Judging, WorkerDied, at_work
from autograder.recorder import Recorder
from autograder.results import Graded
from autograder.sandbox.policy import Policy
from autograder.submissions import find_in_storage, find_submissions
from tests.cluster import scheduler, worker
from tests.samples import SAMPLES, hand_in, make_course

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SOME = tuple(s for s in SAMPLES if s.student in ("ada", "ben", "carla", "dan", "eva", "joy", "kim"))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """Seven submissions, one of them no notebook."""
    folder = tmp_path_factory.mktemp("cluster") / "course"
    make_course(folder)
    assignment = find("vae", folder)
    hand_in(assignment, SOME)
    return assignment


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler on loopback, without workers."""
    with scheduler() as found:
        yield found


def _scores(judging: Judging) -> dict[str, float | None]:
    return {submission.student: graded.report.score for submission, graded in judging}


def test_a_worker_that_is_killed_half_way_loses_nothing(course: Assignment, address: str) -> None:
    with worker(address) as doomed, worker(address):
        workers = DaskWorkers(course, Policy(), address)
        deadline = time.monotonic() + 60
        while workers.count < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert workers.count == 2
        scores = {}
        with at_work(workers):
            for submission, graded in Judging(workers, course, find_submissions(course)):
                scores[submission.student] = graded.report.score
                if len(scores) == 3:
                    os.kill(doomed.pid, signal.SIGKILL)
    assert scores == {s.student: s.score for s in SOME}


def test_the_command_grades_on_a_cluster_and_from_storage(course: Assignment, address: str) -> None:
    """Files lie on a server, as in object storage; the gradebook is written here alone."""
    with _served(course.course) as url, worker(address):
        done = subprocess.run(
            [
                sys.executable, "-m", "autograder.cli", "grade", "vae", "--scheduler", address,
                "--submissions", f"{url}/submitted", "--student", "ada", "dan", "kim",
            ],
            cwd=course.course, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 graded now, 3 in all" in done.stdout
    assert re.search(r"ada .* 70 $", done.stdout, re.M) and re.search(
        r"dan .* 65 $", done.stdout, re.M
    )
    assert "kim" in done.stdout and "not valid JSON" in done.stdout
    assert course.autograded("ada").is_file()


def test_nobody_at_the_address_is_said_before_anything_is_done(course: Assignment) -> None:
    with pytest.raises(ConnectionError, match=r"no Dask scheduler .*`dask worker ADDRESS"):
        DaskWorkers(course, Policy(), "tcp://127.0.0.1:9")


def test_work_that_the_cluster_takes_back_is_tried_again() -> None:
    """Not waited for: a scheduler that ends cancels what it had."""
    told: Future[Graded] = Future()
    settled: Future[Graded] = Future()
    settled.cancel()
    _tell(told, settled)
    with pytest.raises(WorkerDied, match="took it back"):
        told.result(timeout=1)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_storage_is_read_as_folders_are(course: Assignment) -> None:
    stamp = course.course / "submitted" / "ada" / "vae" / "timestamp.txt"
    stamp.write_text("2026-02-03 04:05:06 UTC")
    here = {s.student: s.read() for s in find_submissions(course)}
    with _served(course.course) as url:
        there = {s.student: s for s in find_in_storage(f"{url}/submitted", course)}
        assert {name: s.read() for name, s in there.items()} == here
        assert there["ada"].timestamp() == "2026-02-03 04:05:06 UTC"
        with Recorder(course) as recorder:
            recorder._stage(there["ada"])
            staged = recorder._submitted / "ada" / "vae" / "timestamp.txt"
            assert staged.read_text() == "2026-02-03 04:05:06 UTC"
            recorder._stage(there["ben"])
            assert not (recorder._submitted / "ben" / "vae" / "timestamp.txt").exists()
    stamp.unlink()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///tmp/submitted", "goes to submitted/"),
        ("submitted", "goes to submitted/"),
        ("nowhere://bucket/submitted", "cannot be read"),
        ("memory://nothing", "there is no memory://nothing/STUDENT/vae/vae.ipynb"),
    ],
)
def test_what_is_no_storage_is_said(course: Assignment, url: str, says: str) -> None:
    with pytest.raises(LookupError, match=re.escape(says)):
        find_in_storage(url, course)
