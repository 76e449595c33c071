"""What students get: built by nbgrader from the reference, up to date, without a solution in it."""

from __future__ import annotations

import ast
import json
import math
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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
    names,
)
from autograder.gradebook import Gradebook, schema_version
from autograder.release import (
    TAPED_BY,
    _kept_on_failure,
    gradebook_url,
    is_recorded,
    reference,
    register,
    release,
)
from tests.conftest import ROOT
from tests.samples import TASKS, cell_of, make_course
from vae_utils.tape import read


@pytest.fixture(scope="module", params=names())
def committed(request: pytest.FixtureRequest) -> Assignment:
    """Each assignment of this checkout."""
    return find(request.param, ROOT)


@pytest.fixture(scope="module")
def rebuilt(committed: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The same, released again into a course of its own."""
    course = tmp_path_factory.mktemp("course")
    make_course(course)
    shutil.rmtree(course / "notebooks")
    assignment = find(committed.name, course)
    release(assignment)
    return assignment


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with all that is committed."""
    folder = tmp_path_factory.mktemp("course") / "course"
    make_course(folder)
    return folder


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
def test_the_committed_notebook_is_up_to_date(committed: Assignment, rebuilt: Assignment) -> None:
    assert json.loads(committed.released.read_text()) == json.loads(rebuilt.released.read_text())


def _alike(one: Any, other: Any) -> bool:
    """Whether both are the same but for the last digits of numbers: sums of float32 depend on
    where in memory they lie."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6)
    return bool(one == other)


@pytest.mark.slow
def test_the_committed_tape_is_up_to_date(committed: Assignment, rebuilt: Assignment) -> None:
    assert is_recorded(committed)
    with np.load(committed.tape) as old, np.load(rebuilt.tape) as new:
        assert sorted(old.files) == sorted(new.files)
        texts = (json.loads(tape["tape"].tobytes()) for tape in (old, new))
        assert _alike(*texts)
        for name in set(old.files) - {"tape"}:
            np.testing.assert_allclose(old[name], new[name], rtol=1e-5, atol=1e-6)


def test_no_solution_line_is_anywhere_in_the_release(committed: Assignment) -> None:
    lines = _solution_lines(reference(committed))
    assert len(lines) >= len(committed.tasks)
    for path in (ROOT / "notebooks").rglob("*"):
        text = path.read_bytes().decode("latin-1") if path.is_file() else ""
        assert not [line for line in lines if json.dumps(line)[1:-1] in text or line in text], path
        assert "BEGIN SOLUTION" not in text


@pytest.mark.slow
def test_the_release_holds_the_notebook_and_its_tape_only(rebuilt: Assignment) -> None:
    found = sorted(path.name for path in rebuilt.released.parent.iterdir())
    assert found == [f"{rebuilt.name}.ipynb", f"{rebuilt.name}.tape"]


def test_each_task_has_a_stub_and_a_graded_cell(committed: Assignment) -> None:
    notebook = committed.template
    for task in committed.tasks:
        stub, graded = cell_of(notebook, f"{task.name}_solution"), cell_of(notebook, task.name)
        assert notebook.cells.index(graded) == notebook.cells.index(stub) + 1
        assert graded.source == f'check("{task.name}")'
        assert stub.source.count("raise NotImplementedError()") == len(defined(stub.source))


def test_the_points_are_those_of_the_specification() -> None:
    points = {name: sum(t.points for t in find(name, ROOT).tasks) for name in names()}
    assert points == {
        "vae": 70,
        "densities": 50,
        "latent_space": 48,
        "from_scratch": 40,
        "gans": 48,
    }
    assert tuple(task.name for task in find("vae", ROOT).tasks) == TASKS


def test_points_of_the_checks_sum_to_those_of_the_task(committed: Assignment) -> None:
    for task in committed.tasks:
        tree = ast.parse(task.checks.read_text())
        worths = [
            ast.literal_eval(decorator.args[0])
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for decorator in node.decorator_list
            if isinstance(decorator, ast.Call)
        ]
        assert sum(worths) == task.points, task.name


def test_given_code_is_locked(committed: Assignment) -> None:
    for cell in committed.template.cells:
        if cell.cell_type == "code" and not grade_id(cell).endswith("_solution"):
            marks = cell.metadata.get("nbgrader", {})
            assert is_graded(cell) or marks.get("locked"), cell.source


def test_the_tape_has_every_check_of_every_task(committed: Assignment) -> None:
    tape = read(committed.tape)
    assert list(tape.tasks) == [task.name for task in committed.tasks]
    for task in committed.tasks:
        assert sum(check.points for check in tape.tasks[task.name]) == task.points
        assert all(check.entries for check in tape.tasks[task.name])


def test_a_changed_check_makes_the_tape_stale(
    committed: Assignment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert is_recorded(committed)
    checks = tmp_path / "checks"
    shutil.copytree(CHECKS, checks)
    with (checks / committed.name / f"{committed.tasks[0].name}.py").open("a") as file:
        file.write("# changed\n")
    monkeypatch.setattr("autograder.release.CHECKS", checks)
    assert not is_recorded(committed)


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
    recording += [*CHECKS.glob("*.py"), *CHECKS.glob("*/*.py")]
    recording += [ROOT / "vae_utils" / "evaluating.py"]
    assert _taken_from_vae_utils(recording) | {"evaluating"} == set(TAPED_BY)


@pytest.mark.slow
def test_a_wrong_reference_is_not_recorded(course: Path) -> None:
    broken = find("vae", course)
    text = broken.source.read_text()
    assert "logsigma.exp()" in text
    broken.source.write_text(text.replace("logsigma.exp()", "(2 * logsigma).exp()"))
    before = broken.released.read_bytes(), broken.tape.read_bytes()
    broken.source.write_text(broken.source.read_text().replace("# The variational", "# A var"))
    with pytest.raises(ReleaseFailed, match="the reference fails its own check of "):
        release(broken)
    assert (broken.released.read_bytes(), broken.tape.read_bytes()) == before


def test_a_failed_release_leaves_what_was_there_even_if_its_folder_was_removed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "toys" / "toys.ipynb"
    path.parent.mkdir()
    path.write_bytes(b"before")
    with pytest.raises(ReleaseFailed, match="why"), _kept_on_failure(path):
        shutil.rmtree(path.parent)
        raise ReleaseFailed("why")
    assert path.read_bytes() == b"before"


@pytest.mark.slow
def test_a_changed_task_is_not_released_over_submissions(course: Path) -> None:
    graded = find("vae", course)
    register(graded)
    with Gradebook(gradebook_url(course)) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("vae", "ada")
    before = graded.released.read_bytes()
    text = graded.source.read_text()
    graded.source.write_text(text.replace('"grade_id": "kl_divergence"', '"grade_id": "kl"'))
    try:
        with pytest.raises(ReleaseFailed, match="submissions are in the gradebook already"):
            release(graded)
        assert graded.released.read_bytes() == before
    finally:
        graded.source.write_text(text)
        (course / "gradebook.db").unlink()


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
    committed: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(committed.tape, tmp_path)
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path))
    notebook = reference(committed)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources=resources).execute()
    pictures = [
        output.data["image/png"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    fewest = {"vae": 5, "densities": 3, "latent_space": 9, "from_scratch": 4, "gans": 8}
    assert len(pictures) >= fewest.get(committed.name, 0)
    assert len(set(pictures)) == len(pictures), "a picture is shown twice"
    for task in committed.tasks:
        said = cell_of(notebook, task.name).outputs[0].data["text/plain"]
        passed = f"✓ {task.name}: passed", f"● {task.name}: all answered"
        assert said.startswith(passed), said
