"""Seconds that each picture of the notebook takes, until its PNG is there.

    python -m benchmarks.pictures [--repeats 5] [--threads N] [--clock wall] [--json FILE]

Every repeat draws all pictures one after the other, as cells of a notebook do: with the model of
one short training on drawn digits, in the sizes of the reference, and rendered as Jupyter renders
them. The first repeat stands apart, since it pays for loading the drawing libraries. Besides the
pictures it times t-SNE alone, in our version (`visualize_embeddings` without `embed`) and in that
of the reference solution, whose settings are scikit-learn's own. `--threads 1 --clock processor`
counts the time of this process alone, which other programs hardly change.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from benchmarks.epoch import CLOCKS
from tests.mutants.vae.notebook import namespace
from vae_utils import (
    plot_losses,
    train,
    visualize_embeddings,
    visualize_mnist,
    visualize_vae_samples,
)
from vae_utils.data import load_mnist

LIMIT = 5.0  # seconds a student should wait for a picture at most
LOSSES = 5 * 469  # those of five epochs over MNIST


def pictures(points: int = 1000) -> dict[str, Callable[[], Any]]:
    """What draws each picture, and t-SNE alone, after a short training."""
    train_loader, test_loader = load_mnist(
        source="digits", train_size=12_800, test_size=points, test_batch_size=points
    )
    made = namespace()
    vae = made["VAE"](made["obs_dim"], made["latent_dim"], made["hidden_dim"])
    with contextlib.redirect_stdout(io.StringIO()):
        losses = train(vae, train_loader, epochs=1)
    x, y = next(iter(test_loader))
    flat, many = x.flatten(1), (losses * LOSSES)[:LOSSES]
    with torch.no_grad():
        samples = vae.sample(32).view(-1, 28, 28)
    placed = torch.randn(points, 2)
    return {
        "visualize_mnist": lambda: visualize_mnist(train_loader),
        "visualize_vae_samples": lambda: visualize_vae_samples(samples, 4, 8),
        "plot_losses": lambda: plot_losses(many),
        "visualize_embeddings, coordinates given": lambda: visualize_embeddings(
            vae, flat, y, lambda vae, x: placed
        ),
        "visualize_embeddings, our t-SNE": lambda: visualize_embeddings(vae, flat, y),
        "visualize_embeddings, reference's t-SNE": lambda: visualize_embeddings(
            vae, flat, y, made["embed"]
        ),
        "reference's t-SNE alone": lambda: made["embed"](vae, flat),
    }


def measure(repeats: int, points: int = 1000, clock: str = "wall") -> dict[str, Any]:
    """Seconds of the first time and of `repeats` more, by picture, with their medians."""
    drawn = pictures(points)
    seconds: dict[str, list[float]] = {name: [] for name in drawn}
    for _ in range(repeats + 1):
        for name, draw in drawn.items():
            seconds[name].append(_seconds(draw, clock))
    return {
        "points": points,
        "limit": LIMIT,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "clock": clock,
        "first": {name: times[0] for name, times in seconds.items()},
        "seconds": {name: times[1:] for name, times in seconds.items()},
        "median": {name: statistics.median(times[1:]) for name, times in seconds.items()},
    }


def _seconds(draw: Callable[[], Any], clock: str) -> float:
    now = CLOCKS[clock]
    start = now()
    picture = draw()
    if hasattr(picture, "savefig"):  # as Jupyter's inline backend writes it
        picture.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    spent = now() - start
    from matplotlib import pyplot as plt  # only here: the first picture is to pay for it

    plt.close("all")
    return spent


def table(result: dict[str, Any]) -> str:
    rows = [f"{'picture':<42}{'median':>9}{'min':>9}{'max':>9}{'first':>9}"]
    for name, times in result["seconds"].items():
        figures = (statistics.median(times), min(times), max(times), result["first"][name])
        rows.append(f"{name:<42}" + "".join(f"{figure:>7.2f} s" for figure in figures))
    slow = [name for name, median in result["median"].items() if median >= result["limit"]]
    verdict = f"not under {LIMIT:g} s: {'; '.join(slow)}" if slow else f"all under {LIMIT:g} s"
    where = f"{result['points']} points, {result['clock']} time, {result['machine']}"
    return "\n".join([*rows, f"{verdict} ({where})"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="after the first time")
    parser.add_argument("--points", type=int, default=1000, help="of the map; more than 30")
    parser.add_argument("--threads", type=int, help="at most; by default each library's choice")
    parser.add_argument("--clock", default="wall", choices=list(CLOCKS))
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    os.environ["MPLBACKEND"] = "Agg"
    with threadpool_limits(options.threads):
        result = measure(options.repeats, options.points, options.clock)
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
