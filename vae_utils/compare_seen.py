"""Judges what a training loop gave to its networks, as `vae_utils.watching` has noted it.

Each comparison returns None, or what is wrong. Replies are not trusted: what is too much to look
at, or does not belong together, raises ValueError.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_draws import normal, uniform
from vae_utils.compare_segments import segments
from vae_utils.compare_values import double

_TWINS = 8
"""Of 512 numbers of 24 bits a tenth is expected to be equal to one of 4,000 others, and more than
eight are with probability 1e-14 (Poisson)."""
_MOST_ROWS, _MOST_BATCHES = 1 << 15, 1 << 12


@dataclass(frozen=True)
class _Batch:
    """Rows [N, D] that one model saw after so many steps, in order; how many there were of them
    before those that it had seen earlier were left out."""

    step: int
    rows: Array
    size: int


def _batches(reply: Reply, model: int) -> Iterator[_Batch]:
    """What a model saw, without the rows that it had seen before."""
    rows, sizes, steps = (reply.seen[f"{model}{what}"] for what in ("", ".sizes", ".steps"))
    plain = all(array.ndim == 1 and array.dtype.kind == "i" for array in (sizes, steps))
    if not plain or rows.ndim != 2 or len(sizes) != len(steps):
        raise ValueError("no batches")
    if len(rows) > _MOST_ROWS or len(sizes) > _MOST_BATCHES:
        raise ValueError(f"no more than {_MOST_ROWS} rows are compared")
    if (sizes < 0).any() or sizes.sum(dtype=np.float64) != len(rows):
        raise ValueError("batches of other rows")
    known: set[bytes] = set()
    parts = np.split(np.ascontiguousarray(rows), np.cumsum(sizes)[:-1]) if len(sizes) else []
    for step, part in zip(steps, parts, strict=True):
        own = {row.tobytes(): row for row in part}
        new = [row for key, row in own.items() if key not in known]
        known |= set(own)
        yield _Batch(int(step), np.array(new).reshape(len(new), rows.shape[1]), len(part))


def trained(
    reply: Reply,
    *,
    models: int,
    weights: int,
    places: tuple[float, ...],
    steps: tuple[int, ...],
    rows: int,
    kept: tuple[str, ...] = (),
) -> str | None:
    """Critics of points (0, u) and (place, u), all u uniform and independent, with so many weights.

    steps: of each place, in order, all of which are made with `rows` new points of either kind; as
    many are seen after the last of them, for the estimate. Batches may be looked at in between.
    kept: mistakes, points of a place that come again, in "steps" but the first or in "estimates".
    """
    found = sum(name.isdigit() for name in reply.seen)
    if found != models:
        return f"{found} critics were used, {models} wanted"
    for model in range(models):
        count = int(reply.seen[f"{model}.weights"])
        if count != weights:
            return f"a critic has {count} weights, {weights} wanted"
    for model in range(models):
        problem = _Training(list(_batches(reply, model)), places, steps, rows).problem(kept)
        if problem:
            return f"critic {model + 1} {problem}"
    return None


class _Training:
    """One critic's."""

    def __init__(
        self, batches: list[_Batch], places: tuple[float, ...], steps: tuple[int, ...], rows: int
    ) -> None:
        self._batches, self._places, self._rows = batches, places, rows
        self._ends = np.cumsum(steps).tolist()
        self._starts = [0, *self._ends[:-1]]

    def _new(self, place: float, first: int, last: int) -> Array:
        """New points [N, 2] at a place, seen after `first` to `last` steps."""
        between = [b.rows for b in self._batches if first <= b.step <= last]
        rows = np.concatenate([*between, np.zeros((0, 2))])
        return np.asarray(rows[rows[:, 0] == place])

    def problem(self, kept: tuple[str, ...]) -> str | None:
        """What is wrong about it."""
        made = max((batch.step for batch in self._batches), default=0)
        if made != self._ends[-1]:
            return f"made {made} steps, {self._ends[-1]} wanted"
        for place, start, end in zip(self._places, self._starts, self._ends, strict=True):
            problem = self._at(place, start, end, kept)
            if problem:
                return problem
        return None if kept else self._law()

    def _at(self, place: float, start: int, end: int, kept: tuple[str, ...]) -> str | None:
        largest = max(self._sizes(place), default=0)
        if largest > self._rows:
            return f"was shown {largest} points at {place:g} at once, {self._rows} wanted"
        for step in range(start, end):
            wanted = 0 if "steps" in kept and step > start else self._rows
            problem = self._off(place, step, wanted, f"made step {step + 1} with")
            if problem:
                return problem
        wanted = 0 if "estimates" in kept else self._rows
        return self._off(place, end, wanted, "was shown, for the estimate,")

    def _sizes(self, place: float) -> list[int]:
        return [int((batch.rows[:, 0] == place).sum()) for batch in self._batches]

    def _off(self, place: float, step: int, wanted: int, did: str) -> str | None:
        for where in (0.0, place):
            count = len(self._new(where, step, step))
            if count < wanted - _TWINS:
                return f"{did} {count} new points at {where:g}, {wanted} wanted"
        if count and not wanted:  # those at 0 may belong to the next place
            return f"{did} {count} new points at {place:g}"
        return None

    def _law(self) -> str | None:
        """What is wrong about the numbers u of all points at 0, and of all others."""
        last = self._ends[-1]
        others = np.concatenate([self._new(place, 0, last) for place in self._places])
        both = self._new(0.0, 0, last), others * [0.0, 1.0]
        count = min(map(len, both))
        points = Reply(tuple(rows[None, :count] for rows in both), single=False)
        problem = segments(points, places=(0.0, 0.0), shape=(1, count, 2))
        return f"was shown odd points: {problem}" if problem else None


def batches(reply: Reply, *, sizes: Array) -> str | None:
    """A function was given batches of these sizes, in this order."""
    found = [batch.size for batch in _batches(reply, 0)] if reply.seen else []
    wanted = [int(size) for size in sizes]
    if found == wanted:
        return None
    return f"it was called with batches of {_listed(found)} rows, {_listed(wanted)} wanted"


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes[:9])) + ", ..." * (len(sizes) > 9) or "no"


def _news(reply: Reply) -> list[Array]:
    """New rows of each batch of the first model that has some."""
    return [batch.rows for batch in _batches(reply, 0) if len(batch.rows)]


def _matched(news: list[Array], sizes: Array) -> list[Array]:
    """Batches with so many new rows, in this order, and as far as there are; others may come in
    between."""
    rest, found = list(sizes), list[Array]()
    for rows in news:
        if rest and len(rows) == rest[0]:
            found.append(rows)
            del rest[0]
    return found


def fresh(reply: Reply, *, sizes: Array, exactly: bool = False) -> str | None:
    """Batches with so many rows that the model had not seen before, in this order.

    Others may come in between, unless exactly these are wanted.
    """
    news = _news(reply)
    found, wanted = [len(rows) for rows in news], [int(size) for size in sizes]
    if found == wanted or (not exactly and len(_matched(news, sizes)) == len(wanted)):
        return None
    return f"batches of {_listed(found)} new codes were used, {_listed(wanted)} wanted"


def repeated(reply: Reply) -> str | None:
    """Batches that are mostly made of rows that the model had seen before: a mistake."""
    new = sum(map(len, _news(reply)))
    return None if new <= len(reply.seen["0"]) / 2 else "most of the rows are new"


def codes(
    reply: Reply, *, sizes: Array, length: int, low: float | None = None, zero: bool = False
) -> str | None:
    """The new rows [N, length] in batches of these sizes are independent normal draws.

    Mistakes to recognise: uniform ones from `low` to 1; nothing but zeros.
    """
    news = _news(reply)
    if zero:
        return "there are other codes" if any(rows.any() for rows in news) else None
    rows = np.concatenate([np.zeros((0, length)), *_matched(news, sizes)])
    joined, zeros, ones = Reply((double(rows),)), np.zeros(length), np.ones(length)
    if low is not None:
        return uniform(joined, low=low * ones, high=ones)
    axes = ("batch", "entries of a code")
    return normal(joined, mean=zeros, std=ones, calls=int(sum(sizes)), axes=axes)


def moved(reply: Reply, *, start: dict[str, Array]) -> str | None:
    """Some of these weights, if there are any, are no longer what they were."""
    for name, before in start.items():
        if name not in reply.weights:
            return f"there is no `{name}`"
        if np.any(reply.weights[name] != before.reshape(reply.weights[name].shape)):
            return None
    return f"{', '.join(start)}: none of these has moved" if start else None
