"""What runs in a forked child: walls first, then an IPython kernel that also answers the judge."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy
import torch
import zmq
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from autograder.sandbox.policy import Policy
from autograder.sandbox.traps import imports_watched, remove
from autograder.sandbox.walls import raise_walls
from vae_utils.evaluating import answer
from vae_utils.rules import Rules

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


def _stop_timers() -> None:
    """What a cell or a call has set to ring later would ring in the kernel's own code."""
    for timer in _TIMERS:
        signal.setitimer(timer, 0)


def _stay() -> None:
    """In the place of quit() and exit(), which would end the kernel a moment after their cell."""
    print("quit and exit end nothing here: the cells below are run as well.")


class JudgedKernel(IPythonKernel):
    """An IPython kernel with one more message: evaluate a student's function, return values."""

    rules = Rules()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shell_handlers["evaluate_request"] = self.evaluate_request
        shell: Any = self.shell
        shell.ask_exit = _stay

    async def do_execute(self, *args: Any, **kwargs: Any) -> Any:
        """As upstream; a cell's timers end with it."""
        try:
            return await super().do_execute(*args, **kwargs)
        finally:
            _stop_timers()

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """Nothing: the grader ends this kernel from outside."""
        return {"status": "ok", "restart": restart}

    async def evaluate_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        """Answer one call of the judge; all that is known here are inputs."""
        buffers = [bytes(buffer) for buffer in parent.get("buffers", [])]
        shell: Any = self.shell
        session: Any = self.session
        with imports_watched(self.rules):
            content, reply = answer(parent["content"], buffers, shell.user_ns)
        _stop_timers()
        session.send(stream, "evaluate_reply", content, parent=parent, ident=ident, buffers=reply)


class JudgedKernelApp(IPKernelApp):
    """ipykernel's application without the two connections that the walls forbid."""

    kernel_class = JudgedKernel

    def init_control(self, context: zmq.Context[Any]) -> None:
        """As upstream, but the debugger's socket stays unconnected."""
        endpoint, self.shell_socket.getsockopt = self.shell_socket.getsockopt, lambda _: None
        try:
            super().init_control(context)
        finally:
            self.shell_socket.getsockopt = endpoint

    def init_iopub(self, context: zmq.Context[Any]) -> None:
        """As upstream, but without the TCP socket for output of subprocesses: there are none."""
        socket = context.socket(zmq.XPUB)
        socket.linger = 1000
        self.iopub_port = self._bind_socket(socket, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = IOPubThread(socket, pipe=False, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket


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


def _detach(scratch: str) -> None:
    """No descriptor of the zygote stays open, the control socket least of all."""
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(os.path.join(scratch, "kernel.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _configuration(connection: dict[str, Any]) -> Config:
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.connection_file = connection["file"]
    config.InteractiveShell.cache_size = 0  # Out[...] would keep every tensor alive
    return config


def _seed_generators() -> None:
    """The same random numbers in every kernel, so that a regrade repeats to the byte."""
    random.seed(0)
    numpy.random.seed(0)
    torch.default_generator.manual_seed(0)


def run(connection: dict[str, Any], scratch: str, policy: Policy) -> None:
    """Become the kernel described by the connection file; never returns before the kernel ends."""
    home = os.path.join(scratch, "home")
    Path(home).mkdir(exist_ok=True)
    os.setsid()
    _detach(scratch)
    os.environ.clear()
    os.environ.update(_environment(home))
    os.chdir(home)
    tempfile.tempdir = None  # the zygote has looked, and found a folder that is out of reach here
    signal.signal(signal.SIGINT, signal.default_int_handler)
    JudgedKernel.rules = Rules(policy.packages, policy.forbidden)
    remove(policy.forbidden)
    if policy.protected:
        raise_walls(policy, scratch)
    _seed_generators()
    sys.argv = ["ipykernel"]
    app: Any = JudgedKernelApp.instance(config=_configuration(connection))
    app.initialize([])
    app.shell.enable_matplotlib("inline")  # pyplot was imported before there was a shell
    app.start()
    os._exit(0)
