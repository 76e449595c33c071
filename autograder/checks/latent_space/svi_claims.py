"""Claims about `elbo_top`: what many codes give, how a few vary, and which gradients arrive.

Means and gradients are bounded by `estimates`, distributions by Chernoff's inequality (see
`vae_utils.compare_draws`), each at ALPHA, whichever right form an estimate has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.attempts import Claimed, and_without, either
from autograder.checks.latent_space import estimates
from autograder.checks.latent_space.models import L, StandIns
from autograder.checks.latent_space.products import products
from autograder.checks.latent_space.rows import SLACK
from autograder.checks.latent_space.svi_mistakes import (
    EXACT,
    NAMING,
    without_noise,
    wrong_codes,
    wrong_gradients,
    wrong_means,
    wrong_shapes,
)
from autograder.checks.latent_space.svi_numbers import (
    SAMPLER,
    TASKS,
    Half,
    one_of_the_top,
    parts,
)
from autograder.student import Answer, Student
from vae_utils.compare_draws import ALPHA

MANY, SOME = 4096, 64  # codes
CALLS, SINGLES, PAIRS = 48, 700, 200
GRADIENT_ROUNDING = 0.01  # 4,096 float32 numbers of order 20, added up one by one
CODES = {"joint_top", "log_prior", "log_q", "factorized_gaussian_log_density"}
_SIDE, _LEVELS = 81, 201
_TABLE = 2 / _SIDE + 1 / _LEVELS
"""A level line of a function of two entries crosses 2 _SIDE of _SIDE^2 equally probable cells."""
SAME = "Two calls give the same estimate: draw new codes at every call, and set no seed."
ONE_CODE = "Many codes vary as much as one: each of them wants noise of its own."
FIXED = (
    "With draws=1 the estimate varies less than one code makes it: draw as many as are asked for."
)


def given(student: Student, draw: Draw, half: Half, claim: Claimed) -> None:
    """Hold a claim about `elbo_top`, whatever became of what it uses."""

    def some(stand_ins: StandIns) -> None:
        choices = (chosen for some in and_without(stand_ins) for chosen in one_of_the_top(some))
        either(student, claim, choices)

    student.given(parts(draw, half), some, TASKS)


def _ask(student: Student, half: Half, draws: int, **more: Any) -> Answer:
    arguments = half.instance, half.top, half.mu, half.logsigma, draws
    return student.call("elbo_top", *arguments, stand_ins=half.known.stand_ins, **more)


def must_average(student: Student, half: Half, stand_ins: StandIns) -> None:
    """Many codes give the ELBO."""
    half = half.given(stand_ins)
    answer = _ask(student, half, MANY)
    mistakes = (m for some in (wrong_shapes(MANY), wrong_means(half, MANY)) for m in some)
    answer.must_equal(half.elbo(), misconceptions=mistakes, rtol=0.0, atol=half.slack(MANY))


def _table(forms: list[Tensor], n: int, alpha: float = ALPHA) -> dict[str, Any]:
    """The distribution of n estimates, from equally probable values [N] of each right form.

    It is that of the first form; the others are as far off as the slack says.
    """
    first, *others = (values.sort().values for values in forms)
    levels = (torch.arange(_LEVELS, dtype=torch.float64) + 0.5) / _LEVELS
    values = first[(levels * len(first)).long()]
    shares = [torch.searchsorted(form, values).double() / len(form) for form in others]
    apart = max((float((share - levels).abs().max()) for share in shares), default=0.0)
    return {"values": values, "cdf": levels, "n": n, "slack": _TABLE + apart, "alpha": alpha}


def _named(form: Tensor, n: int) -> dict[str, Any]:
    """The same of a mistake, as closely as tables usually are: a wrong name misleads."""
    return {**_table([form], n, NAMING), "slack": 1 / _LEVELS}


def _forms(half: Half, z: Tensor) -> list[Tensor]:
    """Estimates [N] from single codes, of every right form (see `estimates`), first of the one that
    takes all terms at one code.

    With stand-ins for densities of codes the closed forms of their means no longer hold.
    """
    if set(half.known.stand_ins) & CODES:
        return [half.log_ratio(z)]
    terms = half.likelihood(z), half.known.log_prior(z), -half.log_q(z)
    means = torch.tensor(0.0), -half.kl - half.entropy, half.entropy
    found = []
    for groups in sorted(estimates.forms(len(terms)), key=lambda groups: -len(groups[0])):
        drawn = {place for group in groups for place in group}
        value = sum(mean for place, mean in enumerate(means) if place not in drawn)
        for seed, group in enumerate(groups):
            value = value + _shuffled(torch.stack([terms[place] for place in group]).sum(0), seed)
        found.append(torch.as_tensor(value))
    return found


def _shuffled(values: Tensor, seed: int) -> Tensor:
    """As if they were those of other codes."""
    return values[torch.randperm(len(values), generator=torch.Generator().manual_seed(seed))]


def _wrong_groups(half: Half) -> Iterator[Misconception]:
    """What 64 codes may give by mistake, in many calls."""
    for name, hint, value in without_noise(half):
        yield Misconception(name, hint, {"expected": (value.expand(CALLS),), "atol": EXACT})
    yield Misconception("same_noise_every_call", SAME, {}, kind="repeats")
    yield _largest(half)
    table = _named(half.log_ratio(half.likely(_SIDE)), CALLS)
    yield Misconception("one_code_for_all", ONE_CODE, table, kind="distribution")


def _largest(half: Half) -> Misconception:
    """Nearly the largest of 64, above the mean by 1 to 4.5 standard deviations."""
    z, share = half.codes()
    values = half.log_ratio(z)
    mean = share @ values
    spread = (share @ (values - mean) ** 2).sqrt()
    hint = "This is the logarithm of a mean of p / q; the ELBO is the mean of the logarithms."
    near = {"expected": ((mean + 2.75 * spread).expand(CALLS),), "atol": 1.75 * float(spread)}
    return Misconception("log_of_mean", hint, near)


def must_settle(student: Student, half: Half, stand_ins: StandIns) -> None:
    """Every mean of 64 codes is close to the ELBO, as no single code is."""
    half = half.given(stand_ins)
    answer = _ask(student, half, SOME, repeat=CALLS)
    atol, right = half.slack(SOME, ALPHA / CALLS), half.elbo().expand(CALLS)
    answer.must_equal(right, misconceptions=_wrong_groups(half), rtol=0.0, atol=atol)
    arguments = half.instance, half.top, half.mu, half.logsigma
    one, many = (*arguments, 1), (*arguments, MANY)
    student.must_cost(SLACK, "elbo_top", one, many, stand_ins=half.known.stand_ins)


def _wrong_singles(half: Half) -> Iterator[Misconception]:
    """What a single code may give by mistake, in many calls."""
    for name, hint, value in without_noise(half):
        params = {"expected": (value.expand(SINGLES),), "rtol": 0.0, "atol": EXACT}
        yield Misconception(name, hint, params, kind="equal")
    yield Misconception("same_noise_every_call", SAME, {}, kind="repeats")
    for name, hint, z in wrong_codes(half, _SIDE):
        for form in _forms(half, z):
            yield Misconception(name, hint, _named(form, SINGLES))
    yield from _means_of_several(half)


def _means_of_several(half: Half) -> Iterator[Misconception]:
    """By the central limit theorem: of 4, 8, 16, ... codes."""
    values = half.log_ratio(half.likely(_SIDE))
    for power in range(2, 13):
        std = values.std() / 2 ** (power / 2)
        params = {"mean": values.mean(), "std": std, "calls": SINGLES, "axes": ()}
        yield Misconception("number_of_codes_ignored", FIXED, params, kind="normal")


def must_vary(student: Student, half: Half, stand_ins: StandIns) -> None:
    """Single codes give estimates that are distributed as a single code makes them.

    half: steep in one entry only, whose noise this shows.
    """
    half = half.given(stand_ins)
    answer = _ask(student, half, 1, repeat=SINGLES)
    params = _table(_forms(half, half.likely(_SIDE)), SINGLES)
    answer.must("distribution", params, _wrong_singles(half))


def must_vary_in_both(student: Student, half: Half, stand_ins: StandIns) -> None:
    """The same where the likelihood goes up in one entry as fast as down in the other: there noise
    that both share nearly cancels."""
    half = half.given(stand_ins)
    answer = _ask(student, half, 1, repeat=PAIRS)
    params = _table(_forms(half, half.likely(_SIDE)), PAIRS)
    hint = "Both entries of a code get the same noise: draw one eps for each, [K, 2]."
    shared = _forms(half, half.likely(_SIDE**2, shared=True))
    name = "noise_shared_by_entries"
    mistakes = [Misconception(name, hint, _named(form, PAIRS)) for form in shared]
    answer.must("distribution", params, mistakes)


def _slopes(half: Half, z: Tensor) -> list[Tensor]:
    """Gradients [N, L] of the terms with respect to the codes."""
    z = z.detach().requires_grad_(True)
    return [torch.autograd.grad(term.sum(), z)[0] for term in half.terms(z)]


def _gradient_slack(half: Half) -> tuple[float, float]:
    """How far gradients with respect to mu and logsigma may be off, whichever terms are drawn."""
    z, share = half.codes()
    shift = z - half.mu.double()
    slopes = _slopes(half, z)
    at_mu = [tuple(slope[:, i] for slope in slopes) for i in range(L)]
    at_sigma = [tuple((slope * shift)[:, i] for slope in slopes) for i in range(L)]
    return tuple(  # type: ignore[return-value]
        max(estimates.slack(terms, share, MANY, ALPHA / L) for terms in both) + GRADIENT_ROUNDING
        for both in (at_mu, at_sigma)
    )


def must_pass_gradients(student: Student, half: Half, stand_ins: StandIns) -> None:
    """Gradients of the mean over many codes; a stand-in's noise is not scaled by sigma."""
    half = half.given(stand_ins)
    leaves = {"arg2": half.mu, "arg3": half.logsigma}
    right = products(lambda q: (half.with_q(*q.values()).elbo(),), leaves, (torch.ones(()),))
    answer = _ask(student, half, MANY, cotangents=(torch.ones(()),))
    mistakes = list(wrong_gradients(half, right, MANY))
    for name, atol in zip(leaves, _gradient_slack(half), strict=True):
        if name == "arg2" or SAMPLER not in stand_ins:
            answer.must_have_gradients({name: right[name]}, mistakes, atol=atol)
