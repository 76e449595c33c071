"""Whether a call came back as it should: with an answer or an error, in few steps, twice the same.

Each comparison returns None, or what is wrong.
"""

from __future__ import annotations

import math

import numpy as np

from vae_utils.calls import Reply
from vae_utils.compare_values import Shape, arrangement, brief

_ACCIDENTS = {
    "NotImplementedError", "NameError", "UnboundLocalError", "AttributeError", "TypeError",
    "Missing", "Hung", "RecursionError", "MemoryError", "KeyError", "IndexError", "NotNumbers",
    "ImportError", "ModuleNotFoundError", "RuleBroken", "SystemExit", "ZeroDivisionError",
}  # fmt: skip


def answers(reply: Reply) -> str | None:
    """The call comes back, with anything."""
    return None


def answered(reply: Reply, *, count: int, place: int) -> str | None:
    """As many answers as there are questions, and at that place one that is true or false.

    Which of the two is right only the grader knows.
    """
    got = reply.outputs[0]
    if got.shape != (count,):
        return f"it returned {_answers(got.size)}, {_answers(count)} wanted"
    answer = float(got[place])
    if math.isnan(answer):
        return f"question {place + 1} is not answered yet"
    if answer not in (0, 1):
        return (
            f"the answer to question {place + 1} is neither True nor False: write one of these two "
            "words of Python, without quotes"
        )
    return None


def _answers(number: int) -> str:
    return "one answer" if number == 1 else f"{number} answers"


def varies(reply: Reply) -> str | None:
    """Repeated calls [repeat, ...] do not all give the same values.

    Ask for more than two of a single number: rounding makes two of them equal now and then.
    """
    got = reply.outputs[0]
    if not np.array_equal(got[1:], got[:-1]):
        return None
    return f"{'two' if len(got) == 2 else 'all'} calls gave the same values"


def repeats(reply: Reply) -> str | None:
    """All repeated calls give the same values: a mistake to recognise."""
    return None if varies(reply) else "two calls gave different values"


def steady(reply: Reply, *, most: float, shape: Shape) -> str | None:
    """Repeated calls give finite values of that shape which differ by at most `most`."""
    problem = arrangement(reply, [shape])
    if problem:
        return problem
    apart = float(np.ptp(reply.outputs[0], axis=0).max())
    if apart <= most:
        return None
    return (
        f"equal calls gave values that differ by up to {brief(apart)}; at most {brief(most)} wanted"
    )


def refused(reply: Reply) -> str | None:
    """The call raised an exception that was meant, one that says what is wrong with the input."""
    if reply.failure is None:
        return "no error is raised"
    if reply.failure.kind in _ACCIDENTS:
        return f"it stops with {reply.failure.kind}, an accident; a ValueError is wanted"
    return None


def cost(reply: Reply, *, most: int) -> str | None:
    """What a call on many rows costs Python, in steps (see `vae_utils.cost`)."""
    if reply.steps <= most:
        return None
    return (
        f"it takes {reply.steps:,} steps of Python for the many rows of this call, at most "
        f"{most:,} if all rows are treated at once: a loop over the batch?"
    )
