"""Task `sample_with_reparam`: z = mu + exp(logsigma) * eps, eps ~ N(0, I), one eps an entry.

Judged by distribution (Dvoretzky-Kiefer-Wolfowitz, see `vae_utils.compare_draws`) and by gradients:
dz/dmu = 1 and dz/dlogsigma = z - mu, exactly, whatever the noise was.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gaussian_draws import Wrong
from autograder.checks.vae import forms
from autograder.student import Student

CALLS = 6
LOG_SCALES = -2.0, 0.5  # mostly below 0, so that half of logsigma gives another distribution
AXES = ("calls", "batch", "latent dimensions")
GRADIENT_HINT = (
    "No gradient gets through: drawing from mu and sigma directly (torch.normal), detach, no_grad "
    "and .data cut it off. Draw eps from N(0, 1) first, then scale and shift it."
)


def _missing_gradients(mu: torch.Tensor) -> list[Misconception]:
    def to(name: str, *arguments: str) -> Misconception:
        return forms.no_gradient(GRADIENT_HINT, tuple(mu.shape), *arguments, name=name)

    return [
        to("no_gradient", "arg1", "arg2"),
        to("no_gradient_to_logsigma", "arg2"),
        to("no_gradient_to_mu", "arg1"),
    ]


def _inputs(draw: Draw, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    mu = draw.uniform(rows, forms.L, low=-2.0, high=2.0)
    return mu, draw.uniform(rows, forms.L, low=LOG_SCALES[0], high=LOG_SCALES[1])


@worth(6)
def test_the_distribution_of_z(student: Student, draw: Draw) -> None:
    """Many draws: each entry is normal with mean mu and its own sigma, and all are independent."""
    mu, logsigma = inputs = _inputs(draw, forms.BATCH)
    answer = student.call("sample_with_reparam", forms.model(), *inputs, method=True, repeat=CALLS)
    mistakes = Wrong(mu.numpy(), logsigma.numpy(), CALLS, entries="latents").draws()
    params = {"mean": mu, "std": logsigma.exp(), "calls": CALLS, "axes": AXES}
    answer.must("normal", params, mistakes)


@worth(4)
def test_gradients_reach_mu_and_logsigma(student: Student, draw: Draw) -> None:
    """Gradients pass through z to mu and to logsigma, for seven rows and for one."""
    for rows in (7, 1):
        mu, logsigma = _inputs(draw, rows)
        cotangents = (draw.uniform(rows, forms.L, low=0.5, high=2.0),)
        with forms.any_batch_size():
            answer = student.call(
                "sample_with_reparam",
                forms.model(),
                mu,
                logsigma,
                method=True,
                cotangents=cotangents,
            )
        params = {"mean": mu, "cotangent": cotangents[0]}
        answer.must("reparameterised", params, _missing_gradients(mu))
