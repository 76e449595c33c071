"""Holds a reply against what was expected. Each comparison returns None, or what is wrong.

Random functions are judged by their distribution. With n independent draws and the right
distribution F, the Dvoretzky-Kiefer-Wolfowitz inequality (Massart 1990) bounds, for every n,
P(sup |F_n - F| > e) <= 2 exp(-2 n e^2); Hoeffding's inequality gives the same bound for a
frequency, Chernoff's a sharper one near 0 and 1. Each single statement is made at ALPHA, and no
check makes more than ten of them, so that a right function fails a check with probability at most
1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_utils.calls import Reply

ALPHA = 1e-10
_GROUP = 8
_LEVELS = 20
_NEVER = 1e-12
_ACCIDENTS = {
    "NotImplementedError", "NameError", "UnboundLocalError", "AttributeError", "TypeError",
    "Missing", "Hung", "RecursionError", "MemoryError", "KeyError", "IndexError", "NotNumbers",
    "ImportError", "ModuleNotFoundError", "RuleBroken", "SystemExit", "ZeroDivisionError",
}  # fmt: skip
_SAME = 1e-3  # far above float32 errors of noise of order one


def _shape(tensor: Tensor) -> str:
    return "[" + ", ".join(str(size) for size in tensor.shape) + "]"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _count(number: int) -> str:
    return "one tensor" if number == 1 else f"{number} tensors"


def tolerance(n: int, count: int = 1) -> float:
    """The largest distance of an empirical distribution of n draws at level ALPHA.

    With `count` the largest of that many such distances (Boole's inequality).
    """
    return math.sqrt(math.log(2 * count / ALPHA) / (2 * n))


def _arrangement(reply: Reply, shapes: list[Tensor]) -> str | None:
    problem = _layout(reply, shapes)
    if problem:
        return problem
    for place, got in enumerate(reply.outputs):
        if not torch.isfinite(got).all():
            return f"{_place(place, shapes)} contains NaN or infinity"
    return None


def _place(place: int, shapes: list[Tensor]) -> str:
    return f"value {place + 1}" if len(shapes) > 1 else "it"


def _layout(reply: Reply, shapes: list[Tensor]) -> str | None:
    if len(reply.outputs) != len(shapes):
        return f"it returned {_count(len(reply.outputs))}, {_count(len(shapes))} wanted"
    if len(shapes) == 1 and not reply.single:
        return "it returned a tuple of one tensor; return the tensor itself (a comma too many?)"
    for place, (got, wanted) in enumerate(zip(reply.outputs, shapes, strict=True)):
        if got.shape != wanted.shape:
            return f"{_place(place, shapes)} has shape {_shape(got)}, {_shape(wanted)} wanted"
        if got.is_complex():
            return f"{_place(place, shapes)} is complex"
    return None


def _wrong(got: Tensor, expected: Tensor, rtol: float, atol: float) -> Tensor:
    """Where an entry is off by more than atol + rtol * |expected|, or NaN."""
    slack = atol + rtol * expected.double().abs()
    return ~((got.double() - expected.double()).abs() <= slack)


def first_difference(
    got: Tensor, expected: Tensor, rtol: float, atol: float
) -> tuple[int, ...] | None:
    """Index of the first entry that is off by more than atol + rtol * |expected|."""
    wrong = _wrong(got, expected, rtol, atol).flatten().nonzero()
    if not len(wrong):
        return None
    return tuple(int(i) for i in np.unravel_index(int(wrong[0]), expected.shape))


def _difference(got: Tensor, expected: Tensor, rtol: float, atol: float) -> str | None:
    """The same as a sentence."""
    index = first_difference(got, expected, rtol, atol)
    if index is None:
        return None
    place = f"entry {list(index)}" if index else "the value"
    count = int(_wrong(got, expected, rtol, atol).sum())
    return (
        f"{place} is {_number(float(got[index]))}, {_number(float(expected[index]))} wanted "
        f"({count} of {expected.numel()} entries differ)"
    )


def equal(
    reply: Reply,
    *,
    expected: tuple[Tensor, ...],
    rtol: float = 1e-4,
    atol: float = 1e-5,
    only: int | None = None,
) -> str | None:
    """Shapes of all outputs; values of all, or of the one at place `only`."""
    problem = _arrangement(reply, list(expected))
    if problem:
        return problem
    for place, (got, wanted) in enumerate(zip(reply.outputs, expected, strict=True)):
        problem = _difference(got, wanted, rtol, atol) if only in (None, place) else None
        if problem:
            return f"value {place + 1}: {problem}" if len(expected) > 1 else problem
    return None


def overflows(reply: Reply, *, shape: tuple[int, ...]) -> str | None:
    """An infinity or NaN in a single output of that shape: a mistake to recognise."""
    problem = _layout(reply, [torch.empty(shape)])
    if problem:
        return problem
    return "all numbers are finite" if torch.isfinite(reply.outputs[0]).all() else None


def gradients(
    reply: Reply,
    *,
    expected: dict[str, Tensor],
    rtol: float = 1e-3,
    atol: float = 1e-4,
    shapes: tuple[tuple[int, ...], ...] = (),
) -> str | None:
    """Vector-Jacobian products by the name of the argument or weight.

    shapes: of the outputs; those of another shape have no product with their cotangent.
    """
    problem = _arrangement(reply, [torch.empty(shape) for shape in shapes]) if shapes else None
    if problem:
        return problem
    for name, wanted in expected.items():
        if name not in reply.gradients:
            return f"no gradient reaches {_readable(name)}"
        got = reply.gradients[name]
        problem = _difference(got, wanted, rtol, atol) if got.shape == wanted.shape else "shape"
        if problem:
            return f"the gradient of {_readable(name)}: {problem}"
    return None


def gradient_at_most(
    reply: Reply, *, name: str, most: Tensor, shapes: tuple[tuple[int, ...], ...]
) -> str | None:
    """A vector-Jacobian product whose entries are not above `most`: noise does not decide that."""
    problem = _arrangement(reply, [torch.empty(shape) for shape in shapes])
    if problem:
        return problem
    got = reply.gradients.get(name)
    if got is None or got.shape != most.shape:
        return f"no gradient reaches {_readable(name)}"
    above = (~(got <= most)).nonzero()
    if not len(above):
        return None
    place = int(above[0])
    found, bound = _number(float(got[place])), _number(float(most[place]))
    return f"the gradient of {_readable(name)}: entry [{place}] is {found}, below {bound} wanted"


def weights(
    reply: Reply, *, expected: dict[str, Tensor], atol: float = 1e-6, spare: float = 0.0
) -> str | None:
    """Values of weights after the call, by name; where NaN is expected anything will do.

    spare: the fraction of the others that may be off, since rounding decides about single ones.
    """
    for name, wanted in expected.items():
        got = reply.weights.get(name)
        if got is None or got.shape != wanted.shape:
            return f"{name} is no longer what it was: it has another shape, or is gone"
        known = ~torch.isnan(wanted)
        off = known & _wrong(got, wanted, 0.0, atol)
        if off.sum() > spare * known.sum():
            place = tuple(int(i) for i in off.nonzero()[0])
            return (
                f"afterwards, in {name}, entry {list(place)} is {float(got[place]):.7g}, "
                f"{float(wanted[place]):.7g} wanted "
                f"({int(off.sum())} of {int(known.sum())} differ)"
            )
    return None


def unbiased(
    reply: Reply, *, log_mean: Tensor, spread: tuple[float, float], shape: tuple[int, ...]
) -> str | None:
    """Logarithms of estimates that are right on average: the mean of exp(output), and each of them.

    log_mean []: of what is estimated. spread: how far the mean of all estimates, and any single
    one, may be off, as a fraction of it.
    """
    problem = _arrangement(reply, [torch.empty(shape)])
    if problem:
        return problem
    ratios = (reply.outputs[0].double() - log_mean.double()).exp()
    if abs(float(ratios.mean()) - 1) > spread[0]:
        found = float(ratios.mean().log() + log_mean)
        return f"on average it is {_number(found)}, {_number(float(log_mean))} wanted"
    if float((ratios - 1).abs().max()) > spread[1]:
        return (
            "it is right on average, but single values are off by a factor of up to "
            f"{_number(float(torch.maximum(ratios, 1 / ratios).max()))}: too few codes"
        )
    return None


def reaches(reply: Reply, *, names: tuple[str, ...]) -> str | None:
    """A gradient that is not zero everywhere arrives at each argument or weight."""
    for name in names:
        if name not in reply.gradients or not reply.gradients[name].abs().max() > 0:
            return f"no gradient reaches {_readable(name)}"
    return None


def unreached(reply: Reply, *, names: tuple[str, ...], shape: tuple[int, ...]) -> str | None:
    """No gradient, or one of zeros, arrives at any of these: a mistake to recognise.

    shape: that of the first output; another one has no gradients for a reason of its own.
    """
    if reply.outputs[0].shape != shape:
        return "another shape"
    for name in names:
        if name in reply.gradients and reply.gradients[name].abs().max() > 0:
            return f"a gradient reaches {_readable(name)}"
    return None


def reparameterised(
    reply: Reply, *, mean: Tensor, cotangent: Tensor, names: tuple[str, str] = ("arg1", "arg2")
) -> str | None:
    """The gradients of noise that one argument shifts and another one, by its exp, scales.

    With z = mean + scale * noise: dz/d mean = 1 and dz/d log scale = z - mean.
    """
    problem = _arrangement(reply, [mean])
    if problem:
        return problem
    shift = reply.outputs[0].double() - mean.double()
    if float((shift == 0).double().mean()) > 0.5:
        return "most entries equal their mean: there is no noise in them"
    expected = dict(zip(names, (cotangent.double(), cotangent.double() * shift), strict=True))
    return gradients(reply, expected=expected)


def _readable(name: str) -> str:
    if name.startswith("arg"):
        return f"argument {name[3:]}"
    return name.removeprefix("state.")


def _distances(values: Tensor) -> Tensor:
    """Kolmogorov's distance of each row of probabilities [..., n] from the uniform distribution."""
    ordered = values.double().sort(-1).values
    n = ordered.shape[-1]
    steps = torch.arange(1, n + 1, dtype=torch.float64) / n
    return torch.maximum(steps - ordered, ordered - (steps - 1 / n)).amax(-1)


def _uniformity(values: Tensor) -> float:
    """The same for all values together."""
    return float(_distances(values.flatten()))


def _sums(unit: Tensor, axis: int) -> Tensor:
    """Sums over groups along an axis, scaled: standard normal again if the parts are independent.

    Long axes go in groups of eight, which leaves more draws; short ones are one group.
    """
    moved = unit.movedim(axis, -1)
    width = min(_GROUP, moved.shape[-1])
    used = moved[..., : moved.shape[-1] // width * width]
    return used.unflatten(-1, (-1, width)).sum(-1) / math.sqrt(width)


def _constant(unit: Tensor, axis: int) -> bool:
    """Whether noise [...] that is not just zero repeats along an axis."""
    apart = float((unit.amax(axis) - unit.amin(axis)).max())
    return unit.shape[axis] > 1 and apart < _SAME < float(unit.abs().max())


def _moments(unit: Tensor) -> str:
    return (
        f"standardised, they have mean {_number(float(unit.mean()))} and standard deviation "
        f"{_number(float(unit.std()))}, 0 and 1 wanted"
    )


def _off_scale(unit: Tensor) -> bool:
    """Whether the mean square is off 1 by more than Laurent and Massart's (2000) bound on chi^2."""
    n, x = unit.numel(), math.log(2 / ALPHA)
    return abs(float((unit**2).mean()) - 1) > 2 * math.sqrt(x / n) + 2 * x / n


def _alike(unit: Tensor, axis: int) -> bool:
    """Whether two slices along an axis point the same way, or opposite ways.

    The cosine t of two independent normal vectors of n entries: P(|t| > e) <= 2 exp(-n e^2 / 2).
    """
    slices = torch.nn.functional.normalize(unit.movedim(axis, 0).flatten(1).float())
    cosines = (slices @ slices.T).fill_diagonal_(0).abs()
    count, n = slices.shape
    return float(cosines.max()) > math.sqrt(2 * math.log(count * (count - 1) / ALPHA) / n)


def _odd_slice(unit: Tensor, axes: tuple[str, ...]) -> str | None:
    """The first place along an axis where the draws are not standard normal."""
    for axis, name in enumerate(axes):
        slices = unit.movedim(axis, 0).flatten(1)
        far = _distances(torch.special.ndtr(slices)) > tolerance(slices.shape[1], len(slices))
        if far.any():
            place = int(far.nonzero()[0])
            return f"the draws at place {place} of the {name} are wrong: {_moments(slices[place])}"
    return None


def normal(
    reply: Reply, *, mean: Tensor, std: Tensor, calls: int, axes: tuple[str, ...]
) -> str | None:
    """Independent normal draws: all entries and their scale, those at each place of each axis, sums
    along each axis and pairs of places (which show shared noise).

    The output is [calls, *mean.shape]; axes names its axes, for the message.
    """
    problem = _arrangement(reply, [mean.expand(calls, *mean.shape)])
    if problem:
        return problem
    unit = (reply.outputs[0].double() - mean.double()) / std.double()
    cdf = torch.special.ndtr
    dependent = [name for axis, name in enumerate(axes) if _constant(unit, axis)]
    if not dependent and _uniformity(cdf(unit)) > tolerance(unit.numel()):
        return f"the draws do not follow the distribution that was asked for: {_moments(unit)}"
    for axis, name in enumerate(axes):
        sums = _sums(unit, axis)
        if unit.shape[axis] > 1 and _uniformity(cdf(sums)) > tolerance(sums.numel()):
            dependent.append(name)
    dependent += [name for axis, name in enumerate(axes) if axis and _alike(unit, axis)]
    if dependent:
        return f"the noise is not independent: it is shared along the {dependent[0]}"
    if _off_scale(unit):
        return f"the draws are scaled wrongly: {_moments(unit)}"
    return _odd_slice(unit, axes)


def shared(reply: Reply, *, mean: Tensor, std: Tensor, axis: int) -> str | None:
    """Noise that repeats along an axis of the output [calls, *mean.shape]: a mistake."""
    if reply.outputs[0].shape[1:] != mean.shape:
        return "another shape"
    unit = (reply.outputs[0].double() - mean.double()) / std.double()
    return None if _constant(unit, axis) else "the noise varies"


def uniform(reply: Reply, *, low: Tensor, high: Tensor) -> str | None:
    """Uniform draws [calls, *low.shape] between low and high: a mistake to recognise."""
    if reply.outputs[0].shape[1:] != low.shape:
        return "another shape"
    unit = (reply.outputs[0].double() - low.double()) / (high.double() - low.double())
    same = _uniformity(unit) <= tolerance(unit.numel())
    return None if same else "the draws are not uniform"


def _entropy(share: Tensor, wanted: Tensor) -> Tensor:
    """Relative entropy of frequencies from probabilities.

    For a frequency S of n draws with probability q, P(S = s or further off) <= exp(-n KL(s || q))
    on each side (Chernoff 1952); near 0 and 1 that is far sharper than a bound for all q.
    """
    wanted = wanted.clamp(_NEVER, 1 - _NEVER)  # a certain pixel is no division by zero
    return torch.xlogy(share, share / wanted) + torch.xlogy(1 - share, (1 - share) / (1 - wanted))


def _off_levels(probability: Tensor, slack: float, alpha: float) -> bool:
    """Whether too many or too few of n values [n] lie below one of the levels 0.05, ..., 0.95."""
    levels = torch.arange(1, _LEVELS, dtype=torch.float64) / _LEVELS
    shares = (probability[:, None] <= levels).double().mean(0)
    nearest = shares.clamp(levels - slack, levels + slack)
    bound = math.log(2 * len(levels) / alpha) / len(probability)
    return bool((_entropy(shares, nearest) > bound).any())


def distribution(
    reply: Reply,
    *,
    values: Tensor,
    cdf: Tensor,
    n: int,
    slack: float = 0.0,
    alpha: float = ALPHA,
) -> str | None:
    """n independent draws [n] against a tabulated, continuous distribution function.

    values: increasing [N]; cdf: [N], the probability of at most that value; slack: its own error;
    alpha: how often right draws may fail.
    """
    problem = _arrangement(reply, [torch.empty(n)])
    if problem:
        return problem
    got = reply.outputs[0].double()
    table, levels = values.double(), cdf.double()
    right = torch.searchsorted(table, got).clamp(1, len(table) - 1)
    step = (got - table[right - 1]) / (table[right] - table[right - 1])
    probability = levels[right - 1] + step.clamp(0, 1) * (levels[right] - levels[right - 1])
    if not _off_levels(probability, slack, alpha):
        return None
    middle = float(table[int((levels - 0.5).abs().argmin())])
    return (
        "the values of many draws are distributed wrongly: their median is "
        f"{_number(float(got.median()))}, {_number(middle)} wanted"
    )


def binary(reply: Reply, *, shape: tuple[int, ...], share: float | None = None) -> str | None:
    """Values exactly 0 or 1 in the given shape; share: the probability of a 1, equal for all."""
    problem = _layout(reply, [torch.empty(shape)])
    if problem:
        return problem
    got = reply.outputs[0]
    ones = got == 1
    known = ones | (got == 0)
    if not known.all():
        return f"it contains {_number(float(got[~known][0]))}; only 0 and 1 are wanted"
    white = float(ones.sum() / got.numel())
    if share is not None and abs(white - share) > tolerance(got.numel()):
        return f"a fraction of {_number(white)} of all pixels is white, {_number(share)} wanted"
    return None


def frequencies(
    reply: Reply, *, probability: Tensor, shape: tuple[int, ...], slack: float = 0.0
) -> str | None:
    """Binary rows [n, D] whose columns, and products of neighbouring columns, have a frequency.

    probability: [2, D], of column d being 1, and of columns d and d + 1 (cyclic) both being 1;
    slack: its own error. Chernoff's bound as for `distribution`.
    """
    problem = binary(reply, shape=shape)
    if problem:
        return problem
    white = reply.outputs[0] == 1
    both = white & white.roll(-1, dims=1)
    bound = math.log(2 * 2 * white.shape[1] / ALPHA) / len(white)
    shares = (ones.sum(0).double() / len(white) for ones in (white, both))
    for observed, wanted, what in zip(
        shares, probability.double(), ("a pixel is", "two pixels are"), strict=True
    ):
        surprise = _entropy(observed, observed.clamp(wanted - slack, wanted + slack))
        worst = int(surprise.argmax())
        if surprise[worst] > bound:
            found, right = _number(float(observed[worst])), _number(float(wanted[worst]))
            return f"{what} white in a fraction of {found} of the draws, {right} wanted"
    return None


def _never_repeats(probability: Tensor, n: int) -> bool:
    """Whether n rows of independent bits hold the same row twice with less than ALPHA."""
    match = (probability.double() ** 2 + (1 - probability.double()) ** 2).log().sum()
    return float(match) + 2 * math.log(n) < math.log(ALPHA)


def independent(
    reply: Reply, *, probability: Tensor, shape: tuple[int, ...], columns: int | None = None
) -> str | None:
    """Rows [n, D], binary as `frequencies` has found, whose (first) columns are independent.

    probability: [columns], of a column being 1. A product of two centred columns lies in an
    interval of length 1, so that Hoeffding's inequality bounds its mean.
    """
    problem = _layout(reply, [torch.empty(shape)])
    if problem:
        return problem
    rows = reply.outputs[0]
    different = len({row.tobytes() for row in np.packbits(rows.numpy() == 1, axis=1)})
    if _never_repeats(probability, len(rows)) and different < len(rows):
        return "the same image comes more than once"
    centred = rows[:, :columns].float() - probability.float()
    together = (centred.T @ centred / len(rows)).fill_diagonal_(0).abs()
    count = len(together)
    if float(together.max()) > math.sqrt(math.log(count * (count - 1) / ALPHA) / (2 * len(rows))):
        one, other = divmod(int(together.argmax()), count)
        return f"pixels {one} and {other} are not independent: do they share their random number?"
    return None


def answers(reply: Reply) -> str | None:
    """The call comes back, with anything."""
    return None


def answered(reply: Reply, *, count: int, place: int) -> str | None:
    """As many answers as there are questions, and at that place one that is true or false.

    Which of the two is right only the grader knows.
    """
    got = reply.outputs[0]
    if got.shape != (count,):
        return f"it returned {_answers(got.numel())}, {_answers(count)} wanted"
    answer = float(got[place])
    if math.isnan(answer):
        return f"question {place + 1} is not answered yet"
    if answer not in (0, 1):
        return (
            f"the answer to question {place + 1} is neither True nor False: write one of these two "
            "words of Python, without quotes"
        )
    return None


def _answers(number: int) -> str:
    return "one answer" if number == 1 else f"{number} answers"


def varies(reply: Reply) -> str | None:
    """Repeated calls [repeat, ...] do not all give the same values.

    Ask for more than two of a single number: rounding makes two of them equal now and then.
    """
    got = reply.outputs[0]
    if not torch.equal(got[1:], got[:-1]):
        return None
    return f"{'two' if len(got) == 2 else 'all'} calls gave the same values"


def repeats(reply: Reply) -> str | None:
    """All repeated calls give the same values: a mistake to recognise."""
    return None if varies(reply) else "two calls gave different values"


def steady(reply: Reply, *, most: float, shape: tuple[int, ...]) -> str | None:
    """Repeated calls give finite values of that shape which differ by at most `most`."""
    problem = _arrangement(reply, [torch.empty(shape)])
    if problem:
        return problem
    apart = float((reply.outputs[0].amax(0) - reply.outputs[0].amin(0)).max())
    if apart <= most:
        return None
    return (
        f"equal calls gave values that differ by up to {_number(apart)}; at most {_number(most)} "
        "wanted"
    )


def clusters(
    reply: Reply, *, labels: Tensor, purity: float, linear: Tensor, rows: tuple[int, int]
) -> str | None:
    """Plane coordinates [B, 2] in which, among `rows` (from, to), nearest neighbours share a label,
    and which within the labels are not just a linear picture of `linear` [B, L]."""
    problem = _arrangement(reply, [torch.empty(len(labels), 2)])
    if problem:
        return problem
    points = reply.outputs[0].double()
    some, kinds = points[rows[0] : rows[1]], labels[rows[0] : rows[1]]
    distance = torch.cdist(some, some).fill_diagonal_(math.inf)
    same = float((kinds[distance.argmin(1)] == kinds).double().mean())
    if same < purity:
        return (
            f"only {100 * same:.0f} % of the points have a neighbour of their own kind although "
            "the posterior means of the kinds are far apart"
        )
    basis = torch.cat([linear.double(), torch.ones(len(labels), 1, dtype=torch.float64)], 1)
    fit = basis @ torch.linalg.lstsq(basis, points, driver="gelsd").solution
    member = torch.nn.functional.one_hot(labels).double()
    centers = member @ (member.T @ points / member.sum(0)[:, None])
    # Between kinds that shrink to points every picture is linear, hence the spread within kinds.
    if ((points - fit) ** 2).sum() < 1e-6 * ((points - centers) ** 2).sum():
        return "the coordinates are a linear function of the means (a projection); t-SNE is wanted"
    return None


def refused(reply: Reply) -> str | None:
    """The call raised an exception that was meant, one that says what is wrong with the input."""
    if reply.failure is None:
        return "no error is raised"
    if reply.failure.kind in _ACCIDENTS:
        return f"it stops with a {reply.failure.kind}, which is an accident; a ValueError is wanted"
    return None


def cost(reply: Reply, *, most: int) -> str | None:
    """What a call on many rows costs Python, in steps (see `vae_utils.cost`)."""
    if reply.steps <= most:
        return None
    return (
        f"it takes {reply.steps:,} steps of Python for the many rows of this call, at most "
        f"{most:,} if all rows are treated at once: a loop over the batch?"
    )


KINDS: dict[str, Callable[..., str | None]] = {
    function.__name__: function
    for function in (
        equal, overflows, gradients, gradient_at_most, weights, unbiased, reaches, unreached,
        reparameterised, normal, shared, uniform, distribution, binary, frequencies, independent,
        answers, answered, varies, repeats, steady, clusters, refused, cost,
    )
}  # fmt: skip


def compare(kind: str, reply: Reply, params: dict[str, Any]) -> str | None:
    """The comparison of that name; None if the reply is as expected."""
    if kind not in KINDS:
        from vae_utils.figure_kinds import KINDS as OF_FIGURES

        return OF_FIGURES[kind](reply, **params)
    return KINDS[kind](reply, **params)
