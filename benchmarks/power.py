"""The power of the statistical checks against each sampling mistake, computed, not simulated.

    python -m benchmarks.power

A check of n independent values fails a solution whose distribution function is further than the
threshold t from the right one at some point. If the mistake moves it by d > t there, Hoeffding's
inequality bounds the probability of a miss by exp(-2 n (d - t)^2). d is the smallest over 20 draws
of the inputs, with the model's own parts and with stand-ins for all of them. docs/statistics.md
explains the rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.vae import elbo, forms, sample, sample_with_reparam
from autograder.checks.vae.parts import Parts
from vae_utils.compare import ALPHA, tolerance

DRAWS = 20
POINTS = torch.linspace(-5, 5, 2001, dtype=torch.float64)
Row = tuple[str, str, int, float, float]


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
        yield "sample_with_reparam", name, 128 * 32, t, distance


def _distance(values: Tensor, others: Tensor) -> float:
    """Kolmogorov's distance of two sorted tables of equally probable values."""
    values, others = values.contiguous(), others.contiguous()
    both = torch.cat([values, others]).sort().values
    first, second = (torch.searchsorted(v, both, right=True) / len(v) for v in (values, others))
    return float((first - second).abs().max())


def _noises(seed: int, count: int) -> Iterator[elbo._Noise]:
    """The check's setting with the model's own parts, and with stand-ins for all of them."""
    draw = Draw(seed, "power")
    vae, active, centers = elbo._active_latents(draw, count)
    for stand_ins in ({}, elbo._active_stand_ins(draw, vae, active, centers)):
        yield elbo._Noise(Parts(vae.state, stand_ins), active)


def _elbo() -> Iterator[Row]:
    t = tolerance(elbo.DRAWS) + elbo.SLACK
    prior, together = [], []
    for seed in range(DRAWS):
        for noise in _noises(seed, 1):
            wrong = noise.log_p(forms.normal_quantiles(elbo.LEVELS)[:, None])
            prior.append(_distance(*map(elbo._quantiles_of_sum, (noise.groups(), wrong))))
        for noise in _noises(seed, 4):
            groups = noise.groups()
            shared = groups.sum(1).sort().values
            together.append(_distance(elbo._quantiles_of_sum(groups), shared))
    yield "elbo", "z_from_prior", elbo.DRAWS, t, min(prior)
    yield "elbo", "noise_shared_by_latents", elbo.DRAWS, t, min(together)
    yield "elbo", "mean_decoded", elbo.DRAWS, t, 1.0  # all values at the upper end
    yield "elbo", "noise_shared_by_rows", elbo.DRAWS, t, 0.5  # one value, wherever it lies


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


def _sample() -> Iterator[Row]:
    t = math.sqrt(math.log(2 * 2 * forms.D / ALPHA) / (2 * sample.DRAWS)) + 1 / sample.CODES
    apart: dict[str, float] = {}

    def note(name: str, distance: Tensor) -> None:
        apart[name] = min(float(distance.abs().max()), apart.get(name, 1.0))

    for seed in range(DRAWS):
        for theta in _thetas(seed):
            note("thresholded", theta - theta.round())
            note("inverted", 1 - 2 * theta)
        for shown in _codes(seed):
            right = sample._pairs(shown(forms.normal_quantiles(sample.CODES)).mean(0))
            for mistake in sample._wrong_codes(shown):
                note(mistake.name, mistake.expected["probability"] - right)
    for name, distance in apart.items():
        yield "sample", name, sample.DRAWS, t, distance


def main() -> None:
    """Print the table."""
    print("| task | mistake | n | threshold t | distance d | probability of a miss |")
    print("|---|---|--:|--:|--:|--:|")
    for rows in (_sampler(), _elbo(), _sample()):
        for task, name, n, t, d in rows:
            log = -2 * n * max(d - t, 0.0) ** 2 / math.log(10)
            print(f"| {task} | {name} | {n} | {t:.3f} | {d:.3f} | 1e{math.ceil(log)} |")


if __name__ == "__main__":
    main()
