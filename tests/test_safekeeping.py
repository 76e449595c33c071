"""The gradebook is copied before it is written to, comes back whole, and has one writer."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import backups as copies
from autograder.backups import NotCopied, NotRestored, back_up, backups, restore
from autograder.safekeeping import only_grader


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose gradebook is a small database."""
    (tmp_path / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///{tmp_path / 'gradebook.db'}'\n"
    )
    _write(tmp_path, 1)
    return tmp_path


def _write(course: Path, score: int) -> None:
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("CREATE TABLE IF NOT EXISTS grade (score INTEGER)")
        database.execute("INSERT INTO grade VALUES (?)", (score,))


def _scores(course: Path) -> list[int]:
    with sqlite3.connect(course / "gradebook.db") as database:
        return [row[0] for row in database.execute("SELECT score FROM grade ORDER BY score")]


def test_a_copy_brings_the_scores_back(course: Path) -> None:
    made = back_up(course)
    _write(course, 2)
    assert restore(course) == made
    assert _scores(course) == [1]


def test_what_was_there_before_a_restore_can_be_restored_as_well(course: Path) -> None:
    first = back_up(course)
    assert first is not None
    _write(course, 2)
    restore(course, first.name)
    restore(course)  # the newest is what the first restore found
    assert _scores(course) == [1, 2]


def test_an_unchanged_gradebook_is_not_copied_again(course: Path) -> None:
    assert back_up(course) is not None
    assert back_up(course) is None
    assert len(backups(course)) == 1


def test_only_the_newest_copies_are_kept(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "KEPT", 3)
    for number in range(5):
        _write(course, number)
        newest = back_up(course)
    assert len(backups(course)) == 3 and backups(course)[0] == newest


def test_without_a_gradebook_there_is_nothing_to_copy(course: Path) -> None:
    (course / "gradebook.db").unlink()
    assert back_up(course) is None
    with pytest.raises(NotRestored, match=r"there is no copy of the gradebook .* found: none"):
        restore(course)


def test_a_damaged_copy_is_not_put_back(course: Path) -> None:
    made = back_up(course)
    assert made is not None
    made.write_bytes(made.read_bytes()[:3000])
    with pytest.raises(NotRestored, match="is damaged"):
        restore(course)
    assert _scores(course) == [1]


def test_a_damaged_gradebook_is_replaced(course: Path) -> None:
    back_up(course)
    (course / "gradebook.db").write_bytes(b"no database at all" * 100)
    restore(course)
    assert _scores(course) == [1]


def test_nothing_is_written_where_no_copy_can_be_made(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course / "gradebook.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(NotCopied, match=r"could not be copied before it is written to"):
        back_up(course)
    assert backups(course) == []


def test_stock_nbgrader_stops_where_no_copy_can_be_made(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.nbgrader_plugin import begin_grading

    (course / "gradebook.db").write_bytes(b"no database at all" * 100)
    monkeypatch.chdir(course)
    with pytest.raises(SystemExit, match=r"cannot be written \(file is not a database\)"):
        begin_grading("vae")
    with only_grader(course, pytest.fail):  # the lock is free again
        pass


def test_the_journal_of_a_replaced_gradebook_spoils_nothing(course: Path) -> None:
    back_up(course)
    (course / "gradebook.db-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600))
    restore(course)
    assert _scores(course) == [1] and not (course / "gradebook.db-journal").exists()


def test_a_gradebook_on_a_server_is_left_to_the_server(course: Path) -> None:
    config = course / "nbgrader_config.py"
    config.write_text(
        "c = get_config()\nc.CourseDirectory.db_url = 'postgresql://localhost/grades'\n"
    )
    assert back_up(course) is None
    with pytest.raises(NotRestored, match="database server"):
        restore(course)


def _grader(course: Path, seconds: int) -> subprocess.Popen[str]:
    """Another process that has the course to itself for a while."""
    source = (
        "import sys, time; from pathlib import Path\n"
        "from autograder.safekeeping import only_grader\n"
        "with only_grader(Path(sys.argv[1])):\n"
        "    print('mine', flush=True); time.sleep(int(sys.argv[2]))"
    )
    command = [sys.executable, "-c", source, str(course), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "mine\n"
    return process


def test_the_second_grader_waits_and_says_for_whom(course: Path) -> None:
    first, said = _grader(course, 1), []
    with only_grader(course, said.append):
        assert first.wait(timeout=10) == 0
    assert len(said) == 1 and f"process {first.pid}" in said[0]


def test_the_lock_goes_with_a_killed_grader(course: Path) -> None:
    first = _grader(course, 99)
    first.kill()
    first.wait()
    lock = course / ".autograder" / "lock"
    with only_grader(course, pytest.fail), lock.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
