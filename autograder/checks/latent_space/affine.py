"""A VAE whose decoder is a straight line: from an image of means, its code can be told.

The hidden layer is hardly bent, since its inputs are faint and its outputs strong, so that
logits = bias + z @ weight. With tanh(a) = a - a^3 / 3 + ... and |a| <= 10 FAINT for codes that
chance makes, the answer of each unit is off by less than 0.02 %, and means by less than 0.0005.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import models
from autograder.checks.latent_space.models import D, H, L, Parts, StandIns
from vae_utils.calls import Instance
from vae_utils.drawn_codes import SHIFT
from vae_utils.stand_in import StandIn

FAINT = 0.002
ATOL = 2e-3
_SLOPE, _MIDDLE = 1.0, 0.8
"""Logits differ so much from code to code that a sample shows which one it belongs to."""


@dataclass(frozen=True)
class Affine:
    """The model, and its decoder as bias [D] and weight [L, D]."""

    known: Parts
    bias: Tensor
    weight: Tensor

    @property
    def instance(self) -> Instance:
        """What is called."""
        return models.model(self.known.state)

    def with_stand_ins(self, stand_ins: StandIns) -> Affine:
        """The same, some of the student's functions replaced."""
        known = Parts(self.known.state, stand_ins)
        if "decoder" not in stand_ins:
            return replace(self, known=known)
        bias, weight = stand_ins["decoder"].maps[0]
        return Affine(known, bias, weight)

    def decoder(self) -> dict[str, Any]:
        """Parameters of a comparison."""
        return {"bias": self.bias, "weight": self.weight, "atol": ATOL}


def affine(draw: Draw, encoder: models.State) -> Affine:
    """One with that encoder."""
    hidden = draw.uniform(H, L, low=-FAINT, high=FAINT)
    output = draw.uniform(D, H, low=-_SLOPE / FAINT, high=_SLOPE / FAINT)
    bias = draw.uniform(D, low=-_MIDDLE, high=_MIDDLE)
    state = encoder | {
        "decoder_hidden.weight": hidden,
        "decoder_hidden.bias": torch.zeros(H),
        "decoder_output.weight": output,
        "decoder_output.bias": bias,
    }
    return Affine(Parts(state, {}), bias, (output.double() @ hidden.double()).T.float())


def with_and_without(stand_ins: StandIns, *names: str) -> Iterator[StandIns]:
    """All of them, then without these or some of these: one function of a cell may do without."""
    given = [name for name in names if name in stand_ins]
    for count in range(len(given) + 1):
        for left_out in combinations(given, count):
            yield {name: s for name, s in stand_ins.items() if name not in left_out}


def shifted() -> StandIns:
    """In place of `sample_bernoulli`: 1 with the probability theta + SHIFT, or 1."""
    maps = ((torch.tensor(SHIFT), torch.tensor(1.0)),)
    return {"sample_bernoulli": StandIn(("theta",), maps, noise=0.5, plain=True, step=True)}


def cloud() -> StandIns:
    """In place of `sample_diag_gaussian`: mean mu and standard deviation 1, whatever logsig is."""
    maps = ((torch.tensor(0.0), torch.tensor(1.0), None),)
    return {"sample_diag_gaussian": StandIn(("mu", "logsig"), maps, noise=3**0.5, plain=True)}


def samples(stand_ins: StandIns) -> str:
    """How samples look: see `vae_utils.drawn_codes`."""
    return "shifted" if "sample_bernoulli" in stand_ins else "drawn"
