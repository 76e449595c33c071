"""A release is refused where notebook, points and checks do not belong together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, Task, UnknownAssignment, find, names
from autograder.proofreading import _checks, problems
from tests.conftest import ROOT
from tests.samples import cell_of


def _changed(change: Callable[[NotebookNode], None]) -> list[str]:
    assignment = find("vae", ROOT)
    template = copy.deepcopy(assignment.template)
    change(template)
    other = Assignment("vae", ROOT)
    other.__setstate__({"name": "vae", "course": ROOT, "template": template})
    return problems(other)


def _points(notebook: NotebookNode) -> None:
    cell_of(notebook, "elbo").metadata.nbgrader.points = 14


def _stub(notebook: NotebookNode) -> None:
    cell_of(notebook, "elbo_solution").metadata.nbgrader.grade_id = "elb_solution"


def _name(notebook: NotebookNode) -> None:
    cell_of(notebook, "elbo").source = 'check("elbow")'


def _between(notebook: NotebookNode) -> None:
    place = notebook.cells.index(cell_of(notebook, "elbo"))
    notebook.cells.insert(place, nbformat.v4.new_markdown_cell("text"))


def _unmarked(notebook: NotebookNode) -> None:
    notebook.cells.insert(1, nbformat.v4.new_code_cell("import os"))


def _unknown(notebook: NotebookNode) -> None:
    for name in ("elbo", "elbo_solution"):
        marks = cell_of(notebook, name).metadata.nbgrader
        marks.grade_id = marks.grade_id.replace("elbo", "toys")
    cell_of(notebook, "toys").source = 'check("toys")'


@pytest.mark.parametrize("name", names())
def test_the_assignments_of_the_course_are_well(name: str) -> None:
    assert problems(find(name, ROOT)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_points, "task elbo: its checks are worth 15 points, its cell 14"),
        (
            _stub,
            "task elbo: the cell above its graded cell is not a solution cell with the id elbo",
        ),
        (_between, "task elbo: the cell above its graded cell is not a solution cell"),
        (_name, 'task elbo: its graded cell holds \'check("elbow")\'; check("elbo") is wanted'),
        (_unmarked, "cell 2 has no nbgrader metadata (import os)"),
        (_unknown, "task toys: there is no file of checks"),
    ],
)
def test_what_does_not_belong_together_is_named(
    change: Callable[[NotebookNode], None], said: str
) -> None:
    [problem] = _changed(change)
    assert problem.startswith(said)


def test_a_check_says_what_it_claims(tmp_path: Path) -> None:
    file = tmp_path / "silent.py"
    file.write_text("def test_it(student):\n    pass\n\n\ntest_it.points = 1\n")
    [problem] = _checks(Task("silent", 1.0, file))
    assert problem == "test_it has no docstring, which is the claim that students read"


def test_a_course_without_rules_is_told_which_file_is_missing(tmp_path: Path) -> None:
    source = tmp_path / "solutions" / "toys" / "toys.py"
    source.parent.mkdir(parents=True)
    source.touch()
    with pytest.raises(UnknownAssignment, match=r"toys\.py is there, but .*__init__\.py with its"):
        find("toys", tmp_path)
