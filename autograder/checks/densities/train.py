"""Task `train`: the ELBO of the given VAE, and the loop that pushes it up with Adam.

ELBO(x) = log p(x | z) - KL(q(z | x) || N(0, I)), z one draw from q(z | x), one number per image.
The student's noise is never touched: a decoder that ignores z, or a sigma of 6e-6, which makes
z = mu, pins the value down; and where one entry of z decides everything, the distribution of the
ELBO is known from a table. With z = mu training itself is deterministic, and six steps of the loop
are compared, loss by loss and bias by bias, with Adam in float64 (see `loops`). Biases whose
gradient is faint in any step are left out, and one in twenty of the others may be off: rounding
decides about the way of single weights, and so of those that follow them.

A student's own likelihood and divergence may be wrong: they were paid for in their own tasks.

Tolerance: sums of 784 float32 terms of order one, logarithms with an added 1e-6; values are of
order 500 to 2,000. Adam's steps are of length lr whatever the gradient; float32 costs up to 1 % of
it in 150 seeds, hence 4 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.densities import models
from autograder.checks.densities.active import LEVELS, NARROW, Active, active, table
from autograder.checks.densities.loops import trained
from autograder.checks.densities.models import Parts, StandIns
from autograder.checks.loops import Loop, wrong
from autograder.student import Student
from vae_utils.calls import Instance

TOLERANCE: dict[str, Any] = {"rtol": 2e-4, "atol": 0.02}
TINY = -24.0  # a log variance, within one or two
DRAWS = 600
SHARE = 0.04  # of a step
SPARE = 0.05  # of the biases of a layer
PER_IMAGE_HINT = "One number per image is wanted, [B]: do not reduce over the batch."


def _gives(name: str, hint: str, expected: Tensor) -> Misconception:
    return Misconception(name, hint, {"expected": (expected,)})


def _wrong_elbos(log_p: Tensor, kl: Tensor, theta: Tensor) -> Iterator[Misconception]:
    right = log_p - kl
    if len(right) == 1:
        yield _gives("batch_axis_lost", "The batch axis of a single image got lost.", right[0])
    yield _gives("averaged_scalar", PER_IMAGE_HINT, right.mean())
    yield _gives("summed_scalar", PER_IMAGE_HINT, right.sum())
    yield _gives("kl_added", "The KL is a price: subtract it.", log_p + kl)
    yield _gives("elbo_sign", "This is minus the ELBO; the sign turns in `train` only.", -right)
    yield _gives("kl_forgotten", "The KL is missing.", log_p)
    yield _gives("likelihood_forgotten", "log p(x | z) is missing.", -kl)
    yield _gives("likelihood_averaged_over_batch", PER_IMAGE_HINT, log_p.mean() - kl)
    yield _gives("kl_averaged_over_batch", PER_IMAGE_HINT, log_p - kl.mean())
    pixels = theta.shape[-1]
    hint = "The log likelihood is a sum over pixels: averaged, it is 784 times too small."
    yield _gives("likelihood_averaged_over_pixels", hint, log_p / pixels - kl)
    yield _gives("kl_averaged", "The KL is a sum over all entries of the code.", log_p - kl / 100)


def _must_be_elbo(student: Student, vae: Instance, x: Tensor, stand_ins: StandIns) -> None:
    """For models that make z known: its noise is tiny, or the decoder ignores it."""
    known = Parts(vae.state, stand_ins)
    mu, logvar = known.encode(x)
    theta, kl = known.decode(mu), known.kl(mu, logvar)
    log_p = known.log_likelihood(theta, x)
    answer = student.call("elbo", vae, x, stand_ins=stand_ins)
    answer.must_equal(log_p - kl, misconceptions=_wrong_elbos(log_p, kl, theta), **TOLERANCE)


def _parts(draw: Draw) -> StandIns:
    return models.likelihood(draw) | models.divergence(draw)


def _encoder(draw: Draw) -> models.State:
    return models.layer(draw, "encoder.0", 0.1) | models.layer(draw, "encoder.2", 0.1)


@worth(1.5)
def test_a_decoder_that_ignores_z(student: Student, draw: Draw) -> None:
    """Where z has no effect, the ELBO of each of seven images is a constant minus its KL: [7]."""
    bias = draw.uniform(models.D, low=3.0, high=7.0)
    posterior = _encoder(draw) | models.layer(draw, "encoder.4", 0.05)
    hidden = models.layer(draw, "decoder.0", 0.15) | models.layer(draw, "decoder.2", 0.1)
    vae = models.model(posterior, hidden, models.constant("decoder.4", bias))
    x = models.binary(draw, 7)
    student.given(_parts(draw), partial(_must_be_elbo, student, vae, x))


def _any_decoder(draw: Draw) -> models.State:
    first = models.layer(draw, "decoder.0", 0.15) | models.layer(draw, "decoder.2", 0.1)
    return first | models.layer(draw, "decoder.4", 0.1, bias=1.5, center=models.DARK)


def _tiny_sigma(draw: Draw) -> Instance:
    """A model in which z is mu, and training hardly changes that."""
    head = models.layer(draw, "encoder.4", 0.1)
    means = torch.arange(2 * models.L) < models.L
    head["encoder.4.bias"] = torch.where(means, head["encoder.4.bias"], TINY)
    return models.model(_encoder(draw), head, _any_decoder(draw))


@worth(1.5)
def test_a_posterior_without_spread(student: Student, draw: Draw) -> None:
    """Where sigma is tiny, z is mu: log p(x | mu) - KL for five images and for a single one."""
    vae, stand_ins = _tiny_sigma(draw), _parts(draw)
    for rows in (5, 1):
        x = models.binary(draw, rows)
        student.given(stand_ins, partial(_must_be_elbo, student, vae, x))


def _wrong_noise(model: Active, n: int) -> Iterator[Misconception]:
    decoded = model.elbo(torch.tensor([model.mean])).expand(n)
    yield Misconception(
        "mean_decoded",
        "The ELBO does not vary: decode a draw z, not its mean mu.",
        {"expected": (decoded,), "rtol": 0.0, "atol": 5e-3},
        kind="equal",
    )
    hint = "z is drawn from q(z | x), not from the prior."
    prior = model.elbo(models.normal_quantiles(LEVELS))
    yield Misconception("z_from_prior", hint, table(prior, n))
    yield Misconception(
        "noise_shared_by_rows",
        "Equal images get the same ELBO: every image wants a z of its own.",
        {"mean": torch.zeros(()), "std": torch.ones(()), "axis": 0},
        kind="shared",
    )


@worth(1)
def test_the_noise(student: Student, draw: Draw) -> None:
    """Many copies of one image: the ELBO varies with z as one draw from the posterior makes it."""
    model = active(draw, NARROW)

    def claim(stand_ins: StandIns) -> None:
        known = model.with_stand_ins(stand_ins)
        images = model.image.expand(DRAWS, -1)
        answer = student.call("elbo", model.instance, images, stand_ins=stand_ins)
        answer.must(
            "distribution", table(known.elbo(known.values), DRAWS), _wrong_noise(known, DRAWS)
        )

    student.given(_parts(draw), claim)


def _close(biases: dict[str, Tensor], loop: Loop) -> dict[str, Any]:
    return {"expected": biases, "atol": SHARE * loop.lr, "spare": SPARE}


def _wrong_loops(known: Parts, batches: tuple[Tensor, ...], loop: Loop) -> Iterator[Misconception]:
    start = {name: w for name, w in known.state.items() if w.dim() == 1}
    hint = "The weights do not change: backward(), then optimizer.step()."
    yield Misconception("no_step", hint, _close(start, loop))
    for name, hint, way in wrong(loop):
        yield Misconception(name, hint, _close(trained(known, batches, way).biases, loop))
    for name, hint, kl in _WRONG_LOSSES:
        yield Misconception(name, hint, _close(trained(known, batches, loop, kl).biases, loop))


_WRONG_LOSSES = (
    ("kl_not_trained", "The loss leaves out the KL.", 0.0),
    ("kl_rewarded", "The loss has the KL with the wrong sign.", -1.0),
)


def _wrong_losses(losses: tuple[Tensor, ...], rows: int, epochs: int) -> Iterator[Misconception]:
    def gives(name: str, hint: str, *values: Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": values})

    each = "Return the loss of every step, a list of one float a batch."
    averages = torch.stack(losses).view(epochs, -1).mean(1)
    yield gives("elbo_returned", "Return the losses: minus the ELBO.", *(-x for x in losses))
    hint = "The loss is the mean over the batch, not the sum."
    yield gives("loss_summed", hint, *(rows * x for x in losses))
    yield gives("loss_an_epoch", each, *averages)
    yield gives("loss_of_last_batches", each, *losses[:: -(len(losses) // epochs)][::-1])
    yield gives("loss_of_one_epoch", each, *losses[: len(losses) // epochs])
    yield gives("only_last_loss", each, losses[-1])
    yield gives(
        "losses_in_a_tensor", "A list of floats is wanted: loss.item().", torch.stack(losses)
    )


def _must_train(
    student: Student,
    vae: Instance,
    batches: tuple[Tensor, ...],
    loop: Loop,
    given: tuple[Any, ...],
    stand_ins: StandIns,
) -> None:
    known = Parts(vae.state, stand_ins)
    right = trained(known, batches, loop)
    call = partial(student.call, stand_ins=stand_ins, weights=tuple(right.biases))
    answer = call("train", vae, batches, loop.epochs, *given)
    answer.must("weights", _close(right.biases, loop), _wrong_loops(known, batches, loop))
    mistakes = _wrong_losses(right.losses, len(batches[0]), loop.epochs)
    answer.must_equal(*right.losses, misconceptions=mistakes, rtol=2e-3, atol=0.02)


def _batches(draw: Draw, count: int) -> tuple[Tensor, ...]:
    return tuple(models.binary(draw, 5) for _ in range(count))


@worth(3)
def test_six_steps(student: Student, draw: Draw) -> None:
    """Two epochs of three batches: six steps of Adam, down the mean of -ELBO, and six losses."""
    vae, batches, loop = _tiny_sigma(draw), _batches(draw, 3), Loop(2, 2e-3)
    student.given(_parts(draw), partial(_must_train, student, vae, batches, loop, (loop.lr,)))


@worth(1)
def test_the_default_learning_rate(student: Student, draw: Draw) -> None:
    """Without a learning rate, two steps of 3e-4."""
    vae, batches, loop = _tiny_sigma(draw), _batches(draw, 2), Loop(1, 3e-4)
    student.given(_parts(draw), partial(_must_train, student, vae, batches, loop, ()))
