"""Task `latent_scatter`: posterior means as points coloured by label, a lattice of decoded codes.

Points are the encoder's mu in float64; tile [i, j] of the lattice is sigmoid(decoder(z)) at
z = (v_j, v_{n-1-i}). Tolerance: sums of 784 float32 terms of order one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models
from autograder.checks.latent_space.figure_mistakes import LOGITS
from autograder.checks.latent_space.models import Parts, StandIns
from autograder.student import Student
from vae_utils.calls import Instance

_SIDE = 28
_PIXELS = 250  # that are looked at


def _images_and_labels(draw: Draw) -> tuple[Tensor, Tensor]:
    """Sixty images of seven kinds, in no order."""
    labels = (draw.uniform(60, low=0.0, high=7.0)).long()
    labels[:7] = torch.arange(7)
    return models.binary(draw, 60), labels


def _narrow(draw: Draw) -> models.State:
    """With sigmas of about 0.08, so that draws are near their means."""
    state = models.network(draw)
    means = torch.arange(2 * models.L) < models.L
    bias = state["encoder_output.bias"]
    return state | {"encoder_output.bias": torch.where(means, bias, bias - 2.5)}


def _wrong_points(known: Parts, images: Tensor) -> Iterator[Misconception]:
    mu, logsigma = known.encoder(images)
    down = torch.tensor([1.0, -1.0])
    first = "the means are the encoder's first answer."
    wrong = (
        ("sigma_for_mu", f"These are log sigmas: {first}", logsigma),
        ("sigma_for_mu", f"These are sigmas: {first}", logsigma.exp()),
        ("axes_swapped", "The first entry of z goes to the right, the second up.", mu.flip(1)),
        ("upside_down", "The second entry of the code points down.", mu * down),
        ("mirrored", "The first entry of the code points to the left.", -mu * down),
        (
            "mean_and_sigma_mixed",
            "Both axes are means.",
            torch.stack([mu[:, 0], logsigma[:, 0]], 1),
        ),
    )
    for name, hint, points in wrong:
        yield Misconception(name, hint, {"points": points})


def _draws(known: Parts, images: Tensor) -> Iterator[Misconception]:
    hint = "These are draws from q(z | x): show the means, which are the same every time."
    yield Misconception("draws_for_means", hint, {"sigma": known.encoder(images)[1].exp()})


def _must_scatter(student: Student, draw: Draw, **asked: bool) -> None:
    shared = draw.shared()
    instance = models.model(_narrow(shared))
    images, labels = _images_and_labels(shared)
    seed = shared.seed()

    def claim(stand_ins: StandIns) -> None:
        known = Parts(instance.state, stand_ins)
        answer = student.call(
            "latent_scatter", instance, images, labels, picture=True, seed=seed, stand_ins=stand_ins
        )
        wanted = {"points": known.encoder(images)[0], "labels": labels, **asked}
        mistakes = [*_wrong_points(known, images), *_wrong_colours(asked), *_draws(known, images)]
        answer.must("scatter", wanted, mistakes)

    student.given(models.encoding(shared, -2.5), claim)


def _wrong_colours(asked: dict[str, bool]) -> Iterator[Misconception]:
    if not asked["legend"]:
        return
    hint = "A legend is missing: give each label's points a label, and call ax.legend()."
    yield Misconception("legend_missing", hint, {"legend": False, "bare": True})
    hint = "The legend does not fit the points: one entry for each digit, in its own colour."
    yield Misconception("legend_wrong", hint, {"legend": False})
    hint = "Colours are to show the labels: one colour a label, another one for each."
    yield Misconception("not_coloured", hint, {"legend": False, "coloured": False})


@worth(2)
def test_a_point_for_each_image(student: Student, draw: Draw) -> None:
    """Sixty images: one point each, at the mean of its q(z | x)."""
    _must_scatter(student, draw, coloured=False, legend=False)


@worth(1)
def test_colours_and_legend(student: Student, draw: Draw) -> None:
    """Each label has a colour of its own, and a legend says which."""
    _must_scatter(student, draw, coloured=True, legend=True)


def _codes(values: Tensor) -> Tensor:
    """z of all tiles [n, n, 2]."""
    up, right = torch.meshgrid(values.flip(0), values, indexing="ij")
    return torch.stack([right, up], -1)


def _tiles(flat: Tensor, n: int) -> Tensor:
    """[n * n, D] as tiles [n, n, 28, 28]."""
    return flat.view(n, n, _SIDE, _SIDE)


def _whole(tiles: Tensor) -> Tensor:
    """One image of tiles [n, n, 28, 28]."""
    side = len(tiles) * _SIDE
    return tiles.transpose(1, 2).reshape(side, side)


def _wrong_lattices(known: Parts, values: Tensor) -> Iterator[tuple[str, str, Tensor]]:
    """Name, hint and image of each known mistake."""
    codes, n = _codes(values), len(values)
    right = _tiles(known.theta(codes.view(-1, 2)), n)
    hint = "The first entry of the code grows to the right, the second one upwards: z is mixed up."
    swapped = _tiles(known.theta(codes.flip(-1).view(-1, 2)), n)
    yield "entries_swapped", hint, _whole(swapped)
    for axes in ((), (0,), (1,)):
        yield "entries_swapped", hint, _whole(right.transpose(0, 1).flip(axes))
    hint = "The lattice is upside down: the largest second entry belongs to the top row."
    yield "upside_down", hint, _whole(right.flip(0))
    hint = "All is upside down, digits as well: is there an origin='lower'?"
    yield "upside_down", hint, _whole(right).flip(0)
    hint = "The digits stand on their heads: is there an origin='lower'?"
    yield "digits_upside_down", hint, _whole(right.flip(2))
    hint = "Left and right are mixed up: the smallest first entry belongs to the left column."
    yield "mirrored", hint, _whole(right.flip(1))
    hint = "Rows and columns of each digit are mixed up."
    yield "tiles_turned", hint, _whole(right.transpose(2, 3))
    yield "logits_shown", LOGITS, _whole(_tiles(known.decoder(codes.view(-1, 2)), n))
    hint = "Rows of different tiles got mixed: swap axes before you reshape the grid to one image."
    yield "tiles_scrambled", hint, right.reshape(n * _SIDE, n * _SIDE)


def _must_be_lattice(
    student: Student, instance: Instance, values: Tensor, places: Tensor, stand_ins: StandIns
) -> None:
    known, n = Parts(instance.state, stand_ins), len(values)

    def seen(whole: Tensor) -> Tensor:
        return whole[places[:, 0], places[:, 1]][None].float()

    right = seen(_whole(_tiles(known.theta(_codes(values).view(-1, 2)), n)))
    wrong = (Misconception(n, h, {"values": seen(w)}) for n, h, w in _wrong_lattices(known, values))
    hint = "These are binary samples; the lattice shows means."
    samples = Misconception("samples_for_means", hint, {"binary": True})
    hint = "No numbers at the axes, please: ax.set_axis_off()."
    ticks = Misconception("ticks_left", hint, {"ticks": True})
    last = n - 1
    caption = (
        f"one image of {n} x {n} tiles\ntop left: z = (v[0], v[{last}])\n"
        f"top right: z = (v[{last}], v[{last}])\nbottom left: z = (v[0], v[0])"
    )
    params = {
        "shape": (n * _SIDE, n * _SIDE), "places": places, "values": right, "captions": (caption,)
    }  # fmt: skip
    answer = student.call("lattice", instance, values, picture=True, stand_ins=stand_ins)
    answer.must("mosaic", params, chain(wrong, (samples, ticks)))


def _places(draw: Draw, n: int) -> Tensor:
    """Some pixels of the whole image of n x n tiles, rows and columns [_PIXELS, 2]."""
    return draw.uniform(_PIXELS, 2, low=0.0, high=float(n * _SIDE)).long()


@worth(1)
def test_a_lattice_of_four_values(student: Student, draw: Draw) -> None:
    """Four uneven values: one image of 112 x 112 pixels, tile [i, j] the mean of its code."""
    instance = models.model(models.network(draw))
    values = draw.uniform(4, low=0.3, high=1.2).cumsum(0) - 1.5
    claim = partial(_must_be_lattice, student, instance, values, _places(draw, 4))
    student.given(models.logits(draw), claim)


@worth(1)
def test_a_lattice_of_fifty_values(student: Student, draw: Draw) -> None:
    """Fifty values: one image of 1400 x 1400 pixels."""
    instance = models.model(models.network(draw))
    values = torch.linspace(-3, 3, 50)
    claim = partial(_must_be_lattice, student, instance, values, _places(draw, 50))
    student.given(models.logits(draw), claim)
