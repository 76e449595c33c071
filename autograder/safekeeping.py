"""Before anything is written: one grader at a time, room, a writable gradebook and its copy."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.backups import NOT_OURS, back_up, folder_of
from autograder.release import gradebook_file, gradebook_url

_AT_ONCE = 2.0
"""Seconds in which another program's write usually ends."""
_ROOM = 1 << 20
"""Bytes that must fit into the course's folder; a graded notebook has less."""


class NotWritable(OSError):
    """Nothing can be recorded: the disk is full, or the gradebook is locked or read-only."""


@contextlib.contextmanager
def only_grader(course: Path, waiting: Callable[[str], Any] = print) -> Iterator[None]:
    """Hold the course's lock. Another grader is waited for, and `waiting` is told which.

    The lock goes with its process, however that ends.
    """
    with (folder_of(course) / "lock").open("a+") as file:
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
        with tempfile.TemporaryFile(dir=folder_of(course)) as file:
            file.write(bytes(_ROOM))
    except OSError as error:
        raise NotWritable(
            f"no room in {course} ({error.strerror}): make some, then run again; what is graded "
            "is kept"
        ) from error
    gradebook = gradebook_file(course)
    if gradebook is None:
        _require_server(gradebook_url(course))
    elif gradebook.is_file():
        try:
            _write_nothing(gradebook)
        except sqlite3.Error as error:
            raise NotWritable(
                f"{gradebook} cannot be written ({error}): {_remedy(error)}, then run again; what "
                "is graded is kept"
            ) from error


def _require_server(url: str) -> None:
    from autograder.database import Unusable, write_nothing

    try:
        write_nothing(url)
    except Unusable as error:
        raise NotWritable(f"{error}, then run again; what is graded is kept") from error


def _write_nothing(gradebook: Path) -> None:
    """All that writing takes, with nothing to write."""
    with contextlib.closing(
        sqlite3.connect(gradebook, timeout=_AT_ONCE, isolation_level=None)
    ) as database:
        _begin(database)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version}")
        database.execute("ROLLBACK")


def _begin(database: sqlite3.Connection) -> None:
    """Begin to write; says so before a long wait."""
    from autograder.database import PATIENCE

    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        print(f"the gradebook is in use; waiting for up to {PATIENCE:g} s", file=sys.stderr)
        database.execute(f"PRAGMA busy_timeout = {1000 * PATIENCE:.0f}")
        database.execute("BEGIN IMMEDIATE")


def _remedy(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_BUSY"):
        return "end the program that holds it (a formgrader?)"
    if name.startswith("SQLITE_READONLY"):
        return "give yourself the right to write the file and its folder"
    return "let `autograder doctor` look it over, and `autograder restore` bring a copy back"


def begin_writing(course: Path) -> None:
    """Before results are recorded: they can be, and the gradebook can be brought back.

    Raises:
        NotWritable, NotCopied: not so; nothing has been changed.
    """
    require_writable(course)
    if gradebook_file(course) is None:
        _say_once(NOT_OURS)
    back_up(course)


@functools.cache
def _say_once(sentence: str) -> None:
    # Stock nbgrader begins anew with every student.
    print(sentence, file=sys.stderr)
