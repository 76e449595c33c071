"""Keeps a course's gradebook safe: one grader at a time, a copy before every batch, and back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.release import gradebook_file

KEPT = 20
"""Copies of the gradebook; one of 20,000 students has 100 MB."""
_ROOM = 1 << 20
"""Bytes that must fit into the course's folder; a graded notebook has less."""
_FOLDER = Path(".autograder")


class NotRestored(LookupError):
    """There is no such copy of the gradebook, or it is damaged."""


class NotCopied(OSError):
    """The gradebook could not be copied, so nothing may be written to it."""


class NotWritable(OSError):
    """Nothing can be recorded: the disk is full, or the gradebook is locked or read-only."""


def _folder(course: Path) -> Path:
    folder = course / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextlib.contextmanager
def only_grader(course: Path, waiting: Callable[[str], Any] = print) -> Iterator[None]:
    """Hold the course's lock. Another grader is waited for, and `waiting` is told which.

    The lock goes with its process, however that ends.
    """
    with (_folder(course) / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            waiting(f"another grader is at work on this course ({file.read().strip()}); waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}\n")
        file.flush()
        yield


def require_writable(course: Path) -> None:
    """Make sure that results can be recorded.

    Raises:
        NotWritable: they cannot; says why, and what to do.
    """
    try:
        with tempfile.TemporaryFile(dir=_folder(course)) as file:
            file.write(bytes(_ROOM))
    except OSError as error:
        raise NotWritable(
            f"no room in {course} ({error.strerror}): make some, then run again; what is graded "
            "is kept"
        ) from error
    gradebook = gradebook_file(course)
    if gradebook is not None and gradebook.is_file():
        try:
            _write_nothing(gradebook)
        except sqlite3.Error as error:
            raise NotWritable(
                f"{gradebook} cannot be written ({error}): {_remedy(error)}, then run again; what "
                "is graded is kept"
            ) from error


def _write_nothing(gradebook: Path) -> None:
    """All that writing takes, with nothing to write."""
    from autograder.gradebook import PATIENCE

    with contextlib.closing(
        sqlite3.connect(gradebook, timeout=PATIENCE, isolation_level=None)
    ) as database:
        database.execute("BEGIN IMMEDIATE")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version}")
        database.execute("ROLLBACK")


def _remedy(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_BUSY"):
        return "end the program that holds it (a formgrader?)"
    if name.startswith("SQLITE_READONLY"):
        return "give yourself the right to write the file and its folder"
    return "let `autograder doctor` look it over, and `autograder restore` bring a copy back"


def backups(course: Path) -> list[Path]:
    """Copies of the gradebook, the newest first: they are numbered, as clocks jump."""
    return sorted((_folder(course) / "backups").glob("gradebook-*.db"), reverse=True)


def _next_name(course: Path) -> str:
    newest = next(iter(backups(course)), None)
    number = int(newest.name.split("-")[1]) + 1 if newest else 1
    return f"gradebook-{number:06d}-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"


def _copy(source: Path, target: Path) -> None:
    """A consistent copy, also of a database in use; the target is whole or not there."""
    from autograder.gradebook import PATIENCE

    half = target.with_suffix(".half")
    half.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=PATIENCE)) as old,
            contextlib.closing(sqlite3.connect(half)) as new,
        ):
            old.backup(new)  # completes what a crash cut short
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def back_up(course: Path) -> Path | None:
    """Copy the gradebook to .autograder/backups/; None if there is none yet, or nothing new.

    A gradebook on a database server is copied by the server's own means.

    Raises:
        NotCopied: it is locked or damaged, or the disk is full.
    """
    gradebook = gradebook_file(course)
    if gradebook is None or not gradebook.is_file():
        return None
    folder = _folder(course) / "backups"
    folder.mkdir(exist_ok=True)
    target = folder / _next_name(course)
    try:
        _copy(gradebook, target)
    except sqlite3.Error as error:
        raise NotCopied(
            f"{gradebook} could not be copied before it is written to: {error}"
        ) from error
    earlier = [path for path in backups(course) if path != target]
    if earlier and earlier[0].read_bytes() == target.read_bytes():
        target.unlink()
        return None
    for old in earlier[KEPT - 1 :]:
        old.unlink()
    return target


def begin_writing(course: Path) -> None:
    """Before results are recorded: they can be, and the gradebook can be brought back.

    Raises:
        NotWritable, NotCopied: not so; nothing has been changed.
    """
    require_writable(course)
    back_up(course)


def _require_whole(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            said = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise NotRestored(f"{path} is damaged ({said}); take another copy")


def _chosen(course: Path, name: str | None) -> Path:
    found = backups(course)
    chosen = [path for path in found if name in (None, path.name)]
    if chosen:
        return chosen[0]
    there = ", ".join(path.name for path in found) or "none"
    wanted = f"no copy {name}" if name else "no copy"
    raise NotRestored(f"there is {wanted} of the gradebook in {course / _FOLDER}; found: {there}")


def restore(course: Path, name: str | None = None) -> Path:
    """Put a copy back, the newest without a name; what is there now is copied first.

    Raises:
        NotRestored: there is no such copy, it is damaged, or the gradebook is no file.
    """
    gradebook = gradebook_file(course)
    if gradebook is None:
        raise NotRestored("the gradebook is on a database server: restore it by the server's means")
    chosen = _chosen(course, name)
    _require_whole(chosen)
    with contextlib.suppress(NotCopied):  # what is there now may be damaged
        back_up(course)
    for ending in ("-journal", "-wal", "-shm"):  # they belong to what is replaced
        gradebook.with_name(gradebook.name + ending).unlink(missing_ok=True)
    _copy(chosen, gradebook)
    return chosen
