"""Task `kl_divergence`: 1/2 sum_l (mu_l^2 + exp(2 logsigma_l) - 1 - 2 logsigma_l), one per row.

Source: Kingma and Welling 2014, appendix B, with sigma = exp(logsigma). Tolerance: 32 terms of
order one in float32; 1e-4 relative. Inputs keep every term of the formula at order one.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.checks.vae.forms import gives
from autograder.student import Student

LOG_SIGMA_HINT = "You have log sigma, the formula wants log sigma^2: mind the factor 2."
SQUARED_HINT = "The variance is squared once too often: sigma squared is the variance already."
ONE_HINT = "KL(p || p) should be 0: "
REVERSED_HINT = "This is KL(p || q); whose variance is in the denominator?"
HALF_HINT = "The 1/2 belongs to all terms."
PER_IMAGE_HINT = "One number per image is wanted: do not sum or average over the batch."
GRADIENT_HINT = "A gradient does not get through: look for detach, no_grad or .data."


def _half(*terms: torch.Tensor) -> torch.Tensor:
    return 0.5 * torch.stack(terms).sum(0).sum(-1)


def _wrong_terms(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    square, variance, double, one = mu**2, (2 * logsigma).exp(), 2 * logsigma, torch.ones_like(mu)
    std, quartic = logsigma.exp(), variance**2
    return [
        gives("logsigma_as_logvar", LOG_SIGMA_HINT, _half(square, std, -one, -logsigma)),
        gives("std_for_variance", LOG_SIGMA_HINT, _half(square, std, -one, -double)),
        gives("logsigma_undoubled", LOG_SIGMA_HINT, _half(square, variance, -one, -logsigma)),
        gives(
            "arguments_swapped",
            "mu and logsigma have changed places.",
            _half(logsigma**2, (2 * mu).exp(), -one, -2 * mu),
        ),
        gives("reversed", REVERSED_HINT, _half((square + 1) / variance, -one, double)),
        gives("mu_unsquared", "mu enters as a square.", _half(mu, variance, -one, -double)),
        gives(
            "mu_fourth_power",
            "mu enters as a square, not to the fourth.",
            _half(square**2, variance, -one, -double),
        ),
        gives("variance_squared", SQUARED_HINT, _half(square, quartic, -one, -double)),
        gives("variance_as_std", SQUARED_HINT, _half(square, quartic, -one, -2 * double)),
        gives("log_sign", "Mind the sign of the logarithm.", _half(square, variance, -one, double)),
        gives(
            "log_forgotten", "The term with log sigma is missing.", _half(square, variance, -one)
        ),
        gives("mu_forgotten", "The term with mu is missing.", _half(variance, -one, -double)),
        gives("one_forgotten", ONE_HINT + "a -1 is missing.", _half(square, variance, -double)),
        gives(
            "one_added", ONE_HINT + "mind the sign of the 1.", _half(square, variance, one, -double)
        ),
    ]


def _wrong_halves(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    right, one = forms.kl(mu, logsigma), torch.ones_like(mu)
    square, variance, double = _half(mu**2), _half((2 * logsigma).exp()), _half(2 * logsigma)
    return [
        gives("sign", "KL is never negative; try mu = 0, logsigma = 1.", -right),
        gives("half_lost", "The factor 1/2 in front of the sum is missing.", 2 * right),
        gives("half_only_on_mu", HALF_HINT, 2 * right - square),
        gives("half_not_on_mu", HALF_HINT, right + square),
        gives("half_not_on_variance", HALF_HINT, right + variance),
        gives("half_not_on_one", HALF_HINT, right - _half(one)),
        gives("half_not_on_log", HALF_HINT, right - double),
        gives(
            "one_outside_the_sum",
            "The 1 belongs to each latent dimension: into the sum with it.",
            right + _half(one) - 0.5,
        ),
    ]


def _wrong_reductions(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    terms = 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma)
    right = terms.sum(-1)
    last_axis = "One number per image is wanted: sum over the last axis, the latent dimensions."
    return [
        gives("summed_over_batch", PER_IMAGE_HINT, right.sum()),
        gives("averaged_over_batch", PER_IMAGE_HINT, right.mean()),
        gives("averaged_over_everything", PER_IMAGE_HINT, terms.mean()),
        gives(
            "averaged_over_latents",
            "KLs of independent dimensions add; they are not averaged.",
            terms.mean(-1),
        ),
        gives("wrong_axis", last_axis, terms.sum(0)),
        gives("not_summed", last_axis, terms),
        gives("kept_axis", "The shape is [B], not [B, 1].", right[:, None]),
    ]


def wrong_kls(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs."""
    inputs = mu.double(), logsigma.double()
    return _wrong_terms(*inputs) + _wrong_halves(*inputs) + _wrong_reductions(*inputs)


def _inputs(draw: Draw, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    mu = draw.uniform(rows, forms.L, low=-2.0, high=2.0)
    return mu, draw.uniform(rows, forms.L, low=-1.5, high=1.0)


def _check(student: Student, draw: Draw, rows: int) -> None:
    mu, logsigma = _inputs(draw, rows)
    answer = student.call("kl_divergence", forms.model(), mu, logsigma, method=True)
    expected = forms.kl(mu, logsigma)
    mistakes = ([forms.squeezed(expected)] if rows == 1 else []) + wrong_kls(mu, logsigma)
    answer.must_equal(expected, misconceptions=mistakes, rtol=1e-4, atol=1e-4)


@worth(3)
def test_one_number_per_image(student: Student, draw: Draw) -> None:
    """The KL of seven posteriors, [7]."""
    _check(student, draw, 7)


@worth(1)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image gives [1], not a plain number."""
    _check(student, draw, 1)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach mu and logsigma and have the right values."""
    mu, logsigma = _inputs(draw, 7)
    cotangent = draw.uniform(7, low=0.5, high=2.0)
    answer = student.call(
        "kl_divergence", forms.model(), mu, logsigma, method=True, cotangents=(cotangent,)
    )
    along_mu = cotangent[:, None] * mu
    along_logsigma = cotangent[:, None] * ((2 * logsigma).exp() - 1)
    mistakes = [
        forms.no_gradient(GRADIENT_HINT, (7,), "arg1", "arg2"),
        forms.no_gradient(GRADIENT_HINT, (7,), "arg1", name="no_gradient_to_mu"),
        forms.no_gradient(GRADIENT_HINT, (7,), "arg2", name="no_gradient_to_logsigma"),
    ]
    answer.must_have_gradients({"arg1": along_mu, "arg2": along_logsigma}, mistakes)
