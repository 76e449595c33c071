"""Task `sample`: z ~ N(0, I), theta = decoder(z), x ~ Bernoulli(theta); [num_samples, D] of 0, 1.

Frequencies are bounded by Hoeffding's inequality (see `vae_utils.compare`). A decoder that ignores
z gives every pixel a known probability. A decoder in which pixel d looks at one latent dimension
shows the distribution of z: P(x_d = 1) is a one-dimensional integral, and pixels that look at
different dimensions are independent.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Student
from vae_utils.calls import Instance

DRAWS = 1500
STEEP = 12.0
OWN_DECODER = "right, given your own decoder"


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


@worth(2)
def test_binary_images(student: Student, draw: Draw) -> None:
    """One image and seven: [1, D] and [7, D], every value exactly 0 or 1, as bright as theta."""
    for rows in (1, 7):
        logit = draw.uniform(1, low=-1.5, high=1.5)
        vae = _ignoring_z(draw, logit.expand(forms.D).contiguous())
        probability = logit.double().sigmoid()
        answer = student.call("sample", vae, rows, method=True)
        params = {"shape": (rows, forms.D), "share": float(probability)}
        own = {"shape": (rows, forms.D)}
        mistakes = [_theta_returned(probability, rows)]
        student.either(
            lambda a=answer, p=params, m=mistakes: a.must("binary", p, m),  # type: ignore[misc]
            lambda a=answer, p=own, v=vae: a.must(  # type: ignore[misc]
                "binary", {**p, "share": float(_own_theta(student, v, torch.zeros(1, forms.L)).mean())}
            ),
            OWN_DECODER,
        )  # fmt: skip


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
    mistakes = [_theta_returned(probability, DRAWS), thresholded]

    def own() -> None:
        theta = _own_theta(student, vae, torch.zeros(1, forms.L))[0]
        answer.must("frequencies", {"probability": _pairs(theta), "shape": shape})

    params = {"probability": _pairs(probability), "shape": shape}
    student.either(lambda: answer.must("frequencies", params, mistakes), own, OWN_DECODER)


def _showing_z(thresholds: torch.Tensor) -> tuple[Instance, torch.Tensor]:
    """Hidden unit h is relu(z_(h mod L) - threshold_h), pixel d looks at unit d mod H."""
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
    return forms.model(state), pixels % forms.H


def _probability_of(thresholds: torch.Tensor, prior: torch.Tensor) -> torch.Tensor:
    """P(pixel = 1) for equally probable values of z_l: [H]."""
    lifted = (prior[None] - thresholds.double()[:, None]).relu()
    return (STEEP * lifted - 3.0).sigmoid().mean(-1)


@worth(4)
def test_z_comes_from_the_prior(student: Student, draw: Draw) -> None:
    """Many images from a decoder that shows z: it is standard normal in every dimension, and the
    dimensions are independent."""
    thresholds = draw.uniform(forms.H, low=-1.5, high=1.0)
    vae, unit = _showing_z(thresholds)
    shape = (DRAWS, forms.D)
    answer = student.call("sample", vae, DRAWS, method=True)

    def pairs(prior: torch.Tensor) -> torch.Tensor:
        return _pairs(_probability_of(thresholds, prior)[unit])

    flat = (torch.arange(4001, dtype=torch.float64) + 0.5) / 4001
    normal = forms.normal_quantiles(4001)
    hint = "z comes from the prior N(0, I): "
    mistakes = [
        Misconception("uniform_z", hint + "randn, not rand.", {"probability": pairs(flat)}),
        Misconception("zero_z", hint + "here z is 0.", {"probability": pairs(0 * flat)}),
        Misconception("bernoulli_z", hint + "not 0 and 1.", {"probability": pairs(flat.round())}),
    ]
    params = {"probability": pairs(normal), "shape": shape}

    def own() -> None:
        z = normal[:, None].float().expand(-1, forms.L)
        theta = _own_theta(student, vae, z)
        answer.must("frequencies", {"probability": _pairs(theta.mean(0)), "shape": shape})

    student.either(lambda: answer.must("frequencies", params, mistakes), own, OWN_DECODER)
