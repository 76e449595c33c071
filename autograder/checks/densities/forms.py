"""Closed forms of the four building blocks of `densities` in float64, and what wrong sums give.

The `..._terms` keep entries apart, [B, D]; the forms themselves are [B]. Inputs may have any shape
[B, ...], as those of the student's functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.student import Student

LOG_2_PI = math.log(2 * math.pi)


def flat(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Rows in float64, each [B, D]."""
    return tuple(tensor.double().flatten(1) for tensor in tensors)


def bernoulli_terms(mu: Tensor, target: Tensor) -> Tensor:
    """target log mu + (1 - target) log(1 - mu)."""
    mu, target = flat(mu, target)
    return target * mu.log() + (1 - target) * (1 - mu).log()


def bernoulli(mu: Tensor, target: Tensor) -> Tensor:
    """log p(target) of pixels that are 1 with probabilities mu."""
    return bernoulli_terms(mu, target).sum(-1)


def normal_terms(mu: Tensor, logvar: Tensor, z: Tensor) -> Tensor:
    """-1/2 (log 2 pi + logvar + (z - mu)^2 / exp(logvar))."""
    mu, logvar, z = flat(mu, logvar, z)
    return -0.5 * (LOG_2_PI + logvar + (z - mu) ** 2 / logvar.exp())


def normal(mu: Tensor, logvar: Tensor, z: Tensor) -> Tensor:
    """log N(z; mu, exp(logvar))."""
    return normal_terms(mu, logvar, z).sum(-1)


def log_mean_exp(y: Tensor) -> Tensor:
    """log of the mean of exp(y) over the last axis."""
    return torch.logsumexp(y.double(), -1) - math.log(y.shape[-1])


def kl_terms(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """1/2 (l_p - l_q + exp(l_q - l_p) + (mu_q - mu_p)^2 / exp(l_p) - 1), l = logvar."""
    mu_q, logvar_q, mu_p, logvar_p = flat(mu_q, logvar_q, mu_p, logvar_p)
    ratio, distance = (logvar_q - logvar_p).exp(), (mu_q - mu_p) ** 2 / logvar_p.exp()
    return 0.5 * (logvar_p - logvar_q + ratio + distance - 1)


def kl(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL(N(mu_q, exp(logvar_q)) || N(mu_p, exp(logvar_p)))."""
    return kl_terms(mu_q, logvar_q, mu_p, logvar_p).sum(-1)


def gradients(
    function: Callable[..., Tensor], arguments: tuple[Tensor, ...], cotangent: Tensor, count: int
) -> dict[str, Tensor]:
    """Vector-Jacobian products of a closed form for its first `count` arguments, by place."""
    leaves = [argument.double().requires_grad_(True) for argument in arguments]
    found = torch.autograd.grad((function(*leaves) * cotangent).sum(), leaves[:count])
    return {f"arg{place}": gradient for place, gradient in enumerate(found)}


def cotangent(draw: Draw, rows: int) -> Tensor:
    """Another weight for every row, [rows]."""
    return draw.uniform(rows, low=0.5, high=2.0)


def gives(name: str, hint: str, expected: Tensor) -> Misconception:
    """A wrong formula and what it returns."""
    return Misconception(name, hint, {"expected": (expected,)})


def overflows(name: str, hint: str, rows: int) -> Misconception:
    """A mistake that shows as an infinity or NaN among the results, [rows]."""
    return Misconception(name, hint, {"shape": (rows,)}, kind="overflows")


def squeezed(right: Tensor) -> Misconception:
    """The right value of a single row without its batch axis."""
    hint = "The batch axis of a single row got lost: squeeze, or a sum over everything?"
    return gives("batch_axis_lost", hint, right[0])


def wrong_sums(terms: Tensor, entries: str) -> list[Misconception]:
    """Wrong ways to add up terms [B, D]; entries: what D counts."""
    right = terms.sum(-1)
    per_row = "One number per row is wanted, [B]: do not sum or average over the batch."
    last_axis = f"One number per row is wanted, [B]: sum over the last axis, the {entries}."
    averaged = f"The {entries} are independent: logarithms add up, they are not averaged."
    return [
        gives("summed_over_batch", per_row, right.sum()),
        gives("averaged_over_batch", per_row, right.mean()),
        gives("averaged_over_everything", per_row + f" Over the {entries}, sum.", terms.mean()),
        gives("averaged_over_entries", averaged, terms.mean(-1)),
        gives("wrong_axis", last_axis, terms.sum(0)),
        gives("not_summed", last_axis, terms),
        gives("kept_axis", "The shape is [B], not [B, 1]: is there a keepdim?", right[:, None]),
    ]


def not_flattened(terms: Tensor, shape: torch.Size) -> Misconception:
    """Only the last axis of inputs of that shape [B, ...] is summed."""
    hint = "Keep the first line: it makes a row of each input, whatever its shape."
    return gives("not_flattened", hint, terms.view(shape).sum(-1))


def unreached(rows: int, *names: str) -> list[Misconception]:
    """No gradient for any of these first arguments, or for one of them."""
    hint = "No gradient reaches {}: is it left out, or cut off by detach, no_grad, .data or NumPy?"
    places = tuple(f"arg{place}" for place in range(len(names)))

    def lacks(name: str, what: str, *arguments: str) -> Misconception:
        params = {"names": arguments, "shape": (rows,)}
        return Misconception(name, hint.format(what), params, kind="unreached")

    if len(names) == 1:
        return [lacks("no_gradient", *names, *places)]
    single = [
        lacks(f"no_gradient_to_{name}", name, place)
        for name, place in zip(names, places, strict=True)
    ]
    return [lacks("no_gradient", "any argument", *places), *single]


def must_be_sums(
    student: Student,
    function: str,
    inputs: tuple[Tensor, ...],
    terms: Tensor,
    mistakes: list[Misconception],
) -> None:
    """Hold that a function gives the sums of terms [B, D] over all but the first axis."""
    right = terms.sum(-1)
    if inputs[0].dim() > 2:
        mistakes = [*mistakes, not_flattened(terms, inputs[0].shape)]
    if len(right) == 1:
        mistakes = [squeezed(right)]  # many wrong formulas may share a single value
    student.call(function, *inputs).must_equal(right, misconceptions=mistakes, atol=1e-4)


def must_have_gradients(
    student: Student,
    function: str,
    form: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    cotangent: Tensor,
    names: tuple[str, ...],
) -> None:
    """Hold that gradients of the first arguments are those of the closed form."""
    answer = student.call(function, *inputs, cotangents=(cotangent,))
    expected = gradients(form, inputs, cotangent, len(names))
    answer.must_have_gradients(expected, unreached(len(cotangent), *names))
