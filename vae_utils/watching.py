"""Notes what models of a class of the notebook are given while a call runs.

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
    """What every model of a class was given, in the order in which models were first called."""

    def __init__(self) -> None:
        self._models: list[Any] = []
        self._given: list[list[Array]] = []

    def note(self, model: Any, batch: Any) -> None:
        """One batch [N, ...] that a model has come to an end with."""
        known = [place for place, other in enumerate(self._models) if other is model]
        if not known:
            self._models.append(model)
            self._given.append([])
        with contextlib.suppress(RuntimeError):  # within vmap a tensor has no numbers to show
            rows = np.array(as_plain(batch))
            self._given[known[0] if known else -1].append(rows.reshape(len(rows), -1))

    def seen(self) -> dict[str, Array]:
        """For model 0: its rows as "0" [N, D], the rows of each batch as "0.sizes" [C], and how
        many weights it has as "0.weights" []; and so on."""
        found = {}
        for place, (model, batches) in enumerate(zip(self._models, self._given, strict=True)):
            found[f"{place}"] = np.concatenate(batches) if batches else np.zeros((0, 0))
            found[f"{place}.sizes"] = np.array([len(rows) for rows in batches], np.int64)
            count = sum(weight.numel() for weight in model.parameters())
            found[f"{place}.weights"] = np.array(count)
        return found


@contextlib.contextmanager
def watching(name: str, namespace: dict[str, Any]) -> Iterator[Watch]:
    """Watch the class of that name; without a name nothing is watched.

    Raises:
        Missing: the notebook has no such class of models.
    """
    watch = Watch()
    if not name:
        yield watch
        return
    cls = find(name, namespace)
    if not isinstance(cls, type) or not hasattr(cls, "forward"):
        raise Missing(f"`{name}` is no longer a class of models")
    forward = cls.forward

    @functools.wraps(forward)
    def noted(model: Any, batch: Any, *args: Any, **named: Any) -> Any:
        result = forward(model, batch, *args, **named)
        watch.note(model, batch)
        return result

    cls.forward = noted
    try:
        yield watch
    finally:
        cls.forward = forward
