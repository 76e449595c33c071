"""Task `kl_divergence`: 1/2 sum_l (mu_l^2 + exp(2 logsigma_l) - 1 - 2 logsigma_l), one per row.

Source: Kingma and Welling 2014, appendix B, with sigma = exp(logsigma). Tolerance: 32 terms of
order one in float32; 1e-4 relative. Inputs keep every term of the formula at order one.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Student

LOG_SIGMA_HINT = "You have log sigma, the formula wants log sigma^2: mind the factor 2."
HALF_HINT = "The 1/2 belongs to all terms."
PER_IMAGE_HINT = "One number per image is wanted: do not sum or average over the batch."
GRADIENT_HINT = "A gradient does not get through: look for detach, no_grad or .data."


def wrong_kls(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs."""
    m, s = mu.double(), logsigma.double()
    square, variance, double = m**2, (2 * s).exp(), 2 * s
    right = forms.kl(mu, logsigma)

    def named(name: str, hint: str, value: torch.Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": (value,)})

    def half(*terms: torch.Tensor) -> torch.Tensor:
        return 0.5 * sum(terms).sum(-1)  # type: ignore[union-attr]

    one = torch.ones_like(m)
    return [
        named("sign", "KL is never negative; try mu = 0, logsigma = 1.", -right),
        named("logsigma_as_logvar", LOG_SIGMA_HINT, half(square, s.exp(), -one, -s)),
        named("std_for_variance", LOG_SIGMA_HINT, half(square, s.exp(), -one, -double)),
        named("logsigma_undoubled", LOG_SIGMA_HINT, half(square, variance, -one, -s)),
        named("summed_over_batch", PER_IMAGE_HINT, right.sum()),
        named("averaged_over_batch", PER_IMAGE_HINT, right.mean()),
        named(
            "wrong_axis",
            "One number per image is wanted: sum over the last axis, not over the batch.",
            0.5 * (square + variance - 1 - double).sum(0),
        ),
        named(
            "averaged_over_latents",
            "KLs of independent dimensions add; they are not averaged.",
            right / m.shape[-1],
        ),
        named("half_lost", "The factor 1/2 in front of the sum is missing.", 2 * right),
        named("one_forgotten", "KL(p || p) should be 0: a -1 is missing.", right + m.shape[-1] / 2),
        named("one_added", "KL(p || p) should be 0: mind the sign of the 1.", right + m.shape[-1]),
        named(
            "reversed",
            "This is KL(p || q); whose variance is in the denominator?",
            half((square + 1) / variance, -one, double),
        ),
        named(
            "mu_unsquared", "mu enters as a square.", half(m, variance, -one, -double)
        ),
        named(
            "mu_fourth_power", "mu enters as a square, not to the fourth.",
            half(m**4, variance, -one, -double),
        ),
        named(
            "variance_squared", "The variance is squared once too often.",
            half(square, variance**2, -one, -double),
        ),
        named(
            "variance_as_std", "The variance is squared once too often: mind what is log sigma.",
            half(square, variance**2, -one, -2 * double),
        ),
        named("half_only_on_mu", HALF_HINT, (square / 2 + variance - 1 - double).sum(-1)),
        named("half_not_on_mu", HALF_HINT, right + half(square)),
        named("half_not_on_variance", HALF_HINT, right + half(variance)),
        named("half_not_on_one", HALF_HINT, right - half(one)),
        named("half_not_on_log", HALF_HINT, right - half(double)),
        named("log_sign", "Mind the sign of the logarithm.", right + 2 * half(double)),
        named("log_forgotten", "The term with log sigma is missing.", right + half(double)),
        named("mu_forgotten", "The term with mu is missing.", right - half(square)),
        named(
            "one_outside_the_sum", "The 1 belongs to each latent dimension: into the sum with it.",
            right + half(one) - 0.5,
        ),
        named("averaged_over_everything", PER_IMAGE_HINT, right.mean() / m.shape[-1]),
        named("kept_axis", "The shape is [B], not [B, 1].", right[:, None]),
        named(
            "not_summed",
            "One number per image is wanted: sum over the latent dimensions.",
            0.5 * (square + variance - 1 - double),
        ),
    ]  # fmt: skip


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
