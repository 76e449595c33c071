"""Stands in for MNIST without any download: scikit-learn's 8x8 digits, drawn as 28x28 images."""

import math
from functools import cache, lru_cache

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate, pad

Split = tuple[Tensor, Tensor]  # images uint8 [N, 1, 28, 28], labels int64 [N]

TEST_ORIGINALS = 360  # of 1,797
CHUNK = 2048  # images warped at once, few enough to stay in the processor's cache


def make_digits(
    train_size: int = 30_000, test_size: int = 2_000, seed: int = 0
) -> tuple[Split, Split]:
    """Draw a training and a test set; no original image is in both.

    The originals are the 1,797 digits of `sklearn.datasets.load_digits` (UCI, Optical Recognition
    of Handwritten Digits). Each image is one of them, turned by up to 12 degrees and moved by up to
    two pixels. Asked again for the same, it copies what it has drawn.

    Returns:
        (images, labels) twice: uint8 [N, 1, 28, 28] in 0..255 and int64 [N].
    """
    train, test = _drawn(train_size, test_size, seed)
    return (train[0].clone(), train[1].clone()), (test[0].clone(), test[1].clone())


@lru_cache(maxsize=2)  # a loader's, and the quick one of another
def _drawn(train_size: int, test_size: int, seed: int) -> tuple[Split, Split]:
    generator = torch.Generator().manual_seed(seed)
    images, labels = originals()
    order = torch.randperm(len(images), generator=generator)
    test, train = order[:TEST_ORIGINALS], order[TEST_ORIGINALS:]
    return (
        _draw(images[train], labels[train], train_size, generator),
        _draw(images[test], labels[test], test_size, generator),
    )


@cache
def originals() -> Split:
    """The scanned digits as float [1797, 1, 56, 56] in [0, 1], twice MNIST's size, and labels.

    Kept for the next call, which gets the same tensors: do not change them.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
    large = interpolate(small, size=(40, 40), mode="bicubic", align_corners=False)
    # MNIST's strokes are white with thin grey edges, an enlarged scan is grey all over.
    strokes = (torch.sigmoid(12 * (large - 0.5)) * 1.02 - 0.01).clamp(0, 1)
    # As in MNIST: a digit of 20 x 20 pixels within a border of four.
    return pad(strokes, (8, 8, 8, 8)), torch.tensor(digits.target)


def _draw(images: Tensor, labels: Tensor, size: int, generator: torch.Generator) -> Split:
    rounds = math.ceil(size / len(images))
    # Whole rounds through the originals, so that all of them appear before any comes again.
    picks = torch.cat([torch.randperm(len(images), generator=generator) for _ in range(rounds)])
    picks = picks[:size]
    moves = _random_moves(size, generator)
    drawn = [
        _warp(images[some], move)
        for some, move in zip(picks.split(CHUNK), moves.split(CHUNK), strict=True)
    ]
    return torch.cat(drawn), labels[picks]


def _random_moves(size: int, generator: torch.Generator) -> Tensor:
    """Affine maps [N, 2, 3] in `affine_grid`'s units, where the image spans -1 to 1."""
    turn, right, down = 2 * torch.rand(3, size, generator=generator) - 1
    angle = turn * math.radians(12)
    cos, sin = angle.cos(), angle.sin()
    pixels = 2 * 2 / 28  # two of 28 pixels
    rows = [cos, -sin, right * pixels, sin, cos, down * pixels]
    return torch.stack(rows, dim=1).view(size, 2, 3)


def _warp(images: Tensor, moves: Tensor) -> Tensor:
    grid = affine_grid(moves, [len(images), 1, 28, 28], align_corners=False)
    warped = grid_sample(images, grid, mode="bilinear", align_corners=False)
    return (warped * 255).round().clamp(0, 255).to(torch.uint8)
