"""Task `encoder`: (mu, logsigma) = W_4 tanh(W_3 x + b_3) + b_4, the first L columns and the others.

Tolerance: sums of 784 float32 products of order 0.1, and of 24 of order 0.3, have errors below
1e-4, in the worst order below 1e-3, which is granted; misconceptions move some entry by over 0.1.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import Parts, State, linear
from autograder.checks.latent_space.products import (
    Leaves,
    cotangent,
    products,
    weights,
    with_weights,
)
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import gives, squeezed, unreached
from autograder.student import Answer, Student

TOLERANCE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-3}
HIDDEN_HINT = "The hidden layer wants a hyperbolic tangent: here {}."
EXP_HINT = "logsigma is the raw linear output: it is the logarithm, exp comes later."
SIGN_HINT = "logsigma is the raw linear output: sigma must be able to go below and above 1."
HALVES_HINT = "The first L columns are mu, the others logsigma: "
PARTS = "encoder_hidden", "encoder_output"
_FUNCTIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def _wrong_hidden_layers(state: State, x: Tensor) -> Iterator[Misconception]:
    raw = linear(state, "encoder_hidden", x)
    for name, what, hidden in (
        ("no_tanh", "it is missing", raw),
        ("relu_for_tanh", "it is a ReLU", raw.relu()),
        ("sigmoid_for_tanh", "it is a sigmoid", raw.sigmoid()),
        ("tanh_twice", "it comes twice", raw.tanh().tanh()),
    ):
        halves = linear(state, "encoder_output", hidden).chunk(2, dim=-1)
        yield gives(name, HIDDEN_HINT.format(what), *halves)


def _wrong_logsigmas(mu: Tensor, logsigma: Tensor) -> Iterator[Misconception]:
    for name, hint, value in (
        ("logsigma_exponentiated", EXP_HINT, logsigma.exp()),
        ("logsigma_squared_exponential", EXP_HINT, (2 * logsigma).exp()),
        ("logsigma_relu", SIGN_HINT, logsigma.relu()),
        ("logsigma_sigmoid", SIGN_HINT, logsigma.sigmoid()),
        ("logsigma_softplus", SIGN_HINT, softplus(logsigma)),
        ("logsigma_tanh", SIGN_HINT, logsigma.tanh()),
        ("logsigma_absolute", SIGN_HINT, logsigma.abs()),
        ("logsigma_halved", "The network gives log sigma already: no half.", logsigma / 2),
        ("logsigma_doubled", "log sigma is wanted, not log sigma^2.", 2 * logsigma),
    ):
        yield gives(name, hint, mu, value)


def _wrong_mus(mu: Tensor, logsigma: Tensor) -> Iterator[Misconception]:
    hint = "mu and logsigma are the raw linear output: no function after the last layer."
    for name, function in _FUNCTIONS.items():
        both = {"expected": (function(mu), function(logsigma)), "only": None}
        yield Misconception(f"{name}_at_the_end", hint, both)
    hint = "mu is the raw linear output: a mean may be any number."
    for name, function in _FUNCTIONS.items():
        yield gives(f"mu_{name}", hint, function(mu), logsigma)


def _wrong_halves(mu: Tensor, logsigma: Tensor) -> Iterator[Misconception]:
    both = torch.cat([mu, logsigma], -1)
    yield Misconception(
        "swapped",
        HALVES_HINT + "here they are swapped.",
        {"expected": (logsigma, mu), "only": None},
    )
    yield gives("mu_twice", HALVES_HINT + "here mu comes twice.", mu, mu)
    yield gives("logsigma_twice", HALVES_HINT + "here logsigma comes twice.", logsigma, logsigma)
    hint = "every second column is taken instead."
    yield gives("interleaved", HALVES_HINT + hint, both[:, ::2], both[:, 1::2])
    yield gives("interleaved", HALVES_HINT + hint, both[:, 1::2], both[:, ::2])
    if len(both) > 1:
        hint = "This cuts the batch in two; the last axis is meant: chunk(2, dim=-1)."
        rows = both.tensor_split([(len(both) + 1) // 2])
        yield Misconception("chunked_over_batch", hint, {"expected": rows, "only": None})
    whole: dict[str, Any] = {"expected": (both,), "only": None}
    yield Misconception("not_split", "Return two tensors, mu and logsigma.", whole)
    whole = {"expected": (torch.stack([mu, logsigma]),), "only": None}
    yield Misconception("one_tensor", "Return two tensors, mu and logsigma.", whole)


def wrong_encoders(state: State, x: Tensor) -> list[Misconception]:
    """What wrong encoders would return for these weights and images."""
    halves = Parts(state, {}).encoder(x)
    wrong = [*_wrong_halves(*halves), *_wrong_mus(*halves), *_wrong_logsigmas(*halves)]
    return [*wrong, *_wrong_hidden_layers(state, x)]


def _both_signs(state: State, x: Tensor) -> State:
    """The same with biases for which no column of the output has one sign only."""
    middle = torch.cat(Parts(state, {}).encoder(x), -1).mean(0)
    return state | {"encoder_output.bias": state["encoder_output.bias"] - middle.float()}


def _ask(student: Student, draw: Draw, *ups: Tensor, rows: int) -> tuple[State, Tensor, Answer]:
    state = models.layer(draw, PARTS[0], 0.1) | models.layer(draw, PARTS[1], 0.3)
    x = models.binary(draw.shared(), rows)
    state = _both_signs(state, x) if rows > 1 else state
    with any_batch_size():
        answer = student.call(
            "encoder", models.model(state), x, method=True, cotangents=ups or None
        )
    return state, x, answer


@worth(0.5)
def test_mu(student: Student, draw: Draw) -> None:
    """mu of seven images, [7, L]."""
    state, x, answer = _ask(student, draw, rows=7)
    expected, mistakes = Parts(state, {}).encoder(x), wrong_encoders(state, x)
    answer.must_equal(*expected, only=0, misconceptions=mistakes, **TOLERANCE)


@worth(0.5)
def test_logsigma(student: Student, draw: Draw) -> None:
    """logsigma of seven images, [7, L], of either sign."""
    state, x, answer = _ask(student, draw, rows=7)
    expected, mistakes = Parts(state, {}).encoder(x), wrong_encoders(state, x)
    answer.must_equal(*expected, only=1, misconceptions=mistakes, **TOLERANCE)


def _detached(leaves: Leaves, function: Any, ups: tuple[Tensor, ...]) -> Iterator[Misconception]:
    """What reaches the weights when one half of the output passes nothing on."""
    for number, name in enumerate(("logsigma", "mu")):
        alone = tuple(up if n == number else 0 * up for n, up in enumerate(ups))
        hint = f"No gradient passes through {name}: look for detach, no_grad or .data."
        params = {"expected": products(function, leaves, alone)}
        yield Misconception(f"no_gradient_through_{name}", hint, params)


@worth(1)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image keeps its batch axis, [1, L], and gradients reach the weights of both
    layers, and have the right values; thousands take no more steps of Python than one."""
    ups = cotangent(draw, 1, models.L), cotangent(draw, 1, models.L)
    state, x, answer = _ask(student, draw, *ups, rows=1)
    expected = Parts(state, {}).encoder(x)
    mistakes = [squeezed(*expected), *wrong_encoders(state, x)]
    answer.must_equal(*expected, misconceptions=mistakes, **TOLERANCE)
    all_at_once(student, "encoder", x, model=models.model(state))

    def halves(made: Leaves) -> tuple[Tensor, ...]:
        return Parts(with_weights(state, made), {}).encoder(x)

    leaves = weights(state, "encoder_hidden.bias", "encoder_output.weight", "encoder_output.bias")
    names = {f"state.{part}.weight": part for part in PARTS}
    lost = unreached((1, models.L), names)
    answer.must("reaches", {"names": tuple(names)}, lost)
    wrong = [*lost, *_detached(leaves, halves, ups)]
    answer.must_have_gradients(products(halves, leaves, ups), wrong, **TOLERANCE)
