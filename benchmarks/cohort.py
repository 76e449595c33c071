"""A cohort of varied submissions, the same at every run, for benchmarks.

Of ten submissions three solve every task in an unusual right way, one is the reference, three have
one wrong task, one has three, one stops half way and one is untouched. Right and wrong solutions
are those of `tests/mutants`, without those that hang or burn time on purpose.
"""

from __future__ import annotations

import copy
import random
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find
from autograder.release import reference
from tests.mutants.vae.right import RIGHT
from tests.mutants.vae.wrong import WRONG
from tests.samples import TASKS, cell_of, handed_in, make_course

_KINDS = ("right", "right", "right", "reference", "one", "one", "one", "three", "half", "untouched")
ENDLESS = (
    "@add_to_class(VAE)\ndef kl_divergence(self, mu, logsigma):\n    while True:\n        pass\n"
)


def _right(chance: random.Random) -> dict[str, str]:
    chosen = {}
    for task in TASKS:
        sources = [right.source for right in RIGHT if right.task == task]
        if sources:
            chosen[task] = chance.choice(sources)
    return chosen


def _wrong(chance: random.Random, number: int) -> dict[str, str]:
    tasks = chance.sample(TASKS, number)
    return {
        task: chance.choice([wrong.source for wrong in WRONG if wrong.task == task])
        for task in tasks
    }


def submission(released: NotebookNode, solved: NotebookNode, number: int) -> bytes:
    """Submission number `number` of the cohort, as a file."""
    chance, kind = random.Random(number), _KINDS[number % len(_KINDS)]
    if kind == "untouched":
        return nbformat.writes(released).encode()
    notebook = handed_in(released, solved)
    solutions = {
        "right": lambda: _right(chance),
        "one": lambda: _wrong(chance, 1),
        "three": lambda: _wrong(chance, 3),
        "half": lambda: {task: cell_of(released, f"{task}_solution").source for task in TASKS[4:]},
        "reference": dict,
    }[kind]()
    for task, source in solutions.items():
        cell_of(notebook, f"{task}_solution").source = source
    return nbformat.writes(notebook).encode()


def endless(released: NotebookNode, solved: NotebookNode) -> bytes:
    """The reference with a KL divergence that never ends."""
    notebook = copy.deepcopy(handed_in(released, solved))
    cell_of(notebook, "kl_divergence_solution").source = ENDLESS
    return nbformat.writes(notebook).encode()


def course_with(folder: Path, number: int, first: int = 0) -> Assignment:
    """A fresh course in `folder` in which students s00000, s00001, ... have handed in."""
    make_course(folder)
    assignment = find("vae", folder)
    solved = reference(assignment)
    for student in range(first, first + number):
        hand_in(assignment, f"s{student:05}", submission(assignment.template, solved, student))
    return assignment


def hand_in(assignment: Assignment, student: str, data: bytes) -> None:
    """Put a file where a student's submission belongs."""
    place = assignment.course / "submitted" / student / assignment.name
    place.mkdir(parents=True)
    (place / f"{assignment.name}.ipynb").write_bytes(data)
