"""Task `joint_log_density`: log p(x, z) = log p(x | z) + log p(z), one per image.

A student's own likelihood and prior, and what these use, may be wrong: that was paid for in tasks
of their own. Tolerance: that of the likelihood, a sum of 784 float32 terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import Parts, StandIns, State
from autograder.checks.latent_space.products import Leaves, cotangent, products
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import gives, squeezed, unreached
from autograder.student import Student

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 0.02}
PER_IMAGE_HINT = "One number per image is wanted, [B]: do not sum or average over the batch."
LOST_HINT = "No gradient passes through the {}: look for detach, no_grad or .data."


def _layers(draw: Draw) -> State:
    return models.layer(draw, "decoder_hidden", 0.8) | models.layer(draw, "decoder_output", 0.5)


def _parts(draw: Draw) -> StandIns:
    return (
        models.likelihood_score(draw)
        | models.prior_score(draw)
        | models.logits(draw)
        | models.pixel_score(draw)
        | models.gaussian_score(draw)
    )


def _wrong_signs(log_x: Tensor, log_z: Tensor) -> Iterator[Misconception]:
    hint = "Densities multiply, so their logarithms add up: nothing is subtracted."
    yield gives("prior_subtracted", hint, log_x - log_z)
    yield gives("likelihood_subtracted", hint, log_z - log_x)
    yield gives("sign", "This is minus the joint log density.", -(log_x + log_z))
    yield gives("prior_forgotten", "log p(z) is missing.", log_x)
    hint = "log p(x | z) is missing, or lost in an exp: e to the power of -600 is 0 for a float."
    yield gives("likelihood_forgotten", hint, log_z)
    yield gives("prior_counted_twice", "log p(z) counts once.", log_x + 2 * log_z)
    hint = "The densities are multiplied, not their logarithms."
    yield gives("multiplied", hint, log_x * log_z)
    hint = "This is the density, next to 0 and useless; its logarithm, a sum, is wanted."
    density = {"expected": ((log_x + log_z).exp(),), "atol": 1e-30}
    yield Misconception("no_logarithm", hint, density)


def _wrong_sums(log_x: Tensor, log_z: Tensor) -> Iterator[Misconception]:
    right = log_x + log_z
    yield gives("summed_over_batch", PER_IMAGE_HINT, right.sum())
    yield gives("averaged_over_batch", PER_IMAGE_HINT, right.mean())
    yield gives("likelihood_averaged_over_batch", PER_IMAGE_HINT, log_x.mean() + log_z)
    yield gives("likelihood_summed_over_batch", PER_IMAGE_HINT, log_x.sum() + log_z)
    yield gives("prior_averaged_over_batch", PER_IMAGE_HINT, log_x + log_z.mean())
    yield gives("prior_summed_over_batch", PER_IMAGE_HINT, log_x + log_z.sum())
    hint = "log p(x | z) is a sum over pixels, not a mean."
    yield gives("likelihood_averaged_over_pixels", hint, log_x / models.D + log_z)
    yield gives("averaged", "The two are added: no mean.", right / 2)
    yield gives("kept_axis", "The shape is [B], not [B, 1].", right[:, None])
    hint = "Added to [B, 1], [B] becomes [B, B]: every image with every code."
    yield gives("broadcast", hint, log_x[:, None] + log_z)
    yield gives("broadcast", hint, log_x + log_z[:, None])


def _must_equal(student: Student, state: State, x: Tensor, z: Tensor, stand_ins: StandIns) -> None:
    known = Parts(state, stand_ins)
    parts, right = (known.log_likelihood(x, z), known.log_prior(z)), known.joint(x, z)
    wrong = [squeezed(right)] if len(x) == 1 else [*_wrong_signs(*parts), *_wrong_sums(*parts)]
    with any_batch_size():
        answer = student.call(
            "joint_log_density", models.model(state), x, z, method=True, stand_ins=stand_ins
        )
    answer.must_equal(right, misconceptions=wrong, **TOLERANCE)
    if len(x) == 1:
        model = models.model(state)
        all_at_once(student, "joint_log_density", x, z, model=model, stand_ins=stand_ins)


def _check(student: Student, draw: Draw, rows: int) -> None:
    state, x, z = _layers(draw), models.binary(draw.shared(), rows), models.codes(draw, rows)
    student.given(_parts(draw), partial(_must_equal, student, state, x, z))


@worth(0.5)
def test_one_number_per_image(student: Student, draw: Draw) -> None:
    """The joint log densities of seven images, each with its own code, [7]."""
    _check(student, draw, 7)


@worth(0.25)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image gives [1], not a plain number; thousands take no more steps of Python
    than one: no loop over the batch."""
    _check(student, draw, 1)


def _half_detached(known: Parts, x: Tensor, leaves: Leaves, up: Tensor) -> Iterator[Misconception]:
    """What reaches z when one of the two passes nothing on."""
    likelihood = products(lambda made: (known.log_likelihood(x, made["arg2"]),), leaves, (up,))
    prior = products(lambda made: (known.log_prior(made["arg2"]),), leaves, (up,))
    for name, passed in (("prior", likelihood), ("likelihood", prior)):
        params = {"expected": passed}
        yield Misconception(f"no_gradient_through_{name}", LOST_HINT.format(name), params)


@worth(0.25)
def test_gradients(student: Student, draw: Draw) -> None:
    """The gradient reaches the codes through the likelihood and through the prior."""
    state, up = _layers(draw), cotangent(draw, 7)
    x, z = models.binary(draw.shared(), 7), models.codes(draw, 7)

    def claim(stand_ins: StandIns) -> None:
        known, leaves = Parts(state, stand_ins), {"arg2": z}
        expected = products(lambda made: (known.joint(x, made["arg2"]),), leaves, (up,))
        answer = student.call(
            "joint_log_density", models.model(state), x, z, method=True, cotangents=(up,),
            stand_ins=stand_ins,
        )  # fmt: skip
        mistakes = [*unreached((7,), {"arg2": "z"}), *_half_detached(known, x, leaves, up)]
        answer.must_have_gradients(expected, mistakes, atol=1e-3)

    student.given(_parts(draw), claim)
