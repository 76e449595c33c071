"""Task `loss`: minus the mean evidence lower bound, what training makes small.

It is judged as `elbo` is (see there), with the other sign, whether it calls the student's own
`elbo` or is written out. Where `elbo` is wrong, the mean of a linear function of each image stands
in; then the loss has no noise. Tolerance: as there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from autograder.checks import Draw, worth
from autograder.checks.latent_space import models, scene
from autograder.checks.latent_space.elbo_claims import COPIES, Judged, wrong_means
from autograder.checks.latent_space.elbo_mistakes import Averages
from autograder.checks.latent_space.elbo_parts import batch_parts, given, parts
from autograder.checks.latent_space.elbos import ROUNDING
from autograder.checks.latent_space.models import StandIns, State
from autograder.checks.latent_space.rows import all_at_once
from autograder.checks.mistakes import unreached
from autograder.student import Student
from vae_utils.stand_in import StandIn

Claim = Callable[[Judged, StandIns], None]


def _elbo(draw: Draw) -> StandIns:
    """Far apart for different images."""
    x = draw.uniform(models.D, low=-8.0, high=8.0)
    return {"elbo": StandIn(("x",), ((torch.tensor(-300.0), x),), mean=True)}


def _must_be_minus(student: Student, state: State, x: Tensor, stand_ins: StandIns) -> None:
    """Minus what stands in for `elbo`, and so is its gradient."""
    images = x if x.stride(0) else x[:1]  # copies of one
    single = replace(stand_ins["elbo"], mean=False, scale=-1.0)
    values = torch.as_tensor(single(images.double())).expand(len(x))
    up = (torch.tensor(1.0),)
    answer = student.call(
        "loss", models.model(state), x, method=True, stand_ins=stand_ins, cotangents=up
    )
    mistakes = wrong_means(values, ROUNDING)
    answer.must_equal(values.mean(), misconceptions=mistakes, rtol=1e-4, atol=ROUNDING)
    lost = unreached((), {"elbo.0": "elbo"})
    answer.must_have_gradients({"elbo.0": torch.tensor(-1.0)}, lost)


def _given(student: Student, stand_ins: StandIns, state: State, x: Tensor, claim: Claim) -> None:
    """The claim with stand-ins for parts, a plainer one with a stand-in for `elbo`."""

    def plain_or(judged: Judged, chosen: StandIns) -> None:
        if "elbo" in chosen:
            _must_be_minus(student, state, x, chosen)
        else:
            claim(judged, chosen)

    given(Judged(student, "loss", -1.0), stand_ins, plain_or)


@worth(0.5)
def test_the_mean_over_the_batch(student: Student, draw: Draw) -> None:
    """Minus the mean ELBO of five different images, and that of a single one, in hardly fewer
    steps than for thousands."""
    state, stand_ins = scene.narrow(draw), batch_parts(draw) | _elbo(draw)
    several, single = scene.images(draw), models.binary(draw, 1)
    for x in (several, single):

        def claim(judged: Judged, chosen: StandIns, x: Tensor = x) -> None:
            judged.must_be_the_mean(state, x, chosen)

        _given(student, stand_ins, state, x, claim)

    def cheap(_: Judged, chosen: StandIns) -> None:
        all_at_once(student, "loss", single, model=models.model(state), stand_ins=chosen)

    given(Judged(student, "loss", -1.0), stand_ins, cheap)


@worth(0.5)
def test_many_copies(student: Student, draw: Draw) -> None:
    """For 4,096 copies of an image the loss is minus its ELBO."""
    model = scene.far(draw)

    def claim(judged: Judged, chosen: StandIns) -> None:
        judged.must_be_right_on_average(model, Averages.missing, chosen)

    stand_ins = parts(draw, model, slope=0.05) | _elbo(draw)
    _given(student, stand_ins, model.state, model.image.expand(COPIES, -1), claim)


@worth(1)
def test_gradients(student: Student, draw: Draw) -> None:
    """Gradients pass through the loss to encoder and decoder, with the sign turned."""
    model = scene.steep(draw)

    def claim(judged: Judged, chosen: StandIns) -> None:
        judged.must_pass_gradients_on(model, chosen)

    stand_ins = parts(draw, model, of_code_alone=True) | _elbo(draw)
    _given(student, stand_ins, model.state, model.image.expand(COPIES, -1), claim)
