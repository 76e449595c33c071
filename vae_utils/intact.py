"""Holds that a function left its arguments as they were: whoever called it goes on with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_utils.arrays import as_array, is_tensor

OVERWRITTEN = "Who called it may still need that: work on a copy."


class Overwritten(RuntimeError):
    """Raised where a function has changed one of its arguments."""


def insist_on_intact(now: Any, before: Any) -> None:
    """Compare arguments after a call with what was handed over.

    Raises:
        Overwritten: an array or a tensor, in a list or not, has other values or another shape.
    """
    for place, pair in enumerate(zip(now, before, strict=True)):
        if not _same(*pair):
            raise Overwritten(f"it overwrites argument {place}")


def _same(now: Any, before: Any) -> bool:
    if isinstance(before, (list, tuple)):
        return len(now) == len(before) and all(map(_same, now, before))
    if not is_tensor(before) and not isinstance(before, np.ndarray):
        return True
    return np.array_equal(as_array(now), as_array(before), equal_nan=True)
