"""What the reference of `densities` reaches: validation -ELBO by epoch, test ELBO and log p(x).

    python -m benchmarks.densities [--root FOLDER] [--source auto] [--epochs 20] [--seed 0]
                                   [--device cpu] [--picture FILE] [--json FILE]

Trains the given model with the reference's functions on the fixed binarised MNIST in FOLDER (see
`vae_utils.load_binarized_mnist`), or with `--source digits` on the embedded digits, in the sizes of
the notebook, and estimates log p(x) of all test images with 200 codes each. Published, for the same
model and settings on binarised MNIST: validation -ELBO 101 to 102 and test log p(x) about -95.5
after 20 epochs.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks import measured
from tests.mutants.densities.notebook import BOOK
from vae_utils import load_binarized_mnist


def average(score: Any, loader: Any) -> float:
    """The mean over all images of what `score(x)` gives for each [B]."""
    with torch.no_grad():
        parts: list[Tensor] = [score(x) for x in loader]
    return float(torch.cat(parts).mean())


def run(options: Any) -> dict[str, Any]:
    """Train and evaluate; prints a line an epoch."""
    made = BOOK.namespace()
    torch.manual_seed(options.seed)
    train, valid, test = load_binarized_mnist(
        made["batch_size"], source=options.source, root=options.root, device=options.device
    )
    vae = made["VAE"](made["obs_dim"], made["hidden_dim"], made["latent_dim"]).to(options.device)
    losses: list[float] = []
    bounds: list[float] = []
    start = time.perf_counter()
    for epoch in range(1, options.epochs + 1):
        losses += _continued(made, vae, train)
        bounds.append(-average(lambda x: made["elbo"](vae, x), valid))
        seconds = time.perf_counter() - start
        print(f"epoch {epoch:2}: validation -ELBO {bounds[-1]:.2f}   {seconds:.0f} s", flush=True)
    return {
        "images": train.size,
        "seconds": time.perf_counter() - start,
        "losses": losses,
        "validation -ELBO": bounds,
        "test ELBO": average(lambda x: made["elbo"](vae, x), test),
        "test log p(x)": average(lambda x: made["log_p_x"](vae, x), test),
    }


def _continued(made: dict[str, Any], vae: Any, loader: Any) -> list[float]:
    """One more epoch of the reference's own loop, whose Adam would otherwise begin anew."""
    optimizer = vae.__dict__.setdefault("_optimizer", torch.optim.Adam(vae.parameters(), lr=3e-4))
    own = torch.optim.Adam
    torch.optim.Adam = lambda *_, **__: optimizer  # type: ignore[assignment, misc]
    try:
        return list(made["train"](vae, loader, 1))
    finally:
        torch.optim.Adam = own  # type: ignore[misc]


def draw(found: dict[str, Any], path: Path) -> None:
    """The loss of every step and the validation curve as a PNG."""
    from vae_utils import plot_losses

    figure = plot_losses(found["losses"])
    axes = figure.axes[0]
    steps = len(found["losses"]) / len(found["validation -ELBO"])
    at = [steps * (epoch + 1) for epoch in range(len(found["validation -ELBO"]))]
    axes.plot(at, found["validation -ELBO"], "o-", label="validation, by epoch")
    axes.set_ylim(top=200)
    axes.legend()
    figure.savefig(path, dpi=100)


def main() -> None:
    """Measure, print, write JSON and the picture."""
    parser = measured.parser(__doc__)
    parser.add_argument("--root", help="folder of binarized_mnist.npz")
    parser.add_argument("--source", default="auto")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--picture", type=Path, metavar="FILE")
    options = parser.parse_args()
    found = run(options)
    print(f"test ELBO {found['test ELBO']:.2f}, log p(x) {found['test log p(x)']:.2f}")
    if options.picture:
        draw(found, options.picture)
    measured.write(options.json, found)


if __name__ == "__main__":
    main()
