"""Judges what a training loop gave to its networks, as `vae_utils.watching` has noted it.

Each comparison returns None, or what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_draws import normal, uniform
from vae_utils.compare_values import double

_TWINS = 12
"""Among 4,000 numbers of 24 bits a half pair of equal ones is expected, and a dozen of them in less
than one of 10^13 cases."""
_MOST = 1 << 16
"""Of rows, and of batches: a hostile reply may hold millions."""


def points(
    reply: Reply, *, models: int, weights: int, places: Array, counts: Array, most: int
) -> str | None:
    """Critics of points (place, u) [N, 2], each with that many weights.

    places, counts: of each place, how many different points each critic has to see. most: points
    of a place in one batch.
    """
    seen = reply.seen
    found = sum(name.isdigit() for name in seen)
    if found != models:
        return f"{found} critics were used, {models} wanted"
    for model in range(models):
        if int(seen[f"{model}.weights"]) != weights:
            return f"a critic has {int(seen[f'{model}.weights'])} weights, {weights} wanted"
    for model in range(models):
        for place, count in zip(double(places), counts, strict=True):
            at = [rows[rows[:, 0] == place] for rows in _batches(reply, model)]
            largest = max(map(len, at), default=0)
            if largest > most:
                return f"a batch has {largest} points at {place:g}, {most} wanted"
            different = len(np.unique(np.concatenate([*at, np.zeros((0, 2))]), axis=0))
            if not count - _TWINS <= different <= count:
                return (
                    f"critic {model + 1} has seen {different} different points at {place:g}, "
                    f"{int(count)} wanted"
                )
    return None


def _batches(reply: Reply, model: int) -> list[Array]:
    rows, sizes = reply.seen[f"{model}"], reply.seen[f"{model}.sizes"]
    if max(len(rows), len(sizes)) > _MOST:
        raise ValueError(f"no more than {_MOST} rows are compared")
    return np.split(rows, np.cumsum(sizes)[:-1]) if len(sizes) else []


def _new(reply: Reply) -> Iterator[Array]:
    """Of each batch of the first model those rows that it had not seen before, and once."""
    known: set[bytes] = set()
    for batch in _batches(reply, 0):
        rows = {row.tobytes(): row for row in np.ascontiguousarray(batch)}
        yield np.array([row for key, row in rows.items() if key not in known])
        known |= set(rows)


def batches(reply: Reply, *, sizes: Array) -> str | None:
    """A function was given batches of these sizes, in this order."""
    found = reply.seen["0.sizes"] if reply.seen else np.zeros(0)
    if np.array_equal(found, sizes):
        return None
    return f"it was called with batches of {_listed(found)} rows, {_listed(sizes)} wanted"


def _listed(sizes: Array) -> str:
    return ", ".join(f"{int(size)}" for size in sizes[:9]) + ", ..." * (len(sizes) > 9) or "no"


def fresh(reply: Reply, *, sizes: Array, exactly: bool = False) -> str | None:
    """Batches with so many rows that the model had not seen before, in this order.

    Others may come in between, unless exactly these are wanted.
    """
    found = [len(rows) for rows in _new(reply) if len(rows)]
    wanted = [int(size) for size in sizes]
    rest = iter(found)
    if found == wanted if exactly else all(size in rest for size in wanted):
        return None
    shown = _listed(np.array(found)), _listed(sizes)
    return f"batches of {shown[0]} new codes were used, {shown[1]} wanted"


def repeated(reply: Reply) -> str | None:
    """Batches that are mostly made of rows that the model had seen before: a mistake."""
    new = sum(map(len, _new(reply)))
    return None if new <= len(reply.seen["0"]) / 2 else "most of the rows are new"


def codes(
    reply: Reply, *, least: int, length: int, low: float | None = None, zero: bool = False
) -> str | None:
    """Different rows [least or more, length] that the model saw are independent normal draws.

    Mistakes to recognise: uniform ones from `low` to 1; nothing but zeros.
    """
    rows = [row for batch in _new(reply) for row in batch]
    if zero:
        return None if len(rows) == 1 and not rows[0].any() else "there are other codes"
    if len(rows) < least:
        return f"{len(rows)} different codes were used, {least} wanted"
    joined = Reply((np.array(rows),))
    zeros, ones = np.zeros(length), np.ones(length)
    if low is not None:
        return uniform(joined, low=low * ones, high=ones)
    axes = ("batch", "entries of a code")
    return normal(joined, mean=zeros, std=ones, calls=len(rows), axes=axes)


def moved(reply: Reply, *, start: dict[str, Array]) -> str | None:
    """Some of these weights, if there are any, are no longer what they were."""
    for name, before in start.items():
        if name not in reply.weights:
            return f"there is no `{name}`"
        if np.any(reply.weights[name] != before.reshape(reply.weights[name].shape)):
            return None
    return f"{', '.join(start)}: none of these has moved" if start else None
