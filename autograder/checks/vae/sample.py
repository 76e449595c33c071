"""Task `sample`: z ~ N(0, I), theta = decoder(z), x ~ Bernoulli(theta); [num_samples, D] of 0, 1.

Frequencies are bounded by Hoeffding's inequality (see `vae_utils.compare`). A decoder that ignores
z gives every pixel a known probability. A decoder in which pixel d looks at one latent dimension
shows the distribution of z: P(x_d = 1) is a one-dimensional integral, and pixels that look at
different dimensions are independent.
"""

import math
from collections.abc import Callable, Iterator

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Answer, Student
from autograder.verdicts import NotPassed, Verdict
from vae_utils.calls import Instance

DRAWS = 1500
STEEP = 12.0
CODES = 1001  # equally probable values of z; a mean over them is off by at most 1 / CODES
CODE_MEAN, CODE_LOG_SCALE = 1.5, -1.0
PARTS = ("decoder",)
ZERO = torch.zeros(1, forms.L)


def _ignoring_z(draw: Draw, bias: torch.Tensor) -> Instance:
    return forms.model(forms.layer(draw, "linear3"), forms.constant_layer("linear4", bias))


def _theta_returned(probability: torch.Tensor, rows: int) -> Misconception:
    return Misconception(
        "theta_returned",
        "These are probabilities; draw a 0 or a 1 for each pixel.",
        {"expected": (probability.expand(rows, forms.D),), "atol": 1e-4},
        kind="equal",
    )


def _own_theta(student: Student, vae: Instance, z: torch.Tensor) -> torch.Tensor:
    return student.call("decoder", vae, z, method=True).value.double()


def _must_be_binary(student: Student, vae: Instance, rows: int, probability: float) -> None:
    shape = (rows, forms.D)
    answer = student.call("sample", vae, rows, method=True)

    def own() -> None:
        share = float(_own_theta(student, vae, torch.zeros(1, forms.L)).mean())
        answer.must("binary", {"shape": shape, "share": share})

    mistakes = [_theta_returned(torch.tensor(probability), rows)]
    params = {"shape": shape, "share": probability}
    student.either(lambda: answer.must("binary", params, mistakes), own, PARTS)


def _must_vary(student: Student, draw: Draw) -> None:
    vae = forms.model(forms.layer(draw, "linear3"), forms.layer(draw, "linear4"))
    answer = student.call("sample", vae, 7, method=True, repeat=2)
    hint = "Two calls give the same images: is a seed set inside?"
    answer.must("varies", {}, [Misconception("same_images_every_call", hint, {}, kind="repeats")])


@worth(2)
def test_binary_images(student: Student, draw: Draw) -> None:
    """One image and seven: [1, D] and [7, D], every value exactly 0 or 1, as bright as theta, and
    new at every call."""
    for rows in (1, 7):
        logit = draw.uniform(1, low=-1.5, high=1.5)
        vae = _ignoring_z(draw, logit.expand(forms.D).contiguous())
        _must_be_binary(student, vae, rows, float(logit.double().sigmoid()))
    _must_vary(student, draw)


def _pairs(probability: torch.Tensor) -> torch.Tensor:
    """Frequencies of a pixel and of two independent neighbours, [2, D]."""
    return torch.stack([probability, probability * probability.roll(-1)])


@worth(4)
def test_each_pixel_follows_its_probability(student: Student, draw: Draw) -> None:
    """Many images from a decoder that ignores z: each pixel is 1 as often as its theta says."""
    bias = draw.uniform(forms.D, low=-2.5, high=2.5)
    vae = _ignoring_z(draw, bias)
    probability = bias.double().sigmoid()
    answer = student.call("sample", vae, DRAWS, method=True)
    shape = (DRAWS, forms.D)
    thresholded = Misconception(
        "thresholded",
        "theta is rounded: the same pixel is then always the same. Draw it.",
        {"probability": _pairs((probability > 0.5).double()), "shape": shape},
    )
    inverted = Misconception(
        "inverted",
        "Black and white are exchanged: a pixel is 1 with probability theta.",
        {"probability": _pairs(1 - probability), "shape": shape},
    )
    mistakes = [_theta_returned(probability, DRAWS), thresholded, inverted]

    def own() -> None:
        theta, other = (_own_theta(student, v, ZERO)[0] for v in (vae, _ignoring_z(draw, -bias)))
        if float((theta - other).abs().max()) < 1e-3:  # such a decoder earns nothing here
            raise NotPassed(Verdict.FAILED, "the decoder ignores its weights")
        answer.must("frequencies", {"probability": _pairs(theta), "shape": shape})

    params = {"probability": _pairs(probability), "shape": shape}
    student.either(lambda: answer.must("frequencies", params, mistakes), own, PARTS)
    _must_be_independent(student, answer, probability, lambda: _own_theta(student, vae, ZERO)[0])


def _must_be_independent(
    student: Student,
    answer: Answer,
    probability: torch.Tensor,
    own_probability: Callable[[], torch.Tensor],
) -> None:
    shape, columns = (DRAWS, forms.D), len(probability)

    def claim(wanted: torch.Tensor) -> None:
        params = {"probability": wanted[:columns], "shape": shape, "columns": columns}
        answer.must("independent", params)

    student.either(lambda: claim(probability), lambda: claim(own_probability()), PARTS)


def _thresholds(draw: Draw) -> torch.Tensor:
    """Of the hidden units; the first L lie close, so that pixels that share a z go together."""
    thresholds = draw.uniform(forms.H, low=-1.5, high=1.0)
    thresholds[: forms.L] *= 0.4
    return thresholds


def _showing_z(thresholds: torch.Tensor) -> tuple[Instance, torch.Tensor]:
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
    return forms.model(state, mu, logsigma), pixels % forms.H


def _shown(thresholds: torch.Tensor, unit: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """P(pixel = 1 | z_l) for equally probable values of z_l: [D, values]."""
    lifted = (prior[None] - thresholds.double()[:, None]).relu()
    return (STEEP * lifted - 3.0).sigmoid()[unit]


def _wrong_codes(thresholds: torch.Tensor, unit: torch.Tensor) -> Iterator[Misconception]:
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
        pairs = _pairs(_shown(thresholds, unit, z).mean(-1))
        yield Misconception(name, "z comes from the prior N(0, I): " + hint, {"probability": pairs})
    one = _shown(thresholds, unit, normal)
    together = torch.stack([one.mean(-1), (one * one.roll(-1, 0)).mean(-1)])
    hint = "All entries of a z are the same: each wants a draw of its own."
    yield Misconception("one_number_for_z", hint, {"probability": together})


@worth(4)
def test_z_comes_from_the_prior(student: Student, draw: Draw) -> None:
    """Many images from a decoder that shows z: it is standard normal in every dimension, and the
    dimensions are independent."""
    thresholds = _thresholds(draw)
    vae, unit = _showing_z(thresholds)
    answer = student.call("sample", vae, DRAWS, method=True)
    normal = forms.normal_quantiles(CODES)
    expected = _pairs(_shown(thresholds, unit, normal).mean(-1))
    params = {"probability": expected, "shape": (DRAWS, forms.D), "slack": 1 / CODES}

    def own_theta() -> torch.Tensor:
        theta = _own_theta(student, vae, normal[:, None].float().expand(-1, forms.L))
        if float(theta.std(0).max()) < 1e-3:  # nor does one that ignores z
            raise NotPassed(Verdict.FAILED, "theta does not depend on z")
        return theta

    def own() -> None:
        answer.must("frequencies", {**params, "probability": _pairs(own_theta().mean(0))})

    mistakes = _wrong_codes(thresholds, unit)
    student.either(lambda: answer.must("frequencies", params, mistakes), own, PARTS)
    # The first L pixels look at one latent dimension each.
    one_each = _shown(thresholds, unit, normal).mean(-1)[: forms.L]
    _must_be_independent(student, answer, one_each, lambda: own_theta().mean(0))
