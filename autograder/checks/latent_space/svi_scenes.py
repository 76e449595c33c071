"""Models and half images on which mistakes in an ELBO, or in a fit, show above its noise."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.latent_space import models
from autograder.checks.latent_space.models import H, L, Parts, State
from autograder.checks.latent_space.svi_numbers import HALF, Half

BEND = 32.0


def _slopes(state: State, z: Tensor) -> Tensor:
    """Derivatives [D / 2, L] of the logits of the top half with respect to z [L]."""
    decoder = Parts(state, {}).decoder
    slopes: Tensor = torch.func.jacrev(lambda code: decoder(code[None])[0])(z.double())
    return slopes[:HALF]


def _bend(state: State, z: Tensor) -> Tensor:
    """Fisher information [L, L] about z [L] in the top half."""
    theta, slopes = Parts(state, {}).theta(z[None])[0, :HALF], _slopes(state, z)
    return slopes.T @ (slopes * (theta * (1 - theta))[:, None])


def _drawn(draw: Draw, state: State, z: Tensor) -> Tensor:
    """A half image [D / 2] that the model draws for z [L]."""
    theta = Parts(state, {}).theta(z[None])[0, :HALF]
    return (draw.uniform(HALF, low=0.0, high=1.0) < theta).float()


def _decoder(draw: Draw, bend: float, middle: Tensor, common: float, offset: float) -> State:
    """With that Fisher information about each entry of a code next to the middle [L], where hidden
    units are far from their limits; common: how much both entries do the same thing."""
    same, one, other = (draw.uniform(H, low=-0.5, high=0.5) for _ in range(3))
    weight = torch.stack([common * same + one, common * same + other], 1)
    shift = draw.uniform(H, low=-offset, high=offset)
    rest = models.layer(draw, "decoder_output", 0.4)

    def with_weight(weight: Tensor) -> State:
        bias = shift - weight @ middle
        return rest | {"decoder_hidden.weight": weight, "decoder_hidden.bias": bias}

    scale = (bend / _bend(with_weight(weight), middle).diagonal()).sqrt()
    return with_weight(weight * scale.float())


def _somewhere(draw: Draw, low: float, high: float) -> Tensor:
    """A code [L], each entry that far from 0."""
    return draw.uniform(L, low=-1.0, high=1.0).sign() * draw.uniform(L, low=low, high=high)


def half(draw: Draw, distance: float, logsigma: float, push: float) -> Half:
    """One whose likelihood is BEND at its top, so that p(z | top) is about 1 / sqrt(BEND) wide.

    distance: of mu from 0. logsigma: of both entries. push: how many widths q's mean lies outward
    from the code that has given the image. Both entries of a code do similar things, so that noise
    which they share shows.
    """
    outward = _somewhere(draw, 0.6, 1.0)
    outward = outward / outward.norm()
    middle = (distance - push / BEND**0.5) * outward
    state = _decoder(draw, BEND, middle, 1.5, 0.5)
    top = _drawn(draw, state, middle)
    return Half(Parts(state, {}), top, distance * outward, torch.full((L,), logsigma))


def steep(draw: Draw, direction: tuple[float, float]) -> Half:
    """One whose likelihood is steep at mu, uphill in that direction of the plane of codes.

    Its noise is much larger than that of log p(z) and log q(z), so that all right estimates are
    distributed alike.
    """
    mu = _somewhere(draw, 3.0, 3.5)
    state = _decoder(draw, 16.0, mu, 0.0, 0.5)
    slopes = _slopes(state, mu)
    wanted = torch.tensor(direction, dtype=torch.float64)
    top = (slopes @ torch.linalg.solve(slopes.T @ slopes, wanted) > 0).float()
    return Half(Parts(state, {}), top, mu, torch.full((L,), -1.9))


def _misled(draw: Draw, middle: Tensor) -> State:
    """An encoder that puts all images on the other side."""
    state = models.layer(draw, "encoder_hidden", 0.1) | models.layer(draw, "encoder_output", 0.1)
    state["encoder_output.bias"] = torch.cat([-middle, torch.zeros(L)])
    return state


def clear(draw: Draw) -> Half:
    """One with a single hill, far out, that is about as wide as the prior.

    q is where `fit_top` starts. Logits are nearly linear, so that log p(top, z) is concave, and so
    is the ELBO in mu and sigma (Challis and Barber 2013): it has one optimum.
    """
    middle = _somewhere(draw, 1.8, 2.2)
    state = _decoder(draw, 2.0, middle, 0.5, 0.2)
    state |= _misled(draw, middle)
    images = torch.stack([_drawn(draw, state, middle) for _ in range(16)])
    theta = Parts(state, {}).theta(middle[None])[0, :HALF]
    uphill = ((images - theta) @ _slopes(state, middle)).norm(dim=-1)
    return Half(Parts(state, {}), images[int(uphill.argmin())], torch.zeros(L), torch.zeros(L))
