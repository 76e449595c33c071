"""Task `bernoulli_log_prob`: sum_d x_d l_d - log(1 + e^l_d), one per row; l: logits.

Source: Kingma and Welling 2014, appendix C.1, with sigmoid(l) put in. Values: float64, 1e-5
relative. Stability: logits of up to 1,000, where sigmoid(l) is 0 or 1 to all digits.
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import expit, log_expit

from autograder.checks import Draw, Misconception, worth
from autograder.checks.from_scratch.forms import (
    ATOL,
    MANY,
    RTOL,
    STEPS,
    D,
    any_batch_size,
    bernoulli,
    bernoulli_terms,
    binary,
)
from autograder.checks.mistakes import gives, overflows, squeezed, unreached, wrong_sums
from autograder.student import Student
from vae_utils.arrays import Array

FUNCTION = "bernoulli_log_prob"
FEW = 15  # pixels whose chance is far from 0 and 1; with more, all probabilities underflow
BOTH_HINT = "White and black pixels both count: {} are left out."
UNSTABLE = (
    "Infinite or NaN for logits as large as 1,000: log(1 + exp(l)) overflows as it stands, and a "
    "probability that is rounded to 0 has no logarithm. np.logaddexp(0, l) is safe."
)
CLIPPED = (
    "A limit cuts off large logits: a white pixel of logit -1,000 has log probability -1,000. "
    "np.logaddexp(0, l) needs no limit."
)


def _summed(name: str, hint: str, terms: Array) -> Misconception:
    return gives(name, hint, terms.sum(-1))


def _wrong_terms(x: Array, logits: Array) -> list[Misconception]:
    white, black = x * log_expit(logits), (1 - x) * log_expit(-logits)
    return [
        _summed("only_white", BOTH_HINT.format("black ones"), white),
        _summed("only_black", BOTH_HINT.format("white ones"), black),
        _summed("subtracted", "The parts of white and black pixels are added.", white - black),
        _summed(
            "exchanged",
            "A logit is that of a 1: exchange what white and what black pixels get.",
            x * log_expit(-logits) + (1 - x) * log_expit(logits),
        ),
        _summed("linear_term_only", "The term log(1 + exp(l)) is missing.", x * logits),
        _summed("targets_forgotten", "The targets are missing: x times logit.", log_expit(logits)),
        _summed(
            "zero_for_minus_one",
            "log sigmoid(x l) is meant for targets -1 and 1; here a black pixel is 0.",
            log_expit(x * logits),
        ),
        _summed(
            "squared_error",
            "This is minus a squared error; a Bernoulli likelihood has logarithms.",
            -((x - expit(logits)) ** 2),
        ),
    ]


def _wrong_logits(x: Array, logits: Array) -> list[Misconception]:
    theta = expit(logits)
    twice = x * log_expit(theta) + (1 - x) * log_expit(-theta)
    hint = (
        "`logits` are any real numbers: a sigmoid makes probabilities of them, once, and what is "
        "put into the formula here went through one too many."
    )
    return [
        _summed("sigmoid_twice", hint, twice),
        _summed(
            "log_two_forgotten",
            "log(1 + exp(l)) is not max(l, 0): the rest counts where l is near 0.",
            x * logits - np.maximum(logits, 0),
        ),
    ]


def _wrong_logarithms(x: Array, logits: Array) -> list[Misconception]:
    right = bernoulli(x, logits)
    probability = x * expit(logits) + (1 - x) * expit(-logits)
    product = {"expected": (np.exp(right),), "atol": 0.0}  # tiny, but not just anything tiny
    base = "The natural logarithm is wanted, np.log."
    loss = "This is the cross entropy, a loss: a log probability is at most 0."
    return [
        gives("sign", loss, -right),
        gives("mean_cross_entropy", loss, -bernoulli_terms(x, logits).mean()),
        Misconception("no_logarithm", "The logarithm is missing: this is a product.", product),
        gives("probabilities_added", "The logarithms are missing.", probability.sum(-1)),
        gives("log_of_sum", "Take the logarithm first, then sum.", np.log(probability.sum(-1))),
        gives("binary_logarithm", base, right / math.log(2)),
        gives("decimal_logarithm", base, right / math.log(10)),
    ]


def wrong(x: Array, logits: Array) -> list[Misconception]:
    """Values of wrong formulas on the same inputs."""
    found = _wrong_logarithms(x, logits) + _wrong_terms(x, logits) + _wrong_logits(x, logits)
    return found + wrong_sums(bernoulli_terms(x, logits), "pixels")


def _inputs(draw: Draw, rows: int) -> tuple[Array, Array]:
    x = binary(draw, rows)
    likely = (2 * x - 1) * draw.array(rows, D, low=3.0, high=9.0)
    return x, np.hstack([draw.array(rows, FEW, low=-3.0, high=3.0), likely[:, FEW:]])


@worth(2)
def test_one_number_per_image(student: Student, draw: Draw) -> None:
    """The log probability of seven images, [7]."""
    x, logits = _inputs(draw, 7)
    answer = student.call(FUNCTION, x, logits, intact=True)
    answer.must_equal(bernoulli(x, logits), misconceptions=wrong(x, logits), rtol=RTOL, atol=ATOL)
    one = x[:1], logits[:1]
    many = (np.broadcast_to(part, (MANY, D)) for part in one)
    student.must_cost(STEPS, FUNCTION, one, tuple(many))


@worth(1)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image gives [1], not a plain number."""
    x, logits = _inputs(draw, 1)
    right = bernoulli(x, logits)
    with any_batch_size():
        answer = student.call(FUNCTION, x, logits)
    answer.must_equal(right, misconceptions=[squeezed(right)], rtol=RTOL, atol=ATOL)


def _cut_off(x: Array, logits: Array) -> Iterator[Misconception]:
    """Probabilities that are not let near 0: by a limit, or by something added."""
    both = expit(logits), expit(-logits)
    for limit in (*np.logspace(-15, -2, 14), np.finfo(float).eps, 1e-38):
        for kept in ([np.maximum(p, limit) for p in both], [p + limit for p in both]):
            terms = x * np.log(kept[0]) + (1 - x) * np.log(kept[1])
            yield _summed("probability_cut_off", CLIPPED, terms)


@worth(1)
def test_large_logits(student: Student, draw: Draw) -> None:
    """Logits from -1,000 to 1,000: finite, and as exact as for small ones."""
    x = binary(draw, 9)
    far = draw.array(9, D, low=-1000.0, high=1000.0)
    logits = np.hstack([far[:, : D // 2], 0.05 * far[:, D // 2 :]])
    mistakes = [overflows("unstable", UNSTABLE, (9,)), *_cut_off(x, logits)]
    answer = student.call(FUNCTION, x, logits)
    answer.must_equal(bernoulli(x, logits), misconceptions=mistakes, rtol=RTOL, atol=ATOL)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach the logits and have the right values."""
    x, logits = _inputs(draw, 7)
    up = draw.array(7, low=0.5, high=2.0)
    answer = student.call(FUNCTION, x, logits, cotangents=(up,))
    expected = {"arg1": up[:, None] * (x - expit(logits))}
    answer.must_have_gradients(expected, unreached((7,), {"arg1": "logits"}))
