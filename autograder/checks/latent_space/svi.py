"""Task `svi`: inference for half an image without an encoder, and two pictures of it.

ELBO(mu, logsigma) = E_q[log p(top, z) - log q(z)]. `elbo_top` estimates it as a mean over codes of
q, which has this average and, through z = mu + sigma eps, its gradients; `fit_top` makes it as
large as it can be.
"""

from __future__ import annotations

from functools import partial

from autograder.checks import Draw, worth
from autograder.checks.latent_space import svi_claims, svi_fit, svi_pictures
from autograder.checks.latent_space.svi_scenes import clear, half, steep
from autograder.student import Student

NARROW, WIDE, TILTED = (2.22, -4.2, 5.0), (1.0, -0.7, 0.5), (1.5, -0.85, 3.0)
"""Distance of mu from 0, logsigma, and how far q lies off the top. NARROW has -log p(z) = 4.3 and
log q(z) = 5.5 on average, of which no two wrong sums are close."""


@worth(0.5)
def test_the_noise(student: Student, draw: Draw) -> None:
    """A single code makes the estimate vary, 64 codes settle it, and each call draws anew; 4,096
    take no more steps of Python than one: no loop over codes."""
    one, both = steep(draw, (1.0, 0.0)), steep(draw, (1.0, -1.0))
    svi_claims.given(student, draw, one, partial(svi_claims.must_vary, student, one))
    svi_claims.given(student, draw, both, partial(svi_claims.must_vary_in_both, student, both))
    svi_claims.given(student, draw, one, partial(svi_claims.must_settle, student, one))


@worth(0.75)
def test_thousands_of_codes(student: Student, draw: Draw) -> None:
    """The mean over 4,096 codes is the ELBO, which is below log p(top), for two q."""
    for distance, logsigma, push in (NARROW, WIDE):
        some = half(draw, distance, logsigma, push)
        svi_claims.given(student, draw, some, partial(svi_claims.must_average, student, some))


@worth(0.75)
def test_gradients_reach_mu_and_logsigma(student: Student, draw: Draw) -> None:
    """The gradients with many codes are those of the ELBO: they pass through z."""
    some = half(draw, *TILTED)
    svi_claims.given(student, draw, some, partial(svi_claims.must_pass_gradients, student, some))


@worth(1)
def test_the_fit(student: Student, draw: Draw) -> None:
    """fit_top gives mu and logsigma, [2] each, with an ELBO within 0.5 of the largest."""
    svi_fit.must_fit(student, draw, clear(draw), half(draw, *TILTED))


@worth(1)
def test_contours_of_both_densities(student: Student, draw: Draw) -> None:
    """One plot with the contour lines of p(top, z) and of q(z)."""
    svi_pictures.must_contour(student, draw)


@worth(1)
def test_a_completed_digit(student: Student, draw: Draw) -> None:
    """The digit beside its top half, completed with the mean of a code from q."""
    svi_pictures.must_complete(student, draw)
