"""The figures of task `svi`: contour lines of p(top, z) and q(z), and a completed digit.

Contour lines are judged by what they are: lines on which the density is constant, from a table of
log p(top, z) and log q(z) in float64. The table has every third of the student's 61 places, and
cubic polynomials between them, which are off by less than 0.01 nats. Between the student's own
places, matplotlib takes the density to be linear, which at a slope of g nats a step moves a line by
up to g^2 / 8 nats: 0.01 for each nat below the top of a hill five steps wide. Allowed are 0.03 for
each nat, and 0.02.
Completions: see `affine`. A code of q lies within seven sigma of its mean but for one in 10^11.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.attempts import and_without, either
from autograder.checks.latent_space import models
from autograder.checks.latent_space.affine import affine, cloud, with_and_without
from autograder.checks.latent_space.models import L, Parts, StandIns
from autograder.checks.latent_space.svi_numbers import TASKS, one_of_the_top
from autograder.checks.latent_space.svi_picture_mistakes import (
    HALF,
    Hills,
    wrong_completions,
)
from autograder.student import Student
from vae_utils.stand_in import StandIn

_PLACES = 61
_REACH = 1.2


def _network(draw: Draw) -> models.State:
    return models.layer(draw, "decoder_hidden", 0.8) | models.layer(draw, "decoder_output", 0.3)


def _typical(draw: Draw, known: Parts) -> tuple[Tensor, Tensor]:
    """A half image [D / 2] that the model draws for a code near the middle, and that code [L]."""
    z = models.codes(draw, 1, width=0.7)
    chance = draw.uniform(HALF, low=0.0, high=1.0)
    return (chance < known.theta(z)[0, :HALF]).float(), z[0]


def _around(known: Parts, top: Tensor, middle: Tensor) -> tuple[Tensor, Tensor]:
    """Places around the largest joint density that is near `middle` [L]."""
    along = torch.linspace(-_REACH, _REACH, _PLACES)
    hills = Hills(known, top, middle, middle, middle[0] + along[::3], middle[1] + along[::3])
    best = hills.zs.reshape(-1, L)[hills.joint().argmax()].float()
    return best[0] + along, best[1] + along


def _slope(draw: Draw) -> Tensor:
    """Of a stand-in, [L]: over the plot a density falls to less than a hundredth of its largest."""
    signs = draw.uniform(L, low=-1.0, high=1.0).sign()
    return signs * draw.uniform(L, low=1.0, high=2.0)


def _scores(draw: Draw) -> StandIns:
    """In place of the densities of codes, alone and with a half image: slopes."""
    start = torch.tensor(-100.0)
    image = draw.uniform(HALF, low=-0.15, high=0.15)
    names = {
        "joint_top": ("model", "top", "zs"),
        "log_p_top": ("model", "top", "z"),
        "log_q": ("mu", "logsigma", "z"),
        "factorized_gaussian_log_density": ("mu", "logsig", "xs"),
    }
    weights = {name: image if name in TASKS else None for name in names}
    return {
        name: StandIn(given, ((start, None, weights[name], _slope(draw)),), plain=name != "log_q")
        for name, given in names.items()
    }


def must_contour(student: Student, draw: Draw) -> None:
    """Claims of `posterior_figure`."""
    state = _network(draw)
    instance = models.model(state)
    top, middle = _typical(draw, Parts(state, {}))
    shift = draw.uniform(L, low=0.15, high=0.3)
    logsigma = draw.uniform(L, low=-1.2, high=-0.9) - torch.tensor([0.0, 0.4])

    def claim(stand_ins: StandIns) -> None:
        known = Parts(state, stand_ins)
        xs, ys = _around(known, top, middle)
        mu = torch.stack([xs[_PLACES // 2], ys[_PLACES // 2]]) + shift
        answer = student.call(
            "posterior_figure", instance, top, mu, logsigma, xs, ys, picture=True,
            stand_ins=stand_ins,
        )  # fmt: skip
        hills = Hills(known, top, mu, logsigma, xs[::3], ys[::3])
        answer.must("contours", hills.asked(), hills.wrong())

    parts = models.pixel_score(draw) | models.logits(draw) | models.prior_score(draw)
    parts |= _scores(draw) | models.blend(draw)

    def one_by_one(stand_ins: StandIns) -> None:
        choices = (chosen for some in and_without(stand_ins) for chosen in one_of_the_top(some))
        either(student, claim, choices)

    student.given(parts, one_by_one, TASKS)


def must_complete(student: Student, draw: Draw) -> None:
    """Claims of `completion_figure`."""
    model = affine(draw, {})
    image = models.binary(draw, 1)[0]
    mu = draw.uniform(L, low=2.5, high=3.2)
    logsigma = draw.uniform(L, low=-2.5, high=-2.0)
    kept = torch.zeros(28, 28, dtype=torch.bool)
    kept[:14] = True

    def claim(stand_ins: StandIns) -> None:
        known = model.with_stand_ins(stand_ins)
        width = 0 * logsigma if "sample_diag_gaussian" in stand_ins else logsigma
        answer = student.call(
            "completion_figure", model.instance, image, mu, logsigma, repeat=2, picture=True,
            stand_ins=stand_ins,
        )  # fmt: skip
        seen = torch.cat([known.known.top_half(image[None])[0], image[HALF:]])
        params: dict[str, Any] = {
            "image": image.view(28, 28), "kept": kept, **known.decoder(), "mean": mu,
            "logsigma": width, "seen": seen.view(28, 28).float(),
        }  # fmt: skip
        answer.must("completed", params, wrong_completions(params))

    parts = models.logits(draw) | cloud() | models.blend(draw)

    def one_by_one(stand_ins: StandIns) -> None:
        either(student, claim, with_and_without(stand_ins, "top_half", "sample_diag_gaussian"))

    student.given(parts, one_by_one, TASKS)
