"""Makes a call with arrays of NumPy, and finds gradients by the package autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from vae_utils.arrays import Array
from vae_utils.calls import Call
from vae_utils.intact import insist_on_intact
from vae_utils.returned import as_plain


class WithArrays:
    """A call's arguments, copied for every round.

    Arrays may lie in lists and tuples, as the layers of a network do. An array's gradient has the
    name of its place: that of argument 0 is "arg0", or "arg0.2.1" within its item 2, item 1.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.leaves: dict[str, Any] = {}
        self._gradients: dict[str, Array] = {}

    def make(self, function: Callable[..., Any]) -> Any:
        """What the function returns."""
        args = list(map(_copied, self._call.args))
        if self._call.cotangents is None:
            result = function(*args)
            if self._call.intact:
                insist_on_intact(args, self._call.args)
            return result
        return self._traced(function, args)

    def _traced(self, function: Callable[..., Any], args: list[Any]) -> Any:
        from autograd.core import make_vjp

        places = [place for place, value in enumerate(args) if _is_floating(value)]
        kept: list[Any] = []

        def total(leaves: Any) -> Any:
            own = {place: leaves[number] for number, place in enumerate(places)}
            kept.append(function(*(own.get(place, value) for place, value in enumerate(args))))
            return _weighted(kept[-1], self._call.cotangents or ())

        product, _ = make_vjp(total, tuple(args[place] for place in places))
        if kept[-1] is not None and places:
            for place, slope in zip(places, product(1.0), strict=True):
                self._gradients |= dict(_named(f"arg{place}", slope))
        return _value(kept[-1])

    def gradients(self, _: tuple[Any, ...]) -> dict[str, Array]:
        """Of the outputs with the call's cotangents, by the name of the argument."""
        return self._gradients

    def weights(self) -> dict[str, Array]:
        """None: nothing here is a model."""
        return {}


def _copied(value: Any) -> Any:
    """So that code may change its arguments in place."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copied, value))
    return np.array(value) if isinstance(value, np.ndarray) else value


def _is_floating(value: Any) -> bool:
    """Whether it is an array of real numbers, or all that is in it is one."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_is_floating, value))
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _weighted(result: Any, cotangents: tuple[Array, ...]) -> Any:
    """The sum of all outputs times their cotangents; those of another shape do not count."""
    outputs = result if _is_several(result) else (result,)
    terms = [
        (output * cotangent).sum()
        for output, cotangent in zip(outputs, cotangents, strict=False)
        if output is not None and np.shape(_value(output)) == cotangent.shape
    ]
    return sum(terms, 0.0)


def _is_several(result: Any) -> bool:
    return isinstance(_value(result), (tuple, list))


def _value(result: Any) -> Any:
    """What was computed, without the record of how."""
    from autograd.tracer import getval

    plain = getval(result)
    if isinstance(plain, (list, tuple)):
        return type(plain)(map(_value, plain))
    return plain


def _named(name: str, slope: Any) -> Iterator[tuple[str, Array]]:
    if isinstance(slope, (list, tuple)):
        for place, part in enumerate(slope):
            yield from _named(f"{name}.{place}", part)
    else:
        yield name, as_plain(slope)
