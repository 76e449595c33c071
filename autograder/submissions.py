"""Finds and reads what was handed in: regular files of bounded size, whatever their names."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.sanitise import MAX_BYTES, Refused


@dataclass(frozen=True)
class Submission:
    """Who handed in which file, and what is odd about its name."""

    student: str
    path: Path
    note: str = ""


def _readable(path: Path) -> str:
    """The path as text for a report; bytes that are no UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def _notebook(student: str, folder: Path, name: str) -> Submission:
    """The notebook of that name, else the only one there is, up to one folder down."""
    wanted = folder / f"{name}.ipynb"
    if os.path.lexists(wanted):
        return Submission(student, wanted)
    others = [
        path
        for path in sorted([*folder.glob("*.ipynb"), *folder.glob("*/*.ipynb")])
        if ".ipynb_checkpoints" not in path.parts
    ]
    if len(others) == 1:
        where = _readable(others[0].relative_to(folder))
        return Submission(student, others[0], f"{name}.ipynb was handed in as {where}.")
    return Submission(student, wanted)


def find_submissions(assignment: Assignment, students: list[str] | None = None) -> list[Submission]:
    """What lies in submitted/, by student; raises LookupError for a student who is not there."""
    name = assignment.name
    place = assignment.course / "submitted"
    folders = sorted(path for path in place.glob(f"*/{name}") if path.is_dir())
    found = {path.parts[-2]: _notebook(path.parts[-2], path, name) for path in folders}
    if not found:
        raise LookupError(f"nothing was handed in: there is no {place}/STUDENT/{name}/{name}.ipynb")
    unknown = sorted(set(students or ()) - set(found))
    if unknown:
        raise LookupError(
            f"no {name} submission of {', '.join(unknown)} in {place}; there are: "
            + (", ".join(found) or "none")
        )
    return [found[student] for student in students] if students else list(found.values())


def submission_name(assignment: Assignment, path: Path) -> str:
    """The file's path from the course's folder, where it lies in there."""
    full = Path(os.path.abspath(path))
    inside = full.is_relative_to(assignment.course)
    return _readable(full.relative_to(assignment.course) if inside else path)


def digest_of(data: bytes) -> str:
    """What tells one version of a submission from another, whatever the times of the files say."""
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path) -> bytes:
    """The bytes of a regular file, at most one more than is graded; raises Refused for the rest.

    Links are not followed, and pipes are not waited for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Refused(f"There is no notebook {path.name} in the submission.") from None
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(f"{path.name} is not a regular file.")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES + 1)
