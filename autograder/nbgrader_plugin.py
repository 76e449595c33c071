"""Where nbgrader meets the judge: classes and hooks that nbgrader_config.py names."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder import assignment as assignments
from autograder import release, safekeeping
from autograder.gradebook import Gradebook
from autograder.record import METADATA, read_report, write_verdicts
from autograder.results import Graded, ungraded
from autograder.sandbox.policy import default_policy
from autograder.sandbox.walls import require
from autograder.sanitise import Clean, Refused, sanitise
from autograder.seeds import course_secret, seed_of
from autograder.submissions import Submission, digest_of, link_in
from autograder.verdicts import State
from autograder.written import tell_what_waits

Precomputed = dict[tuple[str, str], Graded]
precomputed: Precomputed = {}
"""Results that the batch command has ready, by (assignment, student)."""


_alone = contextlib.ExitStack()


class SubmissionExporter(NotebookExporter):
    """Reads submissions as hostile bytes: what nbgrader gets has the shape of the release."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Of what lies beside the notebook nothing is copied: it may be a link to anything.
        if isinstance(self.parent, Autograde):
            self.parent.coursedir.ignore = ["*"]

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """As upstream, with our reader in the place of nbformat's on the first of two passes."""
        if not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources=resources, **kw)
        path, about, metadata = Path(filename), ResourcesDict(), ResourcesDict()
        metadata.update(name=path.stem, path=str(path.parent))
        about.update({**(resources or {}), "metadata": metadata})
        student, name = about["nbgrader"]["student"], about["nbgrader"]["assignment"]
        known = (name, student) in precomputed
        notebook = new_notebook() if known else _read(path, assignments.find(name))
        return self.from_notebook_node(notebook, resources=about, **kw)


def _read(path: Path, found: assignments.Assignment) -> NotebookNode:
    data = None
    try:
        data = Submission("", path, refused=link_in(found, path)).read()
        clean = sanitise(data, found.template)
    except Refused as refusal:
        notebook = copy.deepcopy(found.template)
        digest = digest_of(data) if data is not None else ""
        notebook.metadata[METADATA] = {"refused": str(refusal), "digest": digest}
        return notebook
    clean.notebook.metadata[METADATA] = {
        "notes": list(clean.notes),
        "changed": list(clean.changed),
        "digest": digest_of(data),
    }
    return clean.notebook


class JudgeSubmission(NbGraderPreprocessor):
    """Takes the place of nbgrader's Execute: runs the cells walled in, writes verdicts."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Grade the notebook, unless the batch command has the result already."""
        student, name = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        graded = precomputed.pop((name, student), None) or self._grade(nb, student, name)
        write_verdicts(graded.notebook, graded.report, graded.digest)
        if graded.report.score is None:
            self.log.error("%s was not graded: %s", student, graded.report.reason)
        return graded.notebook, resources

    def _grade(self, nb: NotebookNode, student: str, name: str) -> Graded:
        found = assignments.find(name)
        about = nb.metadata.pop(METADATA, {})
        seed = seed_of(course_secret(found.course), student, name, about.get("digest", ""))
        if "refused" in about:
            report = ungraded(found, seed, State.REFUSED, about["refused"])
            return Graded(report, nb, about["digest"])
        policy = default_policy()
        if policy.protected:
            require()
        from autograder.grading import grade_clean  # imports torch; the batch command needs none

        clean = Clean(nb, tuple(about.get("notes", ())), tuple(about.get("changed", ())))
        graded = grade_clean(clean, found, seed, policy)
        submission = f"submitted/{student}/{name}/{name}.ipynb"
        graded = replace(graded, report=replace(graded.report, submission=submission))
        return replace(graded, digest=about.get("digest", ""))


class HoldUngraded(NbGraderPreprocessor):
    """A submission that was not graded waits for a person; it does not count as zero points."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Take back the scores that SaveAutoGrades read from cells without verdicts."""
        report = read_report(nb)
        if report is None or report.score is not None:
            return nb, resources
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            submission = gradebook.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
            for grade in submission.grades:
                grade.auto_score = None
                grade.needs_manual_grade = True
            gradebook.db.commit()
        return nb, resources


class TellWhatWaits(NbGraderPreprocessor):
    """In a feedback page, an answer that nobody has read has no score and takes none away."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """After GetGrades, to whom no points are 0 points."""
        report, about = read_report(nb), resources["nbgrader"]
        if report is None or report.score is None or not report.written:
            return nb, resources
        with Gradebook(about["db_url"]) as gradebook:
            submission = gradebook.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
            unread = {
                grade.name
                for grade in submission.grades
                if grade.auto_score is None and grade.manual_score is None
            }
        about["max_score"] -= tell_what_waits(nb, unread)
        return nb, resources


def begin_grading(assignment: str, **_: Any) -> None:
    """Before grading: no other grader is at work, the gradebook can be written, has been copied,
    and knows the assignment."""
    found = assignments.find(assignment)
    _alone.close()  # in case the last grading ended early
    _alone.enter_context(safekeeping.only_grader(found.course))
    try:
        safekeeping.begin_writing(found.course)
    except OSError as error:  # NotWritable, NotCopied, or a URL that is none
        _alone.close()
        raise SystemExit(f"autograder: {error}") from error  # nbgrader goes on after an Exception
    release.register(found)


def end_grading(**_: Any) -> None:
    """After grading: others may grade again."""
    _alone.close()


def record_tapes(assignment: str, **_: Any) -> None:
    """After a release was generated: record its tape from the reference."""
    found = assignments.find(assignment, Path.cwd())
    if not release.is_recorded(found):
        release.record_tape(found)


__all__ = [
    "HoldUngraded",
    "JudgeSubmission",
    "SubmissionExporter",
    "TellWhatWaits",
    "begin_grading",
    "end_grading",
    "precomputed",
    "record_tapes",
]
