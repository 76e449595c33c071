"""Task `sample_diag_gaussian`: z = mu + exp(logsig) * eps, eps ~ N(0, I), one eps an entry.

Judged by distribution (Dvoretzky-Kiefer-Wolfowitz, see `vae_utils.compare_draws`: 30,000 entries,
whose distribution function is known to 0.02) and by gradients: dz/dmu = 1 exactly, and dz/dlogsig,
which is z - mu and so depends on the noise, arrives. Ten statements at 1e-10 in the first check.
"""

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space.mistakes import BATCH, any_batch_size, unreached
from autograder.checks.latent_space.products import cotangent
from autograder.checks.latent_space.rows import all_at_once
from autograder.student import Student

FUNCTION = "sample_diag_gaussian"
CALLS, ENTRIES = 60, 5
LOG_SCALES = -2.0, 0.5  # mostly below 0, so that half of logsig gives another distribution
AXES = ("calls", "batch", "entries of a code")


def _wrong_scales(mu: Tensor, logsig: Tensor) -> list[Misconception]:
    """Normal distributions with a wrong mean or standard deviation."""

    def std(name: str, hint: str, value: Tensor) -> Misconception:
        return Misconception(name, hint, {"std": value})

    return [
        std(
            "variance_for_std",
            "This scales with the variance; the noise is scaled by the standard deviation.",
            (2 * logsig).exp(),
        ),
        std(
            "halved_logsig",
            "logsig is already the logarithm of the standard deviation: do not halve it.",
            (logsig / 2).exp(),
        ),
        std("unit_std", "The noise is not scaled by sigma.", torch.ones_like(mu)),
        std(
            "logsig_for_std",
            "logsig is the logarithm of the standard deviation: undo it first.",
            logsig.abs(),
        ),
        std(
            "inverse_sigma",
            "The noise is divided by sigma, where it is multiplied by it.",
            (-logsig).exp(),
        ),
        Misconception(
            "exchanged",
            "mu and sigma have changed places: sigma scales the noise, mu is added.",
            {"mean": logsig.exp(), "std": mu.abs()},
        ),
        Misconception("mean_forgotten", "mu is not added.", {"mean": torch.zeros_like(mu)}),
        Misconception(
            "mean_scaled",
            "Sigma scales the noise only: mu is added afterwards.",
            {"mean": mu * logsig.exp()},
        ),
    ]


def _missing_noise(mu: Tensor, logsig: Tensor) -> list[Misconception]:
    """Formulas without any noise, which give the same at every call."""

    def same(name: str, hint: str, value: Tensor) -> Misconception:
        expected = {"expected": (value.expand(CALLS, *value.shape),)}
        return Misconception(name, hint, expected, kind="equal")

    return [
        same("no_noise", "z equals mu: two calls give the same z. Where is eps?", mu),
        same(
            "sigma_for_noise",
            "z is mu + sigma, the same at every call: sigma scales the noise eps.",
            mu + logsig.exp(),
        ),
    ]


def _wrong_noise(mu: Tensor, logsig: Tensor) -> list[Misconception]:
    """Noise that is not normal, or not drawn anew for each entry."""
    sigma = logsig.exp()

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
        shared("noise_shared_by_entries", one_each + "here all of a row is the same.", 2),
        uniform(0.0, 1.0),
        uniform(-0.5, 0.5),
        uniform(-1.0, 1.0),
    ]


def _inputs(draw: Draw, rows: int) -> tuple[Tensor, Tensor]:
    mu = draw.uniform(rows, ENTRIES, low=-2.0, high=2.0)
    return mu, draw.uniform(rows, ENTRIES, low=LOG_SCALES[0], high=LOG_SCALES[1])


@worth(0)
def test_the_distribution_of_z(student: Student, draw: Draw) -> None:
    """Many draws: each entry is normal with mean mu and its own sigma, and all are independent."""
    mu, logsig = inputs = _inputs(draw, BATCH)
    answer = student.call(FUNCTION, *inputs, repeat=CALLS)
    mistakes = _wrong_scales(*inputs) + _missing_noise(*inputs) + _wrong_noise(*inputs)
    params = {"mean": mu, "std": logsig.exp(), "calls": CALLS, "axes": AXES}
    answer.must("normal", params, mistakes)


@worth(0)
def test_gradients_reach_mu_and_logsig(student: Student, draw: Draw) -> None:
    """Gradients pass through z to mu and to logsig, for seven rows and for one; thousands take no
    more steps of Python than one: no loop over the batch."""
    names = {"arg0": "mu", "arg1": "logsig"}
    for rows in (7, 1):
        mu, logsig = _inputs(draw, rows)
        up = cotangent(draw, rows, ENTRIES)
        with any_batch_size():
            answer = student.call(FUNCTION, mu, logsig, cotangents=(up,))
        answer.must_have_gradients({"arg0": up.double()}, unreached((rows, ENTRIES), names))
        params = {"mean": mu, "cotangent": up, "names": tuple(names)}
        answer.must("reparameterised", params, unreached((rows, ENTRIES), names))
    all_at_once(student, FUNCTION, *_inputs(draw, 1))
