"""Task `log_mean_exp`: log((1/K) sum_k exp(y_k)) = a + log((1/K) sum_k exp(y_k - a)), one per row.

It holds for any a; the maximum of the row keeps exponentials in range. Burda et al. 2016 need it in
equation 8. The gradient is softmax(y). Tolerance: nine terms of order one in float32, 1e-4; next to
900, float32 numbers are 6e-5 apart, hence 2e-3 there, whatever the order of the sum.

In float32 exp overflows at 89 and underflows at -104, in float64 at 710 and -746.
"""

import math

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities import forms
from autograder.checks.densities.forms import gives
from autograder.student import Student

FUNCTION = "log_mean_exp"
FAR = 900.0
EPSILONS = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
CONSTANT_HINT = "A row of equal numbers gives that number: "
SHIFT_HINT = "A constant added to a row adds to the result, lme(y + c) = lme(y) + c: "
PER_ROW_HINT = "One number per row is wanted, [B]."
BROADCAST_HINT = "[B, 1] and [B] are broadcast to [B, B]: bring both to the shape [B] first."
CANCEL_HINT = (
    "The gradient of the maximum does not cancel: what is subtracted comes back in full, detached "
    "in both places or in neither."
)
OVERFLOW_HINT = (
    "The result is infinite or NaN: try rows of numbers like -900, and like 900. Take the row's "
    "maximum out before the exponential."
)
GLOBAL_HINT = (
    "A row near -80 beside one near 80 gives an infinity or NaN: each row has a maximum of its "
    "own; take that out, not one for all rows."
)
RANGE_HINT = (
    "With numbers from -900 to 900 a result is infinite or NaN: take out of each row its own "
    "maximum, so that its largest exponential is 1."
)


def _wrong_means(y: Tensor, right: Tensor) -> list[Misconception]:
    rows, count = y.shape
    total, log_k = right + math.log(count), math.log(count)
    return [
        gives("sum_for_mean", CONSTANT_HINT + "divide the sum by K.", total),
        gives("divided_twice", CONSTANT_HINT + "the mean divides by K already.", right - log_k),
        gives("log_k_added", CONSTANT_HINT + "log K is subtracted, not added.", total + log_k),
        gives("divided_outside", "Divide by K inside the logarithm, not outside.", total / count),
        gives(
            "divided_by_rows",
            "The mean runs over K numbers: divide by K, not by B.",
            total - math.log(rows),
        ),
        gives(
            "mean_of_logs",
            "This is the mean of the logarithms, no more than an ELBO: first exp, then the mean, "
            "then log.",
            y.mean(-1),
        ),
        gives("largest", "This is the maximum alone; all numbers count.", y.amax(-1)),
        gives("no_logarithm", "The logarithm of the mean is missing.", right.exp()),
    ]


def _wrong_maxima(y: Tensor, right: Tensor) -> list[Misconception]:
    largest = y.amax(-1)
    rest = right - largest
    inside = (rest.exp() + largest).log()
    return [
        gives("maximum_not_added_back", SHIFT_HINT + "add the maximum back.", rest),
        gives("maximum_subtracted_twice", SHIFT_HINT + "add the maximum back.", rest - largest),
        gives("maximum_added_twice", SHIFT_HINT + "the maximum counts once.", right + largest),
        gives(
            "maximum_added_inside",
            SHIFT_HINT + "the maximum comes back outside of the logarithm.",
            inside,
        ),
        gives("log_of_rest_forgotten", "The logarithm is missing.", largest + rest.exp()),
        gives("broadcast", BROADCAST_HINT, largest[:, None] + rest),
        gives("broadcast", BROADCAST_HINT, largest + rest[:, None]),
    ]


def _wrong_axes(y: Tensor, right: Tensor) -> list[Misconception]:
    over_rows = torch.logsumexp(y, 0) - math.log(len(y))
    everything = torch.logsumexp(y.flatten(), 0) - math.log(y.numel())
    return [
        gives("wrong_axis", "The mean runs over each row, the last axis.", over_rows),
        gives("over_everything", PER_ROW_HINT + " The mean runs over one row.", everything),
        gives("averaged_over_batch", PER_ROW_HINT + " Do not average them.", right.mean()),
        gives("summed_over_batch", PER_ROW_HINT + " Do not add them up.", right.sum()),
        gives("kept_axis", "The shape is [B], not [B, 1]: is there a keepdim?", right[:, None]),
        gives("not_averaged", PER_ROW_HINT + " There is no mean yet.", y),
    ]


def wrong_means(y: Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs [B, K]."""
    y, right = y.double(), forms.log_mean_exp(y)
    return _wrong_means(y, right) + _wrong_maxima(y, right) + _wrong_axes(y, right)


def _moderate(draw: Draw, rows: int, count: int) -> Tensor:
    """Numbers of either sign [rows, count], rows unlike each other.

    Maxima are above 1, so that no mistake gives NaN here.
    """
    first = draw.uniform(rows, 1, low=1.0, high=3.0)
    others = draw.uniform(rows, count - 1, low=-3.0, high=3.0)
    return torch.cat([first, others], dim=1) + torch.linspace(0.0, 2.0, rows)[:, None]


def _check(student: Student, y: Tensor) -> None:
    answer = student.call(FUNCTION, y)
    answer.must_equal(forms.log_mean_exp(y), misconceptions=wrong_means(y), atol=1e-4)


def _must_stay_finite(student: Student, y: Tensor, name: str, hint: str) -> None:
    """Where formulas are right that are exact but overflow."""
    floor = "An added {} hides the 0, and its logarithm is returned: take the row's maximum out."
    floors = [
        gives("epsilon_added", floor.format(tiny), torch.full((len(y),), math.log(tiny)))
        for tiny in EPSILONS
    ]
    mistakes = [forms.overflows(name, hint, len(y)), *floors]
    answer = student.call(FUNCTION, y)
    answer.must_equal(forms.log_mean_exp(y), misconceptions=mistakes, rtol=0.0, atol=2e-3)


@worth(2)
def test_one_number_per_row(student: Student, draw: Draw) -> None:
    """The log mean exp of seven rows of nine numbers, [7]."""
    _check(student, _moderate(draw, 7, 9))


@worth(1)
def test_far_from_zero(student: Student, draw: Draw) -> None:
    """Rows of numbers near -900, and near 900."""
    y = _moderate(draw, 7, 9)
    _check(student, y)
    _must_stay_finite(student, y - FAR, "maximum_not_subtracted", OVERFLOW_HINT)
    _must_stay_finite(student, y + FAR, "maximum_not_subtracted", OVERFLOW_HINT)


@worth(1)
def test_rows_of_different_size(student: Student, draw: Draw) -> None:
    """Rows near -80 and 80 in one batch, then from -900 to 900, one of them with all of that."""
    y = _moderate(draw, 5, 9)
    _check(student, y)
    near = torch.linspace(-80.0, 80.0, 5)[:, None]  # in reach of exp, their differences are not
    _must_stay_finite(student, y + near, "global_maximum", GLOBAL_HINT)
    far = torch.linspace(-FAR, FAR, 9)
    offsets = torch.cat([far[::2, None].expand(5, 9), far[None]])
    y = torch.cat([y, y[:1]]) + offsets
    _must_stay_finite(student, y, "maximum_not_of_its_row", RANGE_HINT)


@worth(1)
def test_a_single_row_and_equal_numbers(student: Student, draw: Draw) -> None:
    """A batch of one row gives [1]; a row of equal numbers gives that number, one number itself."""
    _check(student, _moderate(draw, 5, 6))
    single, equal = _moderate(draw, 1, 9), draw.uniform(5, 1, low=-3.0, high=3.0)
    lost = forms.squeezed(forms.log_mean_exp(single))
    once = "Equal numbers all count: a row may have its maximum more than once."
    tied = gives("maximum_counted_once", once, equal[:, 0].double() - math.log(6))
    for y, mistakes in (
        (single, [lost]),
        (equal.repeat(1, 6), [tied]),
        (equal, []),
        (equal[:1], []),
    ):
        right = forms.log_mean_exp(y)
        student.call(FUNCTION, y).must_equal(right, misconceptions=mistakes, atol=1e-4)


def _must_be_softmax(
    student: Student, y: Tensor, cotangent: Tensor, mistakes: list[Misconception]
) -> None:
    peak = torch.nn.functional.one_hot(y.argmax(-1), y.shape[-1])
    share = y.double().softmax(-1)
    half = [
        Misconception(
            "maximum_does_not_cancel",
            CANCEL_HINT,
            {"expected": {"arg0": cotangent[:, None] * wrong}},
        )
        for wrong in (share + peak, share - peak)
    ]
    answer = student.call(FUNCTION, y, cotangents=(cotangent,))
    expected = {"arg0": cotangent[:, None] * share}
    answer.must_have_gradients(expected, [*mistakes, *half, *forms.unreached(len(y), "y")])


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """The gradient of each row is its softmax, near 0 and near -900."""
    y, cotangent = _moderate(draw, 7, 9), forms.cotangent(draw, 7)
    overflow = forms.overflows("maximum_not_subtracted", OVERFLOW_HINT, 7)
    _must_be_softmax(student, y, cotangent, [])
    _must_be_softmax(student, y - FAR, cotangent, [overflow])
