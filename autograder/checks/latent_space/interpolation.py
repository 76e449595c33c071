"""Task `interpolation`: z_alpha = alpha z_a + (1 - alpha) z_b, its way as images, reconstructions.

Images are sigmoid(decoder(z)) in float64. A way that is right with the student's own mixtures is
right: a wrong `interpolate` costs its own points only. The codes of a reconstruction are told from
its means (see `affine`) and judged against q(z | x) as in `samples_figure`. Tolerance: float32
terms of order one; means to 0.002.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks import Draw, worth
from autograder.checks.latent_space import models
from autograder.checks.latent_space.affine import affine, cloud, samples, shifted
from autograder.checks.latent_space.interpolation_mistakes import (
    Ways,
    accepted,
    wrong_mixtures,
    wrong_reconstructions,
)
from autograder.checks.latent_space.models import Parts, StandIns
from autograder.student import Answer, Student
from autograder.verdicts import NotPassed, Verdict

_STEPS = 6


@worth(1)
def test_a_mixture_of_codes(student: Student, draw: Draw) -> None:
    """Seven pairs of codes at once, and the ends: alpha = 1 gives z_a, alpha = 0 gives z_b."""
    z_a, z_b = models.codes(draw, 7), models.codes(draw, 7)
    between = round(float(draw.uniform(1, low=0.15, high=0.4)), 6)
    for alpha in (between, 1.0, 0.0, 1):
        expected = alpha * z_a.double() + (1 - alpha) * z_b.double()
        mistakes = wrong_mixtures(z_a.double(), z_b.double(), alpha)
        student.call("interpolate", z_a, z_b, alpha).must_equal(expected, misconceptions=mistakes)


@worth(1)
def test_alpha_outside_is_an_error(student: Student, draw: Draw) -> None:
    """An alpha below 0 or above 1 raises a ValueError."""
    z_a, z_b = models.codes(draw, 2), models.codes(draw, 2)
    for alpha in (-0.25, 1.5, 1.0001):
        mistakes = accepted(z_a.double(), z_b.double(), alpha)
        student.must_refuse("interpolate", z_a, z_b, alpha, misconceptions=mistakes)


def _own_mixtures(student: Student, z_a: Tensor, z_b: Tensor, alphas: Tensor) -> Tensor:
    """Of the student's function, [P, steps, L].

    Raises:
        NotPassed: it gives no mixtures.
    """
    given = z_a.float(), z_b.float()
    answers = [student.call("interpolate", *given, alpha).value for alpha in alphas.tolist()]
    if any(answer.shape != z_a.shape for answer in answers):
        raise NotPassed(Verdict.FAILED, "its results are no mixtures of codes")
    return torch.from_numpy(np.stack(answers, 1)).double()


def _bent(draw: Draw) -> models.State:
    """One in which a mixture of codes and a mixture of their logits are far from each other."""
    far = models.layer(draw, "encoder_output", 0.5) | models.layer(draw, "decoder_hidden", 2.0)
    return models.network(draw) | far


def _must_lead(student: Student, answer: Answer, ways: Ways) -> None:
    """The way with right mixtures or, where they are wrong, with the student's own."""
    try:
        answer.must("mosaic", ways.asked(ways.right()), ways.wrong())
    except NotPassed as problem:
        exhibit = student.exhibit
        try:
            own = _own_mixtures(student, ways.z_a, ways.z_b, ways.alphas)
            answer.must("mosaic", ways.asked(ways.decoded(own)))
        except NotPassed:
            student.exhibit = exhibit
            raise problem from None


@worth(2)
def test_the_way_between_digits(student: Student, draw: Draw) -> None:
    """Two pairs of images and six steps: from the mean of image a on the left to that of b."""
    instance = models.model(_bent(draw))
    images_a, images_b = models.binary(draw, 2), models.binary(draw, 2)
    pixels = draw.uniform(25, 2, low=0.0, high=28.0).long()

    def claim(stand_ins: StandIns) -> None:
        answer = student.call(
            "interpolation_figure", instance, images_a, images_b, _STEPS, picture=True,
            stand_ins=stand_ins,
        )  # fmt: skip
        known = Parts(instance.state, stand_ins)
        _must_lead(student, answer, Ways(known, images_a, images_b, _STEPS, pixels))

    student.given(models.logits(draw) | models.encoding(draw), claim)


def _asked(images: Tensor, mu: Tensor, logsigma: Tensor, draws: int) -> dict[str, Any]:
    """Parameters of `decoded`: the image, then mean and sample of each draw."""
    first = range(0, len(images) * draws, draws)
    return {
        "codes": tuple(
            code for n in first for code in (n, *(n + d // 2 for d in range(2 * draws)))
        ),
        "drawn": (False, *(False, True) * draws) * len(images),
        "fixed": tuple(one for x in images.view(-1, 28, 28) for one in (x, *[None] * 2 * draws)),
        "columns": 1 + 2 * draws,
        "mean": mu.repeat_interleave(draws, 0),
        "logsigma": logsigma.repeat_interleave(draws, 0),
    }


@worth(1)
def test_reconstructions(student: Student, draw: Draw) -> None:
    """Two images: each beside three draws from its q(z | x), a mean and a binary sample of each."""
    model = affine(draw, models.layer(draw, "encoder_hidden", 0.1) | _head(draw))
    images = models.binary(draw, 2)

    def claim(stand_ins: StandIns) -> None:
        known = model.with_stand_ins(stand_ins)
        mu, logsigma = known.known.encoder(images)
        logsigma = 0 * logsigma if "sample_diag_gaussian" in stand_ins else logsigma
        answer = student.call(
            "reconstruction_figure", model.instance, images, 3, repeat=4, picture=True,
            stand_ins=stand_ins,
        )  # fmt: skip
        more = {**known.decoder(), "samples": samples(stand_ins)}
        params, fixed = (_asked(images, mu, logsigma, draws) | more for draws in (3, 2))
        answer.must("decoded", params, wrong_reconstructions(params, fixed))

    parts = models.logits(draw) | models.encoding(draw, -1.7) | shifted() | cloud()
    student.given(parts, claim)


def _head(draw: Draw) -> models.State:
    """Means of order one, and sigmas of about 0.18."""
    head = models.layer(draw, "encoder_output", 0.1)
    head["encoder_output.bias"] = torch.cat(
        [head["encoder_output.bias"][: models.L], torch.full((models.L,), -1.7)]
    )
    return head
