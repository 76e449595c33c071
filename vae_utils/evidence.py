"""What a student needs to see of a failed comparison: inputs, expected and obtained, a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vae_utils import picture
from vae_utils.arrays import Array, as_arrays
from vae_utils.calls import Call, Reply
from vae_utils.compare_values import first_difference
from vae_utils.tape import Entry

_SHOWN = 5
_ENOUGH = 7  # fewer values make no picture


@dataclass(frozen=True)
class Evidence:
    """Facts as (label, text), and a picture as SVG or an empty string."""

    facts: tuple[tuple[str, str], ...] = ()
    picture: str = ""


NO_EVIDENCE = Evidence()


@np.errstate(all="ignore")
def gather(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    """Evidence on a reply that failed its comparison; empty where a sentence says it all."""
    try:
        if entry.call.picture:
            return Evidence(picture=sketched(entry.kind, entry.params, reply))
        show = _SHOWS.get(entry.kind)
        known = replace(entry, params=as_arrays(entry.params))
        return show(known, reply, parameters) if show and reply.outputs else NO_EVIDENCE
    except (ArithmeticError, LookupError, TypeError, ValueError):  # an answer too odd to be drawn
        return NO_EVIDENCE


def sketched(kind: str, params: dict[str, Any], reply: Reply) -> str:
    """A figure beside a sketch of what was asked."""
    from vae_utils.sketch import beside

    return beside(kind, as_arrays(params), reply.pictures)


def _shape(array: Array) -> str:
    return "[" + ", ".join(map(str, array.shape)) + "]"


def _values(array: Array) -> str:
    flat = array.astype(float).ravel()
    shown = ", ".join(f"{float(value):.4g}" for value in flat[:_SHOWN])
    if array.ndim == 0:
        return shown
    rest = f", ... ({len(flat)} values)" if len(flat) > _SHOWN else ""
    return f"[{shown}{rest}]"


def _inputs(call: Call, parameters: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Names and values of the arguments that are data."""
    return [
        (parameters[place] if place < len(parameters) else f"argument {place}", value)
        for place, value in enumerate(as_arrays(call.args))
        if isinstance(value, (np.ndarray, int, float))
    ]


def _input_shapes(call: Call, parameters: tuple[str, ...]) -> tuple[str, str]:
    texts = (
        f"{name} {_shape(value)}" if isinstance(value, np.ndarray) else f"{name} = {value}"
        for name, value in _inputs(call, parameters)
    )
    return "input", ", ".join(texts)


def _input_rows(call: Call, parameters: tuple[str, ...], row: int, rows: int) -> list:
    """The row of each input that belongs to a row of the output."""
    return [
        ("input", f"{name}[{row}] = {_values(value[row])}")
        for name, value in _inputs(call, parameters)
        if isinstance(value, np.ndarray) and value.ndim and len(value) == rows
    ]


def _equal(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    expected: tuple[Array, ...] = entry.params["expected"]
    shapes = [", ".join(map(_shape, tensors)) for tensors in (expected, reply.outputs)]
    facts = [_input_shapes(entry.call, parameters)]
    if shapes[0] != shapes[1]:
        return Evidence((*facts, ("expected shape", shapes[0]), ("your shape", shapes[1])))
    only = entry.params.get("only")
    for place, (yours, wanted) in enumerate(zip(reply.outputs, expected, strict=True)):
        index = _wrong(yours, wanted, entry.params) if only in (None, place) else None
        if index is not None:
            return _one_row(entry, parameters, yours, wanted, index)
    return NO_EVIDENCE


def _number(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    facts = [_input_shapes(entry.call, parameters)]
    facts.append(("expected", _values(entry.params["expected"])))
    facts.append(("yours", f"{_values(reply.outputs[0])}, shape {_shape(reply.outputs[0])}"))
    return Evidence(tuple(facts))


def _wrong(yours: Array, wanted: Array, params: dict[str, Any]) -> tuple[int, ...] | None:
    return first_difference(yours, wanted, params.get("rtol", 1e-4), params.get("atol", 1e-5))


def _one_row(
    entry: Entry, parameters: tuple[str, ...], yours: Array, wanted: Array, index: tuple
) -> Evidence:
    """The row of the first wrong entry, and all values in a picture."""
    facts = [_input_shapes(entry.call, parameters)]
    here = index[:1]
    if here:
        facts += _input_rows(entry.call, parameters, here[0], len(wanted))
    which = f" {list(here)}" if here else ""
    facts.append((f"expected{which}", f"{_values(wanted[here])}, all: {_shape(wanted)}"))
    facts.append((f"yours{which}", f"{_values(yours[here])}, all: {_shape(yours)}"))
    many = wanted.size >= _ENOUGH
    return Evidence(tuple(facts), picture.comparison(wanted, yours) if many else "")


def _gradients(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    facts = (_input_shapes(entry.call, parameters),)
    for name, wanted in entry.params["expected"].items():
        yours = reply.gradients.get(name)
        if yours is not None and yours.shape == wanted.shape:
            index = _wrong(yours, wanted, {"rtol": 1e-3, "atol": 1e-4, **entry.params})
            if index is not None and wanted.size >= _ENOUGH:
                drawn = picture.comparison(wanted, yours, "expected gradient", "your gradient")
                return Evidence(facts, drawn)
    return Evidence(facts)


def _density(values: Array) -> Array:
    return np.exp(-(values**2) / 2) / math.sqrt(2 * math.pi)


def _normal(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    mean, std = entry.params["mean"].astype(float), entry.params["std"].astype(float)
    yours, shape = reply.outputs[0], (entry.params["calls"], *mean.shape)
    facts = [_input_shapes(entry.call, parameters), ("calls", str(entry.call.repeat))]
    if tuple(yours.shape) != shape:
        return Evidence(
            (*facts, ("expected shape", _shape(mean)), ("your shape", _shape(yours[0])))
        )
    unit = (yours.astype(float) - mean) / std
    grid = np.linspace(-4, 4, 81)
    return Evidence(tuple(facts), picture.histogram(unit, grid, _density(grid), "(z - mean) / std"))


def _distribution(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    values, cdf = entry.params["values"].astype(float), entry.params["cdf"].astype(float)
    facts = (_input_shapes(entry.call, parameters),)
    if reply.outputs[0].size != entry.params["n"]:
        return Evidence((*facts, ("your shape", _shape(reply.outputs[0]))))
    edges = np.linspace(values[0], values[-1], 21)
    levels = cdf[np.searchsorted(values, edges).clip(max=len(cdf) - 1)]
    density = np.diff(levels) / np.diff(edges)
    middle = (edges[1:] + edges[:-1]) / 2
    return Evidence(facts, picture.histogram(reply.outputs[0], middle, density, "values"))


def _binary(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    yours = reply.outputs[0]
    facts = [_input_shapes(entry.call, parameters)]
    facts.append(("expected", f"{list(entry.params['shape'])}, zeros and ones"))
    facts.append(("yours", f"{_shape(yours)}, {_values(yours)}"))
    return Evidence(tuple(facts))


def _frequencies(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    yours, shape = reply.outputs[0].astype(float), tuple(entry.params["shape"])
    if tuple(yours.shape) != shape:
        return _binary(entry, reply, parameters)
    wanted, found = entry.params["probability"][0], yours.mean(0)
    drawn = picture.comparison(wanted, found, "expected share of ones, by pixel", "your share")
    return Evidence((_input_shapes(entry.call, parameters),), drawn)


def _clusters(entry: Entry, reply: Reply, parameters: tuple[str, ...]) -> Evidence:
    yours, labels = reply.outputs[0], entry.params["labels"]
    facts = [_input_shapes(entry.call, parameters)]
    if tuple(yours.shape) != (len(labels), 2):
        wanted = f"[{len(labels)}, 2]"
        return Evidence((*facts, ("expected shape", wanted), ("your shape", _shape(yours))))
    return Evidence(tuple(facts), picture.clouds(yours, labels))


_SHOWS = {
    "equal": _equal,
    "number": _number,
    "gradients": _gradients,
    "normal": _normal,
    "distribution": _distribution,
    "binary": _binary,
    "frequencies": _frequencies,
    "clusters": _clusters,
}
