"""What wrong versions of `top_half`, `log_p_top` and `joint_top` give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space.models import D, Parts
from autograder.checks.latent_space.pixel_mistakes import Named, wrong_pixels
from autograder.checks.mistakes import gives, overflows, wrong_sums

SIDE = 28
HALF = D // 2
ZERO_HINT = (
    "The missing half counts here, as if it were black: that adds the log probabilities of 392 "
    "pixels that nobody has seen. Leave them out."
)
_STORED_HINT = (
    "An image is stored row by row, 28 pixels each, so the first 392 numbers are wanted: "
)
_PER_CODE_HINT = "One number per code is wanted, [N]: do not sum or average over the codes."
_AXIS_HINT = "An axis of length 1 is left over: is there a keepdim or unsqueeze?"
_BROADCAST_HINT = (
    "[N, 1] and [N] were broadcast to [N, N]: bring both to the shape [N] before you add them."
)


def _rows(pixels: Tensor) -> Tensor:
    return pixels.reshape(-1, SIDE, SIDE)


_WRONG_HALVES: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
    ("left_half", "this is the left half.", lambda p: _rows(p)[:, :, :14].flatten(1)),
    ("left_half", "this is the left half.", lambda p: _rows(p).mT[:, :14].flatten(1)),
    ("right_half", "this is the right half.", lambda p: _rows(p)[:, :, 14:].flatten(1)),
    ("bottom_half", "this is the bottom half.", lambda p: p[:, HALF:]),
    ("every_second_row", "this is every second row.", lambda p: _rows(p)[:, ::2].flatten(1)),
    ("every_second_row", "this is every second row.", lambda p: _rows(p)[:, 1::2].flatten(1)),
    ("every_second_pixel", "this is every second pixel.", lambda p: p[:, ::2]),
    ("every_second_pixel", "this is every second pixel.", lambda p: p[:, 1::2]),
    ("column_by_column", "these are columns.", lambda p: _rows(p)[:, :14].mT.flatten(1)),
    ("upside_down", "these are rows from the bottom up.", lambda p: p.flip(1)[:, :HALF]),
    ("upside_down", "the rows are turned round.", lambda p: _rows(p)[:, :14].flip(1).flatten(1)),
)
"""Each [B, D / 2] for [B, D]."""


def wrong_halves(images: Tensor) -> Iterator[Misconception]:
    """What wrong versions of `top_half` give."""
    for name, hint, select in _WRONG_HALVES:
        yield gives(name, _STORED_HINT + hint, select(images))
    top, bottom = images.split(HALF, dim=1)
    black = torch.cat([top, torch.zeros_like(bottom)], 1)
    hint = "Keep the 392 pixels and no others: [B, 392], not a whole image with a black half."
    yield gives("blackened", hint, black)
    hint = "This takes the first images, not the first pixels: slice along the second axis."
    yield gives("batch_cut", hint, images)
    hint = "The top half is a row of 392 numbers, [B, 392]: flatten it again."
    yield gives("not_flattened", hint, _rows(images)[:, :14])
    hint = "14 rows are wanted, and a row has 28 pixels; this is {}."
    for rows, what in ((0.5, "14 pixels"), (13, "13 rows"), (15, "15 rows"), (7, "7 rows")):
        yield gives("other_size", hint.format(what), images[:, : int(rows * SIDE)])
    yield gives("both_halves", "Both halves come back; return the first one.", top, bottom)
    yield gives("first_image", "All images are wanted, not only the first.", top[0])
    yield gives("first_image", "All images are wanted, not only the first.", top[:1])


def _wrong_terms(known: Parts, top: Tensor, z: Tensor) -> Iterator[Named]:
    """Name, hint and log p(top | z) [B] of mistakes in what is added up; top: [B, D / 2]."""
    logits = known.decoder(z)
    half, bottom = known.top_half(logits), logits[:, HALF:]
    for name, hint, select in _WRONG_HALVES:
        yield name, _STORED_HINT + hint, known.bernoulli(select(logits), top).sum(-1)
    right, nothing = known.bernoulli(half, top).sum(-1), torch.zeros_like(bottom)
    whole = right + known.bernoulli(bottom, nothing).sum(-1)
    yield "zero_padding", ZERO_HINT, known.bernoulli(logits, torch.cat([top, nothing], 1)).sum(-1)
    yield "zero_padding", ZERO_HINT, whole
    yield "zero_padding", ZERO_HINT, right + known.bernoulli(nothing, nothing).sum(-1)
    hint = "There is a sigmoid too many: the density of Part 0 takes logits."
    for theta in (half.sigmoid(), known.top_half(logits.sigmoid())):
        yield "sigmoid_twice", hint, known.bernoulli(theta, top).sum(-1)
    for name, hint, values in wrong_pixels(half, top):
        yield name, hint, values.sum(-1)
    hint = "Pixels are independent: their log probabilities add up, they are not averaged."
    yield "averaged_over_pixels", hint, right / HALF
    yield "averaged_over_pixels", hint, right / D
    hint = "All rows get the logits of the first code: each has its own."
    yield "first_code_for_all", hint, known.bernoulli(half[:1], top).sum(-1)
    hint = "The probability of 392 pixels is too small for a float: add up logarithms instead."
    yield "product_underflows", hint, torch.zeros_like(right)


def wrong_log_ps(known: Parts, top: Tensor, z: Tensor) -> Iterator[Misconception]:
    """What wrong versions of `log_p_top` give; top: [B, D / 2]."""
    pixels = known.bernoulli(known.top_half(known.decoder(z)), top)
    right = pixels.sum(-1)
    yield from wrong_sums(pixels, "pixels")
    for name, hint, values in _wrong_terms(known, top, z):
        yield gives(name, hint, values)
    hint = "The prior does not belong here: log p(top | z) is asked for, not log p(top, z)."
    yield gives("prior_added", hint, right + known.log_prior(z))
    yield gives("negated", "A log probability of pixels is at most 0.", -right)
    every = known.bernoulli(known.top_half(known.decoder(z))[:, None], top).sum(-1)
    hint = "Each half image goes with its own code, [B]; here each meets every code, [B, B]."
    yield gives("broadcast", hint, every)
    yield gives("broadcast", hint, every.T)
    hint = "The logarithm of a negative number: the decoder gives logits, not probabilities."
    yield overflows("logits_for_probabilities", hint, (len(z),))


def _wrong_shapes(log_p: Tensor, prior: Tensor) -> Iterator[Misconception]:
    right = log_p + prior
    for total in (right.sum(), log_p.sum() + prior.sum() / len(prior)):
        yield gives("summed_over_codes", _PER_CODE_HINT, total)
    yield gives("averaged_over_codes", _PER_CODE_HINT, right.mean())
    for row in (right[:, None], right[None]):
        yield gives("kept_axis", _AXIS_HINT, row)
    for square in (log_p[:, None] + prior, log_p + prior[:, None]):
        yield gives("broadcast", _BROADCAST_HINT, square)
    hint = "log p(top | z) is summed over the codes: each has its own."
    yield gives("likelihood_summed_over_codes", hint, log_p.sum() + prior)
    hint = "log p(z) is {} over the codes: each code has its own."
    yield gives("prior_summed_over_codes", hint.format("summed"), log_p + prior.sum())
    yield gives("prior_averaged_over_codes", hint.format("averaged"), log_p + prior.mean())


def _wrong_joints(log_p: Tensor, prior: Tensor) -> Iterator[Misconception]:
    right = log_p + prior
    yield gives("prior_forgotten", "The prior log p(z) is missing.", log_p)
    hint = "log p(z) is added: it is log of the product p(top | z) p(z)."
    yield gives("prior_subtracted", hint, log_p - prior)
    yield gives("prior_twice", "The prior log p(z) counts twice.", log_p + 2 * prior)
    yield gives("likelihood_forgotten", "log p(top | z) is missing.", prior)
    yield gives("negated", "This is minus the log density.", -right)
    hint = "The density itself is too small for a float: return its logarithm."
    yield gives("no_logarithm", hint, torch.zeros_like(right))
    hint = "Do not normalise over the codes: log p(top, z) is asked for, not a posterior."
    yield gives("normalised", hint, right.log_softmax(0))
    hint = "Logarithms are added: p(top | z) p(z) becomes a sum."
    yield gives("logarithms_multiplied", hint, log_p * prior)


def wrong_joints(known: Parts, top: Tensor, zs: Tensor) -> Iterator[Misconception]:
    """What wrong versions of `joint_top` give; top: [D / 2]."""
    log_p, prior = known.log_p_top(top, zs), known.log_prior(zs)
    yield from _wrong_joints(log_p, prior)
    yield from _wrong_shapes(log_p, prior)
    inside = replace(
        known, stand_ins={k: v for k, v in known.stand_ins.items() if k != "log_p_top"}
    )
    for name, hint, values in _wrong_terms(inside, top.expand(len(zs), -1), zs):
        yield gives(name, hint, values + prior)
