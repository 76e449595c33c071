"""nbgrader's gradebook, made ready without a process of its own, and patient.

For a fresh database nbgrader asks the program `alembic` which version of the schema is the newest;
that takes seconds, and fails where the program is not on PATH. Alembic's library says the same.
"""

from __future__ import annotations

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR

from autograder.database import explained, patient_engine


def schema_version() -> str:
    """The newest version of the gradebook's schema, as `alembic heads` prints it."""
    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


api.get_alembic_version = schema_version
api.create_engine = patient_engine

Gradebook, MissingEntry = api.Gradebook, api.MissingEntry


def scores_of(url: str, assignment: str) -> dict[str, tuple[float, bool]]:
    """By student: score, changes by hand and penalties included, and whether it waits for a person.

    Raises:
        OSError: the gradebook cannot be read.
    """
    with explained(url), Gradebook(url) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(assignment)
        except MissingEntry:
            return {}
        return {
            s.student.id: (
                max(0.0, s.score - (s.late_submission_penalty or 0)),
                bool(s.needs_manual_grade),
            )
            for s in submissions
        }


__all__ = ["Gradebook", "MissingEntry", "schema_version", "scores_of"]
