"""What cells print is kept in bounds that its readers need: nbconvert is slow on some of it."""

from __future__ import annotations

import signal
import time

import pytest

from autograder.feedback import FeedbackExporter
from autograder.outputs import Outputs
from autograder.time_limit import TooLong, at_most


def test_a_few_colours_are_kept() -> None:
    outputs = Outputs(1 << 20)
    outputs.add("stream", {"name": "stdout", "text": "\x1b[31mred\x1b[0m"})
    assert outputs.nodes[0].text == "\x1b[31mred\x1b[0m"


@pytest.mark.parametrize("messages", [1, 100])
def test_colours_without_end_are_dropped(messages: int) -> None:
    outputs = Outputs(1 << 24)
    for _ in range(messages):
        outputs.add("stream", {"name": "stdout", "text": "\x1b[mx" * (100_000 // messages)})
    text = outputs.nodes[0].text
    assert text.count("\x1b") <= 2000 and text.count("x") == 100_000


def test_outputs_without_end_are_dropped_however_short_they_are() -> None:
    """nbgrader and a browser take their time for each; four MiB of letters would be a million."""
    outputs = Outputs(4 << 20)
    for _ in range(5000):
        outputs.add("display_data", {"data": {"text/plain": "x"}})
    assert len(outputs.nodes) == 512


def test_outputs_say_what_they_use() -> None:
    outputs = Outputs(1000)
    outputs.add("stream", {"name": "stdout", "text": "x" * 5000})
    assert outputs.used >= 1000
    outputs.add("stream", {"name": "stdout", "text": "ZZZ"})
    assert "ZZZ" not in str(outputs.nodes)


@pytest.mark.slow
def test_code_that_no_highlighter_likes_is_shown_plainly() -> None:
    highlight = FeedbackExporter().filters["highlight_code"]
    assert '<span class="mi">1</span>' in highlight("x = 1")
    start = time.monotonic()
    shown = highlight(" \n" * 50_000 + "x < 1")
    assert time.monotonic() - start < 20
    assert "x &lt; 1" in shown and "span" not in shown


def test_a_limit_ends_a_loop_and_leaves_no_alarm() -> None:
    with pytest.raises(TooLong), at_most(0.05):
        while True:
            pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_limit_around_another_goes_on() -> None:
    with pytest.raises(TooLong), at_most(0.2):
        with pytest.raises(TooLong), at_most(0.05):
            while True:
                pass
        while True:
            pass
