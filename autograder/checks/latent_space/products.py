"""Vector-Jacobian products of closed forms: the gradients that a right function has."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.checks import Draw

Leaves = dict[str, Tensor]
"""Arguments and weights, by the names that replies have for them."""


def products(
    function: Callable[[Leaves], tuple[Tensor, ...]], leaves: Leaves, cotangents: tuple[Tensor, ...]
) -> Leaves:
    """Of a closed form, which takes the leaves in float64 and gives all outputs."""
    made = {name: leaf.double().clone().requires_grad_(True) for name, leaf in leaves.items()}
    pairs = zip(function(made), cotangents, strict=True)
    total = torch.stack([(output * up.double()).sum() for output, up in pairs]).sum()
    found = torch.autograd.grad(total, list(made.values()), materialize_grads=True)
    return dict(zip(made, found, strict=True))


def weights(state: Leaves, *names: str) -> Leaves:
    """Some weights of a model, as replies call them."""
    return {f"state.{name}": state[name] for name in names}


def with_weights(state: Leaves, leaves: Leaves) -> Leaves:
    """The state of a model with the weights among the leaves in the place of its own."""
    return {name: leaves.get(f"state.{name}", weight) for name, weight in state.items()}


def cotangent(draw: Draw, *shape: int) -> Tensor:
    """Another weight, of order one, for every entry of an output."""
    return draw.uniform(*shape, low=0.5, high=2.0)
