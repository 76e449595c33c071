"""Claims about `fit_top`: q ends where the ELBO is largest, whatever the optimiser.

Where that is, quadrature and L-BFGS tell in float64. Curvatures of the ELBO are about 3 in each
entry of mu and 2 in each of logsigma, so that a q within ATOL in every entry costs less than 0.5 of
it. Noise moves the end of Adam, with the arguments given here, by 0.03 (standard deviation), and
that of slower ways by less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.checks.attempts import either, fails
from autograder.checks.latent_space.halves import ZERO_HINT
from autograder.checks.latent_space.models import L, StandIns
from autograder.checks.latent_space.svi_claims import must_average, must_pass_gradients
from autograder.checks.latent_space.svi_numbers import HALF, TASKS, Half, parts
from autograder.student import Student
from vae_utils.stand_in import StandIn

DRAWS, STEPS, LR = 100, 200, 0.03
ATOL = 0.25
EXACT = 1e-3  # without noise
CLOSE = 0.12  # with that of Adam: for names, which may be missed
WEIGHTS = "decoder_hidden.weight", "decoder_output.bias"
_NODES = 12  # along each entry: the integrand is nearly a polynomial
_FAR = LR * STEPS  # how far Adam goes if it always goes on in one direction
SHRUNK = 1.95  # where logsigma is after so many steps if nothing but the joint density pulls
Q = tuple[Tensor, Tensor]


def _elbo(half: Half) -> Tensor:
    return half.elbo(_NODES)


def best(half: Half, objective: Callable[[Half], Tensor] = _elbo) -> Q:
    """mu and logsigma, each [L], at which an objective is largest."""
    mu, logsigma = (start.double().requires_grad_(True) for start in (half.mu, half.logsigma))
    search = torch.optim.LBFGS([mu, logsigma], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        search.zero_grad()
        value = -objective(half.with_q(mu, logsigma))
        value.backward()
        return value

    search.step(loss)
    return mu.detach(), logsigma.detach()


def _without_prior(half: Half) -> Tensor:
    z, share = half.codes(_NODES)
    return share @ (half.likelihood(z) - half.log_q(z))


def _with_black_bottom(half: Half) -> Tensor:
    z, share = half.codes(_NODES)
    bottom = half.known.decoder(z)[:, HALF:]
    black = half.known.bernoulli(bottom, torch.zeros_like(bottom)).sum(-1)
    return share @ (half.log_ratio(z) + black)


def _with_black_image(half: Half) -> Q:
    """What the encoder says of the half image over a black one."""
    mu, logsigma = half.known.encoder(torch.cat([half.top, torch.zeros(HALF)])[None])
    return mu[0], logsigma[0]


def _gives(name: str, hint: str, *expected: Tensor, **more: Any) -> Misconception:
    return Misconception(name, hint, {"expected": expected, **more})


def _wrong_results(mu: Tensor, logsigma: Tensor) -> Iterator[Misconception]:
    """Right and wrong ends, given back in a wrong way."""
    zero = torch.zeros(L)
    hint = "q is still where it began: do gradients reach mu and logsigma, does step() follow?"
    yield _gives("nothing_fitted", hint, zero, zero, atol=1e-3)
    log = "Return the logarithm of sigma, not {}."
    yield _gives("sigma_returned", log.format("sigma"), mu, logsigma.exp(), atol=CLOSE)
    variance, logvar = (2 * logsigma).exp(), 2 * logsigma
    yield _gives("variance_returned", log.format("the variance"), mu, variance, atol=CLOSE)
    yield _gives("logvar_returned", log.format("that of the variance"), mu, logvar, atol=CLOSE)
    yield _gives("exchanged", "mu comes first, then logsigma.", logsigma, mu)
    hint = "logsigma has stayed at 0: give the optimiser both, and draw with sigma inside."
    yield _gives("only_mu_fitted", hint, mu, zero, only=1, atol=1e-3)
    hint = "mu has stayed at 0: give the optimiser both mu and logsigma."
    yield _gives("only_sigma_fitted", hint, zero, logsigma, only=0, atol=1e-3)
    hint = "q gets wider and wider: the ELBO goes down. Optimisers walk downhill: minimise -ELBO."
    yield _gives("descent", hint, mu, zero + 2 * _FAR, only=1, atol=2 * _FAR - 1.0)
    hint = "q shrinks to a point: log q(z) has to be subtracted in the ELBO."
    yield _gives("collapsed", hint, mu, zero - SHRUNK, atol=0.4)
    hint = "Return mu and logsigma as two tensors, [2] each."
    yield _gives("one_tensor", hint, torch.stack([mu, logsigma]))
    yield _gives("one_tensor", hint, torch.cat([mu, logsigma]))
    yield _gives("kept_axis", hint, mu[None], logsigma[None])


def _other_ends(half: Half) -> Iterator[Misconception]:
    """Where other objectives end."""
    hint = "q follows log p(top | z) alone: the prior log p(z) is missing."
    yield _gives("prior_forgotten", hint, *best(half, _without_prior))
    yield _gives("zero_padding", ZERO_HINT, *best(half, _with_black_bottom))
    hint = "This is the encoder's answer, but it has never seen half an image: fit q."
    yield _gives("encoded", hint, *_with_black_image(half), atol=EXACT)


def _whole(draw: Draw) -> tuple[StandIns, Q]:
    """In place of `elbo_top`: a hill over mu and logsigma; and where its top is.

    The mean of o - o^2 over four entries o, each a linear function of one of the four numbers.
    """
    signs = draw.uniform(L, low=-1.0, high=1.0).sign()
    mu = draw.uniform(L, low=0.8, high=1.3) * signs
    logsigma = draw.uniform(L, low=-0.8, high=-0.5)
    weight = 2 * torch.eye(2 * L)
    bias = 0.5 - torch.cat([mu, logsigma]) @ weight
    names = ("model", "top", "mu", "logsigma", "draws")
    maps = ((bias, None, None, weight[:L], weight[L:], None),)
    hill = StandIn(names, maps, plain=True, bend=-1.0, mean=True)
    return {"elbo_top": hill}, (mu, logsigma)


def _must_end(student: Student, half: Half, hill: Q, stand_ins: StandIns) -> None:
    """At the optimum of the ELBO, or of the hill that stands in for it; the model stays."""
    arguments = half.instance, half.top, DRAWS, STEPS, LR
    answer = student.call("fit_top", *arguments, stand_ins=stand_ins, weights=WEIGHTS)
    hint = "The model's weights have changed: only mu and logsigma are to be fitted."
    trained = Misconception("model_trained", hint, {}, kind="answers")
    state = {name: half.known.state[name] for name in WEIGHTS}
    answer.must("weights", {"expected": state}, [trained])
    right = hill if stand_ins else best(half)
    mistakes = [*_wrong_results(*right), *([] if stand_ins else _other_ends(half))]
    answer.must_equal(*right, misconceptions=mistakes, rtol=0.0, atol=ATOL)


def must_fit(student: Student, draw: Draw, half: Half, other: Half) -> None:
    """q ends at the optimum. Whatever part of the ELBO is wrong, a stand-in for all of it is taken.

    other: on which `elbo_top` is judged.
    """
    stand_ins, hill = _whole(draw)
    must = partial(_must_end, student, half, hill)

    def elbo_is_wrong() -> bool:
        claims = must_average, must_pass_gradients
        return any(fails(partial(claim, student, other), {}) for claim in claims)

    def choices(replaced: StandIns) -> Iterator[StandIns]:
        if replaced:
            yield stand_ins
        yield {}
        if not replaced and elbo_is_wrong():
            yield stand_ins

    def claim(replaced: StandIns) -> None:
        either(student, must, choices(replaced))

    student.given(parts(draw, half), claim, TASKS)
