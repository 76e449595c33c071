"""nbgrader's gradebook, made ready without a process of its own, and patient.

For a fresh database nbgrader asks the program `alembic` which version of the schema is the newest;
that takes seconds, and fails where the program is not on PATH. Alembic's library says the same.
While a formgrader writes, SQLite would wait for 5 s only.
"""

from __future__ import annotations

from typing import Any

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Engine, create_engine

PATIENCE = 60.0
"""Seconds to wait while another program writes to the gradebook."""


def schema_version() -> str:
    """The newest version of the gradebook's schema, as `alembic heads` prints it."""
    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


def _patient_engine(url: str, **options: Any) -> Engine:
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": PATIENCE}
    return create_engine(url, **options)


api.get_alembic_version = schema_version
api.create_engine = _patient_engine

Gradebook, MissingEntry = api.Gradebook, api.MissingEntry

__all__ = ["Gradebook", "MissingEntry", "schema_version"]
