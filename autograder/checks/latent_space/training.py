"""A model and batches on which training hardly depends on noise, and what its loss is on average.

Each batch is one image in many copies, so that every gradient is close to its mean. Hidden units
stay away from 0 and images are sparse: noise decides about the way of few weights, and their way
matters little to the others. Where a part of the ELBO is wrong, a plain function of all weights
stands in for `elbo` and `loss`.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import estimates
from autograder.checks.latent_space.models import D, H, L, Parts, StandIns, State
from autograder.checks.loops import LossOf
from vae_utils.stand_in import StandIn

ROWS = 1024
LOG_SIGMA = -1.6  # of q, within 0.5
_INK = 0.15
_NODES = 7  # in each direction: q is narrow, and the decoder smooth


def _away(draw: Draw) -> Tensor:
    """Biases [H] of hidden units, none near 0."""
    signs = draw.uniform(H, low=-1.0, high=1.0).sign()
    return signs * draw.uniform(H, low=0.6, high=1.2)


def model(draw: Draw) -> State:
    """Pixels have large biases, so that weight decay would show.

    Weights of the decoder are above 0 on average, and pixels brighter than the images: all codes
    are pulled the same way, so strongly that noise is weak beside it.
    """
    means = torch.arange(2 * L) < L
    heads = draw.uniform(2 * L, H, low=-1.0, high=1.0) * torch.where(means, 0.3, 0.06)[:, None]
    return {
        "decoder_hidden.weight": draw.uniform(H, L, low=0.0, high=0.3),
        "decoder_hidden.bias": _away(draw),
        "decoder_output.weight": draw.uniform(D, H, low=-0.265, high=0.335),
        "decoder_output.bias": draw.uniform(D, low=-3.0, high=3.0),
        "encoder_hidden.weight": draw.uniform(H, D, low=-0.1, high=0.1),
        "encoder_hidden.bias": _away(draw),
        "encoder_output.weight": heads,
        "encoder_output.bias": torch.where(
            means, draw.uniform(2 * L, low=-0.5, high=0.5), LOG_SIGMA
        ),
    }


def images(draw: Draw, state: State, count: int) -> tuple[Tensor, ...]:
    """Up to three to train on, [D] each, which the model finds more and more surprising: losses of
    different batches are far apart."""
    bright = state["decoder_output.bias"] > 0
    shares = (torch.where(bright, share, 2 - share) for share in (2.0, 1.0, 0.0)[:count])
    return tuple((draw.uniform(D, low=0.0, high=1.0) < _INK * share).float() for share in shares)


def far_apart(draw: Draw, state: State) -> tuple[Tensor, Tensor, Tensor]:
    """Images [D] that are likely, unlikely and most unlikely under the model."""
    theta = Parts(state, {}).theta(torch.zeros(1, L))[0]
    likely = (draw.uniform(D, low=0.0, high=1.0) < theta).float()
    return likely, (draw.uniform(D, low=0.0, high=1.0) < 0.5).float(), 1 - likely


def stand_ins(draw: Draw, state: State) -> StandIns:
    """In place of `elbo` and `loss`: o - o^2 and minus that, averaged over images, with o a
    linear function of image and all weights; so slopes differ with image and weights."""
    weights = [draw.uniform(w.numel(), low=-0.03, high=0.03) for w in state.values()]
    values = zip(state.values(), weights, strict=True)
    start = sum(float(value.flatten() @ weight) for value, weight in values)
    terms = (torch.tensor(-start), draw.uniform(D, low=-0.5, high=0.5), *weights)
    return _both(StandIn(("x",), (terms,), bend=-1.0, mean=True, own=tuple(state)))


def scores(draw: Draw) -> StandIns:
    """In place of both, where nothing is trained: far apart for different images."""
    terms = torch.tensor(-300.0), draw.uniform(D, low=-8.0, high=8.0)
    return _both(StandIn(("x",), (terms,), mean=True))


def _both(elbo: StandIn) -> StandIns:
    return {"elbo": elbo, "loss": replace(elbo, scale=-1.0)}


def loss_of(given: StandIns) -> LossOf:
    """The mean loss [] of an image [D], with own parts or with these stand-ins."""

    def stood_in(state: State, image: Tensor) -> Tensor:
        weights = {name: state[name].flatten() for name in given["loss"].own}
        return torch.as_tensor(given["loss"](image[None].double(), **weights))

    return stood_in if given else _expected


def _expected(state: State, image: Tensor) -> Tensor:
    """By quadrature over codes."""
    known = Parts(state, {})
    mu, logsigma = known.encoder(image[None])
    noise, share = estimates.normal(_NODES)
    z = mu + logsigma.exp() * noise
    kl = (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum() / 2
    return kl - share @ known.log_likelihood(image.expand(len(z), -1), z)
