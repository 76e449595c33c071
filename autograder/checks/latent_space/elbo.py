"""Task `elbo`: the mean over a batch of E_q[log p(x, z) - log q(z | x)], by one draw an image.

Source: Kingma and Welling 2014, equations 2 to 7. All unbiased forms are right: log p(x, z) -
log q(z | x) at one code; the KL divergence or the entropy of q in closed form; several codes
averaged; gradients of log q through z only ("sticking the landing").

So the value is judged by its mean. One image in 4,096 copies gives the mean of as many independent
estimates in a single number, and the ELBO itself comes from quadrature over the plane. How far the
noisiest right form may be off is bounded without approximation (see `estimates`), at ALPHA for each
statement; with rounding of float32 (see `elbos`) that is the tolerance. Three models bring out
different mistakes (see `scene`): the likelihood is almost flat, so that signs and missing terms
show; q is far wider than the prior; q is wider than the true posterior, so that its spread shows.

The mean over few copies, asked for again and again, shows whether each image has a code of its own:
with one code for all it would vary as a single estimate does.

A student's own parts may be wrong: they were paid for in their own tasks (see `elbo_parts`).
"""

from __future__ import annotations

from autograder.checks import Draw, worth
from autograder.checks.latent_space import models, scene
from autograder.checks.latent_space.elbo_claims import Judged, Mistakes
from autograder.checks.latent_space.elbo_mistakes import Averages
from autograder.checks.latent_space.elbo_parts import batch_parts, given, parts
from autograder.checks.latent_space.models import StandIns
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.latent_space.scene import Scene
from autograder.student import Student


def _must_be(student: Student, draw: Draw, model: Scene, mistakes: Mistakes) -> None:
    def claim(judged: Judged, stand_ins: StandIns) -> None:
        judged.must_be_right_on_average(model, mistakes, stand_ins)

    given(Judged(student, "elbo"), parts(draw, model), claim)


@worth(0.5)
def test_the_mean_over_the_batch(student: Student, draw: Draw) -> None:
    """Five different images count the same; one gives a single number, in hardly fewer steps than
    thousands."""
    state, stand_ins = scene.narrow(draw), batch_parts(draw)
    several, single = scene.images(draw), models.binary(draw, 1)

    def claim(judged: Judged, stand_ins: StandIns) -> None:
        for x in (several, single):
            judged.must_be_the_mean(state, x, stand_ins)
        all_at_once(student, "elbo", single, model=models.model(state), stand_ins=stand_ins)

    given(Judged(student, "elbo"), stand_ins, claim)


@worth(0.5)
def test_a_code_for_each_image(student: Student, draw: Draw) -> None:
    """Copies of an image get codes of their own, at every call."""
    model = scene.bent(draw)

    def claim(judged: Judged, stand_ins: StandIns) -> None:
        judged.must_draw_for_each_image(model, stand_ins)

    given(Judged(student, "elbo"), parts(draw, model), claim)


@worth(1)
def test_every_term(student: Student, draw: Draw) -> None:
    """For 4,096 copies of an image the mean is the ELBO: all terms are there, with right signs."""
    _must_be(student, draw, scene.far(draw), Averages.missing)


@worth(1)
def test_codes_from_q(student: Student, draw: Draw) -> None:
    """For 4,096 copies of an image the mean is the ELBO: codes are drawn from q(z | x)."""
    _must_be(student, draw, scene.bent(draw), Averages.drawn)


@worth(0.5)
def test_a_wide_q(student: Student, draw: Draw) -> None:
    """For 4,096 copies of an image the mean is the ELBO, however large the variance of q is."""
    _must_be(student, draw, scene.wide(draw), Averages.spread)


@worth(1.5)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients reach the decoder, and the encoder through z, mu and logsigma, with right means."""
    model = scene.steep(draw)

    def claim(judged: Judged, stand_ins: StandIns) -> None:
        judged.must_pass_gradients_on(model, stand_ins)

    given(Judged(student, "elbo"), parts(draw, model, of_code_alone=True), claim)
