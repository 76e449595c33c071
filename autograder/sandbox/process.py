"""The grader's side of one kernel: it is started, asked, interrupted, ended, and cleaned up."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import select
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from autograder.sandbox import scratch
from autograder.sandbox.channel import Message, Reader, TooLarge, packed
from autograder.sandbox.host import ZygoteFailed, shared_zygote
from autograder.sandbox.policy import Policy
from autograder.sandbox.walls import require
from autograder.sandbox.watchdog import Watchdog, processor_seconds

_CHUNK = 1 << 18
_POLL_SECONDS = 0.2
_LOOK_SECONDS = 0.1
"""Between two looks at a kernel's processor time; each opens a file."""
_END_SECONDS = 10.0
_MAX_MESSAGES = 20_000
"""Answers to one request, and likewise messages that answer none; honest cells send hundreds."""


class KernelDied(RuntimeError):
    """The kernel ended; the text says why, as far as it is known."""


class OutOfTime(RuntimeError):
    """The kernel did not answer within the time it was given."""


class KernelProcess:
    """A walled-in kernel, from the moment it is made until `close`.

    Raises:
        SandboxUnavailable: this machine has no walls, and the policy wants them.
        ZygoteFailed: no kernel could be forked.
    """

    def __init__(self, policy: Policy) -> None:
        if policy.protected:
            require()
        self._policy = policy
        self.begun = False
        """Whether the kernel has said a word about the last request."""
        self._status: int | None = None
        self._strays = 0
        self._orphaned = False
        self._looked = 0.0
        self._zygote = shared_zygote(policy.with_torch)
        self.scratch = tempfile.mkdtemp(prefix=f"{scratch.PREFIX}{os.getpid()}-")
        try:
            self._line, theirs = socket.socketpair()
            with theirs:
                self.pid = self._zygote.spawn(theirs.fileno(), self.scratch, policy)
        except BaseException:
            scratch.remove(self.scratch)
            raise
        self._line.setblocking(False)
        self._reader = Reader(policy.reply_bytes)
        self._watchdog = Watchdog(self.pid, self.scratch, policy, self._kill)
        self._watchdog.start()

    def ask(
        self,
        kind: str,
        content: dict[str, Any],
        data: bytes = b"",
        seconds: float = math.inf,
        processor: float = math.inf,
    ) -> Iterator[Message]:
        """Messages that answer a request, the last of them `done`.

        seconds: on the clock. processor: seconds of computing, which no busy machine uses up.

        Raises:
            OutOfTime: the time is up.
            KernelDied: the kernel has ended, or had to be ended.
        """
        request = secrets.token_hex(8)
        deadline = time.monotonic() + seconds
        enough = self.processor_seconds() + processor if processor < math.inf else math.inf
        most = self._policy.flood_bytes + (self._policy.reply_bytes if kind == "call" else 0)
        self.begun, received, count = False, 0, 0
        waiting = memoryview(packed(Message(request, kind, content, data)))
        while True:
            while message := self._take():
                if message.request != request:
                    self._count_stray()
                    continue
                self.begun = True
                count += 1
                yield message
                if message.kind == "done":
                    return
            self._must_have_time(deadline, enough)
            size, waiting = self._exchange(waiting)
            received += size
            if received > most or count > _MAX_MESSAGES:
                self._end_flood()

    def _take(self) -> Message | None:
        try:
            return self._reader.take()
        except TooLarge:
            self._end_flood()

    def _exchange(self, waiting: memoryview) -> tuple[int, memoryview]:
        """Wait a little for bytes; what was received goes to the reader, what was sent is cut."""
        poll = select.poll()
        poll.register(self._line, select.POLLIN | (select.POLLOUT if waiting else 0))
        ready = dict(poll.poll(int(_POLL_SECONDS * 1000))).get(self._line.fileno(), 0)
        try:
            if ready & select.POLLOUT:
                waiting = waiting[self._line.send(waiting) :]
            if ready & ~select.POLLOUT:
                chunk = self._line.recv(_CHUNK)
                if not chunk:
                    raise KernelDied(self._cause_of_death())
                self._reader.feed(chunk)
                return len(chunk), waiting
        except BlockingIOError:
            pass
        except OSError as error:
            raise KernelDied(self._cause_of_death()) from error
        return 0, waiting

    def _must_have_time(self, deadline: float, enough: float) -> None:
        now = time.monotonic()
        if now >= deadline:
            raise OutOfTime
        if enough < math.inf and now - self._looked > _LOOK_SECONDS:
            self._looked = now
            if self.processor_seconds() >= enough:
                raise OutOfTime

    def _count_stray(self) -> None:
        self._strays += 1
        if self._strays > _MAX_MESSAGES:
            self.end()
            raise KernelDied("sent messages that nobody asked for")

    def _end_flood(self) -> NoReturn:
        self.end()
        raise KernelDied(f"printed more than {self._policy.flood_bytes >> 20} MiB")

    def processor_seconds(self) -> float:
        """Processor time of the kernel so far; 0 if it has ended."""
        return processor_seconds(self.pid) if self._status is None else 0.0

    def _poll(self) -> int | None:
        if self._status is None:
            try:
                self._status = self._zygote.poll(self.pid)
            except ZygoteFailed:
                self._status, self._orphaned = -signal.SIGKILL, True  # it dies with its zygote
        return self._status

    @property
    def alive(self) -> bool:
        """Whether the kernel runs."""
        return self._poll() is None

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the kernel."""
        with contextlib.suppress(ZygoteFailed):
            self._zygote.interrupt(self.pid)

    def _kill(self) -> None:
        with contextlib.suppress(ZygoteFailed):
            self._zygote.kill(self.pid)

    def end(self) -> None:
        """End the kernel at once and wait until it is gone."""
        self._kill()
        self._wait(_END_SECONDS)

    def _wait(self, seconds: float) -> None:
        deadline, pause = time.monotonic() + seconds, 0.001
        while self._poll() is None and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, 0.05)

    def _cause_of_death(self) -> str:
        """What is known of a kernel whose line was closed; it is ended if it runs on."""
        self._wait(1.0)
        closed = self._poll() is None
        self.end()
        if self._orphaned:
            raise ZygoteFailed("the zygote ended, and the kernel with it")
        if self._watchdog.verdict:
            return self._watchdog.verdict
        if closed:
            return "closed its line to the grader"
        if self._status == -signal.SIGXCPU:
            return f"used more than {self._policy.cpu_seconds} s of processor time"
        return f"ended Python itself (exit status {self._status})"

    def last_words(self) -> str:
        """The end of what the process itself wrote, below Python."""
        try:
            return Path(self.scratch, "kernel.log").read_bytes()[-2000:].decode(errors="replace")
        except OSError:
            return ""

    def close(self) -> None:
        """End the kernel, verify that it is gone, remove its folder."""
        self._watchdog.dismiss()
        self.end()
        self._line.close()
        scratch.remove(self.scratch)
