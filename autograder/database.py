"""How the gradebook's database is opened: with patience, and a plain word where it cannot be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

PATIENCE = 60.0
"""Seconds to wait while another program writes to the gradebook; SQLite's own are 5, and
PostgreSQL waits for ever."""
_ANSWER = 10
"""Seconds in which a server answers, if at all; libpq waits for two minutes."""
_SETTING = "c.CourseDirectory.db_url in nbgrader_config.py"
_EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
_REMEDIES = {
    "InsufficientPrivilege": "let the owner of the database grant this user the right to write",
    "LockNotAvailable": "end the program that holds it",
    "ReadOnlySqlTransaction": f"name a server that takes writes, no standby, as {_SETTING}",
}
"""By the driver's name of the error."""
_NOTHING = (
    "INSERT INTO grade SELECT * FROM grade WHERE 1 = 0",
    "UPDATE grade SET auto_score = auto_score WHERE 1 = 0",
    "DELETE FROM grade WHERE 1 = 0",
)


class Unusable(OSError):
    """The gradebook cannot be used: what was seen, and what to do. Neither holds a password."""

    def __init__(self, seen: str, remedy: str) -> None:
        super().__init__(f"{seen}: {remedy}")
        self.seen, self.remedy = seen, remedy


def parsed(url: str) -> URL:
    """A gradebook's URL in its parts.

    Raises:
        Unusable: it is none. It is not shown, as a password may stand anywhere in it.
    """
    with contextlib.suppress(ArgumentError, ValueError):
        found = make_url(url)
        found.get_dialect()
        if "@" not in (found.host or ""):  # else it is the end of a password with an @ in it
            return found
    raise Unusable(
        f"{_SETTING} is not the URL of a database",
        f"write {_EXAMPLE}, with %40 for an @ in the password and %25 for a %",
    )


def file_of(url: str) -> Path | None:
    """SQLite's file; None where the gradebook is on a database server.

    Raises:
        Unusable: the text is no URL.
    """
    found = parsed(url)
    if found.get_backend_name() == "sqlite" and found.database:
        return Path(found.database)
    return None


def place_of(url: str) -> str:
    """Where a gradebook is, in words and without its password."""
    found = parsed(url)
    host = found.query.get("host") or found.host or ""
    host = host if isinstance(host, str) else ", ".join(host)
    return "".join(
        (
            f"database {found.database!r}",
            f" on {host}" if host else "",
            f", port {found.port}" if found.port else "",
            f", user {found.username!r}" if found.username else "",
        )
    )


def patient_engine(url: str, **options: Any) -> Engine:
    """SQLAlchemy's engine for a gradebook.

    Raises:
        Unusable: the text is no URL, or the driver is not installed.
    """
    found = parsed(url)
    kind, driver = found.get_backend_name(), found.get_dialect().driver
    if kind == "sqlite":
        options["connect_args"] = {"timeout": PATIENCE}
    elif driver in ("psycopg", "psycopg2") and "connect_timeout" not in found.query:
        options["connect_args"] = {"connect_timeout": _ANSWER}
    try:
        engine = create_engine(found, **options)
    except ImportError as error:
        raise Unusable(
            f"the gradebook is on a database server, and its driver {driver} does not load "
            f"({error})",
            f"`pip install '.[postgresql]'` brings psycopg, for {_EXAMPLE} as {_SETTING}",
        ) from None
    if kind == "postgresql":
        event.listen(engine, "begin", _wait_no_longer)
    return engine


def _wait_no_longer(connection: Connection) -> None:
    # A setting of the transaction, since connections may be shared by a pool between us.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {1000 * PATIENCE:.0f}")


@contextlib.contextmanager
def explained(url: str, cannot: str = "cannot be read") -> Iterator[None]:
    """Inside, what is wrong with the database comes out with what to do.

    Raises:
        Unusable: the gradebook cannot be read, or what else is tried.
    """
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        seen = " ".join(str(cause).split())
        if file_of(url) is not None:
            raise Unusable(
                f"the gradebook {cannot} ({seen})",
                "let `autograder doctor` look it over; `autograder restore` brings a copy back",
            ) from error
        remedy = _REMEDIES.get(type(cause).__name__) or (
            "see that the server runs, that the database is there and that host, user and password "
            f"are those of {_SETTING}"
        )
        raise Unusable(f"the gradebook {cannot}, {place_of(url)} ({seen})", remedy) from error


@contextlib.contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection to a gradebook, which ends without a commit.

    Raises:
        Unusable: the text is no URL, or the driver is not installed.
    """
    engine = patient_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def write_nothing(url: str) -> None:
    """All that writing to a server takes, with nothing to write.

    Raises:
        Unusable: the gradebook cannot be written.
    """
    with explained(url, "cannot be written"), connected(url) as connection:
        if inspect(connection).has_table("grade"):
            for statement in _NOTHING:
                connection.exec_driver_sql(statement)
        elif connection.dialect.name == "postgresql":  # elsewhere, what is created stays
            connection.exec_driver_sql("CREATE TABLE grade (nothing INTEGER)")
