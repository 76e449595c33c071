"""Processor seconds a submission: ours against the floor, submission by submission, in one run.

    python -m benchmarks.floor [--submissions 20] [--json FILE]

The floor is the same cells and the same checks in one warm interpreter, without sandbox and without
Jupyter: cells by `exec`, pictures drawn as PNG, the judge calling the functions directly. The bare
floor leaves the judging out as well: cells, and the calls by the function that the sandboxed kernel
uses, whose answers nobody compares with anything. Ours is everything: reading, the forked kernel,
cells, calls, messages, drawing and comparing, recording into the gradebook; the time of all
processes is counted, and told by phase.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.update(VAE_UTILS_QUICK="1", OMP_NUM_THREADS="1", MPLBACKEND="agg")

import torch

from autograder.assignment import Assignment
from autograder.grading import broken_rules, grade, runnable
from autograder.judge import run_checks
from autograder.recorder import Recorder
from autograder.sandbox.channel import Message
from autograder.sandbox.host import shared_zygote
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import KernelProcess
from autograder.sanitise import sanitise
from autograder.session import Session
from autograder.submissions import find_submissions
from benchmarks import cohort, measured
from vae_utils.calls import Call, Reply
from vae_utils.evaluating import evaluate


def _processor_seconds(pid: int) -> float:
    """Of a process and of the children that it has waited for."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")


def _drawn() -> None:
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        plt.figure(number).savefig(io.BytesIO(), format="png", bbox_inches="tight")
    plt.close("all")


Phases = dict[str, float]
SEED = 7


def floor(data: bytes, assignment: Assignment, calls: list[Call]) -> Phases:
    """Processor seconds of cells, of calls alone, and of what judging takes besides the calls."""
    clean = sanitise(data, assignment.template)
    cells, broken = runnable(clean.notebook, Policy()), broken_rules(clean, assignment)
    names: dict[str, Any] = {"__name__": "__main__"}
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in cells:
            with contextlib.suppress(Exception):
                exec(compile(cell.source, "cell", "exec"), names)
            _drawn()
        ran = time.process_time()
        for call in calls:
            evaluate(call, names)
        called = time.process_time()
        answered = 0.0

        def ask(call: Call) -> Reply:
            nonlocal answered
            before = time.process_time()
            reply = evaluate(call, names)
            answered += time.process_time() - before
            return reply

        run_checks(assignment, ask, SEED, broken)
    judged = time.process_time() - called - answered
    return {"cells": ran - start, "calls": called - ran, "judging": judged}


def ours(data: bytes, assignment: Assignment, recorder: Recorder, submission: Any) -> Phases:
    """Processor seconds of this process, the zygote and the kernels."""
    zygote = shared_zygote()._process
    assert zygote is not None
    forks, start = _processor_seconds(zygote.pid), time.process_time()
    with _kernels_watched() as kernels:
        graded = grade(data, assignment, SEED, Policy())
    judged = time.process_time()
    recorder.record(submission, graded)
    written = time.process_time()
    forks = _processor_seconds(zygote.pid) - forks
    return {
        "cells, in the kernel": kernels["run"],
        "calls, in the kernel": kernels["call"],
        "fork, walls, exit": forks - sum(kernels.values()),
        "judge": judged - start,
        "writing": written - judged,
    }


@contextlib.contextmanager
def _kernels_watched() -> Iterator[Phases]:
    """By kind of request, the processor seconds of kernels while they worked on it."""
    found, ask = {"run": 0.0, "call": 0.0}, KernelProcess.ask

    def watched(kernel: KernelProcess, kind: str, *rest: Any, **more: Any) -> Iterator[Message]:
        before = kernel.processor_seconds()
        try:
            yield from ask(kernel, kind, *rest, **more)
        finally:
            found[kind] += max(0.0, kernel.processor_seconds() - before)

    KernelProcess.ask = watched  # type: ignore[method-assign]
    try:
        yield found
    finally:
        KernelProcess.ask = ask  # type: ignore[method-assign]


class Listening:
    """Keeps the calls that sessions make."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._evaluate = Session._evaluate

    def __enter__(self) -> Listening:
        def heard(session: Session, call: Call) -> Reply:
            self.calls.append(call)
            return self._evaluate(session, call)

        Session._evaluate = heard  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Session._evaluate = self._evaluate  # type: ignore[method-assign]


def measure(number: int) -> tuple[list[Phases], list[Phases]]:
    """Ours and the floor, by submission."""
    torch.set_num_threads(1)
    found: tuple[list[Phases], list[Phases]] = [], []
    with tempfile.TemporaryDirectory() as folder:
        assignment = cohort.course_with(Path(folder) / "course", number)
        with Recorder(assignment) as recorder:
            for turn, submission in enumerate([None, *find_submissions(assignment)]):
                submission = submission or find_submissions(assignment)[0]  # the first one warms up
                data = submission.read()
                with Listening() as heard:
                    phases = ours(data, assignment, recorder, submission)
                below = floor(data, assignment, heard.calls)
                if turn:
                    found[0].append(phases)
                    found[1].append(below)
    return found


def _rows(title: str, phases: list[Phases]) -> list[float]:
    totals = [sum(one.values()) for one in phases]
    measured.row(f"{title}, processor seconds a submission", totals)
    for name in phases[0]:
        measured.row(f"    {name}", [one[name] for one in phases])
    return totals


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--submissions", type=int, default=20)
    arguments = parser.parse_args()
    found, below = measure(arguments.submissions)
    above, under = _rows("ours", found), _rows("floor", below)
    bare = [one["cells"] + one["calls"] for one in below]
    figures: dict[str, object] = {"ours": found, "floor": below}
    for name, lower in (("floor", under), ("bare floor", bare)):
        ratios = [a / b for a, b in zip(above, lower, strict=True)]
        measured.row(f"ours / {name}, submission by submission", ratios, "")
        together = sum(above) / sum(lower)
        print(f"all together: {together:.2f}")
        figures[name] = {"median": statistics.median(ratios), "all together": together}
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
