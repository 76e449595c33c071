"""Task `sample_bernoulli`: x = 1 with probability theta, else 0, each entry on its own, any shape.

Frequencies are bounded by Chernoff's inequality, products of two pixels by Hoeffding's (see
`vae_utils.compare_draws`). With 2,001 rows a frequency near 1/2 is known to 0.09. Rows of 199
pixels with probabilities between 0.02 and 0.98 never come twice unless rows share their random
numbers.
"""

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space.rows import all_at_once
from autograder.student import Student

FUNCTION = "sample_bernoulli"
ROWS, PIXELS = 2001, 200
SHAPES = (7, 112), (1, 784), (501,), (2, 1, 28, 28)
OWN_HINT = "One random number an entry is wanted, as many as theta has: "


def _returned(theta: Tensor) -> Misconception:
    hint = "These are probabilities; draw a 0 or a 1 for each pixel."
    return Misconception("theta_returned", hint, {"expected": (theta,)}, kind="equal")


def _pairs(probability: Tensor) -> Tensor:
    """Frequencies of a pixel and of two independent neighbours, [2, D]."""
    return torch.stack([probability, probability * probability.roll(-1)])


def _wrong_probabilities(theta: Tensor) -> list[Misconception]:
    def gives(name: str, hint: str, probability: Tensor) -> Misconception:
        return Misconception(name, hint, {"probability": _pairs(probability)})

    return [
        gives(
            "thresholded",
            "theta is rounded: the same pixel is then always the same. Draw it.",
            (theta > 0.5).double(),
        ),
        gives(
            "inverted",
            "Black and white are exchanged: a pixel is 1 with probability theta.",
            1 - theta,
        ),
        gives(
            "theta_ignored",
            "Every pixel is 1 half of the time: theta has to decide how often.",
            torch.full_like(theta, 0.5),
        ),
        gives(
            "normal_noise",
            "The noise is normal (randn); compare uniform noise, rand, with theta.",
            torch.special.ndtr(theta),
        ),
        gives(
            "sigmoid_of_theta",
            "theta holds probabilities already: no sigmoid here.",
            theta.sigmoid(),
        ),
        gives("squared", "Both of two draws are asked to be 1: one is enough.", theta**2),
    ]


def _shared_noise(theta: Tensor) -> list[Misconception]:
    """One random number for all rows, or for all pixels of a row."""
    together = torch.stack([theta, torch.minimum(theta, theta.roll(-1))])
    by_rows = {"mean": torch.zeros(PIXELS), "std": torch.ones(PIXELS), "axis": 0}
    hint = OWN_HINT + "here all {} share theirs."
    return [
        Misconception("noise_shared_by_rows", hint.format("rows"), by_rows, kind="shared"),
        Misconception(
            "noise_shared_by_pixels", hint.format("pixels of a row"), {"probability": together}
        ),
    ]


@worth(0)
def test_each_pixel_follows_its_probability(student: Student, draw: Draw) -> None:
    """Many rows: each pixel is 1 as often as its theta says, and all are independent."""
    row = draw.uniform(PIXELS, low=0.02, high=0.98)
    row[0] = 1 - 1e-6  # even where a random number that all share is large, not all is 0
    theta, images = row.double(), row.expand(ROWS, -1)
    answer = student.call(FUNCTION, images)
    mistakes = [_returned(images), *_wrong_probabilities(theta), *_shared_noise(theta)]
    params = {"probability": _pairs(theta), "shape": (ROWS, PIXELS)}
    answer.must("frequencies", params, mistakes)
    columns = {"probability": theta, "shape": (ROWS, PIXELS), "columns": PIXELS}
    answer.must("independent", columns)


@worth(0)
def test_zeros_and_ones_of_any_shape(student: Student, draw: Draw) -> None:
    """Draws in the shape of theta, for four shapes: every entry exactly 0 or 1, as many ones as
    theta says, and new at every call; no loop over thousands of rows."""
    for shape in SHAPES:
        share = float(draw.uniform(1, low=0.2, high=0.8))
        theta = torch.full(shape, share)
        answer = student.call(FUNCTION, theta)
        answer.must("binary", {"shape": shape, "share": share}, [_returned(theta)])
    answer = student.call(FUNCTION, theta, repeat=2)
    hint = "Two calls give the same draws: is a seed set inside?"
    answer.must("varies", {}, [Misconception("same_draws_every_call", hint, {}, kind="repeats")])
    all_at_once(student, FUNCTION, draw.uniform(1, PIXELS, low=0.2, high=0.8))
