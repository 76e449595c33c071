"""An assignment as the grader knows it: its tasks, its released notebook, its checks."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

CHECKS = Path(__file__).parent / "checks"
CONFIG = "nbgrader_config.py"
ORDER = ("vae", "densities", "latent_space", "from_scratch", "gans")
"""In which students take the assignments."""


class UnknownAssignment(LookupError):
    """There are no checks or no released notebook under that name."""


class ReleaseFailed(RuntimeError):
    """nbgrader or the recording of the tape did not succeed; the text says why."""


@dataclass(frozen=True)
class Task:
    """A graded cell: nbgrader's grade id, its points, the file with its checks."""

    name: str
    points: float
    checks: Path


@dataclass(frozen=True)
class Assignment:
    """Name and the folder of the course, which holds solutions/, notebooks/ and the gradebook."""

    name: str
    course: Path

    def __getstate__(self) -> dict[str, Any]:
        """With the released notebook, for workers on hosts without the course; the checks are
        those of the host."""
        return {"name": self.name, "course": self.course, "template": self.template}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def source(self) -> Path:
        """The reference notebook as text."""
        return self.course / "solutions" / self.name / f"{self.name}.py"

    @property
    def released(self) -> Path:
        """The student's notebook."""
        return self.course / "notebooks" / self.name / f"{self.name}.ipynb"

    def autograded(self, student: str) -> Path:
        """Where nbgrader puts the graded notebook of a student."""
        return self.course / "autograded" / student / self.name / f"{self.name}.ipynb"

    def feedback(self, student: str) -> Path:
        """Where nbgrader puts the feedback page of a student."""
        return self.course / "feedback" / student / self.name / f"{self.name}.html"

    @property
    def tape(self) -> Path:
        """The student's tape."""
        return self.released.with_suffix(".tape")

    @cached_property
    def template(self) -> NotebookNode:
        """The released notebook; do not change it."""
        if not self.released.is_file():
            raise UnknownAssignment(
                f"no released notebook {self.released}: run `autograder release {self.name}` first"
            )
        return nbformat.read(self.released, as_version=4)

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks in the order of the notebook."""
        folder = CHECKS / self.name
        return tuple(
            Task(grade_id(cell), float(cell.metadata.nbgrader.points), folder / f"{name}.py")
            for cell in self.template.cells
            if is_graded(cell) and (name := grade_id(cell))
        )

    @cached_property
    def written(self) -> dict[str, float]:
        """Answers in words, which a person reads: their points, in the order of the notebook."""
        cells = filter(is_written, self.template.cells)
        return {grade_id(cell): float(cell.metadata.nbgrader.points) for cell in cells}

    @property
    def points(self) -> float:
        """Those that checks decide on."""
        return sum(task.points for task in self.tasks)

    @cached_property
    def signatures(self) -> dict[str, tuple[str, ...]]:
        """Parameters of the functions that students write, `self` included."""
        cells = (c for c in self.template.cells if is_solution(c) and c.cell_type == "code")
        sources = (cell.source for cell in cells)
        return {name: taken for source in sources for name, taken in _signatures(source).items()}


def _signatures(source: str) -> dict[str, tuple[str, ...]]:
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return {node.name: tuple(a.arg for a in node.args.args) for node in functions}


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, empty if it has none."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_graded(cell: NotebookNode) -> bool:
    """Whether the cell carries points that a check decides on."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution") and cell.cell_type == "code"


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_written(cell: NotebookNode) -> bool:
    """Whether students write in this cell what a person gives points for."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade")) and is_solution(cell)


def task_of(cell: NotebookNode) -> str:
    """The task that a solution cell belongs to."""
    return grade_id(cell).removesuffix("_solution")


def defined(source: str) -> set[str]:
    """Names of the functions that a cell defines at its top level; empty if it does not parse."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def course_folder(start: Path | None = None) -> Path:
    """The nearest folder upwards that holds nbgrader's configuration; LookupError if none does."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise LookupError(
        f"there is no {CONFIG} in {start} or above: go to the course's folder, or name it with "
        "--course"
    )


def names() -> list[str]:
    """All assignments that there are checks of, in the order of the course."""
    found = {path.name for path in CHECKS.iterdir() if (path / "__init__.py").is_file()}
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))


def find(name: str, course: Path | None = None) -> Assignment:
    """The assignment of that name; raises UnknownAssignment and lists what there is."""
    known = names()
    if name in known:
        return Assignment(name, course or course_folder())
    found = Assignment(name, course or course_folder())
    if found.source.is_file():
        raise UnknownAssignment(
            f"{found.source} is there, but {CHECKS / name / '__init__.py'} with its rules is not"
        )
    raise UnknownAssignment(f"no assignment {name!r}; there is: {', '.join(known)}")
