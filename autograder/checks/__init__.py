"""What a check file is written with: points, misconceptions, draws.

One folder an assignment, one file a task. A check is a pytest test that takes `student` and
`draw`; its docstring is the claim that the student reads.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from autograder.assignment import Assignment
from vae_utils.arrays import Array
from vae_utils.codec import uniform
from vae_utils.misconceptions import Misconception
from vae_utils.rules import Rules

if TYPE_CHECKING:  # checks of NumPy do without torch
    from torch import Tensor

__all__ = ["Draw", "Misconception", "rules_of", "worth"]

Check = TypeVar("Check", bound=Callable[..., None])


def worth(points: float) -> Callable[[Check], Check]:
    """The points that a check carries; those of a file sum to the task's points."""

    def mark(check: Check) -> Check:
        check.points = points  # type: ignore[attr-defined]
        return check

    return mark


def rules_of(assignment: Assignment) -> Rules:
    """The house rules, declared beside the assignment's checks."""
    rules: Rules = importlib.import_module(f"autograder.checks.{assignment.name}").RULES
    return rules


class Draw:
    """Random inputs of one check, from its own seed; remembers how each one was made."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        self._seed = int.from_bytes(digest[:7])
        self._origin = seed, name
        self._shared: list[Draw] = []
        self._made: list[tuple[Any, list[Any]]] = []

    def uniform(self, *shape: int, low: float, high: float) -> Tensor:
        """Uniform numbers in [low, high), a tensor, float32."""
        import torch

        return self._kept(torch.from_numpy, shape, low, high, "float32")

    def array(self, *shape: int, low: float, high: float) -> Array:
        """The same numbers as an array, float64."""
        return self._kept(np.asarray, shape, low, high, "float64")

    def _kept(self, form: Any, shape: tuple[int, ...], low: float, high: float, dtype: str) -> Any:
        seed = self._seed + len(self._made)
        made = form(uniform(seed, shape, low, high).astype(dtype, copy=False))
        self._made.append((made, [seed, list(shape), low, high, dtype]))
        return made

    def seed(self) -> int:
        """A seed for the random numbers of a student's function."""
        return int(self.array(1, low=0, high=2**31)[0])

    def shared(self) -> Draw:
        """A draw that gives the same to all checks of the task, which can then share a call."""
        seed, name = self._origin
        self._shared.append(Draw(seed, name.partition("/")[0]))
        return self._shared[-1]

    def recipe(self, value: Any) -> list[Any] | None:
        """What makes this very tensor or array again, if it came from here unchanged."""
        made = [*self._made, *(pair for draw in self._shared for pair in draw._made)]
        return next((recipe for other, recipe in made if other is value), None)
