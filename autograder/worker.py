"""What a worker process of a batch does. The coordinator imports this too, so torch comes late."""

from __future__ import annotations

import logging
from pathlib import Path

from autograder.assignment import Assignment
from autograder.results import Graded
from autograder.sandbox.policy import Policy


def start() -> None:
    """One thread for the judge's arithmetic: there are as many workers as cores."""
    import torch

    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)


def judge_file(path: Path, assignment: Assignment, seed: int, policy: Policy) -> Graded:
    """Grade one file; this process's zygote stays warm for the next."""
    from autograder.grading import grade

    return grade(path.read_bytes(), assignment, seed, policy)
