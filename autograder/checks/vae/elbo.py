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

from collections.abc import Iterator
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
TINY = -12.0
FLOOR = -100.0  # where F.binary_cross_entropy cuts a logarithm
DRAWS = 1200
SLACK = 0.02
PER_IMAGE_HINT = "One number per image is wanted: do not reduce over the batch."
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
    if len(values) > 1 and float(values.std()) < 1e-3:
        raise NotPassed(Verdict.FAILED, "it is the same for all images")
    return values


def _composed(student: Student, vae: Instance, x: torch.Tensor) -> torch.Tensor:
    """The ELBO from the student's own parts, with the noise that `elbo` had."""
    mu, logsigma = student.call("encoder", vae, x, method=True).values
    z = student.call("sample_with_reparam", vae, mu, logsigma, method=True).value
    theta = student.call("decoder", vae, z, method=True).value.double()
    kl = student.call("kl_divergence", vae, mu, logsigma, method=True).value
    ink, rest = theta.log().clamp(min=FLOOR), (1 - theta).log().clamp(min=FLOOR)
    return (x * ink + (1 - x) * rest).sum(-1) - kl.double()


def _must_be_elbo(
    student: Student, draw: Draw, vae: Instance, x: torch.Tensor, theta: torch.Tensor
) -> None:
    kl = forms.kl(*forms.encoder(vae.state, x))
    right = forms.log_bernoulli(theta, x).sum(-1) - kl
    mistakes = ([forms.squeezed(right)] if len(x) == 1 else []) + wrong_elbos(theta, x, kl)
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
    _must_be_elbo(student, draw, vae, x, bias.double().sigmoid().expand(7, -1))


@worth(5)
def test_a_posterior_without_spread(student: Student, draw: Draw) -> None:
    """Where sigma is tiny, z is mu: log p(x | mu) - KL for five images and for a single one."""
    vae = _tiny_sigma(draw)
    for rows in (5, 1):
        x = draw.uniform(rows, forms.D, low=0.0, high=1.0)
        theta = forms.decoder(vae.state, forms.encoder(vae.state, x)[0])
        _must_be_elbo(student, draw, vae, x, theta)


def _one_active_latent(draw: Draw) -> tuple[Instance, float, float]:
    """A model whose decoder looks at z_0 only, with the posterior of z_0 the same for all x."""
    center, log_scale = float(draw.uniform(1, low=1.5, high=2.0)), -0.3
    mu = torch.zeros(forms.L).index_fill(0, torch.tensor([0]), center)
    logsigma = torch.zeros(forms.L).index_fill(0, torch.tensor([0]), log_scale)
    first = torch.zeros(forms.H, forms.L)
    first[:, 0] = draw.uniform(forms.H, low=-1.0, high=1.0)
    linear3 = {"linear3.weight": first, "linear3.bias": torch.zeros(forms.H)}
    heads = forms.constant_layer("linear21", mu) | forms.constant_layer("linear22", logsigma)
    layers = (forms.layer(draw, "linear1"), heads, linear3, forms.layer(draw, "linear4"))
    return forms.model(*layers), center, log_scale


def _noise_quantiles(vae: Instance, x: torch.Tensor, center: float, scale: float) -> torch.Tensor:
    """Quantiles of log p(x | z) over z_0 ~ N(center, scale^2); x is one image [1, D]."""
    z = torch.zeros(401, forms.L, dtype=torch.float64)
    z[:, 0] = center + scale * forms.normal_quantiles(len(z))
    return forms.log_bernoulli(forms.decoder(vae.state, z), x).sum(-1).sort().values


def _table(values: torch.Tensor) -> dict:
    levels = (torch.arange(len(values), dtype=torch.float64) + 0.5) / len(values)
    return {"values": values, "cdf": levels, "n": DRAWS, "slack": SLACK}


def _wrong_noise(vae: Instance, x: torch.Tensor, kl: torch.Tensor) -> Iterator[Misconception]:
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
    prior = _table(_noise_quantiles(vae, x, 0.0, 1.0) - kl)
    yield Misconception("z_from_prior", "z is drawn from q(z | x), not from the prior.", prior)


@worth(3)
def test_the_noise(student: Student, draw: Draw) -> None:
    """Many copies of one image: the ELBO varies with z as one draw from the posterior makes it.

    The image is theta at the posterior's mean. So log p(x | z) is a constant minus about
    8 eps^2, whose distribution tells one draw from a mean of two (distance 0.16). Close to its end
    that distribution function is 0.8 sqrt(step / 8): the 784 * 2e-6 that an added 1e-6 makes here
    moves it by 0.012, which with the 1 / 401 of the table is less than SLACK.
    """
    vae, center, log_scale = _one_active_latent(draw)
    code = torch.zeros(1, forms.L).index_fill(1, torch.tensor([0]), center)
    x = forms.decoder(vae.state, code).float()
    log_p = _noise_quantiles(vae, x, center, torch.tensor(log_scale).exp().item())
    kl = forms.kl(*forms.encoder(vae.state, x))
    images = x.repeat(DRAWS, 1)
    with draw.same_noise(), forms.any_batch_size():
        answer = student.call("elbo", vae, images, method=True)
        student.either(
            lambda: answer.must("distribution", _table(log_p - kl), _wrong_noise(vae, x, kl)),
            lambda: answer.must_equal(_composed(student, vae, images), **TOLERANCE),
            PARTS,
        )


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
    score = cotangent[:, None] * (x / theta - (1 - x) / (1 - theta))
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
            answer.must_have_gradients(reached, **GRADIENT_TOLERANCE)

        mistakes = _wrong_gradients(vae, x, cotangent)
        student.either(
            lambda: answer.must_have_gradients(expected, mistakes, **GRADIENT_TOLERANCE),
            own,
            PARTS,
        )
