"""A model, one image and its q(z | x), laid out so that mistakes in an ELBO show above its noise.

Near its top log p(x, z) falls off as -(z - top)^T P (z - top) / 2, where P = I + bend is what prior
and likelihood make of it. Where q is wider than 1 / sqrt(P), its spread matters much; where the
likelihood hardly bends, it makes hardly any noise, and signs and missing terms stand out.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import models
from autograder.checks.latent_space.models import D, H, L, Parts, StandIns, State
from vae_utils.calls import Instance

_ALIKE = 0.65  # correlation of what the entries of a code do
_FLAT = 0.002  # how much a likelihood bends that hardly does
_IMAGES = 24  # to choose from
NARROW = -4.0  # a log sigma
_STEPS = 4  # until a search has come close enough


@dataclass(frozen=True)
class Scene:
    """mu, logsigma: [L], of the image [D]; logsigma is the same for all images and entries."""

    state: State
    image: Tensor
    mu: Tensor
    logsigma: Tensor

    @property
    def instance(self) -> Instance:
        """The model."""
        return models.model(self.state)

    def parts(self, stand_ins: StandIns) -> Parts:
        """Closed forms, some of the student's functions replaced."""
        return Parts(self.state, stand_ins)


def _weights(state: State) -> tuple[Tensor, Tensor]:
    return state["decoder_hidden.weight"].double(), state["decoder_output.weight"].double()


def _slopes(state: State, z: Tensor) -> Tensor:
    """Derivatives [D, L] of the logits with respect to z [L]."""
    first, second = _weights(state)
    hidden = torch.tanh(first @ z + state["decoder_hidden.bias"].double())
    return (second * (1 - hidden**2)) @ first


def _bend(state: State, z: Tensor) -> Tensor:
    """Fisher information [L, L] about z [L] in an image."""
    theta, slopes = Parts(state, {}).theta(z[None])[0], _slopes(state, z)
    return slopes.T @ (slopes * (theta * (1 - theta))[:, None])


def _decoder(draw: Draw, bend: float, top: Tensor) -> State:
    """A decoder that bends as asked for at the top, where no hidden unit is at its limits.

    Both entries of a code do similar things, so that noise which they share shows.
    """
    offset = draw.uniform(H, low=-0.5, high=0.5).double()
    weight = draw.uniform(H, L, low=-1.0, high=1.0).double()
    state = {
        "decoder_hidden.bias": offset - weight @ top,
        "decoder_hidden.weight": weight,
        "decoder_output.weight": draw.uniform(D, H, low=-0.4, high=0.4),
        "decoder_output.bias": draw.uniform(D, low=-3.0, high=0.0),
    }
    wanted = bend * torch.tensor([[1.0, _ALIKE], [_ALIKE, 1.0]]).double()
    found = torch.linalg.cholesky(_bend(state, top))
    weight = weight @ torch.linalg.inv(found).T @ torch.linalg.cholesky(wanted).T
    hidden = {"decoder_hidden.bias": offset - weight @ top, "decoder_hidden.weight": weight}
    return state | {name: values.float() for name, values in hidden.items()}


def _image(draw: Draw, state: State, z: Tensor) -> Tensor:
    """Of some images that the decoder gives for z, the one whose posterior has its top nearest."""
    theta, slopes = Parts(state, {}).theta(z[None]), _slopes(state, z)
    images = (draw.uniform(_IMAGES, D, low=0.0, high=1.0) < theta).double()
    uphill = (images - theta) @ slopes - z
    step = torch.linalg.solve(_bend(state, z) + torch.eye(L), uphill.T)
    return images[int((uphill * step.T).sum(-1).argmin())].float()


def _top(state: State, image: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """Where log p(x, z) is largest, from nearby, by Fisher scoring; and the precision there."""
    for _ in range(_STEPS):
        precision = _bend(state, z) + torch.eye(L)
        rest = image.double() - Parts(state, {}).theta(z[None])[0]
        z = z + torch.linalg.solve(precision, _slopes(state, z).T @ rest - z)
    return z, precision


def _somewhere(draw: Draw) -> Tensor:
    """A code [L] with entries on both sides of 0, none of them near it."""
    signs = torch.tensor([1.0, -1.0]) * draw.uniform(1, low=-1.0, high=1.0).sign()
    return (signs * draw.uniform(L, low=1.1, high=1.4)).double()


def _bent(draw: Draw, bend: float, spread: float, push: float = 0.0) -> Scene:
    """One in which spreads matter.

    bend: of the likelihood. spread: the variance of q times the mean of P's diagonal.
    push: how many standard deviations of p(z | x) q's mean lies outward from its top.
    """
    start = _somewhere(draw)
    state = _decoder(draw, bend, start)
    image = _image(draw, state, start)
    top, precision = _top(state, image, start)
    outward = push * start / start.norm()
    mu = top + torch.linalg.solve(torch.linalg.cholesky(precision).T, outward)
    return _with_encoder(draw, state, image, mu, (spread * L / precision.trace()).log() / 2)


def _flat(draw: Draw, variance: float, distance: float) -> Scene:
    """One whose likelihood is almost the same for all codes; distance: of q's mean from 0."""
    start = _somewhere(draw)
    state = _decoder(draw, _FLAT, start)
    mu = distance * start / start.norm()
    return _with_encoder(
        draw, state, _image(draw, state, start), mu, torch.tensor(variance).log() / 2
    )


def _with_encoder(draw: Draw, state: State, image: Tensor, mu: Tensor, logsigma: Tensor) -> Scene:
    """With an encoder that gives mu [L] for this image, and logsigma [] for all."""
    first, last = (
        models.layer(draw, "encoder_hidden", 0.1),
        models.layer(draw, "encoder_output", 0.4),
    )
    means = torch.arange(2 * L) < L
    weight = last["encoder_output.weight"] * means[:, None]
    hidden = torch.tanh(first["encoder_hidden.weight"] @ image + first["encoder_hidden.bias"])
    mu, logsigma = mu.float(), logsigma.expand(L).float()
    bias = torch.cat([mu, logsigma]) - weight @ hidden
    encoder = first | {"encoder_output.weight": weight, "encoder_output.bias": bias}
    return Scene(state | encoder, image, mu, logsigma)


def far(draw: Draw) -> Scene:
    """Signs and missing terms show: q is far from the prior, and the likelihood almost flat."""
    return _flat(draw, 0.7, 4.0)


def wide(draw: Draw) -> Scene:
    """What is taken for the variance shows: sigma is 2, and the likelihood almost flat."""
    return _flat(draw, 4.0, 1.0)


def bent(draw: Draw) -> Scene:
    """How codes are drawn shows: q sits on top of log p(x, z), and is wider than it."""
    return _bent(draw, 24.0, 5.0)


def steep(draw: Draw) -> Scene:
    """What passes gradients on shows: q sits beside the top of log p(x, z)."""
    return _bent(draw, 4.0, 2.5, push=2.0)


def narrow(draw: Draw) -> State:
    """A model whose ELBOs of different images are far apart and have little noise: q is narrow."""
    state = models.network(draw)
    means = torch.arange(2 * L) < L
    state["encoder_output.weight"] = state["encoder_output.weight"] * means[:, None]
    bias = state["encoder_output.bias"]
    dark = draw.uniform(D, low=-4.0, high=0.0)
    heads = {"encoder_output.bias": torch.where(means, bias, NARROW)}
    return state | heads | {"decoder_output.bias": dark}


def images(draw: Draw) -> Tensor:
    """Five images with so different amounts of ink that `narrow` finds them far from equally
    likely, neither the first nor the last the likeliest."""
    ink = torch.tensor([0.7, 0.9, 0.1, 0.4, 0.25])
    return (draw.uniform(len(ink), D, low=0.0, high=1.0) < ink[:, None]).float()
