"""How much faster an epoch is when images lie in memory: our loader against the classic one.

    python -m benchmarks.epoch [--repeats 5] [--device auto] [--json FILE]

Both sides train the assignment's VAE (784-400-32, Adam 1e-3, batch 128) on the same 60,000 images
for one epoch. The classic side is the loop of most tutorials: a `DataLoader` over torchvision's
MNIST with `ToTensor()`, image by image, default Adam and `loss.item()` after each step. Ours is
`vae_utils.train` over a `TensorLoader`, fused Adam included. The sides alternate in one process, so
that a busy machine slows both; where a side's runs differ much, trust the fastest, not the median.
"""

import argparse
import contextlib
import io
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from vae_utils import select_device, train
from vae_utils.data import TensorLoader
from vae_utils.digits import make_digits

BATCH = 128


class BenchmarkVAE(nn.Module):
    """The sizes of the assignment's model; one layer holds both mu and logsigma."""

    def __init__(self, pixels: int = 784, hidden: int = 400, latent: int = 32) -> None:
        super().__init__()
        self.to_latent = nn.Sequential(
            nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent)
        )
        self.to_pixels = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, pixels), nn.Sigmoid()
        )

    def elbo(self, x: Tensor) -> Tensor:
        mu, logsigma = self.to_latent(x).chunk(2, dim=1)
        sigma = logsigma.exp()
        theta = self.to_pixels(mu + sigma * torch.randn_like(mu))
        loglik = -binary_cross_entropy(theta, x, reduction="none").sum(1)
        return loglik - 0.5 * (mu**2 + sigma**2 - 1 - 2 * logsigma).sum(1)


class DrawnMNIST(MNIST):
    """torchvision's MNIST, every image through PIL, over images that need no download."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        # MNIST's own __init__ reads files; its parents only note the folder and the transform.
        super(MNIST, self).__init__(root="", transform=ToTensor())
        self.data, self.targets = images.squeeze(1), labels


def classic_epoch(images: Tensor, labels: Tensor, device: torch.device) -> None:
    loader: DataLoader[Any] = DataLoader(DrawnMNIST(images, labels), batch_size=BATCH, shuffle=True)
    vae = BenchmarkVAE().to(device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    losses = []
    for x, _ in loader:
        loss = -vae.elbo(x.to(device).flatten(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


def our_epoch(images: Tensor, labels: Tensor, device: torch.device) -> None:
    loader = TensorLoader(images, labels, BATCH, shuffle=True, device=device)
    with contextlib.redirect_stdout(io.StringIO()):
        train(BenchmarkVAE().to(device), loader, epochs=1)


def measure(size: int, repeats: int, device: torch.device) -> dict[str, Any]:
    """Seconds of every epoch, their medians, and how many times faster ours is."""
    (images, labels), _ = make_digits(train_size=size)
    sides = {"classic": classic_epoch, "ours": our_epoch}
    for epoch in sides.values():  # the first steps pay for allocations and start-up
        epoch(images[: 10 * BATCH], labels[: 10 * BATCH], device)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, epoch in sides.items():
            seconds[name].append(_timed(epoch, images, labels, device))
    return {
        "images": size,
        "device": str(device),
        "machine": _machine(device),
        "seconds": seconds,
        "median": _compare(seconds, statistics.median),
        "fastest": _compare(seconds, min),
    }


def _compare(
    seconds: dict[str, list[float]], summary: Callable[[list[float]], float]
) -> dict[str, float]:
    figures = {name: summary(times) for name, times in seconds.items()}
    return figures | {"ratio": figures["classic"] / figures["ours"]}


def _timed(
    epoch: Callable[[Tensor, Tensor, torch.device], None],
    images: Tensor,
    labels: Tensor,
    device: torch.device,
) -> float:
    start = time.perf_counter()
    epoch(images, labels, device)  # both sides end by reading a loss, so a GPU is done
    return time.perf_counter() - start


def _machine(device: torch.device) -> str:
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.machine()
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def table(result: dict[str, Any]) -> str:
    median, fastest = result["median"], result["fastest"]
    rows = [f"{'one epoch':<12}{'median':>9}{'fastest':>10}   all runs"]
    for name, times in result["seconds"].items():
        runs = " ".join(f"{t:.2f}" for t in times)
        rows.append(f"{name:<12}{median[name]:>7.2f} s{fastest[name]:>8.2f} s   {runs}")
    rows.append(f"{'ratio':<12}{median['ratio']:>7.2f} x{fastest['ratio']:>8.2f} x")
    return "\n".join([*rows, f"{result['images']} images, {result['machine']}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="epochs of each side")
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    result = measure(options.images, options.repeats, select_device(options.device))
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
