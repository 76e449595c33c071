"""A regrade says who moves and why before it writes, and leaves alone what people decided."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder.assignment import find
from autograder.record import METADATA
from autograder.regrade import Move
from autograder.verdicts import CheckResult, Report, State, TaskReport, Verdict
from tests.samples import SAMPLES, hand_in, make_course


def _report(*verdicts: Verdict, message: str = "") -> Report:
    checks = tuple(
        CheckResult(f"test_{n}", f"claim {n}", 5.0, verdict, message)
        for n, verdict in enumerate(verdicts)
    )
    return Report("vae", 1, (TaskReport("elbo", 5.0 * len(checks), checks),))


def test_a_move_names_points_task_check_and_what_was_seen() -> None:
    before = _report(Verdict.FAILED, Verdict.PASSED, message="7 wanted")
    move = Move("ada", before, _report(Verdict.PASSED, Verdict.PASSED))
    assert move.points == 5
    assert move.reasons() == ['elbo 5 → 10: "claim 0" failed, now passed (7 wanted)']


def test_a_move_between_states_is_named() -> None:
    refused = replace(
        _report(Verdict.UNATTEMPTED), state=State.REFUSED, reason="The file is empty."
    )
    move = Move("ada", refused, _report(Verdict.PASSED))
    assert move.points == 5
    assert move.reasons()[0] == "refused (The file is empty.), now graded"


def test_other_inputs_and_other_words_are_told_apart() -> None:
    report = _report(Verdict.PASSED)
    assert Move("ada", report, replace(report, seed=2)).reasons()[0].startswith("other inputs")
    assert Move("ada", report, replace(report, notes=("x",))).reasons() == ["the wording only"]
    assert Move("ada", None, report).reasons() == ["not graded before"]


def _run(course: Path, *command: str) -> str:
    program = str(Path(sys.executable).with_name("autograder"))
    done = subprocess.run([program, *command], cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two graded submissions; the result of one says that its KL was wrong, which it is not."""
    folder = tmp_path_factory.mktemp("regrade") / "course"
    make_course(folder)
    hand_in(find("vae", folder), tuple(s for s in SAMPLES if s.student in ("ada", "dan")))
    _run(folder, "grade", "vae")
    path = _result(folder)
    notebook = nbformat.read(path, as_version=4)
    task = next(
        t for t in notebook.metadata[METADATA]["report"]["tasks"] if t["task"] == "kl_divergence"
    )
    for check in task["checks"]:
        check.update(verdict="failed", message="made up")
    path.chmod(0o644)
    nbformat.write(notebook, path)
    with sqlite3.connect(folder / "gradebook.db") as database:
        database.execute("UPDATE grade SET manual_score = 3, extra_credit = 1 WHERE rowid = 3")
        database.execute("UPDATE comment SET manual_comment = 'well tried' WHERE rowid = 2")
    yield folder


def _result(course: Path) -> Path:
    return course / "autograded" / "ada" / "vae" / "vae.ipynb"


def _by_hand(course: Path) -> list[tuple]:
    with sqlite3.connect(course / "gradebook.db") as database:
        scores = "SELECT manual_score, extra_credit FROM grade WHERE manual_score IS NOT NULL"
        words = "SELECT manual_comment FROM comment WHERE manual_comment IS NOT NULL"
        return [*database.execute(scores), *database.execute(words)]


def _state(course: Path) -> dict[str, bytes]:
    paths = [course / "gradebook.db", *sorted((course / "autograded").rglob("*.ipynb"))]
    return {str(path): path.read_bytes() for path in paths}


@pytest.mark.slow
def test_a_dry_run_shows_who_moves_and_writes_nothing(course: Path) -> None:
    before = _state(course)
    said = _run(course, "regrade", "vae", "--dry-run")
    assert "1 of 2 results would change" in said and "65 → 70" in said and "+5" in said
    assert "kl_divergence 0 → 5" in said and "failed, now passed (made up)" in said
    assert said.endswith("nothing was written\n")
    assert _state(course) == before


@pytest.mark.slow
def test_without_an_answer_nothing_is_written(course: Path) -> None:
    before = _state(course)
    assert _run(course, "regrade", "vae").endswith("nothing was written\n")
    assert _state(course) == before


@pytest.mark.slow
def test_a_regrade_writes_what_it_showed_and_keeps_what_people_wrote(course: Path) -> None:
    by_hand = _by_hand(course)
    assert by_hand == [(3.0, 1.0), ("well tried",)]
    assert "wrote 1 results" in _run(course, "regrade", "vae", "--yes")
    report = nbformat.read(_result(course), as_version=4).metadata[METADATA]["report"]
    assert json.loads(json.dumps(report))["score"] == 70
    assert _by_hand(course) == by_hand
    assert "0 of 2 results would change" in _run(course, "regrade", "vae", "--dry-run")
    # nbgrader asks people to look again at what they scored by hand; then their score is shown.
    assert "* as the gradebook has it" not in _run(course, "grade", "vae")
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("UPDATE grade SET needs_manual_grade = 0")
    assert "* as the gradebook has it" in _run(course, "grade", "vae")
