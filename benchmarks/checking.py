"""Seconds that `check()` takes for all tasks of `vae` in a warm kernel, the reference's solutions.

python -m benchmarks.checking --repeats 20
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import time

from tests.mutants.vae.notebook import ASSIGNMENT, namespace


def main() -> None:
    """Call check() again and again; the first time, which loads libraries, does not count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    notebook, seconds, said = namespace(), [], io.StringIO()
    exec("from vae_utils import check", notebook)
    os.chdir(ASSIGNMENT.tape.parent)
    for _ in range(repeats + 1):
        start = time.perf_counter()
        with contextlib.redirect_stdout(said):
            exec("check()", notebook)
        seconds.append(time.perf_counter() - start)
    points = sum(task.points for task in ASSIGNMENT.tasks)
    assert said.getvalue().count(f"{points:g} of {points:g} points") == repeats + 1
    low, middle, high = min(seconds[1:]), statistics.median(seconds[1:]), max(seconds[1:])
    print(f"all tasks: {middle:.2f} s (median of {repeats}; {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
