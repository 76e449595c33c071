"""Whether a reference notebook and the files of its checks belong together, before a release."""

from __future__ import annotations

from collections.abc import Iterator

from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, Task, grade_id, is_solution
from autograder.collecting import NoChecks, collected


def problems(assignment: Assignment) -> list[str]:
    """Sentences about what its author has to mend, none where all is well."""
    cells = assignment.template.cells
    found = [*_unmarked(cells)]
    for task in assignment.tasks:
        found += [f"task {task.name}: {text}" for text in (*_cells(task, cells), *_checks(task))]
    return found


def _unmarked(cells: list[NotebookNode]) -> Iterator[str]:
    """Code that students could change without a word."""
    for number, cell in enumerate(cells, 1):
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            begins = cell.source.partition("\n")[0] or "it is empty"
            yield f"cell {number} has no nbgrader metadata ({begins})"


def _cells(task: Task, cells: list[NotebookNode]) -> Iterator[str]:
    """The cell that students write in, and the graded one right behind it."""
    place = next(n for n, cell in enumerate(cells) if grade_id(cell) == task.name)
    before, wanted = cells[place - 1] if place else None, f"{task.name}_solution"
    if before is None or grade_id(before) != wanted or not is_solution(before):
        yield f"the cell above its graded cell is not a solution cell with the id {wanted}"
    if cells[place].source != (right := f'check("{task.name}")'):
        yield f"its graded cell holds {cells[place].source!r}; {right} is wanted"


def _checks(task: Task) -> Iterator[str]:
    """Their file, their points and their claims."""
    if not task.checks.is_file():
        yield f"there is no file of checks {task.checks}"
        return
    try:
        checks = collected(task.checks)
    except NoChecks as error:
        yield str(error)
        return
    points = sum(getattr(check, "points", 0.0) for check in checks)
    if points != task.points:
        yield f"its checks are worth {points:g} points, its cell {task.points:g}"
    for check in checks:
        if not (check.__doc__ or "").strip():
            yield f"{check.__name__} has no docstring, which is the claim that students read"
