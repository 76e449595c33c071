"""Task `kl_gaussian_gaussian_analytic`, with l = logvar, one number per row:

    1/2 sum_d (l_p - l_q + exp(l_q - l_p) + (mu_q - mu_p)^2 / exp(l_p) - 1).

Derivation: E_q[log q - log p] with E_q[(z - mu_q)^2] = sigma_q^2 and
E_q[(z - mu_p)^2] = sigma_q^2 + (mu_q - mu_p)^2; Kingma and Welling 2014, appendix B, is its case
p = N(0, I). Tolerance: ten terms, at most 25 each, in float32; 1e-4. Means and variances of q and p
differ, and neither is standard normal, so that every term shows.
"""

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities import forms
from autograder.checks.densities.forms import gives
from autograder.student import Student

FUNCTION = "kl_gaussian_gaussian_analytic"
NAMES = ("mu_q", "logvar_q", "mu_p", "logvar_p")
Inputs = tuple[Tensor, Tensor, Tensor, Tensor]
HALF_HINT = "The 1/2 belongs to all terms: {} lacks it."
ONE_HINT = "KL(q || q) should be 0: "
VAR_P_HINT = "Test var_p other than 1: "
SQUARED_HINT = "exp(logvar) is sigma squared already; do not square it again."
STD_HINT = "exp(logvar / 2) is the standard deviation; the formula wants variances, exp(logvar)."


def _half(*terms: Tensor) -> Tensor:
    return 0.5 * torch.stack(terms).sum(0).sum(-1)


def _wrong_distributions(
    mu_q: Tensor, l_q: Tensor, mu_p: Tensor, l_p: Tensor
) -> list[Misconception]:
    zero = torch.zeros_like(mu_p)
    double = "logvar is log sigma^2, not log sigma: do not double it."
    other = "This is KL(p || q): whose variance is in the denominator?"
    return [
        gives("reversed", other, forms.kl(mu_p, l_p, mu_q, l_q)),
        gives("logvar_as_log_sigma", double, forms.kl(mu_q, 2 * l_q, mu_p, 2 * l_p)),
        gives("std_for_variance", STD_HINT, forms.kl(mu_q, l_q / 2, mu_p, l_p / 2)),
        gives(
            "standard_p",
            "p is taken for the standard normal distribution: use mu_p and logvar_p.",
            forms.kl(mu_q, l_q, zero, zero),
        ),
        gives(
            "unit_variance_p",
            VAR_P_HINT + "p has the variance exp(logvar_p).",
            forms.kl(mu_q, l_q, mu_p, zero),
        ),
        gives("mu_p_forgotten", "mu_p is missing.", forms.kl(mu_q, l_q, zero, l_p)),
        gives(
            "means_added",
            "The means enter by their difference, mu_q - mu_p.",
            forms.kl(mu_q, l_q, -mu_p, l_p),
        ),
        gives(
            "mu_and_logvar_swapped",
            "Means and log variances have changed places.",
            forms.kl(l_q, mu_q, l_p, mu_p),
        ),
    ]


def _wrong_distances(mu_q: Tensor, l_q: Tensor, mu_p: Tensor, l_p: Tensor) -> list[Misconception]:
    shift, ratio = mu_q - mu_p, (l_q - l_p).exp()

    def takes(name: str, hint: str, distance: Tensor) -> Misconception:
        return gives(name, hint, _half(l_p - l_q, ratio, distance, -torch.ones_like(l_p)))

    return [
        takes(
            "distance_undivided",
            VAR_P_HINT + "(mu_q - mu_p)^2 is to be divided by it.",
            shift**2,
        ),
        takes(
            "distance_multiplied",
            VAR_P_HINT + "(mu_q - mu_p)^2 is divided by it, not multiplied.",
            shift**2 * l_p.exp(),
        ),
        takes(
            "distance_divided_by_var_q",
            "Whose variance is in the denominator of (mu_q - mu_p)^2? That of p.",
            shift**2 / l_q.exp(),
        ),
        takes("distance_divided_by_std", STD_HINT, shift**2 / (l_p / 2).exp()),
        takes("distance_divided_by_square", SQUARED_HINT, shift**2 / (2 * l_p).exp()),
        takes("not_squared", "mu_q - mu_p enters as a square.", shift / l_p.exp()),
        takes("fourth_power", "mu_q - mu_p is squared once too often.", shift**4 / l_p.exp()),
        takes("distance_sign", "Means far apart make the KL larger.", -(shift**2) / l_p.exp()),
        takes("distance_forgotten", "The term with the means is missing.", 0 * shift),
    ]


def _wrong_ratios(mu_q: Tensor, l_q: Tensor, mu_p: Tensor, l_p: Tensor) -> list[Misconception]:
    difference, distance = l_p - l_q, (mu_q - mu_p) ** 2 / l_p.exp()

    def takes(name: str, hint: str, ratio: Tensor, log: Tensor = difference) -> Misconception:
        return gives(name, hint, _half(log, ratio, distance, -torch.ones_like(l_p)))

    right = (-difference).exp()
    return [
        takes("ratio_of_stds", STD_HINT, right.sqrt()),
        takes("ratio_squared", SQUARED_HINT, right**2),
        takes("ratio_inverted", "The ratio of variances is var_q / var_p.", 1 / right),
        takes("ratio_undivided", VAR_P_HINT + "var_q is to be divided by it.", l_q.exp()),
        takes("ratio_forgotten", "The term var_q / var_p is missing.", 0 * right),
        takes(
            "log_sign",
            "The logarithm is of var_p / var_q: mind its sign.",
            right,
            -difference,
        ),
        takes("log_forgotten", "The term with both logarithms is missing.", right, 0 * difference),
        takes("log_q_forgotten", "logvar_q is missing among the logarithms.", right, l_p),
        takes("log_p_forgotten", "logvar_p is missing among the logarithms.", right, -l_q),
        takes(
            "log_quartered",
            "The logarithms are halved twice: log sigma, or half of log sigma^2.",
            right,
            difference / 2,
        ),
        gives(
            "undivided",
            VAR_P_HINT + "var_q and (mu_q - mu_p)^2 are to be divided by it.",
            _half(difference, l_q.exp(), (mu_q - mu_p) ** 2, -torch.ones_like(l_p)),
        ),
        gives(
            "everything_squared",
            SQUARED_HINT,
            _half(difference, right**2, distance / l_p.exp(), -torch.ones_like(l_p)),
        ),
    ]


def _wrong_halves(mu_q: Tensor, l_q: Tensor, mu_p: Tensor, l_p: Tensor) -> list[Misconception]:
    right, entries = forms.kl(mu_q, l_q, mu_p, l_p), mu_q.shape[-1]
    log, ratio = _half(l_p - l_q), _half((l_q - l_p).exp())
    distance = right - log - ratio + entries / 2
    return [
        gives("sign", "KL is never negative: mind the sign.", -right),
        gives("half_lost", "The factor 1/2 is missing.", 2 * right),
        gives("half_not_on_log", HALF_HINT.format("logvar_p - logvar_q"), right + log),
        gives("half_not_on_ratio", HALF_HINT.format("var_q / var_p"), right + ratio),
        gives("half_not_on_distance", HALF_HINT.format("(mu_q - mu_p)^2"), right + distance),
        gives("half_not_on_one", HALF_HINT.format("the 1"), right - entries / 2),
        gives("half_only_on_log", HALF_HINT.format("the rest"), 2 * right - log),
        gives("one_forgotten", ONE_HINT + "a -1 is missing.", right + entries / 2),
        gives("one_added", ONE_HINT + "the 1 is subtracted.", right + entries),
        gives(
            "one_outside_the_sum",
            ONE_HINT + "each entry has its own -1, so it belongs into the sum.",
            right + (entries - 1) / 2,
        ),
        gives(
            "entropy_forgotten",
            "This is -E log p alone: log q has its part in the KL.",
            _half(torch.full_like(l_p, forms.LOG_2_PI), l_p) + ratio + distance,
        ),
    ]


def wrong_kls(*inputs: Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs."""
    mu_q, l_q, mu_p, l_p = forms.flat(*inputs)
    parts = (_wrong_distributions, _wrong_distances, _wrong_ratios, _wrong_halves)
    wrong = [mistake for part in parts for mistake in part(mu_q, l_q, mu_p, l_p)]
    return wrong + forms.wrong_sums(forms.kl_terms(mu_q, l_q, mu_p, l_p), "entries")


def _inputs(draw: Draw, *shape: int) -> Inputs:
    mu_q = draw.uniform(*shape, low=-2.0, high=2.0)
    logvar_q = draw.uniform(*shape, low=-1.5, high=1.0)
    mu_p = draw.uniform(*shape, low=-2.0, high=2.0)
    return mu_q, logvar_q, mu_p, draw.uniform(*shape, low=-1.0, high=1.5)


def _check(student: Student, draw: Draw, *shape: int) -> None:
    inputs = _inputs(draw, *shape)
    terms = forms.kl_terms(*inputs)
    forms.must_be_sums(student, FUNCTION, inputs, terms, wrong_kls(*inputs))


@worth(2)
def test_one_number_per_row(student: Student, draw: Draw) -> None:
    """The divergences of seven pairs of distributions with ten entries, [7]."""
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
def test_equal_distributions(student: Student, draw: Draw) -> None:
    """A distribution diverges from itself by 0."""
    mu, logvar, _, _ = _inputs(draw, 7, 10)
    answer = student.call(FUNCTION, mu, logvar, mu, logvar)
    answer.must_equal(torch.zeros(7), atol=1e-4)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach both means and both log variances and have the right values."""
    inputs, cotangent = _inputs(draw, 7, 10), forms.cotangent(draw, 7)
    forms.must_have_gradients(student, FUNCTION, forms.kl, inputs, cotangent, NAMES)
