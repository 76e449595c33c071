"""The proxy and its claims: odd replies are wrong answers, never a fault of the grader."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from autograder.checks import Draw, Misconception
from autograder.student import Student
from autograder.verdicts import NotPassed, Verdict
from vae_utils.arrays import as_arrays
from vae_utils.calls import Call, Failure, Reply
from vae_utils.compare import compare
from vae_utils.stand_in import StandIn


def _reply(*outputs: Any, **others: Any) -> Reply:
    return Reply(as_arrays(outputs), **as_arrays(others))


NAN = torch.tensor([math.nan, math.nan])
ODD = {
    "nothing": _reply(),
    "a number": _reply(torch.tensor(1.0)),
    "NaN": _reply(NAN, gradients={"arg0": NAN}),
    "infinity": _reply(torch.tensor([math.inf, 1.0])),
    "no entries": _reply(torch.empty(0, 2)),
    "booleans": _reply(torch.tensor([True, False])),
    "too many": _reply(torch.ones(2) * 3),
    "huge numbers": _reply(torch.tensor([1e300, -1e300], dtype=torch.float64)),
    "a wrong gradient": _reply(torch.full((2,), 3.0), gradients={"arg0": torch.ones(5)}),
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
    reply = _reply(torch.zeros(2), gradients={"arg0": NAN})
    assert compare("gradients", reply, PARAMS["gradients"]) is not None


def test_a_misconception_is_named_only_where_its_values_fit() -> None:
    mistakes = [
        Misconception("doubled", "you doubled it", {"expected": (torch.full((2,), 2.0),)}),
        Misconception("negated", "mind the sign", {"expected": (torch.full((2,), -1.0),)}),
    ]
    one = torch.ones(2)
    for value, name in ((-one, "negated"), (2 * one, "doubled"), (3 * one, None)):
        with pytest.raises(NotPassed) as caught:
            _student(_reply(value)).call("f").must_equal(one, misconceptions=mistakes)
        assert caught.value.misconception == name
    _student(_reply(one)).call("f").must_equal(one, misconceptions=mistakes)


STAND_INS = {n: StandIn(("x",), ((torch.zeros(1),) * 2,)) for n in ("one", "two")}


def test_a_claim_is_told_which_stand_ins_are_in_force() -> None:
    told = []
    reply = _reply(torch.ones(2))
    student = Student(lambda _: reply, Draw(1, "test"), replaced=frozenset({"two", "three"}))
    student.given(STAND_INS, lambda stand_ins: told.append(set(stand_ins)))
    assert told == [{"two"}] and list(student.parts) == ["one", "two"]


def test_a_recording_keeps_claims_about_stand_ins_apart() -> None:
    student = Student(lambda _: _reply(torch.ones(2)), Draw(1, "test"), recording=True)

    def claim(stand_ins: dict[str, StandIn]) -> None:
        student.call("whole", stand_ins=stand_ins).must_equal(torch.ones(2))

    student.given(STAND_INS, claim)
    assert [set(claim.call.stand_ins) for claim in student.claims] == [set()]
    assert [set(claim.call.stand_ins) for claim in student.given_claims] == [{"one", "two"}]
    assert {claim.uses for claim in student.claims} == {("one", "two")}


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
    def ask(_: Call) -> Reply:
        return Reply(failure=Failure(failure, text, ("f",)))

    with pytest.raises(NotPassed) as caught:
        Student(ask, Draw(1, "x")).call("f")
    assert (caught.value.verdict, caught.value.message) == (verdict, said)


@pytest.mark.parametrize(("ones", "right"), [(0, True), (10, False), (1000, False)])
def test_a_pixel_that_is_never_white_is_known_as_such(ones: int, right: bool) -> None:
    drawn = torch.zeros(1000, 2)
    drawn[:ones] = 1.0
    problem = compare(
        "frequencies", _reply(drawn), {"probability": torch.zeros(2, 2), "shape": (1000, 2)}
    )
    assert (problem is None) == right
