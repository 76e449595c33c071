"""Judges random functions by their distribution. Each comparison returns None, or what is wrong.

With n independent draws and the right distribution F, the Dvoretzky-Kiefer-Wolfowitz inequality
(Massart 1990) bounds, for every n, P(sup |F_n - F| > e) <= 2 exp(-2 n e^2); Hoeffding's inequality
gives the same bound for a frequency, Chernoff's a sharper one near 0 and 1. Each single statement
is made at ALPHA; docs/statistics.md adds them up for every check.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, xlogy

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_values import Shape, arrangement, brief, double, layout, told_apart

ALPHA = 1e-10
_GROUP = 8
_LEVELS = 20
_NEVER = 1e-12
_SAME = 1e-3  # far above float32 errors of noise of order one


def tolerance(n: int, count: int = 1) -> float:
    """The largest distance of an empirical distribution of n draws at level ALPHA.

    With `count` the largest of that many such distances (Boole's inequality).
    """
    return math.sqrt(math.log(2 * count / ALPHA) / (2 * n))


def _distances(values: Array) -> Array:
    """Kolmogorov's distance of each row of probabilities [..., n] from the uniform distribution."""
    ordered = np.sort(double(values), axis=-1)
    n = ordered.shape[-1]
    steps = np.arange(1, n + 1) / n
    return np.asarray(np.maximum(steps - ordered, ordered - (steps - 1 / n)).max(-1))


def _uniformity(values: Array) -> float:
    """The same for all values together."""
    return float(_distances(values.reshape(-1)))


def _sums(unit: Array, axis: int) -> Array:
    """Sums over groups along an axis, scaled: standard normal again if the parts are independent.

    Long axes go in groups of eight, which leaves more draws; short ones are one group.
    """
    moved = np.moveaxis(unit, axis, -1)
    width = min(_GROUP, moved.shape[-1])
    used = moved[..., : moved.shape[-1] // width * width]
    groups = used.reshape(*used.shape[:-1], -1, width)
    return np.asarray(groups.sum(-1) / math.sqrt(width))


def _constant(unit: Array, axis: int) -> bool:
    """Whether noise [...] that is not just zero repeats along an axis."""
    apart = float((unit.max(axis) - unit.min(axis)).max())
    return unit.shape[axis] > 1 and apart < _SAME < float(np.abs(unit).max())


def _moments(unit: Array) -> str:
    return (
        f"standardised, they have mean {brief(float(unit.mean()))} and standard deviation "
        f"{brief(float(unit.std(ddof=1)))}, 0 and 1 wanted"
    )


def _off_scale(unit: Array) -> bool:
    """Whether the mean square is off 1 by more than Laurent and Massart's (2000) bound on chi^2."""
    n, x = unit.size, math.log(2 / ALPHA)
    return abs(float((unit**2).mean()) - 1) > 2 * math.sqrt(x / n) + 2 * x / n


def _alike(unit: Array, axis: int) -> bool:
    """Whether two slices along an axis point the same way, or opposite ways.

    The cosine t of two independent normal vectors of n entries: P(|t| > e) <= 2 exp(-n e^2 / 2).
    """
    slices = _slices(unit, axis).astype(np.float32)
    slices = slices / np.maximum(np.linalg.norm(slices, axis=1, keepdims=True), 1e-12)
    cosines = np.abs(slices @ slices.T)
    np.fill_diagonal(cosines, 0)
    count, n = slices.shape
    return float(cosines.max()) > math.sqrt(2 * math.log(count * (count - 1) / ALPHA) / n)


def _slices(unit: Array, axis: int) -> Array:
    """What stands at each place along an axis, flattened."""
    return np.moveaxis(unit, axis, 0).reshape(unit.shape[axis], -1)


def _odd_slice(unit: Array, axes: tuple[str, ...]) -> str | None:
    """The first place along an axis where the draws are not standard normal."""
    for axis, name in enumerate(axes):
        slices = _slices(unit, axis)
        far = _distances(ndtr(slices)) > tolerance(slices.shape[1], len(slices))
        if far.any():
            place = int(far.argmax())
            return f"the draws at place {place} of the {name} are wrong: {_moments(slices[place])}"
    return None


def normal(
    reply: Reply, *, mean: Array, std: Array, calls: int, axes: tuple[str, ...]
) -> str | None:
    """Independent normal draws: all entries and their scale, those at each place of each axis, sums
    along each axis and pairs of places (which show shared noise).

    The output is [calls, *mean.shape]; axes names its axes, for the message.
    """
    problem = arrangement(reply, [(calls, *mean.shape)])
    if problem:
        return problem
    unit = (double(reply.outputs[0]) - double(mean)) / double(std)
    dependent = [name for axis, name in enumerate(axes) if _constant(unit, axis)]
    if not dependent and _uniformity(ndtr(unit)) > tolerance(unit.size):
        return f"the draws do not follow the distribution that was asked for: {_moments(unit)}"
    for axis, name in enumerate(axes):
        sums = _sums(unit, axis)
        if unit.shape[axis] > 1 and _uniformity(ndtr(sums)) > tolerance(sums.size):
            dependent.append(name)
    dependent += [name for axis, name in enumerate(axes) if axis and _alike(unit, axis)]
    if dependent:
        return f"the noise is not independent: it is shared along the {dependent[0]}"
    if _off_scale(unit):
        return f"the draws are scaled wrongly: {_moments(unit)}"
    return _odd_slice(unit, axes)


def shared(reply: Reply, *, mean: Array, std: Array, axis: int) -> str | None:
    """Noise that repeats along an axis of the output [calls, *mean.shape]: a mistake."""
    if reply.outputs[0].shape[1:] != mean.shape:
        return "another shape"
    unit = (double(reply.outputs[0]) - double(mean)) / double(std)
    return None if _constant(unit, axis) else "the noise varies"


def uniform(reply: Reply, *, low: Array, high: Array) -> str | None:
    """Uniform draws [calls, *low.shape] between low and high: a mistake to recognise."""
    if reply.outputs[0].shape[1:] != low.shape:
        return "another shape"
    unit = (double(reply.outputs[0]) - double(low)) / (double(high) - double(low))
    same = _uniformity(unit) <= tolerance(unit.size)
    return None if same else "the draws are not uniform"


def _entropy(share: Array, wanted: Array) -> Array:
    """Relative entropy of frequencies from probabilities.

    For a frequency S of n draws with probability q, P(S = s or further off) <= exp(-n KL(s || q))
    on each side (Chernoff 1952); near 0 and 1 that is far sharper than a bound for all q.
    """
    wanted = wanted.clip(_NEVER, 1 - _NEVER)  # a certain pixel is no division by zero
    sides = (share, share / wanted), (1 - share, (1 - share) / (1 - wanted))
    return np.asarray(sum(xlogy(*side) for side in sides))


def _off_levels(probability: Array, slack: float, alpha: float) -> bool:
    """Whether too many or too few of n values [n] lie below one of the levels 0.05, ..., 0.95."""
    levels = np.arange(1, _LEVELS) / _LEVELS
    shares = (probability[:, None] <= levels).mean(0)
    nearest = shares.clip(levels - slack, levels + slack)
    bound = math.log(2 * len(levels) / alpha) / len(probability)
    return bool((_entropy(shares, nearest) > bound).any())


def distribution(
    reply: Reply,
    *,
    values: Array,
    cdf: Array,
    n: int,
    slack: float = 0.0,
    alpha: float = ALPHA,
) -> str | None:
    """n independent draws [n] against a tabulated, continuous distribution function.

    values: increasing [N]; cdf: [N], the probability of at most that value; slack: its own error;
    alpha: how often right draws may fail.
    """
    problem = arrangement(reply, [(n,)])
    if problem:
        return problem
    got = double(reply.outputs[0])
    table, levels = double(values), double(cdf)
    right = np.searchsorted(table, got).clip(1, len(table) - 1)
    step = (got - table[right - 1]) / (table[right] - table[right - 1])
    probability = levels[right - 1] + step.clip(0, 1) * (levels[right] - levels[right - 1])
    if not _off_levels(probability, slack, alpha):
        return None
    middle = float(table[int(np.abs(levels - 0.5).argmin())])
    found, wanted = told_apart(float(np.median(got)), middle)
    return (
        "the values of many draws are distributed wrongly: their median is "
        f"{found}, {wanted} wanted"
    )


def binary(reply: Reply, *, shape: Shape, share: float | None = None) -> str | None:
    """Values exactly 0 or 1 in the given shape; share: the probability of a 1, equal for all."""
    problem = layout(reply, [shape])
    if problem:
        return problem
    got = reply.outputs[0]
    ones = got == 1
    known = ones | (got == 0)
    if not known.all():
        return f"it contains {brief(float(got[~known][0]))}; only 0 and 1 are wanted"
    white = float(ones.mean())
    if share is not None and abs(white - share) > tolerance(got.size):
        return f"a fraction of {brief(white)} of all pixels is white, {brief(share)} wanted"
    return None


def frequencies(
    reply: Reply, *, probability: Array, shape: Shape, slack: float = 0.0
) -> str | None:
    """Binary rows [n, D] whose columns, and products of neighbouring columns, have a frequency.

    probability: [2, D], of column d being 1, and of columns d and d + 1 (cyclic) both being 1;
    slack: its own error. Chernoff's bound as for `distribution`.
    """
    problem = binary(reply, shape=shape)
    if problem:
        return problem
    white = reply.outputs[0] == 1
    both = white & np.roll(white, -1, axis=1)
    bound = math.log(2 * 2 * white.shape[1] / ALPHA) / len(white)
    shares = (ones.mean(0) for ones in (white, both))
    for observed, wanted, what in zip(
        shares, double(probability), ("a pixel is", "two pixels are"), strict=True
    ):
        surprise = _entropy(observed, observed.clip(wanted - slack, wanted + slack))
        worst = int(surprise.argmax())
        if surprise[worst] > bound:
            found, right = told_apart(float(observed[worst]), float(wanted[worst]))
            return f"{what} white in a fraction of {found} of the draws, {right} wanted"
    return None


def _never_repeats(probability: Array, n: int) -> bool:
    """Whether n rows of independent bits hold the same row twice with less than ALPHA."""
    match = np.log(double(probability) ** 2 + (1 - double(probability)) ** 2).sum()
    return float(match) + 2 * math.log(n) < math.log(ALPHA)


def independent(
    reply: Reply, *, probability: Array, shape: Shape, columns: int | None = None
) -> str | None:
    """Rows [n, D], binary as `frequencies` has found, whose (first) columns are independent.

    probability: [columns], of a column being 1. A product of two centred columns lies in an
    interval of length 1, so that Hoeffding's inequality bounds its mean.
    """
    problem = layout(reply, [shape])
    if problem:
        return problem
    rows = reply.outputs[0]
    different = len({row.tobytes() for row in np.packbits(rows == 1, axis=1)})
    if _never_repeats(probability, len(rows)) and different < len(rows):
        return "the same image comes more than once"
    centred = rows[:, :columns].astype(np.float32) - probability.astype(np.float32)
    together = np.abs(centred.T @ centred / len(rows))
    np.fill_diagonal(together, 0)
    count = len(together)
    if float(together.max()) > math.sqrt(math.log(count * (count - 1) / ALPHA) / (2 * len(rows))):
        one, other = divmod(int(together.argmax()), count)
        return f"pixels {one} and {other} are not independent: do they share their random number?"
    return None
