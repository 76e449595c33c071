"""How the gradebook's database is opened: with patience, as a formgrader may be writing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine

PATIENCE = 60.0
"""Seconds to wait while another program writes to the gradebook; SQLite's own are 5."""


def patient_engine(url: str, **options: Any) -> Engine:
    """SQLAlchemy's engine for a gradebook."""
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": PATIENCE}
    return create_engine(url, **options)
