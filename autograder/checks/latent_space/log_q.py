"""Task `log_q`: log N(z; mu, exp(logsigma)^2), one per code.

A student's own density of Part 0 may be wrong: that was paid for there. Tolerance: sums of six
float32 terms that are at most 60.
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import Parts, StandIns
from autograder.checks.latent_space.normal_mistakes import at_most_one, narrow, wrong_normals
from autograder.checks.latent_space.products import cotangent, products
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import gives, squeezed, unreached
from autograder.student import Student

NAMES = {"arg1": "mu", "arg2": "logsigma", "arg3": "z"}
Inputs = tuple[Tensor, Tensor, Tensor]


def _inputs(draw: Draw, rows: int) -> Inputs:
    mu, z = models.codes(draw, rows), models.codes(draw, rows)
    return mu, draw.uniform(rows, models.L, low=-1.0, high=0.8), z


def _wrong_arguments(
    known: Parts, mu: Tensor, logsigma: Tensor, z: Tensor
) -> Iterator[Misconception]:
    """What the density of Part 0 gives for the wrong arguments."""
    zero, sigma = torch.zeros_like(mu), logsigma.exp()
    hint = "The density wants log sigma, which is what the encoder returns: no exp here."
    yield gives("sigma_for_logsigma", hint, known.gaussian(mu, sigma, z))
    yield gives("sigma_for_logsigma", hint, known.gaussian(mu, sigma**2, z))
    hint = "The density wants log sigma, not log sigma^2: no factor here."
    yield gives("logvar_for_logsigma", hint, known.gaussian(mu, 2 * logsigma, z))
    yield gives("logsigma_halved", hint, known.gaussian(mu, logsigma / 2, z))
    hint = "This is the prior's density: q has the mean mu and the sigma of the encoder."
    yield gives("prior_for_q", hint, known.gaussian(zero, zero, z))
    yield gives("mu_left_out", "The mean of q is mu, not 0.", known.gaussian(zero, logsigma, z))
    hint = "The sigma of q is exp(logsigma), not 1."
    yield gives("logsigma_left_out", hint, known.gaussian(mu, zero, z))
    hint = "This is the density at the mean: the code z has no part in it."
    yield gives("z_left_out", hint, known.gaussian(mu, logsigma, mu))
    hint = "Two arguments have changed places: mind their order."
    yield gives("arguments_swapped", hint, known.gaussian(mu, z, logsigma))
    yield gives("arguments_swapped", hint, known.gaussian(logsigma, mu, z))


def _must_equal(student: Student, inputs: Inputs, stand_ins: StandIns) -> None:
    known = Parts({}, stand_ins)
    right = known.log_q(*inputs)
    mistakes = [*_wrong_arguments(known, *inputs), *wrong_normals(*inputs), at_most_one(right)]
    if len(right) == 1:
        mistakes = [squeezed(right)]  # many wrong formulas may share a single value
    with any_batch_size():
        answer = student.call("log_q", models.model(), *inputs, method=True, stand_ins=stand_ins)
    answer.must_equal(right, misconceptions=mistakes, atol=1e-4)
    if len(right) == 1:
        all_at_once(student, "log_q", *inputs, model=models.model(), stand_ins=stand_ins)


@worth(0.5)
def test_one_number_per_code(student: Student, draw: Draw) -> None:
    """The log densities of seven codes, each under its own q, [7], and of five where q is narrow
    and its density exceeds 1."""
    stand_ins = models.gaussian_score(draw)
    for inputs in (_inputs(draw, 7), narrow(draw, 5, models.L)):
        student.given(stand_ins, partial(_must_equal, student, inputs))


@worth(0.25)
def test_a_single_code(student: Student, draw: Draw) -> None:
    """A batch of one code gives [1], not a plain number; thousands take no more steps of Python
    than one: no loop over the batch."""
    inputs = _inputs(draw, 1)
    student.given(models.gaussian_score(draw), partial(_must_equal, student, inputs))


@worth(0.25)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach mu, logsigma and z and have the right values."""
    inputs, up = _inputs(draw, 7), cotangent(draw, 7)
    leaves = dict(zip(NAMES, inputs, strict=True))

    def claim(stand_ins: StandIns) -> None:
        known = Parts({}, stand_ins)
        expected = products(lambda made: (known.log_q(*made.values()),), leaves, (up,))
        answer = student.call(
            "log_q", models.model(), *inputs, method=True, cotangents=(up,), stand_ins=stand_ins
        )
        answer.must_have_gradients(expected, unreached((7,), NAMES))

    student.given(models.gaussian_score(draw), claim)
