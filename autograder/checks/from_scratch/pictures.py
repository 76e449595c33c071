"""Task `pictures`: draws from the prior, reconstructions and interpolations, all as means.

Networks are of the judge's own. For draws the decoder is a straight line, so that the code of every
mean can be told, and codes are judged as `vae_utils.drawn_codes` tells, by statements at 1e-10 or
below. The other two figures hold no chance: all of their pixels are compared, to 0.002.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from autograder.checks import Draw, Misconception, worth
from autograder.checks.from_scratch.forms import D, L, Layers, binary, layers, means, network, split
from autograder.student import Student
from vae_utils.arrays import Array

DRAWS, COLUMNS, ENTRIES = 25, 5, 20  # the length of a code is that of the decoder
PAIRS, STEPS = 2, 6
HIDDEN = 8
LOGITS = "These are logits; a mean is sigmoid(logits)."
ROUNDED = "These are zeros and ones; show the means themselves, in grey."


def _straight(draw: Draw) -> tuple[Layers, Array, Array]:
    """A decoder of the notebook's depth that is bias + z @ weight, and both of these."""
    weight = draw.array(ENTRIES, D, low=-0.5, high=0.5)
    bias = draw.array(D, low=-1.0, high=1.0)
    both = np.hstack([np.eye(ENTRIES), -np.eye(ENTRIES)])
    zero = np.zeros(2 * ENTRIES)
    last = np.vstack([weight, -weight]), bias
    return [(both, zero), (np.eye(2 * ENTRIES), zero), last], bias, weight


def _codes(mean: float = 0.0, logsigma: float = 0.0) -> dict[str, Array]:
    shape = DRAWS, ENTRIES
    return {"mean": np.full(shape, mean), "logsigma": np.full(shape, logsigma)}


def _wrong_codes() -> Iterator[Misconception]:
    hint = "The prior has a spread: these codes are all at its mean, 0."
    yield Misconception("prior_mean", hint, {"spread": "none"})
    hint = "All codes are the same: draw 25."
    yield Misconception("same_code", hint, {"spread": "same"})
    hint = "These codes are uniform; those of the prior are normal: np.random.randn."
    for low, high in ((0.0, 1.0), (-1.0, 1.0), (-0.5, 0.5)):
        middle, width = (low + high) / 2, (high - low) / 12**0.5
        known = {**_codes(middle, float(np.log(width))), "spread": "uniform"}
        yield Misconception("uniform_codes", hint, known)
    hint = "The entries of a code hang together: draw each of them anew."
    yield Misconception("codes_on_a_line", hint, {"spread": "line"})
    yield Misconception("logits_shown", LOGITS, {"link": "none"})


@worth(3)
def test_draws_from_the_prior(student: Student, draw: Draw) -> None:
    """25 means, five in a row, each of a code of its own from N(0, I)."""
    gen, bias, weight = _straight(draw)
    answer = student.call("prior_figure", gen, picture=True, repeat=2)
    params = {
        **_codes(),
        "codes": tuple(range(DRAWS)),
        "drawn": (False,) * DRAWS,
        "columns": COLUMNS,
        "bias": bias,
        "weight": weight,
    }
    answer.must("decoded", params, list(_wrong_codes()))


def _model(draw: Draw) -> tuple[Layers, Layers]:
    """Decoder and encoder; codes and logits are of order one and more."""
    return layers(draw, L, HIDDEN, HIDDEN, D, scale=2.0), layers(draw, D, HIDDEN, HIDDEN, 2 * L)


def _tiles(rows: Array) -> tuple[Array, ...]:
    """Images [28, 28] from rows of pixels [..., D]."""
    return tuple(rows.reshape(-1, 28, 28).astype(np.float32))


def _shows(name: str, hint: str, rows: Array, **more: Any) -> Misconception:
    return Misconception(name, hint, {"images": _tiles(rows), **more})


def _wrong_rows(images: Array, shown: Array, gen: Layers, rec: Layers) -> Iterator[Misconception]:
    """shown [2, N, D]: images, and below them their means."""
    mu, logsigma = split(network(rec, images))
    logits = np.stack([images, network(gen, mu)])
    hint = "The images belong into the upper row, what the model makes of them below."
    yield _shows("rows_exchanged", hint, shown[::-1])
    hint = "One row of images, and the means below: here each image has its means beside it."
    beside = shown.transpose(1, 0, 2)
    yield _shows("side_by_side", hint, beside, columns=2)
    yield _shows("side_by_side", hint, beside)
    yield _shows("logits_shown", LOGITS, logits)
    yield _shows("rounded", ROUNDED, np.stack([images, shown[1] > 0.5]))
    hint = "The code is the mean, the first half of the encoder's output."
    yield _shows("halves_exchanged", hint, np.stack([images, means(gen, logsigma)]))


@worth(3)
def test_reconstructions(student: Student, draw: Draw) -> None:
    """Four images in a row, then three, and below each the means for its posterior mean."""
    gen, rec = _model(draw)
    for count in (4, 3):
        images = binary(draw, count)
        mu, _ = split(network(rec, images))
        shown = np.stack([images, means(gen, mu)])
        answer = student.call("reconstruction_figure", gen, rec, images, picture=True, intact=True)
        mistakes = list(_wrong_rows(images, shown, gen, rec))
        answer.must("panels", {"images": _tiles(shown), "columns": count}, mistakes)


def _ways(start: Array, end: Array, alpha: Array) -> Array:
    """(1 - alpha) start + alpha end, [N, steps, n]."""
    share = alpha[:, None]
    return (1 - share) * start[:, None] + share * end[:, None]


def _wrong_ways(images: Array, gen: Layers, rec: Layers, steps: int) -> Iterator[Misconception]:
    code, decode = partial(_means_of, rec), partial(means, gen)
    mu, alpha = code(images), np.linspace(0, 1, steps)
    start, end = images[0::2], images[1::2]
    right = decode(_ways(code(start), code(end), alpha))
    hint = "Image 2i is on the left and image 2i + 1 on the right; here it is the other way round."
    yield _shows("backwards", hint, right[:, ::-1])
    hint = "Mix the codes, then decode; here pixels of two means are mixed."
    yield _shows("pixels_mixed", hint, _ways(decode(code(start)), decode(code(end)), alpha))
    hint = "Mix the codes of two images; here the images themselves are mixed."
    yield _shows("images_mixed", hint, decode(code(_ways(start, end, alpha))))
    hint = "Both ends are shown, alpha = 0 and alpha = 1: np.linspace(0, 1, steps)."
    yield _shows(
        "end_missing", hint, decode(_ways(code(start), code(end), alpha * (1 - 1 / steps)))
    )
    hint = "A row for each pair, its steps side by side: here rows and columns are exchanged."
    turned = right.transpose(1, 0, 2)
    yield _shows("transposed", hint, turned)
    yield _shows("transposed", hint, turned, columns=len(start))
    yield _shows("logits_shown", LOGITS, network(gen, _ways(code(start), code(end), alpha)))
    yield _shows("rounded", ROUNDED, right > 0.5)
    if len(start) > 1:
        hint = "Pairs are 0 and 1, 2 and 3: here image i goes with the one half the list further."
        first, second = np.split(mu, 2)
        yield _shows("pairs_far_apart", hint, decode(_ways(first, second, alpha)))


def _means_of(rec: Layers, images: Array) -> Array:
    return split(network(rec, images))[0]


def _must_interpolate(student: Student, draw: Draw, pairs: int, steps: int, *given: int) -> None:
    (gen, rec), images = _model(draw), binary(draw, 2 * pairs)
    mu = _means_of(rec, images)
    right = means(gen, _ways(mu[0::2], mu[1::2], np.linspace(0, 1, steps)))
    answer = student.call("interpolation_figure", gen, rec, images, *given, picture=True)
    mistakes = list(_wrong_ways(images, gen, rec, steps))
    answer.must("panels", {"images": _tiles(right), "columns": steps}, mistakes)


@worth(3)
def test_two_ways(student: Student, draw: Draw) -> None:
    """Two pairs and six steps: from the mean of image 2i on the left to that of image 2i + 1."""
    _must_interpolate(student, draw, PAIRS, STEPS, STEPS)


@worth(1)
def test_twenty_five_steps(student: Student, draw: Draw) -> None:
    """One pair, and as many steps as are taken where no number is given."""
    _must_interpolate(student, draw, 1, 25)
