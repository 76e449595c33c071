"""Wrong formulas for the log density of a code, for all tasks that may write it out."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.latent_space import forms
from autograder.checks.mistakes import gives, wrong_sums

HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)
CONSTANT_HINT = "In one dimension log N(0; 0, 1) is -0.919: "
DISTANCE_HINT = "Half of the squared distance from mu, (x - mu)^2, is divided by sigma^2: "
LOG_HINT = "What is given is log sigma, already the logarithm of the standard deviation: "


def terms(mu: Tensor, logsig: Tensor, xs: Tensor) -> Tensor:
    """The log density of each entry, [B, L]."""
    mu, logsig, xs = mu.double(), logsig.double(), xs.double()
    return -HALF_LOG_2_PI - logsig - 0.5 * ((xs - mu) / logsig.exp()) ** 2


def narrow(draw: Draw, rows: int, entries: int) -> tuple[Tensor, Tensor, Tensor]:
    """mu, log sigma and codes [rows, entries] close to mu, where the density exceeds 1."""
    mu = draw.uniform(rows, entries, low=-0.5, high=0.5)
    logsig = draw.uniform(rows, entries, low=-2.0, high=-1.5)
    unit = draw.uniform(rows, entries, low=-0.5, high=0.5)
    return mu, logsig, mu + logsig.exp() * unit


def at_most_one(right: Tensor) -> Misconception:
    """A density that is cut off at 1; right: [B]."""
    hint = (
        "A density may exceed 1, and its logarithm 0: it is an area that is at most 1. Try "
        "N(0; 0, 0.01^2), and cut nothing off."
    )
    return gives("density_cut_off_at_one", hint, right.clamp(max=0))


def _minus(log: Tensor, distance: Tensor) -> Tensor:
    return -(HALF_LOG_2_PI + log + distance).sum(-1)


def _wrong_distances(mu: Tensor, logsig: Tensor, xs: Tensor) -> list[Misconception]:
    shift, sigma = xs - mu, logsig.exp()
    unit = shift / sigma

    def takes(name: str, hint: str, square: Tensor) -> Misconception:
        return gives(name, hint, _minus(logsig, 0.5 * square))

    def divides(name: str, hint: str, denominator: Tensor) -> Misconception:
        return takes(name, DISTANCE_HINT + hint, shift**2 / denominator)

    return [
        divides("std_in_denominator", "sigma itself is not squared.", sigma),
        divides("variance_squared", "the variance is squared once more.", sigma**4),
        divides("sigma_forgotten", "sigma is missing.", torch.ones_like(xs)),
        divides("multiplied_by_sigma", "do not multiply by it.", 1 / sigma**2),
        divides("log_in_denominator", "undo the logarithm first, with exp.", logsig**2),
        takes("not_squared", "(x - mu) / sigma enters as a square.", unit),
        takes("fourth_power", "(x - mu) / sigma is squared once too often.", unit**4),
        takes("mu_forgotten", "mu is missing: it is x - mu that counts.", (xs / sigma) ** 2),
        takes("mu_added", "The distance from mu is x - mu, not x + mu.", ((xs + mu) / sigma) ** 2),
        takes("distance_sign", "Far from mu the density is small: mind the sign.", -(unit**2)),
        takes("distance_forgotten", "The term with x is missing.", 0 * unit),
        takes(
            "half_not_on_distance",
            "Half of ((x - mu) / sigma)^2 is subtracted: here the 1/2 is missing.",
            2 * unit**2,
        ),
    ]


def _wrong_logarithms(mu: Tensor, logsig: Tensor, xs: Tensor) -> list[Misconception]:
    distance = 0.5 * ((xs - mu) / logsig.exp()) ** 2

    def takes(name: str, hint: str, log: Tensor) -> Misconception:
        return gives(name, hint, _minus(log, distance))

    return [
        gives(
            "logsig_as_logvar",
            LOG_HINT + "exp(logsig / 2) takes it for that of the variance.",
            forms.gaussian(mu, logsig / 2, xs),
        ),
        gives(
            "variance_as_std",
            LOG_HINT + "exp(2 logsig) is the variance, not sigma.",
            forms.gaussian(mu, 2 * logsig, xs),
        ),
        takes("log_halved", LOG_HINT + "it is subtracted as it is, not halved.", logsig / 2),
        takes("log_doubled", "Half of log sigma^2 is log sigma: no factor 2.", 2 * logsig),
        takes("log_forgotten", "The term with log sigma is missing.", 0 * logsig),
        takes("log_sign", "A wide distribution is low: log sigma is subtracted.", -logsig),
        takes("sigma_subtracted", "It is log sigma that is subtracted, not sigma.", logsig.exp()),
    ]


def wrong_constants(right: Tensor, entries: int) -> list[Misconception]:
    """Wrong multiples of log 2 pi in a log density [B] of so many entries."""

    def shifted(name: str, hint: str, times: float) -> Misconception:
        return gives(name, CONSTANT_HINT + hint, right + times * HALF_LOG_2_PI)

    return [
        shifted("two_pi_missing", "log 2 pi is missing.", entries),
        shifted("two_pi_once", "each entry has its own log 2 pi, not the row one.", entries - 1),
        shifted("two_pi_not_halved", "it is half of log 2 pi that counts.", -entries),
        shifted("two_pi_added", "half of log 2 pi is subtracted.", 2 * entries),
    ]


def wrong_wholes(right: Tensor) -> list[Misconception]:
    """The whole log density [B] with another sign or factor, or without the logarithm."""
    density = {"expected": (right.exp(),), "atol": 0.0}  # tiny, but not just anything tiny
    return [
        gives("sign", "This is minus the log density: mind the sign.", -right),
        gives("half_lost", "The factor 1/2 is missing.", 2 * right),
        Misconception("no_logarithm", "This is the density; its logarithm is wanted.", density),
    ]


def wrong_normals(mu: Tensor, logsig: Tensor, xs: Tensor) -> list[Misconception]:
    """Values of wrong formulas on the same inputs, each [B, L]."""
    mu, logsig, xs = mu.double(), logsig.double(), xs.double()
    right, each = forms.gaussian(mu, logsig, xs), terms(mu, logsig, xs)
    swapped = [
        gives(
            "mu_and_logsig_swapped",
            "mu and log sigma have changed places.",
            forms.gaussian(logsig, mu, xs),
        ),
        gives(
            "logsig_and_x_swapped",
            "log sigma and the code have changed places: mind the order of the arguments.",
            forms.gaussian(mu, xs, logsig),
        ),
        gives(
            "first_two_entries",
            "Only the first two entries count: L may be another number than 2.",
            each[:, :2].sum(-1),
        ),
    ]
    wrong = _wrong_distances(mu, logsig, xs) + _wrong_logarithms(mu, logsig, xs)
    wrong += wrong_constants(right, xs.shape[-1]) + wrong_wholes(right) + swapped
    return wrong + wrong_sums(each, "entries")
