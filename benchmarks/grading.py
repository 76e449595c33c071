"""Seconds a submission: our warm sandbox against a cold kernel of stock nbgrader, in one run.

    python -m benchmarks.grading [--repeats 5] [--json FILE]

Both grade the same notebook, the reference handed in, on the same small data set, in turn. Stock is
nbgrader's own Execute preprocessor with the `python3` kernel, in whose process the cells and the
in-notebook checks (from the tape) run. Ours runs the cells in a kernel forked from the zygote and
judges them from outside; the zygote's start is shown apart, it is paid once a worker.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.release import reference
from autograder.sandbox.host import shared_zygote
from autograder.sandbox.policy import Policy
from tests.samples import handed_in


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _stock(data: bytes, folder: Path) -> None:
    from nbgrader.preprocessors import Execute

    notebook = nbformat.reads(data.decode(), as_version=4)
    Execute(timeout=120, kernel_name="python3").preprocess(
        notebook, {"metadata": {"path": str(folder)}}
    )
    failed = [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]
    if failed:
        raise RuntimeError(f"the stock run failed: {failed[0]['evalue']}")


def _ours(data: bytes, assignment: Assignment, seed: int) -> None:
    report = grade(data, assignment, seed, Policy()).report
    if report.score != report.max_score:
        raise RuntimeError(f"the reference got {report.score}")


def measure(repeats: int) -> dict[str, list[float]]:
    """Seconds of each run, by name."""
    assignment = find("vae")
    data = nbformat.writes(handed_in(assignment.template, reference(assignment))).encode()
    times: dict[str, list[float]] = {"zygote": [_seconds(shared_zygote)], "ours": [], "stock": []}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(assignment.tape, folder)
        for seed in range(repeats + 1):
            ours = _seconds(lambda seed=seed: _ours(data, assignment, seed))  # type: ignore[misc]
            stock = _seconds(lambda: _stock(data, Path(folder)))
            if seed:  # the first pair warms up
                times["ours"].append(ours)
                times["stock"].append(stock)
    return times


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ["VAE_UTILS_QUICK"] = "1"
    times = measure(arguments.repeats)
    for name, runs in times.items():
        low, middle, high = min(runs), statistics.median(runs), max(runs)
        print(f"{name:8} median {middle:6.2f} s   from {low:6.2f} to {high:6.2f} s")
    ratios = [stock / ours for stock, ours in zip(times["stock"], times["ours"], strict=True)]
    print(f"stock / ours, pair by pair: median {statistics.median(ratios):.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({**times, "ratio": ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
