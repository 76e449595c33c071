"""Holds values, gradients and weights of a reply against those that were expected.

Each comparison returns None, or what is wrong.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vae_utils.calls import Reply


def shape_of(tensor: Tensor) -> str:
    return "[" + ", ".join(str(size) for size in tensor.shape) + "]"


def brief(value: float) -> str:
    return f"{value:.4g}"


def count_of(number: int) -> str:
    return "one tensor" if number == 1 else f"{number} tensors"


def arrangement(reply: Reply, shapes: list[Tensor]) -> str | None:
    problem = layout(reply, shapes)
    if problem:
        return problem
    for place, got in enumerate(reply.outputs):
        if not torch.isfinite(got).all():
            return f"{_place(place, shapes)} contains NaN or infinity"
    return None


def _place(place: int, shapes: list[Tensor]) -> str:
    return f"value {place + 1}" if len(shapes) > 1 else "it"


def layout(reply: Reply, shapes: list[Tensor]) -> str | None:
    if len(reply.outputs) != len(shapes):
        return f"it returned {count_of(len(reply.outputs))}, {count_of(len(shapes))} wanted"
    if len(shapes) == 1 and not reply.single:
        return "it returned a tuple of one tensor; return the tensor itself (a comma too many?)"
    for place, (got, wanted) in enumerate(zip(reply.outputs, shapes, strict=True)):
        if got.shape != wanted.shape:
            return f"{_place(place, shapes)} has shape {shape_of(got)}, {shape_of(wanted)} wanted"
        if got.is_complex():
            return f"{_place(place, shapes)} is complex"
    return None


def _wrong(got: Tensor, expected: Tensor, rtol: float, atol: float) -> Tensor:
    """Where an entry is off by more than atol + rtol * |expected|, or NaN."""
    slack = atol + rtol * expected.double().abs()
    return ~((got.double() - expected.double()).abs() <= slack)


def first_difference(
    got: Tensor, expected: Tensor, rtol: float, atol: float
) -> tuple[int, ...] | None:
    """Index of the first entry that is off by more than atol + rtol * |expected|."""
    wrong = _wrong(got, expected, rtol, atol).flatten().nonzero()
    if not len(wrong):
        return None
    return tuple(int(i) for i in np.unravel_index(int(wrong[0]), expected.shape))


def _difference(got: Tensor, expected: Tensor, rtol: float, atol: float) -> str | None:
    """The same as a sentence."""
    index = first_difference(got, expected, rtol, atol)
    if index is None:
        return None
    place = f"entry {list(index)}" if index else "the value"
    count = int(_wrong(got, expected, rtol, atol).sum())
    return (
        f"{place} is {brief(float(got[index]))}, {brief(float(expected[index]))} wanted "
        f"({count} of {expected.numel()} entries differ)"
    )


def equal(
    reply: Reply,
    *,
    expected: tuple[Tensor, ...],
    rtol: float = 1e-4,
    atol: float = 1e-5,
    only: int | None = None,
) -> str | None:
    """Shapes of all outputs; values of all, or of the one at place `only`."""
    problem = arrangement(reply, list(expected))
    if problem:
        return problem
    for place, (got, wanted) in enumerate(zip(reply.outputs, expected, strict=True)):
        problem = _difference(got, wanted, rtol, atol) if only in (None, place) else None
        if problem:
            return f"value {place + 1}: {problem}" if len(expected) > 1 else problem
    return None


def number(reply: Reply, *, expected: Tensor, rtol: float = 1e-4, atol: float = 1e-5) -> str | None:
    """A single number, of shape [] or [1]."""
    wanted = expected.reshape((1,) if [tuple(o.shape) for o in reply.outputs] == [(1,)] else ())
    return equal(reply, expected=(wanted,), rtol=rtol, atol=atol)


def overflows(reply: Reply, *, shape: tuple[int, ...]) -> str | None:
    """An infinity or NaN in a single output of that shape: a mistake to recognise."""
    problem = layout(reply, [torch.empty(shape)])
    if problem:
        return problem
    return "all numbers are finite" if torch.isfinite(reply.outputs[0]).all() else None


def gradients(
    reply: Reply,
    *,
    expected: dict[str, Tensor],
    rtol: float = 1e-3,
    atol: float = 1e-4,
    shapes: tuple[tuple[int, ...], ...] = (),
) -> str | None:
    """Vector-Jacobian products by the name of the argument or weight.

    shapes: of the outputs; those of another shape have no product with their cotangent.
    """
    problem = arrangement(reply, [torch.empty(shape) for shape in shapes]) if shapes else None
    if problem:
        return problem
    for name, wanted in expected.items():
        if name not in reply.gradients:
            return f"no gradient reaches {_readable(name)}"
        got = reply.gradients[name]
        problem = _difference(got, wanted, rtol, atol) if got.shape == wanted.shape else "shape"
        if problem:
            return f"the gradient of {_readable(name)}: {problem}"
    return None


def gradient_at_most(
    reply: Reply, *, name: str, most: Tensor, shapes: tuple[tuple[int, ...], ...]
) -> str | None:
    """A vector-Jacobian product whose entries are not above `most`: noise does not decide that."""
    problem = arrangement(reply, [torch.empty(shape) for shape in shapes])
    if problem:
        return problem
    got = reply.gradients.get(name)
    if got is None or got.shape != most.shape:
        return f"no gradient reaches {_readable(name)}"
    above = (~(got <= most)).nonzero()
    if not len(above):
        return None
    place = int(above[0])
    found, bound = brief(float(got[place])), brief(float(most[place]))
    return f"the gradient of {_readable(name)}: entry [{place}] is {found}, below {bound} wanted"


def weights(
    reply: Reply, *, expected: dict[str, Tensor], atol: float = 1e-6, spare: float = 0.0
) -> str | None:
    """Values of weights after the call, by name; where NaN is expected anything will do.

    spare: the fraction of the others that may be off, since rounding decides about single ones.
    """
    for name, wanted in expected.items():
        got = reply.weights.get(name)
        if got is None or got.shape != wanted.shape:
            return f"{name} is no longer what it was: it has another shape, or is gone"
        known = ~torch.isnan(wanted)
        off = known & _wrong(got, wanted, 0.0, atol)
        if off.sum() > spare * known.sum():
            place = tuple(int(i) for i in off.nonzero()[0])
            return (
                f"afterwards, in {name}, entry {list(place)} is {float(got[place]):.7g}, "
                f"{float(wanted[place]):.7g} wanted "
                f"({int(off.sum())} of {int(known.sum())} differ)"
            )
    return None


def unbiased(
    reply: Reply, *, log_mean: Tensor, spread: tuple[float, float], shape: tuple[int, ...]
) -> str | None:
    """Logarithms of estimates that are right on average: the mean of exp(output), and each of them.

    log_mean []: of what is estimated. spread: how far the mean of all estimates, and any single
    one, may be off, as a fraction of it.
    """
    problem = arrangement(reply, [torch.empty(shape)])
    if problem:
        return problem
    ratios = (reply.outputs[0].double() - log_mean.double()).exp()
    if abs(float(ratios.mean()) - 1) > spread[0]:
        found = float(ratios.mean().log() + log_mean)
        return f"on average it is {brief(found)}, {brief(float(log_mean))} wanted"
    if float((ratios - 1).abs().max()) > spread[1]:
        return (
            "it is right on average, but single values are off by a factor of up to "
            f"{brief(float(torch.maximum(ratios, 1 / ratios).max()))}: too few codes"
        )
    return None


def reaches(reply: Reply, *, names: tuple[str, ...]) -> str | None:
    """A gradient that is not zero everywhere arrives at each argument or weight."""
    for name in names:
        if name not in reply.gradients or not reply.gradients[name].abs().max() > 0:
            return f"no gradient reaches {_readable(name)}"
    return None


def unreached(reply: Reply, *, names: tuple[str, ...], shape: tuple[int, ...]) -> str | None:
    """No gradient, or one of zeros, arrives at any of these: a mistake to recognise.

    shape: that of the first output; another one has no gradients for a reason of its own.
    """
    if reply.outputs[0].shape != shape:
        return "another shape"
    for name in names:
        if name in reply.gradients and reply.gradients[name].abs().max() > 0:
            return f"a gradient reaches {_readable(name)}"
    return None


def reparameterised(
    reply: Reply, *, mean: Tensor, cotangent: Tensor, names: tuple[str, str] = ("arg1", "arg2")
) -> str | None:
    """The gradients of noise that one argument shifts and another one, by its exp, scales.

    With z = mean + scale * noise: dz/d mean = 1 and dz/d log scale = z - mean.
    """
    problem = arrangement(reply, [mean])
    if problem:
        return problem
    shift = reply.outputs[0].double() - mean.double()
    if float((shift == 0).double().mean()) > 0.5:
        return "most entries equal their mean: there is no noise in them"
    expected = dict(zip(names, (cotangent.double(), cotangent.double() * shift), strict=True))
    return gradients(reply, expected=expected)


def _readable(name: str) -> str:
    if name.startswith("arg"):
        return f"argument {name[3:]}"
    return name.removeprefix("state.")
