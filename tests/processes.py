"""Which processes a command leaves behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def orphans_come_here() -> Iterator[set[int]]:
    """Whoever loses its parent becomes our child, so that we can see it and must bury it.

    Yields the processes below this one that were there before.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield _children()
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _children() -> set[int]:
    """Processes below this one, those that lost their parents included."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(pid) for path in found for pid in path.read_text().split()}


def survivors(before: set[int], seconds: float = 10.0) -> list[str]:
    """Processes below this one that were not there before, after a while; the dead are buried."""
    deadline = time.monotonic() + seconds
    while (left := _children() - before) and time.monotonic() < deadline:
        for pid in left:
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.1)
    return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in left]
