"""Copies of a course's gradebook: made before every batch, and put back."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from autograder.release import gradebook_file

KEPT = 20
"""Copies of the gradebook; one of 20,000 students has 100 MB."""
_FOLDER = Path(".autograder")
NOT_OURS = "the gradebook is on a database server, and is not copied here: pg_dump makes a copy"


class NotRestored(LookupError):
    """There is no such copy of the gradebook, it is damaged, or copies are a server's business."""


class NotCopied(OSError):
    """The gradebook could not be copied, so nothing may be written to it."""


def folder_of(course: Path) -> Path:
    """The course's own folder of the grader, which is yours alone."""
    folder = course / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def backups(course: Path) -> list[Path]:
    """Copies of the gradebook, the newest first: they are numbered, as clocks jump."""
    return sorted((folder_of(course) / "backups").glob("gradebook-*.db"), reverse=True)


def _next_name(course: Path) -> str:
    newest = next(iter(backups(course)), None)
    number = int(newest.name.split("-")[1]) + 1 if newest else 1
    return f"gradebook-{number:06d}-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"


def _copy(source: Path, target: Path) -> None:
    """A consistent copy, also of a database in use; the target is whole or not there."""
    from autograder.database import PATIENCE

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


def require_file(course: Path) -> Path:
    """The gradebook, where it is a file.

    Raises:
        NotRestored: it is on a database server.
    """
    gradebook = gradebook_file(course)
    if gradebook is None:
        raise NotRestored(f"{NOT_OURS}, and psql or pg_restore puts it back")
    return gradebook


def back_up(course: Path) -> Path | None:
    """Copy the gradebook to .autograder/backups/; None if there is none yet, or nothing new.

    A gradebook on a database server is copied by the server's own means: None as well.

    Raises:
        NotCopied: it is locked or damaged, or the disk is full. A damaged copy is not kept, so
            that no whole one has to go for it.
    """
    gradebook = gradebook_file(course)
    if gradebook is None or not gradebook.is_file():
        return None
    folder = folder_of(course) / "backups"
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
    if damage := _damage(target):
        target.unlink()
        raise NotCopied(
            f"{gradebook} is damaged ({damage}), so nothing is written to it: `autograder restore` "
            "puts the newest whole copy back"
        )
    for old in earlier[KEPT - 1 :]:
        old.unlink()
    return target


def _damage(path: Path) -> str:
    """What is wrong with a database; empty if it is whole."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            said = str(database.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        said = str(error)
    return "" if said == "ok" else " ".join(said.split())


def _chosen(course: Path, name: str | None) -> Path:
    """The copy of that name, else the newest that is whole."""
    found = backups(course)
    chosen = [path for path in found if name in (None, path.name)]
    damaged = []
    for path in chosen:
        damage = _damage(path)
        if not damage:
            return path
        damaged.append(f"{path.name} is damaged ({damage})")
    there = ", ".join(path.name for path in found) or "none"
    wanted = " ".join(filter(None, ("no whole copy" if chosen else "no copy", name)))
    raise NotRestored(
        "; ".join([f"there is {wanted} of the gradebook in {course / _FOLDER}", *damaged,
                   f"found: {there}"])
    )  # fmt: skip


def restore(course: Path, name: str | None = None) -> Path:
    """Put a copy back, the newest without a name; what is there now is copied first.

    Raises:
        NotRestored: there is no such copy, it is damaged, or the gradebook is no file.
    """
    gradebook = require_file(course)
    chosen = _chosen(course, name)
    with contextlib.suppress(NotCopied):  # what is there now may be damaged
        back_up(course)
    for ending in ("-journal", "-wal", "-shm"):  # they belong to what is replaced
        gradebook.with_name(gradebook.name + ending).unlink(missing_ok=True)
    _copy(chosen, gradebook)
    return chosen
