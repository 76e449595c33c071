"""Errors carried forward: one choice of stand-ins a task, the one that does it most justice."""

from __future__ import annotations

from collections.abc import Callable

from autograder.carried_forward import Done, fairest
from autograder.checks import Draw
from autograder.verdicts import CheckResult, Verdict

LOST = frozenset({"a", "b", "c", "other"})
Passes = Callable[[frozenset[str]], tuple[bool, ...]]


def _done(passes: tuple[bool, ...], message: str = "wrong", **more: str) -> list[Done]:
    def result(number: int, good: bool) -> CheckResult:
        verdict = Verdict.PASSED if good else Verdict.FAILED
        shown = {} if good else {"message": message, **more}
        return CheckResult(f"test_{number}", "claim", number + 1.0, verdict, **shown)

    parts = ("a", "b", "c", "right")
    draw = Draw(1, "x")
    return [Done(result(n, p), [], draw, parts=parts) for n, p in enumerate(passes)]


def _judged(passes: Passes, **more: str) -> tuple[list[Done], list[frozenset[str]]]:
    """What `fairest` makes of a task of which these checks pass with these stand-ins."""
    tried: list[frozenset[str]] = []

    def again(replaced: frozenset[str]) -> list[Done]:
        tried.append(replaced)
        return _done(passes(replaced), **more)

    return fairest(_done(passes(frozenset()), **more), LOST, again), tried


def _points(done: list[Done]) -> float:
    return sum(d.result.points for d in done if d.result.verdict is Verdict.PASSED)


def test_a_right_task_is_not_judged_again() -> None:
    done, tried = _judged(lambda _: (True, True))
    assert _points(done) == 3 and tried == [] and done[0].result.note == ""


def test_all_choices_of_the_parts_that_lost_points_are_tried() -> None:
    _, tried = _judged(lambda _: (False, False))
    assert tried[0] == {"a", "b", "c"} and len(tried) == len(set(tried)) == 7


def test_a_pair_may_be_what_a_function_needs() -> None:
    done, _ = _judged(lambda replaced: (replaced == {"a", "c"},) * 2)
    assert _points(done) == 3
    assert {d.result.note for d in done} == {"right, given your own a and c"}


def test_one_choice_holds_for_all_checks() -> None:
    """With stand-ins the one check passes, without them the other: that is not right."""
    done, _ = _judged(lambda replaced: (bool(replaced), not replaced))
    assert _points(done) == 2


def test_own_parts_come_first_where_stand_ins_earn_nothing_more() -> None:
    done, _ = _judged(lambda replaced: (True, False))
    assert _points(done) == 1 and [d.result.note for d in done] == ["", ""]
    assert done[1].result.message == "wrong"


def test_of_equals_the_one_that_names_a_mistake_teaches_more() -> None:
    def again(replaced: frozenset[str]) -> list[Done]:
        return _done((False,), misconception="known") if replaced == {"b"} else _done((False,))

    done = fairest(_done((False,)), LOST, again)
    assert done[0].result.misconception == "known"
    assert done[0].result.message == "with a stand-in for b, wrong"


def test_what_is_not_attempted_is_not_judged_again() -> None:
    _, tried = _judged(lambda _: (False, False), message="not attempted")
    assert tried == []


def test_what_hangs_gets_one_more_chance() -> None:
    own = _done((False, False))
    late = CheckResult("test_0", "claim", 1.0, Verdict.TIMED_OUT, "did not come back")
    tried: list[frozenset[str]] = []

    def again(replaced: frozenset[str]) -> list[Done]:
        tried.append(replaced)
        return own

    fairest([Done(late, [], Draw(1, "x"), parts=("a", "b"))], LOST, again)
    assert tried == [{"a", "b"}]
