"""The assignment `gans`, graded in the sandbox."""

from __future__ import annotations

import pytest

from autograder.assignment import find
from autograder.sandbox.policy import Policy
from autograder.verdicts import Verdict
from tests.conftest import ROOT, report_on

pytestmark = pytest.mark.slow
OVERWRITES = """
def lp_reg(x, y, critic):
    t = torch.rand(len(x), *[1 for _ in x.shape[1:]], device=x.device)
    xhat = x.data.mul_(t).add_((1 - t) * y.detach()).requires_grad_(True)
    (slopes,) = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).clamp(min=0).square().mean()
"""


def test_a_function_that_overwrites_its_argument_costs_only_its_own_points(policy: Policy) -> None:
    report = report_on(find("gans", ROOT), policy, {"lp_reg": OVERWRITES})
    lost = {task.task: task for task in report.tasks if task.points < task.max_points}
    assert list(lost) == ["lp_reg"]
    assert lost["lp_reg"].misconception == "argument_overwritten"
    assert lost["lp_reg"].verdict in (Verdict.FAILED, Verdict.PARTIAL)
    assert any(check.message == "it overwrites x" for check in lost["lp_reg"].checks)


CHANNELS = """
def lp_reg(x, y, critic):
    t = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device)
    xhat = (t * x + (1 - t) * y).requires_grad_(True)
    (slopes,) = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()
"""


def test_consequences_of_a_mistake_are_not_taken_for_others(policy: Policy) -> None:
    report = report_on(find("gans", ROOT), policy, {"lp_reg": CHANNELS})
    (task,) = (task for task in report.tasks if task.task == "lp_reg")
    lost = [check for check in task.checks if check.verdict is not Verdict.PASSED]
    assert len(lost) >= 3 and all(check.message for check in lost)
    assert {check.misconception for check in lost} == {"norm_over_channels", None}
    assert {check.hint for check in lost if not check.misconception} == {""}
