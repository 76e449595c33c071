"""Task `log_likelihood_normal`: -1/2 sum_d (log 2 pi + logvar_d + (z_d - mu_d)^2 / exp(logvar_d)).

Source: Kingma and Welling 2014, appendix C.2, with logvar = log sigma^2. Tolerance: sums of ten
terms that are at most 40, in float32; 1e-4. Variances lie on both sides of 1, and no term is small.
"""

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities import forms
from autograder.checks.densities.forms import LOG_2_PI, gives
from autograder.student import Student

FUNCTION = "log_likelihood_normal"
NAMES = ("mu", "logvar", "z")
CONSTANT_HINT = "In one dimension log N(0; 0, 1) is -0.919: "
HALF_HINT = "The 1/2 belongs to all three terms: "
DENOMINATOR_HINT = "Half of (z - mu)^2 is divided by the variance, exp(logvar): "


def _minus_half(*terms: Tensor) -> Tensor:
    return -0.5 * torch.stack(terms).sum(0).sum(-1)


def _wrong_distances(mu: Tensor, logvar: Tensor, z: Tensor) -> list[Misconception]:
    shift, variance = z - mu, logvar.exp()

    def takes(name: str, hint: str, distance: Tensor) -> Misconception:
        return gives(name, hint, _minus_half(distance, logvar + LOG_2_PI))

    def divides(name: str, hint: str, denominator: Tensor) -> Misconception:
        return takes(name, DENOMINATOR_HINT + hint, shift**2 / denominator)

    return [
        divides("std_in_denominator", "exp(logvar / 2) is sigma, not squared.", variance.sqrt()),
        divides("variance_squared", "exp(2 logvar) is one square too many.", variance**2),
        divides("variance_forgotten", "the variance is missing.", torch.ones_like(z)),
        divides("multiplied_by_variance", "do not multiply by it.", 1 / variance),
        divides("log_in_denominator", "the exponential is missing.", logvar),
        takes("not_squared", "z - mu enters as a square.", shift / variance),
        takes("ratio_not_squared", "(z - mu) / sigma is to be squared.", shift / variance.sqrt()),
        takes("fourth_power", "z - mu is squared once too often.", shift**4 / variance),
        takes("mu_forgotten", "mu is missing: it is z - mu that counts.", z**2 / variance),
        takes("mu_added", "The distance from mu is z - mu, not z + mu.", (z + mu) ** 2 / variance),
        takes(
            "distance_sign",
            "Far from mu the density is small: (z - mu)^2 is subtracted.",
            -(shift**2) / variance,
        ),
        takes("distance_forgotten", "The term with z is missing.", torch.zeros_like(z)),
    ]


def _wrong_constants(right: Tensor, entries: int) -> list[Misconception]:
    def shifted(name: str, hint: str, times: float) -> Misconception:
        return gives(name, CONSTANT_HINT + hint, right + 0.5 * times * LOG_2_PI)

    return [
        shifted("two_pi_missing", "log 2 pi is missing.", entries),
        shifted("two_pi_once", "each entry has its own log 2 pi, not the row one.", entries - 1),
        shifted("two_pi_not_halved", "it is half of log 2 pi that counts.", -entries),
        shifted("two_pi_added", "half of log 2 pi is subtracted.", 2 * entries),
    ]


def _wrong_logarithms(mu: Tensor, logvar: Tensor, z: Tensor) -> list[Misconception]:
    distance, constant = (z - mu) ** 2 / logvar.exp(), torch.full_like(z, LOG_2_PI)
    double = "logvar is log sigma^2, not log sigma: its exponential is the variance already."
    return [
        gives("logvar_as_log_sigma", double, forms.normal(mu, 2 * logvar, z)),
        gives(
            "log_sigma_for_half_logvar",
            HALF_HINT + "log sigma is logvar / 2.",
            _minus_half(constant, 2 * logvar, distance),
        ),
        gives(
            "log_quartered",
            "logvar is halved twice: log sigma, or half of log sigma^2.",
            _minus_half(constant, logvar / 2, distance),
        ),
        gives("log_forgotten", "The term with logvar is missing.", _minus_half(constant, distance)),
        gives(
            "log_sign",
            "A wide distribution is low: half of logvar is subtracted.",
            _minus_half(constant, -logvar, distance),
        ),
        gives(
            "variance_for_log",
            "It is logvar that is subtracted, not its exponential.",
            _minus_half(constant, logvar.exp(), distance),
        ),
    ]


def _wrong_wholes(mu: Tensor, logvar: Tensor, z: Tensor) -> list[Misconception]:
    right, distance = forms.normal(mu, logvar, z), (z - mu) ** 2 / logvar.exp()
    density = {"expected": (right.exp(),), "atol": 0.0}  # tiny, but not just anything tiny
    return [
        gives("sign", "This is minus the log likelihood, a loss: mind the sign.", -right),
        gives("half_lost", "The factor 1/2 is missing.", 2 * right),
        gives(
            "half_not_on_distance",
            HALF_HINT + "(z - mu)^2 lacks it.",
            right + _minus_half(distance),
        ),
        gives(
            "half_only_on_distance",
            HALF_HINT + "log 2 pi and logvar lack it.",
            2 * right - _minus_half(distance),
        ),
        gives("mu_and_logvar_swapped", "mu and logvar have changed places.",
              forms.normal(logvar, mu, z)),
        gives("z_and_logvar_swapped", "z and logvar have changed places.",
              forms.normal(mu, z, logvar)),
        Misconception("no_logarithm", "This is the density; its logarithm is wanted.", density),
    ]  # fmt: skip


def wrong_likelihoods(mu: Tensor, logvar: Tensor, z: Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs."""
    terms, rows = forms.normal_terms(mu, logvar, z), forms.flat(mu, logvar, z)
    wrong = _wrong_distances(*rows) + _wrong_constants(terms.sum(-1), terms.shape[-1])
    wrong += _wrong_logarithms(*rows) + _wrong_wholes(*rows)
    return wrong + forms.wrong_sums(terms, "entries")


def _inputs(draw: Draw, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    mu = draw.uniform(*shape, low=-2.0, high=2.0)
    logvar = draw.uniform(*shape, low=-1.5, high=1.2)
    return mu, logvar, draw.uniform(*shape, low=-2.0, high=2.0)


def _check(student: Student, draw: Draw, *shape: int) -> None:
    inputs = _inputs(draw, *shape)
    terms = forms.normal_terms(*inputs)
    forms.must_be_sums(student, FUNCTION, inputs, terms, wrong_likelihoods(*inputs))


@worth(3)
def test_one_number_per_row(student: Student, draw: Draw) -> None:
    """The log densities of seven codes with ten entries, [7]."""
    _check(student, draw, 7, 10)


@worth(1)
def test_images(student: Student, draw: Draw) -> None:
    """Inputs of shape [5, 1, 2, 3] give [5]."""
    _check(student, draw, 5, 1, 2, 3)


@worth(1)
def test_a_single_row(student: Student, draw: Draw) -> None:
    """A batch of one row gives [1], not a plain number."""
    _check(student, draw, 5, 10)
    _check(student, draw, 1, 10)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach mu, logvar and z and have the right values."""
    inputs, cotangent = _inputs(draw, 7, 10), forms.cotangent(draw, 7)
    forms.must_have_gradients(student, FUNCTION, forms.normal, inputs, cotangent, NAMES)
