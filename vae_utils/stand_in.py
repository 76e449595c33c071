"""Stands in for a wrong part of a student's model, so that what uses the part can be judged.

A stand-in has the part's arguments, shapes and, where it draws, noise; otherwise it is as plain as
can be: affine maps that the judge has drawn. It holds no formula of the course.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vae_utils.arrays import is_tensor

FAINTEST = 0.02  # of a ramp: logarithms of it and of one minus it stay moderate


@dataclass(frozen=True)
class StandIn:
    """`f(*inputs)`, one output a map: bias + sum_i input_i @ weight_i, of tensors or of arrays.

    parameters: names of the inputs, each [..., n_i], or images [B, ...] of n_i pixels.
    maps: for each output its bias [m] or [] and a weight [n_i, m] or [n_i] an input; a weight []
        multiplies every entry (the output has the input's shape), and None leaves the input out.
    noise: half the width of uniform noise that is added to every entry.
    ramp: whether outputs are probabilities, 1/2 + output within [FAINTEST, 1 - FAINTEST].
    plain: whether it takes the place of a function of the notebook, not of a method.
    bend: how much of its own square is added to every entry: then means depend on spreads.
    mean: whether outputs are averaged over rows, to [m] or [].
    own: names of weights of the model that are further inputs, flattened: it can be trained. The
        model is the method's own, or the last argument of a function that is one.
    scale: what every entry is multiplied by.
    step: whether outputs are 1 above 1/2 and else 0.
    asks: an input that is a model: it is asked about all others that are parameters, and nothing
        comes of it, but that it has seen them.
    """

    parameters: tuple[str, ...]
    maps: tuple[tuple[Any, ...], ...]
    noise: float = 0.0
    ramp: bool = False
    plain: bool = False
    bend: float = 0.0
    mean: bool = False
    own: tuple[str, ...] = ()
    scale: float = 1.0
    step: bool = False
    asks: str = ""

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """The only output, or a tuple of all, each [..., m] or [...]."""
        names = (*self.parameters, *self.own)
        unknown = (value for name, value in named.items() if name not in names)
        rest = iter((*inputs, *unknown))
        values = [named[name] if name in named else next(rest) for name in names]
        if self.asks:
            model = values[names.index(self.asks)]
            for name, value in zip(self.parameters, values, strict=False):
                name == self.asks or model(value)
        outputs = tuple(self._finished(_affine(values, *terms)) for terms in self.maps)
        return outputs if len(outputs) > 1 else outputs[0]

    def _finished(self, output: Any) -> Any:
        if self.noise:
            output = output + self.noise * (2 * _drawn(output) - 1)
        if self.bend:
            output = output + self.bend * output**2
        if self.mean:
            output = output.mean(0)
        if self.scale != 1:
            output = self.scale * output
        if self.step:
            output = _ones(output > 0.5, output)
        return (0.5 + output).clip(FAINTEST, 1 - FAINTEST) if self.ramp else output

    def without_noise(self) -> StandIn:
        """The same, drawing nothing."""
        return replace(self, noise=0.0)

    def leaves(self) -> tuple[StandIn, tuple[Any, ...]]:
        """The same with biases, tensors, that gradients reach, and these biases."""
        biases = tuple(bias.detach().clone().requires_grad_(True) for bias, *_ in self.maps)
        maps = tuple((b, *terms[1:]) for b, terms in zip(biases, self.maps, strict=True))
        return replace(self, maps=maps), biases

    def variable(self) -> tuple[StandIn, dict[str, Any]]:
        """The same with biases and weights, tensors, that gradients reach, and these by name.

        These are bias0 and, of the input x, weight_x0 for the first output, and so on.
        """
        names = ("bias", *(f"weight_{name}" for name in (*self.parameters, *self.own)))
        places = range(len(self.maps))
        leaves = {
            f"{name}{place}": term.detach().clone().requires_grad_(True)
            for place in places
            for name, term in zip(names, self.maps[place], strict=True)
            if term is not None
        }
        maps = tuple(tuple(leaves.get(f"{name}{place}") for name in names) for place in places)
        return replace(self, maps=maps), leaves


def _drawn(output: Any) -> Any:
    """Uniform numbers in [0, 1) of the same shape and kind."""
    if not is_tensor(output):
        return np.random.rand(*output.shape)
    import torch

    return torch.rand_like(output)


def _ones(where: Any, output: Any) -> Any:
    """1 where it is so, else 0, as numbers of the kind that `output` has."""
    return where.to(output) if is_tensor(output) else np.where(where, 1.0, 0.0)


def _affine(values: list[Any], bias: Any, *weights: Any) -> Any:
    products = []
    for value, weight in zip(values, weights, strict=True):
        if weight is None:
            continue
        if not weight.ndim:
            products.append(value * _like(weight, value))
            continue
        rows = value if value.shape[-1] == len(weight) else value.reshape(len(value), -1)
        products.append(rows @ _like(weight, rows))
    return sum(products, _like(bias, products[0]))


def _like(constant: Any, value: Any) -> Any:
    """A tensor of the same dtype and on the same device; arrays need not be."""
    return constant.to(value) if is_tensor(value) else constant
