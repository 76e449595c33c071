"""Task `kl_gaussian_gaussian_mc`: KL(q || p) as the mean of log q(z) - log p(z) over z ~ q.

With z = mu_q + sigma_q eps, r = sigma_q^2 / sigma_p^2 and delta = mu_q - mu_p, one code gives

    KL + sum_d a_d (eps_d^2 - 1) + b_d eps_d,  a = (r - 1) / 2,  b = delta sigma_q / sigma_p^2.

Its mean shows at N = 1,000, its distribution at N = 1. Where r = 1 the estimate is normal with
variance sum_d b_d^2 / N, which shows at N = 5 whether all codes, rows and calls are independent.
Variances of q are below 1 and those of p above 1, apart from that last case; so no two wrong
formulas agree.

With a stand-in for the density the estimate has no formula, but is as well known. A stand-in in
which z cancels shows everything but the noise in z; one that saturates shows this noise. In the
linear part of the latter an estimate is normal, whatever N; across both its ends the mean of many
codes shows whether scores are averaged, not codes or exponentials.
"""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities.monte_carlo import (
    LEVELS,
    Gaussian,
    Inputs,
    Quadratic,
    Reading,
    StandIns,
    cancelled,
    cancelling,
    inputs,
    log_density,
    log_ratio,
    quantiles_of_sum,
    reading,
)
from autograder.student import Student
from vae_utils.compare_draws import ALPHA
from vae_utils.stand_in import FAINTEST

FUNCTION = "kl_gaussian_gaussian_mc"
MANY, SOME, FEW = 1000, 20, 5  # codes
MOST = 4000  # so many show the logarithm of a mean in scores between 0 and 1
EQUAL_ROWS, ENTRIES = 2001, 3
CALLS, ROWS = 64, 15  # so many calls show whether two rows share their noise
SLACK = 1.5 * ENTRIES / LEVELS + 0.001
NAMING = 1e-3  # a name may be missed once in 1,000 times; a wrong one misleads
EXACT = 1e-3  # for mistakes without noise
RELATIVE = 3e-4  # two thousand float32 additions, each rounded the same way by 2^-24
NARROW, WIDE = 0.06, 2.0  # spreads of readings: 8 of them within the ramp's limits, or 1/4
ANY = 1e30  # in place of a tolerance: the shape alone counts
NO_NOISE = "The estimate does not vary: draw a new z = mu_q + sigma_q * eps for every code."
SAME = "Two calls give the same estimate: draw new codes at every call, and set no seed."
SQUARED = "This averages half the square of log q(z) - log p(z): average the difference itself."


def _pair(given: Inputs) -> tuple[Gaussian, Gaussian]:
    mu_q, logvar_q, mu_p, logvar_p = given
    return Gaussian.of(mu_q, logvar_q), Gaussian.of(mu_p, logvar_p)


def _wrong_spreads(q: Gaussian) -> Iterator[tuple[str, str, Tensor]]:
    """Standard deviations with which z may be drawn by mistake."""
    yield (
        "variance_for_std",
        "z is drawn with the variance exp(logvar_q) as its standard deviation: halve logvar_q.",
        q.std**2,
    )
    yield (
        "logvar_for_std",
        "z is drawn with logvar_q itself as its standard deviation: halve it, and undo the log.",
        (2 * q.std.log()).abs(),
    )
    yield (
        "log_for_std",
        "z is drawn with log sigma_q as its standard deviation: undo the log.",
        q.std.log().abs(),
    )
    yield "unit_std", "The noise in z is not scaled by sigma_q.", torch.ones_like(q.std)


def _wrong_ratios(q: Gaussian, p: Gaussian) -> Iterator[tuple[str, str, Quadratic]]:
    """What wrong formulas average in place of log q(z) - log p(z)."""
    for name, hint, std in _wrong_spreads(q):
        yield name, hint, log_ratio(q, p, q.with_std(std))
    wide_q, wide_p = q.with_std(q.std**2), p.with_std(p.std**2)
    yield (
        "variance_as_scale",
        "A normal distribution of torch takes the standard deviation; it gets the variance here.",
        log_ratio(wide_q, wide_p),
    )
    yield "from_p", "z is drawn from p; KL(q || p) averages over q.", log_ratio(q, p, p)
    yield (
        "negated",
        "The sign is wrong: log q(z) - log p(z), which is above 0 on average.",
        log_ratio(p, q, q),
    )
    yield (
        "reversed",
        "This estimates KL(p || q): draw from q, and subtract log p(z).",
        log_ratio(p, q),
    )
    yield (
        "standard_p",
        "p is taken for the standard normal distribution: use mu_p and logvar_p.",
        log_ratio(q, Gaussian(torch.zeros_like(p.mean), torch.ones_like(p.std)), q),
    )
    yield (
        "unit_variance_p",
        "p has a variance of its own, exp(logvar_p), not 1.",
        log_ratio(q, p.with_std(torch.ones_like(p.std))),
    )
    yield "log_p_forgotten", "log p(z) is not subtracted.", log_density(q, q)
    yield "log_q_forgotten", "log q(z) is left out.", log_density(p, q).times(-1)
    yield (
        "averaged_over_entries",
        "The mean goes over the entries too, which makes it too small by a factor D: sum them.",
        log_ratio(q, p).times(1 / q.mean.shape[1]),
    )


def _shape(name: str, hint: str, *shape: int) -> Misconception:
    """Any numbers in a wrong shape."""
    anything = torch.zeros(shape[1:]).expand(shape) if shape else torch.zeros(())
    return Misconception(name, hint, {"expected": (anything,), "rtol": 0.0, "atol": ANY}, "equal")


def _wrong_shapes(rows: int, entries: int, codes: int) -> Iterator[Misconception]:
    over_codes = "Average over the codes: one number a row is wanted."
    one_axis = "The wrong axis is reduced: the mean goes over codes, the sum over entries, and "
    yield _shape("scalar", "One number for the whole batch: one a row is wanted, [B].")
    yield _shape("not_summed", "Sum over the entries: one number a row is wanted.", rows, entries)
    yield _shape("wrong_axis", one_axis + "rows stay. This is one number a code.", codes)
    yield _shape("wrong_axis", one_axis + "rows stay. This is one number an entry.", entries)
    for left_over in ((rows, 1), (1, rows)):
        yield _shape("kept_axis", "An axis of length 1 is left over: [B] is wanted.", *left_over)
    if codes > 1:
        yield _shape("not_averaged", over_codes, codes * rows)
    for two in ((codes, rows), (rows, codes)):
        yield _shape("not_averaged", over_codes, *two)
    for three in ((codes, rows, entries), (rows, codes, entries)):
        yield _shape("nothing_reduced", over_codes + " Sum over the entries first.", *three)


def _means_of_wrong_formulas(
    q: Gaussian, p: Gaussian, codes: int
) -> Iterator[tuple[str, str, Tensor, float]]:
    """Name, hint, mean [B], and how far estimates may be off it."""
    right, bound = log_ratio(q, p), log_ratio(q, p).tolerance(codes)
    yield "no_noise", NO_NOISE, log_ratio(q, p, q.with_std(0 * q.std)).mean, EXACT
    average = log_ratio(q, p, q.with_std(q.std / codes**0.5))
    hint = "Codes are averaged before their densities are taken: average log q(z) - log p(z)."
    yield "codes_averaged", hint, average.mean, average.tolerance(1, NAMING)
    hint = "All rows get the estimate of the first row."
    yield "first_row_for_all", hint, right.mean[:1].expand_as(right.mean), bound
    square = 0.5 * (right.mean**2 + right.variance)  # it moves KL times as far
    yield "squared_log_ratio", SQUARED, square, bound * float(right.mean.max())
    for name, hint, ratio in _wrong_ratios(q, p):
        yield name, hint, ratio.mean, ratio.tolerance(codes, NAMING)
    total = right.times(codes)
    hint = "This grows with num_samples: average over the codes, do not sum."
    yield "summed_over_codes", hint, total.mean, total.tolerance(codes, NAMING)


def _off_on_average(q: Gaussian, p: Gaussian, codes: int) -> Iterator[Misconception]:
    """Wrong formulas that many codes show; those with little noise, which fit few others, first."""
    wrong = _means_of_wrong_formulas(q, p, codes)
    for name, hint, mean, atol in sorted(wrong, key=lambda formula: formula[3]):
        yield Misconception(name, hint, {"expected": (mean,), "atol": atol})


def _must_come_close(
    student: Student,
    given: Inputs,
    codes: int,
    mistakes: Iterable[Misconception],
    stand_ins: StandIns,
) -> None:
    """Estimates within `Quadratic.tolerance` of the divergence, [B], or what the stand-in gives."""
    answer = student.call(FUNCTION, *given, codes, stand_ins=stand_ins)
    if stand_ins:
        right, rtol, atol = cancelled(stand_ins, given), RELATIVE, EXACT
    else:
        ratio = log_ratio(*_pair(given))
        right, rtol, atol = ratio.mean, 0.0, ratio.tolerance(codes)
    answer.must_equal(right, misconceptions=mistakes, rtol=rtol, atol=atol)


def _must_average_scores(student: Student, known: Reading) -> None:
    """Scores at both ends of a ramp: for their mean Hoeffding's inequality."""
    answer = student.call(FUNCTION, *known.rows(2), MOST, stand_ins=known.stand_ins)
    bound = (1 - 2 * FAINTEST) * math.sqrt(math.log(2 * 2 / ALPHA) / (2 * MOST))
    answer.must_equal(known.limited.expand(2), rtol=0.0, atol=bound + 1 / LEVELS)


@worth(2)
def test_a_thousand_codes(student: Student, draw: Draw) -> None:
    """With a thousand codes each, the estimates for seven rows are close to the divergence: [7]."""
    given = inputs(draw, 7, 20)
    known = reading(draw, ENTRIES, WIDE, offset=0.6)

    def claim(stand_ins: StandIns) -> None:
        off = () if stand_ins else _off_on_average(*_pair(given), MANY)
        mistakes = (*_wrong_shapes(7, 20, MANY), *off)
        _must_come_close(student, given, MANY, mistakes, stand_ins)
        if stand_ins:
            _must_average_scores(student, known)

    student.given(cancelling(draw, 20), claim)


def _table(values: Tensor, alpha: float = NAMING) -> dict[str, Any]:
    """A distribution, from its quantiles in any order, [LEVELS]."""
    levels = (torch.arange(LEVELS, dtype=torch.float64) + 0.5) / LEVELS
    values, slack = values.sort().values, SLACK
    return {"values": values, "cdf": levels, "n": EQUAL_ROWS, "slack": slack, "alpha": alpha}


def _constant(name: str, hint: str, value: Tensor) -> Misconception:
    """The same value [1] for all rows."""
    expected = {"expected": (value.expand(EQUAL_ROWS),), "rtol": 0.0, "atol": EXACT}
    return Misconception(name, hint, expected, kind="equal")


def _wrong_noise(q: Gaussian, p: Gaussian) -> Iterator[Misconception]:
    """Estimates that do not vary from row to row as they should; q and p of one row."""
    yield _constant(
        "analytic",
        "This is the exact divergence, as in Task 4: here draw codes, and let the estimate vary.",
        log_ratio(q, p).mean,
    )
    yield _constant("no_noise", NO_NOISE, log_ratio(q, p, q.with_std(0 * q.std)).mean)
    yield Misconception(
        "noise_shared_by_rows",
        "Equal rows get the same estimate, though each has codes of its own: draw for every row.",
        {"mean": torch.zeros(()), "std": torch.ones(()), "axis": 0},
        kind="shared",
    )
    yield Misconception(
        "noise_shared_by_entries",
        "All entries of a code get the same noise: draw as many eps as mu_q has entries.",
        _table(log_ratio(q, p).columns().sum(1)),
    )
    parts = log_density(q, q).columns(), log_density(p, q).times(-1).columns()
    yield Misconception(
        "two_draws",
        "log q and log p are taken of different codes: draw z once, and use it in both.",
        _table(quantiles_of_sum(torch.cat(parts, 1))),
    )


def _wrong_surrogates(values: Tensor) -> Iterator[Misconception]:
    """Functions of log q(z) - log p(z) that are never below 0; values: its quantiles [LEVELS]."""
    yield Misconception(
        "absolute_value",
        "An estimate may be negative, though the divergence never is: leave out abs.",
        _table(values.abs()),
    )
    yield Misconception("squared_log_ratio", SQUARED, _table(0.5 * values**2))
    yield Misconception(
        "ratio_added",
        "p(z) / q(z) - 1 is added. It is 0 on average, but the task is log q(z) - log p(z) alone.",
        _table((-values).exp() - 1 + values),
    )
    yield Misconception(
        "clamped",
        "Many estimates are exactly 0. The divergence is never negative, but an estimate may be: "
        "leave out clamp.",
        _table_with_zeros(values),
    )


def _table_with_zeros(values: Tensor) -> dict[str, Any]:
    """The distribution of max(0, value), in which the jump at 0 is a narrow ramp.

    A 0 lies in the middle of the ramp, and so is off by half of the jump at most. What lies below
    0 counts as above everything, where there is no room for it.
    """
    usual = _table(values)
    above = usual["values"] > EXACT
    jump = 1 - float(above.double().mean())
    ramp = torch.tensor([-2 * EXACT, -EXACT, EXACT], dtype=torch.float64)
    levels = torch.tensor([1.0, 0.0, jump], dtype=torch.float64)
    return {
        **usual,
        "values": torch.cat([ramp, usual["values"][above]]),
        "cdf": torch.cat([levels, usual["cdf"][above]]),
        "slack": SLACK + jump / 2,
    }


def _odd_rows(q: Gaussian, p: Gaussian, values: Tensor) -> Iterator[Misconception]:
    """What many equal rows with one code each show; means tell wrong formulas apart."""
    yield from _wrong_shapes(EQUAL_ROWS, ENTRIES, 1)
    yield from _wrong_noise(q, p)
    yield from _wrong_surrogates(values)


def _must_be_distributed(student: Student, given: Inputs) -> None:
    """Estimates from one code for many equal rows, in closed form."""
    q, p = _pair(given)
    values = quantiles_of_sum(log_ratio(q, p).columns())
    rows = (value.expand(EQUAL_ROWS, -1) for value in given)
    answer = student.call(FUNCTION, *rows, 1)
    answer.must("distribution", _table(values, ALPHA), _odd_rows(q, p, values))


def _misread(known: Reading) -> Iterator[Misconception]:
    """What the noise in z may be by mistake, where a stand-in reads it.

    Of wrong spreads only the narrow one has a name: wide ones meet the ramp's limits.
    """
    yield from _wrong_shapes(EQUAL_ROWS, ENTRIES, 1)
    yield _constant("no_noise", NO_NOISE, known.unlimited[None])
    q, _ = _pair(known.row)
    name, hint, std = next(_wrong_spreads(q))
    yield Misconception(name, hint, {"std": (known.slope * std / q.std).norm()})


def _must_be_normal(student: Student, known: Reading) -> None:
    """The same with the stand-in of a reading, which shows how z is drawn."""
    answer = student.call(FUNCTION, *known.rows(EQUAL_ROWS), 1, stand_ins=known.stand_ins)
    mean, std = known.unlimited, known.slope.norm()
    params = {"mean": mean, "std": std, "calls": EQUAL_ROWS, "axes": ()}
    answer.must("normal", params, _misread(known))


@worth(2)
def test_one_code(student: Student, draw: Draw) -> None:
    """With one code each, the estimates for many equal rows are distributed as they should be.

    SLACK: in a table of m equally probable values an interval has a probability that is off by at
    most 1 / m, the sum of two columns brings at most 1 / (2 m) more, and so does a step of the
    table, together 1.5 D / m for D entries. The density of the sum of two entries is at most
    1 / (2 sqrt(a_1 a_2)) < 3, whatever b; so float32 rounding by 1e-5 adds less than 1e-4.
    """
    given = inputs(draw, 1, ENTRIES, apart=0.3)
    known = reading(draw, ENTRIES, NARROW)

    def claim(stand_ins: StandIns) -> None:
        if stand_ins:
            _must_be_normal(student, known)
        else:
            _must_be_distributed(student, given)

    student.given(known.stand_ins, claim)


def _equally_wide(draw: Draw) -> Inputs:
    """Rows with the same variances in q and p, whose means lie apart in one direction.

    Entries differ in sign, so that noise which they share nearly cancels.
    """
    mu_p = draw.uniform(ROWS, 4, low=-1.0, high=1.0)
    apart = draw.uniform(1, 4, low=1.6, high=2.0) * torch.tensor([1.0, -1.0, 1.0, -1.0])
    factor = draw.uniform(ROWS, 1, low=0.7, high=1.3)
    logvar = draw.uniform(4, low=0.5, high=1.0).expand(ROWS, -1)
    return mu_p + factor * apart, logvar, mu_p, logvar


def _wrong_codes(mean: Tensor, slope: Tensor) -> Iterator[Misconception]:
    """What can be wrong with the noise of five codes, each of which gives mean + slope eps."""
    std, entries = slope.norm(dim=-1) / FEW**0.5, slope.shape[1]

    def normal(name: str, hint: str, mean: Tensor, std: Tensor) -> Misconception:
        return Misconception(name, hint, {"mean": mean, "std": std})

    def shared(name: str, hint: str, axis: int) -> Misconception:
        return Misconception(name, hint, {"mean": mean, "std": std, "axis": axis}, kind="shared")

    flat = {"expected": (mean.expand(CALLS, -1),), "rtol": 0.0, "atol": EXACT}
    yield Misconception("no_noise", NO_NOISE, flat, kind="equal")
    yield shared("same_noise_every_call", SAME, 0)
    yield shared("noise_shared_by_rows", "All rows get the same noise: draw for every row.", 1)
    yield normal(
        "noise_not_averaged",
        "Five codes vary as much as one: use num_samples, and draw new noise for every code.",
        mean,
        std * FEW**0.5,
    )
    yield normal("summed_over_codes", "Average over the codes, do not sum.", mean * FEW, std * FEW)
    hint = "The mean goes over the entries too: sum them."
    yield normal("averaged_over_entries", hint, mean / entries, std / entries)
    hint = "All entries of a code get the same noise: draw as many eps as mu_q has entries."
    yield normal("noise_shared_by_entries", hint, mean, slope.sum(-1).abs() / FEW**0.5)


@worth(1)
def test_five_codes(student: Student, draw: Draw) -> None:
    """With five codes each, many estimates vary as means of five, all with noise of their own.

    q and p have the same variances: so the estimates are normal.
    """
    own = _equally_wide(draw)
    known = reading(draw, ENTRIES, NARROW)

    def claim(stand_ins: StandIns) -> None:
        given = known.rows(ROWS) if stand_ins else own
        ratio = log_ratio(*_pair(own))
        mean = known.unlimited.expand(ROWS) if stand_ins else ratio.mean
        slope = known.slope.expand(ROWS, -1) if stand_ins else ratio.slope
        answer = student.call(FUNCTION, *given, FEW, repeat=CALLS, stand_ins=stand_ins)
        params = {"mean": mean, "std": slope.norm(dim=-1) / FEW**0.5, "calls": CALLS}
        answer.must("normal", {**params, "axes": ("calls", "batch")}, _wrong_codes(mean, slope))

    student.given(known.stand_ins, claim)


def _must_vary(student: Student, given: Iterable[Tensor], stand_ins: StandIns) -> None:
    answer = student.call(FUNCTION, *given, repeat=2, stand_ins=stand_ins)
    answer.must("varies", {}, [Misconception("same_noise_every_call", SAME, {}, kind="repeats")])


@worth(1)
def test_a_single_row_and_images(student: Student, draw: Draw) -> None:
    """A single row gives [1], images are flattened, and two calls differ."""
    squeezed = "The batch axis of a single row got lost: squeeze, or a sum over everything?"
    alone = (_shape("batch_axis_lost", squeezed), *_wrong_shapes(1, 5, SOME))
    row, images = inputs(draw, 1, 5), inputs(draw, 3, 1, 2, 4)
    close = partial(_must_come_close, student)
    student.given(cancelling(draw, 5), partial(close, row, SOME, alone))
    shapes = tuple(_wrong_shapes(3, 8, SOME))
    student.given(cancelling(draw, 8), partial(close, images, SOME, shapes))
    known = reading(draw, ENTRIES, NARROW)
    student.given(known.stand_ins, partial(_must_vary, student, known.rows(3)))
