"""A kernel provisioner: whoever asks Jupyter for the kernel `vae-sandbox` gets a walled one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase

from autograder.sandbox import scratch
from autograder.sandbox.host import Zygote, ZygoteFailed, shared_zygote
from autograder.sandbox.policy import Policy, default_policy
from autograder.sandbox.walls import require
from autograder.sandbox.watchdog import Watchdog


class SandboxProvisioner(KernelProvisionerBase):
    """Forks a kernel from the zygote and holds its scratch folder, walls and watchdog."""

    pid: int | None = None
    scratch: str | None = None
    watchdog: Watchdog | None = None
    exit_status: int | None = None
    last_words: str = ""
    _zygote: Zygote | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and has not been seen to end."""
        return self.pid is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose socket files in a fresh scratch folder; the network is not there to be used.

        `sandbox_policy` in `start_kernel(...)` replaces the policy in force.
        """
        self.policy: Policy = kwargs.pop("sandbox_policy", None) or default_policy()
        if self.policy.protected:
            require()
        self.scratch = tempfile.mkdtemp(prefix=f"{scratch.PREFIX}{os.getpid()}-")
        manager: Any = self.parent
        manager.transport = "ipc"
        manager.ip = os.path.join(self.scratch, "k")
        manager.connection_file = os.path.join(self.scratch, "connection.json")
        for number, name in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1):
            setattr(manager, f"{name}_port", number)
        manager.write_connection_file()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork; whatever command or environment was asked for has no say."""
        assert self.scratch is not None
        manager: Any = self.parent
        connection = {"file": manager.connection_file}
        self._zygote = await asyncio.to_thread(shared_zygote)
        self.pid = self._zygote.spawn(connection, self.scratch, self.policy)
        self.watchdog = Watchdog(self.pid, self.scratch, self.policy, self._kill_now)
        self.watchdog.start()
        self.connection_info = manager.get_connection_info()
        return self.connection_info

    def _kill_now(self) -> None:
        if self._zygote and self.pid is not None:
            with contextlib.suppress(ZygoteFailed):
                self._zygote.kill(self.pid)

    async def poll(self) -> int | None:
        """Exit status, None while the kernel runs."""
        if self.pid is None or self._zygote is None:
            return self.exit_status or 0
        try:
            status = self._zygote.poll(self.pid)
        except ZygoteFailed:
            status = -signal.SIGKILL  # the kernel dies with its zygote
        if status is not None:
            self.exit_status, self.pid = status, None
            self._keep_last_words()
        return status

    def _keep_last_words(self) -> None:
        with contextlib.suppress(OSError):
            log = Path(self.scratch or "", "kernel.log").read_bytes()[-2000:]
            self.last_words = log.decode(errors="replace")
            if self.last_words:
                self.log.debug("Kernel ended with %s: %s", self.exit_status, self.last_words)

    async def wait(self) -> int | None:
        """Wait for the kernel's end; callers bound it."""
        while self.pid is not None and await self.poll() is None:
            await asyncio.sleep(0.02)
        return self.exit_status

    async def send_signal(self, signum: int) -> None:
        """Interrupts go through; every other signal ends the kernel."""
        if self.pid is None or self._zygote is None:
            return
        if signum == signal.SIGINT:
            self._zygote.interrupt(self.pid)
        elif signum != 0:
            self._kill_now()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once."""
        self._kill_now()

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel at once: there is nothing in it worth a farewell."""
        self._kill_now()

    async def cleanup(self, restart: bool = False) -> None:
        """Verify that the kernel is gone, then remove its folder."""
        if self.watchdog:
            self.watchdog.dismiss()
        self._kill_now()
        await self.wait()
        if self.scratch:
            scratch.remove(self.scratch)
            self.scratch = None
