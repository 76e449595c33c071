"""A submission's kernel: what dies or hangs costs only itself."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import pytest
import torch

from autograder.sandbox.policy import Policy
from autograder.session import Cell, Session
from autograder.verdicts import NotPassed, Verdict
from vae_utils.calls import Call, Instance
from vae_utils.stand_in import StandIn

DEFINITIONS = """
import os, time, torch
def good(x): return x + 1
def die(): os._exit(0)
def hang():
    while True: pass
def stubborn():
    while True:
        try: time.sleep(60)
        except BaseException: pass
def uses_die(): return die()
class Box(torch.nn.Module):
    def hang(self):
        while True: pass
    def uses(self): return self.hang()
"""


def _cells(*sources: str) -> list[Cell]:
    return [Cell(source, 2, []) for source in (DEFINITIONS, *sources)]


def _good(session: Session) -> bool:
    return bool(session.ask(Call("good", (torch.zeros(1),))).outputs[0] == 1)


def test_a_function_that_ends_python_costs_only_itself(policy: Policy) -> None:
    with Session(_cells(), policy) as session:
        with pytest.raises(NotPassed, match=r"die ended Python itself \(exit status 0\)") as caught:
            session.ask(Call("die"))
        assert caught.value.verdict is Verdict.CRASHED
        assert _good(session)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hang", "stubborn"])
def test_a_function_that_hangs_costs_one_time_limit(policy: Policy, name: str) -> None:
    with Session(_cells(), policy) as session:
        for wait in (policy.call_seconds, 0):
            start = time.monotonic()
            with pytest.raises(NotPassed, match="did not come back within") as caught:
                session.ask(Call(name))
            assert caught.value.verdict is Verdict.TIMED_OUT
            assert time.monotonic() - start < wait + 3
        assert _good(session)


def test_a_call_is_limited_by_the_processor_time_it_uses(policy: Policy) -> None:
    """So an endless loop ends early, and a busy machine fails nobody."""
    limits = replace(policy, call_cpu_seconds=1, call_seconds=30)
    with Session(_cells("def wait(): time.sleep(2); return 1"), limits) as session:
        assert session.ask(Call("wait")).failure is None
        start = time.monotonic()
        with pytest.raises(NotPassed, match="did not come back within 1 s of computing"):
            session.ask(Call("hang"))
        assert time.monotonic() - start < 10


@pytest.mark.slow
def test_a_method_that_reaches_a_hanging_method_shares_its_verdict(policy: Policy) -> None:
    with Session(_cells(), policy) as session:
        for name in ("hang", "uses"):
            with pytest.raises(NotPassed, match="hang did not come back") as caught:
                session.ask(Call(name, (Instance("Box"),), method=True))
            assert caught.value.verdict is Verdict.TIMED_OUT


@pytest.mark.slow
def test_a_method_that_hung_in_a_part_is_asked_again_with_a_stand_in(policy: Policy) -> None:
    stand_in = StandIn(("x",), ((torch.tensor(1.0), torch.ones(2)),))
    hangs = Call("uses", (Instance("Box"),), method=True)
    cells = _cells(
        "class Box(Box):\n    def uses(self): return self.hang(torch.ones(3, 2))\n"
        "    def hang(self, x):\n        while True: pass"
    )
    with Session(cells, policy) as session:
        with pytest.raises(NotPassed, match="uses did not come back"):
            session.ask(hangs)
        reply = session.ask(replace(hangs, stand_ins={"hang": stand_in}))
        assert reply.outputs[0].tolist() == [3.0, 3.0, 3.0]
        start = time.monotonic()
        with pytest.raises(NotPassed, match="uses did not come back"):
            session.ask(hangs)
        assert time.monotonic() - start < 2


def test_a_cell_that_ends_python_is_left_out_and_the_others_run(policy: Policy) -> None:
    cells = _cells("print(1)", "os._exit(3)", "print(2)")
    with Session(cells, policy) as session:
        assert _good(session)
    assert [cell.runs for cell in cells] == [True, True, False, True]
    assert "exit status 3" in cells[2].outputs[0].evalue
    assert cells[3].outputs[0].text == "2\n"


def test_a_cell_that_never_ends_is_interrupted_and_keeps_the_kernel(policy: Policy) -> None:
    cells = _cells("kept = 1", "while True: pass", "print(kept)")
    with Session(cells, policy) as session:
        assert _good(session)
    assert cells[2].outputs[-1].ename == "TimeOut"
    assert cells[3].outputs[0].text == "1\n"


@pytest.mark.slow
def test_a_cell_that_swallows_interrupts_is_ended(policy: Policy) -> None:
    cells = _cells("stubborn()", "print(2)")
    with Session(cells, policy) as session:
        assert _good(session)
    assert cells[2].outputs[0].text == "2\n"


def test_errors_warnings_and_input_in_cells_stop_nothing(policy: Policy) -> None:
    cells = _cells("1/0", "import sys; print('w', file=sys.stderr)", "input()", "def f(:", "!ls")
    with Session(cells, policy) as session:
        assert _good(session)
    assert cells[1].outputs[0].ename == "ZeroDivisionError"
    assert cells[3].outputs[0].ename == "StdinNotImplementedError"


def test_what_a_cell_shows_is_reduced_to_text_and_png(policy: Policy) -> None:
    source = """
from IPython.display import HTML, Javascript, display
display(HTML("<script>1</script>"), Javascript("alert(1)"))
display({"text/html": "<b>", "image/svg+xml": "<svg/>", "text/plain": "plain"}, raw=True)
"""
    cells = _cells(source)
    with Session(cells, policy):
        kinds = [sorted(output.data) for output in cells[1].outputs]
    assert kinds == [["text/plain"]] * 3


def test_a_forged_reply_of_a_patched_probe_is_a_crash(policy: Policy) -> None:
    patch = """
import sys
sys.modules["autograder.sandbox.kernel"].answer = lambda *a: ({"score": 70}, b"")
"""
    with Session(_cells(patch), policy) as session:
        with pytest.raises(NotPassed, match="malformed") as caught:
            session.ask(Call("good", (torch.zeros(1),)))
        assert caught.value.verdict is Verdict.CRASHED


HOSTILE_BYTES = {
    "zeros": "bytes(1 << 20)",
    "noise": "os.urandom(1 << 20)",
    "a message of 4 GiB": "b'\\xff' * 8",
    "half a message": "(1000).to_bytes(4, 'little') + bytes(4) + b'{'",
    "an object in an object in an object": "said(b'{\"a\":' * 100_000)",
    "a list": "said(b'[1]')",
    "numbers for names": 'said(b\'{"request": 1, "kind": 2, "content": 3}\')',
    "another's request": 'said(b\'{"request": "x", "kind": "done", "content": {}}\') * 9',
}


@pytest.mark.parametrize("written", HOSTILE_BYTES.values(), ids=HOSTILE_BYTES.keys())
def test_bytes_out_of_form_cost_a_verdict_and_not_the_grader(policy: Policy, written: str) -> None:
    source = f"""
def said(text): return len(text).to_bytes(4, 'little') + bytes(4) + text
def rude():
    os.write(3, {written})
    return 1.0
"""
    with Session(_cells(source), policy) as session:
        with contextlib.suppress(NotPassed):
            assert session.ask(Call("rude")).failure is None
        assert _good(session)


@pytest.mark.slow
def test_a_reply_too_large_to_be_judged_says_so(policy: Policy) -> None:
    with Session(_cells("def large(): return torch.ones(20_000_000)"), policy) as session:
        failure = session.ask(Call("large")).failure
        assert failure is not None and "76 MiB of numbers" in failure.text
        assert _good(session)


def test_an_interrupt_never_cuts_a_message_in_two(policy: Policy) -> None:
    noisy = "while True: print('x' * 5000, flush=True)"
    cells = [Cell(DEFINITIONS, 2, []), *(Cell(noisy, 0.2, []) for _ in range(4))]
    with Session(cells, policy) as session:
        assert _good(session) and session._restarts == 1
    assert [cell.outputs[-1].ename for cell in cells[1:]] == ["TimeOut"] * 4


def test_what_is_printed_before_a_kernel_is_ended_is_kept(policy: Policy) -> None:
    cells = _cells("print('so far'); os._exit(1)")
    with Session(cells, policy):
        pass
    assert cells[1].outputs[0].text == "so far\n"


def test_texts_of_exceptions_are_made_plain(policy: Policy) -> None:
    source = "def rude(): raise ValueError('a\\ud800b\\x1b[2J')"
    with Session(_cells(source), policy) as session:
        failure = session.ask(Call("rude")).failure
    assert failure is not None and failure.text == "a?b[2J"


@pytest.mark.slow
def test_many_deaths_end_in_cells_being_left_out(policy: Policy) -> None:
    cells = _cells(*["os._exit(1)"] * 40)
    with Session(cells, policy) as session:
        assert _good(session)
        assert session._restarts <= 14


@pytest.mark.slow
def test_the_whole_submission_has_a_time_limit(policy: Policy) -> None:
    from dataclasses import replace

    brief = replace(policy, submission_seconds=4)
    start = time.monotonic()
    with Session(_cells(*["while True: pass"] * 9), brief):
        pass
    assert time.monotonic() - start < 12


def test_a_kernel_that_starts_after_the_time_limit_still_answers(policy: Policy) -> None:
    from dataclasses import replace

    stubborn = """
while True:
    try:
        while True: pass
    except KeyboardInterrupt: pass
"""
    start = time.monotonic()
    with Session(_cells(stubborn, "x = 1"), replace(policy, submission_seconds=2)) as session:
        assert session.kernel.alive
        assert not any(cell.runs for cell in session.cells)
    assert time.monotonic() - start < 12


@pytest.mark.slow
def test_a_cell_that_ends_the_kernel_a_moment_later_costs_no_other_cell(policy: Policy) -> None:
    later = "import os, threading; threading.Timer(0.05, os._exit, (3,)).start()"
    pause = "import time; time.sleep(0.5)"
    with Session(_cells(later, pause, "def after(): return 1.0"), policy) as session:
        assert float(session.ask(Call("after")).outputs[0]) == 1.0
        assert sum(cell.runs for cell in session.cells) >= 3


def test_quit_in_a_cell_ends_nothing(policy: Policy) -> None:
    with Session(_cells("quit()", "def after(): return 1.0"), policy) as session:
        assert float(session.ask(Call("after")).outputs[0]) == 1.0
        assert all(cell.runs for cell in session.cells)
        assert "end nothing here" in session.cells[1].outputs[0].text


def test_a_call_that_took_long_is_not_made_twice(policy: Policy) -> None:
    source = """
calls = []
def slow(x):
    time.sleep(0.2)
    calls.append(x)
    return x * len(calls)
"""
    with Session(_cells(source), policy) as session:
        ones = Call("slow", (torch.ones(1),), seed=1)
        for call, result in (
            (ones, 1.0),
            (ones, 1.0),
            (replace(ones, seed=2), 2.0),
            (Call("slow", (torch.ones(2),), seed=1), 3.0),
        ):
            assert session.ask(call).outputs[0][0] == result
