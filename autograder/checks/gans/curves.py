"""Bounds of what `toy_curves` estimates, with own parts and with stand-ins, and of known mistakes.

With own parts, lines FAR apart are learned in MANY steps. A stand-in is linear in theta and in the
bias of the critic's output, which then moves by the same length at each step: the estimate tells
how many there were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.gans.fits import StandIns
from vae_utils.stand_in import StandIn

WIDTH, MANY, BATCH = 64, 100, 512
FAR = 20.0
PARTS = ("vf_squared_hellinger", "vf_wasserstein_distance", "lp_reg")
PULL, LR = 10.0, 1e-3
START = 0.2 * PULL
"""No bias of a layer with 64 inputs is further from 0 than 1/8."""

Bounds = tuple[tuple[float, float], ...]
"""The least and the largest estimate for each theta."""


def bounds(hellinger: Bounds, wasserstein: Bounds) -> dict[str, Any]:
    """Of both curves, as a comparison wants them."""
    low, high = (
        tuple(torch.tensor([pair[side] for pair in curve]) for curve in (hellinger, wasserstein))
        for side in (0, 1)
    )
    return {"low": low, "high": high}


ANY = (-1e6, 1e6)
HIGH, NONE = (0.5, 2.0), (-0.3, 0.3)
TOP, LESS = (21.0, 25.5), (15.0, 20.0)
UNTRAINED = (-5.0, 5.0)


def wrong_curves() -> Iterator[Misconception]:
    """Of estimates at 20, 15 and 0, with many steps first and then one each."""
    hint = "The curves have changed places: first Hellinger, then Wasserstein."
    yield Misconception("curves_exchanged", hint, bounds((TOP, LESS, NONE), (HIGH, HIGH, NONE)))
    hint = "The critic starts anew with every theta: it keeps on learning, from one to the next."
    fresh = ((-8.0, 0.8), (UNTRAINED), NONE)
    yield Misconception(
        "critic_made_anew", hint, bounds((HIGH, fresh[0], NONE), (TOP, UNTRAINED, NONE))
    )
    hint = (
        "The critics have not learned: `first` steps for the first theta, and then `steps`, all of "
        "them with the critic that is measured."
    )
    little = ((-1.3, 1.3), (-1.3, 1.3), NONE)
    yield Misconception("not_trained", hint, bounds((ANY, ANY, NONE), little))
    hint = "The samples are always those of the first theta."
    yield Misconception("theta_fixed", hint, bounds((HIGH, HIGH, HIGH), (TOP, TOP, TOP)))
    hint = 'The Wasserstein distance has a critic of its own, trained with "wasserstein".'
    yield Misconception(
        "trained_for_hellinger",
        hint,
        bounds((HIGH, HIGH, NONE), ((1.3, 4.5), (1.0, 4.0), NONE)),
    )


def objectives(draw: Draw) -> tuple[StandIns, Tensor]:
    """In place of all parts: linear in theta, and in the bias of the critic's output, which then
    moves by the same length at each step; and what they add for each theta, [2]."""
    rise = torch.tensor([4.0, 1.0]) * draw.uniform(2, low=0.8, high=1.0)
    own = ("output.bias",)

    def linear(theta: float, bias: float, asks: str = "critic") -> StandIn:
        along = torch.tensor([theta, 0.0])
        terms = (torch.tensor(0.0), torch.zeros(2), along, None, torch.tensor([bias]))
        names = ("x", "y", "critic")
        return StandIn(names, (terms,), plain=True, mean=True, own=own, asks=asks)

    hellinger, wasserstein = (linear(float(r), PULL) for r in rise)
    parts = (hellinger, wasserstein, linear(0.0, 0.0, asks=""))
    return dict(zip(PARTS, parts, strict=True)), rise


def stood_in(rise: Tensor, thetas: tuple[float, ...], steps: tuple[int, ...]) -> dict[str, Any]:
    """Bounds of both curves after so many steps in all."""
    middle = [
        [
            float(r) * theta + PULL**2 * LR * count
            for theta, count in zip(thetas, steps, strict=True)
        ]
        for r in rise
    ]
    pairs = [tuple((m - START, m + START) for m in curve) for curve in middle]
    return bounds(*pairs)


def critics_trained(
    thetas: tuple[float, ...], first: int, steps: int, width: int
) -> dict[str, Any]:
    """How both critics are trained, as a comparison wants it."""
    weights = 3 * width + 2 * (width + 1) * width + width + 1
    each = (first, *(steps for _ in thetas[1:]))
    return {"models": 2, "weights": weights, "places": thetas, "steps": each, "rows": BATCH}
