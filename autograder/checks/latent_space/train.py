"""Task `train`: Adam on `model.loss`, one step a batch; and the mean ELBO over all images.

Any unbiased ELBO is right, so training is noisy. With batches that are one image in 1,024 copies
each gradient is close to its mean, and six steps of the loop are compared, loss by loss and bias by
bias, with Adam in float64 on the mean loss (see `autograder.checks.loops` and `training`). Left out
are biases whose gradient is faint in any step, and those of logsigma and of the encoder's hidden
layer, whose gradients are weak beside their noise; one in twenty of the others may be off.

Tolerance: Adam's steps are of length lr whatever the gradient. Noise costs up to 0.8 % of it in 150
seeds with each of five unbiased forms, the noisiest, "sticking the landing", among them, hence 4 %.
Losses, and the mean over all images: the bound on the noise of a mean (see `estimates`), and for
losses as much again, since weights are off as well; in those seeds they stay within a quarter.

Where a part of the ELBO is wrong, or `loss`, both are replaced: by a function of all weights that a
loop can train (see `training`), and that has no noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.latent_space import models, training
from autograder.checks.latent_space.elbos import ROUNDING, Elbo
from autograder.checks.latent_space.models import L, Parts, StandIns, State
from autograder.checks.latent_space.training import ROWS
from autograder.checks.loops import Loop, Trained, run, wrong
from autograder.student import Student
from vae_utils.compare_draws import ALPHA

SHARE, EXACT = 0.04, 0.005  # of a step, with noise and without
SIZES = (512, 512, 128)  # of the batches of `test_elbo`
SPARE = 0.05  # of the biases of a layer
PIXELS = 160
COMPARED = ("decoder_hidden.bias", "decoder_output.bias", "encoder_output.bias")
PARTS = (
    "factorized_gaussian_log_density", "bernoulli_log_density", "sample_diag_gaussian", "log_prior",
    "decoder", "log_likelihood", "joint_log_density", "encoder", "log_q", "elbo", "loss",
)  # fmt: skip
"""Tasks on which the ELBO rests."""


def _given(student: Student, stand_ins: StandIns, claim: Callable[[StandIns], None]) -> None:
    """Own parts, or where any is replaced, stand-ins for the objective."""
    anything = dict.fromkeys(PARTS, stand_ins["elbo"])
    student.given(anything, lambda chosen: claim(stand_ins if chosen else {}))


def _close(biases: State, loop: Loop, share: float) -> dict[str, Any]:
    known = {name: biases[name].clone() for name in COMPARED}
    known["encoder_output.bias"][L:] = float("nan")  # those of logsigma: weak beside their noise
    known["decoder_output.bias"][PIXELS:] = float("nan")  # so many say as much as all
    return {"expected": known, "atol": share * loop.lr, "spare": SPARE}


def _wrong_loops(
    train: Callable[[Loop], Trained], state: State, loop: Loop, share: float
) -> Iterator[Misconception]:
    hint = "The weights do not change: backward(), then optimizer.step()."
    yield Misconception("no_step", hint, _close(state, loop, share))
    once = "single_epoch", "One epoch is trained, whatever `epochs` says.", replace(loop, epochs=1)
    for name, hint, way in (*wrong(loop), once):
        noisy = 10 if way.optimizer is torch.optim.SGD else 1  # its steps are as long as gradients
        yield Misconception(name, hint, _close(train(way).biases, loop, noisy * share))


def _wrong_losses(losses: tuple[Tensor, ...], epochs: int) -> Iterator[Misconception]:
    def gives(name: str, hint: str, *values: Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": values})

    each = "Return the loss of every step, a list of one float a batch."
    averages = torch.stack(losses).view(epochs, -1).mean(1)
    yield gives("elbo_returned", "Return the losses: minus the ELBO.", *(-x for x in losses))
    hint = "`loss` is the mean over the batch already: do not multiply by its size."
    summed = Misconception(
        "loss_summed", hint, {"expected": tuple(ROWS * x for x in losses), "rtol": 0.01}
    )
    yield summed
    yield gives("loss_an_epoch", each, *averages)
    yield gives("loss_of_last_batches", each, *losses[:: -(len(losses) // epochs)][::-1])
    yield gives("loss_of_one_epoch", each, *losses[: len(losses) // epochs])
    yield gives("only_last_loss", each, losses[-1])
    hint = "A list of floats is wanted: loss.item()."
    yield gives("losses_in_a_tensor", hint, torch.stack(losses))


def _noise(state: State, images: tuple[Tensor, ...], stand_ins: StandIns) -> float:
    """How far a loss may be off."""
    if stand_ins:
        return 0.01
    return 2 * max(Elbo(Parts(state, {}), image).slack(ROWS, ALPHA / 10) for image in images)


def _must_train(
    student: Student,
    state: State,
    images: tuple[Tensor, ...],
    loop: Loop,
    given: tuple[Any, ...],
    stand_ins: StandIns,
) -> None:
    train = partial(run, state, images, loss_of=training.loss_of(stand_ins))
    right = train(loop=loop)
    batches = tuple(image.expand(ROWS, -1) for image in images)
    call = partial(student.call, stand_ins=stand_ins, weights=COMPARED)
    answer = call("train", models.model(state), batches, loop.epochs, *given)
    share = EXACT if stand_ins else SHARE
    mistakes = _wrong_loops(lambda way: train(loop=way), state, loop, share)
    answer.must("weights", _close(right.biases, loop, share), mistakes)
    wrong_losses = _wrong_losses(right.losses, loop.epochs)
    slack = _noise(state, images, stand_ins)
    answer.must_equal(*right.losses, misconceptions=wrong_losses, rtol=1e-4, atol=slack)


def _train(student: Student, draw: Draw, batches: int, loop: Loop, *given: Any) -> None:
    state = training.model(draw)
    images = training.images(draw, state, batches)
    claim = partial(_must_train, student, state, images, loop, given)
    _given(student, training.stand_ins(draw, state), claim)


@worth(1.5)
def test_six_steps(student: Student, draw: Draw) -> None:
    """Two epochs of three batches: six steps of Adam, down `model.loss`, and six losses."""
    loop = Loop(2, 5e-4)
    _train(student, draw, 3, loop, loop.lr)


@worth(0.5)
def test_the_default_learning_rate(student: Student, draw: Draw) -> None:
    """Without a learning rate, two steps of 1e-3."""
    _train(student, draw, 2, Loop(1, 1e-3))


def _wrong_means(values: Tensor, slack: float) -> Iterator[Misconception]:
    """Of the mean over all images, by the means of batches, [3]."""
    sizes = torch.tensor(SIZES, dtype=torch.float64)
    mean = (values * sizes).sum() / sizes.sum()
    every = "The mean over all images is wanted"

    def gives(name: str, hint: str, value: Tensor, atol: float = slack) -> Misconception:
        return Misconception(name, hint, {"expected": (value,), "atol": atol})

    hint = every + ": the last batch is smaller, so weigh each batch by its number of images."
    yield gives("mean_of_batch_means", hint, values.mean())
    yield gives("negated", "This is the mean loss; the ELBO is wanted.", -mean)
    yield gives("negated", "This is the mean loss; the ELBO is wanted.", -values.mean())
    hint = every + "; this is the sum."
    yield gives("summed_over_images", hint, mean * sizes.sum(), slack * float(sizes.sum()))
    yield gives(
        "summed_over_batches", every + "; this is a sum over batches.", values.sum(), 3 * slack
    )
    hint = every + "; the sum over images is divided by the number of batches."
    yield gives("divided_by_batches", hint, mean * sizes.sum() / 3, slack * float(sizes.sum()) / 3)
    hint = every + "; means of batches are divided by the number of images."
    yield gives("divided_by_images", hint, values.sum() / sizes.sum())
    hint = every + "; this is that of a single batch."
    yield gives("last_batch", hint, values[-1])
    yield gives("first_batch", hint, values[0])
    yield gives("one_for_each_batch", every + ", a single number.", values)


@worth(1)
def test_the_mean_over_all_images(student: Student, draw: Draw) -> None:
    """`test_elbo` gives the mean ELBO over all images of three batches, of which the last is
    smaller."""
    state = training.model(draw)
    images = training.far_apart(draw, state)
    batches = tuple(image.expand(size, -1) for image, size in zip(images, SIZES, strict=True))

    def claim(stand_ins: StandIns) -> None:
        loss = training.loss_of(stand_ins)
        values = -torch.stack([loss(state, image) for image in images]).double()
        shares = torch.tensor(SIZES, dtype=torch.float64) / sum(SIZES)
        slack = ROUNDING if stand_ins else _slack_of_mean(state, images, shares)
        answer = student.call("test_elbo", models.model(state), batches, stand_ins=stand_ins)
        mistakes = _wrong_means(values, slack)
        answer.must_equal(shares @ values, misconceptions=mistakes, rtol=1e-4, atol=slack)

    _given(student, training.scores(draw), claim)


def _slack_of_mean(state: State, images: tuple[Tensor, ...], shares: Tensor) -> float:
    """How far the weighted mean of batches may be off: each batch within its own bound."""
    bounds = (
        Elbo(Parts(state, {}), image).slack(size, ALPHA / len(SIZES))
        for image, size in zip(images, SIZES, strict=True)
    )
    return sum(float(share) * bound for share, bound in zip(shares, bounds, strict=True)) + ROUNDING
