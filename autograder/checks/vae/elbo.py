"""Task `elbo`: log p(x | z) - KL(q(z | x) || N(0, I)), z one draw from q(z | x), one per image.

The student's noise is never touched. Three settings pin the value down all the same:
a decoder that ignores z makes the ELBO a constant minus KL; a sigma of 6e-6 makes z = mu; with one
active latent dimension the distribution of the ELBO over the noise is known from its quantiles.

A student's own encoder, decoder, sampler and KL may be wrong: their mistakes were paid for in
their own tasks, so the right composition of the own parts passes as well. The parts are then called
with the random numbers that `elbo` had, so that they draw the same z.

Tolerance: sums of 784 float32 terms; logarithms with an added 1e-6 are right as well, theta stays
within [0.05, 0.95], so 784 * 1e-6 / 0.05 = 0.016 bounds both; values are of order 500.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.checks.vae.forms import gives
from autograder.student import Answer, Student
from autograder.verdicts import NotPassed, Verdict
from vae_utils.calls import Instance

TOLERANCE: dict[str, Any] = {"rtol": 2e-4, "atol": 0.02}
GRADIENT_TOLERANCE: dict[str, Any] = {"rtol": 5e-3, "atol": 0.02}
LOOSE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-3}
TINY = -12.0
FLOOR = -100.0  # where F.binary_cross_entropy cuts a logarithm
DRAWS = 1200
SLACK = 0.015
NAMING_SLACK = -0.02  # a name may be missed once in 10,000 times; a wrong one misleads
LOG_SCALE = -1.2  # of active latents: sigma is far from sigma squared and from its root
SLOPE, LIFT = 1.5, 4.0  # of the logit of a pixel over the latent that it looks at
LEVELS = 401  # equally probable values in a table
PER_IMAGE_HINT = "One number per image is wanted: do not reduce over the batch."
SIGMA_HINT = (
    "The KL gets sigma in place of logsigma: is logsigma changed before, perhaps in place (exp_)?"
)
GRADIENT_HINT = "No gradient gets through: look for detach, no_grad or .data."
PARTS = ("encoder", "decoder", "sample_with_reparam", "kl_divergence")


def _wrong_reductions(log_p: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    likelihood = log_p.sum(-1)
    right = likelihood - kl
    averaged = "Right on average, wrong per image; do not reduce this over the batch: "
    everything = Misconception(
        "likelihood_averaged_over_everything",
        "The log likelihood is a mean over all pixels: sum over pixels, one number per image.",
        {"expected": (log_p.mean() - kl,), "rtol": 2e-5, "atol": 1e-3},  # each image's is close
    )
    return [
        gives("averaged_scalar", PER_IMAGE_HINT, right.mean()),
        gives("summed_scalar", PER_IMAGE_HINT, right.sum()),
        gives("likelihood_summed_over_batch", PER_IMAGE_HINT, likelihood.sum() - kl),
        gives("likelihood_averaged_over_batch", averaged + "log p(x | z).", likelihood.mean() - kl),
        gives("kl_averaged_over_batch", averaged + "the KL.", likelihood - kl.mean()),
        everything,
        gives(
            "likelihood_averaged_over_pixels",
            "The log likelihood is 784 times too small, so that the KL dominates: sum over pixels.",
            log_p.mean(-1) - kl,
        ),
        gives("kept_axis", "The shape is [B], not [B, 1].", right[:, None]),
        gives(
            "broadcast",
            "[B, 1] and [B] are broadcast to [B, B]: bring both to the shape [B] first.",
            likelihood[:, None] - kl,
        ),
        gives("not_summed", PER_IMAGE_HINT + " Sum over pixels.", log_p - kl[:, None]),
    ]


def _wrong_signs(likelihood: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    return [
        gives("kl_added", "The KL is a price: it is subtracted.", likelihood + kl),
        gives(
            "negated",
            "This is the loss, minus the ELBO; the ELBO itself is wanted.",
            kl - likelihood,
        ),
        gives("kl_forgotten", "The KL is missing.", likelihood),
        gives("kl_halved", "The KL counts in full, without a factor of 1/2.", likelihood - kl / 2),
        gives("kl_doubled", "The KL counts once: is it subtracted twice?", likelihood - 2 * kl),
        gives("likelihood_negated", "A Bernoulli log likelihood is at most 0.", -likelihood - kl),
        gives("likelihood_forgotten", "The log likelihood is missing.", -kl),
    ]


def _wrong_likelihoods(
    theta: torch.Tensor, x: torch.Tensor, kl: torch.Tensor
) -> list[Misconception]:
    swapped = forms.log_bernoulli(x, theta).clamp(min=FLOOR)

    def named(name: str, hint: str, log_p: torch.Tensor) -> Misconception:
        return gives(name, hint, log_p.sum(-1) - kl)

    return [
        named(
            "only_ink",
            "The background counts as well: pixels without ink have a likelihood, too.",
            x * theta.log(),
        ),
        named(
            "arguments_swapped",
            "The image is the target, theta the prediction; here they are swapped.",
            swapped,
        ),
        named(
            "squared_error",
            "This is a squared error; the log likelihood of the Bernoulli is wanted.",
            -((x - theta) ** 2),
        ),
        named(
            "sigmoid_twice",
            "binary_cross_entropy_with_logits takes logits; the decoder returns theta already.",
            forms.log_bernoulli(theta.double().sigmoid(), x),
        ),
        named(
            "images_binarised",
            "Take the grey images as they are, without rounding.",
            forms.log_bernoulli(theta, x > 0.5),
        ),
    ]


def wrong_elbos(theta: torch.Tensor, x: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    """Values of wrong compositions; theta, x [B, D], kl [B]."""
    log_p = forms.log_bernoulli(theta, x)
    likelihoods = _wrong_likelihoods(theta, x.double(), kl)
    return _wrong_reductions(log_p, kl) + _wrong_signs(log_p.sum(-1), kl) + likelihoods


def _varying(values: torch.Tensor) -> torch.Tensor:
    """Own parts that ignore their input make a trivial ELBO, which earns nothing."""
    if len(values) > 1 and float(values.std(0).max()) < 1e-3:
        raise NotPassed(Verdict.FAILED, "it is the same for all images")
    return values


def _must_look_at_z(student: Student) -> None:
    """The same of a decoder that lost points, on a model in which z matters."""
    if "decoder" in student.blamed:
        draw = Draw(1, "a decoder that looks at z")
        vae = forms.model(forms.layer(draw, "linear3"), forms.layer(draw, "linear4"))
        z = draw.uniform(3, forms.L, low=-2.0, high=2.0)
        _varying(student.call("decoder", vae, z, method=True).value.double())


def _composed(student: Student, vae: Instance, x: torch.Tensor) -> torch.Tensor:
    """The ELBO from the student's own parts, with the noise that `elbo` had.

    A part that lost no points must be right here as well.
    """
    _must_look_at_z(student)

    def own(part: str, *args: torch.Tensor, right: Callable[..., Any]) -> Answer:
        answer = student.call(part, vae, *args, method=True)
        if part not in student.blamed:
            wanted = right(*args)
            answer.must_equal(*(wanted if isinstance(wanted, tuple) else (wanted,)), **LOOSE)
        return answer

    mu, logsigma = own("encoder", x, right=partial(forms.encoder, vae.state)).values
    z = student.call("sample_with_reparam", vae, mu, logsigma, method=True).value
    theta = own("decoder", z, right=partial(forms.decoder, vae.state)).value.double()
    kl = own("kl_divergence", mu, logsigma, right=forms.kl).value
    ink, rest = theta.log().clamp(min=FLOOR), (1 - theta).log().clamp(min=FLOOR)
    return (x * ink + (1 - x) * rest).sum(-1) - kl.double()


def _must_be_elbo(
    student: Student,
    draw: Draw,
    vae: Instance,
    x: torch.Tensor,
    theta: torch.Tensor,
) -> None:
    mu, logsigma = forms.encoder(vae.state, x)
    kl = forms.kl(mu, logsigma)
    right = forms.log_bernoulli(theta, x).sum(-1) - kl
    mistakes = ([forms.squeezed(right)] if len(x) == 1 else []) + wrong_elbos(theta, x, kl)
    mistakes.append(gives("sigma_in_kl", SIGMA_HINT, right + kl - forms.kl(mu, logsigma.exp())))
    with draw.same_noise(), forms.any_batch_size():
        answer = student.call("elbo", vae, x, method=True)
        student.either(
            lambda: answer.must_equal(right, misconceptions=mistakes, **TOLERANCE),
            lambda: answer.must_equal(_varying(_composed(student, vae, x)), **TOLERANCE),
            PARTS,
        )


def _encoder(draw: Draw) -> forms.State:
    return forms.layer(draw, "linear1") | forms.layer(draw, "linear21")


def _tiny_sigma(draw: Draw) -> Instance:
    logsigma = forms.constant_layer("linear22", torch.full((forms.L,), TINY))
    decoder = forms.layer(draw, "linear3") | forms.layer(draw, "linear4", 0.05)
    return forms.model(_encoder(draw), logsigma, decoder)


@worth(5)
def test_a_decoder_that_ignores_z(student: Student, draw: Draw) -> None:
    """Where z has no effect, the ELBO of each of seven images is a constant minus its KL: [7]."""
    bias = draw.uniform(forms.D, low=-2.0, high=2.0)
    posterior = _encoder(draw) | forms.layer(draw, "linear22")
    vae = forms.model(
        posterior, forms.layer(draw, "linear3"), forms.constant_layer("linear4", bias)
    )
    x = draw.uniform(7, forms.D, low=0.0, high=1.0)
    theta = bias.double().sigmoid().expand(7, -1)
    _must_be_elbo(student, draw, vae, x, theta)


@worth(5)
def test_a_posterior_without_spread(student: Student, draw: Draw) -> None:
    """Where sigma is tiny, z is mu: log p(x | mu) - KL for five images and for a single one."""
    vae = _tiny_sigma(draw)
    for rows in (5, 1):
        x = draw.uniform(rows, forms.D, low=0.0, high=1.0)
        theta = forms.decoder(vae.state, forms.encoder(vae.state, x)[0])
        _must_be_elbo(student, draw, vae, x, theta)


def _active_latents(draw: Draw, count: int) -> tuple[Instance, torch.Tensor, torch.Tensor]:
    """A model in which pixel d looks at latent active[d mod count] only, these latents [count], and
    the centers of their posterior [count], the same for all x."""
    rows, pixels = torch.arange(forms.H), torch.arange(forms.D)
    active = draw.uniform(forms.L, low=0.0, high=1.0).argsort()[:count]
    centers = draw.uniform(count, low=0.5, high=1.5)
    first = torch.zeros(forms.H, forms.L)
    first[rows, active[rows % count]] = 1.0
    second = torch.zeros(forms.D, forms.H)
    second[pixels, pixels % forms.H] = SLOPE
    decoder = {
        "linear3.weight": first,
        "linear3.bias": torch.full((forms.H,), LIFT),  # so that no relu cuts anything off
        "linear4.weight": second,
        "linear4.bias": torch.full((forms.D,), -SLOPE * LIFT),
    }
    heads = _constant_posterior(active, centers)
    return forms.model(forms.layer(draw, "linear1"), heads, decoder), active, centers


def _image_at(vae: Instance, active: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
    """theta at the posterior's mean, [1, D]."""
    code = torch.zeros(1, forms.L).index_copy(1, active, centers[None])
    return forms.decoder(vae.state, code).float()


def _constant_posterior(active: torch.Tensor, centers: torch.Tensor) -> forms.State:
    """The same mu and logsigma for all x; the latents that no pixel looks at are N(0, 1)."""
    mu = torch.zeros(forms.L).index_copy(0, active, centers)
    logsigma = torch.zeros(forms.L).index_fill(0, active, LOG_SCALE)
    return forms.constant_layer("linear21", mu) | forms.constant_layer("linear22", logsigma)


def _log_p(
    vae: Instance, x: torch.Tensor, active: torch.Tensor, codes: torch.Tensor
) -> torch.Tensor:
    """log p(x | z) of each group of pixels, [LEVELS, count], for values [LEVELS, count] of z."""
    z = torch.zeros(len(codes), forms.L, dtype=torch.float64).index_copy(1, active, codes.double())
    log_p = forms.log_bernoulli(forms.decoder(vae.state, z), x)
    return log_p.unflatten(1, (-1, len(active))).sum(1)


def _posterior_codes(centers: torch.Tensor) -> torch.Tensor:
    """Equally probable values of each active latent, [LEVELS, count]."""
    noise = math.exp(LOG_SCALE) * forms.normal_quantiles(LEVELS)
    return centers.double() + noise[:, None]


def _quantiles_of_sum(groups: torch.Tensor) -> torch.Tensor:
    """Quantiles of the sum of independent columns, each given by its quantiles: [LEVELS]."""
    total = groups[:, 0].sort().values
    for column in groups.T[1:]:
        sums = (total[:, None] + column).flatten().sort().values
        total = sums[LEVELS // 2 :: LEVELS]
    return total


def _table(values: torch.Tensor, slack: float = SLACK) -> dict:
    levels = (torch.arange(len(values), dtype=torch.float64) + 0.5) / len(values)
    return {"values": values, "cdf": levels, "n": DRAWS, "slack": slack}


def _wrong_noise(
    vae: Instance, x: torch.Tensor, active: torch.Tensor, kl: torch.Tensor
) -> Iterator[Misconception]:
    """One image [1, D]: the mean decoded, one draw for all, or codes from the prior."""
    mean = forms.encoder(vae.state, x)[0]
    decoded = forms.log_bernoulli(forms.decoder(vae.state, mean), x).sum(-1) - kl
    yield Misconception(
        "mean_decoded",
        "The ELBO does not vary: decode a draw z, not its mean mu.",
        {"expected": (decoded.expand(DRAWS),), "rtol": 0.0, "atol": 2e-3},
        kind="equal",
    )
    yield Misconception(
        "noise_shared_by_rows",
        "Equal images get the same ELBO, though each has noise of its own: sum over pixels only, "
        "and draw as many z as there are images.",
        {"mean": torch.zeros(()), "std": torch.ones(()), "axis": 0},
        kind="shared",
    )
    codes = forms.normal_quantiles(LEVELS)[:, None]
    prior = _table(_quantiles_of_sum(_log_p(vae, x, active, codes)) - kl)
    yield Misconception("z_from_prior", "z is drawn from q(z | x), not from the prior.", prior)


def _must_have_noise(
    student: Student,
    vae: Instance,
    x: torch.Tensor,
    values: torch.Tensor,
    mistakes: Iterable[Misconception],
) -> None:
    """The ELBO of many copies of x [1, D] is distributed like these equally probable values."""
    images = x.repeat(DRAWS, 1)
    answer = student.call("elbo", vae, images, method=True)
    student.either(
        lambda: answer.must("distribution", _table(values), mistakes),
        lambda: answer.must_equal(_composed(student, vae, images), **TOLERANCE),
        PARTS,
    )


def _must_vary(student: Student, vae: Instance, x: torch.Tensor) -> None:
    """Two calls give different values, unless own parts hide the noise or have none."""
    answer = student.call("elbo", vae, x, method=True, repeat=2)

    def own() -> None:
        _must_look_at_z(student)
        posterior = student.call("encoder", vae, x, method=True).values
        z = student.call("sample_with_reparam", vae, *posterior, method=True, repeat=2)
        if "decoder" in student.blamed:  # one that rounds, for example, hides the noise
            one, other = (student.call("decoder", vae, c, method=True).value for c in z.value)
            if not torch.equal(one, other):
                raise NotPassed(Verdict.FAILED, "two calls gave the same values")
        else:
            z.must("repeats", {})

    hint = "Two calls give the same ELBO: is a seed set inside?"
    mistake = Misconception("same_noise_every_call", hint, {}, kind="repeats")
    student.either(lambda: answer.must("varies", {}, [mistake]), own, PARTS)


@worth(2)
def test_the_noise(student: Student, draw: Draw) -> None:
    """Many copies of one image: the ELBO varies with z as one draw from the posterior makes it.

    The image is theta at the posterior's mean. So log p(x | z) is a constant minus about
    12 eps^2, whose distribution tells one draw from a mean of two (distance 0.17), and sigma from
    its root (0.28). Close to its end that distribution function is 0.8 sqrt(step / 12): the
    784 * 2e-6 that an added 1e-6 makes here moves it by 0.01, which with 1 / 401 for the table and
    as much for sums of tables is at most SLACK.
    """
    vae, active, centers = _active_latents(draw, 1)
    x = _image_at(vae, active, centers)
    kl = forms.kl(*forms.encoder(vae.state, x))
    values = _quantiles_of_sum(_log_p(vae, x, active, _posterior_codes(centers)))
    with draw.same_noise(), forms.any_batch_size():
        _must_have_noise(student, vae, x, values - kl, _wrong_noise(vae, x, active, kl))
        _must_vary(student, vae, x.repeat(3, 1))


@worth(1)
def test_the_noise_of_each_latent(student: Student, draw: Draw) -> None:
    """Many copies of one image: each latent dimension has noise of its own."""
    vae, active, centers = _active_latents(draw, 4)
    x = _image_at(vae, active, centers)
    kl = forms.kl(*forms.encoder(vae.state, x))
    groups = _log_p(vae, x, active, _posterior_codes(centers))
    shared = Misconception(
        "noise_shared_by_latents",
        "All latent dimensions get the same noise: draw as many eps as mu has entries.",
        _table(groups.sum(1).sort().values - kl, NAMING_SLACK),
    )
    with draw.same_noise(), forms.any_batch_size():
        _must_have_noise(student, vae, x, _quantiles_of_sum(groups) - kl, [shared])


def _gradients(
    vae: Instance, x: torch.Tensor, cotangent: torch.Tensor, through_z: bool = True
) -> dict[str, torch.Tensor]:
    """Gradients of the closed form with z = mu, by autograd in float64."""
    state = {name: w.double().requires_grad_(True) for name, w in vae.state.items()}
    mu, logsigma = forms.encoder(state, x)
    theta = forms.decoder(state, mu if through_z else mu.detach())
    log_p = forms.log_bernoulli(theta, x).sum(-1)
    names = [name for name in state if not name.startswith("linear22.w")]
    value = (cotangent * (log_p - forms.kl(mu, logsigma))).sum()
    found = torch.autograd.grad(value, [state[name] for name in names])
    return {f"state.{name}": g for name, g in zip(names, found, strict=True) if g.dim() == 1}


def _found(answer: Answer) -> dict[str, torch.Tensor]:
    return answer._reply.gradients


def _pulled(answer: Answer, **like: torch.Tensor) -> list[torch.Tensor]:
    """Vector-Jacobian products by argument; zeros where no gradient arrives."""
    found = _found(answer)
    return [found.get(name, torch.zeros_like(value)) for name, value in like.items()]


def _composed_gradients(
    student: Student, vae: Instance, x: torch.Tensor, cotangent: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The chain rule through the student's own parts, with the noise that `elbo` had."""

    def pull(part: str, *args: torch.Tensor, up: tuple[torch.Tensor, ...]) -> Answer:
        return student.call(part, vae, *args, method=True, cotangents=up)

    mu, logsigma = student.call("encoder", vae, x, method=True).values
    z = student.call("sample_with_reparam", vae, mu, logsigma, method=True).value
    theta = student.call("decoder", vae, z, method=True).value
    _must_look_at_z(student)
    # As F.binary_cross_entropy has it, also where theta is 0 or 1.
    score = cotangent[:, None] * (x - theta) / (theta * (1 - theta)).clamp(min=1e-12)
    decoder = pull("decoder", z, up=(score,))
    sampler = pull("sample_with_reparam", mu, logsigma, up=tuple(_pulled(decoder, arg1=z)))
    kl = student.call("kl_divergence", vae, mu, logsigma, method=True)
    kl = pull("kl_divergence", mu, logsigma, up=(-cotangent.sum_to_size(kl.value.shape),))
    pulled = (_pulled(part, arg1=mu, arg2=logsigma) for part in (sampler, kl))
    encoder = pull("encoder", x, up=tuple(a + b for a, b in zip(*pulled, strict=True)))
    return {**_found(encoder), **_found(decoder)}


def _wrong_gradients(
    vae: Instance, x: torch.Tensor, cotangent: torch.Tensor
) -> Iterator[Misconception]:
    yield forms.no_gradient(GRADIENT_HINT, (len(x),), "state.linear4.bias")
    detached = _gradients(vae, x, cotangent, through_z=False)
    hint = "No gradient passes through z: look for detach, no_grad or .data."
    yield Misconception("no_gradient_through_z", hint, {"expected": detached})


@worth(2)
def test_gradients_reach_every_layer(student: Student, draw: Draw) -> None:
    """The gradient of the ELBO reaches encoder and decoder, through z and through the KL."""
    vae = _tiny_sigma(draw)
    x = draw.uniform(3, forms.D, low=0.0, high=1.0)
    cotangent = draw.uniform(3, low=0.5, high=2.0)
    expected = _gradients(vae, x, cotangent.double())
    with draw.same_noise(), forms.any_batch_size():
        answer = student.call("elbo", vae, x, method=True, cotangents=(cotangent,))

        def own() -> None:
            found = _composed_gradients(student, vae, x, cotangent)
            reached = {n: g for n, g in found.items() if n in expected and g.abs().max() > 0}
            if not reached:
                raise NotPassed(Verdict.FAILED, "no gradient gets through the own parts")
            answer.must_have_gradients(reached, **GRADIENT_TOLERANCE)

        mistakes = _wrong_gradients(vae, x, cotangent)
        student.either(
            lambda: answer.must_have_gradients(expected, mistakes, **GRADIENT_TOLERANCE),
            own,
            PARTS,
        )
