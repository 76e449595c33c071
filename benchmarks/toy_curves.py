"""How far training gets in the checks of `toy_curves` of `gans`, over many seeds.

    python -m benchmarks.toy_curves --runs 100

The bounds in `autograder/checks/gans/curves.py` have no theorem behind them; this prints the least
and the largest estimate of the reference in both situations that are checked.
"""

from __future__ import annotations

import argparse

import torch

from autograder.checks.gans.curves import FAR, MANY, WIDTH
from tests.mutants.gans.notebook import BOOK

SITUATIONS = (((FAR, 15.0, 0.0), MANY, 1), ((15.0, FAR), 1, MANY))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    runs = parser.parse_args().runs
    torch.set_num_threads(1)
    curves = BOOK.namespace()["toy_curves"]
    for thetas, first, steps in SITUATIONS:
        found = []
        for seed in range(runs):
            torch.manual_seed(seed)
            found.append(torch.stack(curves(list(thetas), first, steps, WIDTH)))
        least, largest = torch.stack(found).amin(0), torch.stack(found).amax(0)
        print(f"theta {thetas}, {first} steps and then {steps}, {runs} seeds")
        for name, low, high in zip(("Hellinger", "Wasserstein"), least, largest, strict=True):
            ranges = (f"{a:.2f} to {b:.2f}" for a, b in zip(low, high, strict=True))
            print(f"  {name}: {', '.join(ranges)}")


if __name__ == "__main__":
    main()
