"""Models of a notebook's classes, made as a call asks for them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from vae_utils.calls import Call, Instance
from vae_utils.stand_in import StandIn
from vae_utils.standing_in import Missing, disable, find

_DRAWN = 4099  # a prime, so that no two rows of a layer are the same


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
    return made if instance.training else made.eval()


def instances(call: Call, namespace: dict[str, Any], leaves: dict[str, Tensor]) -> dict[int, Any]:
    """The objects among the arguments, by place; repeated calls share them."""
    built = {}
    for index, value in enumerate(call.args):
        if isinstance(value, Instance):
            built[index] = _build(value, namespace, leaves)
            disable(call, built[index])
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
