"""Stand-ins for what an ELBO is made of.

Students may take what they need from any level: the joint density, or likelihood and prior;
`log_q`, or the density of Part 0. Stand-ins agree with each other on one image, whichever way is
taken. Scores of images bend, so that an ELBO with the wrong noise has the wrong mean. In checks of
gradients the density of codes depends on the code alone: a right ELBO may or may not differentiate
log q with respect to mu and sigma, which for the real one makes no difference on average. Noise of
the sampler has sigma's own variance: then KL divergences in closed form stay right.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.attempts import either
from autograder.checks.latent_space.elbo_claims import Judged
from autograder.checks.latent_space.elbos import SAMPLER
from autograder.checks.latent_space.models import D, L, StandIns
from autograder.checks.latent_space.scene import NARROW, Scene
from vae_utils.stand_in import StandIn

DENSITY = "factorized_gaussian_log_density"


def _numbers(draw: Draw, *shape: int, width: float) -> Tensor:
    return draw.uniform(*shape, low=-width, high=width)


def _densities(draw: Draw, bias: Tensor, place: Tensor, of_code_alone: bool) -> StandIns:
    """Linear functions; mean and code may change places, as in the real density."""
    mean, scale = (torch.zeros(L),) * 2 if of_code_alone else (place, _numbers(draw, L, width=0.5))
    names = ("mu", "logsig", "xs")
    return {
        DENSITY: StandIn(names, ((bias, mean, scale, place),), plain=True),
        "log_prior": StandIn(("z",), ((bias, place),)),
        "log_q": StandIn(("mu", "logsigma", "z"), ((bias, mean, scale, place),)),
    }


def _scores(draw: Draw, scene: Scene, of_code_alone: bool) -> StandIns:
    """log p(x | z) = u - u^2, a linear function u of image and code; log p(x, z) is the same of
    u - 1, so the prior is 2 u - 2 for the scene's image, and linear in the code."""
    x = _numbers(draw, D, width=0.1)
    z = draw.uniform(L, low=1.2, high=1.6) * _numbers(draw, L, width=1.0).sign()
    beside = 0.3 - scene.mu @ z  # u is 0.3 at mu, not quite at its top

    def score(shift: float) -> StandIn:
        return StandIn(("x", "z"), ((beside - scene.image @ x + shift, x, z),), bend=-1.0)

    scores = {"log_likelihood": score(0.0), "joint_log_density": score(-1.0)}
    return scores | _densities(draw, 2 * beside - 2, 2 * z, of_code_alone)


def _encoder(draw: Draw, scene: Scene) -> StandIn:
    """The posterior of the scene's image."""
    weight = _numbers(draw, D, L, width=0.02)
    means = scene.mu - scene.image @ weight, weight
    return StandIn(("x",), (means, (scene.logsigma, torch.zeros(D, L))))


def _decoder(draw: Draw, scene: Scene, slope: float) -> StandIn:
    """The same logits where z is mu."""
    weight = _numbers(draw, L, D, width=slope)
    logits = scene.parts({}).decoder(scene.mu[None])[0].float()
    return StandIn(("z",), ((logits - scene.mu @ weight, weight),))


def _sampler(logsigma: float) -> StandIn:
    maps = ((torch.zeros(L), torch.eye(L), None),)
    noise = math.sqrt(3) * math.exp(logsigma)
    return StandIn(("mu", "logsig"), maps, noise, plain=True)


def parts(draw: Draw, scene: Scene, slope: float = 0.5, of_code_alone: bool = False) -> StandIns:
    """For all that a student may use; slope: of logits."""
    pixel = torch.tensor(0.5), torch.tensor(0.5), _numbers(draw, width=0.5)
    return {
        "encoder": _encoder(draw, scene),
        SAMPLER: _sampler(float(scene.logsigma[0])),
        "decoder": _decoder(draw, scene, slope),
        "bernoulli_log_density": StandIn(("logits", "x"), (pixel,), plain=True, bend=-0.4),
        **_scores(draw, scene, of_code_alone),
    }


def batch_parts(draw: Draw) -> StandIns:
    """For `scene.narrow`: scores of different images are far apart."""
    logsigma = torch.full((L,), NARROW), torch.zeros(D, L)
    encoder = (torch.zeros(L), _numbers(draw, D, L, width=0.1)), logsigma
    x, z, place = (
        _numbers(draw, D, width=8.0),
        _numbers(draw, L, width=4.0),
        _numbers(draw, L, width=0.5),
    )
    bias, low = torch.tensor(-300.0), torch.tensor(-2.0)
    logits = draw.uniform(D, low=-4.0, high=0.0), _numbers(draw, L, D, width=0.5)
    pixel = torch.tensor(-0.5), torch.tensor(0.5), torch.tensor(-1.0)
    return {
        "encoder": StandIn(("x",), encoder),
        SAMPLER: _sampler(NARROW),
        "decoder": StandIn(("z",), (logits,)),
        "bernoulli_log_density": StandIn(("logits", "x"), (pixel,), plain=True),
        "log_likelihood": StandIn(("x", "z"), ((bias, x, z),)),
        "joint_log_density": StandIn(("x", "z"), ((bias + low, x, z + place),)),
        **_densities(draw, low, place, of_code_alone=False),
    }


def given(judged: Judged, stand_ins: StandIns, claim: Callable[[Judged, StandIns], None]) -> None:
    """`student.given`; where the density of Part 0 is replaced, so are those made of it: a student
    may have written one of them without it, or taken the entropy of q in closed form."""

    def expanded(chosen: StandIns) -> None:
        if DENSITY not in chosen:
            return claim(judged, chosen)
        more = chosen | {name: stand_ins[name] for name in ("log_prior", "log_q")}
        ways = judged, judged.with_entropy()
        either(judged.student, lambda way: claim(way, more), ways)

    judged.student.given(stand_ins, expanded)
