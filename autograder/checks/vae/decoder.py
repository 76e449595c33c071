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


def _ask(
    student: Student, state: forms.State, z: torch.Tensor, up: torch.Tensor | None = None
) -> Answer:
    cotangents = None if up is None else (up,)
    answer = student.call("decoder", forms.model(state), z, method=True, cotangents=cotangents)
    expected = forms.decoder(state, z)
    mistakes = ([forms.squeezed(expected)] if len(z) == 1 else []) + wrong_decoders(state, z)
    return answer.must_equal(expected, misconceptions=mistakes, rtol=1e-3, atol=1e-4)


def _layers(draw: Draw) -> forms.State:
    return forms.layer(draw, "linear3") | forms.layer(draw, "linear4")


@worth(8)
def test_theta(student: Student, draw: Draw) -> None:
    """theta of seven latent vectors, [7, D], between 0 and 1."""
    _ask(student, _layers(draw), draw.uniform(7, forms.L, low=-2.0, high=2.0))


@worth(2)
def test_a_single_latent_vector(student: Student, draw: Draw) -> None:
    """A batch of one latent vector keeps its batch axis, [1, D], and z and both layers get their
    gradients."""
    z = draw.uniform(1, forms.L, low=-2.0, high=2.0)
    state = forms.off_kinks(_layers(draw), "linear3", z)
    up = draw.uniform(1, forms.D, low=0.5, high=2.0)
    answer = _ask(student, state, z, up)
    names = "arg1", "state.linear3.bias", "state.linear4.bias"
    for name in names:
        answer.must(
            "reaches", {"names": (name,)}, [forms.no_gradient(GRADIENT_HINT, (1, forms.D), name)]
        )

    def theta(weights: forms.State, row: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (forms.decoder(weights, row),)

    answer.must_have_gradients(forms.gradients(theta, state, z, (up,), names), atol=1e-3)
