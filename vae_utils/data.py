"""Gives a notebook its handwritten digits: MNIST where it can be had, scikit-learn's otherwise."""

import gzip
import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Generic, TypeVar
from urllib.request import Request, urlopen

import torch
from torch import Tensor
from tqdm import tqdm

from vae_utils.digits import Split, make_digits
from vae_utils.quick import is_quick

SOURCES = ("auto", "mnist", "digits")
DIGITS_SIZES = (30_000, 2_000)  # training, test
QUICK_SIZES = (512, 64)

# A server that sends a byte now and then would otherwise hold a notebook for ever.
WHOLE_DOWNLOAD = 24  # times the timeout

Kept = TypeVar("Kept")


class ImageLoader:
    """What every loader of images in memory has in common: a device, a length and an order.

    Attributes:
        images: [N, ...]; `size` is N, `len(loader)` the number of batches.
    """

    def __init__(
        self,
        images: Tensor,
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        _insist_on_count("batch_size", batch_size)
        self.images = images.to(device)
        self.batch_size, self.shuffle = batch_size, shuffle
        self._generator = torch.Generator().manual_seed(seed)

    @property
    def size(self) -> int:
        return len(self.images)

    def __len__(self) -> int:
        return -(-self.size // self.batch_size)

    def _order(self) -> Tensor:
        if not self.shuffle:
            return torch.arange(self.size, device=self.images.device)
        # Drawn on the CPU, so that every device trains on the same batches.
        return torch.randperm(self.size, generator=self._generator).to(self.images.device)

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({self.size} images, {len(self)} batches of {self.batch_size})"


class TensorLoader(ImageLoader):
    """Batches from images that lie in memory as one tensor, which is why it is fast.

    Each pass yields (x float32 [B, 1, 28, 28] in [0, 1], y int64 [B]); the last batch holds what is
    left. With `shuffle` every pass has a new order, drawn from a generator of its own: the same
    seed gives the same orders, and torch's global random numbers stay untouched.

    Attributes:
        images: [N, 1, 28, 28], uint8 as stored (255 is white) or float in [0, 1].
        labels: int64 [N].
        size: number of images, N; `len(loader)` is the number of batches.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int = 128,
        shuffle: bool = False,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__(images, batch_size, shuffle, seed, device)
        if len(images) != len(labels):
            raise ValueError(f"There are {len(images)} images but {len(labels)} labels.")
        self.labels = labels.to(device)

    def __iter__(self) -> Iterator[Split]:
        for rows in self._order().split(self.batch_size):
            yield _to_unit(self.images.index_select(0, rows)), self.labels.index_select(0, rows)


def load_mnist(
    batch_size: int = 128,
    test_batch_size: int = 1000,
    source: str = "auto",
    root: str | Path | None = None,
    device: torch.device | str | None = None,
    train_size: int | None = None,
    test_size: int | None = None,
    seed: int = 0,
    timeout: float = 5.0,
) -> tuple[TensorLoader, TensorLoader]:
    """Load handwritten digits as a shuffled training loader and an unshuffled test loader.

    Where the environment variable VAE_UTILS_QUICK is set (and not "0"), every source becomes
    "digits" with at most 512 training and 64 test images: graders need no long training.

    Args:
        batch_size: images in a training batch.
        test_batch_size: images in a test batch.
        source: "mnist" insists on MNIST (downloaded once, 12 MB); "digits" takes scikit-learn's
            embedded digits, drawn like MNIST; "auto" takes MNIST if it is here or can be had within
            `timeout`, else the digits, and says so.
        root: folder that keeps MNIST, in torchvision's layout; by default $VAE_UTILS_DATA or
            ~/.cache/vae_utils.
        device: where the batches lie; by default the CPU.
        train_size: training images; by default all 60,000 of MNIST, or 30,000 drawn from digits.
        test_size: test images; by default all 10,000 of MNIST, or 2,000 drawn from digits.
        seed: of the order of training batches and of the drawn digits.
        timeout: seconds without a byte after which a download is given up; the whole of it may take
            24 times as long.

    Returns:
        (train, test): each pass over one yields (x float32 [B, 1, 28, 28] in [0, 1], y int64 [B]).

    Raises:
        ValueError: an unknown source, a count below 1, or more images than MNIST has.
        RuntimeError: source "mnist", but it is neither here nor can it be downloaded.
    """
    insist_on_choice(source, SOURCES, timeout)
    insist_on_counts(batch_size=batch_size, test_batch_size=test_batch_size)
    insist_on_sizes(train_size=train_size, test_size=test_size)
    if is_quick():
        source, train_size, test_size = "digits", *at_most(QUICK_SIZES, train_size, test_size)
    train, test = _find(source, data_folder(root), train_size, test_size, seed, timeout)
    return (
        TensorLoader(*train, batch_size, shuffle=True, seed=seed, device=device),
        TensorLoader(*test, test_batch_size, device=device),
    )


def _find(
    source: str,
    root: Path,
    train_size: int | None,
    test_size: int | None,
    seed: int,
    timeout: float,
) -> tuple[Split, Split]:
    if source != "digits":
        try:
            train, test = _cached(root) or _downloaded(root, timeout)
            return _first(train, train_size, "train_size"), _first(test, test_size, "test_size")
        except NotAtHand as problem:
            if source == "mnist":
                raise RuntimeError(_advice(problem, root)) from None
            print(
                f"MNIST is not at hand ({problem}), so you get scikit-learn's digits, drawn at "
                "28 x 28: everything works the same, only the digits are simpler."
            )
    drawn_train, drawn_test = DIGITS_SIZES
    return make_digits(train_size or drawn_train, test_size or drawn_test, seed)


class NotAtHand(Exception):
    """A set cannot be had: a clause that says why, and what was tried for those who insist."""

    def __init__(self, why: str, tried: str = "") -> None:
        super().__init__(why)
        self.tried = tried


def _cached(root: Path) -> tuple[Split, Split] | None:
    """MNIST from the folder, or None where it is missing or damaged."""
    from torchvision.datasets import MNIST

    try:
        sets = [MNIST(root, train=True), MNIST(root, train=False)]
    except (RuntimeError, ValueError, AssertionError, KeyError, OSError):
        return None  # torchvision has no error class of its own for a cut or foreign file
    train, test = ((part.data.unsqueeze(1), part.targets) for part in sets)
    return train, test


def _downloaded(root: Path, timeout: float) -> tuple[Split, Split]:
    files = _Download(timeout).wait()
    try:
        _store(files, root / "MNIST" / "raw")
    except OSError as error:
        raise NotAtHand(f"it cannot be written to {root}: {error}") from None
    found = _cached(root)
    if found is None:
        raise NotAtHand(f"what was downloaded to {root} cannot be read")
    return found


def _store(files: dict[str, bytes], folder: Path) -> None:
    for name, packed in files.items():
        write_whole(folder / name.removesuffix(".gz"), gzip.decompress(packed))


def write_whole(target: Path, content: bytes) -> None:
    """Write a file whole or not at all: a cut one would pass for the set."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


class Download(threading.Thread, Generic[Kept]):
    """Fetches files into memory, in a thread because a DNS lookup cannot be stopped.

    Given up, the thread writes nothing and ends by itself; as a daemon it never delays an exit.
    `readers` tells for each file, by its name, what turns its bytes into what is kept of it, or
    raises a `ValueError` where they are not the file expected.
    """

    def __init__(
        self,
        title: str,
        mirrors: list[str],
        readers: Mapping[str, Callable[[bytes], Kept]],
        timeout: float,
    ) -> None:
        super().__init__(daemon=True)
        self.title, self.mirrors, self.readers, self.timeout = title, mirrors, readers, timeout
        self.files: dict[str, Kept] = {}
        self.received = 0
        self.given_up = False
        self.tried = ""

    def wait(self) -> dict[str, Kept]:
        """Run to the end, showing progress; raise `NotAtHand` if it fails or falls silent."""
        self.start()
        try:
            self._watch()
        finally:
            self.given_up = True
        if len(self.files) < len(self.readers):
            raise NotAtHand("no server could give it", self.tried)
        return self.files

    def _watch(self) -> None:
        start = heard = time.monotonic()
        # A late bar: a machine without network should see one sentence and no empty bar.
        bar: tqdm | None = None
        while self.is_alive():
            before = self.received
            self.join(0.05)
            now = time.monotonic()
            if self.received > before:
                heard = now
                if bar is None:
                    bar = tqdm(desc=self.title, unit="B", unit_scale=True, file=sys.stdout)
                bar.update(self.received - bar.n)
            if now - heard > self.timeout:
                raise NotAtHand(f"no server sent anything for {self.timeout:g} seconds")
            if now - start > WHOLE_DOWNLOAD * self.timeout:
                raise NotAtHand(f"the download was not done in {now - start:.0f} seconds")

    def run(self) -> None:
        for name, reader in self.readers.items():
            kept = self._from_any_mirror(name, reader)
            if kept is None:
                return
            self.files[name] = kept

    def _from_any_mirror(self, name: str, reader: Callable[[bytes], Kept]) -> Kept | None:
        tried = []
        for url in _addresses(self.mirrors, name):
            try:
                return reader(self._fetch(url))
            except (OSError, HTTPException, ValueError) as error:
                tried.append(f"{url}: {error}")
        self.tried = "; ".join(tried)
        return None

    def _fetch(self, url: str) -> bytes:
        request = Request(url, headers={"User-Agent": "vae_utils"})
        # Half the patience for one server leaves time to hear from the next.
        with urlopen(request, timeout=self.timeout / 2) as reply:
            parts = []
            while (part := reply.read1(1 << 16)) and not self.given_up:
                self.received += len(part)
                parts.append(part)
        return b"".join(parts)


class _Download(Download[bytes]):
    """Fetches MNIST's four files, still packed."""

    def __init__(self, timeout: float) -> None:
        from torchvision.datasets import MNIST

        readers = {name: partial(_insist_on_md5, md5) for name, md5 in MNIST.resources}
        super().__init__("MNIST", MNIST.mirrors, readers, timeout)


def _insist_on_md5(md5: str, packed: bytes) -> bytes:
    if hashlib.md5(packed, usedforsecurity=False).hexdigest() != md5:
        raise ValueError("not the file expected")  # a hotel's log-in page, for instance
    return packed


def _addresses(mirrors: list[str], name: str) -> list[str]:
    """Every mirror, then the same without TLS: a Python may lack certificates, md5 still guards."""
    urls = [mirror + name for mirror in mirrors]
    plain = [url.replace("https:", "http:", 1) for url in urls if url.startswith("https:")]
    return list(dict.fromkeys(urls + plain))


def _advice(problem: NotAtHand, root: Path) -> str:
    details = f" (tried {problem.tried})" if problem.tried else ""
    return (
        f"MNIST is not in {root} and could not be downloaded: {problem}{details}. Check the "
        "network and try again, perhaps with a longer timeout=60; or put MNIST/raw with its four "
        'files into that folder; or use source="digits", which needs no download.'
    )


def data_folder(root: str | Path | None) -> Path:
    """Where sets are kept: `root` if given, else $VAE_UTILS_DATA, else ~/.cache/vae_utils."""
    chosen = root or os.environ.get("VAE_UTILS_DATA") or Path("~/.cache/vae_utils")
    return Path(chosen).expanduser()


def at_most(limits: Sequence[int], *sizes: int | None) -> list[int]:
    """Each size, but none above its limit, which is also what `None` stands for."""
    return [min(size or limit, limit) for size, limit in zip(sizes, limits, strict=True)]


def _first(split: Split, size: int | None, argument: str) -> Split:
    images, labels = split
    if size is not None and size > len(images):
        raise ValueError(f"{argument}={size}, but MNIST has only {len(images)} such images.")
    return images[:size], labels[:size]


def insist_on_choice(source: str, sources: Sequence[str], timeout: float) -> None:
    if source not in sources:
        raise ValueError(f"Unknown source {source!r}: choose one of {', '.join(sources)}.")
    if not timeout > 0:
        raise ValueError(f"timeout must be a positive number of seconds, not {timeout!r}.")


def insist_on_counts(**counts: int) -> None:
    for name, value in counts.items():
        _insist_on_count(name, value)


def insist_on_sizes(**sizes: int | None) -> None:
    insist_on_counts(**{name: size for name, size in sizes.items() if size is not None})


def _insist_on_count(name: str, value: int) -> None:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}.")


def _to_unit(images: Tensor) -> Tensor:
    """[B, 1, 28, 28] as float32 in [0, 1]; uint8 counts to 255."""
    if images.dtype == torch.uint8:
        return images.to(torch.float32).div_(255)
    return images.to(torch.float32)
