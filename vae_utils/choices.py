"""Answers to questions of true or false, as a function returns them, read as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice
from typing import Any

NOT_YET = math.nan
NEITHER = 2.0
MOST = 100


class NoChoices(TypeError):
    """What was returned is no row of answers."""


def read(result: Any) -> list[float]:
    """Each answer: 1 (True), 0 (False), NOT_YET (None) or NEITHER (anything else).

    Raises:
        NoChoices: there is no order in which answers could stand, or none at all.
    """
    if result is None:
        raise NoChoices("it returned nothing (None): is the return missing?")
    if isinstance(result, (dict, set, frozenset)):
        raise NoChoices(
            f"it returned a {type(result).__name__}; return the answers one after the other, with "
            "commas between them"
        )
    several = isinstance(result, Iterable) and getattr(result, "ndim", 1) > 0
    return [_choice(value) for value in islice(result, MOST)] if several else [_choice(result)]


def _choice(value: Any) -> float:
    if value is None:
        return NOT_YET
    if isinstance(value, (str, bytes)):
        return NEITHER
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        return NEITHER
    return number if number in (0.0, 1.0) else NEITHER
