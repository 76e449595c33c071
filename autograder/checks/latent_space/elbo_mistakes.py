"""Wrong ELBOs of one image, by the mean of what they give for many copies of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space import estimates
from autograder.checks.latent_space.elbos import Elbo
from autograder.checks.latent_space.models import D, L

_NAMING = 1e-4  # how often a name may be missed
_ROUNDING = 0.02  # as it is, not in the worst order
_CLOSE = 0.4  # to log p(x), above it: so far other mistakes get
BOUND = "The ELBO is log p(x, z) - log q(z | x), on average: "
NO_LIKELIHOOD = "the likelihood log p(x | z) is missing."
SIGN_HINT = "The sign of the whole is wrong: `elbo` goes up as the model gets better, `loss` down."
EXP_HINT = "The ELBO is a logarithm already: no exp here, which underflows or overflows."
PIXELS_HINT = "The log likelihood is a sum over pixels: averaged, it is 784 times too small."
PRIOR_HINT = "Codes come from q(z | x), not from the prior."
WIDE_HINT = (
    "The codes spread too far: noise is scaled by exp(logsigma), not by exp(logsigma / 2), "
    "logsigma or 1."
)
Named = tuple[str, str, tuple[Tensor, ...]]
"""A name, its hint and the terms that are added, each at the nodes or a plain number."""


@dataclass(frozen=True)
class Averages:
    """Names for what the mean over `rows` copies of an image may be instead of its ELBO.

    sign: of the function that is judged: -1 for a loss.
    """

    elbo: Elbo
    rows: int
    sign: float = 1.0

    def missing(self) -> Iterator[Misconception]:
        """Terms that are left out, or have another sign or formula."""
        yield from self._reductions()
        z, share = self.elbo.codes
        for name, hint, terms in (*self._signs(z), *self._closed_forms(z)):
            yield self._gives(name, hint, terms, share)
        yield self._from_prior()

    def constant(self) -> Iterator[Misconception]:
        """What has no noise at all."""
        yield from self._without_noise()
        yield self._exponentiated()
        z, share = self.elbo.codes
        price = share @ torch.stack(self.elbo.terms(z)[1:]).sum(0)
        yield self._is("likelihood_forgotten", BOUND + NO_LIKELIHOOD, price, _ROUNDING)

    def drawn(self) -> Iterator[Misconception]:
        """Codes that are drawn in a wrong way, or weighed together."""
        yield from self._without_noise()
        yield from self._draws()
        yield from self.spread()
        yield self._above()

    def spread(self) -> Iterator[Misconception]:
        """Closed forms of the KL divergence that take the wrong variance."""
        z, share = self.elbo.codes
        first = self.elbo.terms(z)[0]
        mu, logsigma = self.elbo.posterior
        hint = "The KL takes logsigma for the logarithm of a variance: that is 2 * logsigma."
        price = (mu**2 + logsigma.exp() - 1 - logsigma).sum() / 2
        yield self._gives("log_variance_in_kl", hint, (first, -price), share)
        hint = "The KL takes sigma for sigma^2: the variance is exp(2 * logsigma)."
        price = (mu**2 + logsigma.exp() - 1 - 2 * logsigma).sum() / 2
        yield self._gives("sigma_for_variance_in_kl", hint, (first, -price), share)

    def _is(self, name: str, hint: str, value: Tensor, slack: float) -> Misconception:
        return Misconception(name, hint, {"expected": (self.sign * value.double(),), "atol": slack})

    def _gives(
        self, name: str, hint: str, terms: tuple[Tensor, ...], share: Tensor
    ) -> Misconception:
        values = tuple(term.double().expand(len(share)) for term in terms)
        slack = estimates.slack(values, share, self.rows, _NAMING)
        return self._is(name, hint, share @ torch.stack(values).sum(0), slack + _ROUNDING)

    def _reductions(self) -> Iterator[Misconception]:
        right, slack = self.elbo.mean, self.elbo.slack(self.rows)
        single = self.elbo.slack(1, _NAMING)
        one = "A single number is wanted, the mean over the batch: "
        each = {"expected": ((self.sign * right).expand(self.rows),), "atol": single}
        yield Misconception("per_image", one + "this is one for each image.", each)
        yield self._is("kept_axis", one + "its shape is [], not [1].", right[None], slack)
        yield self._is(
            "summed_over_batch", one + "this is the sum.", self.rows * right, self.rows * slack
        )
        hint = one + "this is divided by the number of images once more."
        yield self._is("averaged_twice", hint, right / self.rows, slack / self.rows)
        yield self._exponentiated()

    def _exponentiated(self) -> Misconception:
        return self._is("exponentiated", EXP_HINT, torch.zeros(()), 1e-6)

    def _signs(self, z: Tensor) -> Iterator[Named]:
        first, *rest = self.elbo.terms(z)
        log_q = -rest[-1]
        yield "negated", SIGN_HINT, (-first, *(-term for term in rest))
        yield "log_q_added", BOUND + "log q is subtracted, not added.", (first, *rest[:-1], log_q)
        hint = BOUND + "log q(z | x) is missing, or the constant in it."
        yield "log_q_forgotten", hint, (first, *rest[:-1])
        yield "log_q_forgotten", hint, (first, *rest[:-1], self.elbo.posterior[1].sum())
        if len(rest) == 2:
            yield from self._prior_signs(first, rest[0], rest[1])

    def _prior_signs(self, log_x: Tensor, log_z: Tensor, minus_q: Tensor) -> Iterator[Named]:
        yield "prior_forgotten", BOUND + "the prior log p(z) is missing.", (log_x, minus_q)
        hint = BOUND + "log p(z) is added, not subtracted."
        yield "prior_subtracted", hint, (log_x, -log_z, minus_q)
        yield "prior_counted_twice", "log p(z) counts once.", (log_x, 2 * log_z, minus_q)
        yield "likelihood_forgotten", BOUND + NO_LIKELIHOOD, (log_z, minus_q)
        yield "likelihood_negated", "log p(x | z) has the wrong sign.", (-log_x, log_z, minus_q)
        yield "likelihood_averaged_over_pixels", PIXELS_HINT, (log_x / D, log_z, minus_q)
        price = "The KL divergence is a price: it is subtracted"
        yield from self.squared_error()
        yield "kl_added", price + ", not added.", (log_x, -log_z, -minus_q)
        yield "kl_forgotten", price + "; here it is missing.", (log_x,)
        hint = price + " in full: it is a sum over the entries of a code, without another 1/2."
        yield "kl_halved", hint, (log_x, log_z / 2, minus_q / 2)
        yield "kl_doubled", price + " once.", (log_x, 2 * log_z, 2 * minus_q)

    def squared_error(self) -> Iterator[Named]:
        """In place of the likelihood."""
        z = self.elbo.codes[0]
        _, *rest = self.elbo.terms(z)
        if "log_likelihood" not in self.elbo.parts.stand_ins and len(rest) == 2:
            apart = self.elbo.parts.theta(z) - self.elbo.image
            hint = "This is a squared error; the log likelihood of the Bernoulli is wanted."
            yield "squared_error", hint, (-(apart**2).sum(-1), *rest)

    def _closed_forms(self, z: Tensor) -> Iterator[Named]:
        """Of the entropy of q and of the KL divergence."""
        first, *rest = self.elbo.terms(z)
        mu, logsigma = self.elbo.posterior
        at_mean = self.elbo.terms(mu)
        hint = "log q is taken at mu; it belongs at the code that was drawn, as everything else."
        yield "log_q_at_mean", hint, (first, *rest[:-1], at_mean[-1])
        if len(rest) == 1:
            return
        hint = "log p(z) is taken at mu; it belongs at the code that was drawn, as everything else."
        yield "prior_at_mean", hint, (first, at_mean[1], rest[1])
        hint = "This is the KL of the prior from q; that of q from the prior is wanted."
        turned = ((1 + mu**2) / (2 * logsigma).exp() - 1 + 2 * logsigma).sum() / 2
        yield "kl_reversed", hint, (first, -turned)

    def _from_prior(self) -> Misconception:
        """Where all terms are taken at codes from the prior."""
        noise, share = estimates.normal()
        return self._gives("z_from_prior", PRIOR_HINT, self.elbo.terms(noise), share)

    def _without_noise(self) -> Iterator[Misconception]:
        """Where z is mu: all terms at it, or the KL in closed form."""
        first, *rest = (term[0] for term in self.elbo.terms(self.elbo.posterior[0]))
        exact = self.elbo.mean - self.elbo.codes[1] @ self.elbo.terms(self.elbo.codes[0])[0]
        hint = "The ELBO does not vary: draw a code z, do not take mu."
        for price in (torch.stack(rest).sum(), exact):
            yield self._is("mean_decoded", hint, first + price, _ROUNDING)

    def _draws(self) -> Iterator[Misconception]:
        """Codes drawn in wrong ways: all terms at them, or the KL in closed form."""
        exact = self.elbo.mean - self.elbo.codes[1] @ self.elbo.terms(self.elbo.codes[0])[0]
        noise, share = estimates.normal()
        first = self.elbo.terms(noise)[0]
        yield self._gives("z_from_prior", PRIOR_HINT, (first, exact), share)
        for name, hint, z, share in self._wrong_codes():
            first, *rest = self.elbo.terms(z)
            yield self._gives(name, hint, (first, *rest), share)
            yield self._gives(name, hint, (first, exact), share)

    def _wrong_codes(self) -> Iterator[tuple[str, str, Tensor, Tensor]]:
        mu, logsigma = self.elbo.posterior
        noise, share = estimates.normal()
        sigma = logsigma.exp()
        for width in ((logsigma / 2).exp(), logsigma, torch.ones(L)):
            yield "codes_too_wide", WIDE_HINT, mu + width * noise, share
        hint = "exp(2 * logsigma) is the variance; noise is scaled by exp(logsigma)."
        yield "variance_for_std", hint, mu + sigma**2 * noise, share
        hint = "Both entries of a code get the same noise: draw as many numbers as mu has."
        yield "noise_shared_by_entries", hint, mu + sigma * noise[:, :1], share

    def _above(self) -> Misconception:
        """Between the ELBO and log p(x)."""
        z, share = self.elbo.codes
        total = torch.stack(self.elbo.terms(z)).sum(0)
        top, low = torch.logsumexp(total + share.log(), 0) + _CLOSE, self.elbo.mean
        hint = (
            "On average this lies above the ELBO, though not above log p(x). Is it the logarithm "
            "of a mean over several codes? That is another bound. Or does the noise have the wrong "
            "distribution?"
        )
        return self._is("above_the_elbo", hint, (top + low) / 2, float(top - low) / 2)
