"""Task `factorized_gaussian_log_density`: -sum_d (log(2 pi) / 2 + l_d + ((x_d - mu_d) / s_d)^2 / 2)
with l = log s, one per row.

Source: Kingma and Welling 2014, appendix C.2. Tolerance: sums of up to fifteen float32 terms that
are at most 60 have errors below 1e-5 of their size; a square written out, x^2 - 2 x mu + mu^2, is
off by 1e-5 in all. Sigmas lie on both sides of 1, and no term is small.
"""

from torch import Tensor

from autograder.checks import Draw, worth
from autograder.checks.latent_space import forms
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.normal_mistakes import at_most_one, narrow, wrong_normals
from autograder.checks.latent_space.products import cotangent, products
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import squeezed, unreached
from autograder.student import Student

FUNCTION = "factorized_gaussian_log_density"
NAMES = {"arg0": "mu", "arg1": "logsig", "arg2": "xs"}


def _inputs(draw: Draw, rows: int, entries: int) -> tuple[Tensor, Tensor, Tensor]:
    mu = draw.uniform(rows, entries, low=-2.0, high=2.0)
    logsig = draw.uniform(rows, entries, low=-1.0, high=0.8)
    return mu, logsig, draw.uniform(rows, entries, low=-2.0, high=2.0)


def _check(student: Student, draw: Draw, rows: int, entries: int) -> None:
    inputs = _inputs(draw, rows, entries)
    right = forms.gaussian(*inputs)
    # Of a single row many wrong formulas may have the same value.
    mistakes = [squeezed(right)] if rows == 1 else wrong_normals(*inputs)
    with any_batch_size():
        answer = student.call(FUNCTION, *inputs)
    answer.must_equal(right, misconceptions=mistakes, atol=1e-4)


@worth(0)
def test_one_number_per_row(student: Student, draw: Draw) -> None:
    """The log densities of seven codes with three entries, [7]."""
    _check(student, draw, 7, 3)


@worth(0)
def test_other_sizes(student: Student, draw: Draw) -> None:
    """Four codes with five entries give [4], a single code gives [1], not a plain number, and
    thousands take no more steps of Python than one: no loop over the batch."""
    _check(student, draw, 4, 5)
    _check(student, draw, 1, 5)
    all_at_once(student, FUNCTION, *_inputs(draw, 1, 5))


@worth(0)
def test_narrow_distributions(student: Student, draw: Draw) -> None:
    """Where sigma is small, densities of six codes exceed 1, and their logarithms 0."""
    inputs = narrow(draw, 6, 3)
    right = forms.gaussian(*inputs)
    answer = student.call(FUNCTION, *inputs)
    answer.must_equal(right, misconceptions=[at_most_one(right)], atol=1e-4)


@worth(0)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach mu, logsig and xs and have the right values."""
    inputs, up = _inputs(draw, 7, 3), cotangent(draw, 7)
    leaves = dict(zip(NAMES, inputs, strict=True))
    expected = products(lambda made: (forms.gaussian(*made.values()),), leaves, (up,))
    answer = student.call(FUNCTION, *inputs, cotangents=(up,))
    answer.must_have_gradients(expected, unreached((7,), NAMES))
