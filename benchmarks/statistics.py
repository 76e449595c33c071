"""How often the statistical checks fail the reference, and how often they miss a mistake.

    python -m benchmarks.statistics --runs 10000            the reference: 0 failures wanted
    python -m benchmarks.statistics --runs 200 --mistakes   every sampling mistake: 0 misses wanted

Each run has its own seed, so its own inputs and its own random numbers. docs/statistics.md derives
what to expect. Runs in this process, without the sandbox, on all cores.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from tqdm import tqdm

from tests.mutants.vae.notebook import checks_of, run, student
from tests.mutants.vae.wrong import WRONG

STATISTICAL = {
    "sample_with_reparam": ("test_the_distribution_of_z",),
    "elbo": ("test_the_noise", "test_the_noise_of_each_latent"),
    "sample": (
        "test_binary_images",
        "test_each_pixel_follows_its_probability",
        "test_z_comes_from_the_prior",
    ),
}
MISTAKES = {
    "sample_with_reparam": {
        "variance_for_std", "halved_logsigma", "unit_std", "logsigma_for_std", "mean_forgotten",
        "no_noise", "sigma_for_noise", "same_noise_every_call", "noise_shared_by_rows",
        "noise_shared_by_latents", "uniform_noise",
    },
    "elbo": {
        "mean_decoded", "noise_shared_by_rows", "noise_shared_by_latents", "z_from_prior",
        "same_noise_every_call",
    },
    "sample": {
        "theta_returned", "thresholded", "inverted", "same_images_every_call", "uniform_z",
        "zero_z", "bernoulli_z", "z_from_encodings", "one_number_for_z",
    },
}  # fmt: skip


def _failed(task: str, source: str | None, seed: int) -> list[str]:
    """Names of the statistical checks of a task that a solution fails with that seed."""
    torch.set_num_threads(1)
    ask = student({task: source} if source else {})
    checks = [check for check in checks_of(task) if check.__name__ in STATISTICAL[task]]
    results = (run(check, task, ask, seed).result for check in checks)
    return [result.name for result in results if result.verdict != "passed"]


def _reference(seed: int) -> list[str]:
    return [name for task in STATISTICAL for name in _failed(task, None, seed)]


def _missed(case: tuple[str, str], seed: int) -> bool:
    task, source = case
    return not _failed(task, source, seed)


def _count_failures(pool: ProcessPoolExecutor, runs: int, first: int) -> None:
    seeds = range(1_000_000 + first, 1_000_000 + first + runs)
    failures: dict[str, int] = {}
    for names in tqdm(pool.map(_reference, seeds, chunksize=20), total=runs):
        for name in names:
            failures[name] = failures.get(name, 0) + 1
    print(f"{runs} runs of the reference, {sum(failures.values())} failed checks {failures or ''}")


def _count_misses(pool: ProcessPoolExecutor, runs: int, first: int) -> None:
    for wrong in WRONG:
        if wrong.misconception in MISTAKES.get(wrong.task, ()):
            case = (wrong.task, wrong.source)
            seeds = range(first, first + runs)
            missed = sum(pool.map(_missed, repeat(case, runs), seeds, chunksize=10))
            print(f"{wrong.task:22} {wrong.name:32} {missed} of {runs} missed", flush=True)


def main() -> None:
    """Run, count, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--mistakes", action="store_true", help="wrong samplers instead")
    arguments = parser.parse_args()
    start = time.perf_counter()
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        count = _count_misses if arguments.mistakes else _count_failures
        count(pool, arguments.runs, arguments.first)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
