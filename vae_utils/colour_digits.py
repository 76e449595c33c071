"""Gives GANs small colour photographs of digits: SVHN where it is at hand, else painted digits."""

from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from vae_utils.data import TensorLoader, data_folder, insist_on_counts, insist_on_sizes
from vae_utils.digits import Split, make_digits
from vae_utils.quick import is_quick

SOURCES = ("auto", "svhn", "digits")
SIDE = 32  # pixels, as in SVHN
TRAIN_SIZE = 10_000
QUICK_SIZE = 512
DARK, LIGHT = 0.4, 0.8  # the brightest paper, but for its shades, and the darkest ink, of 1
SHADE = 0.1  # most that the background's brightness differs from its middle, of 1


def load_colour_digits(
    batch_size: int = 64,
    train_size: int | None = None,
    source: str = "auto",
    root: str | Path | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> TensorLoader:
    """Load colour images of digits as a shuffled training loader.

    Where VAE_UTILS_QUICK is set (and not "0"), every source becomes "digits" with at most 512
    images.

    Args:
        batch_size: images in a batch; the last one of a pass holds what is left.
        train_size: number of images; by default 10,000.
        source: "svhn" takes the first images of SVHN's training set (cropped house numbers,
            downloaded once by torchvision, 180 MB); "digits" takes scikit-learn's digits, painted
            by `make_colour_digits`; "auto" takes SVHN if the file lies in `root` already, else the
            digits. It downloads nothing.
        root: folder of train_32x32.mat; by default $VAE_UTILS_DATA or ~/.cache/vae_utils.
        device: where the batches lie; by default the CPU.
        seed: of the order of batches and of the painted digits.

    Returns:
        Each pass yields (x float32 [B, 3, 32, 32] in [0, 1], y int64 [B]).

    Raises:
        ValueError: an unknown source, or a count below 1.
        RuntimeError: source "svhn", but it is neither here nor can it be downloaded.
    """
    if source not in SOURCES:
        raise ValueError(f"Unknown source {source!r}: choose one of {', '.join(SOURCES)}.")
    insist_on_counts(batch_size=batch_size)
    insist_on_sizes(train_size=train_size)
    size = train_size or TRAIN_SIZE
    if is_quick():
        source, size = "digits", min(size, QUICK_SIZE)
    folder = data_folder(root)
    if source == "svhn" or (source == "auto" and (folder / "train_32x32.mat").exists()):
        images, labels = _svhn(folder, size)
    else:
        (images, labels), _ = make_colour_digits(size, 1, seed)
    return TensorLoader(images, labels, batch_size, shuffle=True, seed=seed, device=device)


def make_colour_digits(
    train_size: int = TRAIN_SIZE, test_size: int = 1_000, seed: int = 0
) -> tuple[Split, Split]:
    """Paint a training and a test set; no original scan is in both.

    Each is a digit of `make_digits`, turned and moved as there, in a light colour on a dark one
    that grows brighter in some direction; all are drawn anew for every image. A small GAN learns
    them in minutes because ink is always far lighter than paper. The same sizes and seed give the
    same images; torch's global random numbers stay untouched.

    Returns:
        (images, labels) twice: uint8 [N, 3, 32, 32] in 0..255 and int64 [N].
    """
    train, test = _painted(train_size, test_size, seed)
    return (train[0].clone(), train[1].clone()), (test[0].clone(), test[1].clone())


@lru_cache(maxsize=2)
def _painted(train_size: int, test_size: int, seed: int) -> tuple[Split, Split]:
    generator = torch.Generator().manual_seed(seed)
    train, test = make_digits(train_size, test_size, seed)
    return (
        (_paint(train[0], generator), train[1]),
        (_paint(test[0], generator), test[1]),
    )


def _paint(digits: Tensor, generator: torch.Generator) -> Tensor:
    """Grey digits uint8 [N, 1, 28, 28] as colour images uint8 [N, 3, 32, 32]."""
    size = len(digits)
    cover = pad(digits.float() / 255, (2, 2, 2, 2))
    paper, ink = torch.rand(2, size, 3, 1, 1, generator=generator)
    dark, light = DARK * paper + _shades(size, generator), LIGHT + (1 - LIGHT) * ink
    image = (1 - cover) * dark + cover * light
    return (255 * image).round().clamp(0, 255).to(torch.uint8)


def _shades(size: int, generator: torch.Generator) -> Tensor:
    """Brightness that grows evenly in a random direction: [N, 1, 32, 32]."""
    steep, turn = torch.rand(2, size, 1, 1, generator=generator)
    places = torch.linspace(-1, 1, SIDE)
    along = (2 * torch.pi * turn).cos() * places + (2 * torch.pi * turn).sin() * places[:, None]
    return (SHADE * steep * along)[:, None]


def _svhn(folder: Path, size: int) -> Split:
    from torchvision.datasets import SVHN

    try:
        whole = SVHN(str(folder), split="train", download=True)  # downloads nothing twice
    except OSError as problem:
        raise RuntimeError(
            f"SVHN is not in {folder} and could not be downloaded ({problem}). Put "
            'train_32x32.mat there, or use source="digits", which needs no download.'
        ) from None
    if size > len(whole.data):
        raise ValueError(f"train_size={size}, but SVHN has only {len(whole.data)} such images.")
    return torch.from_numpy(whole.data[:size]), torch.from_numpy(whole.labels[:size]).long()
