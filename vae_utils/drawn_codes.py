"""Judges the codes and binary samples that were read from figures: are they drawn as asked?

Eight statements, each at level ALPHA, whatever the number of codes. Six are about the codes, all
together and standardised: their mean and mean square, in all, and for each entry, which share a
level; and the least and the largest of them. Two are about sums of sample minus mean, over pixels
and with weights that codes and means determine: each pixel is a coin, and one with chance theta is
sub-Gaussian with variance (1 - 2 theta) / (2 logit(1 - theta)) (Kearns and Saul 1998). That codes
of one figure are the same, have the same noise, or are on one line has a chance below 1e-11 where
they are drawn; that samples look as if they shared random numbers, one below 1e-11 (1e-14 for each
pair).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from scipy.special import gammainc, gammaincc, logit, ndtr

from vae_utils.arrays import Array
from vae_utils.compare_draws import ALPHA

_SAME = 2e-4  # of two codes, far below what chance makes
_TWIN = 1e-3  # the same of two standardised codes
_NEAR = 1e-2  # of a code and its mean, far above rounding and far below sigma
_CLOSE = 4.5  # standard deviations, where a mistake is recognised
_SURE = 1e-6  # of a pixel's mean
_FEW = 3  # codes: two of them may be near each other
_MANY = 8  # codes: they are never on one line
_SOME = 20  # numbers: fewer do not show that they are uniform
_NEVER = 1e-14  # a chance
_ODD = 0.01  # how often a sample that is drawn may look odd
SHIFT = 0.15  # that a stand-in adds to the probability of a 1


@dataclass(frozen=True)
class Reading:
    """One figure's codes [K, L], and of each sample: number of its code, means [D], itself [D].

    weight: [L, D], what a code does to the logits.
    """

    codes: Array
    samples: list[tuple[int, Array, Array]]
    weight: Array


def fresh(readings: list[Reading]) -> list[Reading]:
    """Only the first, where all have its codes: a seed of the student's own."""
    codes = np.stack([reading.codes for reading in readings])
    same = float(abs(codes - codes[0]).max()) < _SAME
    return readings[:1] if same else readings


def off_codes(readings: list[Reading], mean: Array, logsigma: Array, spread: str) -> str | None:
    """What is wrong with the codes; mean, logsigma: of their normal distributions, [K, L].

    spread: "drawn", or a mistake to recognise, see `_SPREADS`.
    """
    codes = np.stack([reading.codes for reading in readings])
    apart = codes - mean.astype(float)
    unit = apart / np.exp(logsigma.astype(float))
    if spread != "drawn":
        return None if _SPREADS[spread](codes, mean, unit) else "the codes are others"
    if _repeat(unit):
        return "most codes, or their noise, come more than once: draw each of them anew"
    if _on_a_line(codes, mean, unit):
        return "the codes lie on a line: their entries are to be independent"
    return _not_normal(unit)


def _at_means(codes: Array, mean: Array, _: Array) -> bool:
    return float(abs(codes - mean).max()) < _NEAR


def _alike(codes: Array, mean: Array, _: Array) -> bool:
    """Whether codes of the same distribution are the same in their figure."""
    together = (mean[:, None] == mean).all(-1)
    return float(abs(codes[:, :, None] - codes[:, None]).max(-1)[:, together].max()) < _SAME


def _uniform(codes: Array, _: Array, unit: Array) -> bool:
    """Whether they are between both ends, and have mean and mean square of uniform numbers."""
    n = unit.size
    mean, square = float(unit.mean()), float((unit**2).mean())
    within = float(abs(unit).max()) < math.sqrt(3) + _NEAR
    return within and n >= _SOME and n * max(mean**2, (square - 1) ** 2 / 0.8) < _CLOSE**2


def _repeat(unit: Array) -> bool:
    """Whether more than half of the standardised codes [R, K, L] have a twin in their figure."""
    if unit.shape[1] <= _FEW:
        return False
    distance = abs(unit[:, :, None] - unit[:, None]).max(-1)
    itself = np.arange(unit.shape[1])
    distance[:, itself, itself] = math.inf
    return float((distance.min(-1) < _TWIN).mean()) > 0.5


def _on_a_line(codes: Array, _: Array, unit: Array) -> bool:
    """Whether codes are on a straight line, up to rounding: of every figure, or all of them."""
    return any(
        many.shape[1] >= _MANY
        and many.shape[2] > 1
        and float(np.linalg.svdvals(many - many.mean(1, keepdims=True))[:, 1].max()) < _NEAR
        for many in (codes, unit.reshape(1, -1, unit.shape[-1]))
    )


def _shared(_: Array, __: Array, unit: Array) -> bool:
    return _repeat(unit)


_SPREADS: dict[str, Callable[[Array, Array, Array], bool]] = {
    "none": _at_means,
    "same": _alike,
    "line": _on_a_line,
    "shared": _shared,
    "uniform": _uniform,
}
"""Mistakes: codes at their means, those of one distribution all the same, those whose entries hang
together, those with the same noise, and uniform numbers in place of normal ones, by codes
[R, K, L], means [K, L] and standardised codes."""


def _not_normal(unit: Array) -> str | None:
    """Of standardised codes [R, K, L]: all of them, and each entry of the code."""
    together, entries = unit.ravel(), unit.reshape(-1, unit.shape[-1]).T
    odd = any(_unlikely(entry, ALPHA / len(entries)) for entry in entries)
    if not odd and not _unlikely(together, ALPHA) and not _bounded(together):
        return None
    return (
        "the codes do not follow the distribution that was asked for: standardised, they have mean "
        f"{float(unit.mean()):.3g} and mean square {float((unit**2).mean()):.3g}, 0 and 1 wanted"
    )


def _bounded(unit: Array) -> bool:
    """Whether n normal numbers would hardly all be above the least, below the largest, or so small.

    Uniform numbers, and such that are never negative, are.
    """
    low, high = -unit.min(), unit.max()
    chance = np.array([ndtr(low), ndtr(high), 1 - 2 * ndtr(-abs(unit).max())])
    level = np.array([ALPHA / 2, ALPHA / 2, ALPHA])
    return bool((len(unit) * np.log(chance) < np.log(level)).any())


def _unlikely(unit: Array, alpha: float) -> bool:
    """Whether numbers are not standard normal: their squares, by chi^2, or their mean."""
    half, total = len(unit) / 2, (unit**2).sum() / 2
    tails = gammainc(half, total), gammaincc(half, total)
    off = ndtr(-abs(unit.mean() * math.sqrt(len(unit))))
    return bool(np.min([*tails, off]) < alpha / 2)


def _not_drawn(readings: list[Reading], mean: Array) -> str | None:
    if not _not_repeated(readings, mean):
        return "the samples of one code are all the same: draw each anew"
    if any(map(_share_chance, readings)):
        return "the samples share their random numbers: draw one for each pixel of each"
    means, shown = _stacked(readings)
    for weights in (_logits(means), _pushes(readings, mean)):
        if _off(means.ravel(), shown.ravel(), weights.ravel()):
            return "the samples are not drawn with the means of their code as probabilities"
    return None


def _logits(means: Array) -> Array:
    return logit(means.clip(_SURE, 1 - _SURE))


def _off(means: Array, shown: Array, weights: Array, alpha: float = ALPHA) -> Array:
    """Whether sums of weighted samples [..., n] are off by more than the noise of coins allows."""
    logits = _logits(means)
    variance = np.tanh(logits / 2) / (2 * logits)
    variance = np.where(abs(logits) < 1e-3, 0.25, variance)
    off = abs(((shown - means) * weights).sum(-1))
    width = (weights**2 * variance).sum(-1)
    return off > np.sqrt(2 * width * math.log(2 / alpha))


def _share_chance(reading: Reading) -> bool:
    """Whether two samples [D] of a figure, or all pixels of one, have their random numbers in
    common.

    Then no pixel is 1 in one sample and 0 in the other where its mean is larger, and each of the
    two alone looks as it should; or in one sample, all that are 1 have larger means than all
    others.
    """
    means, shown = _stacked([reading])
    ones = np.ones_like(means)
    odd = _off(means, shown, _logits(means), _ODD) | _off(means, shown, ones, _ODD)
    proper = np.flatnonzero(~odd).tolist()
    return _share_pixels(means, shown) or any(
        _below(means[one], shown[one], means[other], shown[other])
        for one, other in permutations(proper, 2)
    )


def _below(means: Array, shown: Array, others: Array, seen: Array) -> bool:
    """Whether a sample is never 1 where the other, whose means are larger, is 0; all [D]."""
    larger = others > means + _NEAR
    chance = np.log1p(-means[larger] * (1 - others[larger])).sum()
    return not (shown > seen)[larger].any() and float(chance) < math.log(_NEVER)


def _share_pixels(means: Array, shown: Array) -> bool:
    """Whether a sample [S, D] is 1 just where means are above a number of its own."""
    ones = np.where(shown > 0, means, 1.0).min(1)
    zeros = np.where(shown > 0, 0.0, means).max(1)
    chance = np.log(np.where(shown > 0, means, 1 - means)).sum(1) + math.log(means.shape[1] + 1)
    return bool(((zeros <= ones + _NEAR) & (chance < math.log(_NEVER))).any())


def _pushes(readings: list[Reading], mean: Array) -> Array:
    """What a code's distance from the mean of codes does to the logits of each sample, [n, D].

    Along it samples of another draw are off.
    """
    return np.stack([
        (reading.codes[code] - mean[code]) @ reading.weight.astype(float)
        for reading in readings
        for code, *_ in reading.samples
    ])  # fmt: skip


def _stacked(readings: list[Reading]) -> tuple[Array, Array]:
    rows = [(mean, sample) for reading in readings for _, mean, sample in reading.samples]
    return np.stack([mean for mean, _ in rows]), np.stack([sample for _, sample in rows])


def _not_shared(readings: list[Reading], _: Array) -> str | None:
    return None if any(map(_share_chance, readings)) else "no samples share random numbers"


def _not_rounded(readings: list[Reading], _: Array) -> str | None:
    means, shown = _stacked(readings)
    return None if np.array_equal(shown, means >= 0.5) else "not rounded"


def _not_shifted(readings: list[Reading], mean: Array) -> str | None:
    moved = [
        replace(r, samples=[(code, np.minimum(m + SHIFT, 1.0), x) for code, m, x in r.samples])
        for r in readings
    ]
    return _not_drawn(moved, mean)


def _not_means(readings: list[Reading], _: Array) -> str | None:
    means, shown = _stacked(readings)
    return None if np.allclose(shown, means, atol=1e-3) else "not the means"


def _not_repeated(readings: list[Reading], _: Array) -> str | None:
    for reading in readings:
        for number, (code, _, sample) in enumerate(reading.samples):
            earlier = (s for c, _, s in reading.samples[:number] if c == code)
            if any(np.array_equal(sample, other) for other in earlier):
                return None
    return "no sample comes twice"


SAMPLES: dict[str, Callable[[list[Reading], Array], str | None]] = {
    "drawn": _not_drawn,
    "rounded": _not_rounded,
    "shifted": _not_shifted,
    "means": _not_means,
    "repeated": _not_repeated,
    "shared": _not_shared,
    "other": lambda *_: None,
}
"""What is wrong with samples, given the means of codes [K, L]: "drawn" with the means of pixels as
probabilities, "shifted" by a stand-in, or mistakes to recognise."""
