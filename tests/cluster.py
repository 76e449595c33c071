"""A Dask cluster on loopback, for tests and benchmarks; it ends with its block."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator

_LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


@contextlib.contextmanager
def _dask(*arguments: str, core: int | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "dask", *arguments]
    if core is not None:
        command = ["taskset", "--cpu-list", str(core), *command]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd="/")
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextlib.contextmanager
def scheduler() -> Iterator[str]:
    """Its address; it has no workers yet."""
    with _dask("scheduler", *_LOCAL, "--port", "0") as process:
        assert process.stderr is not None
        lines = (re.search(r"Scheduler at:\s+(tcp://\S+)", line) for line in process.stderr)
        found = next(match for match in lines if match)
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield found[1]


def worker(
    address: str, core: int | None = None
) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """One that grades one submission at a time, with all its processes pinned to a core, if any."""
    return _dask("worker", address, *_LOCAL, "--nthreads", "1", "--no-nanny", core=core)
