"""Task `elbo`: log p(x | z) - KL(q(z | x) || N(0, I)), z one draw from q(z | x), one per image.

The student's noise is never touched. Three settings pin the value down all the same:
a decoder that ignores z makes the ELBO a constant minus KL; a sigma of 6e-6 makes z = mu; with one
active latent dimension the distribution of the ELBO over the noise is known from its quantiles.

A student's own encoder, decoder, sampler and KL may be wrong: their mistakes were paid for in
their own tasks, so the right composition with stand-ins for them passes as well (see `parts`).

Tolerance: sums of 784 float32 terms; logarithms with an added 1e-6 are right as well, theta stays
within [0.05, 0.95], so 784 * 1e-6 / 0.05 = 0.016 bounds both; values are of order 500.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms, parts
from autograder.checks.vae.elbo_mistakes import wrong_elbos
from autograder.checks.vae.forms import gives
from autograder.checks.vae.parts import Parts, StandIns
from autograder.student import Answer, Student
from vae_utils.calls import Instance
from vae_utils.compare_draws import ALPHA

TOLERANCE: dict[str, Any] = {"rtol": 2e-4, "atol": 0.02}
GRADIENT_TOLERANCE: dict[str, Any] = {"rtol": 5e-3, "atol": 0.02}
TINY = -12.0
KINK = 5e-5  # eight sigma of what exp(TINY) makes of a hidden unit of the decoder
DRAWS, FEWER_DRAWS = 1200, 400  # with one active latent, with several
SIGMA_DRAWS = 300
SLACK = 0.015
NAMING = 0.01  # a name may be missed once in 100 times; a wrong one misleads
SHARE = 0.1  # of the mean gradient through sigma: as much is left whatever the noise
LOG_SCALE = -1.2  # of active latents: sigma is far from sigma squared and from its root
SLOPE, LIFT = 1.5, 4.0  # of the logit of a pixel over the latent that it looks at
LEVELS = 401  # equally probable values in a table
RAMP, WIDTH = 0.29, 0.6  # the same of stand-ins: slope of theta, half the width of the noise
SIGMA_HINT = (
    "The KL gets sigma in place of logsigma: is logsigma changed before, perhaps in place (exp_)?"
)
GRADIENT_HINT = "No gradient gets through: look for detach, no_grad or .data."
SIGMA_GRADIENT_HINT = (
    "No gradient passes through sigma to z: look for detach, no_grad or .data between the encoder "
    "and the draw."
)


def _must_be_elbo(student: Student, vae: Instance, x: torch.Tensor, stand_ins: StandIns) -> None:
    """For models that make z known: its noise is tiny, or the decoder ignores it."""
    known = Parts(vae.state, stand_ins)
    mu, logsigma = known.encoder(x)
    theta, kl = known.decoder(known.center(mu, logsigma)), known.kl(mu, logsigma)
    right = forms.log_bernoulli(theta, x).sum(-1) - kl
    mistakes = ([forms.squeezed(right)] if len(x) == 1 else []) + wrong_elbos(theta, x, kl)
    swapped = right + kl - known.kl(mu, logsigma.exp())
    mistakes.append(gives("sigma_in_kl", SIGMA_HINT, swapped))
    answer = student.call("elbo", vae, x, method=True, stand_ins=stand_ins)
    answer.must_equal(right, misconceptions=mistakes, **TOLERANCE)


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
    stand_ins = (
        parts.encoder(draw)
        | parts.sampler(1.0)
        | parts.kl_divergence(draw)
        | parts.decoder(bias / 5, torch.zeros(forms.L, forms.D))
    )
    with forms.any_batch_size():
        student.given(stand_ins, partial(_must_be_elbo, student, vae, x))


def _known_z(draw: Draw) -> StandIns:
    """Stand-ins in which z has no noise."""
    weight = draw.uniform(forms.L, forms.D, low=-0.01, high=0.01)
    return (
        parts.encoder(draw, logsigma=torch.full((forms.L,), TINY))
        | parts.sampler(0.0)
        | parts.kl_divergence(draw)
        | parts.decoder(draw.uniform(forms.D, low=-0.2, high=0.2), weight)
    )


@worth(5)
def test_a_posterior_without_spread(student: Student, draw: Draw) -> None:
    """Where sigma is tiny, z is mu: log p(x | mu) - KL for five images and for a single one."""
    vae, stand_ins = _tiny_sigma(draw), _known_z(draw)
    for rows in (5, 1):
        x = draw.uniform(rows, forms.D, low=0.0, high=1.0)
        with forms.any_batch_size():
            student.given(stand_ins, partial(_must_be_elbo, student, vae, x))


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


def _constant_posterior(active: torch.Tensor, centers: torch.Tensor) -> forms.State:
    """The same mu and logsigma for all x; the latents that no pixel looks at are N(0, 1)."""
    mu = torch.zeros(forms.L).index_copy(0, active, centers)
    logsigma = torch.zeros(forms.L).index_fill(0, active, LOG_SCALE)
    return forms.constant_layer("linear21", mu) | forms.constant_layer("linear22", logsigma)


def _active_stand_ins(
    draw: Draw, vae: Instance, active: torch.Tensor, centers: torch.Tensor
) -> StandIns:
    """Stand-ins in which pixel d looks at the same latent, and the posterior is the same."""
    pixels = torch.arange(forms.D)
    seen = pixels % len(active)
    weight = torch.zeros(forms.L, forms.D)
    weight[active[seen], pixels] = RAMP
    return (
        parts.encoder(draw, vae.state["linear21.bias"], vae.state["linear22.bias"])
        | parts.sampler(WIDTH)
        | parts.kl_divergence(draw)
        | parts.decoder(draw.uniform(forms.D, low=-0.2, high=0.2) - RAMP * centers[seen], weight)
    )


@dataclass(frozen=True)
class _Noise:
    """How the ELBO of one image varies where pixels look at few latents, `active` [count]."""

    known: Parts
    active: torch.Tensor

    @property
    def draws(self) -> int:
        """How many copies of the image are asked for."""
        return DRAWS if len(self.active) == 1 else FEWER_DRAWS

    def _posterior(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.known.encoder(torch.zeros(1, forms.D))

    @property
    def image(self) -> torch.Tensor:
        """theta at the posterior's mean, [1, D]."""
        return self.known.decoder(self.known.center(*self._posterior())).float()

    @property
    def kl(self) -> torch.Tensor:
        """The KL of this and any image, [1]."""
        return self.known.kl(*self._posterior())

    def log_p(self, codes: torch.Tensor) -> torch.Tensor:
        """log p(x | z) of each group of pixels, [N, count], for values [N, count] of z."""
        z = torch.zeros(len(codes), forms.L, dtype=torch.float64)
        z = z.index_copy(1, self.active, codes.double())
        log_p = forms.log_bernoulli(self.known.decoder(z), self.image)
        return log_p.unflatten(1, (-1, len(self.active))).sum(1)

    def codes(self) -> torch.Tensor:
        """Equally probable values of z, [LEVELS, count]."""
        center = self.known.center(*self._posterior())[0, self.active]
        return center + self.known.noise(LOG_SCALE, LEVELS)[:, None]

    def groups(self) -> torch.Tensor:
        """log p(x | z) of each group of pixels for equally probable z, [LEVELS, count]."""
        return self.log_p(self.codes())

    def table(self, groups: torch.Tensor, alpha: float = ALPHA) -> dict[str, Any]:
        """The distribution of the ELBO, from quantiles [LEVELS, count] of independent parts."""
        values = _quantiles_of_sum(groups) - self.kl
        levels = (torch.arange(len(values), dtype=torch.float64) + 0.5) / len(values)
        return {"values": values, "cdf": levels, "n": self.draws, "slack": SLACK, "alpha": alpha}

    def sigma_gradient(self) -> torch.Tensor:
        """Mean of d log p(x | z) / d logsigma, [count]: z - mu = sigma eps, so (z - mu) d / dz."""
        codes = self.codes().requires_grad_(True)
        (slope,) = torch.autograd.grad(self.log_p(codes).sum(), codes)
        return (slope * self.known.noise(LOG_SCALE, LEVELS)[:, None]).mean(0)


def _quantiles_of_sum(groups: torch.Tensor) -> torch.Tensor:
    """Quantiles of the sum of independent columns, each given by its quantiles: [LEVELS]."""
    total = groups[:, 0].sort().values
    for column in groups.T[1:]:
        sums = (total[:, None] + column).flatten().sort().values
        total = sums[LEVELS // 2 :: LEVELS]
    return total


def _wrong_noise(noise: _Noise) -> Iterator[Misconception]:
    """The mean decoded, one draw for all images, or codes from the prior."""
    mean = noise.known.encoder(noise.image)[0]
    decoded = forms.log_bernoulli(noise.known.decoder(mean), noise.image).sum(-1) - noise.kl
    yield Misconception(
        "mean_decoded",
        "The ELBO does not vary: decode a draw z, not its mean mu.",
        {"expected": (decoded.expand(noise.draws),), "rtol": 0.0, "atol": 2e-3},
        kind="equal",
    )
    yield Misconception(
        "noise_shared_by_rows",
        "Equal images get the same ELBO, though each has noise of its own: sum over pixels only, "
        "and draw as many z as there are images.",
        {"mean": torch.zeros(()), "std": torch.ones(()), "axis": 0},
        kind="shared",
    )
    codes = forms.normal_quantiles(LEVELS)[:, None].expand(-1, len(noise.active))
    prior = noise.table(noise.log_p(codes))
    yield Misconception("z_from_prior", "z is drawn from q(z | x), not from the prior.", prior)


def _ask_often(student: Student, vae: Instance, noise: _Noise) -> Answer:
    """The ELBO of many copies of the image, [draws]."""
    images, stand_ins = noise.image.expand(noise.draws, -1), noise.known.stand_ins
    return student.call("elbo", vae, images, method=True, stand_ins=stand_ins)


def _must_vary(student: Student, vae: Instance, x: torch.Tensor, stand_ins: StandIns) -> None:
    answer = student.call("elbo", vae, x, method=True, repeat=2, stand_ins=stand_ins)
    hint = "Two calls give the same ELBO: is a seed set inside?"
    mistake = Misconception("same_noise_every_call", hint, {}, kind="repeats")
    answer.must("varies", {}, [mistake])


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

    def claim(stand_ins: StandIns) -> None:
        noise = _Noise(Parts(vae.state, stand_ins), active)
        answer = _ask_often(student, vae, noise)
        answer.must("distribution", noise.table(noise.groups()), _wrong_noise(noise))
        _must_vary(student, vae, noise.image.expand(3, -1), stand_ins)

    with forms.any_batch_size():
        student.given(_active_stand_ins(draw, vae, active, centers), claim)


@worth(1)
def test_the_noise_of_each_latent(student: Student, draw: Draw) -> None:
    """Many copies of one image: each latent dimension has noise of its own."""
    vae, active, centers = _active_latents(draw, 4)

    def claim(stand_ins: StandIns) -> None:
        noise = _Noise(Parts(vae.state, stand_ins), active)
        groups = noise.groups()
        shared = Misconception(
            "noise_shared_by_latents",
            "All latent dimensions get the same noise: draw as many eps as mu has entries.",
            noise.table(groups.sum(1, keepdim=True), NAMING),
        )
        answer = _ask_often(student, vae, noise)
        answer.must("distribution", noise.table(groups), [shared])

    with forms.any_batch_size():
        student.given(_active_stand_ins(draw, vae, active, centers), claim)


def _nearest_kink(x: torch.Tensor, known: Parts) -> float:
    """How close the input of a relu comes to 0, where its gradient jumps."""
    z = known.center(*known.encoder(x))
    hidden = (forms.linear(known.state, *layer) for layer in (("linear1", x), ("linear3", z)))
    return min(float(values.abs().min()) for values in hidden)


def _clear_of_kinks(draw: Draw, state: forms.State, stand_ins: StandIns) -> torch.Tensor:
    """Images [3, D] for which rounding and a tiny sigma do not decide about a gradient."""
    posterior, sampler = ({name: stand_ins[name]} for name in ("encoder", parts.SAMPLER))
    known = [Parts(state, chosen) for chosen in ({}, posterior, sampler, posterior | sampler)]
    while True:
        x = draw.uniform(3, forms.D, low=0.0, high=1.0)
        if min(_nearest_kink(x, each) for each in known) > KINK:
            return x


def _gradients(
    known: Parts, x: torch.Tensor, cotangent: torch.Tensor, through_z: bool = True
) -> dict[str, torch.Tensor]:
    """Gradients of the closed form with z at its mean, by autograd in float64."""
    known, leaves = known.leaves()
    mu, logsigma = known.encoder(x)
    z = known.center(mu, logsigma)
    log_p = forms.log_bernoulli(known.decoder(z if through_z else z.detach()), x).sum(-1)
    value = (cotangent * (log_p - known.kl(mu, logsigma))).sum()
    found = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
    reached = {name: g for name, g in zip(leaves, found, strict=True) if g is not None}
    return {name: g for name, g in reached.items() if g.dim() == 1}


def _wrong_gradients(
    known: Parts, x: torch.Tensor, cotangent: torch.Tensor
) -> Iterator[Misconception]:
    last = "decoder.0" if "decoder" in known.stand_ins else "state.linear4.bias"
    yield forms.no_gradient(GRADIENT_HINT, (len(x),), last)
    detached = _gradients(known, x, cotangent, through_z=False)
    hint = "No gradient passes through z: look for detach, no_grad or .data."
    yield Misconception("no_gradient_through_z", hint, {"expected": detached})


def _gradient_of_price(known: Parts) -> tuple[str, torch.Tensor]:
    """The encoder's bias of logsigma, and the gradient [L] of -KL, which is the same for all x."""
    head = "encoder.1" if "encoder" in known.stand_ins else "state.linear22.bias"
    known, leaves = known.leaves()
    kl = known.kl(*known.encoder(torch.zeros(1, forms.D)))
    return head, torch.autograd.grad(-kl.sum(), leaves[head])[0]


def _must_reach_sigma(
    student: Student, vae: Instance, active: torch.Tensor, stand_ins: StandIns
) -> None:
    """The gradient of log p(x | z) reaches logsigma through z.

    For each of n images that gradient is about -24 eps^2, never above 0. Numbers X >= 0 have
    P(mean <= SHARE E X) <= exp(-n (1 - SHARE)^2 (E X)^2 / (2 E X^2)) (Maurer 2003); the last
    ratio is 1/3 for eps^2 and above 1/4 here. Without that gradient only the KL's is left.
    """
    if parts.SAMPLER in stand_ins:  # its noise is not scaled by sigma; see _must_reach_every_layer
        return
    noise = _Noise(Parts(vae.state, stand_ins), active)
    head, price = _gradient_of_price(noise.known)
    images, cotangent = noise.image.expand(SIGMA_DRAWS, -1), torch.ones(SIGMA_DRAWS)
    most = torch.full((forms.L,), float("inf"), dtype=torch.float64)
    most[active] = SIGMA_DRAWS * (price[active] + SHARE * noise.sigma_gradient())
    answer = student.call(
        "elbo", vae, images, method=True, cotangents=(cotangent,), stand_ins=stand_ins
    )
    detached = {"expected": {head: SIGMA_DRAWS * price}, **GRADIENT_TOLERANCE}
    name = "no_gradient_through_sigma"
    mistake = Misconception(name, SIGMA_GRADIENT_HINT, detached, kind="gradients")
    answer.must(
        "gradient_at_most", {"name": head, "most": most, "shapes": ((SIGMA_DRAWS,),)}, [mistake]
    )


def _must_reach_every_layer(
    student: Student, vae: Instance, x: torch.Tensor, cotangent: torch.Tensor, stand_ins: StandIns
) -> None:
    """Gradients where z is known; x: [B, D], cotangent: [B]."""
    known = Parts(vae.state, stand_ins)
    expected = _gradients(known, x, cotangent.double())
    answer = student.call("elbo", vae, x, method=True, cotangents=(cotangent,), stand_ins=stand_ins)
    mistakes = _wrong_gradients(known, x, cotangent)
    answer.must_have_gradients(expected, mistakes, **GRADIENT_TOLERANCE)


@worth(2)
def test_gradients_reach_every_layer(student: Student, draw: Draw) -> None:
    """The gradient of the ELBO reaches encoder and decoder, through mu, sigma and z, and through
    the KL."""
    vae, stand_ins = _tiny_sigma(draw), _known_z(draw)
    x = _clear_of_kinks(draw, vae.state, stand_ins)
    cotangent = draw.uniform(3, low=0.5, high=2.0)
    noisy, active, centers = _active_latents(draw, 1)
    others = _active_stand_ins(draw, noisy, active, centers)
    with forms.any_batch_size():
        student.given(stand_ins, partial(_must_reach_every_layer, student, vae, x, cotangent))
        student.given(others, partial(_must_reach_sigma, student, noisy, active))
