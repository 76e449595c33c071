"""Holds figures of a decoder's answers to random codes against the distributions of both.

From a mean its code can be told, and so whether the code was drawn as asked, and whether a sample
belongs to it. As in `vae_utils.compare`, each comparison returns None, or what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_pictures import in_all_scales, unlike, upright
from vae_utils.drawn_codes import SAMPLES, Reading, fresh, off_codes
from vae_utils.layout import Grid, place, scales

_STEPS = 3  # of Gauss and Newton, until a code fits means that were cut off to whole numbers


def _solve(system: Array, right: Array) -> Array:
    """By least squares; numbers that are none give none."""
    if not (np.isfinite(system).all() and np.isfinite(right).all()):
        return np.full(system.shape[1], np.nan)
    return np.linalg.lstsq(system, right)[0]


@dataclass(frozen=True)
class _Decoder:
    """Means of pixels that are sigmoid(bias + z @ weight): which code z do they belong to?"""

    bias: Array
    weight: Array
    atol: float
    link: str = "sigmoid"

    def code(self, mean: Array, seen: Array | None = None) -> Array | None:
        """z [L] of an image [H, W] of means; None where there is no such z.

        seen: bool [D], pixels to go by.
        """
        use = np.ones(mean.size, bool) if seen is None else seen
        bias, weight = self.bias.astype(float)[use], self.weight.astype(float)[:, use]
        flat = mean.flatten()[use]
        z = self._start(flat, bias, weight)
        for _ in range(_STEPS):
            again, slope = self._answer(bias + z @ weight)
            z = z + _solve(weight.T * slope[:, None], flat - again)
        again, _ = self._answer(bias + z @ weight)
        return z if bool((abs(again - flat) <= self.atol).all()) else None

    def _answer(self, logits: Array) -> tuple[Array, Array]:
        """Means of logits, and their derivatives."""
        if self.link == "none":
            return logits, np.ones_like(logits)
        means = expit(logits)
        return means, means * (1 - means)

    def _start(self, flat: Array, bias: Array, weight: Array) -> Array:
        """From logits, which are as uncertain as 1 / slope where means are rounded."""
        if self.link == "none":
            return _solve(weight.T, flat - bias)
        near = flat.clip(1e-7, 1 - 1e-7)
        slope = near * (1 - near)
        return _solve(weight.T * slope[:, None], (logit(near) - bias) * slope)

    def coarser(self, more: float) -> _Decoder:
        """The same for means that were rounded."""
        return replace(self, atol=self.atol + more)


@dataclass(frozen=True)
class _Shown:
    """What the panels of a figure are, row by row: see `decoded`."""

    codes: tuple[int, ...]
    drawn: tuple[bool, ...]
    columns: int
    fixed: tuple[Array | None, ...]
    binary: bool

    def read_in_some_scale(
        self, scaled: Iterator[tuple[list[Array], float]], decoder: _Decoder
    ) -> Reading | str:
        """Codes and samples, or what is wrong in the first scale."""
        problems: list[str] = []
        for images, more in scaled:
            found = self._read(images, decoder.coarser(more))
            if isinstance(found, Reading):
                return found
            problems.append(found)
        return problems[0]

    def _read(self, images: list[Array], decoder: _Decoder) -> Reading | str:
        found: dict[int, tuple[Array, Array]] = {}
        samples: list[tuple[int, Array]] = []
        for number, image in enumerate(images):
            where, code, right = place(number, self.columns), self.codes[number], self.fixed[number]
            if right is not None:
                if unlike([image], (right,), 1, decoder.atol):
                    return f"{where} shows another image than the one that was given"
            elif self.drawn[number]:
                if self.binary and not ((image == 0) | (image == 1)).all():
                    return f"{where} is to be a binary sample, but not all pixels are 0 or 1"
                samples.append((code, image.flatten()))
            else:
                z = decoder.code(image)
                if z is None:
                    return _no_mean(where, image)
                found[code] = z, image.flatten()
        ordered = np.stack([found[code][0] for code in sorted(found)])
        pairs = [(code, found[code][1], image) for code, image in samples]
        return Reading(ordered, pairs, decoder.weight)


@np.errstate(all="ignore")
def decoded(
    reply: Reply,
    *,
    codes: tuple[int, ...],
    drawn: tuple[bool, ...],
    columns: int,
    bias: Array,
    weight: Array,
    mean: Array,
    logsigma: Array,
    fixed: tuple[Array | None, ...] = (),
    atol: float = 2e-3,
    samples: str = "drawn",
    spread: str = "drawn",
    link: str = "sigmoid",
    shape: tuple[int, ...] = (),
    ticks: bool = False,
    turned: bool = False,
) -> str | None:
    """Figures of decoded random codes: means, which decoder and code explain, and binary samples.

    codes: for each panel, row by row, which code it shows; fixed: or which image [H, W], else None.
    drawn: whether it shows a sample or the mean. bias [D], weight [L, D]: logits are
    bias + z @ weight. mean, logsigma: of the normal distribution of each code, [K, L].
    samples, spread: see `vae_utils.drawn_codes`. The link "none" is a mistake to recognise: logits
    in place of means. shape: of an image, [H, W] or in colour [H, W, 3]; else it is 28 high.
    """
    height, width, *channels = shape or (28, len(bias) // 28)
    grid = Grid(len(codes) // columns, columns, (height, width), ticks, bool(channels))
    binary = samples != "means" and link != "none"
    shown = _Shown(codes, drawn, columns, fixed or (None,) * len(codes), binary)
    decoder, readings = _Decoder(bias, weight, atol, link), []
    for picture in reply.pictures:
        found = grid.images(picture)
        if isinstance(found, str):
            return found
        one = shown.read_in_some_scale(scales(upright(found, turned)), decoder)
        if isinstance(one, str):
            return one
        readings.append(one)
    readings = fresh(readings)
    off = off_codes(readings, mean, logsigma, spread)
    return off or (SAMPLES[samples](readings, mean) if any(drawn) else None)


def _no_mean(where: str, image: Array) -> str:
    low, high = float(image.min()), float(image.max())
    if low < -1e-3 or high > 1.001:
        return f"{where} has values from {low:.3g} to {high:.3g}; means lie between 0 and 1"
    return f"{where} is to be the image of a code, but there is no code that gives it"


@dataclass(frozen=True)
class _Completion:
    """An image, which of its pixels stay, and the code of the others: see `completed`."""

    image: Array
    seen: Array
    kept: Array
    mean: Array
    logsigma: Array
    sample: bool

    def off(self, whole: Array, half: Array, decoder: _Decoder) -> str | None:
        """What is wrong with the panel of the image, and with that of its completion."""
        if unlike([whole], (self.image,), 1, decoder.atol):
            return "the left panel does not show the digit itself"
        if not (abs(half - self.seen.astype(float))[self.kept] <= decoder.atol).all():
            return "the right panel does not keep the top half as it was seen"
        rest = half[~self.kept]
        if self.sample:
            return None if ((rest == 0) | (rest == 1)).all() else "no sample"
        z = decoder.code(half, ~self.kept.flatten())
        if z is None:
            return "the lower half on the right is no mean that the decoder gives for any code"
        far = float(abs((z - self.mean) / np.exp(self.logsigma.astype(float))).max())
        return None if far < 7 else f"the code of the completion lies {far:.0f} sigma from q's mean"


@np.errstate(all="ignore")
def completed(
    reply: Reply,
    *,
    image: Array,
    seen: Array,
    kept: Array,
    bias: Array,
    weight: Array,
    mean: Array,
    logsigma: Array,
    atol: float = 2e-3,
    link: str = "sigmoid",
    order: tuple[int, int] = (0, 1),
    sample: bool = False,
    ticks: bool = False,
    turned: bool = False,
) -> str | None:
    """An image [H, W] beside itself, completed with the decoder's mean of a code from q.

    kept: bool [H, W], the pixels that stay, as they are in `seen` [H, W]. bias, weight: as in
    `decoded`. mean, logsigma: of q, [L]; a code must lie within seven standard deviations. Mistakes
    to recognise: another order of the panels, a sample in place of the mean.
    """
    asked = _Completion(image, seen, kept, mean, logsigma, sample)
    grid = Grid(1, 2, (image.shape[0], image.shape[1]), ticks)
    decoder = _Decoder(bias, weight, atol, link)
    for picture in reply.pictures:
        found = grid.images(picture)
        if isinstance(found, str):
            return found
        problem = in_all_scales(
            asked.off(pair[order[0]], pair[order[1]], decoder.coarser(more))
            for pair, more in scales(upright(found, turned))
        )
        if problem:
            return problem
    return None
