"""What a call takes from a notebook: its functions, and stand-ins in place of some of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from vae_utils.calls import Call, Instance
from vae_utils.stand_in import StandIn

_NOTHING = object()


class Missing(LookupError):
    """The notebook defines no such function or class."""


class Hung(RuntimeError):
    """A function that did not come back earlier is not called again."""


def find(name: str, namespace: dict[str, Any]) -> Any:
    """What the notebook calls so; Missing if there is nothing."""
    if name not in namespace:
        raise Missing(f"there is no `{name}` in the notebook")
    return namespace[name]


def _hung(name: str) -> Any:
    def hung(*_: Any, **__: Any) -> None:
        raise Hung(f"`{name}` did not come back when it was called before")

    return hung


def _disabled(call: Call) -> set[str]:
    return set(call.disabled) - set(call.stand_ins)


def disable(call: Call, owner: Any) -> None:
    """Let no method of the object be called that hung before."""
    for name in _disabled(call):
        object.__setattr__(owner, name, _hung(name))


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
        models = [v for v in (*inputs, *named.values()) if hasattr(v, "named_parameters")]
        weights = dict(models[-1].named_parameters())
        own = {name: weights[name].flatten() for name in stand_in.own}
        return stand_in(*inputs, **named, **own)

    return function


@contextlib.contextmanager
def standing_in(call: Call, namespace: dict[str, Any], leaves: dict[str, Any]) -> Iterator[None]:
    """Stand-ins in place of methods and functions of the notebook, nothing in that of functions
    that hung before."""
    owners = {find(v.cls, namespace) for v in call.args if isinstance(v, Instance)}
    with contextlib.ExitStack() as undo:
        for name in _disabled(call) & set(namespace) - {call.function}:
            undo.callback(namespace.__setitem__, name, namespace[name])
            namespace[name] = _hung(name)
        for name, stand_in in call.stand_ins.items():
            trained = call.cotangents and call.is_of_torch
            put, biases = stand_in.leaves() if trained else (stand_in, ())
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
