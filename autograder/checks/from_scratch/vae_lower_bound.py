"""Task `vae_lower_bound`: the mean over the batch of log p(x | z) - KL, one z ~ q(z | x) an image.

Source: Kingma and Welling 2014, eq. 7 with one sample. With codes that hardly scatter, the value
and all gradients are exact (float64, 1e-5 relative). What is random is held against the single
image of `one_image`: values of many calls follow a known distribution (see
`vae_utils.compare_draws.distribution`); where log p(x | z) is a linear function of the code, the
gradient for log sigma is what the noise has added to the value. With 4,096 copies of an image and
bounded log likelihoods their mean is known by Hoeffding's inequality, unless copies share their
noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import autograd.numpy as np
from autograd import grad
from autograd.scipy.special import expit

from autograder.checks import Draw, Misconception, worth
from autograder.checks.from_scratch.bounds import (
    NO_NOISE,
    SAMPLE,
    Parts,
    StandIns,
    constant_encoder,
    decoder,
    encoder,
    stand_ins,
    terms,
)
from autograder.checks.from_scratch.forms import (
    ATOL,
    RTOL,
    D,
    Layers,
    any_batch_size,
    binary,
)
from autograder.checks.from_scratch.one_image import CODES, OneImage
from autograder.checks.mistakes import gives
from autograder.student import Student
from vae_utils.arrays import Array
from vae_utils.compare_draws import ALPHA

FUNCTION = "vae_lower_bound"
CALLS, COPIES = 1000, 4096
GRADIENTS = tuple(f"arg{n}.{place}" for n in (0, 1) for place in ("0.1", "1.0", "1.1", "2.1"))
"""Of all biases, and of weights in the middle; all are products of these with what came in."""


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
                answer = student.call(FUNCTION, gen, rec, x, stand_ins=chosen, intact=True)
            answer.must_equal(value, misconceptions=wrong, rtol=RTOL, atol=ATOL)

    student.given(stand_ins(draw, 0.0), claim)


@worth(0.5)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach the layers of both networks and have the right values."""
    gen, rec, x = decoder(draw), encoder(draw), binary(draw, 7)

    def claim(chosen: StandIns) -> None:
        def bound(gen: Layers, rec: Layers) -> Array:
            likelihood, divergence, _ = terms(Parts(chosen), gen, rec, x, NO_NOISE)
            return np.mean(likelihood - divergence)

        slopes = grad(bound, 0)(gen, rec), grad(bound, 1)(gen, rec)
        found = ((first, *middle, last) for (_, first), middle, (_, last) in slopes)
        expected = dict(zip(GRADIENTS, chain(*found), strict=True))
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


@worth(1)
def test_one_random_code(student: Student, draw: Draw) -> None:
    """Many calls with one image: their values are distributed as those of one code drawn from
    q(z | x)."""
    still = "All calls give the same: decode a code that is drawn, not the mean."
    prior = "The codes are drawn from the prior; those of q(z | x) are wanted."
    shared = "All entries of a code share one number: draw noise for every entry."

    def claim(chosen: StandIns) -> None:
        single = OneImage.with_a_line(draw, Parts(chosen))
        given = single.gen, constant_encoder(single.output), single.x
        answer = student.call(FUNCTION, *given, repeat=CALLS, stand_ins=chosen)
        mistakes = [
            Misconception("no_noise", still, {}, kind="repeats"),
            Misconception("prior_for_posterior", prior, _table(single.from_prior())),
            Misconception("noise_shared_by_entries", shared, _table(single.with_shared_noise())),
        ]
        params = {**_table(single.drawn()), "n": CALLS, "slack": 1e-3}
        answer.must("distribution", params, mistakes)

    student.given(stand_ins(draw, 1.0), claim)


def _table(values: Array) -> dict[str, Array]:
    """A distribution function from equally probable values, as `distribution` wants it."""
    return {"values": values, "cdf": (np.arange(len(values)) + 0.5) / len(values)}


@worth(1)
def test_a_code_for_each_image(student: Student, draw: Draw) -> None:
    """Thousands of copies of one image: each has a random code of its own, so that their mean
    hardly varies."""
    hint = "All images share their code, or their noise: draw every entry of every code anew."

    def claim(chosen: StandIns) -> None:
        single = OneImage.with_a_step(draw, Parts(chosen))
        copies = np.broadcast_to(single.x, (COPIES, D))
        values = single.drawn()
        width = float(values[-1] - values[0])
        slack = width / CODES + width * math.sqrt(math.log(2 / ALPHA) / (2 * COPIES))
        mistakes = [gives("noise_shared_by_rows", hint, values[place]) for place in (0, -1)]
        given = single.gen, constant_encoder(single.output), copies
        answer = student.call(FUNCTION, *given, stand_ins=chosen)
        answer.must_equal(values.mean(), misconceptions=mistakes, rtol=RTOL, atol=slack)

    student.given(stand_ins(draw, 1.0), claim)


@worth(0.5)
def test_gradients_by_way_of_noise(student: Student, draw: Draw) -> None:
    """A code that scatters: what its noise adds to the value reaches the logarithms of sigma."""
    hint = "No gradient reaches log sigma by way of the code: z is mu + sigma * noise."

    def claim(chosen: StandIns) -> None:
        single = OneImage.with_a_line(draw, Parts(chosen), far=True)
        given = single.gen, constant_encoder(single.output), single.x
        answer = student.call(FUNCTION, *given, cotangents=(np.array(1.0),), stand_ins=chosen)
        if SAMPLE in chosen:  # its noise is no function of sigma
            answer.must_have_gradients({"arg1.2.1": single.slopes()}, rtol=RTOL, atol=ATOL)
            return
        risen, constant = single.slope_for_both_sigmas()
        sums = {"name": "arg1.2.1", "direction": single.both_sigmas}
        detached = Misconception(
            "no_gradient_through_sigma",
            hint,
            {**sums, "rise": 0.0, "constant": constant},
            kind="rising",
        )
        answer.must("rising", {**sums, "rise": 1.0, "constant": risen}, [detached])

    student.given(stand_ins(draw, 1.0), claim)
