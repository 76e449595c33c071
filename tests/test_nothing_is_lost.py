"""After kills, a full disk, a gradebook that cannot be written and a clock that jumps, one more run
leaves the course as an undisturbed one does: nothing is lost, nothing is graded twice."""

from __future__ import annotations

import contextlib
import copy
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder import database, recorder
from autograder.assignment import find
from autograder.backups import back_up, backups, restore
from autograder.batch import write_feedback
from autograder.page import write_page
from autograder.release import register
from autograder.safekeeping import NotWritable, begin_writing, require_writable
from autograder.submissions import find_submissions
from autograder.up_to_date import feedback_is_missing, outdated
from tests.processes import orphans_come_here, survivors
from tests.samples import SAMPLES, hand_in, make_course

pytestmark = pytest.mark.slow
QUICK = tuple(s for s in SAMPLES if s.student in ("ada", "carla", "dan", "kim"))
NO_RESULTS = shutil.ignore_patterns(
    "autograded", "gradebook*", "feedback", "report", "backups", "verdicts"
)
DAY = 86_400 * 10**9
Course = Callable[[], Path]


def _command(course: Path, *arguments: str) -> list[str]:
    program = str(Path(sys.executable).with_name("autograder"))
    return [program, *arguments, "--course", str(course)]


def _grade(course: Path, *arguments: str, status: int = 0) -> str:
    command = _command(course, "grade", "vae", *arguments)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def _grades(course: Path) -> list[tuple]:
    query = """
        SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade
        FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id
        JOIN base_cell c ON g.cell_id = c.id ORDER BY 1, 2
    """
    with sqlite3.connect(course / "gradebook.db") as database:
        return database.execute(query).fetchall()


def _files(course: Path, *folders: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(course)): path.read_bytes()
        for folder in folders
        for path in sorted((course / folder).rglob("*"))
        if path.is_file()
    }


def _changed(course: Path) -> dict[str, int]:
    """When each complete result was written."""
    assignment = find("vae", course)
    submissions = find_submissions(assignment)
    late = outdated(assignment, submissions)
    paths = (assignment.autograded(s.student) for s in submissions if s not in late)
    return {str(path): path.stat().st_mtime_ns for path in paths}


def _must_equal(rough: Path, calm: Path, *folders: str) -> None:
    assert _grades(rough) == _grades(calm)
    assert _files(rough, *folders) == _files(calm, *folders)


def _page(course: Path) -> bytes:
    """The report without the date, which is that of the run."""
    return write_page(find("vae", course)).read_bytes()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was graded without disturbance."""
    course = tmp_path_factory.mktemp("calm") / "course"
    make_course(course)
    hand_in(find("vae", course), QUICK)
    _grade(course, "--feedback")
    return course


@pytest.fixture
def rough(calm: Path, tmp_path: Path) -> Course:
    """Makes the same course, not graded yet."""

    def make() -> Path:
        course = tmp_path / "rough"
        shutil.rmtree(course, ignore_errors=True)
        shutil.copytree(calm, course, ignore=NO_RESULTS)
        return course

    return make


def _killed(course: Path, seconds: float) -> bool:
    """Start the batch and kill it after a while; False if it was through before that."""
    command = _command(course, "grade", "vae", "--feedback")
    with orphans_come_here() as before:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert survivors(before, 30.0) == []
    return process.returncode != 0


def test_thirty_kills_of_the_batch(calm: Path, rough: Course) -> None:
    course, moments, killed = rough(), random.Random(3), 0
    start = time.monotonic()
    _grade(course, "--feedback")
    length = time.monotonic() - start
    course, results = rough(), dict[str, int]()
    while killed < 30:
        killed += (through := not _killed(course, moments.uniform(0, 0.7 * length))) is False
        found = _changed(course)
        assert results.items() <= found.items()  # nothing is graded twice
        results = found
        if through:
            _must_equal(course, calm, "autograded", "feedback")
            course, results = rough(), {}
    _grade(course, "--feedback")
    _must_equal(course, calm, "autograded", "feedback")
    assert results.items() <= _changed(course).items()
    assert _page(course) == _page(calm)


def _record_all(course: Path, graded: dict) -> None:
    """What a batch does with its results, without the judging; skips what is up to date."""
    from autograder.recorder import Recorder

    assignment = find("vae", course)
    todo = outdated(assignment, find_submissions(assignment))
    begin_writing(course)
    with Recorder(assignment) as recorder:
        for submission in todo:
            recorder.record(submission, copy.deepcopy(graded[submission.student]))


def _recorded_and_killed(course: Path, graded: dict, seconds: float) -> bool:
    """Record in a child that is killed after a while; False if it was through before that."""
    child = os.fork()
    if child == 0:
        try:
            _record_all(course, graded)
            os._exit(0)
        except BaseException as error:
            (course / "problem.txt").write_text(f"{type(error).__name__}: {error}")
            os._exit(1)
    time.sleep(seconds)
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        assert status == 0, (course / "problem.txt").read_text()
        return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def test_thirty_kills_while_results_are_written(calm: Path, rough: Course, tmp_path: Path) -> None:
    from autograder.sandbox.policy import Policy
    from autograder.worker import judge_file

    course = rough()
    assignment, policy = find("vae", course), Policy()
    submissions = find_submissions(assignment)
    graded = {s.student: judge_file(s, assignment, policy) for s in submissions}
    start = time.monotonic()
    _record_all(course, graded)
    length = time.monotonic() - start
    course, moments, killed = rough(), random.Random(7), 0
    while killed < 30:
        killed += _recorded_and_killed(course, graded, moments.uniform(0, 0.6 * length))
        if not outdated(assignment, submissions):
            _must_equal(course, calm, "autograded")
            course = rough()
    _record_all(course, graded)
    _must_equal(course, calm, "autograded")


@contextlib.contextmanager
def _mounted(at: Path, *options: str) -> Iterator[None]:
    """options: of as many calls of mount as there are."""
    try:
        for each in options:
            command = ["mount", *each.split(), str(at)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                said = f"needs the right to mount: {done.stderr.strip()}"
                pytest.fail(said) if os.environ.get("REQUIRE_MOUNT") else pytest.skip(said)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=False)  # some process may end late


@pytest.mark.parametrize("free", [200_000, 1_800_000])
def test_a_full_disk(calm: Path, tmp_path: Path, free: int) -> None:
    course = tmp_path / "small"
    course.mkdir()
    with _mounted(course, "-t tmpfs -o size=40m none"):
        shutil.copytree(calm, course, ignore=NO_RESULTS, dirs_exist_ok=True)
        filler = course / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(course).free - free))
        said = _grade(course, "--feedback", status=2)
        assert "no room in" in said and "then run again" in said
        results = _changed(course)
        filler.unlink()
        _grade(course, "--feedback")
        _must_equal(course, calm, "autograded", "feedback")
        assert results.items() <= _changed(course).items()


def test_a_read_only_gradebook(calm: Path, rough: Course) -> None:
    course = rough()
    _grade(course, "--student", "ada")
    path, before = course / "gradebook.db", _changed(course)
    with _mounted(path, f"--bind {path}", "-o remount,ro,bind"):
        said = _grade(course, "--feedback", status=2)
        assert "cannot be written (attempt to write a readonly database)" in said
        assert "give yourself the right to write" in said
        assert _changed(course) == before
    _grade(course, "--feedback")
    _must_equal(course, calm, "autograded", "feedback")


def _lock(course: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        course / "gradebook.db", isolation_level=None, check_same_thread=False
    )
    database.execute("BEGIN EXCLUSIVE")
    return database


def test_a_gradebook_that_another_program_holds_for_a_while(calm: Path, rough: Course) -> None:
    course = rough()
    process = subprocess.Popen(_command(course, "grade", "vae", "--feedback"))
    while not _changed(course):
        assert process.poll() is None
        time.sleep(0.05)
    with contextlib.closing(_lock(course)):
        time.sleep(8)  # SQLite alone gives up after 5
        assert process.poll() is None
    assert process.wait() == 0
    _must_equal(course, calm, "autograded", "feedback")


def test_a_gradebook_that_another_program_keeps(
    calm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.5)
    held = pytest.raises(NotWritable, match=r"database is locked\): end the program that holds")
    with contextlib.closing(_lock(calm)), held:
        require_writable(calm)
    require_writable(calm)


def test_after_a_clock_jumps_back_feedback_is_that_of_the_last_result(rough: Course) -> None:
    course = rough()
    assignment = find("vae", course)
    _grade(course, "--feedback", "--student", "ada")
    for path in course.rglob("*"):  # all that is there comes from tomorrow
        changed = path.stat().st_mtime_ns + DAY
        os.utime(path, ns=(changed, changed))
    assert not feedback_is_missing(assignment, "ada")
    results = _changed(course)
    assert "0 graded now" in _grade(course, "--student", "ada")
    assert _changed(course) == results
    (course / "submitted/ada/vae/vae.ipynb").write_bytes(
        (course / "submitted/dan/vae/vae.ipynb").read_bytes()
    )
    assert "1 graded now" in _grade(course, "--student", "ada")
    assert feedback_is_missing(assignment, "ada")
    _grade(course, "--feedback", "--student", "ada")
    assert not feedback_is_missing(assignment, "ada")
    ben = find("vae", course).autograded("ada").read_text()
    assert (
        assignment.feedback("ada").stat().st_mtime_ns
        == (assignment.autograded("ada").stat().st_mtime_ns)
        and '"score": 70' not in ben
    )


def test_a_page_that_was_cut_short_is_written_again(rough: Course) -> None:
    course = rough()
    assignment = find("vae", course)
    _grade(course, "--feedback", "--student", "ada")
    page = assignment.feedback("ada")
    whole = page.read_bytes()
    page.chmod(0o644)
    page.write_bytes(whole[: len(whole) // 2])
    _grade(course, "--feedback", "--student", "ada")
    assert page.read_bytes() == whole


def test_a_page_that_cannot_be_written_costs_no_score(rough: Course) -> None:
    course = rough()
    (course / "feedback").mkdir()
    (course / "feedback" / "dan").write_text("in the way")
    said = _grade(course, "--feedback", "--student", "ada", "dan", status=1)
    assert "no feedback page for dan" in said and "infrastructure" not in said
    assert find("vae", course).feedback("ada").is_file()
    (course / "feedback" / "dan").unlink()
    assert "0 graded now" in _grade(course, "--feedback", "--student", "ada", "dan")
    assert find("vae", course).feedback("dan").is_file()


def test_a_page_that_takes_too_long_is_given_up(
    calm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_PAGE_SECONDS", 0.01)
    said = write_feedback(find("vae", calm), ["ada"])
    assert said == {"ada": "the page takes more than 0.01 s"}
    assert feedback_is_missing(find("vae", calm), "ada")
    monkeypatch.undo()
    assert write_feedback(find("vae", calm), ["ada"]) == {}
    assert not feedback_is_missing(find("vae", calm), "ada")


def test_the_newest_copy_is_the_last_that_was_made_whatever_the_clock_says(
    rough: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = rough()
    for year in (2031, 2026, 2029):
        with sqlite3.connect(course / "gradebook.db") as database:
            database.execute(f"CREATE TABLE made_{year} (x)")
        made = back_up(course)
        assert made is not None
        assert backups(course)[0] == made
        made.rename(made.with_name(made.name[:17] + f"{year}0101-000000.db"))


def test_what_a_restored_gradebook_does_not_know_is_graded_again(calm: Path, rough: Course) -> None:
    course = rough()
    _grade(course, "--student", "ada")
    _grade(course, "--student", "dan", "kim")
    restore(course)
    assignment = find("vae", course)
    known = [s.student for s in find_submissions(assignment)]
    assert [s.student for s in outdated(assignment, find_submissions(assignment))] == known[1:]
    (course / "gradebook.db").unlink()
    assert len(outdated(assignment, find_submissions(assignment))) == len(known)
    _grade(course, "--feedback")
    _must_equal(course, calm, "autograded", "feedback")


def test_penalties_for_being_late_survive_a_regrade(rough: Course) -> None:
    from autograder.gradebook import Gradebook

    course = rough()
    with (course / "nbgrader_config.py").open("a") as config:
        config.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    stamp = course / "submitted" / "dan" / "vae" / "timestamp.txt"
    stamp.write_text("2026-03-02 10:00:00 UTC")
    register(find("vae", course))
    url = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.update_or_create_assignment("vae", duedate="2026-03-01 10:00:00 UTC")
    _grade(course, "--student", "dan")

    def penalties() -> dict[str, float | None]:
        with Gradebook(url) as book:
            return {
                s.student.id: s.late_submission_penalty for s in book.assignment_submissions("vae")
            }

    late = penalties()
    assert late == {"dan": 65.0}
    path = find("vae", course).autograded("dan")
    path.unlink()  # so that a regrade has something to write
    subprocess.run(_command(course, "regrade", "vae", "--yes", "--student", "dan"), check=True)
    assert path.is_file() and penalties() == late
