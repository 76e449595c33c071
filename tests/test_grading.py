"""The main job: the sample submissions, graded by our command and by stock nbgrader."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find
from autograder.page import write_page
from autograder.record import read_report
from autograder.verdicts import Report
from tests.conftest import ROOT
from tests.samples import SAMPLES, TASKS, hand_in, make_course, method, replaced

pytestmark = pytest.mark.slow
HONEST = {sample.student: sample.score for sample in SAMPLES}


def _run(course: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with all samples handed in, nothing graded."""
    folder = tmp_path_factory.mktemp("samples") / "course"
    make_course(folder)
    hand_in(find("vae", folder))
    return folder


@pytest.fixture(scope="module")
def ours(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course graded by `autograder grade`, with feedback and report."""
    folder = tmp_path_factory.mktemp("ours") / "course"
    shutil.copytree(course, folder)
    # What lies in the folder from which the command is run is not imported.
    (folder / "torch.py").write_text("raise RuntimeError('imported from the course')")
    _run(folder, "autograder", "grade", "vae", "--feedback")
    return folder


@pytest.fixture(scope="module")
def stock(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course graded by stock nbgrader, on a machine that has never seen it before."""
    folder = tmp_path_factory.mktemp("stock") / "course"
    shutil.copytree(course, folder)
    _run(folder, "nbgrader", "autograde", "vae")
    return folder


def _reports(course: Path) -> dict[str, Report]:
    found = {}
    for student in HONEST:
        path = course / "autograded" / student / "vae" / "vae.ipynb"
        report = read_report(nbformat.read(path, as_version=4))
        assert report is not None
        found[student] = report
    return found


def _grades(course: Path) -> dict[tuple[str, str], tuple[float | None, bool]]:
    """Automatic score and 'needs manual grading' of every student and task in the gradebook."""
    query = """
        SELECT s.student_id, c.name, g.auto_score, g.needs_manual_grade
        FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id
        JOIN base_cell c ON g.cell_id = c.id
    """
    with sqlite3.connect(course / "gradebook.db") as database:
        return {(row[0], row[1]): (row[2], bool(row[3])) for row in database.execute(query)}


def test_every_sample_gets_its_honest_score(ours: Path) -> None:
    assert {student: report.score for student, report in _reports(ours).items()} == HONEST


def test_the_gradebook_holds_the_honest_scores(ours: Path) -> None:
    grades = _grades(ours)
    assert len(grades) == len(SAMPLES) * len(TASKS)
    for student, score in HONEST.items():
        rows = [grades[student, task] for task in TASKS]
        if score is None:
            assert rows == [(None, True)] * len(TASKS)  # waits for a person, is not zero
        else:
            assert sum(row[0] or 0 for row in rows) == score
            assert not any(waits for _, waits in rows)


def test_stock_nbgrader_leaves_the_same_gradebook(ours: Path, stock: Path) -> None:
    assert _grades(stock) == _grades(ours)


def test_stock_nbgrader_reaches_the_same_score_of_every_check(ours: Path, stock: Path) -> None:
    assert {s: r.score for s, r in _reports(stock).items()} == HONEST


def test_a_regrade_repeats_every_verdict(ours: Path) -> None:
    before = _reports(ours)
    _run(ours, "autograder", "grade", "vae", "--student", "dan", "eva", "--force")
    assert _reports(ours) == before


def test_a_second_run_grades_nothing_again(ours: Path) -> None:
    assert "vae: 0 graded now, 11 in all" in _run(ours, "autograder", "grade", "vae")


def test_hostile_neighbours_change_nothing(ours: Path, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    make_course(folder)
    shutil.copy(ours / ".autograder" / "secret", _made(folder / ".autograder") / "secret")
    hand_in(find("vae", folder), tuple(s for s in SAMPLES if s.student in ("ada", "dan")))
    _run(folder, "autograder", "grade", "vae", "--jobs", "1")
    for student in ("ada", "dan"):
        name = Path("autograded", student, "vae", "vae.ipynb")
        assert (folder / name).read_bytes() == (ours / name).read_bytes()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_the_thief_found_nothing(ours: Path) -> None:
    text = (ours / "autograded" / "hal" / "vae" / "vae.ipynb").read_text()
    assert not re.search(r"STOLEN \d", text) and "Permission denied" in text


def test_feedback_shows_hints_and_no_check_source(ours: Path) -> None:
    page = (ours / "feedback" / "dan" / "vae" / "vae.html").read_text()
    assert "You have log sigma, the formula wants log sigma^2" in page
    assert '<a href="#kl_divergence">kl_divergence</a> (Score: 0.0 / 5.0)' in page
    for secret in ("forms.kl", "wrong_kls", "Misconception("):
        assert secret not in page
    pictures = page.count('src="data:image/png')
    assert pictures == 5 and page.count('alt="A picture that the cell above drew"') == pictures


def test_stock_feedback_and_export_work(stock: Path) -> None:
    _run(stock, "nbgrader", "generate_feedback", "vae")
    assert (stock / "feedback" / "ada" / "vae" / "vae.html").is_file()
    _run(stock, "nbgrader", "export")
    lines = (stock / "grades.csv").read_text().splitlines()
    assert len(lines) == len(SAMPLES) + 1
    assert any(line.startswith("vae,") and ",dan," in line and ",65.0," in line for line in lines)


def test_generating_the_assignment_again_keeps_the_grades(stock: Path) -> None:
    before = _grades(stock)
    _run(stock, "nbgrader", "generate_assignment", "vae")
    assert _grades(stock) == before
    assert (stock / "notebooks" / "vae" / "vae.tape").is_file()


def test_the_report_page_tells_scores_verdicts_hints_and_links(ours: Path) -> None:
    page = write_page(find("vae", ours)).read_text()
    assert "11 submissions, 10 graded" in page
    assert "logsigma_as_logvar" in page and "averaged_scalar" in page
    assert page.count('href="../feedback/') == len(SAMPLES)
    assert "refused: The file is not a notebook" in page


def test_a_manual_score_and_a_penalty_count_on_the_page(ours: Path, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    shutil.copytree(ours, folder)
    with sqlite3.connect(folder / "gradebook.db") as database:
        database.execute(
            "UPDATE grade SET manual_score = 3 WHERE auto_score = 0 AND cell_id IN (SELECT id FROM "
            "base_cell WHERE name = 'kl_divergence') AND notebook_id IN (SELECT n.id FROM "
            "submitted_notebook n JOIN submitted_assignment s ON n.assignment_id = s.id "
            "WHERE s.student_id = 'dan')"
        )
    from autograder.page import rows

    assert {row.student: row.score for row in rows(find("vae", folder))}["dan"] == 68


@pytest.fixture(scope="module")
def graded_alone(vae: Assignment) -> Callable[[bytes, int], Report]:
    """Grade one file in this process."""
    from autograder.grading import grade
    from autograder.sandbox.policy import Policy

    return lambda data, seed: grade(data, vae, seed, Policy()).report


def test_the_same_seed_gives_the_same_report(graded_alone: Callable[[bytes, int], Report]) -> None:
    data = (ROOT / "notebooks" / "vae" / "vae.ipynb").read_bytes()
    first = graded_alone(data, 5)
    assert first == graded_alone(data, 5)
    assert json.dumps(first.as_dict()) == json.dumps(graded_alone(data, 5).as_dict())


def test_a_function_that_is_missing_is_told_what_stopped_its_cell(
    graded_alone: Callable[[bytes, int], Report], released: NotebookNode, solved: NotebookNode
) -> None:
    source = method("kl_divergence", ", mu, logsigma", "return (mu")
    report = graded_alone(replaced("kl_divergence", source)(released, solved), 5)
    task = next(task for task in report.tasks if task.task == "kl_divergence")
    assert task.worst is not None
    assert re.search("no method `kl_divergence`: .* stopped with SyntaxError", task.worst.message)
    assert re.search(r" \(line \d+\)$", task.worst.message)
