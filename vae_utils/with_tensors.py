"""Makes a call with tensors and models of torch, and finds gradients by its autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_utils.arrays import Array, is_tensor
from vae_utils.building import device_of, instances
from vae_utils.calls import Call
from vae_utils.intact import insist_on_intact
from vae_utils.returned import as_plain
from vae_utils.stand_in import StandIn


class WithTensors:
    """A call's arguments: models are built once, tensors are copied for every round."""

    def __init__(self, call: Call, namespace: dict[str, Any]) -> None:
        self._call = call
        self._device = torch.device("cpu") if call.on_cpu else device_of(namespace)
        self.leaves: dict[str, Tensor] = {}
        self._built = instances(call, namespace, self.leaves)

    def make(self, function: Callable[..., Any]) -> Any:
        """What the function returns."""
        args = tuple(map(self._argument, range(len(self._call.args))))
        result = function(*args)
        if self._call.intact:
            insist_on_intact(args, self._call.args)
        return result

    def _argument(self, place: int) -> Any:
        if place in self._built:
            return self._built[place]
        moved = _moved(self._call.args[place], self._device)
        if self._call.cotangents is None or place in self._call.constants:
            return moved
        if not is_tensor(moved) or not moved.is_floating_point():
            return moved
        self.leaves[f"arg{place}"] = moved.requires_grad_(True)
        return moved.clone()  # a copy, because code may change its arguments in place

    def gradients(self, outputs: tuple[Any, ...]) -> dict[str, Array]:
        """Of the outputs with the call's cotangents, by the name of the argument or weight."""
        weighted = [
            (output * cotangent.to(output.device)).sum()
            for output, cotangent in zip(outputs, self._call.cotangents or (), strict=False)
            if is_tensor(output) and output.requires_grad and _fit(output, cotangent)
        ]
        if not weighted:
            return {}
        total, leaves = torch.stack(weighted).sum(), self.leaves
        found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
        pairs = zip(leaves, found, strict=True)
        return {name: as_plain(slope) for name, slope in pairs if slope is not None}

    def weights(self) -> dict[str, Array]:
        """The weights that are asked for as they are now, by name."""
        models = (made for made in self._built.values() if not isinstance(made, StandIn))
        pairs = (pair for made in models for pair in made.named_parameters())
        return {name: as_plain(weight) for name, weight in pairs if name in self._call.weights}


def _fit(output: Tensor, cotangent: Tensor) -> bool:
    """Whether they have one shape; a single number may be [] or [1]."""
    return output.shape == cotangent.shape or output.numel() == cotangent.numel() == 1


def _moved(value: Any, device: torch.device) -> Any:
    """A tensor as a copy on the device, and so all batches of a list; anything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(part, device) for part in value)
    return value.detach().clone().to(device) if isinstance(value, Tensor) else value
