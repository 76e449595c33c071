"""Closed forms of the assignment `from_scratch` in float64, and inputs on which checks are made.

Written with autograd's NumPy, so that gradients of what is put together from them can be had.

Source of the formulas: Kingma and Welling 2014, section 3 and appendix B. An encoder's output is
[B, 2L]: the means, then the logarithms of the standard deviations.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import autograd.numpy as np
from autograd.scipy.special import expit

from autograder.checks import Draw, mistakes
from vae_utils.arrays import Array

BATCH = 200  # the notebook's batch_size
MANY, STEPS = 2048, 1024
"""Rows, and how many steps of Python these may take more than one row: see `must_cost`."""
any_batch_size = partial(mistakes.any_batch_size, BATCH)
D, L = 784, 50  # the notebook's own: students may use its globals
RTOL, ATOL = 1e-5, 1e-6
"""Right formulas agree to 1e-12 in float64; those who compute in float32 are right as well."""
Layers = list[tuple[Array, Array]]


def split(output: Array) -> tuple[Array, Array]:
    """Means and logarithms of standard deviations, [B, L] each."""
    mu, logsigma = np.split(output, 2, axis=-1)
    return mu, logsigma


def kl_terms(output: Array) -> Array:
    """1/2 (mu^2 + sigma^2 - 2 log sigma - 1), [B, L]."""
    mu, logsigma = split(output)
    return 0.5 * (mu**2 + np.exp(2 * logsigma) - 2 * logsigma - 1)


def kl(output: Array) -> Array:
    """KL(N(mu, sigma^2) || N(0, I)) of each row, [B]."""
    return kl_terms(output).sum(-1)


def bernoulli_terms(targets: Array, logits: Array) -> Array:
    """x l - log(1 + e^l), [B, D]."""
    return targets * logits - np.logaddexp(0, logits)


def bernoulli(targets: Array, logits: Array) -> Array:
    """log p(targets) of each row, [B]."""
    return bernoulli_terms(targets, logits).sum(-1)


def network(layers: Layers, inputs: Array) -> Array:
    """A network of the notebook: ReLU behind all layers but the last."""
    for weight, bias in layers[:-1]:
        inputs = np.maximum(inputs @ weight + bias, 0)
    weight, bias = layers[-1]
    return inputs @ weight + bias


def means(layers: Layers, z: Array) -> Array:
    """Of pixels, in (0, 1)."""
    return expit(network(layers, z))


def outputs(draw: Draw, rows: int, low: float = -2.0, high: float = 0.5) -> Array:
    """Answers of an encoder; low, high: of the logarithms."""
    return np.hstack(
        [draw.array(rows, L, low=-2.0, high=2.0), draw.array(rows, L, low=low, high=high)]
    )


def binary(draw: Draw, rows: int) -> Array:
    """Zeros and ones, [B, D]."""
    return (draw.array(rows, D, low=0.0, high=1.0) < 0.4).astype(np.float64)


def layers(draw: Draw, *sizes: int, scale: float = 1.0) -> Layers:
    """A network for inputs of order one; scale: of what comes out."""
    made = []
    for m, n in pairwise(sizes):
        width = (3 / m) ** 0.5 * (scale if n == sizes[-1] else 1.5)
        made.append((draw.array(m, n, low=-width, high=width), draw.array(n, low=-0.5, high=0.5)))
    return made
