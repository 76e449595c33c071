"""Gives density models their black and white images: the fixed binarised MNIST, or else digits."""

import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vae_utils.data import (
    Download,
    ImageLoader,
    Kept,
    NotAtHand,
    at_most,
    data_folder,
    insist_on_choice,
    insist_on_counts,
    insist_on_sizes,
    write_whole,
)
from vae_utils.digits import make_digits
from vae_utils.quick import is_quick

SOURCES = ("auto", "binarized_mnist", "digits")
SIZES = {"train": 50_000, "valid": 10_000, "test": 10_000}  # of the fixed set
DIGITS_SIZES = (10_000, 1_000, 1_000)  # training, validation, test
QUICK_SIZES = (512, 64, 64)
PIXELS = 28 * 28

ADDRESS = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"
ARCHIVE = "binarized_mnist.npz"
TEXTS = {split: f"binarized_mnist_{split}.amat" for split in SIZES}

# All that NumPy and zipfile are known to raise over a file that is cut, altered or something else.
_UNREADABLE = (
    ValueError,
    EOFError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)

Packed = dict[str, np.ndarray]  # for each split uint8 [N, 98], eight pixels a byte


class BinaryLoader(ImageLoader):
    """Batches of black and white images that lie in memory; there are no labels.

    Each pass yields x float32 [B, 784], every entry 0 or 1; the last batch holds what is left. With
    `shuffle` every pass has a new order, drawn from a generator of its own.

    Attributes:
        images: uint8 [N, 784], 0 or 1.
        size: number of images, N; `len(loader)` is the number of batches.
    """

    def __iter__(self) -> Iterator[Tensor]:
        for rows in self._order().split(self.batch_size):
            yield self.images.index_select(0, rows).to(torch.float32)


def load_binarized_mnist(
    batch_size: int = 64,
    test_batch_size: int = 500,
    source: str = "auto",
    root: str | Path | None = None,
    device: torch.device | str | None = None,
    train_size: int | None = None,
    valid_size: int | None = None,
    test_size: int | None = None,
    seed: int = 0,
    timeout: float = 5.0,
) -> tuple[BinaryLoader, BinaryLoader, BinaryLoader]:
    """Load black and white digits: a shuffled training loader, validation and test in fixed order.

    The fixed binarised MNIST is that of Larochelle and Murray, The Neural Autoregressive
    Distribution Estimator (AISTATS 2011): its pixels were drawn once, so that everybody's figures
    can be compared. Where VAE_UTILS_QUICK is set (and not "0"), every source becomes "digits" with
    at most 512, 64 and 64 images.

    Args:
        batch_size: images in a training batch.
        test_batch_size: images in a validation or test batch.
        source: "binarized_mnist" insists on the fixed set (downloaded once, 110 MB, kept as 2 MB);
            "digits" takes scikit-learn's embedded digits, drawn like MNIST, each pixel white with a
            chance equal to its grey value; "auto" takes the fixed set if it is here or can be had
            within `timeout`, else the digits, and says so.
        root: folder that keeps binarized_mnist.npz, or the three public .amat files; by default
            $VAE_UTILS_DATA or ~/.cache/vae_utils.
        device: where the batches lie; by default the CPU.
        train_size: training images; by default all 50,000 of the set, or 10,000 drawn from digits.
        valid_size: validation images; by default all 10,000, or 1,000 drawn from digits.
        test_size: test images; by default all 10,000, or 1,000 drawn from digits.
        seed: of the order of training batches and of the digits. The digits are the same whenever
            seed and sizes are. No scan is drawn for both training and another set, but validation
            and test share theirs, turned and moved anew.
        timeout: seconds without a byte after which a download is given up; the whole of it may take
            24 times as long.

    Returns:
        (train, valid, test): each pass over one yields x float32 [B, 784], every entry 0 or 1.

    Raises:
        ValueError: an unknown source, a count below 1, or more images than the set has.
        RuntimeError: source "binarized_mnist", but the file in `root` is damaged, or there is none
            and none can be downloaded.
    """
    insist_on_choice(source, SOURCES, timeout)
    insist_on_counts(batch_size=batch_size, test_batch_size=test_batch_size)
    insist_on_sizes(train_size=train_size, valid_size=valid_size, test_size=test_size)
    sizes: Sequence[int | None] = (train_size, valid_size, test_size)
    if is_quick():
        source, sizes = "digits", at_most(QUICK_SIZES, *sizes)
    train, valid, test = _find(source, data_folder(root), sizes, seed, timeout)
    return (
        BinaryLoader(train, batch_size, shuffle=True, seed=seed, device=device),
        BinaryLoader(valid, test_batch_size, device=device),
        BinaryLoader(test, test_batch_size, device=device),
    )


def _find(
    source: str, root: Path, sizes: Sequence[int | None], seed: int, timeout: float
) -> list[Tensor]:
    if source != "digits":
        try:
            fixed = _kept(root) or _downloaded(root, timeout)
            return [_first(fixed, *wanted) for wanted in zip(SIZES, sizes, strict=True)]
        except NotAtHand as problem:
            if source == "binarized_mnist":
                raise RuntimeError(_advice(problem, root)) from None
            print(
                f"The binarised MNIST is not at hand ({problem}), so you get scikit-learn's "
                "digits, drawn at 28 x 28 in black and white: everything works the same, only the "
                "digits are simpler."
            )
    return _digits(sizes, seed)


def _first(fixed: Packed, split: str, size: int | None) -> Tensor:
    packed = fixed[split]
    if size is not None and size > len(packed):
        raise ValueError(
            f"{split}_size={size}, but the binarised MNIST has only {len(packed)} such images."
        )
    return torch.from_numpy(np.unpackbits(packed[:size], axis=1))


def _digits(sizes: Sequence[int | None], seed: int) -> list[Tensor]:
    """Training, validation and test digits, uint8 [N, 784] of 0 and 1."""
    wanted = zip(sizes, DIGITS_SIZES, strict=True)
    train, valid, test = (size or default for size, default in wanted)
    (first, _), (rest, _) = make_digits(train, valid + test, seed)
    generator = torch.Generator().manual_seed(seed)
    return [_by_chance(grey, generator) for grey in (first, *rest.split([valid, test]))]


def _by_chance(grey: Tensor, generator: torch.Generator) -> Tensor:
    chance = grey.flatten(1).to(torch.float32) / 255
    return torch.bernoulli(chance, generator=generator).to(torch.uint8)


class _Damaged(NotAtHand):
    """A file is there, but it is not the set."""


def _kept(root: Path) -> Packed | None:
    """The fixed set from the folder, or None where it is missing."""
    archive = root / ARCHIVE
    texts = {split: root / name for split, name in TEXTS.items()}
    if os.path.lexists(archive):
        return _read(archive, _from_archive)
    if all(os.path.lexists(path) for path in texts.values()):
        return {split: _read(path, partial(_from_text, split)) for split, path in texts.items()}
    return None


def _read(path: Path, reader: Callable[[bytes], Kept]) -> Kept:
    try:
        return reader(path.read_bytes())
    except OSError as error:
        raise _Damaged(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise _Damaged(f"{path} is damaged: {error}") from None


def _from_archive(content: bytes) -> Packed:
    """The arrays of an .npz file; a `ValueError` says what is wrong with it."""
    arrays = _arrays(content)
    for split, rows in SIZES.items():
        if split not in arrays:
            raise ValueError(f"it has no array {split!r}, but should have {', '.join(SIZES)}")
        found, expected = _kind(arrays[split]), f"uint8 of shape {(rows, PIXELS // 8)}"
        if found != expected:
            raise ValueError(f"its array {split!r} is {found}, not {expected}")
    return arrays


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _arrays(content: bytes) -> Packed:
    try:
        # Without pickle, for a foreign file could run anything through it.
        archive = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise ValueError("a bare array")
        return {split: np.asarray(archive[split]) for split in SIZES if split in archive}
    except _UNREADABLE:
        wanted = "a whole .npz archive of plain arrays"
        raise ValueError(f"it is not {wanted}, {', '.join(SIZES)}") from None


def _from_text(split: str, content: bytes) -> np.ndarray:
    """The rows of an .amat file as bits [N, 98]; a `ValueError` says what is wrong with it."""
    rows, lines = SIZES[split], [line.strip() for line in content.splitlines()]
    if len(lines) != rows:
        raise ValueError(f"its number of lines is {len(lines):,}, not {rows:,}")
    _insist_on_lines([len(line) == 2 * PIXELS - 1 for line in lines])
    # Every second byte is a pixel, the others are spaces.
    pairs = np.frombuffer(b" ".join([*lines, b""]), np.uint8).reshape(rows, PIXELS, 2)
    pixels, spaces = pairs[:, :, 0], pairs[:, :, 1]
    right = (pixels | 1 == ord("1")) & (spaces == ord(" "))
    _insist_on_lines(right.all(axis=1))
    return np.packbits(pixels & 1, axis=1)


def _insist_on_lines(right: Sequence[bool] | np.ndarray) -> None:
    if not np.all(right):
        line = 1 + int(np.argmin(right))
        raise ValueError(f"its line {line:,} is not {PIXELS} times 0 or 1 with a space between")


def _downloaded(root: Path, timeout: float) -> Packed:
    readers = {name: partial(_from_text, split) for split, name in TEXTS.items()}
    files = Download("binarised MNIST", [ADDRESS], readers, timeout).wait()
    fixed = {split: files[name] for split, name in TEXTS.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, train=fixed["train"], valid=fixed["valid"], test=fixed["test"])
    try:
        write_whole(root / ARCHIVE, packed.getvalue())
    except OSError as error:
        raise NotAtHand(f"it cannot be written to {root}: {error}") from None
    return fixed


def _advice(problem: NotAtHand, root: Path) -> str:
    if isinstance(problem, _Damaged):
        return (
            f"{problem}. Put a whole file in its place, or delete it and call again to download "
            'the set; or use source="digits", which needs no file.'
        )
    details = f" (tried {problem.tried})" if problem.tried else ""
    return (
        f"The binarised MNIST is not in {root} and could not be downloaded: {problem}{details}. "
        "Check the network and try again, perhaps with a longer timeout=60; or put "
        f"{ARCHIVE}, or all of {', '.join(TEXTS.values())} from {ADDRESS}, into that folder; or "
        'use source="digits", which needs no download.'
    )
