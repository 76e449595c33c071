"""What `vae_lower_bound` gives on networks of the judge's own, with own parts or with stand-ins."""

from __future__ import annotations

from dataclasses import dataclass

import autograd.numpy as np
from scipy.special import ndtri

from autograder.checks import Draw
from autograder.checks.from_scratch.forms import (
    D,
    L,
    Layers,
    bernoulli,
    kl,
    layers,
    network,
    split,
)
from vae_utils.arrays import Array
from vae_utils.stand_in import StandIn

SAMPLE = "sample_latent_variables_from_posterior"
LIKELIHOOD = "bernoulli_log_prob"
KL = "compute_KL"
HIDDEN = 8
NO_NOISE = np.zeros((1, 1))
SHARP = -25.0  # of log sigma, at which noise is far below rounding
StandIns = dict[str, StandIn]


@dataclass(frozen=True)
class Parts:
    """The three functions that a bound is made of, as they are or replaced."""

    stand_ins: StandIns

    def difference(self, output: Array, levels: Array, places: tuple[int, int]) -> Array:
        """Quantiles of z_i - z_j but for its mean, from the answer [2L] of an encoder.

        Gaussian; with a stand-in, whose noise is uniform between -h and h, triangular.
        """
        if SAMPLE not in self.stand_ins:
            _, logsigma = split(output)
            return np.asarray(np.linalg.norm(np.exp(logsigma[list(places)])) * ndtri(levels))
        below = 2 - np.sqrt(8 * np.minimum(levels, 1 - levels))
        return self.stand_ins[SAMPLE].noise * np.sign(levels - 0.5) * below

    def code(self, output: Array, noise: Array) -> Array:
        """z [B, L] with that noise, [B, L] or for all [1, 1]."""
        if SAMPLE in self.stand_ins:
            stand_in = self.stand_ins[SAMPLE]
            return stand_in.without_noise()(output) + stand_in.noise * noise
        mu, logsigma = split(output)
        return mu + np.exp(logsigma) * noise

    def log_likelihood(self, x: Array, logits: Array) -> Array:
        """log p(x | z) [B]."""
        return self.stand_ins.get(LIKELIHOOD, bernoulli)(x, logits)

    def kl(self, output: Array) -> Array:
        """KL(q || p) [B]."""
        return self.stand_ins.get(KL, kl)(output)


def stand_ins(draw: Draw, noise: float) -> StandIns:
    """For all parts; affine, with uniform noise of that half width in codes."""
    mix = draw.array(2 * L, L, low=-0.2, high=0.2) + np.vstack([np.eye(L), 0 * np.eye(L)])
    sample = StandIn(
        ("encoder_output",), ((draw.array(L, low=-0.5, high=0.5), mix),), noise, plain=True
    )
    of_images = draw.array(D, low=-1.0, high=1.0), draw.array(D, low=-1.0, high=1.0)
    likelihood = StandIn(("targets", "logits"), ((np.array(-30.0), *of_images),), plain=True)
    weights = draw.array(2 * L, low=0.1, high=0.5)
    divergence = StandIn(("encoder_output",), ((np.array(40.0), weights),), plain=True)
    return {SAMPLE: sample, LIKELIHOOD: likelihood, KL: divergence}


def decoder(draw: Draw) -> Layers:
    """A decoder of the notebook's depth; its logits are of order one."""
    return layers(draw, L, HIDDEN, HIDDEN, D)


def encoder(draw: Draw) -> Layers:
    """An encoder whose codes hardly scatter."""
    *first, (weight, bias) = layers(draw, D, HIDDEN, HIDDEN, 2 * L)
    sharp = np.hstack([bias[:L], np.full(L, SHARP)])
    return [*first, (np.hstack([weight[:, :L], np.zeros((HIDDEN, L))]), sharp)]


def constant_encoder(output: Array) -> Layers:
    """An encoder that answers [2L] to every image."""
    still = np.zeros((D, HIDDEN)), np.zeros(HIDDEN)
    between = np.zeros((HIDDEN, HIDDEN)), np.zeros(HIDDEN)
    return [still, between, (np.zeros((HIDDEN, 2 * L)), output)]


def through(direction: Array, scales: Array, shifts: Array, out: Array, bias: Array) -> Layers:
    """A decoder bias + relu(scales * (z @ direction) + shifts) @ out.

    direction [L]; scales, shifts [H], out [H, D], bias [D].
    """
    return [
        (np.outer(direction, scales), shifts),
        (np.eye(len(scales)), np.zeros(len(scales))),
        (out, bias),
    ]


def terms(parts: Parts, gen: Layers, rec: Layers, x: Array, noise: Array) -> tuple[Array, ...]:
    """log p(x | z) and KL, [B] each, and the logits [B, D]."""
    output = network(rec, x)
    logits = network(gen, parts.code(output, noise))
    return parts.log_likelihood(x, logits), parts.kl(output), logits
