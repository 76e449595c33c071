"""Answers in words after grading: what a person has read stays read, and a page says what waits."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.assignment import Assignment, grade_id, is_written
from autograder.gradebook import Gradebook, MissingEntry
from autograder.release import gradebook_url

_ABOUT = (
    "**Not all is graded yet.** A person reads what you wrote in your own words, and may give up "
    "to {:g} more points. The score above is of all the rest."
)


@contextlib.contextmanager
def _grades(assignment: Assignment, student: str) -> Iterator[list]:
    """nbgrader's grades of a student's notebook, which are saved at the end; none if it is new."""
    with Gradebook(gradebook_url(assignment.course)) as gradebook:
        try:
            found = gradebook.find_submission_notebook(assignment.name, assignment.name, student)
        except MissingEntry:
            yield []
        else:
            yield list(found.grades)
            gradebook.db.commit()


def _earlier(assignment: Assignment, student: str) -> dict[str, str]:
    """Sources of the graded notebook as it is, by grade id."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        notebook = json.loads(assignment.autograded(student).read_bytes())
        return {
            cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
            for cell in notebook["cells"]
            if "nbgrader" in cell["metadata"]
        }
    return {}


def already_read(assignment: Assignment, student: str, notebook: NotebookNode) -> set[str]:
    """Answers that a person has given points for, and that are still the same.

    notebook: the one that is to be recorded.
    """
    if not assignment.written:
        return set()
    with _grades(assignment, student) as grades:
        read = {g.name for g in grades if g.manual_score is not None and not g.needs_manual_grade}
    before = _earlier(assignment, student) if read else {}
    answers = {grade_id(cell): cell.source for cell in notebook.cells if is_written(cell)}
    return {name for name in read & set(answers) if before.get(name) == answers[name]}


def keep_read(assignment: Assignment, student: str, names: set[str]) -> None:
    """Nobody reads them again; nbgrader asks for that each time, of all that has points by hand."""
    if names:
        with _grades(assignment, student) as grades:
            for grade in grades:
                if grade.name in names:
                    grade.needs_manual_grade = False


def tell_what_waits(notebook: NotebookNode, unread: set[str]) -> float:
    """Say in a feedback page of each unread answer that it waits, in the place of a score of 0.

    Returns the points of these answers.
    """
    cells: list[NotebookNode] = []
    points = 0.0
    for cell in notebook.cells:
        if is_written(cell) and grade_id(cell) in unread:
            most = float(cell.metadata.nbgrader.points)
            cell.metadata.nbgrader.grade = False  # nbgrader's page then shows no score
            text = f"**Waits for a person**, who may give up to {most:g} points."
            cells.append(new_markdown_cell(text, id=f"waits-{len(cells)}"))
            points += most
        cells.append(cell)
    if points:
        cells.insert(0, new_markdown_cell(_ABOUT.format(points), id="waits"))
    notebook.cells = cells
    return points
