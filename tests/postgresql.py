"""A PostgreSQL server for tests: in a folder of its own, reached through a socket in there."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

USER, GUEST = "teacher", "guest"
"""Who owns the databases, and who may only connect."""
PASSWORD = "tell:no@one/100%"
"""With all that has a meaning in a URL."""
_ADMIN = "admin"
_SECONDS = 60.0
_FAST = ("-c", "fsync=off", "-c", "max_connections=40", "-c", "shared_buffers=16MB")


class NoServer(LookupError):
    """PostgreSQL is not installed; the text says how to get it."""


def _programs() -> Path:
    """The folder of initdb and postgres, which Debian keeps off PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    on_path = shutil.which("postgres")
    if not found and on_path is None:
        raise NoServer("PostgreSQL's server is not installed (Debian: apt install postgresql)")
    return max(found, key=lambda path: float(path.parent.name)) if found else Path(on_path).parent


class Server:
    """A server that runs, and ends with this process if not before."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the server's files; root may not run it, so they belong to another user then."""
        key = self._folder / "password"
        key.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self._folder, key):
                shutil.chown(path, *self._owner())
        command = self._command("initdb", "--username", _ADMIN, "--pwfile", str(key))
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    @staticmethod
    def _owner() -> tuple[int, int]:
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = names.get("postgres") or names["nobody"]
        return entry.pw_uid, entry.pw_gid

    def _command(self, program: str, *arguments: str) -> list[str]:
        user = []
        if os.geteuid() == 0:
            uid, gid = self._owner()
            user = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        wrapped = ["setpriv", "--pdeathsig", "INT", *user, "--", str(self._programs / program)]
        return [*wrapped, "-D", str(self._folder / "data"), *arguments]

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ("-k", str(self._folder), "-c", "listen_addresses=", *_FAST)
        with (self._folder / "log").open("ab") as log:
            command = self._command("postgres", *options)
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL does not come up"
            time.sleep(0.1)

    def _answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            self.execute("SELECT 1")
            return True
        return False

    def stop(self) -> None:
        """End it, and with it all its connections; what it wrote stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            assert self._process.wait(_SECONDS) == 0
            assert not (self._folder / "data" / "postmaster.pid").exists()
            self._process = None

    def add(self, database: str, template: str = "template1") -> None:
        """Make a database, empty or a copy of another."""
        self.execute(f"CREATE DATABASE {database} OWNER {USER} TEMPLATE {template}")

    def drop(self, database: str) -> None:
        """Remove a database, whoever uses it."""
        self.execute(f"DROP DATABASE {database} WITH (FORCE)")

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        """As `c.CourseDirectory.db_url` takes it."""
        key = quote(password, safe="")
        return f"postgresql+psycopg://{user}:{key}@/{database}?host={self._folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple]:
        """The rows that a statement of the server's owner gives, if any; committed at once."""
        import psycopg

        with psycopg.connect(
            host=str(self._folder), user=_ADMIN, password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A server with no databases but its own; nothing of it is left.

    Raises:
        NoServer: PostgreSQL is not installed.
    """
    programs = _programs()
    # Not pytest's: the path of a socket is short, and root's folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="vae-pg-"))
    made = Server(programs, folder)
    try:
        made.create()
        made.start()
        for user in (USER, GUEST):
            made.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)
