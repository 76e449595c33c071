"""What runs in a forked child: walls first, then an IPython shell that also answers the judge."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy

from autograder.sandbox.channel import Message, Reader, packed
from autograder.sandbox.policy import Policy
from autograder.sandbox.shell import Shell
from autograder.sandbox.traps import imports_watched, remove
from autograder.sandbox.walls import raise_walls
from vae_utils.calls import Failure, Reply, reply_to_json
from vae_utils.evaluating import answer
from vae_utils.rules import Rules

CHANNEL = 3
"""The descriptor of the line to the judge, the only one of the grader's that is open."""
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
_CHUNK = 1 << 20


class Kernel:
    """Runs cells and makes calls, one after the other, as the judge asks for them."""

    def __init__(self, line: socket.socket, shell: Shell, rules: Rules, most: int) -> None:
        self._line, self._shell, self._rules, self._most = line, shell, rules, most
        self._reader = Reader(most=2**32)  # the judge is trusted
        self._request = ""
        self._lock = threading.RLock()
        self._sends = self._interrupted = False
        shell.connect(self.send)

    def send(self, kind: str, content: dict[str, Any], data: bytes = b"") -> None:
        """Say something about the request in hand; an interrupt waits until it is said."""
        message = packed(Message(self._request, kind, content, data))
        main = threading.current_thread() is threading.main_thread()
        with self._lock:
            if main:
                self._sends = True
            self._line.sendall(message)
            if main:
                self._sends = False
        if main and self._interrupted:
            self._interrupt()

    def _interrupt(self, *_: Any) -> None:
        """The judge wants the cell or call to end."""
        self._interrupted = self._sends
        if not self._sends:
            raise KeyboardInterrupt

    def _receive(self) -> Message:
        while (message := self._reader.take()) is None:
            chunk = self._line.recv(_CHUNK)
            if not chunk:
                os._exit(0)
            self._reader.feed(chunk)
        return message

    def serve(self) -> None:
        """Answer until the judge goes."""
        while True:
            message = self._receive()
            self._request = message.request
            # A cell may raise anything at any time, in this code as well.
            with contextlib.suppress(BaseException):
                self._handle(message)
            _stop_timers()
            self.send("done", {})

    def _handle(self, message: Message) -> None:
        self.send("begun", {})
        self._interrupted = False
        signal.signal(signal.SIGINT, self._interrupt)
        try:
            if message.kind == "run":
                self._shell.run(message.content["source"])
            else:
                self._call(message)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _call(self, message: Message) -> None:
        """One call of the judge; all that is known here are inputs."""
        with imports_watched(self._rules):
            content, data = answer(message.content, message.data, self._shell.user_ns)
        if len(data) > self._most:
            content, data = _too_large(len(data), self._most), b""
        self._shell.send_printed()
        self.send("reply", content, data)


def _too_large(size: int, most: int) -> dict[str, Any]:
    text = f"returns {size >> 20} MiB of numbers; at most {most >> 20} MiB can be judged"
    reply = Reply(failure=Failure("NotNumbers", text))
    return reply_to_json(reply, lambda _: {})


def _stop_timers() -> None:
    """What a cell or a call has set to ring later would ring in the kernel's own code."""
    for timer in _TIMERS:
        signal.setitimer(timer, 0)


def _environment(home: str) -> dict[str, str]:
    names = ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_RUNTIME_DIR")
    return {
        **dict.fromkeys((*names, "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), home),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "VAE_UTILS_QUICK": "1",
    }


def _detach(scratch: str, channel: int) -> None:
    """No descriptor of the zygote stays open, the control socket least of all."""
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(os.path.join(scratch, "kernel.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if channel != CHANNEL:
        os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _seed_generators() -> None:
    """The same random numbers in every kernel, so that a regrade repeats to the byte."""
    random.seed(0)
    numpy.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(0)


def run(channel: int, shell: Shell, scratch: str, policy: Policy) -> None:
    """Become a kernel that listens on `channel`; never returns before the kernel ends."""
    home = os.path.join(scratch, "home")
    Path(home).mkdir(exist_ok=True)
    os.setsid()
    _detach(scratch, channel)
    os.environ.clear()
    os.environ.update(_environment(home))
    os.chdir(home)
    tempfile.tempdir = None  # the zygote has looked, and found a folder that is out of reach here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    remove(policy.forbidden)
    if policy.protected:
        raise_walls(policy, scratch)
    _seed_generators()
    line = socket.socket(fileno=CHANNEL)
    rules = Rules(policy.packages, policy.forbidden)
    Kernel(line, shell, rules, policy.reply_bytes).serve()
    os._exit(0)
