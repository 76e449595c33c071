"""The JSON of a report is what docs/report-format.md says, and survives a round trip."""

from __future__ import annotations

from typing import Any

from autograder.verdicts import CheckResult, Report, State, TaskReport, Verdict, WrittenAnswer
from tests.conftest import ROOT

TEXT, NUMBER, MAYBE_TEXT = (str,), (int, float), (str, type(None))
REPORT = {
    "schema_version": (int,), "assignment": TEXT, "seed": (int,), "state": TEXT, "reason": TEXT,
    "notes": (list,), "submission": TEXT, "score": (int, float, type(None)), "max_score": NUMBER,
    "waiting": NUMBER, "tasks": (list,), "written": (list,),
}  # fmt: skip
TASK = {
    "task": TEXT, "points": NUMBER, "max_points": NUMBER, "verdict": TEXT, "hint": TEXT,
    "misconception": MAYBE_TEXT, "checks": (list,), "replay": TEXT,
}  # fmt: skip
ANSWER = {"task": TEXT, "max_points": NUMBER, "waits": (bool,)}
CHECK = {
    "name": TEXT, "claim": TEXT, "points": NUMBER, "verdict": TEXT, "message": TEXT,
    "hint": TEXT, "misconception": MAYBE_TEXT, "note": TEXT, "picture": TEXT,
}  # fmt: skip


def _assert_fields(data: dict[str, Any], fields: dict[str, tuple[type, ...]]) -> None:
    assert set(data) == set(fields)
    for name, types in fields.items():
        assert isinstance(data[name], types), name


def assert_documented(report: dict[str, Any]) -> None:
    """Every field of a report has its documented name and type."""
    _assert_fields(report, REPORT)
    assert report["state"] in set(State)
    for task in report["tasks"]:
        _assert_fields(task, TASK)
        assert task["verdict"] in set(Verdict)
        for check in task["checks"]:
            _assert_fields(check, CHECK)
            assert check["verdict"] in set(Verdict)
    for answer in report["written"]:
        _assert_fields(answer, ANSWER)


def _check(points: float, verdict: Verdict, **about: Any) -> CheckResult:
    return CheckResult("test_x", "a claim", points, verdict, **about)


def test_points_are_those_of_the_passed_checks() -> None:
    task = TaskReport("t", 5, (_check(3, Verdict.PASSED), _check(2, Verdict.FAILED, message="m")))
    assert (task.points, task.verdict, task.hint) == (3, Verdict.PARTIAL, "m")


def test_without_points_the_gravest_outcome_is_the_verdict() -> None:
    checks = (
        _check(1, Verdict.UNATTEMPTED),
        _check(2, Verdict.TIMED_OUT),
        _check(2, Verdict.FAILED),
    )
    assert TaskReport("t", 5, checks).verdict is Verdict.TIMED_OUT


def test_the_hint_is_preferred_to_what_was_seen() -> None:
    check = _check(5, Verdict.FAILED, message="m", hint="h", misconception="sign")
    task = TaskReport("t", 5, (check,))
    assert (task.hint, task.misconception) == ("h", "sign")


def test_not_graded_is_not_zero() -> None:
    task = TaskReport("t", 5, (_check(5, Verdict.UNATTEMPTED),))
    assert Report("a", 1, (task,)).score == 0
    assert Report("a", 1, (task,), State.REFUSED, "why").score is None
    assert Report("a", 1, (task,), State.INFRASTRUCTURE_FAULT, "why").score is None


def test_a_report_survives_its_json() -> None:
    task = TaskReport("t", 5, (_check(5, Verdict.FAILED, hint="h", note="n"),))
    written = (WrittenAnswer("w", 2, True),)
    report = Report("a", 1, (task,), notes=("mended",), written=written)
    assert_documented(report.as_dict())
    assert Report.from_dict(report.as_dict()) == report


def test_every_field_and_verdict_is_documented() -> None:
    text = (ROOT / "docs" / "report-format.md").read_text()
    for name in (*REPORT, *TASK, *ANSWER, *CHECK, *Verdict, *State):
        assert f"`{name}`" in text, name
