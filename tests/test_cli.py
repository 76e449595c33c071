"""The commands as an instructor types them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, names
from tests.conftest import ROOT
from tests.samples import SAMPLES, TASKS
from tests.test_report_format import assert_documented

DAN = next(sample for sample in SAMPLES if sample.student == "dan")


def autograder(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def checked(
    tmp_path_factory: pytest.TempPathFactory, released: NotebookNode, solved: NotebookNode
) -> tuple[dict[str, Any], str]:
    """The JSON and the text of `autograder check` on a notebook with a wrong KL."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "dan.ipynb").write_bytes(DAN.make(released, solved))
    target = folder / "report.json"
    done = autograder("check", folder / "dan.ipynb", "--assignment", "vae", "--seed", "3",
                      "--json", target)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text()), done.stdout


def test_check_writes_the_documented_json(checked: tuple[dict[str, Any], str]) -> None:
    report = checked[0]
    assert_documented(report)
    assert (report["assignment"], report["seed"]) == ("vae", 3)
    assert (report["score"], report["max_score"]) == (65, 70)
    assert [task["task"] for task in report["tasks"]] == list(TASKS)


def test_check_names_the_misconception_and_gives_its_hint(
    checked: tuple[dict[str, Any], str],
) -> None:
    report, text = checked
    task = next(task for task in report["tasks"] if task["task"] == "kl_divergence")
    assert (task["verdict"], task["points"]) == ("failed", 0)
    assert task["misconception"] == "logsigma_as_logvar"
    assert task["hint"] in text.replace("\n", " ")


def test_a_wrong_part_is_carried_forward(checked: tuple[dict[str, Any], str]) -> None:
    task = next(task for task in checked[0]["tasks"] if task["task"] == "elbo")
    assert (task["verdict"], task["points"]) == ("passed", 15)
    assert any("right, given your own" in check["note"] for check in task["checks"])


def test_json_can_go_to_standard_output(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("no notebook")
    done = autograder("check", tmp_path / "x.ipynb", "--assignment", "vae", "--json", "-")
    report = json.loads(done.stdout)
    assert_documented(report)
    assert done.returncode == 0
    assert (report["state"], report["score"]) == ("refused", None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "nowhere.ipynb", "--assignment", "vae"), "nowhere.ipynb"),
        (
            ("check", "README.md", "--assignment", "vea"),
            f"no assignment 'vea'; there is: {', '.join(names())}",
        ),
        (("release", "vea"), f"no assignment 'vea'; there is: {', '.join(names())}"),
        (("report", "vae", "--course", "docs"), "docs is no course: there is no nbgrader_config"),
    ],
)
def test_errors_are_sentences(arguments: tuple[str, ...], said: str) -> None:
    done = autograder(*arguments)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["grade", "regrade", "report"])
def test_without_a_name_all_assignments_are_meant(command: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    done = autograder(command, "--course", tmp_path)
    assert done.returncode == 2
    for name in names():
        assert f"submitted/STUDENT/{name}/{name}.ipynb" in done.stderr


def test_a_bundle_holds_one_assignment(tmp_path: Path) -> None:
    done = autograder("release", "--bundle", tmp_path / "x.zip")
    assert done.returncode == 2
    assert f"name it ({', '.join(names())})" in done.stderr


def test_outside_a_course_nothing_is_guessed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", "report", "vae"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no nbgrader_config.py in" in done.stderr


def test_an_unknown_student_is_named(tmp_path: Path, vae: Assignment) -> None:
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    done = autograder("grade", "vae", "--course", tmp_path)
    assert done.returncode == 2
    assert "nothing was handed in" in done.stderr
    (tmp_path / "submitted" / "ada" / "vae").mkdir(parents=True)
    done = autograder("grade", "vae", "--course", tmp_path, "--student", "zoe")
    assert done.returncode == 2
    assert "no vae submission of zoe" in done.stderr


def test_unprotected_grading_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("no notebook")
    done = autograder("check", tmp_path / "x.ipynb", "--assignment", "vae", "--unprotected")
    assert "WITHOUT walls" in done.stderr


@pytest.mark.parametrize("command", ["release", "grade", "check", "report"])
def test_every_command_explains_itself(command: str) -> None:
    done = autograder(command, "--help")
    assert done.returncode == 0 and "usage: autograder" in done.stdout
