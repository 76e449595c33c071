"""The doctor finds what is out of order and says what to do; its attacks tell walls from none."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.attack import attack
from autograder.cli import main
from autograder.doctor import Finding, findings
from autograder.sandbox import walls
from autograder.sandbox.policy import Policy
from tests.samples import make_course


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in order; copy before damaging it."""
    folder = tmp_path_factory.mktemp("doctor") / "course"
    make_course(folder)
    return folder


@pytest.fixture
def course(healthy: Path, tmp_path: Path) -> Path:
    """A course of one's own."""
    return Path(shutil.copytree(healthy, tmp_path / "course"))


def _sick(course: Path) -> dict[str, Finding]:
    return {found.about: found for found in findings(course) if not found.healthy}


def test_a_course_in_order_is_healthy(course: Path) -> None:
    assert _sick(course) == {}
    assert len(list(findings(course))) > 15


def test_a_damaged_gradebook_is_found(course: Path) -> None:
    (course / "gradebook.db").write_bytes(b"no database at all" * 100)
    assert _sick(course)["gradebook"].remedy == "autograder restore"


def test_a_key_that_others_may_read_is_found(course: Path) -> None:
    (course / ".autograder").mkdir()
    (course / ".autograder" / "secret").write_text("x")
    (course / ".autograder" / "secret").chmod(0o644)
    assert "chmod 600" in _sick(course)["key of the seeds"].remedy


def test_a_release_that_is_missing_is_found(course: Path) -> None:
    (course / "notebooks" / "vae" / "vae.tape").unlink()
    assert _sick(course)["release of vae"].remedy == "autograder release vae"


def test_a_notebook_without_checks_is_found(course: Path) -> None:
    (course / "solutions" / "toys").mkdir()
    (course / "solutions" / "toys" / "toys.py").touch()
    found = _sick(course)["release of toys"]
    assert "with its rules is not" in found.seen and "docs/authoring.md" in found.remedy


def test_missing_walls_are_found(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls.landlock, "abi", lambda: 0)
    assert set(_sick(course)) == {"files (Landlock)", "sandbox"}


def test_an_old_package_is_found(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.1")
    found = _sick(course)["torch"]
    assert found.seen.startswith("0.1 (") and found.remedy.startswith("pip install 'torch>=")


def test_the_command_fails_where_something_is_red(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["autograder", "doctor", "--course", str(course)])
    assert main() == 0
    (course / "gradebook.db").write_bytes(b"no database at all" * 100)
    assert main() == 1
    said = capsys.readouterr().out
    assert "✗ gradebook" in said and "do: autograder restore" in said


@pytest.mark.slow
def test_every_attack_is_blocked(course: Path) -> None:
    attempts = list(attack(course, Policy()))
    assert len(attempts) >= 20
    assert [attempt.about for attempt in attempts if not attempt.blocked] == []


@pytest.mark.slow
def test_without_walls_attacks_get_in(course: Path) -> None:
    """Otherwise 'blocked' would say nothing."""
    attempts = attack(course, replace(Policy(), protected=False))
    got_in = {attempt.about for attempt in attempts if not attempt.blocked}
    assert got_in >= {
        "read the reference solutions", "read the users of the machine", "start a program",
        "write into the course", "connect to a server", "end the grader", "load the judge",
    }  # fmt: skip
