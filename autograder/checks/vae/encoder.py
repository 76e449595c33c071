"""Task `encoder`: h = relu(linear1(x)), mu = linear21(h), logsigma = linear22(h).

Tolerance: sums of 784 and 400 float32 products of order 0.1 have errors below 1e-4; 1e-3 is
granted, and every misconception moves some entry by more than 0.1.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Answer, Student

TOLERANCE = {"rtol": 1e-3, "atol": 1e-3}


def wrong_encoders(state: forms.State, x: torch.Tensor) -> list[Misconception]:
    """What wrong encoders would return for these weights and images."""
    mu, logsigma = forms.encoder(state, x)
    raw = forms.linear(state, "linear1", x)
    bare = forms.linear(state, "linear21", raw), forms.linear(state, "linear22", raw)

    def named(name: str, hint: str, *expected: torch.Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": expected})

    exp_hint = "Return the raw linear output of linear22: it is the logarithm; exp comes later."
    sign_hint = "logsigma is the raw linear output: sigma must be able to go below and above 1."
    return [
        named("logsigma_exponentiated", exp_hint, mu, logsigma.exp()),
        named("logsigma_squared_exponential", exp_hint, mu, (2 * logsigma).exp()),
        named("logsigma_relu", sign_hint, mu, logsigma.relu()),
        named("logsigma_sigmoid", sign_hint, mu, logsigma.sigmoid()),
        named("swapped", "The order is mu, logsigma.", logsigma, mu),
        named(
            "one_head",
            "mu and logsigma come from the same layer: does linear22 receive a gradient?",
            mu,
            mu,
        ),
        named("one_head_22", "linear21 is for mu, linear22 for logsigma.", logsigma, logsigma),
        named("no_relu", "There is no ReLU between linear1 and the two heads.", *bare),
    ]


def _ask(student: Student, draw: Draw, rows: int) -> tuple[forms.State, torch.Tensor, Answer]:
    state = forms.layer(draw, "linear1")
    state |= forms.layer(draw, "linear21") | forms.layer(draw, "linear22")
    x = draw.uniform(rows, forms.D, low=0.0, high=1.0)
    return state, x, student.call("encoder", forms.model(state), x, method=True)


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
    """A batch of one image keeps its batch axis: mu and logsigma are [1, L]."""
    state, x, answer = _ask(student, draw, 1)
    answer.must_equal(
        *forms.encoder(state, x), misconceptions=wrong_encoders(state, x), **TOLERANCE
    )
