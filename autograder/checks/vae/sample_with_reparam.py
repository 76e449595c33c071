"""Task `sample_with_reparam`: z = mu + exp(logsigma) * eps, eps ~ N(0, I), one eps an entry.

Judged by distribution (Dvoretzky-Kiefer-Wolfowitz, see `vae_utils.compare`) and by gradients:
dz/dmu = 1 and dz/dlogsigma = z - mu, exactly, whatever the noise was.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Student

ROWS = 400


def wrong_samplers(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    """Distributions that wrong samplers draw from."""

    def std(name: str, hint: str, value: torch.Tensor) -> Misconception:
        return Misconception(name, hint, {"std": value})

    return [
        std(
            "variance_for_std",
            "exp(2 logsigma) is the variance; the noise is scaled by the standard deviation.",
            (2 * logsigma).exp(),
        ),
        std(
            "halved_logsigma",
            "logsigma is already the logarithm of the standard deviation: do not halve it.",
            (logsigma / 2).exp(),
        ),
        std("unit_std", "The noise is not scaled by sigma.", torch.ones_like(mu)),
        std("logsigma_for_std", "The standard deviation is exp(logsigma).", logsigma.abs()),
        Misconception(
            "no_noise",
            "z equals mu: two calls give the same z. Where is eps?",
            {"expected": (torch.stack([mu, mu]),)},
            kind="equal",
        ),
    ]


@worth(6)
def test_the_distribution_of_z(student: Student, draw: Draw) -> None:
    """Many draws: each entry is normal with mean mu and its own sigma, and all are independent."""
    mu = draw.uniform(ROWS, forms.L, low=-2.0, high=2.0)
    logsigma = draw.uniform(ROWS, forms.L, low=-1.5, high=1.0)
    answer = student.call("sample_with_reparam", forms.model(), mu, logsigma, method=True, repeat=2)
    axes = ("calls", "batch", "latent dimensions")
    params = {"mean": mu, "std": logsigma.exp(), "calls": 2, "axes": axes}
    answer.must("normal", params, wrong_samplers(mu, logsigma))


@worth(4)
def test_gradients_reach_mu_and_logsigma(student: Student, draw: Draw) -> None:
    """Gradients pass through z to mu and to logsigma, for seven rows and for one."""
    for rows in (7, 1):
        mu = draw.uniform(rows, forms.L, low=-2.0, high=2.0)
        logsigma = draw.uniform(rows, forms.L, low=-1.0, high=1.0)
        cotangent = draw.uniform(rows, forms.L, low=0.5, high=2.0)
        answer = student.call(
            "sample_with_reparam", forms.model(), mu, logsigma, method=True, cotangents=(cotangent,)
        )
        answer.must("reparameterised", {"mean": mu, "cotangent": cotangent})
