"""Task `decoder`: theta = sigmoid(linear4(relu(linear3(z)))), in (0, 1).

Tolerance: logits of order one with float32 errors below 1e-5; sigmoid only shrinks them.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.checks.vae.forms import gives
from autograder.student import Answer, Student

GRADIENT_HINT = "No gradient gets through: look for detach, no_grad or .data."


def wrong_decoders(state: forms.State, z: torch.Tensor) -> list[Misconception]:
    """What wrong decoders would return for these weights and latent vectors."""
    hidden = forms.linear(state, "linear3", z)
    logits = forms.linear(state, "linear4", hidden.relu())

    return [
        gives(
            "no_sigmoid", "These are logits: they leave (0, 1). The last step is missing.", logits
        ),
        gives(
            "sigmoid_twice",
            "theta never goes below 0.5: the sigmoid is applied twice.",
            logits.sigmoid().sigmoid(),
        ),
        gives(
            "sigmoid_of_relu",
            "theta never goes below 0.5: there is a ReLU before the sigmoid.",
            logits.relu().sigmoid(),
        ),
        gives(
            "no_relu",
            "A ReLU is missing between linear3 and linear4.",
            forms.linear(state, "linear4", hidden).sigmoid(),
        ),
        gives(
            "sigmoid_for_relu",
            "The hidden layer wants a ReLU; the sigmoid comes at the end only.",
            forms.linear(state, "linear4", hidden.sigmoid()).sigmoid(),
        ),
        gives(
            "tanh_for_relu",
            "The hidden layer wants a ReLU.",
            forms.linear(state, "linear4", hidden.tanh()).sigmoid(),
        ),
        gives("relu_for_sigmoid", "A ReLU leaves (0, 1): a sigmoid is wanted.", logits.relu()),
        gives("log_sigmoid", "This is log theta; theta is wanted.", logits.sigmoid().log()),
        gives("rounded", "Return the probabilities, not rounded.", (logits > 0).double()),
        gives("softmax", "Pixels are independent: a sigmoid each.", logits.softmax(-1)),
        gives("inverted", "This is 1 - theta: mind the sign in the sigmoid.", (-logits).sigmoid()),
        gives(
            "clamped",
            "Cutting logits off at 0 and 1 makes no probabilities: a sigmoid is wanted.",
            logits.clamp(0, 1),
        ),
        Misconception(
            "drawn",
            "Return the probabilities; drawing pixels from them is the task `sample`.",
            {"shape": tuple(logits.shape), "share": float(logits.sigmoid().mean())},
            kind="binary",
        ),
        gives("tanh", "tanh goes below 0; a probability does not.", logits.tanh()),
    ]


def _check(student: Student, draw: Draw, rows: int) -> Answer:
    state = forms.layer(draw, "linear3") | forms.layer(draw, "linear4")
    z = draw.uniform(rows, forms.L, low=-2.0, high=2.0)
    cotangent = draw.uniform(rows, forms.D, low=0.5, high=2.0)
    answer = student.call("decoder", forms.model(state), z, method=True, cotangents=(cotangent,))
    expected = forms.decoder(state, z)
    mistakes = ([forms.squeezed(expected)] if rows == 1 else []) + wrong_decoders(state, z)
    return answer.must_equal(expected, misconceptions=mistakes, rtol=1e-3, atol=1e-4)


@worth(8)
def test_theta(student: Student, draw: Draw) -> None:
    """theta of seven latent vectors, [7, D], between 0 and 1."""
    _check(student, draw, 7)


@worth(2)
def test_a_single_latent_vector(student: Student, draw: Draw) -> None:
    """A batch of one latent vector keeps its batch axis, [1, D], and gradients reach z and both
    layers."""
    answer = _check(student, draw, 1)
    for name in ("arg1", "state.linear3.bias", "state.linear4.bias"):
        answer.must(
            "reaches", {"names": (name,)}, [forms.no_gradient(GRADIENT_HINT, (1, forms.D), name)]
        )
