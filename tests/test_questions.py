"""Questions whose key only the grader has, from the reference to a report: through the sandbox."""

from __future__ import annotations

import json
import re
import shutil

import nbformat
import numpy as np
import pytest

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.release import reference, release
from autograder.sandbox.policy import Policy
from autograder.verdicts import TaskReport, Verdict
from tests.conftest import ROOT
from tests.samples import cell_of, handed_in
from vae_utils.tape import read

pytestmark = pytest.mark.slow
_KEPT = ("imports", "questions_solution", "questions")
ANSWERS = "def answers():\n    return {}\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """`latent_space` with nothing in it but its questions, released."""
    folder = tmp_path_factory.mktemp("questions") / "course"
    text = (ROOT / "solutions" / "latent_space" / "latent_space.py").read_text()
    head, *cells = re.split(r"(?m)^(?=# %% )", text)
    kept = [c for name in _KEPT for c in cells if f'"grade_id": "{name}"' in c.split("\n")[0]]
    source = folder / "solutions" / "latent_space" / "latent_space.py"
    source.parent.mkdir(parents=True)
    source.write_text(f"{head}# %% [markdown]\n# # Questions\n\n{''.join(kept)}")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    release(find("latent_space", folder))
    return find("latent_space", folder)


def _graded(course: Assignment, policy: Policy, source: str = "") -> TaskReport:
    notebook = handed_in(course.template, reference(course))
    if source:
        cell_of(notebook, "questions_solution").source = source
    report = grade(nbformat.writes(notebook).encode(), course, 3, policy).report
    return report.tasks[0]


def test_the_release_holds_no_key(course: Assignment) -> None:
    tape = read(course.tape)
    assert [check.is_open for check in tape.tasks["questions"]] == [True] * 5
    with np.load(course.tape) as archive:
        assert archive.files == ["tape"]  # no tensor at all
        text = archive["tape"].tobytes().decode()
    entries = json.loads(text)["tasks"]["questions"]
    told = [{**check["entries"][0], "params": None} for check in entries]
    assert all(one == told[0] for one in told)  # but for the place, all are alike
    assert "misconceptions" in told[0] and told[0]["misconceptions"] == []
    released = course.released.read_text()
    assert "return True" not in released and "False, False" not in released


def test_answers_are_judged_outside(course: Assignment, policy: Policy) -> None:
    assert _graded(course, policy).points == 5
    task = _graded(course, policy, ANSWERS.format("True, None, True, 'F', True"))
    assert task.points == 2 and task.verdict is Verdict.PARTIAL
    assert [check.message for check in task.checks] == [
        "",
        "question 2 is not answered yet",
        "the answer to question 3 is not right",
        "the answer to question 4 is neither True nor False: write one of these two words of "
        "Python, without quotes",
        "",
    ]
    assert [bool(check.hint) for check in task.checks] == [False, False, True, False, False]


def test_odd_answers_cost_points_and_break_nothing(course: Assignment, policy: Policy) -> None:
    task = _graded(course, policy, "def answers():\n    while True:\n        yield True\n")
    assert task.verdict is Verdict.FAILED  # of endless answers a hundred are read
    assert task.checks[0].message == "it returned 100 answers, 5 answers wanted"
    task = _graded(course, policy, ANSWERS.format("{1: True}"))
    assert task.verdict is Verdict.FAILED and "one after the other" in task.hint
    odd = "class Odd:\n    def __float__(self):\n        raise SystemExit\n\n\n"
    task = _graded(course, policy, odd + ANSWERS.format("[Odd()] * 5"))
    assert task.verdict is Verdict.CRASHED and task.points == 0


def test_a_stub_is_not_attempted(course: Assignment, policy: Policy) -> None:
    data = nbformat.writes(course.template).encode()
    task = grade(data, course, 3, policy).report.tasks[0]
    assert task.verdict is Verdict.UNATTEMPTED
