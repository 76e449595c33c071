"""The grader's side of the zygote: start it once a process, ask it for kernels."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
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
        # Huge pages: a fork, a large tensor and an exit take a third less of the system's time.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _launch(theirs: socket.socket, with_torch: bool, *more: str) -> subprocess.Popen[bytes]:
    arguments = (*(("torch",) if with_torch else ()), *more)
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.sandbox.zygote", str(theirs.fileno()), *arguments],
        pass_fds=[theirs.fileno()],
        env=_clean_environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


class Nursery:
    """A process that has imported everything and forks zygotes for the workers of a batch.

    `requests` is inherited or pickled into the workers; whoever holds it can ask for a zygote.
    """

    def __init__(self, with_torch: bool = True) -> None:
        self.requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _launch(theirs, with_torch, "nursery")

    def close(self) -> None:
        """End the process; with it go the zygotes that it forked."""
        self.requests.close()
        self._process.kill()
        self._process.communicate()


class Zygote:
    """One zygote process. Thread-safe: each request waits for its reply.

    nursery: where to ask for a fork of a process that is warm already.
    with_torch: whether a process that is started here has imported torch.
    """

    def __init__(self, nursery: socket.socket | None = None, with_torch: bool = True) -> None:
        scratch.sweep(tempfile.gettempdir())
        self._process: subprocess.Popen[bytes] | None = None
        ours, theirs = socket.socketpair()
        with theirs:
            if nursery is None:
                self._process = _launch(theirs, with_torch)
            else:
                socket.send_fds(nursery, [b"z"], [theirs.fileno()])
        ours.settimeout(_START_SECONDS)
        self._socket = ours
        self._lines = ours.makefile("r")
        self._lock = threading.Lock()
        self._read()

    def _read(self) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise ZygoteFailed(f"the zygote does not answer: {error}") from error
        if not line:
            raise ZygoteFailed("the zygote ended: " + self._last_words())
        return dict(json.loads(line))

    def _last_words(self) -> str:
        if self._process is None:
            return "its nursery knows why"
        self._process.kill()
        return self._process.communicate()[1].decode(errors="replace")[-2000:]

    def _ask(self, descriptors: tuple[int, ...] = (), **request: Any) -> dict[str, Any]:
        with self._lock:
            try:
                socket.send_fds(self._socket, [json.dumps(request).encode() + b"\n"], descriptors)
            except OSError as error:
                raise ZygoteFailed(f"the zygote is gone: {error}") from error
            return self._read()

    @property
    def alive(self) -> bool:
        """Whether the process runs: a zygote says nothing unasked, and closes when it ends."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return not waiting.poll(0)

    def spawn(self, channel: int, scratch: str, policy: Policy) -> int:
        """Fork a kernel that listens on the descriptor `channel`; returns its process id."""
        request = {"scratch": scratch, "policy": policy.as_dict()}
        return int(self._ask((channel,), op="spawn", **request)["pid"])

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
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._socket.close()
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


@cache
def _shared(_owner: int, _with_torch: bool) -> list[Zygote]:
    zygotes: list[Zygote] = []
    atexit.register(_close_all, zygotes)
    return zygotes


def _close_all(zygotes: list[Zygote]) -> None:
    for zygote in zygotes:
        zygote.close()


_nurseries: dict[bool, socket.socket] = {}
"""By whether their zygotes hold torch."""


def adopt_from(requests: socket.socket, with_torch: bool = True) -> None:
    """From now on this process asks a nursery for its zygote."""
    _nurseries[with_torch] = requests


def shared_zygote(with_torch: bool = True) -> Zygote:
    """This process's zygote, started at the first call and again if it has died."""
    zygotes = _shared(os.getpid(), with_torch)
    if zygotes and not zygotes[-1].alive:
        zygotes.pop().close()
    if not zygotes:
        zygotes.append(_adopted(with_torch) or Zygote(with_torch=with_torch))
    return zygotes[-1]


def _adopted(with_torch: bool) -> Zygote | None:
    """A zygote from the nursery; None if there is no nursery, or no more."""
    with contextlib.suppress(OSError, ZygoteFailed):
        nursery = _nurseries.get(with_torch)
        return Zygote(nursery) if nursery is not None else None
    return None
