"""Notes what models of a class, or a function of the notebook, are given while a call runs.

How a training loop draws its batches and codes shows in nothing that it returns; it does in what
its networks see. Neither values nor gradients change.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from vae_utils.arrays import Array
from vae_utils.returned import as_plain
from vae_utils.standing_in import Missing, find


class Watch:
    """What every model of a class was given, in the order in which models were first called; of a
    function, the argument with most axes."""

    def __init__(self) -> None:
        self._models: list[Any] = []
        self._given: list[list[Array]] = []

    def note(self, model: Any, batch: Any) -> None:
        """One batch [N, ...] that a model, or a function, has come to an end with."""
        known = [place for place, other in enumerate(self._models) if other is model]
        if not known:
            self._models.append(model)
            self._given.append([])
        with contextlib.suppress(RuntimeError, TypeError):  # no numbers, as within vmap
            rows = np.array(as_plain(batch))
            self._given[known[0] if known else -1].append(rows.reshape(len(rows), -1))

    def seen(self) -> dict[str, Array]:
        """For model 0: its rows as "0" [N, D], the rows of each batch as "0.sizes" [C], and how
        many weights it has as "0.weights" [], 0 for a function; and so on."""
        found = {}
        for place, (model, batches) in enumerate(zip(self._models, self._given, strict=True)):
            found[f"{place}"] = np.concatenate(batches) if batches else np.zeros((0, 0))
            found[f"{place}.sizes"] = np.array([len(rows) for rows in batches], np.int64)
            found[f"{place}.weights"] = np.array(_size(model))
        return found


def _size(model: Any) -> int:
    """How many weights there are."""
    named = model.named_parameters() if hasattr(model, "named_parameters") else ()
    return sum(weight.numel() for _, weight in named)


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
    with watched(name, namespace, watch):
        yield watch


@contextlib.contextmanager
def _models(name: str, namespace: dict[str, Any], watch: Watch) -> Iterator[None]:
    cls = namespace[name]
    if not hasattr(cls, "forward"):
        raise Missing(f"`{name}` is no longer a class of models")
    forward = cls.forward

    @functools.wraps(forward)
    def noted(model: Any, batch: Any, *args: Any, **named: Any) -> Any:
        result = forward(model, batch, *args, **named)
        watch.note(model, batch)
        return result

    cls.forward = noted
    try:
        yield
    finally:
        cls.forward = forward


@contextlib.contextmanager
def _function(name: str, namespace: dict[str, Any], watch: Watch) -> Iterator[None]:
    function = namespace[name]
    if not callable(function):
        raise Missing(f"`{name}` is no longer a function but a {type(function).__name__}")

    def noted(*args: Any, **named: Any) -> Any:
        result = function(*args, **named)
        watch.note(function, max((*args, *named.values()), key=np.ndim))
        return result

    namespace[name] = noted
    try:
        yield
    finally:
        namespace[name] = function
