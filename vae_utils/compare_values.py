"""Holds values, gradients and weights of a reply against those that were expected.

Each comparison returns None, or what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Reply

Shape = tuple[int, ...]


def shape_of(shape: Shape) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def brief(value: float) -> str:
    return f"{value:.4g}"


def told_apart(*values: float) -> list[str]:
    """Different numbers with as many digits, four at least, as it takes to see that they differ."""
    for digits in range(4, 17):
        shown = [f"{value:.{digits}g}" for value in values]
        if len(set(shown)) == len(set(values)):
            break
    return shown


def count_of(number: int) -> str:
    return "one value" if number == 1 else f"{number} values"


def arrangement(reply: Reply, shapes: Iterable[Shape]) -> str | None:
    """Whether there are outputs of these shapes, without NaN and infinity."""
    wanted = list(map(tuple, shapes))
    problem = layout(reply, wanted)
    if problem:
        return problem
    for place, got in enumerate(reply.outputs):
        if not np.isfinite(got).all():
            return f"{_place(place, wanted)} contains NaN or infinity"
    return None


def _place(place: int, shapes: list[Shape]) -> str:
    return f"value {place + 1}" if len(shapes) > 1 else "it"


def layout(reply: Reply, shapes: Iterable[Shape]) -> str | None:
    """Whether there are outputs of these shapes."""
    all_wanted = list(map(tuple, shapes))
    if len(reply.outputs) != len(all_wanted):
        return f"it returned {count_of(len(reply.outputs))}, {count_of(len(all_wanted))} wanted"
    if len(all_wanted) == 1 and not reply.single:
        return "it returned a tuple of one value; return the value itself (a comma too many?)"
    for place, (got, wanted) in enumerate(zip(reply.outputs, all_wanted, strict=True)):
        if got.shape != wanted:
            where = _place(place, all_wanted)
            return f"{where} has shape {shape_of(got.shape)}, {shape_of(wanted)} wanted"
    return None


def double(array: Array) -> Array:
    """The same numbers in float64."""
    return np.asarray(array, np.float64)


def _wrong(got: Array, expected: Array, rtol: float, atol: float) -> Array:
    """Where an entry is off by more than atol + rtol * |expected|, or NaN."""
    wanted = double(expected)
    return ~np.asarray(np.abs(double(got) - wanted) <= atol + rtol * np.abs(wanted))


def first_difference(
    got: Array, expected: Array, rtol: float, atol: float
) -> tuple[int, ...] | None:
    """Index of the first entry that is off by more than atol + rtol * |expected|."""
    return _first(_wrong(got, expected, rtol, atol))


def _first(wrong: Array) -> tuple[int, ...] | None:
    """Index of the first entry that is true."""
    if not wrong.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))


def _difference(got: Array, expected: Array, rtol: float, atol: float) -> str | None:
    """The same as a sentence."""
    index = first_difference(got, expected, rtol, atol)
    if index is None:
        return None
    place = f"entry {list(index)}" if index else "the value"
    count = int(_wrong(got, expected, rtol, atol).sum())
    found, wanted = told_apart(float(got[index]), float(expected[index]))
    return f"{place} is {found}, {wanted} wanted ({count} of {expected.size} entries differ)"


def equal(
    reply: Reply,
    *,
    expected: tuple[Array, ...],
    rtol: float = 1e-4,
    atol: float = 1e-5,
    only: int | None = None,
) -> str | None:
    """Shapes of all outputs; values of all, or of the one at place `only`."""
    problem = arrangement(reply, (wanted.shape for wanted in expected))
    if problem:
        return problem
    for place, (got, wanted) in enumerate(zip(reply.outputs, expected, strict=True)):
        problem = _difference(got, wanted, rtol, atol) if only in (None, place) else None
        if problem:
            return f"value {place + 1}: {problem}" if len(expected) > 1 else problem
    return None


def number(reply: Reply, *, expected: Array, rtol: float = 1e-4, atol: float = 1e-5) -> str | None:
    """A single number, of shape [] or [1]."""
    shape = (1,) if [got.shape for got in reply.outputs] == [(1,)] else ()
    return equal(reply, expected=(np.reshape(expected, shape),), rtol=rtol, atol=atol)


def overflows(
    reply: Reply, *, shape: Shape, others: tuple[Shape, ...] = (), everywhere: bool = False
) -> str | None:
    """An infinity or NaN in the first output, of that shape: a mistake to recognise.

    others: the shapes of further outputs. everywhere: whether no number of it is finite.
    """
    problem = layout(reply, [shape, *others])
    if problem:
        return problem
    finite = np.isfinite(reply.outputs[0])
    return "numbers are finite" if finite.all() or (everywhere and finite.any()) else None


def gradients(
    reply: Reply,
    *,
    expected: dict[str, Array],
    rtol: float = 1e-3,
    atol: float = 1e-4,
    shapes: tuple[Shape, ...] = (),
) -> str | None:
    """Vector-Jacobian products by the name of the argument or weight.

    shapes: of the outputs; those of another shape have no product with their cotangent.
    """
    problem = arrangement(reply, shapes) if shapes else None
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
    reply: Reply, *, name: str, most: Array, shapes: tuple[Shape, ...]
) -> str | None:
    """A vector-Jacobian product whose entries are not above `most`: noise does not decide that."""
    problem = arrangement(reply, shapes)
    if problem:
        return problem
    got = reply.gradients.get(name)
    if got is None or got.shape != most.shape:
        return f"no gradient reaches {_readable(name)}"
    above = np.flatnonzero(~(got <= most))
    if not len(above):
        return None
    place = int(above[0])
    found, bound = told_apart(float(got[place]), float(most[place]))
    return f"the gradient of {_readable(name)}: entry [{place}] is {found}, below {bound} wanted"


def weights(
    reply: Reply, *, expected: dict[str, Array], atol: float = 1e-6, spare: float = 0.0
) -> str | None:
    """Values of weights after the call, by name; where NaN is expected anything will do.

    spare: the fraction of the others that may be off, since rounding decides about single ones.
    """
    for name, wanted in expected.items():
        got = reply.weights.get(name)
        if got is None or got.shape != wanted.shape:
            return f"{name} is no longer what it was: it has another shape, or is gone"
        known = ~np.isnan(wanted)
        off = known & _wrong(got, wanted, 0.0, atol)
        place = _first(off)
        if place is not None and off.sum() > spare * known.sum():
            return (
                f"afterwards, in {name}, entry {list(place)} is {float(got[place]):.7g}, "
                f"{float(wanted[place]):.7g} wanted "
                f"({int(off.sum())} of {int(known.sum())} differ)"
            )
    return None


def unbiased(
    reply: Reply, *, log_mean: Array, spread: tuple[float, float], shape: Shape
) -> str | None:
    """Logarithms of estimates that are right on average: the mean of exp(output), and each of them.

    log_mean []: of what is estimated. spread: how far the mean of all estimates, and any single
    one, may be off, as a fraction of it.
    """
    problem = arrangement(reply, [shape])
    if problem:
        return problem
    ratios = np.exp(double(reply.outputs[0]) - double(log_mean))
    if abs(float(ratios.mean()) - 1) > spread[0]:
        found = float(np.log(ratios.mean()) + log_mean)
        shown, wanted = told_apart(found, float(log_mean))
        return f"on average it is {shown}, {wanted} wanted"
    if float(np.abs(ratios - 1).max()) > spread[1]:
        return (
            "it is right on average, but single values are off by a factor of up to "
            f"{brief(float(np.maximum(ratios, 1 / ratios).max()))}: too few codes"
        )
    return None


def reaches(reply: Reply, *, names: tuple[str, ...]) -> str | None:
    """A gradient that is not zero everywhere arrives at each argument or weight."""
    for name in names:
        if name not in reply.gradients or not np.abs(reply.gradients[name]).max() > 0:
            return f"no gradient reaches {_readable(name)}"
    return None


def unreached(reply: Reply, *, names: tuple[str, ...], shape: Shape | None = None) -> str | None:
    """No gradient, or one of zeros, arrives at any of these: a mistake to recognise.

    shape: that of the first output; another one has no gradients for a reason of its own.
    """
    if shape is not None and reply.outputs[0].shape != tuple(shape):
        return "another shape"
    for name in names:
        if name in reply.gradients and np.abs(reply.gradients[name]).max() > 0:
            return f"a gradient reaches {_readable(name)}"
    return None


def reparameterised(
    reply: Reply, *, mean: Array, cotangent: Array, names: tuple[str, ...] = ("arg1", "arg2")
) -> str | None:
    """The gradients of noise that one argument shifts and another one, by its exp, scales.

    names: of both, or of one that holds the two side by side. With z = mean + scale * noise:
    dz/d mean = 1 and dz/d log scale = z - mean.
    """
    problem = arrangement(reply, [mean.shape])
    if problem:
        return problem
    shift = double(reply.outputs[0]) - double(mean)
    if float((shift == 0).mean()) > 0.5:
        return "most entries equal their mean: there is no noise in them"
    both = double(cotangent), double(cotangent) * shift
    parts = both if len(names) > 1 else (np.concatenate(both, axis=-1),)
    return gradients(reply, expected=dict(zip(names, parts, strict=True)))


def rising(
    reply: Reply, *, name: str, direction: Array, rise: float, constant: float
) -> str | None:
    """A slope in a direction rises with the output, a number: noise is seen in both.

    The vector-Jacobian product times `direction` is rise * output + constant.
    """
    problem = arrangement(reply, [()])
    if problem:
        return problem
    got = reply.gradients.get(name)
    if got is None or got.shape != direction.shape:
        return f"no gradient reaches {_readable(name)}"
    slope = float((double(got) * double(direction)).sum())
    wanted = rise * float(reply.outputs[0]) + constant
    if abs(slope - wanted) <= 1e-5 * (1 + abs(wanted) + abs(constant)):
        return None
    places = ", ".join(str(place) for place in np.flatnonzero(direction))
    found, right = told_apart(slope, wanted)
    return f"the gradient of {_readable(name)}: entries {places} add up to {found}, {right} wanted"


def _readable(name: str) -> str:
    if not name.startswith("arg"):
        return name.removeprefix("state.")
    number, *places = name[3:].split(".")
    if places and places[0].startswith("bias"):
        return f"the bias of argument {number}"
    if places and places[0].startswith("weight_"):
        return f"the weights of argument {number}"
    return f"argument {number}" + "".join(f"[{place}]" for place in places)
