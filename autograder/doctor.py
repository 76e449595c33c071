"""Looks the installation and the course over: what is in order, what is not, what to do then."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from autograder.assignment import UnknownAssignment, find
from autograder.sandbox import landlock, syscalls, walls

_DISTRIBUTION = "vae-course-kit"
_FREE_BYTES = 2 << 30


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; remedy: what to do, where it is not in order."""

    about: str
    healthy: bool
    seen: str
    remedy: str = ""


def _isolation() -> Iterator[Finding]:
    abi, wanted = landlock.abi(), landlock.MINIMUM_ABI
    yield Finding(
        "files (Landlock)",
        abi >= wanted,
        f"ABI {abi}, {wanted} needed",
        "use Linux 6.2 or newer with landlock in /sys/kernel/security/lsm",
    )
    yield Finding(
        "system calls (seccomp)",
        syscalls.available(),
        "libseccomp answers" if syscalls.available() else "libseccomp does not answer",
        "install libseccomp (Debian: apt install libseccomp2)",
    )
    missing = walls.missing()
    yield Finding(
        "sandbox",
        not missing,
        "; ".join(missing) or "all walls can be raised; `--attack` tries them",
        "grade on another machine; --unprotected only where nothing of value is",
    )


def _packages() -> Iterator[Finding]:
    for text in importlib.metadata.requires(_DISTRIBUTION) or []:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        yield Finding(
            wanted.name,
            bool(version) and wanted.specifier.contains(version, prereleases=True),
            f"{version or 'not installed'} ({wanted.specifier} wanted)",
            f"pip install '{wanted.name}{wanted.specifier}'",
        )


def _assignments(course: Path) -> Iterator[Finding]:
    from autograder.release import is_recorded

    for source in sorted((course / "solutions").glob("*/*.py")):
        try:
            assignment = find(source.stem, course)
        except UnknownAssignment as error:
            remedy = "write its checks (docs/authoring.md), or take it out of solutions/"
            yield Finding(f"release of {source.stem}", False, str(error), remedy)
            continue
        there = assignment.released.is_file() and assignment.tape.is_file()
        fresh = there and is_recorded(assignment)
        seen = "notebook and tape are up to date" if fresh else "out of date" if there else "none"
        remedy = f"autograder release {assignment.name}"
        yield Finding(f"release of {assignment.name}", fresh, seen, remedy)
        handed_in = len(list((course / "submitted").glob(f"*/{assignment.name}")))
        yield Finding(f"submissions of {assignment.name}", True, str(handed_in))


def _integrity(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return str(database.execute("PRAGMA integrity_check").fetchone()[0])


def _on_server(url: str) -> Finding:
    from autograder.database import place_of, write_nothing

    write_nothing(url)
    return Finding("gradebook", True, f"{place_of(url)}: answers, and can be written")


def _gradebook(course: Path) -> Iterator[Finding]:
    from autograder.backups import NOT_OURS, backups
    from autograder.database import Unusable
    from autograder.release import gradebook_file, gradebook_url

    try:
        path = gradebook_file(course)
        if path is None:
            yield _on_server(gradebook_url(course))
            yield Finding("newest copy", True, NOT_OURS)
            return
    except Unusable as error:
        yield Finding("gradebook", False, error.seen, error.remedy)
        return
    if not path.is_file():
        yield Finding("gradebook", True, "none yet; the first batch makes it")
        return
    try:
        said = _integrity(path)
    except sqlite3.DatabaseError as error:
        said = str(error)
    writable = os.access(path, os.W_OK)
    yield Finding(
        "gradebook",
        said == "ok" and writable,
        f"{path.name}: {'whole' if said == 'ok' else said}{'' if writable else ', read-only'}",
        "autograder restore" if said != "ok" else f"chmod u+w {path}",
    )
    newest = next(iter(backups(course)), None)
    yield Finding("newest copy", True, newest.name if newest else "none; each batch makes one")


def _secret(course: Path) -> Finding:
    path = course / ".autograder" / "secret"
    if not path.is_file():
        return Finding("key of the seeds", True, "none yet; the first batch makes it")
    private = not stat.S_IMODE(path.stat().st_mode) & 0o077
    seen = "yours alone" if private else "others may read it, and predict the inputs"
    return Finding("key of the seeds", private, seen, f"chmod 600 {path}")


def _space(course: Path) -> Iterator[Finding]:
    for about, folder in (("course", course), ("scratch", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free
        yield Finding(
            f"disk ({about})",
            free >= _FREE_BYTES,
            f"{free >> 30} GiB free in {folder}",
            f"make room: {_FREE_BYTES >> 30} GiB are wanted"
            + ("" if about == "course" else ", or set TMPDIR"),
        )


def findings(course: Path) -> Iterator[Finding]:
    """All that can be told without running a student's code."""
    yield from _isolation()
    yield from _packages()
    yield from _assignments(course)
    yield from _gradebook(course)
    yield _secret(course)
    yield from _space(course)
