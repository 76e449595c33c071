"""False rejects of the reference: judge it with many seeds in one sandboxed kernel.

    python -m benchmarks.seeds [--seeds 200] [--without embeddings] [--json FILE]

Prints how many runs lost a point; the goal is none.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from pathlib import Path

from tqdm import trange

from autograder.assignment import find
from autograder.grading import runnable
from autograder.judge import run_checks
from autograder.release import reference
from autograder.sandbox.policy import Policy
from autograder.session import Session
from autograder.verdicts import Verdict


def main() -> None:
    """Judge, count, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--without", nargs="*", default=[], metavar="TASK")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    assignment = find("vae")
    policy = Policy(cpu_seconds=10**6, wall_seconds=10**6, submission_seconds=10**6)
    left_out = dict.fromkeys(arguments.without, "left out")  # as if it broke a rule
    failures, start = [], time.perf_counter()
    with Session(runnable(copy.deepcopy(reference(assignment)), policy), policy) as session:
        for seed in trange(arguments.seeds):
            for task, checks in run_checks(assignment, session.ask, seed, left_out).done.items():
                failures += [
                    (seed, task, done.result.message)
                    for done in checks
                    if done.result.verdict is not Verdict.PASSED and task not in left_out
                ]
    result = {"seeds": arguments.seeds, "failures": failures, "s": time.perf_counter() - start}
    print(f"{arguments.seeds} seeds, {len(failures)} failed checks, {result['s']:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
