"""A time limit for code of others on data of students, in the main thread of the coordinator."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any


class TooLong(BaseException):
    """The time is up. Not an Exception, which the code of others would take for its own."""


class Limit:
    """What is known of a limit afterwards, should the code inside have held the exception."""

    over = False

    def _ring(self, *_: Any) -> None:
        self.over = True
        raise TooLong


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[Limit]:
    """Raises TooLong inside once the time is up. Elsewhere than in the main thread, no limit."""
    limit = Limit()
    if threading.current_thread() is not threading.main_thread():
        yield limit
        return
    before = signal.signal(signal.SIGALRM, limit._ring)
    outer = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))[0]
    start = time.monotonic()
    try:
        yield limit
    finally:
        # A limit around this one goes on with what is left of it.
        rest = max(outer - (time.monotonic() - start), 0.001) if outer else 0.0
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, rest)
