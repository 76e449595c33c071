"""Task `top_half`: the first 14 rows of an image, and the model of them. With l = decoder(z),

    log p(top | z) = sum over the pixels of these rows of x l - log(1 + exp(l)),
    log p(top, z) = log p(top | z) + log p(z).

With codes on a grid the last one can be integrated: the sum of p(top, z) over all cells is p(top).
A wrong `top_half` costs its own point only, and so does a wrong `log_p_top` (see `attempts`).

Tolerance: sums of 392 float32 terms, about 300 in all, are off by at most 392 * 2^-24 * 300 = 0.007
in the worst order, and logarithms with an added 1e-6 by 392 * 1e-6 / theta, theta above 0.03.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.attempts import Claimed, and_without, either, fails
from autograder.checks.latent_space import models, plane
from autograder.checks.latent_space.halves import (
    HALF,
    wrong_halves,
    wrong_joints,
    wrong_log_ps,
)
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import Parts, StandIns, State
from autograder.checks.latent_space.products import products
from autograder.checks.latent_space.rows import MANY, SLACK
from autograder.checks.mistakes import squeezed, unreached
from autograder.student import Student

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 0.02}
GRADIENT_TOLERANCE: dict[str, Any] = {"rtol": 1e-3, "atol": 5e-3}
STEPS = 31
"""Codes along each side of the grid, 0.4 apart. The hills are wider than that, so that a finer grid
changes the sum by a few parts in a million."""
SLOPE = 0.15  # of logits over hidden units, so that hills are that wide
SPREAD = 0.02  # what rounding makes of p(top)


def _must_halve(student: Student, images: Tensor, _: StandIns) -> None:
    right = images[:, :HALF]
    small = images.to(torch.int8)  # they are whole numbers, and a tape holds them all
    mistakes = [squeezed(right)] if len(images) == 1 else wrong_halves(small)
    with any_batch_size():
        student.call("top_half", images).must_equal(right, misconceptions=mistakes)


def _images(draw: Draw, rows: int) -> Tensor:
    """Whole numbers from -4 to 4: `top_half` is of use for logits as well."""
    return draw.uniform(rows, models.D, low=-4.0, high=4.0).round()


@worth(1)
def test_the_first_fourteen_rows(student: Student, draw: Draw) -> None:
    """The top halves of two images, [2, 392], and of a single one, [1, 392]."""
    for rows in (2, 1):
        _must_halve(student, _images(draw, rows), {})


def _blends(student: Student, draw: Draw) -> Iterator[StandIns]:
    """A stand-in for `top_half` if that is wrong."""
    if fails(partial(_must_halve, student, _images(draw, 2)), {}):
        yield models.blend(draw)


def _for_log_p(student: Student, draw: Draw, given: StandIns) -> Iterator[StandIns]:
    for others in and_without(given):
        yield others
        yield from (others | blend for blend in _blends(student, draw))


def _parts(draw: Draw) -> StandIns:
    return models.logits(draw) | models.pixel_score(draw)


def _must_be_log_p(
    student: Student, state: State, top: Tensor, z: Tensor, stand_ins: StandIns
) -> None:
    known = Parts(state, stand_ins)
    right = known.log_p_top(top, z)
    mistakes = [squeezed(right)] if len(z) == 1 else wrong_log_ps(known, top, z)
    with any_batch_size():
        answer = student.call("log_p_top", models.model(state), top, z, stand_ins=stand_ins)
    answer.must_equal(right, misconceptions=mistakes, **TOLERANCE)
    if len(z) == 1:
        many = top.expand(MANY, -1), z.expand(MANY, -1)
        calls = ((models.model(state), *rows) for rows in ((top, z), many))
        student.must_cost(SLACK, "log_p_top", *calls, stand_ins=stand_ins)


@worth(1.5)
def test_half_images_and_their_codes(student: Student, draw: Draw) -> None:
    """log p(top | z) of five half images, each with its own code, [5], and of a single one, [1];
    thousands take no more steps of Python than one: no loop over the batch."""
    state = models.network(draw)
    for rows in (5, 1):
        top, z = models.binary(draw, rows, HALF), models.codes(draw, rows)
        must = partial(_must_be_log_p, student, state, top, z)

        def claim(given: StandIns, must: Claimed = must) -> None:
            either(student, must, _for_log_p(student, draw, given))

        student.given(_parts(draw), claim)


def _for_joint(student: Student, draw: Draw, log_p: Claimed, given: StandIns) -> Iterator[StandIns]:
    """Stand-ins, also for functions of this task that are wrong; log_p: claim about `log_p_top`."""
    for others in and_without(given):
        yield others
        if fails(log_p, others):
            yield others | models.top_score(draw)
        yield from (others | blend for blend in _blends(student, draw))


def _parts_of_joint(draw: Draw) -> StandIns:
    return _parts(draw) | models.prior_score(draw) | models.gaussian_score(draw)


def _given_for_joint(
    student: Student, draw: Draw, state: State, top: Tensor, zs: Tensor, must: Claimed
) -> None:
    """Hold a claim about `joint_top`, whatever became of the functions that it may use."""
    few = zs[:9]
    log_p = partial(_must_be_log_p, student, state, top.expand(len(few), -1), few)

    def claim(given: StandIns) -> None:
        either(student, must, _for_joint(student, draw, log_p, given))

    student.given(_parts_of_joint(draw), claim)


def _must_be_joint(
    student: Student, state: State, top: Tensor, zs: Tensor, stand_ins: StandIns
) -> None:
    known = Parts(state, stand_ins)
    right = known.joint_top(top, zs)
    mistakes = [squeezed(right)] if len(zs) == 1 else wrong_joints(known, top, zs)
    with any_batch_size():
        answer = student.call("joint_top", models.model(state), top, zs, stand_ins=stand_ins)
    answer.must_equal(right, misconceptions=mistakes, **TOLERANCE)
    if len(zs) == 1:
        calls = ((models.model(state), top, codes) for codes in (zs, zs.expand(MANY, -1)))
        student.must_cost(SLACK, "joint_top", *calls, stand_ins=stand_ins)


@worth(1.5)
def test_one_half_image_and_many_codes(student: Student, draw: Draw) -> None:
    """log p(top, z) of one half image with nine codes, [9], and with a single one, [1]; thousands
    take no more steps of Python than one: no loop over codes."""
    state, top = models.network(draw), models.binary(draw, 1, HALF)[0]
    for rows in (9, 1):
        zs = models.codes(draw, rows)
        must = partial(_must_be_joint, student, state, top, zs)
        _given_for_joint(student, draw, state, top, zs, must)


def _must_integrate(
    student: Student, state: State, top: Tensor, zs: Tensor, stand_ins: StandIns
) -> None:
    """The mean of p(top, z) over the codes; SPREAD of it for rounding, anything for single ones."""
    joint = partial(Parts(state, stand_ins).joint_top, top)
    log_mean = torch.logsumexp(joint(zs), 0) - math.log(len(zs))
    answer = student.call("joint_top", models.model(state), top, zs, stand_ins=stand_ins)
    spread = SPREAD, float(len(zs))
    answer.must("unbiased", {"log_mean": log_mean, "spread": spread, "shape": (len(zs),)})


@worth(0.5)
def test_the_probability_of_the_half_image(student: Student, draw: Draw) -> None:
    """Added up over the codes of a grid, exp(log p(top, z)) times the area of a cell is p(top)."""
    state = models.network(draw) | models.layer(draw, "decoder_output", SLOPE)
    top, (zs, _) = models.binary(draw, 1, HALF)[0], plane.grid(steps=STEPS)
    must = partial(_must_integrate, student, state, top, zs.float())
    _given_for_joint(student, draw, state, top, zs.float(), must)


def _must_pass_gradients(
    student: Student, function: str, state: State, top: Tensor, z: Tensor, stand_ins: StandIns
) -> None:
    """Of `log_p_top` or `joint_top`, to the codes [B, L]."""
    known, up = Parts(state, stand_ins), torch.linspace(0.5, 2.0, len(z))
    form = partial(getattr(known, function), top)
    leaves = {"arg2": z}
    expected = products(lambda made: (form(made["arg2"]),), leaves, (up,))
    prior = products(lambda made: (known.log_prior(made["arg2"]),), leaves, (up,))
    hint = "No gradient passes through log p(top | z): look for detach, no_grad, .data or NumPy."
    cut = Misconception("no_gradient_through_likelihood", hint, {"expected": prior})
    answer = student.call(
        function, models.model(state), top, z, cotangents=(up,), stand_ins=stand_ins
    )
    mistakes = [*unreached((len(z),), {"arg2": "the codes"}), cut]
    answer.must_have_gradients(expected, mistakes, **GRADIENT_TOLERANCE)


@worth(0.5)
def test_gradients_reach_the_codes(student: Student, draw: Draw) -> None:
    """Gradients of log p(top | z) and log p(top, z) reach z and have the right values."""
    state, z = models.network(draw), models.codes(draw, 5)
    tops = models.binary(draw, 5, HALF)
    log_p = partial(_must_pass_gradients, student, "log_p_top", state, tops, z)
    joint = partial(_must_pass_gradients, student, "joint_top", state, tops[0], z)

    def claim(given: StandIns) -> None:
        either(student, log_p, _for_log_p(student, draw, given))

    student.given(_parts(draw), claim)
    _given_for_joint(student, draw, state, tops[0], z, joint)
