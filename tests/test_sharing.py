"""Reports of a batch: equal to what came, with one copy of what is the same in them."""

from __future__ import annotations

import pickle

from autograder.sharing import Sharing
from autograder.verdicts import CheckResult, Report, TaskReport, Verdict


def _came(message: str, points: float = 5.0) -> Report:
    """As from a worker: a copy of everything."""
    passed = CheckResult("shape", "has the right shape", points, Verdict.PASSED)
    failed = CheckResult("value", "is right", points, Verdict.FAILED, message, "look at the sign")
    tasks = TaskReport("elbo", 2 * points, (passed, failed)), TaskReport("sample", 5.0, (passed,))
    report: Report = pickle.loads(pickle.dumps(Report("vae", 7, tasks, submission=message)))
    return report


def test_a_shared_report_is_equal_and_holds_nothing_twice() -> None:
    sharing = Sharing()
    first, second = sharing(_came("saw 1")), sharing(_came("saw 2"))
    assert (first, second) == (_came("saw 1"), _came("saw 2"))
    assert first.tasks[1] is second.tasks[1]
    (passed, failed), (as_before, other) = first.tasks[0].checks, second.tasks[0].checks
    assert passed is as_before
    assert failed.hint is other.hint and failed.claim is other.claim
    assert sharing(_came("saw 1")).tasks[0] is first.tasks[0]
