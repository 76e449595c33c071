"""The power of the statistical checks against each sampling mistake, computed, not simulated.

    python -m benchmarks.power

A check of n independent values fails a solution whose distribution function is further than the
threshold t from the right one at some point. If the mistake moves it by d > t there, Hoeffding's
inequality bounds the probability of a miss by exp(-2 n (d - t)^2); for `elbo` and `sample`, which
look at frequencies, it is Chernoff's exp(-n KL). The worst of 20 draws of the inputs, with
the model's own parts and with stand-ins for all of them. docs/statistics.md explains the rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.vae import elbo, forms, sample, sample_with_reparam
from autograder.checks.vae.parts import Parts
from vae_utils import compare_draws
from vae_utils.compare_draws import ALPHA, tolerance

DRAWS = 20
POINTS = torch.linspace(-5, 5, 2001, dtype=torch.float64)
Row = tuple[str, str, int, float, float, float]
"""Task, mistake, n, t, d, logarithm of the probability of a miss."""


def _hoeffding(task: str, name: str, n: int, t: float, d: float) -> Row:
    return task, name, n, t, d, -2 * n * max(d - t, 0.0) ** 2


def _sampler() -> Iterator[Row]:
    """Standardised draws; n is the number of inputs, which have a mu and a sigma each."""
    t = tolerance(6 * 128 * 32)
    grid = torch.linspace(0, 1, 101, dtype=torch.float64)
    low, high = sample_with_reparam.LOG_SCALES
    logsigma = (low + (high - low) * grid)[:, None]
    mu = (-2 + 4 * grid)[None, :, None]

    def scaled(ratio: Tensor) -> float:
        mixture = torch.special.ndtr(POINTS / ratio).mean(0)
        return float((mixture - torch.special.ndtr(POINTS)).abs().max())

    shifted = torch.special.ndtr(POINTS + mu / logsigma.exp()[:, None]).mean((0, 1))
    normal = torch.special.ndtr(POINTS)
    distances = {
        "variance_for_std": scaled(logsigma.exp()),
        "halved_logsigma": scaled((-logsigma / 2).exp()),
        "unit_std": scaled((-logsigma).exp()),
        "logsigma_for_std": scaled(logsigma.abs().clamp(min=1e-9) / logsigma.exp()),
        "mean_forgotten": float((shifted - normal).abs().max()),
        "no_noise": 0.5,
        "sigma_for_noise": float(torch.special.ndtr(torch.tensor(1.0))),
    }
    for left, right in ((0.0, 1.0), (-0.5, 0.5), (-1.0, 1.0)):
        flat = ((POINTS - left) / (right - left)).clamp(0, 1)
        distances[f"uniform_noise on ({left:g}, {right:g})"] = float((flat - normal).abs().max())
    for name, distance in distances.items():
        yield _hoeffding("sample_with_reparam", name, 128 * 32, t, distance)


def _chernoff(
    n: int, level: float, wrong: float, slack: float, count: int
) -> tuple[float, float, float]:
    """t, d and the logarithm of a miss: a frequency has probability `wrong`, `level` is right.

    count: how many frequencies are looked at.
    """
    bound = math.log(2 * count / ALPHA) / n
    shares = torch.linspace(0, 1, 100_001, dtype=torch.float64)
    nearest = shares.clamp(max(level - slack, 0.0), min(level + slack, 1.0))
    passing = shares[compare_draws._entropy(shares, nearest) <= bound]
    edge = passing.min() if wrong < level else passing.max()
    t, d = abs(float(edge) - level), abs(wrong - level)
    if d <= t:
        return t, d, 0.0
    wanted = torch.tensor(wrong, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    return t, d, -n * float(compare_draws._entropy(edge, wanted))


def _levels(n: int, right: Tensor, wrong: Tensor) -> tuple[float, float, float]:
    """The same at the level that tells best; right, wrong: equally probable values, sorted."""
    levels = torch.arange(1, compare_draws._LEVELS, dtype=torch.float64) / compare_draws._LEVELS
    points = right[(levels * len(right)).long()]
    shares = torch.searchsorted(wrong.contiguous(), points, right=True) / len(wrong)
    found = (
        _chernoff(n, float(level), float(share), elbo.SLACK, len(levels))
        for level, share in zip(levels, shares, strict=True)
    )
    return min(found, key=lambda row: row[2])


def _noises(seed: int, count: int) -> Iterator[elbo._Noise]:
    """The check's setting with the model's own parts, and with stand-ins for all of them."""
    draw = Draw(seed, "power")
    vae, active, centers = elbo._active_latents(draw, count)
    for stand_ins in ({}, elbo._active_stand_ins(draw, vae, active, centers)):
        yield elbo._Noise(Parts(vae.state, stand_ins), active)


def _elbo() -> Iterator[Row]:
    worst: dict[str, tuple[float, float, float]] = {}

    def note(name: str, noise: elbo._Noise, wrong: Tensor) -> None:
        found = _levels(noise.draws, elbo._quantiles_of_sum(noise.groups()), wrong)
        worst[name] = max(found, worst.get(name, found), key=lambda row: row[2])

    for seed in range(DRAWS):
        for noise in _noises(seed, 1):
            groups = noise.groups()
            prior = noise.log_p(forms.normal_quantiles(elbo.LEVELS)[:, None])
            note("z_from_prior", noise, elbo._quantiles_of_sum(prior))
            note("mean of two draws", noise, elbo._quantiles_of_sum(groups.expand(-1, 2) / 2))
            note("mean_decoded", noise, groups.max().expand(1))
            note("noise_shared_by_rows", noise, groups.median().expand(1))
        for noise in _noises(seed, 4):
            note("noise_shared_by_latents", noise, noise.groups().sum(1).sort().values)
    for name, found in worst.items():
        n = elbo.FEWER_DRAWS if name.endswith("latents") else elbo.DRAWS
        yield "elbo", name, n, *found


def _thetas(seed: int) -> Iterator[Tensor]:
    draw = Draw(seed, "power")
    vae, stand_ins = sample._ignoring_z(draw, draw.uniform(forms.D, low=-2.5, high=2.5))
    for chosen in ({}, stand_ins):
        yield Parts(vae.state, chosen).decoder(sample.ZERO)[0]


def _codes(seed: int) -> Iterator[Callable[[Tensor], Tensor]]:
    thresholds = sample._thresholds(Draw(seed, "power"))
    vae = sample._showing_z(thresholds)
    for stand_ins in ({}, sample._stand_in_showing_z(thresholds)):
        known = Parts(vae.state, stand_ins)
        yield lambda z, known=known: known.decoder(z[:, None].expand(-1, forms.L))


def _clearest(right: Tensor, wrong: Tensor) -> tuple[float, float, float]:
    """t, d and the logarithm of a miss at the frequency that tells best; both [2, D]."""
    pairs = torch.stack([right.flatten(), wrong.flatten()], 1).double().unique(dim=0)
    inside = pairs.clamp(1e-9, 1 - 1e-9)
    farthest = compare_draws._entropy(inside[:, 0], inside[:, 1]).argsort(descending=True)[:20]
    found = (
        _chernoff(sample.DRAWS, float(q), float(p), 1 / sample.CODES, right.numel())
        for q, p in pairs[farthest]
    )
    return min(found, key=lambda row: row[2])


def _sample() -> Iterator[Row]:
    worst: dict[str, tuple[float, float, float]] = {}

    def note(name: str, right: Tensor, wrong: Tensor) -> None:
        found = _clearest(right, wrong)
        worst[name] = max(found, worst.get(name, found), key=lambda row: row[2])

    for seed in range(DRAWS):
        for theta in _thetas(seed):
            right = sample._pairs(theta)
            note("thresholded", right, sample._pairs(theta.round()))
            note("inverted", right, sample._pairs(1 - theta))
        for shown in _codes(seed):
            right = sample._pairs(shown(forms.normal_quantiles(sample.CODES)).mean(0))
            for mistake in sample._wrong_codes(shown):
                note(mistake.name, right, mistake.expected["probability"])
    for name, found in worst.items():
        yield "sample", name, sample.DRAWS, *found


def main() -> None:
    """Print the table."""
    print("| task | mistake | n | threshold t | distance d | probability of a miss |")
    print("|---|---|--:|--:|--:|--:|")
    for rows in (_sampler(), _elbo(), _sample()):
        for task, name, n, t, d, log in rows:
            power = math.ceil(log / math.log(10))
            print(f"| {task} | {name} | {n} | {t:.3f} | {d:.3f} | 1e{power} |")


if __name__ == "__main__":
    main()
