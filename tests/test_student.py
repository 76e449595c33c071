"""The proxy and its claims: odd replies are wrong answers, never a fault of the grader."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from autograder.checks import Draw, Misconception
from autograder.student import Student
from autograder.verdicts import NotPassed, Verdict
from vae_utils.calls import Call, Failure, Reply
from vae_utils.compare import compare
from vae_utils.stand_in import StandIn

NAN = torch.tensor([math.nan, math.nan])
ODD = {
    "nothing": Reply(()),
    "a number": Reply((torch.tensor(1.0),)),
    "NaN": Reply((NAN,), gradients={"arg0": NAN}),
    "infinity": Reply((torch.tensor([math.inf, 1.0]),)),
    "no entries": Reply((torch.empty(0, 2),)),
    "booleans": Reply((torch.tensor([True, False]),)),
    "too many": Reply((torch.ones(2),) * 3),
    "huge numbers": Reply((torch.tensor([1e300, -1e300], dtype=torch.float64),)),
    "a wrong gradient": Reply((torch.full((2,), 3.0),), gradients={"arg0": torch.ones(5)}),
}
PARAMS: dict[str, dict[str, Any]] = {
    "equal": {"expected": (torch.zeros(2),)},
    "gradients": {"expected": {"arg0": torch.zeros(2)}},
    "reaches": {"names": ("arg5",)},
    "reparameterised": {"mean": torch.zeros(3), "cotangent": torch.ones(3)},
    "normal": {"mean": torch.zeros(2), "std": torch.ones(2), "calls": 2, "axes": ("a", "b")},
    "distribution": {"values": torch.arange(3.0), "cdf": torch.tensor([0, 0.5, 1]), "n": 50},
    "binary": {"shape": (2, 2)},
    "frequencies": {"probability": torch.full((2, 2), 0.5), "shape": (50, 2)},
    "clusters": {"labels": torch.arange(4) % 2, "purity": 0.9, "linear": torch.ones(4, 1)},
}


def _student(reply: Reply) -> Student:
    return Student(lambda _: reply, Draw(1, "test"))


@pytest.mark.parametrize("kind", sorted(PARAMS))
@pytest.mark.parametrize("name", ODD)
def test_an_odd_reply_is_a_wrong_answer(kind: str, name: str) -> None:
    with pytest.raises(NotPassed) as caught:
        _student(ODD[name]).call("f").must(kind, PARAMS[kind])
    assert caught.value.verdict is Verdict.FAILED


def test_nan_gradients_are_wrong() -> None:
    reply = Reply((torch.zeros(2),), gradients={"arg0": NAN})
    assert compare("gradients", reply, PARAMS["gradients"]) is not None


def test_a_misconception_is_named_only_where_its_values_fit() -> None:
    mistakes = [
        Misconception("doubled", "you doubled it", {"expected": (torch.full((2,), 2.0),)}),
        Misconception("negated", "mind the sign", {"expected": (torch.full((2,), -1.0),)}),
    ]
    one = torch.ones(2)
    for value, name in ((-one, "negated"), (2 * one, "doubled"), (3 * one, None)):
        with pytest.raises(NotPassed) as caught:
            _student(Reply((value,))).call("f").must_equal(one, misconceptions=mistakes)
        assert caught.value.misconception == name
    _student(Reply((one,))).call("f").must_equal(one, misconceptions=mistakes)


def _shift(by: float) -> StandIn:
    return StandIn(("x",), ((torch.tensor(by), torch.ones(1)),))


def _sum_of_parts(call: Call) -> Reply:
    """A student whose `whole` is right, one + two, while the own `one` and `two` give 0."""
    parts = (call.stand_ins[n](torch.zeros(2, 1)) if n in call.stand_ins else 0 for n in STAND_INS)
    return Reply((sum(parts, torch.zeros(2)),))


STAND_INS = {"one": _shift(1.0), "two": _shift(10.0)}


def _given(student: Student, wanted: dict[str, float]) -> None:
    """Claims that the whole is the sum of what the parts ought to give, or their stand-ins."""

    def claim(stand_ins: dict[str, StandIn]) -> None:
        shifts = {name: float(s.maps[0][0]) for name, s in stand_ins.items()}
        total = sum((wanted | shifts).values())
        student.call("whole", stand_ins=stand_ins).must_equal(torch.full((2,), total))

    student.given(STAND_INS, claim)


def test_what_is_right_with_stand_ins_passes_with_a_note_and_no_trace_on_the_tape() -> None:
    student = Student(_sum_of_parts, Draw(1, "test"), frozenset({"one", "two"}))
    _given(student, {"one": 5.0, "two": 6.0})
    assert student.notes == ["right, given your own one and two"]
    assert [claim.call.stand_ins for claim in student.claims] == [{}]


def test_each_part_may_be_wrong_alone() -> None:
    student = Student(_sum_of_parts, Draw(1, "test"), frozenset({"one", "two"}))
    _given(student, {"one": 5.0, "two": 0.0})  # so "two" is what it ought to be
    assert student.notes == ["right, given your own one and two"]


def test_parts_that_lost_nothing_excuse_nothing() -> None:
    student = Student(_sum_of_parts, Draw(1, "test"), frozenset({"two", "three"}))
    with pytest.raises(NotPassed, match="wanted"):
        _given(student, {"one": 5.0, "two": 6.0})
    assert student.notes == []


def test_a_named_mistake_is_told_even_if_only_stand_ins_show_it() -> None:
    student = Student(_sum_of_parts, Draw(1, "test"), frozenset({"one"}))

    def claim(stand_ins: dict[str, StandIn]) -> None:
        answer = student.call("whole", stand_ins=stand_ins)
        minus = Misconception("one_added", "subtract it", {"expected": (torch.ones(2),)})
        answer.must_equal(-torch.ones(2), misconceptions=[minus])

    with pytest.raises(NotPassed) as caught:
        student.given(STAND_INS, claim)
    assert caught.value.misconception == "one_added"
    assert student.exhibit is not None and set(student.exhibit.call.stand_ins) == {"one"}


def test_an_untouched_whole_is_not_asked_again() -> None:
    calls = []

    def ask(call: Call) -> Reply:
        calls.append(call)
        return Reply(failure=Failure("NotImplementedError", "", ("whole",)))

    student = Student(ask, Draw(1, "test"), frozenset({"one"}))
    with pytest.raises(NotPassed) as caught:
        _given(student, {"one": 5.0})
    assert caught.value.verdict is Verdict.UNATTEMPTED and len(calls) == 1


def test_odd_replies_with_stand_ins_do_not_help_and_do_not_break_the_judge() -> None:
    student = _student(Reply((torch.zeros(2),)))

    def claim(stand_ins: dict[str, StandIn]) -> None:
        answer = student.call("whole")
        if stand_ins:
            raise ZeroDivisionError
        answer.must_equal(torch.ones(2))

    with pytest.raises(NotPassed, match="entry"):
        student.given(STAND_INS, claim)


def test_draws_repeat_with_their_seed_and_differ_between_checks() -> None:
    first, again, other = (Draw(1, name).uniform(5, low=0, high=1) for name in ("a", "a", "b"))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_draws_are_uniform() -> None:
    values = Draw(3, "u").uniform(100_000, low=-2.0, high=4.0)
    assert float(values.min()) >= -2 and float(values.max()) < 4
    assert float(values.mean()) == pytest.approx(1, abs=0.03)
    assert float(values.std()) == pytest.approx(6 / math.sqrt(12), abs=0.03)


@pytest.mark.parametrize(
    ("failure", "text", "verdict", "said"),
    [
        ("NotImplementedError", "", Verdict.UNATTEMPTED, "not attempted"),
        # What torch says of `mu^2`:
        ("NotImplementedError", "text", Verdict.CRASHED, "f raised NotImplementedError: text"),
        ("ValueError", "text", Verdict.CRASHED, "f raised ValueError: text"),
        ("NotNumbers", "text", Verdict.FAILED, "text"),
    ],
)
def test_exceptions_become_verdicts(failure: str, text: str, verdict: Verdict, said: str) -> None:
    from vae_utils.calls import Failure

    def ask(_: Call) -> Reply:
        return Reply(failure=Failure(failure, text, ("f",)))

    with pytest.raises(NotPassed) as caught:
        Student(ask, Draw(1, "x")).call("f")
    assert (caught.value.verdict, caught.value.message) == (verdict, said)
