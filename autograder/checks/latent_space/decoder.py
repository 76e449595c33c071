"""Task `decoder`: logits = W_2 tanh(W_1 z + b_1) + b_2, any real numbers.

Tolerance: sums of 24 float32 products of order 0.5, off by less than 1e-5. The single code comes
first and carries the names of mistakes: wrong logits of many would fill the tape.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.nn.functional import logsigmoid

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
from autograder.student import Student

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-4}
HIDDEN_HINT = "The hidden layer wants a hyperbolic tangent: here {}."
OUTPUT_HINT = "Return the logits, the raw linear output, which may be any real number: "
TANHS_HINT = "One tanh is wanted, between the two layers: here {}."


def _wrong_hidden_layers(state: State, z: Tensor) -> Iterator[Misconception]:
    raw = linear(state, "decoder_hidden", z)

    def takes(name: str, hint: str, hidden: Tensor) -> Misconception:
        return gives(name, hint, linear(state, "decoder_output", hidden))

    yield takes("no_tanh", HIDDEN_HINT.format("it is missing"), raw)
    yield takes("relu_for_tanh", HIDDEN_HINT.format("it is a ReLU"), raw.relu())
    yield takes("sigmoid_for_tanh", HIDDEN_HINT.format("it is a sigmoid"), raw.sigmoid())
    early = linear(state, "decoder_hidden", z.double().tanh())
    yield takes("tanh_of_z", TANHS_HINT.format("it comes before both"), early)
    yield takes("tanh_of_z", TANHS_HINT.format("z gets one as well"), early.tanh())
    yield takes("tanh_twice", TANHS_HINT.format("it comes twice"), raw.tanh().tanh())


def _wrong_outputs(logits: Tensor) -> Iterator[Misconception]:
    theta, share = logits.sigmoid(), float(logits.sigmoid().mean())
    yield gives("sigmoid", OUTPUT_HINT + "no sigmoid here, it comes later.", theta)
    yield gives("log_theta", OUTPUT_HINT + "no logarithm of theta.", logsigmoid(logits))
    yield gives("tanh_at_the_end", OUTPUT_HINT + "no tanh after it.", logits.tanh())
    yield gives("relu_at_the_end", OUTPUT_HINT + "no ReLU after it.", logits.relu())
    yield gives("softmax", OUTPUT_HINT + "no softmax, pixels are coins.", logits.softmax(-1))
    drawn = {"shape": tuple(logits.shape), "share": share}
    yield Misconception("drawn", OUTPUT_HINT + "nothing is drawn yet.", drawn, kind="binary")
    yield gives("sign", "These are the logits of a 0: mind the sign.", -logits)


def _layers(draw: Draw) -> State:
    return models.layer(draw, "decoder_hidden", 0.8) | models.layer(draw, "decoder_output", 0.5)


@worth(1)
def test_a_single_code(student: Student, draw: Draw) -> None:
    """A batch of one code gives the logits of all pixels, [1, D], of either sign; thousands take no
    more steps of Python than one: no loop over the batch."""
    state, z = _layers(draw), models.codes(draw, 1)
    right = Parts(state, {}).decoder(z)
    mistakes = [squeezed(right), *_wrong_hidden_layers(state, z), *_wrong_outputs(right)]
    answer = student.call("decoder", models.model(state), z, method=True)
    answer.must_equal(right, misconceptions=mistakes, **TOLERANCE)
    all_at_once(student, "decoder", z, model=models.model(state))


@worth(1)
def test_codes_and_gradients(student: Student, draw: Draw) -> None:
    """The logits of five codes, [5, D]; gradients reach z and the weights of both layers, and have
    the right values."""
    state, z, up = _layers(draw), models.codes(draw, 5), cotangent(draw, 5, models.D)
    with any_batch_size():
        answer = student.call("decoder", models.model(state), z, method=True, cotangents=(up,))
    answer.must_equal(Parts(state, {}).decoder(z), **TOLERANCE)

    def logits(made: Leaves) -> tuple[Tensor, ...]:
        return (Parts(with_weights(state, made), {}).decoder(made["arg1"]),)

    shown = weights(state, "decoder_hidden.weight", "decoder_hidden.bias", "decoder_output.bias")
    expected = products(logits, {"arg1": z} | shown, (up,))
    names = {"arg1": "z", "state.decoder_hidden.weight": "decoder_hidden",
             "state.decoder_output.weight": "decoder_output"}  # fmt: skip
    mistakes = unreached((5, models.D), names)
    answer.must("reaches", {"names": tuple(names)}, mistakes)
    answer.must_have_gradients(expected, mistakes, atol=1e-3)
