"""Task `log_p_x`: log (1/K) sum_k p(x | z_k) p(z_k) / q(z_k | x), z_k ~ q(z | x), one per image.

Source: Burda et al. 2016, equation 8. Three settings judge it exactly:

- A decoder that ignores z and a posterior that is the prior: every weight is p(x | z), whatever is
  drawn, and so is their mean.
- One entry of z decides everything (see `active`). With K = 1 the result is one log weight, whose
  distribution is known from a table.
- With K = 200 the mean of the weights is p(x) on average, known by quadrature. For N independent
  weights w / p(x) with mean 1, variance v and at most M, Bernstein's inequality gives
  P(|mean - 1| > sqrt(2 v t / N) + 2 M t / (3 N)) <= 2 exp(-t); t makes that ALPHA. Each image's own
  mean of 200 is held against the same bound, which shows whether 200 codes were drawn.

Stand-ins: for `log_mean_exp` one that picks the weight of one code, so that the result with K = 200
is distributed as with K = 1.

Tolerance: differences of float32 sums of order 500, about 1e-3; logarithms with an added 1e-6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities import models
from autograder.checks.densities.active import LEVELS, Active, active, table
from autograder.checks.densities.models import Parts, StandIns
from autograder.student import Student
from vae_utils.calls import Instance
from vae_utils.compare_draws import ALPHA

TOLERANCE: dict[str, Any] = {"rtol": 1e-4, "atol": 0.02}
FEW, MANY = 7, 200  # codes
SINGLE, COPIES = 600, 64  # images
NAMING = 0.01  # a name may be missed once in 100 times; a wrong one misleads
REST = 99  # entries of z that no pixel looks at
PER_IMAGE_HINT = "One number per image is wanted, [B]."
LOG_2_PI = math.log(2 * math.pi)
OWN_HINT = "Every image wants codes of its own: equal images get equal results."


def _rest(count: int) -> Tensor:
    """Equally probable values of the log density of the other entries of z at themselves, [count].

    A sum of 99 standard normal squares; Wilson and Hilferty's (1931) cube root is close enough for
    a name.
    """
    part = 2 / (9 * REST)
    squares = REST * (1 - part + models.normal_quantiles(count) * math.sqrt(part)) ** 3
    return -0.5 * (REST * LOG_2_PI + squares)


def _with_rest(values: Tensor, times: float) -> Tensor:
    """values [N] plus that many times the log density of the other entries, [LEVELS]."""
    sums = (values[:, None] + times * _rest(LEVELS)).flatten().sort().values
    return sums[LEVELS // 2 :: LEVELS]


def _wrong_weights(model: Active, n: int) -> Iterator[Misconception]:
    """By the distribution of a single log weight; the closed forms, whatever has a stand-in."""
    model = model.with_stand_ins({})
    z = model.values
    width = torch.tensor(model.log_width, dtype=torch.float64)
    log_x, log_w = model.log_likelihood(z), model.log_weight(z)
    log_p = -0.5 * (LOG_2_PI + z**2)
    log_q = -0.5 * (LOG_2_PI + 2 * width + ((z - model.mean) / width.exp()) ** 2)
    prior = models.normal_quantiles(LEVELS)
    mean = torch.full((LEVELS,), model.mean, dtype=torch.float64)

    def gives(name: str, hint: str, values: Tensor, rest: float = 0.0) -> Misconception:
        values = _with_rest(values, rest) if rest else values
        return Misconception(name, hint, table(values, n, NAMING))

    hint = "The codes do not vary: draw them (vae.draw), do not take the mean mu."
    same = {"expected": (model.log_weight(mean[:1]).expand(n),), "rtol": 0.0, "atol": 5e-3}
    yield Misconception("mean_decoded", hint, same, kind="equal")
    fixed = log_w - log_x + model.log_likelihood(mean)
    yield gives("mean_decoded", "Decode the code that is drawn, not the mean mu.", fixed)
    yield _shared()
    hint = "log q(z | x) is subtracted, not added: codes that come up too often weigh less."
    yield gives("log_q_added", hint, log_x + log_p + log_q, 2.0)
    yield gives("log_q_forgotten", "log q(z | x) is missing in the weights.", log_x + log_p, 1.0)
    yield gives("prior_forgotten", "The prior p(z) is missing in the weights.", log_x - log_q, -1.0)
    hint = "p(x | z) is missing in the weights."
    yield gives("likelihood_forgotten", hint, log_p - log_q)
    yield gives("all_signs_flipped", "All signs are turned round.", -log_w)
    hint = "Prior and q have changed places: p(z) on top, q(z | x) below."
    yield gives("prior_and_q_exchanged", hint, log_x - log_p + log_q)
    hint = "The weights are p(x | z) alone: codes from q must be weighed by p(z) / q(z | x)."
    yield gives("only_likelihood", hint, log_x)
    yield gives("elbo", "This is an ELBO: the KL is not needed here.", log_x - _kl(model))
    hint = "Codes are drawn from the prior; draw them from q(z | x), where the action is."
    yield gives("z_from_prior", hint, model.log_likelihood(prior))
    yield gives("z_from_prior", hint, model.log_weight(prior))


def _kl(model: Active) -> Tensor:
    return model.known.kl(*model.posterior(1))


def _shared() -> Misconception:
    params = {"mean": torch.zeros(()), "std": torch.ones(()), "axis": 0}
    return Misconception("codes_shared_by_images", OWN_HINT, params, kind="shared")


def _parts(draw: Draw, codes: int) -> StandIns:
    return models.likelihood(draw) | models.density(draw) | models.picking(draw, codes)


@worth(4)
def test_a_single_code(student: Student, draw: Draw) -> None:
    """With one code per image, many copies of one image: each result is one log weight, distributed
    as codes from q(z | x) make it."""
    model = active(draw)

    def claim(stand_ins: StandIns) -> None:
        known = model.with_stand_ins(stand_ins)
        images = model.image.expand(SINGLE, -1)
        answer = student.call("log_p_x", model.instance, images, 1, stand_ins=stand_ins)
        params = table(known.log_weight(known.values), SINGLE)
        answer.must("distribution", params, _wrong_weights(known, SINGLE))

    student.given(_parts(draw, 1), claim)


def _bound(count: int, variance: float, most: float, statements: int) -> float:
    t = math.log(2 * statements / ALPHA)
    return math.sqrt(2 * variance * t / count) + 2 * most * t / (3 * count)


def _unbiased(model: Active) -> dict[str, Any]:
    log_p, variance, most = model.expected()
    return {
        "log_mean": torch.tensor(log_p, dtype=torch.float64),
        "spread": (
            _bound(COPIES * MANY, variance, most, 1) + 2e-3,
            _bound(MANY, variance, most, COPIES) + 2e-3,
        ),
        "shape": (COPIES,),
    }


def _wrong_means(model: Active, wanted: dict[str, Any]) -> Iterator[Misconception]:
    log_p = wanted["log_mean"]

    def gives(name: str, hint: str, log_mean: Tensor, mean: float, single: float) -> Misconception:
        expected = {"log_mean": log_mean, "spread": (mean, single)}
        return Misconception(name, hint, expected)

    log_w = model.log_weight(model.values)
    hint = "The weights are added up; their mean is wanted: log_mean_exp, or minus log K."
    spread = wanted["spread"]
    yield gives("sum_for_mean", hint, log_p + math.log(MANY), *spread)
    yield gives("divided_twice", "The mean is taken twice.", log_p - math.log(MANY), *spread)
    # Means of 200 log weights, whose standard deviation is at most 9.
    hint = "This is the mean of the log weights, an ELBO: log of the mean, not mean of the logs."
    yield gives("mean_of_logs", hint, log_w.mean(), 0.5, 20.0)
    hint = "This is the largest weight, not the mean of all."
    yield gives("largest_weight", hint, log_w.max(), 0.05, 0.3)
    yield _shared()
    hint = "Too few codes are drawn: num_samples of them for every image, each with its own noise."
    single = table(log_w, COPIES, NAMING)
    yield Misconception("too_few_codes", hint, single, kind="distribution")


@worth(4)
def test_two_hundred_codes(student: Student, draw: Draw) -> None:
    """With the usual number of codes, 200: right on average, and as steady as 200 codes make it."""
    model = active(draw)

    def claim(stand_ins: StandIns) -> None:
        known = model.with_stand_ins(stand_ins)
        images = model.image.expand(COPIES, -1)
        answer = student.call("log_p_x", model.instance, images, stand_ins=stand_ins)
        if "log_mean_exp" in stand_ins:
            answer.must("distribution", table(known.log_weight(known.values), COPIES))
        else:
            wanted = _unbiased(known)
            answer.must("unbiased", wanted, _wrong_means(known, wanted))

    student.given(_parts(draw, MANY), claim)


def _must_be_constant(
    student: Student, vae: Instance, x: Tensor, codes: int, stand_ins: StandIns
) -> None:
    known = Parts(vae.state, stand_ins)
    zero = torch.zeros(len(x), models.L, dtype=torch.float64)
    log_w = known.log_likelihood(known.decode(zero), x)
    answer = student.call("log_p_x", vae, x, codes, stand_ins=stand_ins)
    answer.must_equal(log_w, misconceptions=_wrong_shapes(log_w, codes), **TOLERANCE)


def _wrong_shapes(right: Tensor, codes: int) -> Iterator[Misconception]:
    def gives(name: str, hint: str, expected: Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": (expected,)})

    log_k = math.log(codes)
    yield gives("sum_for_mean", "The weights are added up; their mean is wanted.", right + log_k)
    yield gives("divided_twice", "The mean is taken twice.", right - log_k)
    yield gives("sign", "This is minus log p(x).", -right)
    if len(right) == 1:
        yield gives("batch_axis_lost", "The batch axis of a single image got lost.", right[0])
    yield gives("averaged_scalar", PER_IMAGE_HINT, right.mean())
    yield gives("summed_scalar", PER_IMAGE_HINT, right.sum())
    yield gives("kept_axis", "The shape is [B], not [B, 1].", right[:, None])
    every = "A number for each code: their mean, through log_mean_exp, is wanted."
    yield gives("one_number_a_code", every, right[:, None].expand(-1, codes))
    yield gives("one_number_a_code", every, right.expand(codes, -1))
    hint = "log p(x | z) is a sum over pixels, not a mean."
    yield gives("likelihood_averaged_over_pixels", hint, right / models.D)
    over = "The mean runs over the images; it must run over the codes of one image."
    mean = torch.logsumexp(right, 0) - math.log(len(right))
    yield gives("wrong_axis", over, mean.expand(codes))
    yield gives("averaged_over_batch_as_well", over, mean)


@worth(4)
def test_where_every_code_weighs_the_same(student: Student, draw: Draw) -> None:
    """Where z has no effect and q is the prior, every code gives the same: three images and a
    single one, seven codes each."""
    bias = draw.uniform(models.D, low=3.0, high=7.0)
    hidden = models.layer(draw, "decoder.0", 0.15) | models.layer(draw, "decoder.2", 0.1)
    zero = torch.zeros(models.L)
    vae = models.model(models.posterior(zero, zero), hidden, models.constant("decoder.4", bias))
    stand_ins = _parts(draw, FEW)
    for rows in (3, 1):
        x = models.binary(draw, rows)
        student.given(stand_ins, partial(_must_be_constant, student, vae, x, FEW))
