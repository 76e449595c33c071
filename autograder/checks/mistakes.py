"""What a function may get wrong whatever its formula: sums, shapes, overflow, lost gradients.

For tensors and for arrays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograder.checks import Misconception
from autograder.verdicts import NotPassed, Verdict
from vae_utils.arrays import as_array
from vae_utils.explain import FIXED_BATCH, takes_a_fixed_batch

Shape = tuple[int, ...]
Numbers = Any
"""A tensor of torch or an array of NumPy."""


def gives(name: str, hint: str, *expected: Numbers) -> Misconception:
    """A wrong formula and what it returns."""
    return Misconception(name, hint, {"expected": tuple(map(as_array, expected))})


def overflows(name: str, hint: str, shape: Shape) -> Misconception:
    """A mistake that shows as an infinity or NaN among results of that shape."""
    return Misconception(name, hint, {"shape": shape}, kind="overflows")


def squeezed(*expected: Numbers) -> Misconception:
    """The right values of a batch of one without its batch axis."""
    hint = "The batch axis of a single row got lost: squeeze, or a sum over everything?"
    return gives("batch_axis_lost", hint, *(value[0] for value in expected))


def wrong_sums(terms: Numbers, entries: str) -> list[Misconception]:
    """Wrong ways to add up terms [B, N]; entries: what N counts."""
    right = terms.sum(-1)
    per_row = "One number per row is wanted, [B]: do not sum or average over the batch."
    last_axis = f"One number per row is wanted, [B]: sum over the last axis, the {entries}."
    averaged = f"The {entries} are independent: log densities add up, they are not averaged."
    return [
        gives("summed_over_batch", per_row, right.sum()),
        gives("averaged_over_batch", per_row, right.mean()),
        gives("averaged_over_everything", per_row + f" Over the {entries}, sum.", terms.mean()),
        gives(f"averaged_over_{entries}", averaged, terms.mean(-1)),
        gives("wrong_axis", last_axis, terms.sum(0)),
        gives("not_summed", last_axis, terms),
        gives("kept_axis", "The shape is [B], not [B, 1]: is there a keepdim?", right[:, None]),
    ]


def unreached(shape: Shape, names: dict[str, str]) -> list[Misconception]:
    """No gradient for any of these arguments, or for one of them.

    shape: of the first output. names: what replies call an argument, and its name for a reader.
    """
    reaches = (
        "No gradient reaches {}: is it left out, or cut off by detach, no_grad, .data or NumPy?"
    )

    def lacks(name: str, hint: str, *places: str) -> Misconception:
        params = {"names": places, "shape": shape}
        return Misconception(name, hint, params, kind="unreached")

    if len(names) == 1:
        return [lacks("no_gradient", reaches.format(*names.values()), *names)]
    single = [
        lacks(f"no_gradient_to_{name}", reaches.format(name), place)
        for place, name in names.items()
    ]
    none = "No gradient gets through: look for detach, no_grad, .data or NumPy."
    return [lacks("no_gradient", none, *names), *single]


@contextlib.contextmanager
def any_batch_size(usual: int) -> Iterator[None]:
    """Recognises a crash that comes from a fixed batch size, mostly the notebook's own."""
    try:
        yield
    except NotPassed as problem:
        fixed = takes_a_fixed_batch(problem.message, usual)
        if problem.verdict is Verdict.CRASHED and fixed:
            raise NotPassed(
                problem.verdict, problem.message, FIXED_BATCH, "fixed_batch_size"
            ) from None
        raise
