"""Judges noisy training: numbers between bounds, and lists of random numbers.

Each comparison returns None, or what is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from vae_utils.calls import Reply
from vae_utils.compare_draws import distribution
from vae_utils.compare_values import arrangement, brief


def between(reply: Reply, *, low: tuple[Any, ...], high: tuple[Any, ...]) -> str | None:
    """Every entry of every output lies between two others; shapes are those of `low`."""
    problem = arrangement(reply, list(low))
    if problem:
        return problem
    for place, (got, least, most) in enumerate(zip(reply.outputs, low, high, strict=True)):
        values, floor, ceiling = (np.asarray(part, dtype=np.float64) for part in (got, least, most))
        outside = np.argwhere((values < floor) | (values > ceiling))
        if len(outside):
            index = tuple(int(i) for i in outside[0])
            where = f"entry {list(index)}" if index else "it"
            which = f"value {place + 1}: " if len(low) > 1 else ""
            bounds = f"between {brief(float(floor[index]))} and {brief(float(ceiling[index]))}"
            return f"{which}{where} is {brief(float(values[index]))}, {bounds} wanted"
    return None


def listed(
    reply: Reply, *, values: Any, cdf: Any, calls: int, count: int, slack: float = 0.0
) -> str | None:
    """Lists of `count` numbers, from as many calls, all independent draws: see `distribution`."""
    problem = arrangement(reply, [np.empty(calls)] * count)  # type: ignore[list-item]
    if problem:
        return problem
    if stuck(reply) is None:
        return "the same numbers come again: two of the list, or of two calls, are equal"
    joined = torch.cat([torch.as_tensor(output) for output in reply.outputs])
    return distribution(
        replace(reply, outputs=(joined,), single=True),
        values=values, cdf=cdf, n=calls * count, slack=slack,
    )  # fmt: skip


def stuck(reply: Reply) -> str | None:
    """Lists in which many neighbours, or the numbers of two calls, are equal: a mistake."""
    rows = np.stack([np.asarray(output, dtype=np.float64) for output in reply.outputs])
    again = [np.mean(np.diff(rows, axis=axis) == 0) for axis in range(2) if rows.shape[axis] > 1]
    return None if max(again, default=0.0) > 0.5 else "the numbers differ"
