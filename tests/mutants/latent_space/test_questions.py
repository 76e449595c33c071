"""The key of the questions is the grader's alone: tape and `check` tell no right from wrong."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.tape_recorder import _taped
from autograder.verdicts import Verdict
from tests.mutants.book import Right
from tests.mutants.latent_space.questions import RIGHT, TASK, WRONG
from vae_utils import choices, showing
from vae_utils.calls import Reply
from vae_utils.checking import CheckFailed
from vae_utils.compare import compare
from vae_utils.replaying import ANSWERED, FAILED, PASSED, UNATTEMPTED, Outcome, Replay, TaskOutcome
from vae_utils.tape import Tape, TapedCheck, read, write

from .notebook import BOOK

KEYS = list(product((True, False), repeat=5))
SEED = 5


def _answering(key: tuple[bool, ...]) -> str:
    return BOOK.body(TASK, f"return {key}")


def _tape(key: tuple[bool, ...], monkeypatch: pytest.MonkeyPatch) -> Tape:
    """What is recorded of a reference and its checks if that were the key."""
    ask, taped = BOOK.student({TASK: _answering(key)}), []
    for check in BOOK.checks_of(TASK):
        monkeypatch.setitem(check.__globals__, "KEY", key)
        done = BOOK.run(check, TASK, ask, SEED)
        assert done.result.verdict is Verdict.PASSED
        taped.append(_taped(done))
    return Tape("latent_space", {TASK: tuple(taped)}, BOOK.assignment.signatures)


@pytest.fixture
def tape(monkeypatch: pytest.MonkeyPatch) -> Tape:
    """The tape of the key that counts."""
    key = BOOK.checks_of(TASK)[0].__globals__["KEY"]
    return _tape(key, monkeypatch)


def test_the_tape_is_the_same_whatever_the_key_is(
    tape: Tape, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tape, tmp_path / "one.tape")
    for key in KEYS:
        write(_tape(key, monkeypatch), tmp_path / "other.tape")
        assert (tmp_path / "one.tape").read_bytes() == (tmp_path / "other.tape").read_bytes()


def test_every_claim_is_of_an_answer_that_is_there(tape: Tape) -> None:
    entries = [entry for check in tape.tasks[TASK] for entry in check.entries]
    assert [entry.kind for entry in entries] == ["answered"] * 5
    assert [entry.params for entry in entries] == [{"count": 5, "place": n} for n in range(5)]
    assert not any(entry.misconceptions or entry.call.args for entry in entries)


def test_the_call_that_reaches_the_kernel_is_the_same_whatever_the_key_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = [
        [e.call for check in _tape(key, monkeypatch).tasks[TASK] for e in check.entries]
        for key in (KEYS[0], KEYS[-1])
    ]
    assert calls[0] == calls[1] and len({call.seed for call in calls[0]}) == 1


def _checked(tape: Tape, solution: str, **more: Any) -> TaskOutcome:
    solutions = {TASK: solution} if solution else None
    return Replay(tape, BOOK.namespace(solutions, **more)).task(TASK)


def test_check_says_the_same_of_all_answers(tape: Tape) -> None:
    said = set()
    for key in KEYS:
        done = _checked(tape, _answering(key))
        assert done.verdict == ANSWERED and done.points == 0
        shown = showing.one_task(done)
        said.add((repr(shown), shown._repr_html_()))
    assert len(said) == 1
    plain, page = said.pop()
    assert plain.startswith(
        "● questions: all answered; the grader says whether they are right (? of 5 points)"
    )
    for text in (plain, page):
        assert "✓" not in text and "passed" not in text and "5 of 5" not in text
    assert page.count("? / 1") == 5


@pytest.mark.parametrize("right", RIGHT, ids=str)
def test_check_takes_every_way_to_write_answers(tape: Tape, right: Right) -> None:
    assert _checked(tape, right.source).verdict == ANSWERED


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_check_sees_what_is_no_answer_and_nothing_else(tape: Tape, wrong: Right) -> None:
    done = _checked(tape, wrong.source)
    assert done.verdict == (ANSWERED if getattr(wrong, "misconception", None) else FAILED)
    seen = next(iter(BOOK.judged(wrong.ask, SEED, TASK).values()))
    if done.worst:
        assert done.worst.message in {check.message for check in seen.checks}


def test_a_question_that_is_left_out_costs_its_own_point_only(tape: Tape) -> None:
    source = BOOK.body(TASK, "return True, False, None, False, True")
    done = _checked(tape, source)
    assert [o.verdict for o in done.outcomes] == [ANSWERED, ANSWERED, FAILED, ANSWERED, ANSWERED]
    assert done.outcomes[2].message == "question 3 is not answered yet"
    assert BOOK.judged(BOOK.student({TASK: source}), SEED, TASK)[TASK].points == 4


def test_an_untouched_task_is_not_attempted(tape: Tape) -> None:
    done = _checked(tape, "", untouched=True)
    assert done.verdict == UNATTEMPTED
    assert repr(showing.one_task(done)) == "○ questions: not attempted (0 of 5 points)"


def test_the_overview_claims_no_points_for_answers(tape: Tape) -> None:
    passed = TaskOutcome("prior", (Outcome(TapedCheck("x", "y", 3.0, ()), PASSED),))
    shown = showing.all_tasks([passed, _checked(tape, _answering(KEYS[0]))])
    bar, prior, questions = repr(shown).splitlines()
    assert bar.endswith("█ 3 of 3 points; 5 more are known to the grader only")
    assert "3 of 3 points" in prior and prior.endswith("passed")
    assert questions.startswith("● questions") and "? of 5 points" in questions
    page = shown._repr_html_()
    assert "? / 5" in page and "5 / 5" not in page and "8 points" not in page


@pytest.fixture
def beside(tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with the tape."""
    write(tape, tmp_path / "latent_space.tape")
    assert read(tmp_path / "latent_space.tape") == tape
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("beside")
def test_answered_questions_are_no_error_for_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    exec("check('questions'); check()", BOOK.namespace({TASK: _answering(KEYS[7])}))


@pytest.mark.usefixtures("beside")
def test_a_question_that_is_left_out_is_an_error() -> None:
    namespace = BOOK.namespace({TASK: BOOK.body(TASK, "return True, None, True, True, True")})
    with pytest.raises(CheckFailed, match=r"questions, \? of 5 points: question 2 is not answered"):
        exec("check('questions')", namespace)


def test_the_wrong_answer_gets_the_idea_and_the_right_one_nothing() -> None:
    flipped = BOOK.student({TASK: BOOK.body(TASK, "return False, True, True, True, False")})
    report = BOOK.judged(flipped, SEED, TASK)[TASK]
    assert len({check.hint for check in report.checks}) == 5
    assert [check.message for check in report.checks] == [
        f"the answer to question {n} is not right" for n in range(1, 6)
    ]
    assert not any(c.hint for c in BOOK.judged(BOOK.student(), SEED, TASK)[TASK].checks)


@pytest.mark.parametrize(
    "outputs", [(), (np.zeros((5, 5)),), (np.full(5, np.inf),), (np.array(1.0),)]
)
def test_no_forged_reply_is_an_answer(outputs: tuple) -> None:
    from vae_utils.misconceptions import compared

    assert compared("answered", Reply(outputs), {"count": 5, "place": 0})


def test_an_endless_row_of_answers_ends() -> None:
    from itertools import repeat

    found = choices.read(repeat(True))
    assert len(found) == choices.MOST
    reply = Reply((np.array(found),))
    said = f"it returned {choices.MOST} answers, 5 answers wanted"
    assert compare("answered", reply, {"count": 5, "place": 0}) == said
