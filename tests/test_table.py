"""The table of a batch: everybody in a small course, those graded now in a large one."""

from __future__ import annotations

import pytest

from autograder.assignment import Assignment, find
from autograder.results import ungraded
from autograder.terminal import print_table
from autograder.verdicts import Report, State
from tests.conftest import ROOT


def _said(
    vae: Assignment, count: int, graded: list[str], capsys: pytest.CaptureFixture[str]
) -> str:
    refused = ungraded(vae, 0, State.REFUSED, "It is a picture.")
    reports: dict[str, Report | None] = {f"s{number:04}": refused for number in range(count)}
    print_table(vae, reports, graded, {"s0001": 12.0})
    return capsys.readouterr().out


def test_a_small_course_is_shown_whole(vae: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    said = _said(vae, 200, ["s0007"], capsys)
    assert "vae: 1 graded now, 200 in all" in said
    assert all(f"s{number:04} " in said for number in range(200))
    assert "12 *" in said and "not in this table" not in said


@pytest.mark.parametrize("width", [80, 300])
def test_every_task_is_named_whole_however_narrow_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assignment = find("latent_space", ROOT)
    said = _said(assignment, 3, ["s0001"], capsys)
    assert "…" not in said and max(map(len, said.splitlines())) <= width
    words = [word for task in assignment.tasks for word in task.name.split("_")]
    assert all(word in said for word in words)
    assert ("11 elbo (5)" in said) is (width == 80)


def test_of_a_large_course_those_graded_now_are_shown(
    vae: Assignment, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _said(vae, 201, ["s0007", "s0001"], capsys)
    rows = [line.split()[0] for line in said.splitlines() if line.strip().startswith("s0")]
    assert rows[:2] == ["s0001", "s0007"]
    assert "199 students are not in this table: `autograder report vae` shows all" in said


def test_where_nothing_was_graded_a_large_course_is_two_lines(
    vae: Assignment, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _said(vae, 2000, [], capsys)
    assert said.startswith("vae: 0 graded now, 2000 in all\n2000 students are not in this table")
    assert "score" not in said
