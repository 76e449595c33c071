"""Task `log_likelihood_bernoulli`: sum_d x_d log mu_d + (1 - x_d) log(1 - mu_d), one per row.

Source: Kingma and Welling 2014, appendix C.1. Targets are 0 or 1, for which
log(x mu + (1 - x)(1 - mu)) is the same. Tolerance: with mu in [1e-3, 1 - 1e-3] float32 rounds
1 - mu to 6e-5 of itself, and an added 1e-6 shifts a logarithm by up to 1e-3; hence 1e-3 relative.
Few pixels tell mistakes apart, 784 show a product that underflows.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities import forms
from autograder.checks.densities.forms import gives
from autograder.student import Student

FUNCTION = "log_likelihood_bernoulli"
EDGE = 1e-3  # how close probabilities come to 0 and 1
FLOOR = -100.0  # where F.binary_cross_entropy cuts a logarithm
BOTH_HINT = "White and black pixels both count: {} are left out."
ZERO_HINT = (
    "log sigmoid(target * logit) is meant for targets -1 and 1: for a target of 0 it is log 1/2, "
    "whatever the logit."
)
BASE_HINT = "The natural logarithm is wanted, torch.log."
LOG_OF_ZERO = (
    "The result is infinite or NaN: somewhere the logarithm of 0 is taken. Targets are exactly 0 "
    "or 1; what belongs into the logarithm is the probability of what came."
)
UNDERFLOW = (
    "The product of 784 probabilities underflows to 0, and its logarithm is minus infinity: take "
    "the logarithm of each first, then add."
)


def _wrong_forms(mu: Tensor, x: Tensor) -> list[Misconception]:
    """Both are rows in float64."""
    white, black = x * mu.log(), (1 - x) * (1 - mu).log()

    def summed(name: str, hint: str, terms: Tensor) -> Misconception:
        return gives(name, hint, terms.sum(-1))

    return [
        summed("only_white", BOTH_HINT.format("black ones"), white),
        summed("only_black", BOTH_HINT.format("white ones"), black),
        summed("subtracted", "The parts of white and black pixels are added.", white - black),
        summed(
            "exchanged",
            "mu is the probability of a 1: a target of 1 goes with log mu, one of 0 with "
            "log(1 - mu).",
            x * (1 - mu).log() + (1 - x) * mu.log(),
        ),
        summed(
            "target_forgotten",
            "This is minus the entropy of mu: the target decides which logarithm counts.",
            mu * mu.log() + (1 - mu) * (1 - mu).log(),
        ),
        summed(
            "both_logs_everywhere",
            "Each pixel has one of the two logarithms, not both: multiply by target, 1 - target.",
            mu.log() + (1 - mu).log(),
        ),
        summed(
            "arguments_swapped",
            "mu is the prediction and the images are the target; here they are swapped.",
            mu * x.log().clamp(min=FLOOR) + (1 - mu) * (1 - x).log().clamp(min=FLOOR),
        ),
        summed(
            "squared_error",
            "This is minus a squared error; a Bernoulli likelihood has logarithms.",
            -((x - mu) ** 2),
        ),
    ]


def _wrong_logits(mu: Tensor, x: Tensor) -> list[Misconception]:
    hint = "mu holds probabilities, not logits: no sigmoid is needed any more."
    as_logits = x * logsigmoid(mu) + (1 - x) * logsigmoid(-mu)
    return [
        gives("mu_as_logits", hint, as_logits.sum(-1)),
        gives("zero_for_minus_one", ZERO_HINT, logsigmoid(x * torch.logit(mu)).sum(-1)),
        gives("zero_for_minus_one", ZERO_HINT, logsigmoid(x * mu).sum(-1)),
    ]


def _wrong_logarithms(mu: Tensor, x: Tensor) -> list[Misconception]:
    right, probability = forms.bernoulli(mu, x), x * mu + (1 - x) * (1 - mu)
    product = {"expected": (right.exp(),), "atol": 0.0}  # tiny, but not just anything tiny
    hint = "This is the probability itself, a product; its logarithm is wanted."
    return [
        Misconception("no_logarithm", hint, product),
        gives("probabilities_added", "The logarithms are missing.", probability.sum(-1)),
        gives("log_of_sum", "Take the logarithm first, then sum.", probability.sum(-1).log()),
        gives("binary_logarithm", BASE_HINT, right / math.log(2)),
        gives("decimal_logarithm", BASE_HINT, right / math.log(10)),
        forms.overflows("log_of_zero", LOG_OF_ZERO, len(mu)),
    ]


def wrong_likelihoods(mu: Tensor, target: Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs."""
    terms, rows = forms.bernoulli_terms(mu, target), forms.flat(mu, target)
    right, loss = terms.sum(-1), "This is the cross entropy, a loss: the sign is the other one"
    signs = [
        gives("sign", "A Bernoulli log likelihood is at most 0: mind the sign.", -right),
        gives("mean_cross_entropy", loss + ", and one sum per image is wanted.", -terms.mean()),
        gives("mean_cross_entropy", loss + ", and pixels are summed.", -terms.mean(-1)),
        gives("summed_cross_entropy", loss + ", and each image has its own.", -right.sum()),
    ]
    wrong = signs + _wrong_forms(*rows) + _wrong_logits(*rows) + _wrong_logarithms(*rows)
    return wrong + forms.wrong_sums(terms, "pixels")


def _inputs(draw: Draw, *shape: int, edge: float = EDGE) -> tuple[Tensor, Tensor]:
    mu = draw.uniform(*shape, low=edge, high=1 - edge)
    return mu, (draw.uniform(*shape, low=0.0, high=1.0) > 0.6).float()


def _check(student: Student, draw: Draw, *shape: int) -> None:
    mu, target = _inputs(draw, *shape)
    right, mistakes = forms.bernoulli(mu, target), wrong_likelihoods(mu, target)
    if len(shape) > 2:
        mistakes += [forms.not_flattened(forms.bernoulli_terms(mu, target), mu.shape)]
    if len(mu) == 1:
        mistakes = [forms.squeezed(right)]  # many wrong formulas may share a single value
    student.call(FUNCTION, mu, target).must_equal(right, misconceptions=mistakes, rtol=1e-3)


@worth(2)
def test_one_number_per_image(student: Student, draw: Draw) -> None:
    """The log likelihood of seven images of 15 pixels, [7]."""
    _check(student, draw, 7, 15)


@worth(2)
def test_images(student: Student, draw: Draw) -> None:
    """Images of shape [B, 1, 4, 3], then large ones, [B, 1, 28, 28]."""
    _check(student, draw, 3, 1, 4, 3)
    mu, target = _inputs(draw, 5, 1, 28, 28)
    mistakes = [forms.overflows("product_underflows", UNDERFLOW, 5)]
    answer = student.call(FUNCTION, mu, target)
    answer.must_equal(forms.bernoulli(mu, target), misconceptions=mistakes, rtol=1e-3)


@worth(1)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image gives [1], not a plain number."""
    _check(student, draw, 5, 15)
    _check(student, draw, 1, 15)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach mu and have the right values."""
    mu, target = _inputs(draw, 7, 15, edge=0.02)  # an added 1e-6 shifts 1 / mu by 5e-5 of itself
    cotangent = forms.cotangent(draw, 7)
    answer = student.call(FUNCTION, mu, target, cotangents=(cotangent,))
    expected = forms.gradients(forms.bernoulli, (mu, target), cotangent, 1)
    mistakes = [forms.overflows("log_of_zero", LOG_OF_ZERO, 7), *forms.unreached(7, "mu")]
    answer.must_have_gradients(expected, mistakes)
