"""The embedded digits as NumPy arrays, for notebooks that do without torch."""

import math
from functools import cache

import numpy as np

from vae_utils.quick import is_quick

SIZES = (12_000, 1_000)  # training, test
QUICK_SIZES = (512, 64)
TEST_ORIGINALS = 360  # of 1,797
TURN = 6.0  # degrees at most, either way
_SIDE, _INSIDE = 28, 20  # pixels, as in MNIST


def load_digits_arrays(
    train_size: int | None = None, test_size: int | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw grey training and test digits; no original scan is in both. No network, no torch.

    Each image is one of the 1,797 scans of `sklearn.datasets.load_digits`, enlarged and turned by
    up to 6 degrees, but not moved: a model without a fast library behind it learns them in 1,500
    steps. Sizes and seed fix every pixel; NumPy's global random numbers stay untouched. Where
    VAE_UTILS_QUICK is set there are at most 512 and 64 images.

    Args:
        train_size: training images, 12,000 by default.
        test_size: test images, 1,000 by default.
        seed: of everything that is drawn.

    Returns:
        train [N, 784] and test [M, 784], float64 in [0, 1], rows of pixels from the top.

    Raises:
        ValueError: a size below 1.
    """
    wanted = [SIZES[0] if train_size is None else train_size]
    wanted += [SIZES[1] if test_size is None else test_size]
    if min(wanted) < 1:
        raise ValueError(
            f"There are no sets of {wanted[0]} and {wanted[1]} images: ask for one or more of each."
        )
    if is_quick():
        wanted = [min(size, most) for size, most in zip(wanted, QUICK_SIZES, strict=True)]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(originals()))
    test, train = order[:TEST_ORIGINALS], order[TEST_ORIGINALS:]
    return _draw(originals()[train], wanted[0], rng), _draw(originals()[test], wanted[1], rng)


@cache
def originals() -> np.ndarray:
    """The scanned digits as float64 [1797, 8, 8] in [0, 1]; kept for the next call."""
    from sklearn.datasets import load_digits

    scans: np.ndarray = load_digits().images / 16
    scans.flags.writeable = False
    return scans


def _draw(scans: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Images [size, 784]: whole rounds through the scans, so that all of them appear before any
    comes again."""
    rounds = math.ceil(size / len(scans))
    picks = np.concatenate([rng.permutation(len(scans)) for _ in range(rounds)])[:size]
    turns = np.radians(rng.uniform(-TURN, TURN, size))
    return np.stack([_drawn(scans[pick], turn) for pick, turn in zip(picks, turns, strict=True)])


def _drawn(scan: np.ndarray, turn: float) -> np.ndarray:
    """A scan [8, 8], enlarged to 20 x 20 pixels within a border of four and turned by so many
    radians about its middle: [784]."""
    from scipy.ndimage import affine_transform

    step = len(scan) / _INSIDE
    cos, sin = math.cos(turn) * step, math.sin(turn) * step
    matrix = np.array([[cos, sin], [-sin, cos]])
    middle = np.full(2, (_SIDE - 1) / 2)
    offset = (len(scan) - 1) / 2 - matrix @ middle
    grey = affine_transform(scan, matrix, offset, (_SIDE, _SIDE), order=3, mode="grid-constant")
    # MNIST's strokes are white with thin grey edges, an enlarged scan is grey all over.
    strokes = np.clip(1.02 / (1 + np.exp(-12 * (grey - 0.5))) - 0.01, 0, 1)
    return np.asarray(np.round(255 * strokes) / 255).ravel()
