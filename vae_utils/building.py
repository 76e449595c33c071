"""What a call takes from a notebook: its classes and functions, models made of them, stand-ins."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from vae_utils.calls import Call, Instance
from vae_utils.stand_in import StandIn

_NOTHING = object()
_DRAWN = 4099  # a prime, so that no two rows of a layer are the same


class Missing(LookupError):
    """The notebook defines no such function or class."""


class Hung(RuntimeError):
    """A function that did not come back earlier is not called again."""


def find(name: str, namespace: dict[str, Any]) -> Any:
    """What the notebook calls so; Missing if there is nothing."""
    if name not in namespace:
        raise Missing(f"there is no `{name}` in the notebook")
    return namespace[name]


def device_of(namespace: dict[str, Any]) -> torch.device:
    """The notebook's own `device`."""
    device = namespace.get("device", "cpu")
    return device if isinstance(device, torch.device) else torch.device("cpu")


def _fill(layer: nn.Linear) -> None:
    """As torch's own initialisation, uniform numbers of that width, but few that come again."""
    width = 1 / math.sqrt(layer.in_features)
    drawn = torch.empty(_DRAWN).uniform_(-width, width)
    for weight in layer.parameters(recurse=False):
        flat = weight.data.view(-1)
        whole = len(flat) // _DRAWN * _DRAWN
        flat[:whole].view(-1, _DRAWN).copy_(drawn)
        flat[whole:].copy_(drawn[: len(flat) - whole])


@contextlib.contextmanager
def _quick_layers() -> Iterator[None]:
    """Drawing a model's initial weights would take longer than most calls of it."""
    drawn = nn.Linear.reset_parameters
    nn.Linear.reset_parameters = _fill  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        nn.Linear.reset_parameters = drawn  # type: ignore[method-assign]


def _build(instance: Instance, namespace: dict[str, Any], leaves: dict[str, Tensor]) -> Any:
    cls = find(instance.cls, namespace)
    if not isinstance(cls, type):
        raise Missing(f"`{instance.cls}` is no longer a class but a {type(cls).__name__}")
    with _quick_layers():
        made = cls(*instance.init).to(device_of(namespace))
    parameters = dict(made.named_parameters())
    for name, value in instance.state.items():
        if name not in parameters or parameters[name].shape != value.shape:
            raise Missing(f"`{instance.cls}` has no parameter `{name}` of shape {[*value.shape]}")
        parameters[name].data.copy_(value)
    leaves.update({f"state.{name}": parameter for name, parameter in parameters.items()})
    return made


def _hung(name: str) -> Any:
    def hung(*_: Any, **__: Any) -> None:
        raise Hung(f"`{name}` did not come back when it was called before")

    return hung


def _disabled(call: Call) -> set[str]:
    return set(call.disabled) - set(call.stand_ins)


def _disable(call: Call, owner: Any) -> None:
    for name in _disabled(call):
        object.__setattr__(owner, name, _hung(name))


def instances(call: Call, namespace: dict[str, Any], leaves: dict[str, Tensor]) -> dict[int, Any]:
    """The objects among the arguments, by place; repeated calls share them."""
    built = {}
    for index, value in enumerate(call.args):
        if isinstance(value, Instance):
            built[index] = _build(value, namespace, leaves)
            _disable(call, built[index])
        elif isinstance(value, StandIn):
            built[index] = _handed_over(f"arg{index}", value, call, leaves)
    return built


def _handed_over(name: str, stand_in: StandIn, call: Call, leaves: dict[str, Tensor]) -> StandIn:
    """A stand-in as an argument; its biases and weights are variables where gradients are asked."""
    if call.cotangents is None:
        return stand_in
    put, found = stand_in.variable()
    leaves.update({f"{name}.{place}": leaf for place, leaf in found.items()})
    return put


def _method(stand_in: StandIn) -> Any:
    def method(owner: Any, *inputs: Any, **named: Any) -> Any:
        weights = dict(owner.named_parameters()) if stand_in.own else {}
        own = {name: weights[name].flatten() for name in stand_in.own}
        return stand_in(*inputs, **named, **own)

    return method


def _function(stand_in: StandIn) -> Any:
    """In place of a function; weights of the model among its arguments are inputs, where asked."""
    if not stand_in.own:
        return stand_in

    def function(*inputs: Any, **named: Any) -> Any:
        models = [v for v in (*inputs, *named.values()) if isinstance(v, nn.Module)]
        weights = dict(models[-1].named_parameters())
        own = {name: weights[name].flatten() for name in stand_in.own}
        return stand_in(*inputs, **named, **own)

    return function


@contextlib.contextmanager
def standing_in(call: Call, namespace: dict[str, Any], leaves: dict[str, Tensor]) -> Iterator[None]:
    """Stand-ins in place of methods and functions of the notebook, nothing in that of functions
    that hung before."""
    owners = {find(v.cls, namespace) for v in call.args if isinstance(v, Instance)}
    with contextlib.ExitStack() as undo:
        for name in _disabled(call) & set(namespace) - {call.function}:
            undo.callback(namespace.__setitem__, name, namespace[name])
            namespace[name] = _hung(name)
        for name, stand_in in call.stand_ins.items():
            put, biases = stand_in.leaves() if call.cotangents else (stand_in, ())
            leaves.update({f"{name}.{place}": bias for place, bias in enumerate(biases)})
            if stand_in.plain:
                undo.callback(_put_global, namespace, name, namespace.get(name, _NOTHING))
                namespace[name] = _function(put)
            else:
                _put_methods(name, _method(put), owners, namespace, undo)
        yield


def _put_methods(
    name: str, method: Any, owners: set[Any], namespace: dict[str, Any], undo: contextlib.ExitStack
) -> None:
    """On their classes, and where they are global functions as well."""
    for owner in owners:
        own = vars(owner).get(name, _NOTHING)
        if namespace.get(name) is own:
            undo.callback(namespace.__setitem__, name, own)
            namespace[name] = method
        undo.callback(_put_back, owner, name, own)
        setattr(owner, name, method)


def _put_back(owner: Any, name: str, own: Any) -> None:
    if own is _NOTHING:
        delattr(owner, name)
    else:
        setattr(owner, name, own)


def _put_global(namespace: dict[str, Any], name: str, own: Any) -> None:
    if own is _NOTHING:
        namespace.pop(name, None)
    else:
        namespace[name] = own
