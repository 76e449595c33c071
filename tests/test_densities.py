"""The assignment `densities` in the sandbox, from a file to a report."""

from __future__ import annotations

import nbformat
import pytest

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.sandbox.policy import Policy
from autograder.verdicts import Verdict
from tests.conftest import ROOT, report_on

pytestmark = pytest.mark.slow
ENDLESS = "def log_mean_exp(y):\n    while True:\n        pass\n"
NO_DENSITY = "def log_likelihood_normal(mu, logvar, z):\n    return -((z - mu) ** 2).sum(-1)\n"


@pytest.fixture(scope="module")
def densities() -> Assignment:
    """The assignment of this checkout."""
    return find("densities", ROOT)


def test_the_reference_gets_full_marks(densities: Assignment, policy: Policy) -> None:
    report = report_on(densities, policy, {})
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
    report = report_on(densities, policy, wrong)
    lost = {task.task: task.verdict for task in report.tasks if task.points < task.max_points}
    assert lost == {"log_mean_exp": Verdict.TIMED_OUT, "log_likelihood_normal": Verdict.FAILED}
    assert report.score == 38
