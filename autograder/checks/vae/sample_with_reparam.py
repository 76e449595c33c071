"""Task `sample_with_reparam`: z = mu + exp(logsigma) * eps, eps ~ N(0, I), one eps an entry.

Judged by distribution (Dvoretzky-Kiefer-Wolfowitz, see `vae_utils.compare_draws`) and by gradients:
dz/dmu = 1 and dz/dlogsigma = z - mu, exactly, whatever the noise was.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Student

CALLS = 6
LOG_SCALES = -2.0, 0.5  # mostly below 0, so that half of logsigma gives another distribution
AXES = ("calls", "batch", "latent dimensions")
GRADIENT_HINT = (
    "No gradient gets through: drawing from mu and sigma directly (torch.normal), detach, no_grad "
    "and .data cut it off. Draw eps from N(0, 1) first, then scale and shift it."
)


def _wrong_scales(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    """Normal distributions with a wrong mean or standard deviation."""

    def std(name: str, hint: str, value: torch.Tensor) -> Misconception:
        return Misconception(name, hint, {"std": value})

    return [
        std(
            "variance_for_std",
            "This scales with the variance; the noise is scaled by the standard deviation.",
            (2 * logsigma).exp(),
        ),
        std(
            "halved_logsigma",
            "logsigma is already the logarithm of the standard deviation: do not halve it.",
            (logsigma / 2).exp(),
        ),
        std("unit_std", "The noise is not scaled by sigma.", torch.ones_like(mu)),
        std(
            "logsigma_for_std",
            "logsigma is the logarithm of the standard deviation: undo it first.",
            logsigma.abs(),
        ),
        std(
            "inverse_sigma",
            "The noise is divided by sigma, where it is multiplied by it.",
            (-logsigma).exp(),
        ),
        Misconception(
            "exchanged",
            "mu and sigma have changed places: sigma scales the noise, mu is added.",
            {"mean": logsigma.exp(), "std": mu.abs()},
        ),
        Misconception("mean_forgotten", "mu is not added.", {"mean": torch.zeros_like(mu)}),
    ]


def _missing_noise(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    """Formulas without any noise, which give the same at every call."""

    def same(name: str, hint: str, value: torch.Tensor) -> Misconception:
        expected = {"expected": (value.expand(CALLS, *value.shape),)}
        return Misconception(name, hint, expected, kind="equal")

    return [
        same("no_noise", "z equals mu: two calls give the same z. Where is eps?", mu),
        same(
            "sigma_for_noise",
            "z is mu + sigma, the same at every call: sigma scales the noise eps.",
            mu + logsigma.exp(),
        ),
    ]


def _wrong_noise(mu: torch.Tensor, logsigma: torch.Tensor) -> list[Misconception]:
    """Noise that is not normal, or not drawn anew for each entry."""
    sigma = logsigma.exp()

    def shared(name: str, hint: str, axis: int) -> Misconception:
        return Misconception(name, hint, {"mean": mu, "std": sigma, "axis": axis}, kind="shared")

    def uniform(low: float, high: float) -> Misconception:
        hint = "The noise is uniform (rand); eps is normal with mean 0 and standard deviation 1."
        expected = {"low": mu + low * sigma, "high": mu + high * sigma}
        return Misconception("uniform_noise", hint, expected, kind="uniform")

    one_each = "One eps an entry is wanted, so as many as mu has: "
    return [
        shared("same_noise_every_call", "Two calls give the same noise: is a seed set inside?", 0),
        shared("noise_shared_by_rows", one_each + "here all rows share theirs.", 1),
        shared("noise_shared_by_latents", one_each + "here all of a row is the same.", 2),
        uniform(0.0, 1.0),
        uniform(-0.5, 0.5),
        uniform(-1.0, 1.0),
    ]


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
    mistakes = _wrong_scales(*inputs) + _missing_noise(*inputs) + _wrong_noise(*inputs)
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
