"""nbgrader's gradebook, made ready without a process of its own, and patient.

For a fresh database nbgrader asks the program `alembic` which version of the schema is the newest;
that takes seconds, and fails where the program is not on PATH. Alembic's library says the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Engine

from autograder.database import patient_engine


def schema_version() -> str:
    """The newest version of the gradebook's schema, as `alembic heads` prints it."""
    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


@lru_cache(maxsize=4)
def _engine(url: str, **options: Any) -> Engine:
    """nbgrader opens the gradebook seven times a submission, and closes it. One engine keeps the
    statements that SQLAlchemy has compiled, and no connection."""
    return patient_engine(url, **options)


api.get_alembic_version = schema_version
api.create_engine = _engine

Gradebook, MissingEntry = api.Gradebook, api.MissingEntry


__all__ = ["Gradebook", "MissingEntry", "schema_version"]
