"""Notes what models of a class, or a function of the notebook, are given while a call runs.

How a training loop draws its batches and codes shows in nothing that it returns; it does in what
its networks see, and when. Neither values nor gradients change.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vae_utils.arrays import Array, is_tensor
from vae_utils.returned import as_plain
from vae_utils.standing_in import Missing, find

_UNSHOWN = (RuntimeError, TypeError, ValueError, IndexError)
"""Raised by what has no rows of numbers to show."""


@dataclass(frozen=True)
class _Note:
    """A batch [N, D], the model that it was given to, and a mark of its weights then."""

    model: int
    mark: int
    rows: Array


class Watch:
    """What every model of a class was given, in the order in which models were first called; of a
    function, the argument with most axes."""

    def __init__(self) -> None:
        self.is_on = True
        self._models: list[Any] = []
        self._like: list[int | None] = []
        """Of each model an earlier one that had its weights when it was called first."""
        self._notes: list[_Note] = []

    def note(self, model: Any, *inputs: Any) -> None:
        """What a model, or a function, has come to an end with: a batch [..., D] among others."""
        if not self.is_on:  # somebody kept the wrapped function
            return
        with contextlib.suppress(*_UNSHOWN):
            rows = _numbers(max(inputs, key=np.ndim))
            mark = _mark(model)
            rows = rows.reshape(-1, rows.shape[-1])
            self._notes.append(_Note(self._place(model, mark), mark, rows))

    def _place(self, model: Any, mark: int) -> int:
        known = (place for place, other in enumerate(self._models) if other is model)
        place = next(known, None)
        if place is not None:
            return place
        alike = (place for place, other in enumerate(self._models) if _mark(other) == mark)
        self._like.append(next(alike, None))
        self._models.append(model)
        return len(self._models) - 1

    def seen(self) -> dict[str, Array]:
        """For model 0: its rows as "0" [N, D], the rows of each batch as "0.sizes" [C], how often
        its weights had changed before as "0.steps" [C], and how many weights it has as "0.weights"
        [], 0 for a function; and so on.

        Copies that do not learn count as the model whose weights they have.
        """
        found: dict[str, Array] = {}
        for place, (model, notes) in enumerate(self._with_copies().items()):
            marks = list(dict.fromkeys(note.mark for note in notes))
            alike = [note for note in notes if note.rows.shape[1] == notes[0].rows.shape[1]]
            found[f"{place}"] = np.concatenate([note.rows for note in alike])
            found[f"{place}.sizes"] = np.array([len(note.rows) for note in alike], np.int64)
            found[f"{place}.steps"] = np.array([marks.index(n.mark) for n in alike], np.int64)
            found[f"{place}.weights"] = np.array(sum(w.size for w in _weights(self._models[model])))
        return found

    def _with_copies(self) -> dict[int, list[_Note]]:
        """The batches of each model, and those of copies that do not learn."""
        marks: dict[int, set[int]] = {}
        for note in self._notes:
            marks.setdefault(note.model, set()).add(note.mark)
        batches: dict[int, list[_Note]] = {}
        for note in self._notes:
            model, like = note.model, self._like[note.model]
            while like is not None and len(marks[model]) == 1:
                model, like = like, self._like[like]
            batches.setdefault(model, []).append(note)
        return batches


def _weights(model: Any) -> list[Array]:
    named = model.named_parameters() if hasattr(model, "named_parameters") else ()
    return [_numbers(weight) for _, weight in named]


def _mark(model: Any) -> int:
    """The same for equal weights, another one for others."""
    return hash(b"".join(weight.astype(np.float64).tobytes() for weight in _weights(model)))


def _numbers(value: Any) -> Array:
    """A copy of an array or a tensor; of what a tensor holds within vmap or grad of torch, if this
    release can tell."""
    if not is_tensor(value):
        return np.array(as_plain(value))
    import torch

    unwrap = getattr(torch.func, "debug_unwrap", None)
    outside = getattr(torch._C, "_DisableFuncTorch", contextlib.nullcontext)
    held = unwrap(value) if unwrap else value
    with outside():
        return np.array(as_plain(held))


@contextlib.contextmanager
def watching(name: str, namespace: dict[str, Any]) -> Iterator[Watch]:
    """Watch the class or the function of that name; without a name nothing is watched.

    Raises:
        Missing: the notebook has no class of models and no function that is called so.
    """
    watch = Watch()
    if not name:
        yield watch
        return
    found = find(name, namespace)
    watched = _models if isinstance(found, type) else _function
    try:
        with watched(name, namespace, watch):
            yield watch
    finally:
        watch.is_on = False


@contextlib.contextmanager
def _models(name: str, namespace: dict[str, Any], watch: Watch) -> Iterator[None]:
    cls = namespace[name]
    if not hasattr(cls, "forward"):
        raise Missing(f"`{name}` is no longer a class of models")
    forward, own = cls.forward, "forward" in vars(cls)

    @functools.wraps(forward)
    def noted(model: Any, *args: Any, **named: Any) -> Any:
        result = forward(model, *args, **named)
        watch.note(model, *args, *named.values())
        return result

    cls.forward = noted
    try:
        yield
    finally:
        if vars(cls).get("forward") is noted:
            if own:
                cls.forward = forward
            else:
                del cls.forward


@contextlib.contextmanager
def _function(name: str, namespace: dict[str, Any], watch: Watch) -> Iterator[None]:
    function = namespace[name]
    if not callable(function):
        raise Missing(f"`{name}` is no longer a function but a {type(function).__name__}")

    def noted(*args: Any, **named: Any) -> Any:
        result = function(*args, **named)
        watch.note(function, *args, *named.values())
        return result

    namespace[name] = noted
    try:
        yield
    finally:
        if namespace.get(name) is noted:
            namespace[name] = function
