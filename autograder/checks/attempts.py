"""Judges one function of a cell that holds several, whatever became of the others.

They are one task, so `student.given` does not tell them apart. A check tries a function as it is
and, where another function of the cell is wrong, with a stand-in for that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from autograder.student import Student
from autograder.verdicts import NotPassed
from vae_utils.stand_in import StandIn

StandIns = dict[str, StandIn]
Claimed = Callable[[StandIns], None]


Choice = TypeVar("Choice")


def either(student: Student, claim: Callable[[Choice], None], choices: Iterable[Choice]) -> None:
    """Hold a claim with one of these choices, of stand-ins mostly, made until one will do.

    Raises:
        NotPassed: it holds with none of them; says what was wrong with the first.
    """
    problems = []
    for choice in choices:
        try:
            return claim(choice)
        except NotPassed as problem:
            problems.append((problem, student.exhibit))
    first, student.exhibit = problems[0]
    raise first


def and_without(given: StandIns) -> Iterator[StandIns]:
    """What is given, and nothing: one function of a cell may use what another does without."""
    yield given
    if given:
        yield {}


def fails(claim: Claimed, stand_ins: StandIns) -> bool:
    """Whether a claim does not hold with these stand-ins."""
    try:
        claim(stand_ins)
    except NotPassed:
        return True
    return False
