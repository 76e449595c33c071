"""The bound of a single image, with networks of the judge's own, and what noise does to it.

The encoder gives one answer to every image. The decoder looks at the difference z_i - z_j of two
entries of the code, drawn anew each time. It tells what a single entry cannot: whether both have
noise of their own. That difference has a known distribution (see `Parts.difference`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import autograd.numpy as np
from autograd import grad
from scipy.special import ndtri

from autograder.checks import Draw
from autograder.checks.from_scratch.bounds import NO_NOISE, SAMPLE, Parts, through
from autograder.checks.from_scratch.forms import D, L, Layers, binary, network, split
from vae_utils.arrays import Array

CODES = 2001  # equally probable ones; the one in the middle has no noise
STEEP = 1e4
WHITE = 3  # pixels in the beginning that depend on the code
FAR = -40.0  # a logit l at which log p(1) is l itself, and log p(0) is 0


@dataclass(frozen=True)
class OneImage:
    """One image x [1, D] with the answer of its encoder [2L], and the two entries that matter."""

    parts: Parts
    gen: Layers
    output: Array
    x: Array
    places: tuple[int, int]

    @classmethod
    def with_a_line(cls, draw: Draw, parts: Parts, far: bool = False) -> OneImage:
        """Three logits of white pixels rise with the difference, over all of its range.

        far: at logits so low that log p(x | z) rises with them.
        """
        first = np.arange(D) < WHITE
        single = cls(parts, [], _scattered(draw), np.where(first, 1.0, binary(draw, 1)), _two(draw))
        both = np.array([1.0, -1.0])
        bias = np.full(D, FAR) if far else draw.array(D, low=-2.0, high=2.0)
        x = np.where(first, 1.0, 0.0)[None] if far else single.x
        out = np.outer(both, np.where(first, 1.0, 0.0))
        return replace(single, x=x, gen=through(single.direction, both, np.zeros(2), out, bias))

    @classmethod
    def with_a_step(cls, draw: Draw, parts: Parts) -> OneImage:
        """The decoder jumps where two thirds of all differences are below: log p(x | z) has two
        values."""
        single = cls(parts, [], _scattered(draw), binary(draw, 1), _two(draw))
        place = float(np.quantile(single.codes() @ single.direction, 2 / 3))
        gen = through(
            single.direction,
            np.array([STEEP, STEEP]),
            np.array([-STEEP * place, -STEEP * place - 1.0]),
            np.outer([1.0, -1.0], draw.array(D, low=0.5, high=1.5) * (2 * single.x[0] - 1)),
            draw.array(D, low=-1.0, high=1.0),
        )
        return replace(single, gen=gen)

    @property
    def direction(self) -> Array:
        """[L], of which a code makes the difference."""
        i, j = np.eye(L)[list(self.places)]
        return i - j

    @property
    def both_sigmas(self) -> Array:
        """[2L], 1 at the logarithms of the sigmas of both entries."""
        return np.concatenate([np.zeros(L), np.abs(self.direction)])

    def codes(self) -> Array:
        """Equally probable ones, as far as their difference goes, [CODES, L]."""
        return self._codes(self.parts.difference(self.output, _LEVELS, self.places))

    def _codes(self, differences: Array) -> Array:
        mean = self.parts.code(self.output[None], NO_NOISE)
        return mean + np.outer(differences, self.direction) / 2

    def _bounds(self, codes: Array) -> Array:
        """Of single codes [n, L], increasing: [n]."""
        many = np.broadcast_to(self.x, (len(codes), D))
        likelihood = self.parts.log_likelihood(many, network(self.gen, codes))
        return np.sort(likelihood - self.parts.kl(self.output[None]))

    def drawn(self) -> Array:
        """The values of equally probable codes, increasing: [CODES]."""
        return self._bounds(self.codes())

    def from_prior(self) -> Array:
        """The same with codes of N(0, I)."""
        return self._bounds(np.outer(2**0.5 * ndtri(_LEVELS), self.direction) / 2)

    def with_shared_noise(self) -> Array:
        """The same where both entries have the same noise."""
        i, j = np.exp(split(self.output)[1][list(self.places)])
        differs = SAMPLE not in self.parts.stand_ins
        return self._bounds(self._codes((i - j) * ndtri(_LEVELS) * differs))

    def _at_rest(self, output: Array) -> Array:
        """The bound without noise, by the encoder's answer."""
        logits = network(self.gen, self.parts.code(output[None], NO_NOISE))
        return (self.parts.log_likelihood(self.x, logits) - self.parts.kl(output[None]))[0]

    def slopes(self) -> Array:
        """Of the bound by the encoder's answer [2L], where noise does not depend on that."""
        return np.asarray(grad(self._at_rest)(self.output))

    def slope_for_both_sigmas(self) -> tuple[float, float]:
        """Of a bound that rises with the difference: what is to be added to its value, and the
        slope without noise.

        With bound = c + a (s_i e_i - s_j e_j) - KL, where s = exp(log s): a s_i e_i and
        -a s_j e_j are its derivatives by log s_i and log s_j, but for those of the KL.
        """
        slopes = grad(lambda output: self.parts.kl(output[None])[0])(self.output)
        of_kl = float(slopes @ self.both_sigmas)
        return -float(self._at_rest(self.output)) - of_kl, -of_kl


_LEVELS = (np.arange(CODES) + 0.5) / CODES


def _scattered(draw: Draw) -> Array:
    """An encoder's answer [2L] with sigmas of order one."""
    mu = draw.array(L, low=-1.0, high=1.0)
    return np.hstack([mu, draw.array(L, low=-1.0, high=-0.5)])


def _two(draw: Draw) -> tuple[int, int]:
    """Different places in a code."""
    first, second = np.argsort(draw.array(L, low=0.0, high=1.0))[:2]
    return int(first), int(second)
