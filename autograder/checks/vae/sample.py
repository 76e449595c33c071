"""Task `sample`: z ~ N(0, I), theta = decoder(z), x ~ Bernoulli(theta); [num_samples, D] of 0, 1.

Frequencies are bounded by Chernoff's inequality (see `vae_utils.compare_draws`). A decoder that
ignores z gives every pixel a known probability. A decoder in which pixel d looks at one latent
dimension shows the distribution of z: P(x_d = 1) is a one-dimensional integral, and pixels that
look at different dimensions are independent. A wrong decoder of the student's was paid for in its
own task, so what is right with a stand-in for it passes as well (see `parts`).
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms, parts
from autograder.checks.vae.parts import Parts, StandIns
from autograder.student import Answer, Student
from vae_utils.calls import Instance

DRAWS = 1000
STEEP = 12.0
CODES = 1001  # equally probable values of z; a mean over them is off by at most 1 / CODES
CODE_MEAN, CODE_LOG_SCALE = 1.5, -1.0
RAMP = 3.0  # STEEP of a stand-in
ZERO = torch.zeros(1, forms.L)
Shown = Callable[[torch.Tensor], torch.Tensor]


def _ignoring_z(draw: Draw, bias: torch.Tensor) -> tuple[Instance, StandIns]:
    vae = forms.model(forms.layer(draw, "linear3"), forms.constant_layer("linear4", bias))
    return vae, parts.decoder(bias / 6, torch.zeros(forms.L, forms.D))


def _theta_returned(probability: torch.Tensor, rows: int) -> Misconception:
    return Misconception(
        "theta_returned",
        "These are probabilities; draw a 0 or a 1 for each pixel.",
        {"expected": (probability.expand(rows, forms.D),), "atol": 1e-4},
        kind="equal",
    )


def _must_be_binary(student: Student, vae: Instance, rows: int, stand_ins: StandIns) -> None:
    probability = float(Parts(vae.state, stand_ins).decoder(ZERO).mean())
    answer = student.call("sample", vae, rows, method=True, stand_ins=stand_ins)
    mistakes = [_theta_returned(torch.tensor(probability), rows)]
    answer.must("binary", {"shape": (rows, forms.D), "share": probability}, mistakes)


def _must_vary(student: Student, vae: Instance, stand_ins: StandIns) -> None:
    answer = student.call("sample", vae, 7, method=True, repeat=2, stand_ins=stand_ins)
    hint = "Two calls give the same images: is a seed set inside?"
    answer.must("varies", {}, [Misconception("same_images_every_call", hint, {}, kind="repeats")])


@worth(2)
def test_binary_images(student: Student, draw: Draw) -> None:
    """One image and seven: [1, D] and [7, D], every value exactly 0 or 1, as bright as theta, and
    new at every call."""
    for rows in (1, 7):
        logit = draw.uniform(1, low=-1.5, high=1.5)
        vae, stand_ins = _ignoring_z(draw, logit.expand(forms.D).contiguous())
        student.given(stand_ins, partial(_must_be_binary, student, vae, rows))
    vae = forms.model(forms.layer(draw, "linear3"), forms.layer(draw, "linear4"))
    student.given(stand_ins, partial(_must_vary, student, vae))


def _pairs(probability: torch.Tensor) -> torch.Tensor:
    """Frequencies of a pixel and of two independent neighbours, [2, D]."""
    return torch.stack([probability, probability * probability.roll(-1)])


def _wrong_pixels(probability: torch.Tensor) -> list[Misconception]:
    thresholded = _pairs((probability > 0.5).double())
    return [
        _theta_returned(probability, DRAWS),
        Misconception(
            "thresholded",
            "theta is rounded: the same pixel is then always the same. Draw it.",
            {"probability": thresholded},
        ),
        Misconception(
            "inverted",
            "Black and white are exchanged: a pixel is 1 with probability theta.",
            {"probability": _pairs(1 - probability)},
        ),
    ]


def _must_be_independent(answer: Answer, probability: torch.Tensor) -> None:
    columns = len(probability)
    params = {"probability": probability, "shape": (DRAWS, forms.D), "columns": columns}
    answer.must("independent", params)


@worth(4)
def test_each_pixel_follows_its_probability(student: Student, draw: Draw) -> None:
    """Many images from a decoder that ignores z: each pixel is 1 as often as its theta says."""
    vae, stand_ins = _ignoring_z(draw, draw.uniform(forms.D, low=-2.5, high=2.5))

    def claim(stand_ins: StandIns) -> None:
        probability = Parts(vae.state, stand_ins).decoder(ZERO)[0]
        answer = student.call("sample", vae, DRAWS, method=True, stand_ins=stand_ins)
        params = {"probability": _pairs(probability), "shape": (DRAWS, forms.D)}
        answer.must("frequencies", params, _wrong_pixels(probability))
        _must_be_independent(answer, probability)

    student.given(stand_ins, claim)


def _thresholds(draw: Draw) -> torch.Tensor:
    """Of the hidden units; the first L lie close, so that pixels that share a z go together."""
    thresholds = draw.uniform(forms.H, low=-1.5, high=1.0)
    thresholds[: forms.L] *= 0.4
    return thresholds


def _showing_z(thresholds: torch.Tensor) -> Instance:
    """Hidden unit h is relu(z_(h mod L) - threshold_h), pixel d looks at unit d mod H.

    The encoder, which has no part in this, gives every image the same code, far from the prior.
    """
    rows = torch.arange(forms.H)
    first = torch.zeros(forms.H, forms.L)
    first[rows, rows % forms.L] = 1.0
    second = torch.zeros(forms.D, forms.H)
    pixels = torch.arange(forms.D)
    second[pixels, pixels % forms.H] = STEEP
    state = {
        "linear3.weight": first,
        "linear3.bias": -thresholds,
        "linear4.weight": second,
        "linear4.bias": torch.full((forms.D,), -3.0),
    }
    mu = forms.constant_layer("linear21", torch.full((forms.L,), CODE_MEAN))
    logsigma = forms.constant_layer("linear22", torch.full((forms.L,), CODE_LOG_SCALE))
    return forms.model(state, mu, logsigma)


def _stand_in_showing_z(thresholds: torch.Tensor) -> StandIns:
    """Pixel d looks at the same latent dimension as above."""
    pixels = torch.arange(forms.D)
    unit = pixels % forms.H
    weight = torch.zeros(forms.L, forms.D)
    weight[unit % forms.L, pixels] = RAMP
    return parts.decoder(-RAMP * thresholds[unit], weight)


def _wrong_codes(shown: Shown) -> Iterator[Misconception]:
    """Pixels that z from other distributions gives."""
    flat = (torch.arange(CODES, dtype=torch.float64) + 0.5) / CODES
    normal = forms.normal_quantiles(CODES)
    data = "not from encoded images; the encoder takes no part."
    for name, hint, z in (
        ("uniform_z", "randn, not rand.", flat),
        ("uniform_z", "randn, not rand.", 2 * flat - 1),
        ("zero_z", "here z is 0.", 0 * flat),
        ("bernoulli_z", "not 0 and 1.", flat.round()),
        ("z_from_encodings", data, CODE_MEAN + math.exp(CODE_LOG_SCALE) * normal),
        ("z_from_encodings", data, 0 * flat + CODE_MEAN),
    ):
        pairs = _pairs(shown(z).mean(0))
        yield Misconception(name, "z comes from the prior N(0, I): " + hint, {"probability": pairs})
    one = shown(normal)
    together = torch.stack([one.mean(0), (one * one.roll(-1, 1)).mean(0)])
    hint = "All entries of a z are the same: each wants a draw of its own."
    yield Misconception("one_number_for_z", hint, {"probability": together})


@worth(4)
def test_z_comes_from_the_prior(student: Student, draw: Draw) -> None:
    """Many images from a decoder that shows z: it is standard normal in every dimension, and the
    dimensions are independent."""
    thresholds = _thresholds(draw)
    vae = _showing_z(thresholds)

    def claim(stand_ins: StandIns) -> None:
        known = Parts(vae.state, stand_ins)

        def shown(codes: torch.Tensor) -> torch.Tensor:
            """theta [N, D] where all latent dimensions have the same of these values [N]."""
            return known.decoder(codes[:, None].expand(-1, forms.L))

        answer = student.call("sample", vae, DRAWS, method=True, stand_ins=stand_ins)
        expected = shown(forms.normal_quantiles(CODES)).mean(0)
        params = {
            "probability": _pairs(expected), "shape": (DRAWS, forms.D), "slack": 1 / CODES
        }  # fmt: skip
        answer.must("frequencies", params, _wrong_codes(shown))
        _must_be_independent(answer, expected[: forms.L])  # one pixel a latent dimension

    student.given(_stand_in_showing_z(thresholds), claim)
