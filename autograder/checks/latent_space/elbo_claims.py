"""What `elbo`, and `loss` with the other sign, must be: claims about either function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor

from autograder.checks import Misconception
from autograder.checks.latent_space import forms
from autograder.checks.latent_space.elbo_mistakes import EXP_HINT, SIGN_HINT, Averages
from autograder.checks.latent_space.elbo_slopes import DECODER, HEADS, Slopes
from autograder.checks.latent_space.elbos import Elbo, of_batch
from autograder.checks.latent_space.mistakes import any_batch_size
from autograder.checks.latent_space.models import D, Parts, StandIns, State, model
from autograder.checks.latent_space.scene import Scene
from autograder.checks.mistakes import unreached
from autograder.student import Answer, Student
from vae_utils.calls import Instance
from vae_utils.compare_draws import ALPHA
from vae_utils.stand_in import StandIn

COPIES = 4096
CALLS, FEW = 40, 128
_NAMING = 1e-3
_ONE = 10.0  # how far an estimate of one image is hardly ever off where q is narrow
_TABLE = 0.02  # of a distribution function from nodes
_READABLE = {HEADS: "encoder", "encoder.0": "mu", "encoder.1": "logsigma", DECODER: "decoder"}
Mistakes = Callable[[Averages], Iterable[Misconception]]


@dataclass(frozen=True)
class Judged:
    """The function of that name: sign * ELBO.

    entropy: whether it takes that of q in closed form, whatever its `log_q` gives.
    """

    student: Student
    function: str
    sign: float = 1.0
    entropy: bool = False

    def with_entropy(self) -> Judged:
        """The same, of a function that does without log q."""
        return replace(self, entropy=True)

    def _parts(self, state: State, stand_ins: StandIns) -> Parts:
        if not self.entropy:
            return Parts(state, stand_ins)
        # Minus the entropy is the mean of the real log q, and so are the gradients of both.
        return Parts(state, stand_ins | {"log_q": cast(StandIn, forms.gaussian)})

    def _call(self, vae: Instance, x: Tensor, stand_ins: StandIns, **more: Any) -> Answer:
        with any_batch_size():
            return self.student.call(
                self.function, vae, x, method=True, stand_ins=stand_ins, **more
            )

    def must_be_right_on_average(
        self, scene: Scene, mistakes: Mistakes, stand_ins: StandIns
    ) -> None:
        """The mean over many copies of an image is the ELBO."""
        elbo = Elbo(self._parts(scene.state, stand_ins), scene.image)
        images = scene.image.expand(COPIES, -1)
        answer = self._call(scene.instance, images, stand_ins)
        answer.must_equal(
            self.sign * elbo.mean,
            misconceptions=mistakes(Averages(elbo, COPIES, self.sign)),
            rtol=0.0,
            atol=elbo.slack(COPIES),
        )

    def must_draw_for_each_image(self, scene: Scene, stand_ins: StandIns) -> None:
        """Means over few copies differ no more than independent codes make them."""
        elbo = Elbo(self._parts(scene.state, stand_ins), scene.image)
        images = scene.image.expand(FEW, -1)
        answer = self._call(scene.instance, images, stand_ins, repeat=CALLS)
        hint = "Every call gives the same: is a seed set inside, or the code z not drawn at all?"
        same = Misconception("same_codes_every_call", hint, {}, kind="repeats")
        constant = Averages(elbo, FEW, self.sign).constant()
        answer.must("varies", {}, [*_every_time(constant), same])
        most = 2 * elbo.slack(FEW, ALPHA / CALLS)
        answer.must("steady", {"most": most, "shape": (CALLS,)}, _unsteady(elbo, self.sign))

    def must_be_the_mean(self, state: State, x: Tensor, stand_ins: StandIns) -> None:
        """Images [B, D] that differ count the same."""
        elbos = [Elbo(self._parts(state, stand_ins), image) for image in x]
        mean, slack = of_batch(elbos)
        values = self.sign * torch.stack([elbo.mean for elbo in elbos])
        answer = self._call(model(state), x, stand_ins)
        mistakes: Iterable[Misconception] = [_vector(values)]
        if len(x) > 1:
            mistakes = [*self._squared(elbos, slack), *wrong_means(values, slack)]
        answer.must_equal(self.sign * mean, misconceptions=mistakes, rtol=0.0, atol=slack)

    def _squared(self, elbos: list[Elbo], slack: float) -> Iterator[Misconception]:
        """The mean with squared errors in place of likelihoods, which may come near another."""
        found = [(elbo, one) for elbo in elbos for one in Averages(elbo, 1).squared_error()]
        if found:
            means = [elbo.codes[1] @ torch.stack(terms).sum(0) for elbo, (_, _, terms) in found]
            _, (name, hint, _) = found[0]
            value = self.sign * torch.stack(means).mean()
            yield Misconception(name, hint, {"expected": (value,), "atol": slack})

    def must_pass_gradients_on(self, scene: Scene, stand_ins: StandIns) -> None:
        """The mean gradient over many copies reaches encoder and decoder."""
        parts = self._parts(scene.state, stand_ins)
        slopes = Slopes(scene, parts, COPIES, self.sign)
        images, up = scene.image.expand(COPIES, -1), torch.tensor(1.0)
        answer = self._call(scene.instance, images, stand_ins, cotangents=(up,))
        decoder, heads = slopes.decoder(), slopes.heads()
        names = {name: _READABLE[name] for name in (*heads.gradients, *decoder.gradients)}
        if names:
            answer.must("reaches", {"names": tuple(names)}, unreached((), names))
        for expected, mistakes in (
            (decoder, ()),
            (heads, slopes.wrong_heads()),
            (slopes.hidden(), ()),
        ):
            if expected.gradients:
                answer.must_have_gradients(
                    expected.gradients, mistakes, rtol=1e-3, atol=expected.slack
                )


def _unsteady(elbo: Elbo, sign: float) -> Iterator[Misconception]:
    """One draw for all rows, or draws that vary too much."""
    z, share = elbo.codes
    first, *rest = elbo.terms(z)
    exact = elbo.mean - share @ first
    hint = "All images get the same noise: draw as many codes as there are images."
    for values in (torch.stack([first, *rest]).sum(0), first + exact):
        params = _distribution(sign * values, share)
        yield Misconception("noise_shared_by_images", hint, params, kind="distribution")
    yield from _every_time(Averages(elbo, FEW, sign).drawn())


def _every_time(mistakes: Iterable[Misconception]) -> Iterator[Misconception]:
    """The same of repeated calls."""
    for mistake in mistakes:
        (value,), slack = mistake.expected["expected"], mistake.expected["atol"]
        params = {"expected": (value.expand(CALLS),), "rtol": 0.0, "atol": slack}
        yield Misconception(mistake.name, mistake.hint, params, kind="equal")


def _distribution(values: Tensor, share: Tensor) -> dict[str, Any]:
    """That of single values [N] which come up with these weights."""
    order = values.argsort()
    return {
        "values": values[order],
        "cdf": share[order].cumsum(0) - share[order] / 2,
        "n": CALLS,
        "slack": _TABLE,
        "alpha": _NAMING,
    }


def _vector(values: Tensor) -> Misconception:
    hint = "A single number is wanted, the mean over the batch: this is one for each image."
    return Misconception("per_image", hint, {"expected": (values,), "atol": 100.0})


def wrong_means(values: Tensor, slack: float) -> Iterator[Misconception]:
    """Of images that differ, values [B]."""
    one = "A single number is wanted, the mean over the batch: "
    mean, count = values.mean(), len(values)

    def named(name: str, hint: str, value: Tensor, slack: float = slack) -> Misconception:
        return Misconception(name, hint, {"expected": (value,), "atol": slack})

    yield _vector(values)
    yield named("kept_axis", one + "its shape is [], not [1].", mean[None])
    yield named("summed_over_batch", one + "this is the sum.", count * mean, count * slack)
    hint = one + "this is divided by the number of images once more."
    yield named("averaged_twice", hint, mean / count, slack / count)
    yield named("negated", SIGN_HINT, -mean)
    hint = one + "this is divided by the number of pixels, too; over pixels log densities add up."
    yield named("divided_by_pixels", hint, mean / D, slack / D)
    yield named("exponentiated", EXP_HINT, torch.zeros(()), 1e-6)
    yield Misconception("overflows", EXP_HINT, {"shape": ()}, kind="overflows")
    yield named(
        "squared", one + "this is a square.", mean**2, 2 * count * slack * float(mean.abs())
    )
    least = values[int(values.abs().argmin())]
    hint = one + "this is a log-mean-exp, which the likeliest image decides."
    yield named("log_mean_exp", hint, least * (1 - math.log(count) / least.abs()), _ONE)
    yield named("one_image", one + "this is that of the first image.", values[0], _ONE)
    yield named("one_image", one + "this is that of the last image.", values[-1], _ONE)
