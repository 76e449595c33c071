"""Task `samples_figure`: codes from N(0, I), their means sigmoid(decoder(z)), and binary samples.

The decoder is a straight line (see `affine`), so that the code of every mean can be told. How codes
and samples are judged, and that a check makes eight statements at 1e-10 or below, see
`vae_utils.drawn_codes`. Tolerance of means: 0.002, see `affine`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.attempts import either
from autograder.checks.latent_space import models
from autograder.checks.latent_space.affine import (
    Affine,
    affine,
    cloud,
    samples,
    shifted,
    with_and_without,
)
from autograder.checks.latent_space.figure_mistakes import transposed, wrong_panels, wrong_samples
from autograder.student import Student

_FEW = 3  # codes: too few to tell where they come from
_SHIFT, _WIDTH = 3.0, -2.0  # of the encoder's answers, which the prior hardly gives


def _model(draw: Draw) -> Affine:
    """Its encoder answers the same to every image: a place far from the prior's."""
    mu, logsigma = torch.full((models.L,), _SHIFT), torch.full((models.L,), _WIDTH)
    return affine(draw, models.layer(draw, "encoder_hidden", 0.1) | models.posterior(mu, logsigma))


def _prior(count: int, mean: float = 0.0, logsigma: float = 0.0) -> dict[str, Any]:
    shape = (count, models.L)
    return {"mean": torch.full(shape, mean), "logsigma": torch.full(shape, logsigma)}


def _wrong_codes(count: int) -> Iterator[Misconception]:
    hint = "These are codes of images; new digits come from the prior N(0, I)."
    for width in (_WIDTH, 0.0, _WIDTH / 2, 2 * _WIDTH):
        yield Misconception("encodings_for_prior", hint, _prior(count, _SHIFT, width))
    at_mean = {**_prior(count, _SHIFT), "spread": "none"}
    yield Misconception("encodings_for_prior", hint, at_mean)
    hint = "The prior has a spread: these codes are all at its mean, 0. Draw them with torch.randn."
    yield Misconception("mean_of_the_prior", hint, {**_prior(count), "spread": "none"})
    hint = "The codes are all the same: draw one for each mean."
    yield Misconception("same_code", hint, {"spread": "same"})
    hint = "The entries of a code hang together: draw a number of its own for each of them."
    yield Misconception("codes_on_a_line", hint, {"spread": "line"})
    hint = "The codes are uniform numbers (rand); the prior is normal (randn)."
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        width = math.log((high - low) / math.sqrt(12))
        uniform = {**_prior(count, (low + high) / 2, width), "spread": "uniform"}
        yield Misconception("uniform_codes", hint, uniform)


def _turned(params: dict[str, Any]) -> Misconception:
    columns = params["columns"]
    rows = len(params["codes"]) // columns
    hint = f"Rows and columns are mixed up: {rows} rows and {columns} columns are wanted."
    return Misconception("layout_turned", hint, transposed(params))


def _must_show(
    student: Student,
    draw: Draw,
    function: str,
    given: tuple[int, ...],
    params: dict[str, Any],
    mistakes: list[Misconception],
    repeat: int,
) -> None:
    """mistakes: those of the layout."""
    model = _model(draw)

    def claim(stand_ins: models.StandIns) -> None:
        known = model.with_stand_ins(stand_ins)
        answer = student.call(
            function, model.instance, *given, repeat=repeat, picture=True, stand_ins=stand_ins
        )
        wanted = {**params, **known.decoder(), "samples": samples(stand_ins)}
        wrong = [*wrong_samples(), *wrong_panels(), *mistakes]
        if given[0] > _FEW:
            wrong = [*_wrong_codes(given[0]), *wrong]
        answer.must("decoded", wanted, wrong)

    def one_by_one(stand_ins: models.StandIns) -> None:
        names = "sample_bernoulli", "sample_diag_gaussian"
        either(student, claim, with_and_without(stand_ins, *names))

    student.given(models.logits(draw) | shifted() | cloud(), one_by_one)


def _two_rows(count: int) -> dict[str, Any]:
    codes = tuple(range(count))
    drawn = (False,) * count + (True,) * count
    return {"codes": codes + codes, "drawn": drawn, "columns": count, **_prior(count)}


def _must_show_two_rows(
    student: Student, draw: Draw, count: int, repeat: int, *mistakes: Misconception
) -> None:
    params = _two_rows(count)
    hint = "Means belong above samples: the rows have changed places."
    swapped = Misconception("rows_swapped", hint, {"drawn": tuple(reversed(params["drawn"]))})
    wrong = [_turned(params), swapped, *mistakes]
    _must_show(student, draw, "samples_figure", (count,), params, wrong, repeat)


@worth(2)
def test_ten_codes(student: Student, draw: Draw) -> None:
    """Ten codes from the prior: ten means in a row, below each one a binary sample of it."""
    _must_show_two_rows(student, draw, 10, 4)


_IGNORED = "The number of {} is an argument, which may be another one than the default."


@worth(1)
def test_another_number_of_codes(student: Student, draw: Draw) -> None:
    """As many columns as codes were asked for."""
    fixed = Misconception("count_ignored", _IGNORED.format("codes"), _two_rows(10))
    _must_show_two_rows(student, draw, 3, 1, fixed)


def _rows(count: int, each: int) -> dict[str, Any]:
    codes = tuple(code for code in range(count) for _ in range(1 + each))
    drawn = (False, *(True,) * each) * count
    return {"codes": codes, "drawn": drawn, "columns": 1 + each, **_prior(count)}


@worth(2)
def test_a_row_for_each_code(student: Student, draw: Draw) -> None:
    """Four codes: in each row the mean, then two binary samples of it, each drawn anew."""
    params = _rows(4, 2)
    hint = "The mean belongs on the left of its samples."
    last = {"drawn": (True, True, False) * 4}
    mistakes = [
        _turned(params),
        Misconception("mean_on_the_right", hint, last),
        Misconception("count_ignored", _IGNORED.format("codes"), _rows(10, 2)),
        Misconception("count_ignored", _IGNORED.format("samples"), _rows(4, 3)),
        Misconception("count_ignored", _IGNORED.format("codes and samples"), _rows(10, 3)),
    ]
    _must_show(student, draw, "draws_figure", (4, 2), params, mistakes, 2)
