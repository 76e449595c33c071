"""Keeps what was judged, under a name made of all that it came from; never needed, only faster.

An entry belongs to the bytes of a submission, its seed, the release, the code of the judge, the
sandbox and `vae_utils`, and the versions of Python and of the libraries. In it, each task stands
under a hash of its checks, so that a changed check makes one task unknown and no other.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nbformat

from autograder.assignment import CHECKS, Assignment
from autograder.known import Known
from autograder.record import METADATA, drop_remarks
from autograder.results import Graded
from autograder.sanitise import Refused
from autograder.seeds import course_secret, seed_of
from autograder.submissions import Submission, digest_of, submission_name
from autograder.verdicts import Report, State, TaskReport, Verdict

_FOLDER = Path(".autograder") / "verdicts"
_JUDGE = (
    "carried_forward", "collecting", "grading", "judge", "outputs", "sanitise", "session",
    "student", "verdicts", "wire", "worker",
)  # fmt: skip
_LIBRARIES = ("torch", "numpy", "scikit-learn", "scipy", "ipython", "matplotlib", "pytest")


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


@cache
def judge() -> str:
    """A hash of the code that runs and judges a submission, its checks left out."""
    import vae_utils

    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in _JUDGE]
    code += sorted((here / "sandbox").glob("*.py"))
    code += sorted(Path(vae_utils.__file__).parent.glob("*.py"))
    versions = [f"{name} {version(name)}" for name in _LIBRARIES]
    return _hash(
        *(path.read_bytes() for path in code), "\n".join([*versions, sys.version]).encode()
    )


def _imported(path: Path) -> Iterator[Path]:
    """Files of checks that a file of checks imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            place = CHECKS.parent.parent.joinpath(*name.split("."))
            for file in (place.with_suffix(".py"), place / "__init__.py"):
                if file.is_relative_to(CHECKS) and file.is_file():
                    yield file


def checks(path: Path) -> str:
    """A hash of a file of checks and of all that it imports among the checks; of the assignment's
    rules as well."""
    found: dict[Path, None] = {}
    waiting = [path, path.parent / "__init__.py"]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = None
            waiting += _imported(file)
    return _hash(*(file.read_bytes() for file in sorted(found)))


class Cache:
    """The verdicts known of a course's submissions for an assignment.

    forget: know nothing of what was judged before, and keep what is judged now.
    """

    def __init__(self, assignment: Assignment, forget: bool = False) -> None:
        self._assignment, self._forget = assignment, forget
        self._place = assignment.course / _FOLDER / assignment.name
        self._secret = course_secret(assignment.course)
        self._checks = {task.name: checks(task.checks) for task in assignment.tasks}
        self._release = assignment.released.read_bytes()

    def _file(self, digest: str, seed: int) -> Path:
        parts = (digest.encode(), str(seed).encode(), self._release, judge().encode())
        name = _hash(*parts)
        return self._place / name[:2] / f"{name[2:]}.json"

    def seed(self, student: str, digest: str) -> int:
        """The seed of these bytes from this student."""
        return seed_of(self._secret, student, self._assignment.name, digest)

    def known(self, digest: str, seed: int) -> dict[str, Known]:
        """The tasks whose verdicts are known; what cannot be read is not known."""
        if self._forget:
            return {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            entry = json.loads(self._file(digest, seed).read_text())
            return {
                task: Known.from_dict(entry[task])
                for task, wanted in self._checks.items()
                if task in entry and entry[task]["checks"] == wanted
            }
        return {}

    def keep(self, graded: Graded) -> None:
        """Write down what is known now, but for what came of a time limit: a busy machine's word
        is not the last. A disk that is full only costs time later."""
        if not graded.known or graded.report.state is not State.GRADED:
            return
        entry = {
            task: {**known.as_dict(), "checks": self._checks[task]}
            for task, known in graded.known.items()
            if not any(result.verdict is Verdict.TIMED_OUT for result in known.results)
        }
        file = self._file(graded.digest, graded.report.seed)
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=file.parent)
            with os.fdopen(descriptor, "w") as written:
                json.dump(entry, written)
            os.replace(name, file)

    def prepared(self, submission: Submission) -> Submission:
        """With what is known of it, and then with its bytes as well: the file may be another one
        when a worker reads it."""
        with contextlib.suppress(Refused):
            data = submission.read()
            digest = digest_of(data)
            known = self.known(digest, self.seed(submission.student, digest))
            return replace(submission, known=known, data=data) if known else submission
        return submission

    def whole(self, submission: Submission) -> Graded | None:
        """The result, where every task is known and the graded notebook is there with what its
        cells printed; nobody needs to run it again."""
        if len(submission.known) < len(self._checks):
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, Refused):
            digest = digest_of(submission.read())
            path = self._assignment.autograded(submission.student)
            notebook = nbformat.read(path, as_version=4)
            about = notebook.metadata.pop(METADATA)
            earlier = Report.from_dict(about["report"])
            if earlier.state is not State.GRADED:
                return None
            drop_remarks(notebook)
            seed = self.seed(submission.student, digest)
            if about["digest"] != digest or earlier.seed != seed:
                return None
            tasks = tuple(
                TaskReport(task.name, task.points, submission.known[task.name].results)
                for task in self._assignment.tasks
            )
            named = submission_name(self._assignment, submission)
            report = replace(earlier, tasks=tasks, submission=named)
            return Graded(report, notebook, digest, submission.known)
        return None
