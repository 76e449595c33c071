"""Task `log_prior`: log N(z; 0, I) = -sum_l (log(2 pi) + z_l^2) / 2, one per code.

A student's own density of Part 0 may be wrong: that was paid for there. Tolerance: sums of four
float32 terms of order one.
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models, normal_mistakes
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import Parts, StandIns
from autograder.checks.latent_space.products import cotangent, products
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import gives, squeezed, unreached, wrong_sums
from autograder.student import Student


def _wrong_arguments(known: Parts, z: Tensor) -> Iterator[Misconception]:
    """What the density of Part 0 gives for the wrong arguments."""
    zero, one = torch.zeros_like(z), torch.ones_like(z)
    hint = "The prior's sigma is 1, so its log sigma is 0."
    yield gives("one_for_log_sigma", hint, known.gaussian(zero, one, z))
    yield gives("mean_of_one", "The prior's mean is 0.", known.gaussian(one, zero, z))
    yield gives("mean_of_one", "The prior has mean 0 and log sigma 0.", known.gaussian(one, one, z))
    hint = "z stands where log sigma belongs: mind the order of the arguments."
    yield gives("z_for_log_sigma", hint, known.gaussian(zero, z, zero))
    hint = "This is the density at the mean, the same for all z: a mean of 0 and the code z go in."
    yield gives("z_ignored", hint, known.gaussian(z, zero, z))
    yield gives("z_ignored", hint, known.gaussian(zero, zero, zero))


def _wrong_formulas(z: Tensor) -> list[Misconception]:
    zero = torch.zeros_like(z, dtype=torch.float64)
    each = normal_mistakes.terms(zero, zero, z)
    right, square = each.sum(-1), z.double() ** 2
    hint = "Half of z^2 is subtracted: here the 1/2 is missing."
    wrong = [
        gives("not_squared", "z enters as a square.", right + 0.5 * (square - z).sum(-1)),
        gives("half_not_on_square", hint, right - 0.5 * square.sum(-1)),
        gives("square_sign", "Far from 0 the density is small.", right + square.sum(-1)),
    ]
    wrong += normal_mistakes.wrong_constants(right, z.shape[-1])
    return wrong + normal_mistakes.wrong_wholes(right) + wrong_sums(each, "entries")


def _must_equal(student: Student, z: Tensor, stand_ins: StandIns) -> None:
    known = Parts({}, stand_ins)
    right = known.log_prior(z)
    # Of a single code many wrong formulas may have the same value.
    mistakes = [*_wrong_arguments(known, z), *_wrong_formulas(z)]
    with any_batch_size():
        answer = student.call("log_prior", models.model(), z, method=True, stand_ins=stand_ins)
    answer.must_equal(right, misconceptions=[squeezed(right)] if len(z) == 1 else mistakes)
    if len(z) == 1:
        all_at_once(student, "log_prior", z, model=models.model(), stand_ins=stand_ins)


@worth(0.5)
def test_one_number_per_code(student: Student, draw: Draw) -> None:
    """The log densities of seven codes, [7]."""
    z = models.codes(draw, 7)
    student.given(models.gaussian_score(draw), partial(_must_equal, student, z))


@worth(0.25)
def test_a_single_code(student: Student, draw: Draw) -> None:
    """A batch of one code gives [1], not a plain number; thousands take no more steps of Python
    than one: no loop over the batch."""
    z = models.codes(draw, 1)
    student.given(models.gaussian_score(draw), partial(_must_equal, student, z))


@worth(0.25)
def test_gradients(student: Student, draw: Draw) -> None:
    """The gradient reaches z and has the right values."""
    z, up = models.codes(draw, 7), cotangent(draw, 7)

    def claim(stand_ins: StandIns) -> None:
        known = Parts({}, stand_ins)
        expected = products(lambda made: (known.log_prior(made["arg1"]),), {"arg1": z}, (up,))
        answer = student.call(
            "log_prior", models.model(), z, method=True, cotangents=(up,), stand_ins=stand_ins
        )
        answer.must_have_gradients(expected, unreached((7,), {"arg1": "z"}))

    student.given(models.gaussian_score(draw), claim)
