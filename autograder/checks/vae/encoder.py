"""Task `encoder`: h = relu(linear1(x)), mu = linear21(h), logsigma = linear22(h).

Tolerance: sums of 784 and 400 float32 products of order 0.1 have errors below 1e-4; 1e-3 is
granted, and every misconception moves some entry by more than 0.1.
"""

from collections.abc import Iterator
from typing import Any

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.checks.vae.forms import gives
from autograder.student import Answer, Student

TOLERANCE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-3}
RELU_HINT = "The activation of the hidden layer is a ReLU."
MU_HINT = "mu is the raw linear output: a mean may be negative."
GRADIENT_HINT = "No gradient reaches these weights: look for detach, no_grad or .data."


def wrong_encoders(state: forms.State, x: torch.Tensor) -> list[Misconception]:
    """What wrong encoders would return for these weights and images."""
    mu, logsigma = forms.encoder(state, x)
    raw = forms.linear(state, "linear1", x)

    def heads(hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return forms.linear(state, "linear21", hidden), forms.linear(state, "linear22", hidden)

    exp_hint = "Return the raw linear output of linear22: it is the logarithm; exp comes later."
    sign_hint = "logsigma is the raw linear output: sigma must be able to go below and above 1."
    return [
        gives("logsigma_exponentiated", exp_hint, mu, logsigma.exp()),
        gives("logsigma_squared_exponential", exp_hint, mu, (2 * logsigma).exp()),
        gives("logsigma_relu", sign_hint, mu, logsigma.relu()),
        gives("logsigma_sigmoid", sign_hint, mu, logsigma.sigmoid()),
        gives("logsigma_softplus", sign_hint, mu, torch.nn.functional.softplus(logsigma)),
        gives("logsigma_tanh", sign_hint, mu, logsigma.tanh()),
        gives("logsigma_absolute", sign_hint, mu, logsigma.abs()),
        gives("logsigma_halved", "linear22 returns log sigma already: no half.", mu, logsigma / 2),
        gives("mu_relu", MU_HINT, mu.relu(), logsigma),
        gives("mu_relu", MU_HINT, mu.relu(), logsigma.relu()),
        Misconception(
            "swapped", "The order is mu, logsigma.", {"expected": (logsigma, mu), "only": None}
        ),
        gives(
            "one_head",
            "mu and logsigma come from the same layer: does linear22 receive a gradient?",
            mu,
            mu,
        ),
        gives("one_head_22", "linear21 is for mu, linear22 for logsigma.", logsigma, logsigma),
        gives("no_relu", "A ReLU is missing between linear1 and the two heads.", *heads(raw)),
        gives("sigmoid_for_relu", RELU_HINT, *heads(raw.sigmoid())),
        gives("tanh_for_relu", RELU_HINT, *heads(raw.tanh())),
        gives(
            "chunked_over_batch",
            "chunk(2) cuts the batch in two; the last axis is meant: chunk(2, dim=-1).",
            *torch.cat([mu, logsigma], -1).tensor_split([(len(mu) + 1) // 2]),
        ),
    ]


def _ask(student: Student, draw: Draw, rows: int) -> tuple[forms.State, torch.Tensor, Answer]:
    state = forms.layer(draw, "linear1")
    state |= forms.layer(draw, "linear21") | forms.layer(draw, "linear22")
    x = draw.uniform(rows, forms.D, low=0.0, high=1.0)
    return state, x, student.call("encoder", forms.model(state), x, method=True)


def _detached(
    state: forms.State, x: torch.Tensor, up: tuple[torch.Tensor, ...]
) -> Iterator[Misconception]:
    """What reaches linear1 when one of the heads passes nothing on."""
    for number, other in enumerate(("linear22", "linear21")):
        alone = tuple(u if n == number else 0 * u for n, u in enumerate(up))
        passed = forms.gradients(forms.encoder, state, x, alone, ("state.linear1.bias",))
        hint = f"Through {other} no gradient reaches linear1: look for detach, no_grad or .data."
        yield Misconception("one_head_detached", hint, {"expected": passed}, kind="gradients")


@worth(4)
def test_mu(student: Student, draw: Draw) -> None:
    """mu of seven images, [7, L]."""
    state, x, answer = _ask(student, draw, 7)
    expected = forms.encoder(state, x)
    answer.must_equal(*expected, only=0, misconceptions=wrong_encoders(state, x), **TOLERANCE)


@worth(4)
def test_logsigma(student: Student, draw: Draw) -> None:
    """logsigma of seven images, [7, L], of either sign."""
    state, x, answer = _ask(student, draw, 7)
    expected = forms.encoder(state, x)
    answer.must_equal(*expected, only=1, misconceptions=wrong_encoders(state, x), **TOLERANCE)


@worth(2)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image keeps its batch axis, [1, L], and both heads pass their gradients on to
    linear1."""
    state = forms.layer(draw, "linear1")
    state |= forms.layer(draw, "linear21") | forms.layer(draw, "linear22")
    x = draw.uniform(1, forms.D, low=0.0, high=1.0)
    state = forms.off_kinks(state, "linear1", x)
    up = draw.uniform(1, forms.L, low=0.5, high=2.0), draw.uniform(1, forms.L, low=0.5, high=2.0)
    answer = student.call("encoder", forms.model(state), x, method=True, cotangents=up)
    expected = forms.encoder(state, x)
    mistakes = [forms.squeezed(*expected), *wrong_encoders(state, x)]
    answer.must_equal(*expected, misconceptions=mistakes, **TOLERANCE)
    weights = "state.linear1.bias", "state.linear21.bias", "state.linear22.bias"
    for name in weights:
        answer.must(
            "reaches", {"names": (name,)}, [forms.no_gradient(GRADIENT_HINT, (1, forms.L), name)]
        )
    right = forms.gradients(forms.encoder, state, x, up, weights)
    answer.must_have_gradients(right, [*_detached(state, x, up)], **TOLERANCE)
