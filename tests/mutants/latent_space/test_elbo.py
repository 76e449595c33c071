"""What the checks of `elbo`, `loss` and `train` rest on, and what wrong parts cost."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import elbo_parts, estimates, plane, scene, training
from autograder.checks.latent_space.elbos import ROUNDING, Elbo
from autograder.checks.latent_space.models import Parts
from autograder.checks.latent_space.scene import Scene
from tests.mutants.book import Right, part
from tests.mutants.test_judge import losers

from . import elbo_right, train_right
from .notebook import BOOK

GRID = -14.0, 14.0, 141  # as fine as a standard deviation of the narrowest posterior
every_scene = pytest.mark.parametrize("drawn", [scene.far, scene.wide, scene.bent, scene.steep])
DrawScene = Callable[[Draw], Scene]


def _elbo(model: Scene) -> Elbo:
    return Elbo(model.parts({}), model.image)


@every_scene
def test_the_expected_elbo_lies_below_log_p_x_by_the_divergence_of_q(drawn: DrawScene) -> None:
    elbo = _elbo(drawn(Draw(3, "premise")))
    zs, area = plane.grid(*GRID)
    joint = elbo.parts.joint(elbo.image.expand(len(zs), -1), zs)
    log_p = torch.logsumexp(joint, 0) + area
    log_q = elbo.log_q(zs)
    gap = ((log_q + area).exp() * (log_q - (joint - log_p))).sum()
    assert gap > 0.3
    assert float(elbo.mean) == pytest.approx(float(log_p - gap), abs=1e-6)


def _off(elbo: Elbo, rows: int) -> Tensor:
    """How far one mean of so many estimates is off, for three of the unbiased forms, [3]."""
    mu, logsigma = elbo.posterior
    z = mu + logsigma.exp() * torch.randn(rows, 2, dtype=torch.float64)
    first, log_p, minus_q = elbo.terms(z)
    kl = (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum() / 2
    entropy = (logsigma + 0.5 * math.log(2 * math.pi * math.e)).sum()
    forms = first + log_p + minus_q, first - kl, first + log_p + entropy
    return (torch.stack([form.mean() for form in forms]) - elbo.mean).abs()


@every_scene
def test_means_of_every_form_stay_within_the_bound_which_is_tight(drawn: DrawScene) -> None:
    torch.manual_seed(1)
    elbo = _elbo(drawn(Draw(4, "bound")))
    off = torch.stack([_off(elbo, 512) for _ in range(60)])
    bound = elbo.slack(512) - ROUNDING
    assert off.max() < 0.75 * bound  # which is met once in ten billion times
    assert bound < 16 * off.mean(0).max()  # 16 mean distances are 13 standard deviations


def test_the_bound_is_that_of_the_normal_distribution_where_noise_is_normal() -> None:
    noise, share = estimates.normal()
    bound = estimates.slack((3 * noise[:, 0],), share, 10_000)
    assert bound == pytest.approx(0.03 * math.sqrt(2 * math.log(2 / 1e-10)), rel=1e-2)


def test_forms_are_all_ways_to_draw_terms_and_to_share_codes() -> None:
    assert [len(list(estimates.forms(terms))) for terms in (1, 2, 3)] == [1, 3, 10]


def test_stand_ins_agree_whichever_way_is_taken() -> None:
    draw = Draw(5, "agree")
    model = scene.bent(draw)
    parts = elbo_parts.parts(draw, model)
    z = draw.uniform(20, 2, low=-1.0, high=1.0).double()
    x, zero = model.image.expand(20, -1).double(), torch.zeros_like(z)
    likelihood, joint = parts["log_likelihood"](x, z), parts["joint_log_density"](x, z)
    for prior in (parts["log_prior"](z), parts[elbo_parts.DENSITY](zero, zero, z)):
        assert torch.allclose(joint, likelihood + prior, atol=1e-4)
    assert torch.allclose(parts["encoder"](x)[0], model.mu.double(), atol=1e-4)


def test_training_pulls_codes_far_more_than_noise_does() -> None:
    noise = 1 / math.exp(training.LOG_SIGMA - 0.5) / math.sqrt(training.ROWS)
    for seed in range(20):
        draw = Draw(seed, "pull")
        state = {name: w.double() for name, w in training.model(draw).items()}
        bias = state["encoder_output.bias"].requires_grad_(True)
        for image in training.images(draw, state, 3):
            (pull,) = torch.autograd.grad(training.loss_of({})(state, image), bias)
            assert float(pull[:2].abs().min()) > 15 * noise


def test_the_mean_loss_for_training_is_that_of_the_elbo() -> None:
    draw = Draw(6, "loss")
    state = training.model(draw)
    (image,) = training.images(draw, state, 1)
    found = training.loss_of({})(state, image)
    assert float(found) == pytest.approx(-float(Elbo(Parts(state, {}), image).mean), abs=1e-6)


_BAD = {
    "encoder": "h = self.encoder_output(self.encoder_hidden(x))\nreturn h[:, :2], h[:, 2:].exp()",
    "sample_diag_gaussian": "return mu + logsig * torch.rand_like(mu)",
    "decoder": "return torch.sigmoid(self.decoder_output(torch.relu(self.decoder_hidden(z))))",
    "bernoulli_log_density": "return x * logits",
    "factorized_gaussian_log_density": "return -0.5 * ((xs - mu) ** 2).sum(-1)",
    "log_prior": "return -(z**2).sum(-1)",
    "log_likelihood": "return -bernoulli_log_density(self.decoder(z), x).mean(dim=-1)",
    "joint_log_density": "return self.log_likelihood(x, z) - self.log_prior(z)",
    "log_q": "return -factorized_gaussian_log_density(mu, logsigma, z)",
}
_WRONG_ELBO = {"elbo": "mu, _ = self.encoder(x)\nreturn self.joint_log_density(x, mu).sum()"}
_WRONG_LOSS = {"loss": "return self.elbo(x)"}
_THREE_TERMS = next(r.source for r in elbo_right.ELBOS if r.name.startswith("three terms"))


def _must_pass(task: str, source: str, parts: dict[str, str]) -> None:
    cells = {name: BOOK.body(name, lines) for name, lines in parts.items()}
    ask = BOOK.student({**cells, task: source})
    assert not losers(BOOK.judged(ask, 7, task, lost=frozenset(parts)))


@pytest.mark.parametrize("name", _BAD)
def test_a_right_elbo_passes_with_a_wrong_part(name: str) -> None:
    _must_pass("elbo", _THREE_TERMS, {name: _BAD[name]})


def test_a_right_elbo_passes_where_everything_else_is_wrong() -> None:
    _must_pass("elbo", _THREE_TERMS, _BAD)


@pytest.mark.slow
@pytest.mark.parametrize("right", part(elbo_right.ELBOS, 4), ids=str)
def test_every_right_elbo_passes_with_each_wrong_part(right: Right) -> None:
    for name, lines in _BAD.items():
        _must_pass("elbo", right.source, {name: lines})


@pytest.mark.parametrize("parts", [_WRONG_ELBO, {"encoder": _BAD["encoder"]}, _BAD | _WRONG_ELBO])
def test_a_right_loss_passes_with_wrong_parts(parts: dict[str, str]) -> None:
    _must_pass("loss", BOOK.body("loss", "return -self.elbo(x)"), parts)


@pytest.mark.parametrize("right", train_right.RIGHT[::3], ids=str)
def test_right_loops_pass_where_everything_else_is_wrong(right: Right) -> None:
    _must_pass("train", right.source, _BAD | _WRONG_ELBO | _WRONG_LOSS)
