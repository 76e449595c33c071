"""The assignment `densities` in the sandbox, from a file to a report."""

from __future__ import annotations

import nbformat
import pytest

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.release import reference
from autograder.sandbox.policy import Policy
from autograder.verdicts import Report, Verdict
from tests.conftest import ROOT
from tests.samples import cell_of, handed_in

pytestmark = pytest.mark.slow
ENDLESS = "def log_mean_exp(y):\n    while True:\n        pass\n"
NO_DENSITY = "def log_likelihood_normal(mu, logvar, z):\n    return -((z - mu) ** 2).sum(-1)\n"


@pytest.fixture(scope="module")
def densities() -> Assignment:
    """The assignment of this checkout."""
    return find("densities", ROOT)


def _report(assignment: Assignment, policy: Policy, solutions: dict[str, str]) -> Report:
    """On the reference with these solution cells in it."""
    notebook = handed_in(assignment.template, reference(assignment))
    for task, source in solutions.items():
        cell_of(notebook, f"{task}_solution").source = source
    return grade(nbformat.writes(notebook).encode(), assignment, 11, policy).report


def test_the_reference_gets_full_marks(densities: Assignment, policy: Policy) -> None:
    report = _report(densities, policy, {})
    assert {task.task: task.worst for task in report.tasks} == {
        t.name: None for t in densities.tasks
    }
    assert report.score == 50


def test_the_untouched_notebook_is_unattempted(densities: Assignment, policy: Policy) -> None:
    data = nbformat.writes(densities.template).encode()
    report = grade(data, densities, 11, policy).report
    assert report.score == 0
    assert {task.verdict for task in report.tasks} == {Verdict.UNATTEMPTED}


def test_functions_that_hang_or_are_wrong_cost_only_their_own_points(
    densities: Assignment, policy: Policy
) -> None:
    wrong = {"log_mean_exp": ENDLESS, "log_likelihood_normal": NO_DENSITY}
    report = _report(densities, policy, wrong)
    lost = {task.task: task.verdict for task in report.tasks if task.points < task.max_points}
    assert lost == {"log_mean_exp": Verdict.TIMED_OUT, "log_likelihood_normal": Verdict.FAILED}
    assert report.score == 38
