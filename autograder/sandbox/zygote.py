"""A process that imports the heavy libraries once and forks a kernel from that state on request.

It is started with a clean environment and knows no student, no answer and no secret: whatever
stands in its memory is readable in every kernel forked from it.

Requests and replies are JSON lines on one socket: spawn, poll, kill. When the socket closes, the
zygote ends every kernel and itself. A batch starts one zygote as a *nursery*: each worker hands it
a socket and gets a zygote of its own, forked from it, which costs no time and shares its memory.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autograder.sandbox import syscalls
from autograder.sandbox.policy import Policy
from autograder.sandbox.walls import die_with_parent

if TYPE_CHECKING:
    from autograder.sandbox.shell import Shell

PRELOADED = (
    "numpy",
    "autograd.numpy",
    "autograd.core",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib_inline.backend_inline",
    "seaborn",
    "scipy.stats",
    "sklearn.datasets",
    "sklearn.decomposition",
    "sklearn.manifold",
    "tqdm",
    "IPython.core.completer",
    "autograder.sandbox.kernel",
    "vae_utils.checking",
    "vae_utils.cost",
    "vae_utils.evaluating",
    "vae_utils.figures",
    "vae_utils.notebook",
    "vae_utils.quick",
    "vae_utils.with_arrays",
)
OF_TORCH = (
    "torch",
    "torchvision",
    "vae_utils.binarized",
    "vae_utils.data",
    "vae_utils.device",
    "vae_utils.plots",
    "vae_utils.training",
    "vae_utils.weights",
    "vae_utils.with_tensors",
)


def preload(with_torch: bool) -> Shell:
    """Import everything, in one thread: a second one would not survive the fork.

    Returns the IPython shell that every kernel gets a copy of.
    """
    for name in (*PRELOADED, *(OF_TORCH if with_torch else ())):
        importlib.import_module(name)
    syscalls.available()  # imports pyseccomp, which runs programs to find its library
    _draw_digits(with_torch)
    from autograder.sandbox import shell

    with tempfile.TemporaryDirectory() as folder:
        made = shell.make(folder)
    gc.collect()
    gc.freeze()
    return made


def _draw_digits(with_torch: bool) -> None:
    """Once here, not in every kernel."""
    if not with_torch:
        from vae_utils.digit_arrays import load_digits_arrays

        load_digits_arrays()
        return
    import torch

    from vae_utils.data import QUICK_SIZES
    from vae_utils.digits import make_digits

    torch.set_num_threads(1)
    make_digits(*QUICK_SIZES)


class Forks:
    """The kernels forked so far and how they ended."""

    def __init__(self) -> None:
        self.status: dict[int, int | None] = {}

    def reap(self) -> None:
        """Collect the exit status of every kernel that has ended."""
        for pid in [pid for pid, status in self.status.items() if status is None]:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.status[pid] = os.waitstatus_to_exitcode(status)

    def poll(self, pid: int) -> int | None:
        """Exit status, None while the kernel runs; a status is told once and then forgotten."""
        self.reap()
        status = self.status.get(pid, 0)
        if status is not None:
            self.status.pop(pid, None)
        return status

    def kill(self, pid: int) -> None:
        """End a kernel at once. Only own children: their ids cannot have been reused."""
        self.reap()
        if pid in self.status and self.status[pid] is None:
            os.kill(pid, signal.SIGKILL)

    def interrupt(self, pid: int) -> None:
        """Raise KeyboardInterrupt in a kernel."""
        self.reap()
        if pid in self.status and self.status[pid] is None:
            os.kill(pid, signal.SIGINT)

    def kill_all(self) -> None:
        """End every kernel and wait until it is gone."""
        for pid in [pid for pid, status in self.status.items() if status is None]:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _spawn(forks: Forks, request: dict[str, Any], channel: int, shell: Shell) -> int:
    pid = os.fork()
    if pid:
        forks.status[pid] = None
        return pid
    try:
        die_with_parent()
        from autograder.sandbox import kernel

        kernel.run(channel, shell, request["scratch"], Policy.from_dict(request["policy"]))
    except BaseException:
        os.write(2, traceback.format_exc().encode())  # to kernel.log, which the grader reads
    finally:
        os._exit(1)


def _answer(
    forks: Forks, request: dict[str, Any], descriptors: list[int], shell: Shell
) -> dict[str, Any]:
    operation = request["op"]
    if operation == "spawn":
        return {"pid": _spawn(forks, request, descriptors[0], shell)}
    if operation == "poll":
        return {"status": forks.poll(request["pid"])}
    if operation in ("kill", "interrupt"):
        getattr(forks, operation)(request["pid"])
        return {}
    return {"error": f"unknown operation {operation!r}"}


def _requests(connection: socket.socket) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Requests with the descriptors that came with them; one at a time, as each is answered."""
    line, descriptors = b"", list[int]()
    while True:
        chunk, received, _, _ = socket.recv_fds(connection, 1 << 16, 1)
        if not chunk:
            return
        line, descriptors = line + chunk, descriptors + received
        if line.endswith(b"\n"):
            yield json.loads(line), descriptors
            for descriptor in descriptors:
                os.close(descriptor)
            line, descriptors = b"", []


def serve(connection: socket.socket, shell: Shell) -> None:
    """Answer requests until the other end closes."""
    forks = Forks()
    with connection:
        try:
            for request, descriptors in _requests(connection):
                answer = _answer(forks, request, descriptors, shell)
                connection.sendall(json.dumps(answer).encode() + b"\n")
        finally:
            forks.kill_all()


def be_ready(connection: socket.socket, shell: Shell) -> None:
    """Say so, then serve to the end."""
    connection.sendall(b'{"ready": true}\n')
    serve(connection, shell)


def nurse(requests: socket.socket, shell: Shell) -> None:
    """Fork a zygote for every socket that comes in, until the other end closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the zygotes
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            be_ready(socket.socket(fileno=descriptors[0]), shell)
            return
        os.close(descriptors[0])


def main() -> None:
    """Entry point. Arguments: the socket's descriptor, and of "nursery" (if it is to be one) and
    "torch" (if that is to be there) those that apply."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which then says so
    connection = socket.socket(fileno=int(sys.argv[1]))
    shell = preload("torch" in sys.argv[2:])
    (nurse if "nursery" in sys.argv[2:] else be_ready)(connection, shell)


if __name__ == "__main__":
    main()
