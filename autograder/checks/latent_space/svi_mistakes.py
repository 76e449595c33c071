"""What wrong versions of `elbo_top` give on average, how much it varies, and their gradients."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space import estimates
from autograder.checks.latent_space.halves import ZERO_HINT
from autograder.checks.latent_space.svi_numbers import HALF, ROUNDING, Half
from autograder.checks.mistakes import unreached

NAMING = 1e-3  # a name may be missed once in 1,000 times; a wrong one misleads
EXACT = 0.02  # for mistakes without noise: sums of 392 float32 terms
ANY = 1e30  # in place of a tolerance: the shape alone counts
NO_NOISE = "The estimate does not vary: decode a code that is drawn from q, not its mean mu."
Q_HINT = "log q(z) is subtracted, not added: mind the sign."
Means = Iterator[tuple[str, str, Tensor]]
"""Name, hint, and values at the nodes, [N], whose average a wrong formula gives."""


def _wrong_spreads(half: Half) -> Iterator[tuple[str, str, Tensor]]:
    """Standard deviations [L] with which codes may be drawn by mistake."""
    logsigma = half.logsigma.double()
    hint = "Codes are drawn with sigma squared; the noise is scaled by sigma = exp(logsigma)."
    yield "variance_for_std", hint, (2 * logsigma).exp()
    hint = "logsigma is the logarithm of sigma already: exp(logsigma), without halving it."
    yield "halved_logsigma", hint, (logsigma / 2).exp()
    hint = "Codes are drawn with logsigma as standard deviation: undo the logarithm."
    yield "logsigma_for_std", hint, logsigma
    yield "unit_std", "The noise is not scaled by sigma.", torch.ones_like(logsigma)


def wrong_codes(half: Half, side: int) -> Iterator[tuple[str, str, Tensor]]:
    """Equally probable codes [N, L] of wrong distributions."""
    for name, hint, std in _wrong_spreads(half):
        yield name, hint, half.with_q(half.mu, std.abs().log()).likely(side)
    hint = "Codes come from the prior: draw them from q, with mu and logsigma."
    zero = torch.zeros_like(half.mu)
    yield "z_from_prior", hint, half.with_q(zero, zero).likely(side)
    hint = "The noise is uniform (rand); eps is normal (randn)."
    mu, sigma = half.mu.double(), half.logsigma.double().exp()
    unit = torch.special.ndtr((half.likely(side) - mu) / sigma)
    yield "uniform_noise", hint, mu + sigma * unit
    yield "uniform_noise", hint, mu + sigma * (2 * unit - 1)


def _wrong_sums(likelihood: Tensor, prior: Tensor, log_q: Tensor, half: Half) -> Means:
    right, kl = likelihood + prior - log_q, half.kl
    yield "negated", "This is minus the ELBO: the sign turns in the loss only.", -right
    yield "log_q_added", Q_HINT, likelihood + prior + log_q
    yield "log_q_added", Q_HINT, likelihood + prior - half.entropy
    yield "log_q_forgotten", "log q(z) is not subtracted.", likelihood + prior
    hint = "The prior log p(z) is missing: log p(top, z), not log p(top | z)."
    yield "prior_forgotten", hint, likelihood - log_q
    yield "prior_subtracted", "log p(z) is added, log q(z) subtracted.", right - 2 * prior
    hint = "The prior counts twice: log p(top, z) holds it, and so does the KL divergence."
    yield "prior_twice", hint, right + prior
    yield "prior_twice", hint, likelihood + prior - kl
    yield "likelihood_forgotten", "log p(top | z) is missing.", prior - log_q
    hint = "Neither log p(z) nor log q(z) counts here."
    yield "only_likelihood", hint, likelihood
    yield "kl_added", "The KL divergence is a price: subtract it.", likelihood + kl
    hint = "log p(top | z) is a sum over pixels, not a mean."
    yield "averaged_over_pixels", hint, right - likelihood * (1 - 1 / HALF)


def _whole_image(half: Half, z: Tensor) -> Means:
    """The missing half as black pixels."""
    right, bottom = half.log_ratio(z), half.known.decoder(z)[:, HALF:]
    black = torch.zeros_like(bottom)
    yield "zero_padding", ZERO_HINT, right + half.known.bernoulli(bottom, black).sum(-1)
    yield "zero_padding", ZERO_HINT, right + half.known.bernoulli(black, black).sum(-1)


def _wrong_q(half: Half, z: Tensor) -> Means:
    """log q of wrong arguments."""
    rest, mu, logsigma = half.log_ratio(z) + half.log_q(z), half.mu, half.logsigma
    hint = "log q takes mu, then the logarithm of sigma, then the code: here it gets {}."
    for what, other in (
        ("sigma itself", half.with_q(mu, logsigma.exp())),
        ("the variance's logarithm", half.with_q(mu, 2 * logsigma)),
        ("half of logsigma", half.with_q(mu, logsigma / 2)),
        ("both in the wrong order", half.with_q(logsigma, mu)),
    ):
        yield "log_q_of_other_arguments", hint.format(what), rest - other.log_q(z)


def without_noise(half: Half) -> Iterator[tuple[str, str, Tensor]]:
    """Values [] of estimates that decode the mean."""
    mu = half.mu.double()[None]
    right, log_q, likelihood = half.log_ratio(mu)[0], half.log_q(mu)[0], half.likelihood(mu)[0]
    for value in (right, likelihood - half.kl, right + log_q + half.entropy):
        yield "mean_decoded", NO_NOISE, value


def _shape(name: str, hint: str, *shape: int) -> Misconception:
    """Any numbers in a wrong shape."""
    anything = torch.zeros(shape[1:]).expand(shape)
    return Misconception(name, hint, {"expected": (anything,), "rtol": 0.0, "atol": ANY})


def wrong_shapes(draws: int) -> Iterator[Misconception]:
    """Results that are no single number."""
    hint = "A single number is wanted, []: average over the codes."
    yield _shape("not_averaged", hint, draws)
    yield _shape("not_averaged", hint, draws, draws)
    yield _shape("nothing_reduced", hint + " Sum over the pixels first.", draws, HALF)
    hint = "A single number is wanted, [], not a tensor with an axis of length 1."
    for shape in ((1,), (1, 1), (draws, 1)):
        yield _shape("kept_axis", hint, *shape)
    yield _shape("one_number_an_entry", "Sum over the entries of the code.", 2)


def _near(name: str, hint: str, mean: Tensor, atol: float) -> Misconception:
    return Misconception(name, hint, {"expected": (mean,), "atol": atol})


def _all_means(half: Half) -> Means:
    z, _ = half.codes()
    likelihood, prior, log_q = half.likelihood(z), half.known.log_prior(z), half.log_q(z)
    yield from _wrong_sums(likelihood, prior, log_q, half)
    yield from _whole_image(half, z)
    yield from _wrong_q(half, z)


def wrong_means(half: Half, draws: int) -> Iterator[Misconception]:
    """What wrong formulas give with many codes."""
    _, share = half.codes()
    for name, hint, values in _all_means(half):
        atol = estimates.slack((values,), share, draws, NAMING) + ROUNDING
        yield _near(name, hint, share @ values, atol)
    hint = "This grows with the number of codes: average over them, do not sum."
    yield _near("summed_over_codes", hint, draws * half.elbo(), draws * half.slack(draws))


def wrong_gradients(half: Half, right: dict[str, Tensor], draws: int) -> Iterator[Misconception]:
    """Gradients that do not pass through z, or not through all of it, in estimates of each form:
    with log q(z) drawn, with the exact divergence and with the exact entropy."""
    nothing, *either = unreached((), {"arg2": "mu", "arg3": "logsigma"})
    mu, sigma = half.mu.double(), half.logsigma.double().exp()
    zero, one = torch.zeros_like(mu), torch.ones_like(mu)
    noise, share = estimates.normal()
    faint = estimates.slack((noise[:, 0] ** 2,), share, draws, NAMING)
    far = estimates.slack((noise[:, 0] / sigma.min(),), share, draws, NAMING)
    hint = "No gradient passes through {}: draw z inside, as mu + sigma * eps, without detach."

    def gives(what: str, atol: float, **expected: Tensor) -> Misconception:
        name = f"no_gradient_through_{what}"
        return Misconception(name, hint.format(what), {"expected": expected, "atol": atol})

    yield nothing
    for at_mu, at_sigma in ((zero, zero), (-mu, 1 - sigma**2), (-mu, one), (zero, one)):
        yield gives("z", far + faint, arg2=at_mu, arg3=at_sigma)
    yield gives("z", EXACT, arg3=one)
    yield from either
    for at_mu in (zero, -mu):
        yield gives("mu", 2 * far, arg2=at_mu, arg3=right["arg3"])
    for at_sigma in (zero, 1 - sigma**2, one):
        yield gives("sigma", 2 * faint + far, arg2=right["arg2"], arg3=at_sigma)
