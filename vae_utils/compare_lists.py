"""Judges lists of random numbers, one output each, from many calls.

Each comparison returns None, or what is wrong.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_draws import distribution
from vae_utils.compare_values import arrangement, double


def listed(
    reply: Reply, *, values: Array, cdf: Array, calls: int, count: int, slack: float = 0.0
) -> str | None:
    """Lists of `count` numbers, from as many calls, all independent draws: see `distribution`."""
    problem = arrangement(reply, [(calls,)] * count)
    if problem:
        return problem
    if stuck(reply) is None:
        return "the same numbers come again: neighbours in the list, or two calls, are equal"
    joined = replace(reply, outputs=(np.concatenate(reply.outputs),), single=True)
    return distribution(joined, values=values, cdf=cdf, n=calls * count, slack=slack)


def stuck(reply: Reply) -> str | None:
    """Lists in which most neighbours, or most numbers of two calls, are equal: a mistake."""
    rows = double(np.stack(reply.outputs))
    again = [np.mean(np.diff(rows, axis=axis) == 0) for axis in range(2) if rows.shape[axis] > 1]
    return None if max(again, default=0.0) > 0.5 else "the numbers differ"


def among(
    reply: Reply, *, values: Array, calls: int, count: int, atol: float, share: float
) -> str | None:
    """Lists in which that share of all numbers is close to one of a few values: a mistake."""
    problem = arrangement(reply, [(calls,)] * count)
    if problem:
        return problem
    apart = np.abs(double(np.stack(reply.outputs))[..., None] - double(values)).min(-1)
    return None if np.mean(apart <= atol) >= share else "there are many different numbers"
