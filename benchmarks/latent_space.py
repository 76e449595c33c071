"""What the reference of `latent_space` reaches: test ELBO by epoch, and log p(x) by quadrature.

    python -m benchmarks.latent_space [--root FOLDER] [--epochs 100] [--seed 0] [--device cpu]
                                      [--picture FOLDER] [--json FILE]

With `--root`, FOLDER holds MNIST's grey test images in torchvision's layout (10,000 images): the
first 8,000 are trained on, the last 2,000 tested. Without it, the digits of the notebook, in its
sizes (10,000 and 2,000). Pixels above one half are 1, the others 0, as in the notebook. A code has
two numbers, so log p(x) = log of the integral of p(x | z) p(z) over the plane is a sum over a grid,
right to a few thousandths; the ELBO is below it by KL(q(z | x) || p(z | x)).
"""

from __future__ import annotations

import gzip
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import measured
from tests.mutants.latent_space.notebook import BOOK
from vae_utils import BinaryLoader, load_mnist

EVERY = 10  # epochs
GRID = torch.linspace(-7, 7, 401)


def _idx(path: Path, head: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes())[head:], np.uint8)


def images(root: str | None) -> tuple[Tensor, Tensor, Tensor]:
    """Training images, test images [N, 784] of zeros and ones, and labels of the test images."""
    if root is None:
        loaders = load_mnist(source="digits", train_size=10_000, test_size=2_000)
        batches = [[torch.cat(part) for part in zip(*loader, strict=True)] for loader in loaders]
        (train, _), (test, labels) = batches
        return (train.flatten(1) > 0.5).float(), (test.flatten(1) > 0.5).float(), labels
    raw = Path(root) / "MNIST" / "raw"
    grey = torch.from_numpy(_idx(raw / "t10k-images-idx3-ubyte.gz", 16).copy()).view(-1, 784)
    labels = torch.from_numpy(_idx(raw / "t10k-labels-idx1-ubyte.gz", 8).copy())
    binary = (grey > 127).float()
    return binary[:8000], binary[8000:], labels[8000:]


@torch.no_grad()
def log_p(vae: Any, x: Tensor) -> float:
    """Mean log p(x) of images [N, 784], by the trapezoidal rule on [-7, 7]^2."""
    first, second = torch.meshgrid(GRID, GRID, indexing="ij")
    zs = torch.stack([first, second], -1).view(-1, 2).to(x.device)
    area = 2 * math.log(float(GRID[1] - GRID[0]))
    prior = vae.log_prior(zs).double() + area
    parts = []
    for some in zs.split(4096):
        logits = vae.decoder(some)
        zero = torch.nn.functional.softplus(logits).sum(1)
        parts.append((x @ logits.T - zero).double())
    return float(torch.logsumexp(torch.cat(parts, 1) + prior, 1).mean())


def run(options: Any) -> tuple[dict[str, Any], Any]:
    """Train and evaluate with the functions of the reference; prints a line every ten epochs."""
    made = BOOK.namespace()
    torch.manual_seed(options.seed)
    train, test, _ = (part.to(options.device) for part in images(options.root))
    loader = BinaryLoader(train, made["batch_size"], shuffle=True)
    held = BinaryLoader(test, made["batch_size"])
    vae = made["VAE"](made["data_dim"], made["latent_dim"], made["hidden_dim"]).to(options.device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    losses: list[float] = []
    bounds: dict[int, float] = {}
    start = time.perf_counter()
    for epoch in range(1, options.epochs + 1):
        losses += _an_epoch(made, vae, loader, optimizer)
        if epoch % EVERY == 0 or epoch == options.epochs:
            bounds[epoch] = made["test_elbo"](vae, held)
            seconds = time.perf_counter() - start
            print(f"epoch {epoch:3}: test ELBO {bounds[epoch]:.2f}   {seconds:.0f} s", flush=True)
    found = {"images": [len(train), len(test)], "losses": losses, "test ELBO": bounds}
    return {**found, "seconds": seconds, "test log p(x)": log_p(vae, test)}, vae


def _an_epoch(made: dict[str, Any], vae: Any, loader: Any, optimizer: Any) -> list[float]:
    """One more epoch of the reference's own loop, whose Adam would otherwise begin anew."""
    own = torch.optim.Adam
    torch.optim.Adam = lambda *_, **__: optimizer  # type: ignore[assignment, misc]
    try:
        return list(made["train"](vae, loader, 1))
    finally:
        torch.optim.Adam = own  # type: ignore[misc]


def draw(vae: Any, options: Any) -> None:
    """The notebook's pictures of the trained model as PNG files."""
    made = BOOK.namespace()
    _, test, labels = images(options.root)
    vae.cpu()
    options.picture.mkdir(parents=True, exist_ok=True)
    first = torch.stack([test[labels == digit][0] for digit in range(10)])
    top = made["top_half"](first[:1])[0]
    mu, logsigma = made["fit_top"](vae, top)
    around = 6 * logsigma.exp().max() * torch.linspace(-1, 1, 200)
    figures = {
        "samples": made["samples_figure"](vae),
        "scatter": made["latent_scatter"](vae, test, labels),
        "lattice": made["lattice"](vae, torch.linspace(-3, 3, 50)),
        "interpolation": made["interpolation_figure"](vae, first[[1, 3, 7]], first[[0, 8, 4]]),
        "reconstruction": made["reconstruction_figure"](vae, first[[2, 4, 6, 9]]),
        "posterior": made["posterior_figure"](
            vae, top, mu, logsigma, mu[0] + around, mu[1] + around
        ),
        "completion": made["completion_figure"](vae, first[0], mu, logsigma),
    }
    for name, figure in figures.items():
        figure.savefig(options.picture / f"{name}.png", dpi=100)


def main() -> None:
    """Measure, print, write JSON and pictures."""
    parser = measured.parser(__doc__)
    parser.add_argument("--root", help="folder with MNIST/raw/t10k-*.gz")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--picture", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    found, vae = run(options)
    last = list(found["test ELBO"].values())[-1]
    print(f"test ELBO {last:.2f}, test log p(x) {found['test log p(x)']:.2f}")
    if options.picture:
        draw(vae, options)
    measured.write(options.json, found)


if __name__ == "__main__":
    main()
