"""What students get: built by nbgrader from the reference, up to date, without a solution in it."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.notebooknode import NotebookNode
from nbgrader.dbutil import _temp_alembic_ini

from autograder.assignment import (
    CHECKS,
    Assignment,
    ReleaseFailed,
    defined,
    find,
    grade_id,
    is_graded,
    is_solution,
)
from autograder.gradebook import Gradebook, schema_version
from autograder.release import TAPED_BY, is_recorded, release
from tests.conftest import ROOT
from tests.samples import TASKS, cell_of, make_course
from vae_utils.tape import read


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The assignment, released again into a course of its own."""
    course = tmp_path_factory.mktemp("course")
    make_course(course)
    shutil.rmtree(course / "notebooks")
    assignment = find("vae", course)
    release(assignment)
    return assignment


def _solution_lines(solved: NotebookNode) -> set[str]:
    """Lines between the markers that no given cell has as well."""
    given = {
        line.strip() for c in solved.cells if not is_solution(c) for line in c.source.split("\n")
    }
    lines = set()
    for cell in solved.cells:
        inside = False
        for line in cell.source.splitlines():
            if "### END SOLUTION" in line:
                inside = False
            if inside and len(line.strip()) > 12:
                lines.add(line.strip())
            if "### BEGIN SOLUTION" in line:
                inside = True
    return lines - given


@pytest.mark.slow
def test_the_committed_notebook_is_up_to_date(vae: Assignment, rebuilt: Assignment) -> None:
    assert json.loads(vae.released.read_text()) == json.loads(rebuilt.released.read_text())


@pytest.mark.slow
def test_the_committed_tape_is_up_to_date(vae: Assignment, rebuilt: Assignment) -> None:
    assert is_recorded(vae)
    with np.load(vae.tape) as old, np.load(rebuilt.tape) as new:
        assert sorted(old.files) == sorted(new.files)
        assert np.array_equal(old["tape"], new["tape"])
        for name in old.files:
            np.testing.assert_allclose(old[name], new[name], rtol=1e-5, atol=1e-6)


def test_no_solution_line_is_anywhere_in_the_release(solved: NotebookNode) -> None:
    lines = _solution_lines(solved)
    assert len(lines) >= 15
    for path in (ROOT / "notebooks").rglob("*"):
        text = path.read_bytes().decode("latin-1") if path.is_file() else ""
        assert not [line for line in lines if json.dumps(line)[1:-1] in text or line in text], path
        assert "BEGIN SOLUTION" not in text


@pytest.mark.slow
def test_the_release_holds_the_notebook_and_its_tape_only(rebuilt: Assignment) -> None:
    found = sorted(path.name for path in rebuilt.released.parent.iterdir())
    assert found == ["vae.ipynb", "vae.tape"]


def test_each_task_has_a_stub_a_graded_cell_and_checks_worth_its_points(
    released: NotebookNode, vae: Assignment
) -> None:
    cells = released.cells
    assert tuple(task.name for task in vae.tasks) == TASKS
    for task in vae.tasks:
        stub, graded = cell_of(released, f"{task.name}_solution"), cell_of(released, task.name)
        assert cells.index(graded) == cells.index(stub) + 1
        assert graded.source == f'check("{task.name}")'
        assert "raise NotImplementedError()" in stub.source
        names = defined(stub.source)
        assert names == ({"embed"} if task.name == "embeddings" else {task.name})
    assert sum(task.points for task in vae.tasks) == 70


def test_points_of_the_checks_sum_to_those_of_the_task(vae: Assignment) -> None:
    for task in vae.tasks:
        tree = ast.parse(task.checks.read_text())
        worths = [
            ast.literal_eval(decorator.args[0])
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for decorator in node.decorator_list
            if isinstance(decorator, ast.Call)
        ]
        assert sum(worths) == task.points, task.name


def test_given_code_is_locked(released: NotebookNode) -> None:
    for cell in released.cells:
        if cell.cell_type == "code" and not grade_id(cell).endswith("_solution"):
            assert is_graded(cell) or cell.metadata.nbgrader.locked, cell.source


def test_the_tape_has_every_check_of_every_task(vae: Assignment) -> None:
    tape = read(vae.tape)
    assert tuple(tape.tasks) == TASKS
    for task in vae.tasks:
        assert sum(check.points for check in tape.tasks[task.name]) == task.points
        assert all(check.entries for check in tape.tasks[task.name])


@pytest.mark.slow
def test_a_changed_check_makes_the_tape_stale(
    rebuilt: Assignment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert is_recorded(rebuilt)
    checks = tmp_path / "checks"
    shutil.copytree(CHECKS, checks)
    with (checks / "vae" / "elbo.py").open("a") as file:
        file.write("# changed\n")
    monkeypatch.setattr("autograder.release.CHECKS", checks)
    assert not is_recorded(rebuilt)


def _taken_from_vae_utils(paths: Iterable[Path]) -> set[str]:
    """Modules of vae_utils that these files import, and those import in turn."""
    found: set[str] = set()
    todo = list(paths)
    while todo:
        for node in ast.walk(ast.parse(todo.pop().read_text())):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("vae_"):
                continue
            _, _, module = str(node.module).partition(".")
            new = ({module} if module else {alias.name for alias in node.names}) - found
            found |= new
            todo += [ROOT / "vae_utils" / f"{name}.py" for name in new]
    return found


def test_a_change_of_any_module_that_records_makes_the_tape_stale() -> None:
    recording = [ROOT / "autograder" / f"{name}.py" for name in ("tape_recorder", "student")]
    recording += [CHECKS / "__init__.py", *CHECKS.glob("vae/*.py")]
    recording += [ROOT / "vae_utils" / "evaluating.py"]
    assert _taken_from_vae_utils(recording) | {"evaluating"} == set(TAPED_BY)


@pytest.mark.slow
def test_a_wrong_reference_is_not_recorded(rebuilt: Assignment, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(rebuilt.course, course)
    broken = find("vae", course)
    text = broken.source.read_text()
    assert "logsigma.exp()" in text
    broken.source.write_text(text.replace("logsigma.exp()", "(2 * logsigma).exp()"))
    before = broken.released.read_bytes(), broken.tape.read_bytes()
    broken.source.write_text(broken.source.read_text().replace("# The variational", "# A var"))
    with pytest.raises(ReleaseFailed, match="the reference fails its own check of "):
        release(broken)
    assert (broken.released.read_bytes(), broken.tape.read_bytes()) == before


@pytest.mark.slow
def test_the_gradebook_has_the_schema_that_nbgrader_would_give_it() -> None:
    with _temp_alembic_ini("sqlite://") as settings:
        said = subprocess.check_output(["alembic", "-c", settings, "heads"], text=True)
    assert said.split()[0] == schema_version()


def test_a_fresh_gradebook_needs_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.assignments == []


@pytest.mark.slow
def test_the_reference_runs_in_a_plain_kernel_and_shows_its_pictures(
    solved: NotebookNode, vae: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(vae.tape, tmp_path)
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path))
    notebook = nbformat.reads(nbformat.writes(solved), as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources=resources).execute()
    pictures = [
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 5 and len(set(pictures)) == len(pictures)
    for task in TASKS:
        said = cell_of(notebook, task).outputs[0].data["text/plain"]
        assert said.startswith(f"✓ {task}: passed"), said
