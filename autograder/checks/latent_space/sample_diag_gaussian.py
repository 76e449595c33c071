"""Task `sample_diag_gaussian`: z = mu + exp(logsig) * eps, eps ~ N(0, I), one eps an entry.

Judged by distribution (Dvoretzky-Kiefer-Wolfowitz, see `vae_utils.compare_draws`: 30,000 entries,
whose distribution function is known to 0.02) and by gradients: dz/dmu = 1 exactly, and dz/dlogsig,
which is z - mu and so depends on the noise, arrives. Ten statements at 1e-10 in the first check.
"""

from torch import Tensor

from autograder.checks import Draw, worth
from autograder.checks.gaussian_draws import Wrong
from autograder.checks.latent_space.mistakes import BATCH, any_batch_size
from autograder.checks.latent_space.products import cotangent
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import unreached
from autograder.student import Student

FUNCTION = "sample_diag_gaussian"
CALLS, ENTRIES = 60, 5
LOG_SCALES = -2.0, 0.5  # mostly below 0, so that half of logsig gives another distribution
AXES = ("calls", "batch", "entries of a code")


def _inputs(draw: Draw, rows: int) -> tuple[Tensor, Tensor]:
    mu = draw.uniform(rows, ENTRIES, low=-2.0, high=2.0)
    return mu, draw.uniform(rows, ENTRIES, low=LOG_SCALES[0], high=LOG_SCALES[1])


@worth(0)
def test_the_distribution_of_z(student: Student, draw: Draw) -> None:
    """Many draws: each entry is normal with mean mu and its own sigma, and all are independent."""
    mu, logsig = inputs = _inputs(draw, BATCH)
    answer = student.call(FUNCTION, *inputs, repeat=CALLS)
    mistakes = Wrong(mu.numpy(), logsig.numpy(), CALLS, "logsig").draws()
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
