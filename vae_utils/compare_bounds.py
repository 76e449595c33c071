"""Holds numbers of a reply between bounds: training is noisy. Returns None, or what is wrong."""

from __future__ import annotations

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_values import arrangement, double, told_apart


def between(reply: Reply, *, low: tuple[Array, ...], high: tuple[Array, ...]) -> str | None:
    """Every entry of every output lies between two others; shapes are those of `low`."""
    problem = arrangement(reply, [part.shape for part in low])
    if problem:
        return problem
    for place, (got, least, most) in enumerate(zip(reply.outputs, low, high, strict=True)):
        values, floor, ceiling = double(got), double(least), double(most)
        outside = np.argwhere((values < floor) | (values > ceiling))
        if len(outside):
            index = tuple(int(i) for i in outside[0])
            where = f"entry {list(index)}" if index else "it"
            which = f"value {place + 1}: " if len(low) > 1 else ""
            shown = told_apart(*(float(part[index]) for part in (values, floor, ceiling)))
            bounds = f"between {shown[1]} and {shown[2]}"
            return f"{which}{where} is {shown[0]}, {bounds} wanted"
    return None
