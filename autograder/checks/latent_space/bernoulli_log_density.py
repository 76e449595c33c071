"""Task `bernoulli_log_density`: x l - log(1 + exp(l)) for each pixel x with logit l, of any shape.

Its gradient along l is x - sigmoid(l). Source: Kingma and Welling 2014, appendix C.1, with
theta = sigmoid(l). Tolerance: for |l| up to 4 float32 rounds 1 - sigmoid(l) to 3e-6 of itself, and
numbers up to 100 to 1e-5.
"""

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import forms
from autograder.checks.latent_space.pixel_mistakes import (
    CERTAIN,
    overflowing,
    wrong_pixels,
    wrong_where_certain,
)
from autograder.checks.latent_space.products import cotangent
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import gives, overflows, unreached
from autograder.student import Student

FUNCTION = "bernoulli_log_density"
SUM_HINT = "One number per pixel is wanted, in the shape of x: no sum and no mean here."
NAN_HINT = (
    "Where logits are large the gradient is NaN, though the value is right: torch.where and clamp "
    "compute both ways, and in the one that is thrown away exp overflows. Take F.softplus."
)
LOG_HINT = (
    "The result is infinite or NaN: a logit may be any real number, so it is no probability whose "
    "logarithm could be taken."
)


def _inputs(draw: Draw, *shape: int) -> tuple[Tensor, Tensor]:
    logits = draw.uniform(*shape, low=-4.0, high=4.0)
    return logits, (draw.uniform(*shape, low=0.0, high=1.0) > 0.5).float()


def _wrong_sums(right: Tensor) -> list[Misconception]:
    return [
        gives("summed_over_pixels", SUM_HINT, right.sum(-1)),
        gives("averaged_over_pixels", SUM_HINT, right.mean(-1)),
        gives("summed_over_everything", SUM_HINT, right.sum()),
        gives("averaged_over_everything", SUM_HINT, right.mean()),
        gives("averaged_over_everything", SUM_HINT, -right.mean()),
    ]


@worth(0)
def test_each_pixel(student: Student, draw: Draw) -> None:
    """The log probability of each of fifteen pixels of seven images, [7, 15]."""
    logits, x = _inputs(draw, 7, 15)
    right = forms.bernoulli(logits, x)
    mistakes = [gives(*wrong) for wrong in wrong_pixels(logits, x)] + _wrong_sums(right)
    mistakes.append(overflows("log_of_logits", LOG_HINT, (7, 15)))
    student.call(FUNCTION, logits, x).must_equal(right, misconceptions=mistakes)


@worth(0)
def test_any_shape(student: Student, draw: Draw) -> None:
    """Inputs of any shape give results of that shape: [5], [1, 9] and [2, 1, 4, 3]; thousands of
    rows take no more steps of Python than one: no loop over the batch."""
    for shape in ((5,), (1, 9), (2, 1, 4, 3)):
        logits, x = _inputs(draw, *shape)
        right = forms.bernoulli(logits, x)
        student.call(FUNCTION, logits, x).must_equal(right, misconceptions=_wrong_sums(right))
    all_at_once(student, FUNCTION, *_inputs(draw, 1, 9))


def _certain(draw: Draw) -> tuple[Tensor, Tensor]:
    """Logits of 30 to 85, and of 100, of either sign, each with a pixel of 0 and one of 1."""
    sizes = torch.cat([draw.uniform(9, low=CERTAIN, high=85.0), torch.tensor([100.0])])
    x = torch.tensor([0.0, 1.0, 0.0, 1.0]).repeat_interleave(len(sizes))
    return torch.cat([sizes, sizes, -sizes, -sizes]), x


@worth(0)
def test_large_logits(student: Student, draw: Draw) -> None:
    """Logits up to 100, and down to -100, give finite numbers, and the right ones."""
    logits, x = _certain(draw)
    mistakes = [overflowing(tuple(x.shape))]
    for name, hint, values in wrong_where_certain(logits, x):
        mistakes.append(Misconception(name, hint, {"expected": (values,), "atol": 0.2}))
    answer = student.call(FUNCTION, logits, x)
    answer.must_equal(forms.bernoulli(logits, x), misconceptions=mistakes, atol=1e-4)


def _must_have_gradients(
    student: Student, draw: Draw, logits: Tensor, x: Tensor, mistakes: list[Misconception]
) -> None:
    up = cotangent(draw, *x.shape)
    expected = up.double() * (x.double() - logits.double().sigmoid())
    answer = student.call(FUNCTION, logits, x, cotangents=(up,))
    answer.must_have_gradients({"arg0": expected}, mistakes)


@worth(0)
def test_gradients(student: Student, draw: Draw) -> None:
    """The gradient along each logit is x - sigmoid(logit), for large logits as well."""
    logits, x = moderate = _inputs(draw, 7, 15)
    _must_have_gradients(student, draw, logits, x, unreached((7, 15), {"arg0": "logits"}))
    # Moderate ones come along: if nothing at all seems to arrive now, there is a NaN among it.
    logits, x = (torch.cat([a.flatten(), b]) for a, b in zip(moderate, _certain(draw), strict=True))
    params = {"names": ("arg0",), "shape": tuple(x.shape)}
    nan = Misconception("nan_gradient", NAN_HINT, params, kind="unreached")
    _must_have_gradients(student, draw, logits, x, [nan])
