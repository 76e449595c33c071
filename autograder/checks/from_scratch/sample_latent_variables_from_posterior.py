"""Task `sample_latent_variables_from_posterior`: z = mu + exp(logsigma) * eps, one eps an entry.

Judged by distribution (Dvoretzky-Kiefer-Wolfowitz, see `vae_utils.compare_draws`: 30,000 entries,
whose distribution function is known to 0.02) and by gradients: dz/dmu = 1 and
dz/dlogsigma = z - mu, exactly, whatever the noise was.
"""

import numpy as np

from autograder.checks import Draw, Misconception, worth
from autograder.checks.from_scratch.forms import BATCH, L, any_batch_size, outputs, split
from autograder.checks.gaussian_draws import Wrong
from autograder.checks.mistakes import unreached
from autograder.student import Student
from vae_utils.arrays import Array

FUNCTION = "sample_latent_variables_from_posterior"
CALLS = 30
AXES = ("calls", "batch", "entries of a code")
CHANGED_PLACES = (
    "The halves of the encoder's output have changed places: the means come first, then log sigma."
)
EVERY_OTHER = "Means are the first L numbers of each row, not every other one."


def _wrong_halves(output: Array) -> list[Misconception]:
    """Other ways to cut the output in two."""

    def cut(name: str, hint: str, mu: Array, logsigma: Array) -> Misconception:
        return Misconception(name, hint, {"mean": mu, "std": np.exp(logsigma)})

    mu, logsigma = split(output)
    return [
        cut("halves_exchanged", CHANGED_PLACES, logsigma, mu),
        cut("every_other_entry", EVERY_OTHER, output[:, ::2], output[:, 1::2]),
    ]


def _missing_gradients(up: Array) -> list[Misconception]:
    """None at all, or only to the means."""
    means_only = {"expected": {"arg0": np.hstack([up, np.zeros_like(up)])}}
    hint = "No gradient reaches log sigma: keep to autograd's NumPy from there to z."
    return [
        *unreached(up.shape, {"arg0": "encoder_output"}),
        Misconception("no_gradient_to_logsigma", hint, means_only, kind="gradients"),
    ]


@worth(3)
def test_the_distribution_of_z(student: Student, draw: Draw) -> None:
    """Many draws: each entry is normal with mean mu and its own sigma, and all are independent."""
    output = outputs(draw, BATCH)
    mu, logsigma = split(output)
    answer = student.call(FUNCTION, output, repeat=CALLS, intact=True)
    mistakes = [*Wrong(mu, logsigma, CALLS).draws(), *_wrong_halves(output)]
    params = {"mean": mu, "std": np.exp(logsigma), "calls": CALLS, "axes": AXES}
    answer.must("normal", params, mistakes)


@worth(2)
def test_gradients_reach_mu_and_logsigma(student: Student, draw: Draw) -> None:
    """Gradients pass through z to both halves of the encoder's output, for seven rows and for
    one."""
    for rows in (7, 1):
        output, up = outputs(draw, rows), draw.array(rows, L, low=0.5, high=2.0)
        with any_batch_size():
            answer = student.call(FUNCTION, output, cotangents=(up,))
        params = {"mean": split(output)[0], "cotangent": up, "names": ("arg0",)}
        answer.must("reparameterised", params, _missing_gradients(up))
