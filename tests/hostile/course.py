"""A course full of hostile submissions and a few honest ones, secrets all around it, graded."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment import find
from tests.hostile.exfiltration import EXFILTRATION
from tests.hostile.forgery import FORGERY
from tests.hostile.malformed import MALFORMED
from tests.hostile.resources import RESOURCES
from tests.hostile.submission import SECRET, Hostile
from tests.samples import SAMPLES, hand_in, make_course

CATEGORIES = {
    "forgery": FORGERY,
    "resources": RESOURCES,
    "exfiltration": EXFILTRATION,
    "malformed": MALFORMED,
}
ALL: tuple[Hostile, ...] = tuple(one for many in CATEGORIES.values() for one in many)
NEIGHBOURS = tuple(sample for sample in SAMPLES if sample.student in ("ada", "dan"))


@dataclass
class Listener:
    """Sockets of every kind on this machine that hear what escapes."""

    folder: Path
    heard: list[bytes] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        tcp = socket.create_server(("127.0.0.1", 0))
        self.port = tcp.getsockname()[1]
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", self.port))
        self.path = self.folder / "listener"
        self.sockets = [tcp, udp]
        for address in (str(self.path), f"\0vae-{self.port}"):
            unix = socket.socket(socket.AF_UNIX)
            unix.bind(address)
            unix.listen()
            self.sockets.append(unix)
        for one in self.sockets:
            one.setblocking(False)

    def collect(self) -> list[bytes]:
        """All that came in: connections count, even without a word."""
        for one in self.sockets:
            with contextlib.suppress(BlockingIOError):
                if one.type == socket.SOCK_DGRAM:
                    self.heard.append(one.recv(100))
                else:
                    one.accept()[0].close()
                    self.heard.append(b"a connection")
        return self.heard

    def close(self) -> None:
        """Stop listening."""
        for one in self.sockets:
            one.close()


@dataclass(frozen=True)
class Scene:
    """A course, a home with secrets, and listeners."""

    course: Path
    home: Path
    listener: Listener

    def environment(self) -> dict[str, str]:
        """What the grader is started with."""
        secrets = {"AWS_SECRET_ACCESS_KEY": SECRET, "DATABASE_URL": f"postgres://u:{SECRET}@h/d"}
        return {**os.environ, **secrets, "HOME": str(self.home)}

    def run(self, *command: str) -> str:
        """Run a command in the course as its instructor would."""
        program = str(Path(sys.executable).with_name(command[0]))
        done = subprocess.run(
            [program, *command[1:]],
            cwd=self.course,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def hand_in(self, submissions: tuple[Hostile, ...]) -> None:
        """Put submissions into submitted/, with this scene's paths in them."""
        words = {
            "{COURSE}": self.course,
            "{HOME}": self.home,
            "{PORT}": self.listener.port,
            "{SOCKET}": self.listener.path,
        }
        for one in submissions:
            folder = self.course / "submitted" / one.name / "vae"
            folder.mkdir(parents=True)
            one.place(folder)
            for path in folder.iterdir():
                _fill_in(path, {key: str(value) for key, value in words.items()})


def _fill_in(path: Path, words: dict[str, str]) -> None:
    if path.is_symlink():
        target = os.readlink(path)
        path.unlink()
        for key, value in words.items():
            target = target.replace(key, value)
        path.symlink_to(target)
    elif path.is_file() and path.suffix == ".ipynb":
        data = path.read_bytes()
        if any(key.encode() in data for key in words):
            for key, value in words.items():
                data = data.replace(key.encode(), value.encode())
            path.write_bytes(data)


@contextlib.contextmanager
def scene(folder: Path, submissions: tuple[Hostile, ...], secret: bytes) -> Iterator[Scene]:
    """The course in a folder; secret: the key of its seeds."""
    course, home = folder / "course", folder / "home"
    make_course(course)
    (course / ".autograder").mkdir()
    (course / ".autograder" / "secret").write_bytes(secret)
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id").write_text(SECRET)
    (home / ".bash_history").write_text(f"export TOKEN={SECRET}")
    hand_in(find("vae", course), NEIGHBOURS)
    listener = Listener(folder)
    try:
        made = Scene(course, home, listener)
        made.hand_in(submissions)
        yield made
    finally:
        listener.close()
