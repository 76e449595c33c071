"""A time limit for code of others on data of students, in the main thread of the coordinator."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any


class TooLong(Exception):
    """The time is up."""


def _ring(*_: Any) -> None:
    raise TooLong


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TooLong inside once the time is up. Elsewhere than in the main thread, no limit."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    outer = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))[0]
    start = time.monotonic()
    try:
        yield
    finally:
        # A limit around this one goes on with what is left of it.
        rest = max(outer - (time.monotonic() - start), 0.001) if outer else 0.0
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, rest)
