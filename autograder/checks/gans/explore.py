"""Task `explore`: images of codes from N(0, I), of moved codes, and of codes and pixels in between.

Figures are judged by what they hold, in colour, whatever draws them. The generator is the given
one outside of training, so that an image depends on its own code only. Where it lets all through,
logits are a linear function of codes: then the code of each image can be told, and all of them are
judged by their distribution (`vae_utils.drawn_codes`, six statements). Others are known images.

Tolerance: 0.002 of a colour, which is far above float32's error, and below what a step of 1/255 is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans import networks
from autograder.checks.gans.networks import State
from autograder.student import Student

STEPS = 11
_ENTRIES = 10  # of a code that is drawn
_WIDE = 6  # entries of a code, where all of them are moved


def _pictures(images: Tensor) -> tuple[Tensor, ...]:
    """Images [N, 3, 32, 32] as [32, 32, 3] each."""
    return tuple(images.permute(0, 2, 3, 1).float())


def _prior(count: int, mean: float = 0.0, logsigma: float = 0.0) -> dict[str, Any]:
    shape = (count, _ENTRIES)
    return {"mean": torch.full(shape, mean), "logsigma": torch.full(shape, logsigma)}


def _shown(count: int, columns: int) -> dict[str, Any]:
    """A figure of the images of so many codes."""
    drawn = (False,) * count
    return {"codes": tuple(range(count)), "drawn": drawn, "columns": columns, **_prior(count)}


def _wrong_codes(count: int) -> Iterator[Misconception]:
    hint = "These codes are all 0: draw them with torch.randn."
    yield Misconception("codes_of_zero", hint, {"spread": "none"})
    hint = "The codes are all the same: draw one for each image."
    yield Misconception("same_code", hint, {"spread": "same"})
    hint = "The entries of a code hang together: draw a number of its own for each of them."
    yield Misconception("codes_on_a_line", hint, {"spread": "line"})
    hint = "The codes are uniform numbers (rand); they are normal (randn)."
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        width = math.log((high - low) / math.sqrt(12))
        uniform = {**_prior(count, (low + high) / 2, width), "spread": "uniform"}
        yield Misconception("uniform_codes", hint, uniform)


_IGNORED = "Numbers of images and of columns are arguments, which may be others than 60 and 12."


def _must_sample(student: Student, draw: Draw, count: int, columns: int, repeat: int) -> None:
    state = networks.straight(draw, _ENTRIES)
    bias = networks.logits(state, torch.zeros(1, _ENTRIES))
    weight = networks.logits(state, torch.eye(_ENTRIES)) - bias
    params = {
        **_shown(count, columns),
        "bias": bias.permute(0, 2, 3, 1).flatten().float(),
        "weight": weight.permute(0, 2, 3, 1).flatten(1).float(),
        "shape": (32, 32, 3),
    }
    given = networks.generator_instance(state, _ENTRIES, 1, training=False)
    answer = student.call("samples_figure", given, count, columns, repeat=repeat, picture=True)
    turned = Misconception(
        "layout_turned", "Rows and columns are mixed up.", _shown(count, count // columns)
    )
    ignored = Misconception("count_ignored", _IGNORED, _shown(60, columns))
    single = Misconception("count_ignored", _IGNORED, _shown(count, 12))
    answer.must("decoded", params, [*_wrong_codes(count), turned, ignored, single])


@worth(2)
def test_samples(student: Student, draw: Draw) -> None:
    """Twenty-four images in four rows: their codes come from N(0, I), and each is drawn anew."""
    _must_sample(student, draw, 24, 6, 4)


@worth(0.5)
def test_other_numbers_of_samples(student: Student, draw: Draw) -> None:
    """Six images in two rows of three."""
    _must_sample(student, draw, 6, 3, 1)


def _wrong_moves(state: State, z: Tensor, eps: float, columns: int) -> Iterator[Misconception]:
    """Other codes than z + eps e_i."""
    one = torch.eye(len(z))
    hint = "Only entry i of image i is moved, by +eps: here {}."
    for name, what, codes in (
        ("moved_backwards", "eps is subtracted", z - eps * one),
        ("all_entries_moved", "all entries are", (z + eps).expand(len(z), -1)),
        ("not_moved", "none is", z.expand(len(z), -1)),
        ("entry_replaced", "it is set to eps", torch.where(one > 0, eps, z)),
        ("entry_multiplied", "it is multiplied by eps", torch.where(one > 0, eps * z, z)),
        ("moved_by_one", "it is moved by 1", z + one),
        ("start_forgotten", "the code starts from 0, not from z", eps * one),
        ("moves_add_up", "those before it stay moved", z + eps * torch.ones_like(one).tril()),
    ):
        images = _pictures(networks.evaluate(state, codes))
        yield Misconception(name, hint.format(what), {"images": images})
    images = _pictures(networks.evaluate(state, z + eps * one.flip(0)))
    yield Misconception("order_reversed", "The images come in the wrong order.", {"images": images})
    images = _pictures(networks.evaluate(state, z + eps * one))
    turned = {"images": images, "columns": len(z) // columns}
    yield Misconception("layout_turned", "Rows and columns are mixed up.", turned)
    hint = "Each image is moved by eps, an argument which may be another one than 4."
    images = _pictures(networks.evaluate(state, z + 4.0 * one))
    yield Misconception("eps_ignored", hint, {"images": images})


def _codes(draw: Draw, count: int) -> Tensor:
    """Far from each other, with entries of either sign."""
    signs = draw.uniform(count, _WIDE, low=-1.0, high=1.0).sign()
    return signs * draw.uniform(count, _WIDE, low=0.5, high=1.5)


@worth(2.5)
def test_one_entry_at_a_time(student: Student, draw: Draw) -> None:
    """Six images in two rows: for each, one entry of the code is moved by eps, the others stay."""
    state, (z,) = networks.generator(draw, _WIDE), _codes(draw, 1)
    given = networks.generator_instance(state, _WIDE, training=False)
    eps = round(float(draw.uniform(1, low=1.8, high=2.4)), 2)
    answer = student.call("dimensions_figure", given, z, eps, 3, picture=True, intact=True)
    images = _pictures(networks.evaluate(state, z + eps * torch.eye(_WIDE)))
    params = {"images": images, "columns": 3}
    answer.must("panels", params, _wrong_moves(state, z, eps, 3))


def _rows(state: State, z_a: Tensor, z_b: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Images of codes in between, and images mixed, [N, 3, 32, 32] each, alpha [N]."""
    share = alpha[:, None]
    image_a, image_b = networks.evaluate(state, torch.stack([z_a, z_b]))
    walk = networks.evaluate(state, share * z_a + (1 - share) * z_b)
    share = share[:, :, None, None]
    return walk, share * image_a + (1 - share) * image_b


def _wrong_walks(state: State, z_a: Tensor, z_b: Tensor) -> Iterator[Misconception]:
    def drawn(name: str, hint: str, upper: Tensor, lower: Tensor) -> Misconception:
        return Misconception(name, hint, {"images": _pictures(torch.cat([upper, lower]))})

    alpha = torch.linspace(0, 1, STEPS, dtype=torch.float64)
    codes, pixels = _rows(state, z_a, z_b, alpha)
    hint = "The rows run the wrong way: alpha = 0 gives G(z_b), and alpha = 1 gives G(z_a)."
    yield drawn("direction_reversed", hint, codes.flip(0), pixels.flip(0))
    yield drawn("direction_reversed", hint, codes.flip(0), pixels)
    yield drawn("direction_reversed", hint, codes, pixels.flip(0))
    yield drawn("rows_exchanged", "Codes belong above, pixels below.", pixels, codes)
    hint = "Between codes is the image of a mixed code, not a mixed image: G acts last."
    yield drawn("pixels_for_codes", hint, pixels, pixels)
    hint = "Between pixels is a mixture of the two images: G acts first."
    yield drawn("codes_for_pixels", hint, codes, codes)
    short = _rows(state, z_a, z_b, torch.arange(STEPS, dtype=torch.float64) / STEPS)
    inner = _rows(state, z_a, z_b, torch.linspace(0, 1, STEPS + 2, dtype=torch.float64)[1:-1])
    hint = "An end is missing: alpha runs from 0 to 1 in steps of 0.1, both ends included."
    for rows in (short, (short[0].flip(0), short[1].flip(0)), inner):
        yield drawn("end_missing", hint, *rows)
    hint = "The layout is turned: two rows of eleven images are wanted."
    images = torch.stack([codes, pixels], 1).flatten(0, 1)
    yield Misconception("layout_turned", hint, {"images": _pictures(images), "columns": 2})
    hint = "The weights of both are alpha and 1 - alpha: they sum to 1."
    half = alpha[:, None]
    loose = networks.evaluate(state, half * z_a + z_b)
    yield drawn("weights_do_not_sum_to_1", hint, loose, pixels)


@worth(3)
def test_both_walks(student: Student, draw: Draw) -> None:
    """Two rows of eleven images from G(z_b) to G(z_a): between codes, and between pixels."""
    state, (z_a, z_b) = networks.generator(draw, _WIDE), _codes(draw, 2)
    given = networks.generator_instance(state, _WIDE, training=False)
    answer = student.call("interpolation_figure", given, z_a, z_b, picture=True, intact=True)
    alpha = torch.linspace(0, 1, STEPS, dtype=torch.float64)
    images = _pictures(torch.cat(_rows(state, z_a, z_b, alpha)))
    params = {"images": images, "columns": STEPS}
    answer.must("panels", params, _wrong_walks(state, z_a, z_b))
