"""Task `vae_lower_bound`: the mean over the batch of log p(x | z) - KL, one z ~ q(z | x) an image.

Source: Kingma and Welling 2014, eq. 7 with one sample. With codes that hardly scatter, the value
and all gradients are exact (float64, 1e-5 relative). With one image and a decoder that looks at a
single entry of the code, values of many calls follow a known distribution (see
`vae_utils.compare_draws.distribution`). With 4,096 copies of an image and bounded log likelihoods
their mean is known by Hoeffding's inequality, unless copies share their noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import autograd.numpy as np
from autograd import grad
from autograd.scipy.special import expit

from autograder.checks import Draw, Misconception, worth
from autograder.checks.from_scratch.bounds import (
    Parts,
    StandIns,
    constant_encoder,
    decoder,
    encoder,
    stand_ins,
    terms,
    through_first_entry,
)
from autograder.checks.from_scratch.forms import (
    ATOL,
    RTOL,
    D,
    L,
    Layers,
    any_batch_size,
    binary,
    network,
)
from autograder.checks.mistakes import gives
from autograder.student import Student
from vae_utils.arrays import Array
from vae_utils.compare_draws import ALPHA

FUNCTION = "vae_lower_bound"
CALLS, COPIES, CODES = 1000, 4096, 2001
NO_NOISE = np.zeros((1, 1))
GRADIENTS = tuple(f"arg{n}.{layer}.1" for n in (0, 1) for layer in (0, 1, 2))
"""Of all biases: the weights' are products of these with what came in."""
STEEP = 1e4


def _wrong_values(likelihood: Array, divergence: Array, of_means: Array) -> Iterator[Misconception]:
    """By log p(x | z) and KL [B], and what the first is if means are taken for logits."""
    right = (likelihood - divergence).mean()
    every = "One number is wanted, the mean over the batch"
    yield gives("kl_added", "The KL is subtracted.", (likelihood + divergence).mean())
    yield gives("kl_forgotten", "The KL is missing.", likelihood.mean())
    yield gives("likelihood_forgotten", "log p(x | z) is missing.", -divergence.mean())
    yield gives("negated", "This is minus the bound, a loss; `train` climbs.", -right)
    yield gives("summed_over_batch", every + "; this is the sum.", right * len(likelihood))
    yield gives("not_averaged", every + "; this is one for each image.", likelihood - divergence)
    yield gives("averaged_over_pixels", every + " of sums over pixels.", right / D)
    averaged = (likelihood / D - divergence).mean()
    yield gives("likelihood_averaged", "log p(x | z) is a sum over pixels.", averaged)
    hint = "Each image has its own KL: average it over the batch as well."
    yield gives("kl_summed_over_batch", hint, likelihood.mean() - divergence.sum())
    yield gives("kl_twice", "The KL is subtracted twice.", right - divergence.mean())
    hint = "`bernoulli_log_prob` wants logits, as the decoder gives them: no sigmoid before it."
    yield gives("means_for_logits", hint, (of_means - divergence).mean())


def _value(parts: Parts, gen: Layers, rec: Layers, x: Array) -> tuple[Array, list[Misconception]]:
    likelihood, divergence, logits = terms(parts, gen, rec, x, NO_NOISE)
    of_means = parts.log_likelihood(x, expit(logits))
    wrong = list(_wrong_values(likelihood, divergence, of_means))
    return (likelihood - divergence).mean(), wrong


@worth(2)
def test_the_value(student: Student, draw: Draw) -> None:
    """Seven images, then one, whose codes hardly scatter: the mean of log p(x | z) - KL."""
    gen, rec = decoder(draw), encoder(draw)

    def claim(chosen: StandIns) -> None:
        for rows in (7, 1):
            x = binary(draw, rows)
            value, wrong = _value(Parts(chosen), gen, rec, x)
            with any_batch_size():
                answer = student.call(FUNCTION, gen, rec, x, stand_ins=chosen)
            answer.must_equal(value, misconceptions=wrong, rtol=RTOL, atol=ATOL)

    student.given(stand_ins(draw, 0.0), claim)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach the layers of both networks and have the right values."""
    gen, rec, x = decoder(draw), encoder(draw), binary(draw, 7)

    def claim(chosen: StandIns) -> None:
        def bound(gen: Layers, rec: Layers) -> Array:
            likelihood, divergence, _ = terms(Parts(chosen), gen, rec, x, NO_NOISE)
            return np.mean(likelihood - divergence)

        slopes = grad(bound, 0)(gen, rec), grad(bound, 1)(gen, rec)
        found = (bias for one in slopes for _, bias in one)
        expected = dict(zip(GRADIENTS, found, strict=True))
        up = (np.array(1.0),)
        answer = student.call(FUNCTION, gen, rec, x, cotangents=up, stand_ins=chosen)
        answer.must_have_gradients(expected, _lost(expected), rtol=RTOL, atol=ATOL)

    student.given(stand_ins(draw, 0.0), claim)


def _lost(expected: dict[str, Array]) -> Iterator[Misconception]:
    """Networks that no gradient reaches."""
    hint = "No gradient reaches the {}: keep to autograd's NumPy on the whole way."
    for name, start in (("networks", "arg"), ("encoder", "arg1"), ("decoder", "arg0")):
        places = tuple(place for place in expected if place.startswith(start))
        missing = {"names": places, "shape": ()}
        lost = name if name != "networks" else "weights"
        yield Misconception(f"no_gradient_to_{lost}", hint.format(name), missing, kind="unreached")


def _scattered(draw: Draw) -> Array:
    """An encoder's answer [2L] with sigmas of order one."""
    mu = draw.array(L, low=-1.0, high=1.0)
    return np.hstack([mu, draw.array(L, low=-1.0, high=-0.5)])


@dataclass(frozen=True)
class _Single:
    """One image x [1, D], whatever the encoder is told answered by `output` [2L], and a decoder
    that looks at the first entry of a code."""

    parts: Parts
    gen: Layers
    output: Array
    x: Array

    def codes(self, count: int) -> Array:
        """Equally probable ones, of which the first entry matters, [count, L]."""
        return self.parts.code(self.output[None], self._noise(count))

    def _noise(self, count: int) -> Array:
        return self.parts.noise((np.arange(count) + 0.5) / count)[:, None]

    def bounds(self, codes: Array) -> Array:
        """Of single codes [n, L]: [n]."""
        many = np.broadcast_to(self.x, (len(codes), D))
        likelihood = self.parts.log_likelihood(many, network(self.gen, codes))
        return np.asarray(likelihood - self.parts.kl(self.output[None]))

    def drawn(self, count: int = CODES) -> Array:
        """Of equally probable codes, increasing: [count]."""
        return np.sort(self.bounds(self.codes(count)))

    def from_prior(self, count: int = CODES) -> Array:
        """The same with codes of N(0, I)."""
        return np.sort(self.bounds(self._noise(count) * np.ones(L)))


def _table(values: Array) -> dict[str, Array]:
    """A distribution function from equally probable values, as `distribution` wants it."""
    return {"values": values, "cdf": (np.arange(len(values)) + 0.5) / len(values)}


def _line(draw: Draw) -> Layers:
    """Three logits rise with the first entry of the code, over all of its range."""
    both = np.array([1.0, -1.0])
    out = np.outer(both, np.where(np.arange(D) < 3, 1.0, 0.0))
    return through_first_entry(both, np.zeros(2), out, draw.array(D, low=-2.0, high=2.0))


def _white_start(draw: Draw) -> Array:
    """An image [1, D] whose first three pixels are white."""
    return np.where(np.arange(D) < 3, 1.0, binary(draw, 1))


@worth(1)
def test_one_random_code(student: Student, draw: Draw) -> None:
    """Many calls with one image: their values are distributed as those of one code drawn from
    q(z | x)."""
    output, gen, x = _scattered(draw), _line(draw), _white_start(draw)
    still = "All calls give the same: decode a code that is drawn, not the mean."
    prior = "The codes are drawn from the prior; those of q(z | x) are wanted."

    def claim(chosen: StandIns) -> None:
        single = _Single(Parts(chosen), gen, output, x)
        given = gen, constant_encoder(output), x
        answer = student.call(FUNCTION, *given, repeat=CALLS, stand_ins=chosen)
        mistakes = [
            Misconception("no_noise", still, {}, kind="repeats"),
            Misconception("prior_for_posterior", prior, _table(single.from_prior())),
        ]
        params = {**_table(single.drawn()), "n": CALLS, "slack": 1e-3}
        answer.must("distribution", params, mistakes)

    student.given(stand_ins(draw, 1.0), claim)


def _step(single: _Single, draw: Draw) -> _Single:
    """With a decoder that jumps where two thirds of all codes are below: log p(x | z) has two
    values."""
    place = float(np.quantile(single.codes(CODES)[:, 0], 2 / 3))
    ramp = through_first_entry(
        np.array([STEEP, STEEP]),
        np.array([-STEEP * place, -STEEP * place - 1.0]),
        np.outer([1.0, -1.0], draw.array(D, low=0.5, high=1.5) * (2 * single.x[0] - 1)),
        draw.array(D, low=-1.0, high=1.0),
    )
    return replace(single, gen=ramp)


@worth(1)
def test_a_code_for_each_image(student: Student, draw: Draw) -> None:
    """Thousands of copies of one image: each has a random code of its own, so that their mean
    hardly varies."""
    output, x = _scattered(draw), binary(draw, 1)
    hint = "All images share their code, or their noise: draw every entry of every code anew."

    def claim(chosen: StandIns) -> None:
        single = _step(_Single(Parts(chosen), [], output, x), draw)
        given = single.gen, constant_encoder(output), np.broadcast_to(x, (COPIES, D))
        values = single.drawn()
        width = float(values[-1] - values[0])
        slack = width / CODES + width * math.sqrt(math.log(2 / ALPHA) / (2 * COPIES))
        mistakes = [gives("noise_shared_by_rows", hint, values[place]) for place in (0, -1)]
        answer = student.call(FUNCTION, *given, stand_ins=chosen)
        answer.must_equal(values.mean(), misconceptions=mistakes, rtol=RTOL, atol=slack)

    student.given(stand_ins(draw, 1.0), claim)
