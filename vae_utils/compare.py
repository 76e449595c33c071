"""Holds a reply against what was expected, by the name of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vae_utils.arrays import as_arrays
from vae_utils.calls import Reply
from vae_utils.compare_bounds import between
from vae_utils.compare_calls import answered, answers, cost, refused, repeats, steady, varies
from vae_utils.compare_draws import (
    binary,
    distribution,
    frequencies,
    independent,
    normal,
    shared,
    uniform,
)
from vae_utils.compare_maps import clusters
from vae_utils.compare_seen import batches, codes, fresh, moved, repeated, trained
from vae_utils.compare_segments import segments
from vae_utils.compare_values import (
    equal,
    gradient_at_most,
    gradients,
    number,
    overflows,
    reaches,
    reparameterised,
    rising,
    unbiased,
    unreached,
    weights,
)

KINDS: dict[str, Callable[..., str | None]] = {
    function.__name__: function
    for function in (
        equal, number, overflows, gradients, gradient_at_most, weights, unbiased, reaches,
        unreached, reparameterised, rising, normal, shared, uniform, distribution, binary,
        frequencies, independent, answers, answered, varies, repeats, steady, clusters, refused,
        cost, between, segments, trained, batches, fresh, repeated, codes,
        moved,
    )
}  # fmt: skip


def compare(kind: str, reply: Reply, params: dict[str, Any]) -> str | None:
    """The comparison of that name; None if the reply is as expected.

    params: numbers as arrays, or as tensors where torch is loaded.
    """
    with np.errstate(all="ignore"):  # odd answers make odd numbers
        return _function(kind)(reply, **as_arrays(params))


def _function(kind: str) -> Callable[..., str | None]:
    if kind in KINDS:
        return KINDS[kind]
    from vae_utils.figure_kinds import KINDS as OF_FIGURES

    return OF_FIGURES[kind]
