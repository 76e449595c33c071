"""Densities over a grid of codes, and what wrong contour lines and completions look like."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space.figure_mistakes import LOGITS, wrong_panels
from autograder.checks.latent_space.models import D, L, Parts

HALF = D // 2
_LIKELY = math.log(4 / 7)  # of which `completed` allows seven: a code of the prior is below 4
_SWAPPED = "The first entry of the code goes to the right, the second one up: they are swapped."


@dataclass(frozen=True)
class Hills:
    """log p(top, z) and log q(z) as tables [m, n]: xs [n] to the right, ys [m] upwards.

    top: [D / 2]; mu, logsigma: of q, [L].
    """

    known: Parts
    top: Tensor
    mu: Tensor
    logsigma: Tensor
    xs: Tensor
    ys: Tensor

    @property
    def zs(self) -> Tensor:
        """Codes [m, n, L]."""
        up, right = torch.meshgrid(self.ys.double(), self.xs.double(), indexing="ij")
        return torch.stack([right, up], -1)

    def joint(self, swapped: bool = False) -> Tensor:
        """log p(top, z); swapped: with the entries of z in the other order."""
        zs = self.zs.flip(-1) if swapped else self.zs
        return self.known.joint_top(self.top, zs.reshape(-1, L)).view(zs.shape[:2])

    def q(self, logsigma: Tensor | None = None, swapped: bool = False) -> Tensor:
        """log q(z), with another logsigma where one is given."""
        zs = self.zs.flip(-1) if swapped else self.zs
        flat, logsigma = zs.reshape(-1, L), self.logsigma if logsigma is None else logsigma
        mu, logsigma = self.mu.expand_as(flat), logsigma.expand_as(flat)
        return self.known.log_q(mu, logsigma, flat).view(zs.shape[:2])

    def asked(self) -> dict[str, Any]:
        """Parameters of `contours`."""
        return {"xs": self.xs, "ys": self.ys, "tables": _tables(self.joint(), self.q())}

    def wrong(self) -> Iterator[Misconception]:
        """Of each known mistake."""
        for name, hint, *tables in (*self._swapped(), *self._wrong_joints(), *self._wrong_qs()):
            yield Misconception(name, hint, {"tables": _tables(*tables)})
        hint = (
            "The contour lines of q(z) are missing, or wrong: it has the mean mu and the standard "
            "deviation exp(logsigma)."
        )
        yield Misconception("q_missing", hint, {"tables": _tables(self.joint())})
        hint = (
            "The contour lines of p(top, z) are missing, or wrong: exp(joint_top(...)) of a grid."
        )
        yield Misconception("joint_missing", hint, {"tables": _tables(self.q())})

    def _swapped(self) -> Iterator[tuple[Any, ...]]:
        yield "axes_swapped", _SWAPPED, self.joint().T, self.q().T
        yield "axes_swapped", _SWAPPED, self.joint(swapped=True), self.q(swapped=True)
        yield "axes_swapped", _SWAPPED, self.joint().T, self.q()
        yield "axes_swapped", _SWAPPED, self.joint(), self.q().T

    def _wrong_joints(self) -> Iterator[tuple[Any, ...]]:
        flat, right = self.zs.reshape(-1, L), self.joint()
        prior, logits = self.known.log_prior(flat), self.known.decoder(flat)
        hint = "The prior is missing in the joint density: p(top, z) = p(top | z) p(z)."
        yield "prior_forgotten", hint, right - prior.view_as(right), self.q()
        hint = "Only the top half was seen: zeros in place of the rest change the density."
        padded = torch.cat([self.top, torch.zeros(HALF)]).expand(len(flat), -1)
        log_p = self.known.bernoulli(logits, padded).sum(-1) + prior
        yield "zero_padding", hint, log_p.view_as(right), self.q()
        hint = "The pixels of the top half go with the first 392 logits, not with the last ones."
        log_p = self.known.bernoulli(logits[:, HALF:], padded[:, :HALF]).sum(-1) + prior
        yield "wrong_half", hint, log_p.view_as(right), self.q()
        hint = "The likelihood is missing in the joint density: p(top, z) = p(top | z) p(z)."
        yield "likelihood_forgotten", hint, prior.view_as(right), self.q()

    def _wrong_qs(self) -> Iterator[tuple[Any, ...]]:
        hint = "The width of q is off: its standard deviation is exp(logsigma)."
        yield "variance_for_sigma", hint, self.joint(), self.q(self.logsigma / 2)
        hint = "q(z) has its own mu and logsigma; these lines are those of the prior."
        flat = self.zs.reshape(-1, L)
        yield "prior_for_q", hint, self.joint(), self.known.log_prior(flat).view(self.zs.shape[:2])
        hint = "log_q takes the logarithm of sigma, not sigma itself."
        yield "sigma_for_logsigma", hint, self.joint(), self.q(self.logsigma.exp())


def _tables(*values: Tensor) -> tuple[Tensor, ...]:
    """Relative to the largest, as float32: only differences matter."""
    return tuple((table - table.max()).float().contiguous() for table in values)


def _wrong_halves(params: dict[str, Any]) -> Iterator[Misconception]:
    kept, image = params["kept"], params["image"]
    left = torch.zeros_like(kept)
    left[:, :14] = True
    hint = "The top half was seen and stays; the bottom half is completed."
    yield Misconception("wrong_half_kept", hint, {"kept": ~kept, "seen": image})
    hint = "The top half was seen and stays, not the left half."
    yield Misconception("wrong_half_kept", hint, {"kept": left, "seen": image})
    nothing = {"kept": torch.zeros_like(kept)}
    yield Misconception("nothing_kept", "Keep the top half as it was seen.", nothing)


def wrong_completions(params: dict[str, Any]) -> Iterator[Misconception]:
    """params: of `completed`."""
    yield from _wrong_halves(params)
    image, kept = params["image"], params["kept"]
    yield Misconception("logits_shown", LOGITS, {"link": "none"})
    hint = "The code is to come from q, not from the prior."
    prior = {"mean": torch.zeros(L), "logsigma": torch.full((L,), _LIKELY)}
    yield Misconception("prior_for_posterior", hint, prior)
    hint = "The lower half on the right is to come from the model."
    for name, second in (("not_completed", image), ("half_left_black", image * kept)):
        shown = {"images": (image, second), "columns": 2}
        yield Misconception(name, hint, shown, kind="panels")
    hint = "The lower half is to hold the decoder's mean, not a binary sample."
    yield Misconception("sample_for_mean", hint, {"sample": True})
    hint = "The digit itself belongs on the left, its completion on the right."
    yield Misconception("panels_swapped", hint, {"order": (1, 0)})
    yield from wrong_panels()
