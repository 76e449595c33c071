"""What the instructor's page counts."""

from __future__ import annotations

from autograder.page import Row, frequent_hints
from autograder.verdicts import CheckResult, Report, TaskReport, Verdict

LOOP = "line {}: No loop over the batch here: treat all rows at once."


def _row(task: str, verdict: Verdict, message: str = "", *named: str) -> Row:
    check = CheckResult("test_it", "It is right.", 1.0, verdict, message, *named)
    return Row("ada", 0.0, False, Report("toys", 1, (TaskReport(task, 1.0, (check,)),)), "")


def test_the_same_broken_rule_is_counted_whatever_its_line() -> None:
    found = [_row("f", Verdict.RULE_BROKEN, LOOP.format(line)) for line in (3, 12, 3)]
    found += [_row("g", Verdict.RULE_BROKEN, LOOP.format(3)), _row("f", Verdict.PASSED)]
    shown = [(count, task.task, text) for count, task, text in frequent_hints(found)]
    text = "No loop over the batch here: treat all rows at once."
    assert shown == [(3, "f", text), (1, "g", text)]


def test_a_recognised_mistake_is_counted_by_its_name() -> None:
    found = [
        _row("f", Verdict.FAILED, f"the value is {n}, 7 wanted", "Mind the sign.", "sign")
        for n in range(2)
    ]
    found += [_row("f", Verdict.FAILED, "the value is 3, 7 wanted")]
    shown = [(count, text) for count, _, text in frequent_hints(found)]
    assert shown == [(2, "Mind the sign."), (1, "the value is 3, 7 wanted")]
