"""The assignment `latent_space` in the sandbox, from a file to a report."""

from __future__ import annotations

import nbformat
import pytest

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.record import task_html
from autograder.sandbox.policy import Policy
from autograder.verdicts import Report, TaskReport, Verdict
from tests.conftest import ROOT, report_on

pytestmark = pytest.mark.slow
LOOP = """
@add_to_class(VAE)
def log_prior(self, z):
    zero = torch.zeros_like(z)
    rows = zip(zero, zero, z)
    return torch.stack([factorized_gaussian_log_density(*row) for row in rows])
"""
HIDDEN_LOOP = """
@add_to_class(VAE)
def log_prior(self, z):
    return torch.stack(list(map(lambda row: -(row**2).sum() / 2 - math.log(2 * math.pi), z)))
"""
LIBRARY = """
@add_to_class(VAE)
def log_prior(self, z):
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
"""
NO_DECODER = "@add_to_class(VAE)\ndef decoder(self, z):\n    return self.decoder_hidden(z)\n"
NO_DENSITY = "def bernoulli_log_density(logits, x):\n    return -((logits - x) ** 2)\n"
UPSIDE_DOWN = """
def latent_scatter(model, images, labels):
    mu, _ = model.encoder(images)
    figure, ax = plt.subplots()
    ax.scatter(mu[:, 1].detach(), mu[:, 0].detach(), c=labels, cmap="tab10")
    return figure


def lattice(model, values):
    raise NotImplementedError()
"""

ENDLESS_FIGURE = """
class Endless(plt.Figure):
    @property
    def axes(self):
        while True:
            pass


def latent_scatter(model, images, labels):
    return Endless()


def lattice(model, values):
    return Endless()
"""
HUGE_FIGURE = """
def latent_scatter(model, images, labels):
    figure, axes = plt.subplots(4, 8)
    for ax in axes.flat:
        ax.imshow(torch.zeros(2000, 2000))
    return figure


def lattice(model, values):
    return latent_scatter(model, values, values)
"""
DECEITFUL_FIGURE = """
class Deceitful(plt.Figure):
    axes = property(lambda self: [Anything()])


class Anything:
    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self

    def __iter__(self):
        return iter([self] * 10**6)


def latent_scatter(model, images, labels):
    return Deceitful()


def lattice(model, values):
    return Deceitful()
"""


@pytest.fixture(scope="module")
def latent_space() -> Assignment:
    """The assignment of this checkout."""
    return find("latent_space", ROOT)


def _task(report: Report, name: str) -> TaskReport:
    return next(task for task in report.tasks if task.task == name)


def test_the_reference_gets_full_marks(latent_space: Assignment, policy: Policy) -> None:
    report = report_on(latent_space, policy, {})
    assert {task.task: task.worst for task in report.tasks} == {
        t.name: None for t in latent_space.tasks
    }
    assert report.score == 48


def test_the_untouched_notebook_is_unattempted(latent_space: Assignment, policy: Policy) -> None:
    data = nbformat.writes(latent_space.template).encode()
    report = grade(data, latent_space, 11, policy).report
    assert report.score == 0
    assert {task.verdict for task in report.tasks} == {Verdict.UNATTEMPTED}


def test_wrong_parts_cost_only_their_own_points(latent_space: Assignment, policy: Policy) -> None:
    report = report_on(
        latent_space, policy, {"decoder": NO_DECODER, "bernoulli_log_density": NO_DENSITY}
    )
    lost = {task.task for task in report.tasks if task.worst}
    assert lost == {"decoder", "bernoulli_log_density"}
    assert report.score == 46


@pytest.mark.parametrize(
    ("source", "verdict", "score", "said"),
    [
        (LOOP, Verdict.RULE_BROKEN, 47, "No loop over the batch"),
        (HIDDEN_LOOP, Verdict.FAILED, 47.75, "loop over the batch"),
        (LIBRARY, Verdict.RULE_BROKEN, 47, "torch.distributions is forbidden"),
    ],
    ids=["in sight", "hidden", "library"],
)
def test_loops_and_the_library_cost_the_task_that_they_are_in(
    latent_space: Assignment, policy: Policy, source: str, verdict: Verdict, score: float, said: str
) -> None:
    report = report_on(latent_space, policy, {"log_prior": source})
    assert {task.task for task in report.tasks if task.worst} == {"log_prior"}
    worst = _task(report, "log_prior").worst
    assert worst is not None and (worst.verdict, report.score) == (verdict, score)
    assert said in worst.message


def test_a_wrong_picture_is_shown_beside_what_was_asked(
    latent_space: Assignment, policy: Policy
) -> None:
    report = report_on(latent_space, policy, {"latent_scatter": UPSIDE_DOWN})
    task = _task(report, "latent_scatter")
    assert task.points == 0 and report.score == 43
    [first, *_] = task.checks
    assert first.misconception == "axes_swapped"
    html = task_html(task)
    assert "your figure" in html and "what was asked" in html


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        (ENDLESS_FIGURE, Verdict.TIMED_OUT),
        (HUGE_FIGURE, Verdict.FAILED),
        (DECEITFUL_FIGURE, Verdict.CRASHED),
    ],
    ids=["endless", "huge", "deceitful"],
)
def test_a_hostile_figure_costs_its_own_task(
    latent_space: Assignment, policy: Policy, source: str, verdict: Verdict
) -> None:
    report = report_on(latent_space, policy, {"latent_scatter": source})
    task = _task(report, "latent_scatter")
    assert report.score == 43
    assert task.worst is not None and task.worst.verdict is verdict
