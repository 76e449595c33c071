"""What the reference of `from_scratch` reaches, and how long it takes.

    python -m benchmarks.from_scratch [--root FOLDER] [--epochs N] [--seed 0] [--picture FILE]
                                      [--json FILE]

Trains the given networks with the reference's own functions: on the notebook's digits, or with
`--root` on the fixed binarised MNIST in FOLDER (see `vae_utils.load_binarized_mnist`), whose pixels
are zeros and ones already. Prints the mean -ELBO of the training images of each epoch, then that of
1,000 training images and of all test images, one code each.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measured
from tests.mutants.from_scratch.notebook import BOOK
from vae_utils import load_digits_arrays
from vae_utils.arrays import Array

EPOCHS = 25  # the notebook's


def images(root: str | None) -> tuple[Array, Array]:
    """For training, grey or binary, and for testing, [N, D] each."""
    if root is None:
        train, test = load_digits_arrays()
        return train, (np.random.rand(*test.shape) < test).astype(float)
    from vae_utils import load_binarized_mnist

    train_loader, _, test_loader = load_binarized_mnist(200, source="auto", root=root)
    found = (np.concatenate([x.numpy() for x in loader]) for loader in (train_loader, test_loader))
    train, test = (rows.reshape(len(rows), -1).astype(np.float64) for rows in found)
    return train, test


def run(options: Any) -> dict[str, Any]:
    """Train and evaluate; prints a line an epoch."""
    np.random.seed(options.seed)
    made = BOOK.namespace()
    exec("def black_and_white(x): return (np.random.rand(*x.shape) < x).astype(float)", made)
    train, test = images(options.root)
    size = made["batch_size"]
    batches = [train[start : start + size] for start in range(0, len(train), size)]
    start, used = time.perf_counter(), time.process_time()
    weights, bounds = made["train"](made["weights"], batches, options.epochs)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    means = -np.array(bounds).reshape(options.epochs, -1).mean(1)
    for epoch, mean in enumerate(means, start=1):
        print(f"epoch {epoch:2}: training -ELBO {mean:.2f}")
    score = made["vae_lower_bound"]
    layers = made["unflatten"](weights)
    seen = made["black_and_white"](train[:1000])
    if options.picture:
        made["reconstruction_figure"](*layers, test[:10]).savefig(options.picture, dpi=100)
    return {
        "images": len(train),
        "epochs": options.epochs,
        "seconds of training": seconds,
        "processor seconds of training": used,
        "training -ELBO by epoch": means.tolist(),
        "training -ELBO": -float(score(*layers, seen)),
        "test -ELBO": -float(score(*layers, test)),
    }


def main() -> None:
    """Measure, print, write JSON and a picture."""
    parser = measured.parser(__doc__)
    parser.add_argument("--root", help="folder of binarized_mnist.npz")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, metavar="FILE", help="of reconstructions")
    options = parser.parse_args()
    found = run(options)
    print(
        f"{found['images']} images, {options.epochs} epochs, {found['seconds of training']:.0f} s "
        f"({found['processor seconds of training']:.0f} s of processor time): "
        f"-ELBO {found['training -ELBO']:.1f} in training, {found['test -ELBO']:.1f} on test images"
    )
    measured.write(options.json, found)


if __name__ == "__main__":
    main()
