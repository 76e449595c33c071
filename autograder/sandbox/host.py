"""The grader's side of the zygote: start it once a process, ask it for kernels."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

from autograder.sandbox import scratch
from autograder.sandbox.policy import Policy

_START_SECONDS = 120.0


class ZygoteFailed(RuntimeError):
    """The zygote ended or does not answer: a fault of the grader's machine, not of a student."""


def _library_cache() -> str:
    """Where matplotlib keeps its list of fonts between runs; building it takes seconds."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(Path.home(), ".cache")
    folder = Path(base) / "vae-course-kit" / "matplotlib"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _clean_environment() -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TZ") if key in os.environ}
    return {
        **kept,
        "HOME": os.devnull,
        "MPLCONFIGDIR": _library_cache(),
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
    }


class Zygote:
    """One zygote process. Thread-safe: each request waits for its reply."""

    def __init__(self) -> None:
        scratch.sweep(tempfile.gettempdir())
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.sandbox.zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_clean_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        ours.settimeout(_START_SECONDS)
        self._socket = ours
        self._lines = ours.makefile("rw")
        self._lock = threading.Lock()
        self._read()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise ZygoteFailed(f"the zygote does not answer: {error}") from error
        if not line:
            self._process.kill()
            _, errors = self._process.communicate()
            raise ZygoteFailed("the zygote ended: " + errors.decode(errors="replace")[-2000:])
        return dict(json.loads(line))

    def _ask(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            try:
                self._lines.write(json.dumps(request) + "\n")
                self._lines.flush()
            except OSError as error:
                raise ZygoteFailed(f"the zygote is gone: {error}") from error
            return self._read()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def spawn(self, connection: dict[str, Any], scratch: str, policy: Policy) -> int:
        """Fork a kernel; returns its process id."""
        request = {"connection": connection, "scratch": scratch, "policy": policy.as_dict()}
        return int(self._ask(op="spawn", **request)["pid"])

    def poll(self, pid: int) -> int | None:
        """Exit status of a kernel, None while it runs."""
        status = self._ask(op="poll", pid=pid)["status"]
        return None if status is None else int(status)

    def kill(self, pid: int) -> None:
        """End a kernel at once."""
        self._ask(op="kill", pid=pid)

    def interrupt(self, pid: int) -> None:
        """Raise KeyboardInterrupt in a kernel."""
        self._ask(op="interrupt", pid=pid)

    def close(self) -> None:
        """End the zygote and with it every kernel."""
        self._socket.shutdown(socket.SHUT_RDWR) if self.alive else None
        self._lines.close()
        self._socket.close()
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


@cache
def _shared(_owner: int) -> list[Zygote]:
    zygotes: list[Zygote] = []
    atexit.register(_close_all, zygotes)
    return zygotes


def _close_all(zygotes: list[Zygote]) -> None:
    for zygote in zygotes:
        zygote.close()


def shared_zygote() -> Zygote:
    """This process's zygote, started at the first call and again if it has died."""
    zygotes = _shared(os.getpid())
    if zygotes and not zygotes[-1].alive:
        zygotes.pop().close()
    if not zygotes:
        zygotes.append(Zygote())
    return zygotes[-1]
