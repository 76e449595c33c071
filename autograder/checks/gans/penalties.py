"""The Lipschitz penalty of a critic whose slopes are known, and what wrong formulas make of it.

All are functions of slopes [B, ...], those of the critic at the places that were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.gans.critics import gives


def norms(slopes: Tensor) -> Tensor:
    """Lengths [B] of slopes [B, ...]."""
    return slopes.flatten(1).norm(dim=1)


def one_sided(lengths: Tensor) -> Tensor:
    """max(0, length - 1)^2, of any shape."""
    return (lengths - 1).clamp(min=0).square()


def penalty(slopes: Tensor) -> Tensor:
    """Its mean over the batch, []."""
    return one_sided(norms(slopes)).mean()


_WHOLE = "The norm is that of the whole gradient of a sample: of all its entries, not {}."

_WRONG: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
    (
        "two_sided",
        "A slope below 1 costs nothing: max(0, norm - 1), then the square.",
        lambda s: (norms(s) - 1).square().mean(),
    ),
    (
        "not_squared",
        "What the norm exceeds 1 by is squared.",
        lambda s: (norms(s) - 1).clamp(min=0).mean(),
    ),
    (
        "not_squared",
        "What the norm exceeds 1 by is squared.",
        lambda s: (norms(s) - 1).mean(),
    ),
    (
        "norm_squared",
        "The 1 is subtracted from the norm, not from its square: a root is missing.",
        lambda s: (norms(s).square() - 1).clamp(min=0).square().mean(),
    ),
    (
        "norm_squared",
        "The 1 is subtracted from the norm, not from its square: a root is missing.",
        lambda s: (norms(s).square() - 1).clamp(min=0).mean(),
    ),
    (
        "one_not_subtracted",
        "The limit is a slope of 1: subtract 1 from the norm.",
        lambda s: norms(s).square().mean(),
    ),
    (
        "mean_before_max",
        "Each sample pays for its own slope: max and square come first, the mean comes last.",
        lambda s: (norms(s).mean() - 1).clamp(min=0).square(),
    ),
    (
        "mean_before_square",
        "The square belongs to each sample: the mean comes last.",
        lambda s: (norms(s) - 1).clamp(min=0).mean().square(),
    ),
    (
        "mean_before_max",
        "Each sample pays for its own slope: max and square come first, the mean comes last.",
        lambda s: (norms(s) - 1).mean().clamp(min=0).square(),
    ),
    (
        "summed",
        "The penalty is a mean over the batch, not a sum.",
        lambda s: one_sided(norms(s)).sum(),
    ),
    (
        "not_averaged",
        "One number is wanted: the mean over the batch.",
        lambda s: one_sided(norms(s)),
    ),
    (
        "largest",
        "The penalty is a mean over the batch, not its largest entry.",
        lambda s: one_sided(norms(s)).amax(),
    ),
    (
        "norm_over_last_axis",
        _WHOLE.format("of the last axis only"),
        lambda s: one_sided(s.norm(dim=-1)).mean(),
    ),
    (
        "norm_over_channels",
        _WHOLE.format("of the channels only"),
        lambda s: one_sided(s.norm(dim=1)).mean(),
    ),
    (
        "norm_over_batch",
        "Each sample has a norm of its own: axis 0 counts the samples.",
        lambda s: one_sided(s.norm(dim=0)).mean(),
    ),
    (
        "norm_over_everything",
        "Each sample has a norm of its own: this is one norm for the whole batch, or for an xhat "
        "that t has given more axes than x has.",
        lambda s: one_sided(s.norm()),
    ),
    (
        "slope_of_the_mean",
        "This is the slope of the mean, too small by the size of the batch: differentiate the sum.",
        lambda s: one_sided(norms(s / len(s))).mean(),
    ),
    (
        "one_norm",
        "The norm is the Euclidean one: the root of the sum of squares.",
        lambda s: one_sided(s.flatten(1).abs().sum(1)).mean(),
    ),
    (
        "no_norm",
        "The norm of each gradient is missing: entries are looked at one by one.",
        lambda s: one_sided(s).mean(),
    ),
    (
        "mean_for_norm",
        "The norm is the root of the sum of squares, not of their mean.",
        lambda s: one_sided(s.flatten(1).square().mean(1).sqrt()).mean(),
    ),
    ("sign", "The penalty is never negative.", lambda s: -penalty(s)),
    (
        "min_for_max",
        "A slope above 1 costs something, one below 1 nothing: is it min for max?",
        lambda s: (norms(s) - 1).clamp(max=0).square().mean(),
    ),
    (
        "min_for_max",
        "A slope above 1 costs something, one below 1 nothing: is it min for max?",
        lambda s: (1 - norms(s)).clamp(min=0).square().mean(),
    ),
)


def wrong_penalties(slopes: Tensor) -> Iterator[Misconception]:
    """What the known wrong formulas make of slopes [B, ...]."""
    for name, hint, formula in _WRONG:
        yield gives(name, hint, torch.as_tensor(formula(slopes)))
