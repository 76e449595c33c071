"""Ways between codes, and what wrong mixtures, ways and reconstructions look like."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space import models
from autograder.checks.latent_space.figure_mistakes import (
    LOGITS,
    reordered,
    transposed,
    wrong_panels,
    wrong_samples,
)
from autograder.checks.latent_space.models import Parts

_ORDERS = (
    (0, 1, 3, 5, 2, 4, 6),
    (0, 2, 1, 4, 3, 6, 5),
    (0, 2, 4, 6, 1, 3, 5),
    (1, 2, 3, 4, 5, 6, 0),
    (1, 3, 5, 0, 2, 4, 6),
)
"""Where columns that are mixed up stand: means first, samples first, the image last or between."""
_REVERSED = "The direction is reversed: alpha = 1 must give z_a."


def wrong_mixtures(z_a: Tensor, z_b: Tensor, alpha: float) -> Iterator[Misconception]:
    """Of what `interpolate` returns."""
    wrong = (
        ("reversed", _REVERSED, alpha * z_b + (1 - alpha) * z_a),
        ("sum_of_both", "z_b counts with 1 - alpha.", alpha * z_a + z_b),
        ("sum_of_both", "z_b counts with 1 - alpha.", alpha * z_a + alpha * z_b),
        ("wrong_sign", "Both terms are added.", alpha * z_a - (1 - alpha) * z_b),
        ("mean_of_both", "alpha says how much of z_a there is.", 0.5 * (z_a + z_b)),
    )
    for name, hint, mixed in wrong:
        yield Misconception(name, hint, {"expected": (mixed,)})


def accepted(z_a: Tensor, z_b: Tensor, alpha: float) -> Iterator[Misconception]:
    """Instead of an error, a mixture, with alpha as it is or moved to the nearest end."""
    name, hint = "alpha_unchecked", "Raise a ValueError before you mix: 0 <= alpha <= 1 is wanted."
    for share in (alpha, min(max(alpha, 0.0), 1.0)):
        for mixed in (share * z_a + (1 - share) * z_b, share * z_b + (1 - share) * z_a):
            yield Misconception(name, hint, {"expected": (mixed,)}, kind="equal")
        name, hint = "alpha_clamped", "Do not mend alpha in silence: raise a ValueError."


@dataclass(frozen=True)
class Ways:
    """From images a to images b, [P, D] each; pixels: rows and columns [n, 2] to look at."""

    known: Parts
    images_a: Tensor
    images_b: Tensor
    steps: int
    pixels: Tensor

    @property
    def z_a(self) -> Tensor:
        """Codes of images a [P, L]."""
        return self.known.encoder(self.images_a)[0]

    @property
    def z_b(self) -> Tensor:
        """Codes of images b [P, L]."""
        return self.known.encoder(self.images_b)[0]

    @property
    def alphas(self) -> Tensor:
        """Of all columns [steps]."""
        return torch.linspace(1, 0, self.steps, dtype=torch.float64)

    def decoded(self, codes: Tensor) -> Tensor:
        """Means [P, steps, D] of codes [P, steps, L]."""
        return self.known.theta(codes.reshape(-1, models.L)).view(*codes.shape[:2], -1)

    def right(self) -> Tensor:
        """Means [P, steps, D]."""
        return self.decoded(_mixed(self.z_a, self.z_b, self.alphas))

    def _seen(self, images: Tensor) -> Tensor:
        rows, columns = self.pixels.T
        return images.reshape(-1, models.D)[:, rows * 28 + columns].float()

    def asked(self, images: Tensor) -> dict[str, Any]:
        """Parameters of `mosaic` for images [P, steps, D]."""
        captions = (f"{alpha:.2g} a\n+ {1 - alpha:.2g} b" for alpha in self.alphas.tolist())
        return {
            "shape": (28, 28), "places": self.pixels, "values": self._seen(images),
            "columns": self.steps, "captions": tuple(captions) * len(self.images_a),
        }  # fmt: skip

    def wrong(self) -> Iterator[Misconception]:
        """Of each known mistake."""
        mistakes = (*self._wrong_codes(), *self._wrong_images())
        for name, hint, images in mistakes:
            yield Misconception(name, hint, {"values": self._seen(images)})
        hint = "These are binary samples; the decoder's means are wanted."
        yield Misconception("samples_for_means", hint, {"binary": True})
        turned = {"values": self._seen(self.right().transpose(0, 1)), "columns": len(self.images_a)}
        yield Misconception("layout_turned", "Each pair has a row of its own, no column.", turned)
        yield from wrong_panels()

    def _wrong_codes(self) -> Iterator[tuple[str, str, Tensor]]:
        z_a, z_b, alphas, n = self.z_a, self.z_b, self.alphas, self.steps
        hint = "One end is missing: the first column is alpha = 1, the last one alpha = 0."
        early = 1 - torch.arange(n, dtype=torch.float64) / n
        within = torch.linspace(1, 0, n + 2, dtype=torch.float64)[1:-1]
        leap = torch.cat([torch.ones(1), torch.linspace(1, 0, n + 1)[2:]]).double()
        ways = (
            ("reversed", _REVERSED, z_b, z_a, alphas),
            ("end_missing", hint, z_a, z_b, early),
            ("end_missing", hint, z_a, z_b, early - 1 / n),
            ("end_missing", hint, z_a, z_b, within),
            ("uneven_steps", "All steps are of the same size, 1 / (steps - 1).", z_a, z_b, leap),
        )
        for name, more, first, last, shares in ways:
            yield name, more, self.decoded(_mixed(first, last, shares))
        hint = "Only the ends are shown; there are codes in between."
        yield "only_ends", hint, self.decoded(_mixed(z_a, z_b, (alphas >= 0.5).double()))
        hint = "Log sigmas were mixed: take the encoder's first answer, the means."
        s_a, s_b = (self.known.encoder(images)[1] for images in (self.images_a, self.images_b))
        yield "sigmas_mixed", hint, self.decoded(_mixed(s_a, s_b, alphas))

    def _wrong_images(self) -> Iterator[tuple[str, str, Tensor]]:
        first, last = self.images_a.double(), self.images_b.double()
        yield "pixels_mixed", "Mix codes, not pixels.", _mixed(first, last, self.alphas)
        hint = "Mix codes, and decode the mixture; these are mixed images."
        first, last = self.known.theta(self.z_a), self.known.theta(self.z_b)
        yield "pixels_mixed", hint, _mixed(first, last, self.alphas)
        codes = _mixed(self.z_a, self.z_b, self.alphas).reshape(-1, models.L)
        yield "logits_shown", LOGITS, self.known.decoder(codes)


def _mixed(first: Tensor, last: Tensor, alphas: Tensor) -> Tensor:
    """[P, steps, ...]"""
    shares = alphas[None, :, None]
    return shares * first[:, None] + (1 - shares) * last[:, None]


def wrong_reconstructions(params: dict[str, Any], fixed: dict[str, Any]) -> Iterator[Misconception]:
    """params: of `decoded`; fixed: with two draws, the default, whatever number was asked for."""
    mean, logsigma = params["mean"], params["logsigma"]

    def gives(name: str, hint: str, **change: Any) -> Misconception:
        return Misconception(name, hint, change)

    yield from wrong_samples("on their left")
    hint = (
        "These are the means of q(z | x): draw codes from it, sample_diag_gaussian(mu, logsigma)."
    )
    yield gives("mean_decoded", hint, spread="none")
    hint = "All draws of an image are the same one: draw a code anew for each."
    yield gives("draw_repeated", hint, spread="same")
    hint = "All images share their noise: draw it in the shape of mu."
    yield gives("noise_shared_by_images", hint, spread="shared")
    hint = "The entries of a code share their noise: draw it in the shape of mu."
    yield gives("noise_shared_by_entries", hint, spread="line")
    hint = "The codes spread too much or too little: sigma is exp(logsigma)."
    yield gives("variance_for_sigma", hint, logsigma=2 * logsigma)
    yield gives("variance_for_sigma", hint, logsigma=logsigma / 2)
    hint = "The noise is uniform (rand); it is to be standard normal (randn)."
    for low, high in ((0.0, 1.0), (-1.0, 1.0)):
        middle = mean + (low + high) / 2 * logsigma.exp()
        width = logsigma + math.log((high - low) / math.sqrt(12))
        yield gives("uniform_noise", hint, mean=middle, logsigma=width, spread="uniform")
    zero = torch.zeros_like(mean)
    hint = (
        "The codes spread far beyond q(z | x): do they come from the prior, or is logsigma taken "
        "for sigma?"
    )
    for wide in (zero, logsigma.abs().log()):
        yield gives("prior_for_posterior", hint, mean=mean if wide.any() else zero, logsigma=wide)
    hint = "The columns are mixed up: the image, then mean and sample of each draw in turn."
    for order in _ORDERS:
        yield gives("columns_mixed", hint, **reordered(params, order))
    hint = "Each image has a row of its own, not a column."
    yield gives("layout_turned", hint, **transposed(params))
    hint = "The number of draws is an argument, which may be another one than the default."
    yield gives("draws_ignored", hint, **fixed)
    yield from wrong_panels()
