"""One submission's kernel: runs its cells, makes the judge's calls, starts again after a crash."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nbformat.notebooknode import NotebookNode

from autograder.outputs import Outputs, error_output
from autograder.sandbox.host import ZygoteFailed
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import KernelDied, KernelProcess, OutOfTime
from autograder.verdicts import NotPassed, Verdict
from autograder.wire import BadReply, pack, unpack
from vae_utils.calls import Call, Reply

_START_SECONDS = 60
_INTERRUPT_SECONDS = 2.0
_MAX_RESTARTS = 12
_SETTLE_SECONDS = 0.3
_ANSWERS = 4
"""Remembered at a time; one may have 64 MiB."""
_LONG_SECONDS = 0.1
TIME_OUT = "TimeOut"
"""The name of the error in a cell that was stopped."""


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
        self._kernel: KernelProcess | None = None
        self._room = policy.notebook_bytes
        self._careful = False
        """Wait after each cell, since a kernel ended when nobody could say which cell's doing."""
        self._restarts = 0
        self._answers: deque[tuple[Call, Reply]] = deque(maxlen=_ANSWERS)
        """To calls that took long; some checks look at one answer in two ways."""
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
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            kernel.close()

    @property
    def kernel(self) -> KernelProcess:
        """The kernel at work."""
        assert self._kernel is not None, "a session is used inside its `with`"
        return self._kernel

    def _start(self) -> None:
        self._kernel = KernelProcess(self._policy)
        try:
            for _ in self.kernel.ask("run", {"source": "None"}, seconds=_START_SECONDS):
                pass
        except (KernelDied, OutOfTime) as error:
            cause = str(error) or f"said nothing for {_START_SECONDS} s"
            words = self.kernel.last_words()
            raise ZygoteFailed(f"the kernel did not start: it {cause} {words}") from error

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
        doubtful = not self._careful and not self.kernel.begun
        self._careful = self._careful or doubtful
        return doubtful

    def _settle(self) -> None:
        """Give a kernel that is about to end the time to do so."""
        time.sleep(_SETTLE_SECONDS)
        self._execute("None", _INTERRUPT_SECONDS, ignore)

    def _execute(self, source: str, seconds: float, output: Callable[[str, Any], None]) -> None:
        """Run source until the kernel is done, handing its outputs over as they come."""
        seconds = min(seconds, self._seconds_left())
        for message in self.kernel.ask("run", {"source": source}, seconds=seconds):
            output(message.kind, message.content)

    def _seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    def _interrupt(self) -> bool:
        """KeyboardInterrupt first, which keeps the kernel; False if it had to be ended."""
        self.kernel.interrupt()
        with contextlib.suppress(OutOfTime, KernelDied):
            self._execute("None", _INTERRUPT_SECONDS, ignore)
            return True
        self.kernel.end()
        return False

    def ask(self, call: Call) -> Reply:
        """Make a call. A kernel that dies or hangs over it is replaced, and the call has failed."""
        asked = call.function, frozenset(call.stand_ins)
        # With other stand-ins the function itself may come back.
        stopped = {name for name, given in self.disabled if name != asked[0] or given == asked[1]}
        call = replace(call, disabled=tuple(sorted(stopped)))
        if earlier := self._answered(call):
            return earlier
        start = time.monotonic()
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
            if time.monotonic() - start > _LONG_SECONDS:
                self._answers.append((call, reply))
            return reply
        self.disabled[asked] = problem
        self._restart()
        raise problem

    def _answered(self, call: Call) -> Reply | None:
        """The answer to the very same call, with the same seed."""
        for other, reply in self._answers:
            alike = (other.function, other.seed) == (call.function, call.seed)
            if alike and pack(other) == pack(call):
                return reply
        return None

    def _stop_at_disabled(self, reply: Reply) -> None:
        """A call that reached a function which hung or crashed earlier shares its verdict."""
        if reply.failure and reply.failure.kind == "Hung":
            for (name, _), earlier in self.disabled.items():
                if f"`{name}`" in reply.failure.text:
                    raise NotPassed(earlier.verdict, earlier.message, earlier.hint)

    def _evaluate(self, call: Call) -> Reply:
        content, data = pack(call)
        seconds = min(self._policy.call_seconds, self._seconds_left())
        reply = None
        for message in self.kernel.ask(
            "call", content, data, seconds, self._policy.call_cpu_seconds
        ):
            if message.kind == "reply" and reply is None:
                reply = unpack(message.content, message.data, self._policy.reply_bytes)
        if reply is None:
            raise BadReply("there is no reply")
        return reply


def ignore(*_: Any) -> None:
    """Whatever the kernel says."""


_HANG_HINT = "Is there a loop that never ends, or one that waits for something?"
_DEATH_HINT = "Nothing in a task may end Python or use up the machine (exit, quit, os._exit)."


def _late(cell: Cell) -> NotebookNode:
    text = f"This cell was stopped after {cell.seconds:g} s. Only its outputs are missing."
    return error_output(TIME_OUT, text)
