"""One submission's kernel: runs its cells, makes the judge's calls, starts again after a crash."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import zmq
from jupyter_client import BlockingKernelClient, KernelManager
from nbformat.notebooknode import NotebookNode

from autograder.outputs import Outputs, error_output
from autograder.sandbox.host import ZygoteFailed
from autograder.sandbox.policy import Policy
from autograder.sandbox.provisioner import SandboxProvisioner
from autograder.sandbox.watchdog import processor_seconds, resident_bytes
from autograder.verdicts import NotPassed, Verdict
from autograder.wire import BadReply, pack, unpack
from vae_utils.calls import Call, Reply

KERNEL_NAME = "vae-sandbox"
_START_SECONDS = 60
_INTERRUPT_SECONDS = 2.0
_POLL_MILLISECONDS = 200
_MAX_RESTARTS = 12
_SETTLE_SECONDS = 0.3
_MAX_STRAYS = 20_000
"""Messages that answer no request of ours; an honest kernel sends a few."""
_MAX_PART = 16 << 20
"""Bytes of a message's content, before it is parsed."""
_MAX_HEADER = 64 << 10
"""Bytes of its headers: every date in them is parsed, which is slow."""


class KernelDied(RuntimeError):
    """The kernel ended; the text says why, as far as it is known."""


class OutOfTime(RuntimeError):
    """The kernel did not answer within the time it was given."""


@dataclass
class Cell:
    """A code cell to run before the judging, with its time limit in seconds."""

    source: str
    seconds: float
    outputs: list[NotebookNode]
    runs: bool = True
    """Turned off once the cell has killed or blocked a kernel."""


class Session:
    """A sandboxed kernel with the submission's cells run in it. Use as a context manager."""

    def __init__(self, cells: list[Cell], policy: Policy) -> None:
        self.cells = cells
        self.disabled: dict[tuple[str, frozenset[str]], NotPassed] = {}
        """Functions that hung or crashed, with the stand-ins that they had."""
        self._policy = policy
        self._manager: KernelManager | None = None
        self._client: BlockingKernelClient | None = None
        self._context: zmq.Context[Any] | None = None
        self._dropped = 0
        self._room = policy.notebook_bytes
        self._resident = 0
        """Bytes of this process when the kernel was started."""
        self._begun = False
        """Whether the kernel has said a word about the last request."""
        self._careful = False
        """Wait after each cell, since a kernel ended when nobody could say which cell's doing."""
        self._restarts = 0
        self._deadline = time.monotonic() + policy.submission_seconds

    def __enter__(self) -> Session:
        try:
            self._restart(first=True)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the kernel and verify that it is gone."""
        client, manager, context = self._client, self._manager, self._context
        self._client = self._manager = self._context = None
        if client is not None:
            client.stop_channels()
        if manager is not None:
            manager.shutdown_kernel(now=True)
        if context is not None:
            context.destroy(linger=0)  # never left to the garbage collector, which would wait

    def _start(self) -> None:
        self._resident = resident_bytes()
        self._context = context = zmq.Context()
        context.setsockopt(zmq.MAXMSGSIZE, self._policy.reply_bytes)
        self._manager = KernelManager(kernel_name=KERNEL_NAME, context=context)
        self._manager.start_kernel(sandbox_policy=self._policy)
        client = self._manager.blocking_client()
        client.start_channels(hb=False, stdin=False, control=False)
        self._client = client
        try:
            self._wait_until_ready()
        except (KernelDied, OutOfTime) as error:
            words = getattr(self._manager.provisioner, "last_words", "")
            cause = str(error) or f"said nothing for {_START_SECONDS} s"
            raise ZygoteFailed(f"the kernel did not start: it {cause} {words}") from error

    def _wait_until_ready(self) -> None:
        """Ask until one question is answered on both channels, which are then both connected.

        jupyter_client's own waiting ends with a fifth of a second in which nothing is said.
        """
        assert self._client is not None
        patience, deadline = 0.25, time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            heard = set()
            with contextlib.suppress(OutOfTime):
                for channel, _ in self._messages(self._client.kernel_info(), patience):
                    heard.add(channel)
                    if len(heard) == 2:
                        return
            patience *= 2
        raise OutOfTime

    def _restart(self, first: bool = False) -> None:
        """A fresh kernel; cells that killed or blocked an earlier one are left out."""
        while True:
            self.close()
            self._start()
            self._restarts += 1
            if self._seconds_left() < 0:
                self._give_up_cells(0)
            elif self._restarts > _MAX_RESTARTS:
                self._give_up_cells(
                    max(
                        (n for n, c in enumerate(self.cells) if not c.runs), default=len(self.cells)
                    )
                )
            if all(self._run(cell, keep=first) for cell in self.cells if cell.runs):
                return

    def _give_up_cells(self, start: int) -> None:
        """Out of time, or too many deaths: from here on no cell is run any more."""
        for cell in self.cells[start:]:
            cell.runs = False

    def _run(self, cell: Cell, keep: bool) -> bool:
        """Run one cell; False if the kernel is lost."""
        outputs = Outputs(min(self._policy.output_bytes, self._room))
        try:
            self._execute(cell.source, cell.seconds, outputs.add)
            if self._careful:
                self._settle()
        except OutOfTime:
            outputs.nodes.append(_late(cell))
            cell.runs = False
            lost = not self._interrupt()
        except KernelDied as death:
            if self._becomes_careful():
                return False
            outputs.nodes.append(error_output("KernelDied", f"This cell {death}."))
            cell.runs, lost = False, True
        else:
            lost = False
        if keep or not cell.runs:
            cell.outputs[:] = outputs.nodes
            self._room -= outputs.used
        return not lost

    def _becomes_careful(self) -> bool:
        """After a death that may have been the doing of an earlier cell; then nobody is blamed."""
        doubtful = not self._careful and not self._begun
        self._careful = self._careful or doubtful
        return doubtful

    def _settle(self) -> None:
        """Give a kernel that is about to end the time to do so."""
        time.sleep(_SETTLE_SECONDS)
        self._execute("None", _INTERRUPT_SECONDS, lambda *_: None)

    def _execute(self, source: str, seconds: float, output: Callable[[str, Any], None]) -> None:
        """Run source until the kernel says idle, handing its outputs over as they come."""
        assert self._client is not None
        request = self._client.execute(source, store_history=False, stop_on_error=False)
        received = 0
        for channel, message in self._messages(request, min(seconds, self._seconds_left())):
            kind, content = message["header"].get("msg_type"), message["content"]
            received += len(str(content))
            if received > self._policy.flood_bytes:
                self._end_flood()
            if channel == "iopub":
                if kind == "status" and content.get("execution_state") == "idle":
                    return
                output(str(kind), content)

    def _messages(
        self, request: str, seconds: float, processor: float = math.inf
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Messages that answer the request, until the time is up or the kernel is gone.

        seconds: on the clock. processor: seconds of computing, which no busy machine uses up.
        """
        assert self._client is not None
        channels = {
            "iopub": self._client.iopub_channel.socket,
            "shell": self._client.shell_channel.socket,
        }
        poller = zmq.Poller()
        for socket in channels.values():
            poller.register(socket, zmq.POLLIN)
        self._dropped = 0  # bytes of messages too large to be parsed
        self._begun = False
        deadline, strays = time.monotonic() + seconds, 0
        enough = self._processor_seconds() + processor
        while time.monotonic() < deadline and self._processor_seconds() < enough:
            ready = dict(poller.poll(_POLL_MILLISECONDS))
            for name, socket in channels.items():
                if socket in ready:
                    message = self._receive(socket)
                    if message and message["parent_header"].get("msg_id") == request:
                        self._begun = True
                        yield name, message
                    else:
                        strays += 1
            if self._dropped > self._policy.flood_bytes:
                self._end_flood()
            if strays > _MAX_STRAYS:
                self._end()
                raise KernelDied("sent messages that nobody asked for")
            if resident_bytes() - self._resident > self._policy.judge_bytes:
                self._end()
                raise KernelDied("sent more than the grader can hold")
            if not ready and not self._alive():
                raise KernelDied(self._cause_of_death())
        raise OutOfTime

    def _receive(self, socket: Any) -> dict[str, Any] | None:
        """One message; what is not signed and well-formed JSON objects is dropped."""
        assert self._client is not None
        session = self._client.session
        try:
            frames = socket.recv_multipart(zmq.NOBLOCK)
            _, parts = session.feed_identities(frames)
            size = sum(map(len, frames))
            headers = max(map(len, parts[:4]))  # signature, header, parent, metadata
            if (
                size > self._policy.reply_bytes
                or headers > _MAX_HEADER
                or len(parts[4]) > _MAX_PART
            ):
                self._dropped += size
                return None
            message = session.deserialize(parts)
        except Exception:  # hostile bytes break parsers in more ways than can be listed
            return None
        names = ("header", "parent_header", "content")
        return message if all(isinstance(message.get(name), dict) for name in names) else None

    def _seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    def _alive(self) -> bool:
        return self._manager is not None and bool(self._manager.is_alive())

    def _processor_seconds(self) -> float:
        """Processor time of the kernel so far; 0 if it has ended."""
        provisioner = self._manager.provisioner if self._manager else None
        pid = getattr(provisioner, "pid", None)
        return processor_seconds(pid) if pid else 0.0

    def _cause_of_death(self) -> str:
        provisioner = self._manager.provisioner if self._manager else None
        if isinstance(provisioner, SandboxProvisioner):
            if provisioner.watchdog and provisioner.watchdog.verdict:
                return provisioner.watchdog.verdict
            status = provisioner.exit_status
            if status == -24:
                return f"used more than {self._policy.cpu_seconds} s of processor time"
            if status is not None:
                return f"ended Python itself (exit status {status})"
        return "ended Python itself"

    def _interrupt(self) -> bool:
        """KeyboardInterrupt first, which keeps the kernel; False if it had to be ended."""
        assert self._manager is not None and self._client is not None
        self._manager.interrupt_kernel()
        with contextlib.suppress(OutOfTime, KernelDied):
            self._execute("None", _INTERRUPT_SECONDS, lambda *_: None)
            return True
        self._end()
        return False

    def _end(self) -> None:
        if self._manager is not None and isinstance(self._manager.provisioner, SandboxProvisioner):
            self._manager.shutdown_kernel(now=True)

    def _end_flood(self) -> NoReturn:
        self._end()
        raise KernelDied(f"printed more than {self._policy.flood_bytes >> 20} MiB")

    def ask(self, call: Call) -> Reply:
        """Make a call. A kernel that dies or hangs over it is replaced, and the call has failed."""
        asked = call.function, frozenset(call.stand_ins)
        # With other stand-ins the function itself may come back.
        stopped = {name for name, given in self.disabled if name != asked[0] or given == asked[1]}
        call = replace(call, disabled=tuple(sorted(stopped)))
        try:
            reply = self._evaluate(call)
        except OutOfTime:
            limits = self._policy.call_cpu_seconds, self._policy.call_seconds
            within = "within {} s of computing or {} s of waiting".format(*limits)
            message = f"{call.function} did not come back {within}"
            problem = NotPassed(Verdict.TIMED_OUT, message, _HANG_HINT)
        except KernelDied as death:
            if self._becomes_careful():
                self._restart()
                return self.ask(call)
            problem = NotPassed(Verdict.CRASHED, f"{call.function} {death}", _DEATH_HINT)
        except BadReply as error:
            raise NotPassed(Verdict.CRASHED, str(error)) from error
        else:
            self._stop_at_disabled(reply)
            return reply
        self.disabled[asked] = problem
        self._restart()
        raise problem

    def _stop_at_disabled(self, reply: Reply) -> None:
        """A call that reached a function which hung or crashed earlier shares its verdict."""
        if reply.failure and reply.failure.kind == "Hung":
            for (name, _), earlier in self.disabled.items():
                if f"`{name}`" in reply.failure.text:
                    raise NotPassed(earlier.verdict, earlier.message, earlier.hint)

    def _evaluate(self, call: Call) -> Reply:
        assert self._client is not None
        content, buffers = pack(call)
        message = self._client.session.msg("evaluate_request", content)
        self._client.session.send(self._client.shell_channel.socket, message, buffers=buffers)
        request = message["header"]["msg_id"]
        seconds = min(self._policy.call_seconds, self._seconds_left())
        for channel, reply in self._messages(request, seconds, self._policy.call_cpu_seconds):
            if channel == "shell" and reply["header"].get("msg_type") == "evaluate_reply":
                return unpack(reply["content"], reply["buffers"], self._policy.reply_bytes)
        raise AssertionError("unreachable: _messages ends with an exception")


_HANG_HINT = "Is there a loop that never ends, or one that waits for something?"
_DEATH_HINT = "Nothing in a task may end Python or use up the machine (exit, quit, os._exit)."


def _late(cell: Cell) -> NotebookNode:
    text = f"This cell was stopped after {cell.seconds:g} s. Only its outputs are missing."
    return error_output("TimeOut", text)
