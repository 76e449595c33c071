"""Watches a kernel from outside and stops it when it takes more than the policy grants."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.policy import Policy
from autograder.sandbox.scratch import use

_PERIOD = 0.2


def _status(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/status").read_text(errors="replace")  # a thread names itself
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used in all its threads, in seconds; 0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]  # a process names itself, ")" included
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def excess(pid: int, scratch: str, policy: Policy, started: float) -> str | None:
    """What the kernel takes too much of, as a sentence; None if nothing."""
    status = _status(pid)
    if "VmRSS" not in status:  # a zombie: dying, dead, or hiding other threads behind it
        time.sleep(1.0)
        return "ended its main thread" if int(_status(pid)["Threads"]) > 1 else None
    resident = int(status["VmRSS"].split()[0]) * 1024
    if resident > policy.memory:
        return f"used more than {policy.memory >> 20} MiB of memory"
    if int(status["Threads"]) > policy.threads:
        return f"started more than {policy.threads} threads"
    try:
        size, files = use(scratch)
    except OSError:
        return "built folders that cannot be looked into"
    if size > policy.scratch_size:
        return f"wrote more than {policy.scratch_size >> 20} MiB to disk"
    if files > policy.scratch_files:
        return f"created more than {policy.scratch_files} files"
    if time.monotonic() - started > policy.wall_seconds:
        return f"ran for more than {policy.wall_seconds} s"
    return None


class Watchdog(threading.Thread):
    """Calls `stop` once, with the reason kept in `verdict`, when a limit is passed."""

    def __init__(self, pid: int, scratch: str, policy: Policy, stop: Callable[[], None]) -> None:
        super().__init__(name=f"watchdog-{pid}", daemon=True)
        self.verdict: str | None = None
        self._watched = (pid, scratch, policy, time.monotonic())
        self._stop_kernel = stop
        self._done = threading.Event()

    def run(self) -> None:
        """Look five times a second until the kernel is gone."""
        while not self._done.wait(_PERIOD):
            try:
                self.verdict = excess(*self._watched)
            except (FileNotFoundError, ProcessLookupError):
                return
            except Exception as error:  # blind is not safe: stop what cannot be watched
                self.verdict = f"could not be watched ({type(error).__name__})"
            if self.verdict:
                self._stop_kernel()
                return

    def dismiss(self) -> None:
        """Stop watching."""
        self._done.set()
