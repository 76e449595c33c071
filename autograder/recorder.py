"""The coordinator of a batch: lets nbgrader's own converters write what has been judged."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from sqlalchemy.exc import SAWarning

from autograder import nbgrader_plugin, release
from autograder.assignment import Assignment
from autograder.feedback import FeedbackExporter
from autograder.results import Graded
from autograder.sandbox import scratch
from autograder.sanitise import Refused
from autograder.stamps import stamp
from autograder.submissions import Submission
from autograder.time_limit import TooLong, at_most
from autograder.written import already_read, keep_read

_PREFIX = "vae-submitted-"
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)? ?(Z|[A-Z]{3,5}|[+-]\d\d:?\d\d)?", re.ASCII
)
"""What nbgrader writes, and ISO 8601. At all else its parser guesses, and it breaks over some."""
_PAGE_SECONDS = 60.0
_CHEAPEST = "nbgrader.preprocessors.DeduplicateIds"
_EMPTY = nbformat.writes(nbformat.v4.new_notebook())
_CHECK = "nbgrader.preprocessors.CheckCellMetadata"


class RecordingFailed(RuntimeError):
    """nbgrader could not write a result; the text holds what it logged."""


class Recorder:
    """Writes results into autograded/, the gradebook and feedback/. Use as a context manager.

    nbgrader is shown a folder of our own in the place of submitted/: an empty notebook under each
    student's name, which the judged one replaces, and the timestamp. What students handed in is
    read by the workers only.
    """

    def __init__(self, assignment: Assignment) -> None:
        # nbgrader 0.9 relates new rows in an order about which SQLAlchemy 2.1 warns.
        warnings.filterwarnings("ignore", category=SAWarning)
        release.register(assignment)
        self._assignment = assignment
        scratch.sweep(tempfile.gettempdir(), _PREFIX)
        self._submitted = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        config = release.configuration(assignment.course)
        config.Autograde.pre_convert_hook = None  # done above, once for all
        config.Autograde.post_convert_hook = None
        config.CourseDirectory.submitted_directory = str(self._submitted)
        config.GenerateFeedback.exporter_class = FeedbackExporter
        # What is staged is empty, and what is judged is our own work; one look at the end will do.
        config.Autograde.sanitize_preprocessors = [_CHEAPEST]  # nbconvert wants at least one
        config.Autograde.autograde_preprocessors.remove(_CHECK)
        config.Exporter.optimistic_validation = True
        self._api = NbGraderAPI(CourseDirectory(config=config), config=config)

    @property
    def course(self) -> Path:
        """The course that is written to."""
        return self._assignment.course

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._submitted, ignore_errors=True)

    def _stage(self, submission: Submission) -> None:
        name = self._assignment.name
        folder = self._submitted / submission.student / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.ipynb").write_text(_EMPTY)
        with contextlib.suppress(Refused, ValueError, OverflowError):
            text = submission.timestamp()[:200].strip()
            if not submission.refused and _TIME.fullmatch(text):
                parse_utc(text)
                (folder / "timestamp.txt").write_text(text)

    def record(self, submission: Submission, graded: Graded) -> None:
        """Write one result; raises RecordingFailed if nbgrader refuses."""
        name, student = self._assignment.name, submission.student
        read = already_read(self._assignment, student, graded.notebook)
        self._stage(submission)
        nbgrader_plugin.precomputed[name, student] = graded
        try:
            self._require(self._api.autograde(name, student, force=True, create=True), student)
        finally:
            nbgrader_plugin.precomputed.pop((name, student), None)
            shutil.rmtree(self._submitted / student, ignore_errors=True)
        keep_read(self._assignment, student, read)

    def write_feedback(self, student: str) -> None:
        """Write the feedback page of a student who has been recorded."""
        result: dict[str, Any] = {}
        with contextlib.suppress(TooLong), at_most(_PAGE_SECONDS) as limit:
            result = self._api.generate_feedback(self._assignment.name, student, force=True)
        if limit.over:  # nbgrader may have held the exception
            raise RecordingFailed(f"the page takes more than {_PAGE_SECONDS:g} s")
        self._require(result, student)
        stamp(self._assignment.feedback(student), self._assignment.autograded(student))

    @staticmethod
    def _require(result: dict[str, Any], student: str) -> None:
        if not result["success"]:
            log = result.get("log") or result.get("error") or ""
            raise RecordingFailed(f"nbgrader could not record {student}: {log[-2000:]}")
