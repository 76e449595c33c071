"""Task `elbo`: log p(x | z) - KL(q(z | x) || N(0, I)), z one draw from q(z | x), one per image.

The student's noise is never touched. Three settings pin the value down all the same:
a decoder that ignores z makes the ELBO a constant minus KL; a sigma of 6e-6 makes z = mu; with one
active latent dimension the distribution of the ELBO over the noise is known from its quantiles.

A student's own encoder, decoder, sampler and KL may be wrong: their mistakes were paid for in
their own tasks, so the right composition of the own parts passes as well.

Tolerance: sums of 784 float32 terms; logarithms with an added 1e-6 are right as well, theta stays
within [0.05, 0.95], so 784 * 1e-6 / 0.05 = 0.016 bounds both; values are of order 500.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Answer, Student
from vae_utils.calls import Instance
from vae_utils.compare import tolerance

TOLERANCE = {"rtol": 2e-4, "atol": 0.02}
TINY = -12.0
DRAWS = 1200
OWN_PARTS = "right, given your own encoder, decoder, sample_with_reparam and kl_divergence"


def wrong_elbos(log_p: torch.Tensor, kl: torch.Tensor) -> list[Misconception]:
    """Values of wrong compositions; log_p [B, D] elementwise, kl [B]."""
    likelihood, mean = log_p.sum(-1), log_p.mean(-1)
    right = likelihood - kl

    def named(name: str, hint: str, value: torch.Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": (value,)})

    per_image = "One number per image is wanted: do not reduce over the batch."
    return [
        named("averaged_scalar", per_image, right.mean()),
        named("summed_scalar", per_image, right.sum()),
        named(
            "likelihood_averaged_over_batch",
            "Right on average, wrong per image: the likelihood is reduced over the batch.",
            likelihood.mean() - kl,
        ),
        named(
            "kl_averaged_over_batch",
            "Right on average, wrong per image: the KL is reduced over the batch.",
            likelihood - kl.mean(),
        ),
        named(
            "likelihood_averaged_over_pixels",
            "The log likelihood is 784 times too small, so that the KL dominates: sum over pixels.",
            mean - kl,
        ),
        named(
            "likelihood_averaged_over_everything",
            "The log likelihood is a mean over all pixels: sum over pixels, one number per image.",
            log_p.mean() - kl,
        ),
        named("kl_added", "The KL is a price: it is subtracted.", likelihood + kl),
        named("negated", "This is the loss, minus the ELBO; the ELBO itself is wanted.", -right),
        named("kl_forgotten", "The KL is missing.", likelihood),
        named("likelihood_negated", "A Bernoulli log likelihood is at most 0.", -likelihood - kl),
        named("likelihood_forgotten", "The log likelihood is missing.", -kl),
    ]


def _composed(student: Student, vae: Instance, x: torch.Tensor) -> torch.Tensor:
    """The ELBO from the student's own parts, where sigma is tiny or z without effect."""
    mu, logsigma = student.call("encoder", vae, x, method=True).values
    theta = student.call("decoder", vae, mu, method=True).value
    kl = student.call("kl_divergence", vae, mu, logsigma, method=True).value
    return forms.log_bernoulli(theta, x).sum(-1) - kl.double()


def _must_be_elbo(student: Student, vae: Instance, x: torch.Tensor, theta: torch.Tensor) -> None:
    log_p, kl = forms.log_bernoulli(theta, x), forms.kl(*forms.encoder(vae.state, x))
    answer = student.call("elbo", vae, x, method=True)

    def closed() -> Answer:
        expected = log_p.sum(-1) - kl
        return answer.must_equal(expected, misconceptions=wrong_elbos(log_p, kl), **TOLERANCE)

    student.either(
        closed, lambda: answer.must_equal(_composed(student, vae, x), **TOLERANCE), OWN_PARTS
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
    _must_be_elbo(student, vae, x, bias.double().sigmoid().expand(7, -1))


@worth(5)
def test_a_posterior_without_spread(student: Student, draw: Draw) -> None:
    """Where sigma is tiny, z is mu: log p(x | mu) - KL for five images and for a single one."""
    vae = _tiny_sigma(draw)
    for rows in (5, 1):
        x = draw.uniform(rows, forms.D, low=0.0, high=1.0)
        _must_be_elbo(student, vae, x, forms.decoder(vae.state, forms.encoder(vae.state, x)[0]))


def _one_active_latent(draw: Draw) -> tuple[Instance, float, float]:
    """A model whose decoder looks at z_0 only, with the posterior of z_0 the same for all x."""
    center, log_scale = float(draw.uniform(1, low=0.5, high=1.0)), -1.0
    mu = torch.zeros(forms.L).index_fill(0, torch.tensor([0]), center)
    logsigma = torch.zeros(forms.L).index_fill(0, torch.tensor([0]), log_scale)
    first = torch.zeros(forms.H, forms.L)
    first[:, 0] = draw.uniform(forms.H, low=-0.5, high=0.5)
    linear3 = {"linear3.weight": first, "linear3.bias": torch.zeros(forms.H)}
    heads = forms.constant_layer("linear21", mu) | forms.constant_layer("linear22", logsigma)
    layers = (forms.layer(draw, "linear1"), heads, linear3, forms.layer(draw, "linear4"))
    return forms.model(*layers), center, log_scale


def _noise_quantiles(vae: Instance, x: torch.Tensor, center: float, scale: float) -> torch.Tensor:
    """Quantiles of log p(x | z) over z_0 ~ N(center, scale^2); x is one image [1, D]."""
    z = torch.zeros(4001, forms.L, dtype=torch.float64)
    z[:, 0] = center + scale * forms.normal_quantiles(len(z))
    return forms.log_bernoulli(forms.decoder(vae.state, z), x).sum(-1).sort().values


def _own_draws(student: Student, vae: Instance, x: torch.Tensor) -> torch.Tensor:
    """Draws of the ELBO composed of the student's own parts."""
    mu, logsigma = student.call("encoder", vae, x, method=True).values
    z = student.call("sample_with_reparam", vae, mu, logsigma, method=True).value
    theta = student.call("decoder", vae, z, method=True).value
    kl = student.call("kl_divergence", vae, mu, logsigma, method=True).value
    return (forms.log_bernoulli(theta, x).sum(-1) - kl.double()).sort().values


def _table(values: torch.Tensor, slack: float = 0.0) -> dict:
    levels = (torch.arange(len(values), dtype=torch.float64) + 0.5) / len(values)
    return {"values": values, "cdf": levels, "n": DRAWS, "slack": slack}


@worth(3)
def test_the_noise(student: Student, draw: Draw) -> None:
    """Many copies of one image: the ELBO varies with z as one draw from the posterior makes it."""
    vae, center, log_scale = _one_active_latent(draw)
    x = draw.uniform(1, forms.D, low=0.0, high=1.0)
    log_p = _noise_quantiles(vae, x, center, torch.tensor(log_scale).exp().item())
    kl = forms.kl(*forms.encoder(vae.state, x))
    images = x.repeat(DRAWS, 1)
    answer = student.call("elbo", vae, images, method=True)

    def own() -> None:
        values = _own_draws(student, vae, images)
        answer.must("distribution", _table(values, tolerance(DRAWS)))

    student.either(lambda: answer.must("distribution", _table(log_p - kl)), own, OWN_PARTS)


def _gradients(vae: Instance, x: torch.Tensor, cotangent: torch.Tensor) -> dict:
    """Gradients of the closed form with z = mu, by autograd in float64."""
    state = {name: w.double().requires_grad_(True) for name, w in vae.state.items()}
    mu, logsigma = forms.encoder(state, x)
    log_p = forms.log_bernoulli(forms.decoder(state, mu), x).sum(-1)
    names = [name for name in state if not name.startswith("linear22.w")]
    value = (cotangent * (log_p - forms.kl(mu, logsigma))).sum()
    found = torch.autograd.grad(value, [state[name] for name in names])
    return {f"state.{name}": g for name, g in zip(names, found, strict=True) if g.dim() == 1}


@worth(2)
def test_gradients_reach_every_layer(student: Student, draw: Draw) -> None:
    """The gradient of the ELBO reaches encoder and decoder, through z and through the KL."""
    vae = _tiny_sigma(draw)
    x = draw.uniform(3, forms.D, low=0.0, high=1.0)
    cotangent = draw.uniform(3, low=0.5, high=2.0)
    answer = student.call("elbo", vae, x, method=True, cotangents=(cotangent,))
    expected = _gradients(vae, x, cotangent.double())
    student.either(
        lambda: answer.must_have_gradients(expected, rtol=5e-3, atol=0.02),
        lambda: answer.must("reaches", {"names": tuple(expected)}),
        OWN_PARTS,
    )
