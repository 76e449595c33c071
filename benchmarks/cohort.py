"""A cohort of varied submissions, the same at every run, for benchmarks.

Of ten submissions three solve every task in an unusual right way, one is the reference, three have
one wrong task, one has three, one stops half way and one is untouched. Right and wrong solutions
are those of `tests/mutants`, without those that hang or burn time on purpose.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find
from autograder.release import reference
from tests.mutants.book import Right, Wrong
from tests.mutants.cases import RIGHT, WRONG
from tests.samples import cell_of, handed_in, make_course

_KINDS = ("right", "right", "right", "reference", "one", "one", "one", "three", "half", "untouched")
ENDLESS = (
    "@add_to_class(VAE)\ndef kl_divergence(self, mu, logsigma):\n    while True:\n        pass\n"
)


class _Cohort:
    """Submissions of one assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self.released, self.solved = assignment.template, reference(assignment)
        self._tasks = [task.name for task in assignment.tasks]
        self._right = [right for right in RIGHT if right.book.name == assignment.name]
        self._wrong = [wrong for wrong in WRONG if wrong.book.name == assignment.name]

    def submission(self, number: int) -> bytes:
        """Submission number `number`, as a file."""
        chance, kind = random.Random(number), _KINDS[number % len(_KINDS)]
        if kind == "untouched":
            return nbformat.writes(self.released).encode()
        notebook = handed_in(self.released, self.solved)
        for task, source in self._solutions(kind, chance).items():
            cell_of(notebook, f"{task}_solution").source = source
        return nbformat.writes(notebook).encode()

    def _solutions(self, kind: str, chance: random.Random) -> dict[str, str]:
        if kind == "half":
            left = self._tasks[(len(self._tasks) + 1) // 2 :]
            return {task: cell_of(self.released, f"{task}_solution").source for task in left}
        wrong = {"one": 1, "three": 3}.get(kind, 0)
        tasks = chance.sample(self._tasks, wrong) if wrong else self._tasks
        known: Sequence[Right | Wrong] = self._wrong if wrong else self._right
        every = {task: [case.source for case in known if case.task == task] for task in tasks}
        return {} if kind == "reference" else {t: chance.choice(s) for t, s in every.items() if s}


def endless(released: NotebookNode, solved: NotebookNode) -> bytes:
    """The reference with a KL divergence that never ends."""
    notebook = copy.deepcopy(handed_in(released, solved))
    cell_of(notebook, "kl_divergence_solution").source = ENDLESS
    return nbformat.writes(notebook).encode()


def course_with(folder: Path, number: int, first: int = 0, name: str = "vae") -> Assignment:
    """A fresh course in `folder` in which students s00000, s00001, ... have handed in."""
    make_course(folder)
    assignment = find(name, folder)
    of = _Cohort(assignment)
    for student in range(first, first + number):
        hand_in(assignment, f"s{student:05}", of.submission(student))
    return assignment


def hand_in(assignment: Assignment, student: str, data: bytes) -> None:
    """Put a file where a student's submission belongs."""
    place = assignment.course / "submitted" / student / assignment.name
    place.mkdir(parents=True)
    (place / f"{assignment.name}.ipynb").write_bytes(data)
