"""Task `compute_KL`: 1/2 sum_l (mu_l^2 + exp(2 logsigma_l) - 2 logsigma_l - 1), one per row.

Source: Kingma and Welling 2014, appendix B, with sigma = exp(logsigma). Inputs keep every term of
the formula at order one. Float64: 1e-5 relative.
"""

import numpy as np

from autograder.checks import Draw, Misconception, worth
from autograder.checks.from_scratch.forms import (
    ATOL,
    MANY,
    RTOL,
    STEPS,
    L,
    any_batch_size,
    kl,
    kl_terms,
    outputs,
    split,
)
from autograder.checks.mistakes import gives, squeezed, unreached, wrong_sums
from autograder.student import Student
from vae_utils.arrays import Array

FUNCTION = "compute_KL"
LOG_SIGMA = "You have log sigma, the formula wants log sigma^2: mind the factor 2."
SQUARED = "The variance is squared once too often: exp(2 logsigma) is the variance already."
ONE = "KL(p || p) is 0: "
HALF = "The 1/2 belongs to all terms."
CHANGED_PLACES = (
    "The halves of the encoder's output have changed places: the means come first, then log sigma."
)


def _half(*terms: Array) -> Array:
    return np.asarray(0.5 * sum(terms).sum(-1))  # type: ignore[union-attr]


def _wrong_terms(mu: Array, logsigma: Array) -> list[Misconception]:
    square, variance, double = mu**2, np.exp(2 * logsigma), 2 * logsigma
    std, quartic, one = np.exp(logsigma), np.exp(4 * logsigma), np.ones_like(mu)
    return [
        gives("logsigma_as_logvar", LOG_SIGMA, _half(square, std, -one, -logsigma)),
        gives("std_for_variance", LOG_SIGMA, _half(square, std, -one, -double)),
        gives("logsigma_undoubled", LOG_SIGMA, _half(square, variance, -one, -logsigma)),
        gives(
            "halves_exchanged", CHANGED_PLACES, _half(logsigma**2, np.exp(2 * mu), -one, -2 * mu)
        ),
        gives(
            "reversed",
            "This is KL(p || q); whose variance is in the denominator?",
            _half((square + 1) / variance, -one, double),
        ),
        gives("mu_unsquared", "mu enters as a square.", _half(mu, variance, -one, -double)),
        gives("variance_squared", SQUARED, _half(square, quartic, -one, -double)),
        gives("variance_as_std", SQUARED, _half(square, quartic, -one, -2 * double)),
        gives("log_sign", "Mind the sign of the logarithm.", _half(square, variance, -one, double)),
        gives(
            "log_forgotten", "The term with log sigma is missing.", _half(square, variance, -one)
        ),
        gives("mu_forgotten", "The term with mu is missing.", _half(variance, -one, -double)),
        gives("one_forgotten", ONE + "a -1 is missing.", _half(square, variance, -double)),
        gives("one_added", ONE + "mind the sign of the 1.", _half(square, variance, one, -double)),
    ]


def _wrong_halves(output: Array) -> list[Misconception]:
    mu, logsigma = split(output)
    right, one = kl(output), np.ones_like(mu)
    square, variance, double = _half(mu**2), _half(np.exp(2 * logsigma)), _half(2 * logsigma)
    outside = "The 1 belongs to each entry of the code: into the sum with it."
    return [
        gives("sign", "A KL is never negative; try an output of zeros.", -right),
        gives("half_lost", "The factor 1/2 in front of the sum is missing.", 2 * right),
        gives("half_only_on_mu", HALF, 2 * right - square),
        gives("half_not_on_mu", HALF, right + square),
        gives("half_not_on_variance", HALF, right + variance),
        gives("half_not_on_one", HALF, right - _half(one)),
        gives("half_not_on_log", HALF, right - double),
        gives("one_outside_the_sum", outside, right + _half(one) - 0.5),
    ]


def wrong(output: Array) -> list[Misconception]:
    """Values of wrong formulas on the same input."""
    sums = wrong_sums(kl_terms(output), "entries")
    return _wrong_terms(*split(output)) + _wrong_halves(output) + sums


@worth(3)
def test_one_number_per_image(student: Student, draw: Draw) -> None:
    """The KL of seven posteriors, [7]."""
    output = outputs(draw, 7, high=1.0)
    answer = student.call(FUNCTION, output, intact=True)
    answer.must_equal(kl(output), misconceptions=wrong(output), rtol=RTOL, atol=ATOL)
    many = np.broadcast_to(output[:1], (MANY, 2 * L))
    student.must_cost(STEPS, FUNCTION, (output[:1],), (many,))


@worth(1)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image gives [1], not a plain number."""
    output = outputs(draw, 1, high=1.0)
    right = kl(output)
    with any_batch_size():
        answer = student.call(FUNCTION, output)
    answer.must_equal(right, misconceptions=[squeezed(right)], rtol=RTOL, atol=ATOL)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach both halves of the encoder's output and have the right values."""
    output, up = outputs(draw, 7, high=1.0), draw.array(7, 1, low=0.5, high=2.0)
    mu, logsigma = split(output)
    answer = student.call(FUNCTION, output, cotangents=(up[:, 0],))
    along = up * mu, up * (np.exp(2 * logsigma) - 1)
    zero = np.zeros((7, L))
    hint = "No gradient reaches {}: keep to autograd's NumPy from there to the KL."
    halves = (("mu", (zero, along[1])), ("logsigma", (along[0], zero)))
    mistakes = [
        *unreached((7,), {"arg0": "encoder_output"}),
        *(
            Misconception(
                f"no_gradient_to_{name}", hint.format(name), {"expected": {"arg0": np.hstack(left)}}
            )
            for name, left in halves
        ),
    ]
    answer.must_have_gradients({"arg0": np.hstack(along)}, mistakes)
