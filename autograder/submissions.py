"""Finds and reads what was handed in: regular files of bounded size, whatever their names."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.known import Known
from autograder.sanitise import MAX_BYTES, Refused
from autograder.verdicts import one_line

_MOST_NAMES = 5
TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True)
class Submission:
    """Who handed in which file, and what is odd about its name."""

    student: str
    path: Path
    note: str = ""
    refused: str = ""
    """Why the file is not even opened."""
    url: str = ""
    """Where the file lies if it is not on this machine."""
    data: bytes | None = None
    """What is in it, where it has been read already."""
    known: dict[str, Known] = field(default_factory=dict)
    """What was judged before of this very file, by task."""

    def read(self) -> bytes:
        """The bytes of the notebook; raises Refused."""
        if self.refused:
            raise Refused(self.refused)
        if self.data is not None:
            return self.data
        return read_url(self.url) if self.url else read_file(self.path)

    def timestamp(self) -> str:
        """What stands in the timestamp that was handed in with it; raises Refused or ValueError."""
        if self.url:
            return read_url(f"{self.url.rpartition('/')[0]}/{TIMESTAMP}").decode()
        return read_file(self.path.parent / TIMESTAMP).decode()


def _readable(path: Path) -> str:
    """The path as text; bytes that are no UTF-8 become question marks."""
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
    names = [one_line(_readable(path.relative_to(folder))) for path in others]
    if len(others) == 1:
        return Submission(student, others[0], f"{name}.ipynb was handed in as {names[0]}.")
    found = f"Found instead: {', '.join(names[:_MOST_NAMES])}." if names else ""
    return Submission(student, wanted, found)


def _folders(assignment: Assignment) -> list[Path]:
    """submitted/STUDENT/NAME of all students whose name a gradebook can hold."""
    found = (assignment.course / "submitted").glob(f"*/{assignment.name}")
    return sorted(path for path in found if path.is_dir() and _is_student(path.parent))


def _is_student(folder: Path) -> bool:
    return not folder.name.startswith(".") and _is_text(folder.name)


def _is_text(name: str) -> bool:
    """UTF-8 that steers no terminal, and no pattern: nbgrader looks for students with glob."""
    return _readable(Path(name)) == name == one_line(name) and not set("*?[]") & set(name)


def overlooked(assignment: Assignment) -> list[str]:
    """A sentence for each thing in submitted/ that looks like a submission and is none."""
    name, place = assignment.name, assignment.course / "submitted"
    wanted = f"submitted/STUDENT/{name}/{name}.ipynb"
    stray = [*place.glob("*.ipynb"), *place.glob(f"*/{name}*.ipynb")]
    stray += [p for p in place.glob("*/*/") if p.name != name and p.name.lower() == name]
    unnamed = [path.parent for path in place.glob(f"*/{name}") if not _is_text(path.parent.name)]
    rename = "rename the folder: UTF-8, no control characters, none of *?[]"

    def shown(path: Path) -> str:
        return one_line(_readable(path.relative_to(assignment.course)))

    return [
        *(f"{shown(path)}: not graded, {wanted} is wanted" for path in sorted(stray)),
        *(f"{shown(path)}: not graded, {rename}" for path in sorted(unnamed)),
    ]


class NothingHandedIn(LookupError):
    """There is no submission of an assignment, or none of a student."""


def find_submissions(assignment: Assignment, students: list[str] | None = None) -> list[Submission]:
    """What lies in submitted/, by student; raises LookupError for a student who is not there."""
    name = assignment.name
    place = assignment.course / "submitted"
    submissions = (_notebook(p.parts[-2], p, name) for p in _folders(assignment))
    found = {s.student: replace(s, refused=link_in(assignment, s.path)) for s in submissions}
    if not found:
        raise NothingHandedIn(
            f"nothing was handed in: there is no {place}/STUDENT/{name}/{name}.ipynb"
        )
    unknown = sorted(set(students or ()) - set(found))
    if unknown:
        raise NothingHandedIn(
            f"no {name} submission of {', '.join(unknown)} in {place}; there are: "
            + (", ".join(found) or "none")
        )
    return [found[student] for student in students] if students else list(found.values())


def link_in(assignment: Assignment, path: Path) -> str:
    """A sentence if a folder on the way from submitted/ is a link, maybe to another's work."""
    place = assignment.course / "submitted"
    full = Path(os.path.abspath(path))
    for folder in full.parents:
        if folder != place and folder.is_relative_to(place) and folder.is_symlink():
            return f"{_readable(folder.relative_to(place))} is a link, and links are not followed."
    return ""


def submission_name(assignment: Assignment, submission: Submission) -> str:
    """The file's path from the course's folder, where it lies in there; its URL elsewhere."""
    if submission.url:
        return submission.url
    full = Path(os.path.abspath(submission.path))
    inside = full.is_relative_to(assignment.course)
    return _readable(full.relative_to(assignment.course) if inside else submission.path)


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


def read_url(url: str) -> bytes:
    """The bytes of an object in a storage that fsspec knows, at most one more than is graded;
    raises Refused."""
    import fsspec

    try:
        with fsspec.open(url, "rb") as file:
            return bytes(file.read(MAX_BYTES + 1))
    except (FileNotFoundError, IsADirectoryError):
        raise Refused(f"There is no notebook {url.rpartition('/')[2]} in the submission.") from None


def find_in_storage(
    url: str, assignment: Assignment, students: list[str] | None = None
) -> list[Submission]:
    """What lies under URL/STUDENT/NAME/NAME.ipynb in a storage that fsspec knows (s3://, gs://,
    az://, http://).

    Raises:
        LookupError: nothing is there, or nothing of a student; or it is a folder of this machine,
            where links and pipes may lie in wait.
    """
    files, root = _storage(url)
    name = f"{assignment.name}.ipynb"
    found = {}
    for path in sorted(files.glob(f"{root.rstrip('/')}/*/{assignment.name}/{name}")):
        student = path.split("/")[-3]
        if _is_student(Path(student)):
            found[student] = Submission(student, Path(name), url=files.unstrip_protocol(path))
    wanted = f"{url.rstrip('/')}/STUDENT/{assignment.name}/{name}"
    if not found:
        raise NothingHandedIn(f"nothing was handed in: there is no {wanted}")
    unknown = sorted(set(students or ()) - set(found))
    if unknown:
        raise NothingHandedIn(f"there is no {wanted} of {', '.join(unknown)}")
    return [found[student] for student in students] if students else list(found.values())


def _storage(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        files, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:  # a package that is missing, an unknown protocol
        raise LookupError(f"{url} cannot be read: {error}") from error
    if "file" in files.protocol or "local" in files.protocol:
        raise LookupError(f"{url} is on this machine: what is handed in there goes to submitted/")
    return files, root
