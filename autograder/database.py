"""How the gradebook's database is opened: with patience, as a formgrader may be writing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

PATIENCE = 60.0
"""Seconds to wait while another program writes to the gradebook; SQLite's own are 5."""


def patient_engine(url: str, **options: Any) -> Engine:
    """SQLAlchemy's engine for a gradebook."""
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": PATIENCE}
    return create_engine(url, **options)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Inside, what is wrong with the database comes out with what to do.

    Raises:
        OSError: the gradebook cannot be read.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise OSError(
            f"the gradebook cannot be read ({getattr(error, 'orig', None) or error}): let "
            "`autograder doctor` look it over; `autograder restore` brings a copy back"
        ) from error
