"""Seeds of submissions: a regrade repeats exactly, and no student can predict the inputs."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

_SECRET = Path(".autograder") / "secret"


def course_secret(course: Path) -> bytes:
    """The course's key for seeds, made at first use and kept out of the repository."""
    path = course / _SECRET
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes()


def seed_of(secret: bytes, student: str, assignment: str, digest: str) -> int:
    """The seed of a submission: a regrade repeats exactly, and no student can predict it.

    secret: the course's. digest: of the file. Feedback names the seed; a changed file gets another
    one.
    """
    message = f"{student}\0{assignment}\0{digest}".encode("utf-8", "surrogateescape")
    made = hmac.new(secret, message, hashlib.sha256).digest()
    return int.from_bytes(made[:6])
