"""Wrong compositions of the ELBO, by the values that they give."""

import torch

from autograder.checks import Misconception
from autograder.checks.vae import forms
from autograder.checks.vae.forms import gives

FLOOR = -100.0  # where F.binary_cross_entropy cuts a logarithm
PER_IMAGE_HINT = "One number per image is wanted: do not reduce over the batch."


def _wrong_reductions(log_p: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    likelihood = log_p.sum(-1)
    right = likelihood - kl
    averaged = "Right on average, wrong per image; do not reduce this over the batch: "
    everything = Misconception(
        "likelihood_averaged_over_everything",
        "The log likelihood is a mean over all pixels: sum over pixels, one number per image.",
        {"expected": (log_p.mean() - kl,), "rtol": 2e-5, "atol": 1e-3},  # each image's is close
    )
    return [
        gives("averaged_scalar", PER_IMAGE_HINT, right.mean()),
        gives("summed_scalar", PER_IMAGE_HINT, right.sum()),
        gives("likelihood_summed_over_batch", PER_IMAGE_HINT, likelihood.sum() - kl),
        gives("likelihood_averaged_over_batch", averaged + "log p(x | z).", likelihood.mean() - kl),
        gives("kl_averaged_over_batch", averaged + "the KL.", likelihood - kl.mean()),
        everything,
        gives(
            "likelihood_averaged_over_pixels",
            "The log likelihood is 784 times too small, so that the KL dominates: sum over pixels.",
            log_p.mean(-1) - kl,
        ),
        gives("kept_axis", "The shape is [B], not [B, 1].", right[:, None]),
        gives(
            "broadcast",
            "[B, 1] and [B] are broadcast to [B, B]: bring both to the shape [B] first.",
            likelihood[:, None] - kl,
        ),
        gives("not_summed", PER_IMAGE_HINT + " Sum over pixels.", log_p - kl[:, None]),
    ]


def _wrong_signs(likelihood: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    return [
        gives("kl_added", "The KL is a price: it is subtracted.", likelihood + kl),
        gives(
            "negated",
            "This is the loss, minus the ELBO; the ELBO itself is wanted.",
            kl - likelihood,
        ),
        gives("kl_forgotten", "The KL is missing.", likelihood),
        gives("kl_halved", "The KL counts in full, without a factor of 1/2.", likelihood - kl / 2),
        gives("kl_doubled", "The KL counts once: is it subtracted twice?", likelihood - 2 * kl),
        gives("likelihood_negated", "A Bernoulli log likelihood is at most 0.", -likelihood - kl),
        gives("likelihood_forgotten", "The log likelihood is missing.", -kl),
    ]


def _wrong_likelihoods(
    theta: torch.Tensor, x: torch.Tensor, kl: torch.Tensor
) -> list[Misconception]:
    swapped = forms.log_bernoulli(x, theta).clamp(min=FLOOR)

    def named(name: str, hint: str, log_p: torch.Tensor) -> Misconception:
        return gives(name, hint, log_p.sum(-1) - kl)

    return [
        named(
            "only_ink",
            "The background counts as well: pixels without ink have a likelihood, too.",
            x * theta.log(),
        ),
        named(
            "arguments_swapped",
            "The image is the target, theta the prediction; here they are swapped.",
            swapped,
        ),
        named(
            "squared_error",
            "This is a squared error; the log likelihood of the Bernoulli is wanted.",
            -((x - theta) ** 2),
        ),
        named(
            "sigmoid_twice",
            "binary_cross_entropy_with_logits takes logits; the decoder returns theta already.",
            forms.log_bernoulli(theta.double().sigmoid(), x),
        ),
        named(
            "images_binarised",
            "Take the grey images as they are, without rounding.",
            forms.log_bernoulli(theta, x > 0.5),
        ),
    ]


def wrong_elbos(theta: torch.Tensor, x: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    """Values of wrong compositions; theta, x [B, D], kl [B]."""
    log_p = forms.log_bernoulli(theta, x)
    likelihoods = _wrong_likelihoods(theta, x.double(), kl)
    return _wrong_reductions(log_p, kl) + _wrong_signs(log_p.sum(-1), kl) + likelihoods
