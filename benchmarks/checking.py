"""Seconds that `check()` takes for all tasks of `vae` in a warm kernel, the reference's solutions.

python -m benchmarks.checking --repeats 20
"""

from __future__ import annotations

import argparse
import statistics
import time

from tests.mutants.notebook import assignment, namespace
from vae_utils.replaying import PASSED, Replay
from vae_utils.tape import read


def main() -> None:
    """Replay the tape again and again; the first time, which loads libraries, does not count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    tape, notebook, seconds = read(assignment().tape), namespace(), []
    for _ in range(repeats + 1):
        replay, start = Replay(tape, notebook), time.perf_counter()
        assert all(replay.task(name).verdict == PASSED for name in tape.tasks)
        seconds.append(time.perf_counter() - start)
    low, middle, high = min(seconds[1:]), statistics.median(seconds[1:]), max(seconds[1:])
    print(f"all tasks: {middle:.2f} s (median of {repeats}; {low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
