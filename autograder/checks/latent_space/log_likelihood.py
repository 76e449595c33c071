"""Task `log_likelihood`: log p(x | z) = sum_d x_d l_d - log(1 + exp(l_d)), l = decoder(z), one per
image.

A student's own decoder and density of Part 0 may be wrong: that was paid for there. Tolerance: sums
of 784 float32 terms of order one, values of order 600, in the worst order off by 0.02; logits are
within 10, or beyond 27 where pixels are certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import Parts, StandIns, State
from autograder.checks.latent_space.pixel_mistakes import (
    certain,
    overflowing,
    wrong_pixels,
    wrong_where_certain,
)
from autograder.checks.latent_space.products import (
    Leaves,
    cotangent,
    products,
    weights,
    with_weights,
)
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import gives, overflows, squeezed, unreached, wrong_sums
from autograder.student import Student

Mistakes = Callable[[Parts, Tensor, Tensor], Iterator[Misconception]]
TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 0.02}
UNDERFLOW = (
    "The product of 784 probabilities underflows to 0, and its logarithm is minus infinity: take "
    "the logarithm of each first, then add."
)
PRODUCT = "This is the probability, a product that is next to 0; its logarithm, a sum, is wanted."
TINY = 1e-30


def _layers(draw: Draw) -> State:
    return models.layer(draw, "decoder_hidden", 0.8) | models.layer(draw, "decoder_output", 0.5)


def _parts(draw: Draw) -> StandIns:
    return models.logits(draw) | models.pixel_score(draw)


def _wrong_sums(terms: Tensor) -> list[Misconception]:
    loss = "This is the cross entropy, a loss: the sign is the other one"
    return [
        gives("mean_cross_entropy", loss + ", and one sum per image is wanted.", -terms.mean()),
        gives("mean_cross_entropy", loss + ", and pixels are summed.", -terms.mean(-1)),
        gives("summed_cross_entropy", loss + ", and each image has its own.", -terms.sum()),
        *wrong_sums(terms, "pixels"),
    ]


def _wrong_codes(known: Parts, x: Tensor, z: Tensor) -> Iterator[Misconception]:
    def gives_sums(name: str, hint: str, logits: Tensor, pixels: Tensor = x) -> Misconception:
        return gives(name, hint, known.bernoulli(logits, pixels).sum(-1))

    logits = known.decoder(z)
    hint = "The density wants logits, which is what the decoder returns: no sigmoid here."
    yield gives_sums("sigmoid_twice", hint, logits.sigmoid())
    hint = "Logits and pixels are swapped: mind the order of the arguments."
    yield gives_sums("arguments_swapped", hint, x.double(), logits)
    yield gives_sums("first_code_for_all", "Every image has its own code.", known.decoder(z[:1]))
    hint = "Every image is held against every code; each has its own."
    yield gives_sums("broadcast", hint, logits[:, None])
    yield gives_sums("broadcast", hint, logits, x[:, None])
    right = known.bernoulli(logits, x).sum(-1)
    hint = "log p(x | z) is wanted: the prior of z comes later."
    yield gives("prior_included", hint, right + known.log_prior(z))


def _wrong_values(known: Parts, x: Tensor, z: Tensor) -> Iterator[Misconception]:
    logits = known.decoder(z)
    yield from _wrong_sums(known.bernoulli(logits, x))
    yield from _wrong_codes(known, x, z)
    for name, hint, values in wrong_pixels(logits, x):
        yield gives(name, hint, values.sum(-1))
    yield overflows("product_underflows", UNDERFLOW, (len(x),))
    product = known.log_likelihood(x, z).exp()
    yield Misconception("product", PRODUCT, {"expected": (product,), "atol": TINY})


def _wrong_where_certain(known: Parts, x: Tensor, z: Tensor) -> Iterator[Misconception]:
    yield overflowing((len(x),))
    for name, hint, values in wrong_where_certain(known.decoder(z), x):
        yield Misconception(name, hint, {"expected": (values.sum(-1),), "rtol": 0.01})


def _must_equal(
    student: Student, state: State, x: Tensor, z: Tensor, mistakes: Mistakes, stand_ins: StandIns
) -> None:
    known = Parts(state, stand_ins)
    right = known.log_likelihood(x, z)
    wrong = [squeezed(right)] if len(x) == 1 else [*mistakes(known, x, z)]
    with any_batch_size():
        answer = student.call(
            "log_likelihood", models.model(state), x, z, method=True, stand_ins=stand_ins
        )
    answer.must_equal(right, misconceptions=wrong, **TOLERANCE)
    if len(x) == 1:
        model = models.model(state)
        all_at_once(student, "log_likelihood", x, z, model=model, stand_ins=stand_ins)


def _check(student: Student, draw: Draw, rows: int, state: State, mistakes: Mistakes) -> None:
    x, z = models.binary(draw.shared(), rows), models.codes(draw, rows)
    student.given(_parts(draw), partial(_must_equal, student, state, x, z, mistakes))


@worth(0.25)
def test_one_number_per_image(student: Student, draw: Draw) -> None:
    """The log likelihoods of seven images, each given its own code, [7]."""
    _check(student, draw, 7, _layers(draw), _wrong_values)


@worth(0.25)
def test_a_single_image(student: Student, draw: Draw) -> None:
    """A batch of one image gives [1], not a plain number; thousands take no more steps of Python
    than one: no loop over the batch."""
    _check(student, draw, 1, _layers(draw), _wrong_values)


@worth(0.25)
def test_certain_pixels(student: Student, draw: Draw) -> None:
    """Where logits are as large as those of a trained model, the result is finite and right."""
    state = models.layer(draw, "decoder_hidden", 0.8) | models.layer(draw, "decoder_output", 0.1)
    state["decoder_output.bias"] = certain(draw.uniform(models.D, low=-40.0, high=40.0))
    _check(student, draw, 7, state, _wrong_where_certain)


@worth(0.25)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach the codes and the weights of the decoder and have the right values."""
    state, up = _layers(draw), cotangent(draw, 7)
    x, z = models.binary(draw.shared(), 7), models.codes(draw, 7)

    def claim(stand_ins: StandIns) -> None:
        def value(made: Leaves) -> tuple[Tensor, ...]:
            known = Parts(with_weights(state, made), stand_ins)
            return (known.log_likelihood(x, made["arg2"]),)

        leaves, names = {"arg2": z}, {"arg2": "z"}
        if "decoder" not in stand_ins:  # one that has no weights
            leaves |= weights(state, "decoder_hidden.weight", "decoder_output.bias")
            names["state.decoder_output.weight"] = "decoder"
        answer = student.call(
            "log_likelihood", models.model(state), x, z, method=True, cotangents=(up,),
            stand_ins=stand_ins,
        )  # fmt: skip
        mistakes = unreached((7,), names)
        answer.must("reaches", {"names": tuple(names)}, mistakes)
        answer.must_have_gradients(products(value, leaves, (up,)), mistakes, atol=1e-3)

    student.given(_parts(draw), claim)
