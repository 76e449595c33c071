"""Processor seconds a submission: ours against the floor, submission by submission, in one run.

    python -m benchmarks.floor [--submissions 20] [--json FILE]

The floor is the same cells and the same judged calls in one warm interpreter, without sandbox,
without Jupyter and without comparing anything: cells by `exec`, pictures drawn as PNG, calls by the
function that the sandboxed kernel uses. Ours is everything: reading, the forked kernel, cells,
calls, messages, pytest and its comparisons, recording into the gradebook; the time of all processes
is counted.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

os.environ.update(VAE_UTILS_QUICK="1", OMP_NUM_THREADS="1", MPLBACKEND="agg")

import torch

from autograder.assignment import Assignment
from autograder.grading import grade, runnable
from autograder.recorder import Recorder
from autograder.sandbox.host import shared_zygote
from autograder.sandbox.policy import Policy
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


def floor(data: bytes, assignment: Assignment, calls: list[Call]) -> float:
    """Processor seconds of cells and calls alone."""
    cells = runnable(sanitise(data, assignment.template).notebook, Policy())
    names: dict[str, Any] = {"__name__": "__main__"}
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in cells:
            with contextlib.suppress(Exception):
                exec(compile(cell.source, "cell", "exec"), names)
            _drawn()
        for call in calls:
            evaluate(call, names)
    return time.process_time() - start


def ours(data: bytes, assignment: Assignment, recorder: Recorder, submission: Any) -> float:
    """Processor seconds of this process, the zygote and the kernels."""
    zygote = shared_zygote()._process
    assert zygote is not None
    start = time.process_time() + _processor_seconds(zygote.pid)
    recorder.record(submission, grade(data, assignment, 7, Policy()))
    return time.process_time() + _processor_seconds(zygote.pid) - start


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


def measure(number: int) -> tuple[list[float], list[float]]:
    """Ours and the floor, by submission."""
    torch.set_num_threads(1)
    found: tuple[list[float], list[float]] = [], []
    with tempfile.TemporaryDirectory() as folder:
        assignment = cohort.course_with(Path(folder) / "course", number)
        with Recorder(assignment) as recorder:
            for turn, submission in enumerate([None, *find_submissions(assignment)]):
                submission = submission or find_submissions(assignment)[0]  # the first one warms up
                data = submission.read()
                with Listening() as heard:
                    seconds = ours(data, assignment, recorder, submission)
                below = floor(data, assignment, heard.calls)
                if turn:
                    found[0].append(seconds)
                    found[1].append(below)
    return found


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--submissions", type=int, default=20)
    arguments = parser.parse_args()
    found, below = measure(arguments.submissions)
    measured.row("ours, processor seconds a submission", found)
    measured.row("floor", below)
    ratios = [a / b for a, b in zip(found, below, strict=True)]
    measured.row("ours / floor, submission by submission", ratios, "")
    print(f"all together: {sum(found) / sum(below):.2f}")
    figures = {"ours": found, "floor": below, "median ratio": statistics.median(ratios)}
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
