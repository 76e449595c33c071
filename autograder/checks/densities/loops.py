"""The loss of the given VAE of `densities` where z is mu, and the ways to get its KL wrong."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from autograder.checks.densities.models import Parts, StandIns, State
from autograder.checks.loops import Loop, Trained, run


def elbo(known: Parts, x: Tensor, kl: float = 1.0) -> Tensor:
    """The ELBO [B] where z is mu."""
    mu, logvar = known.encode(x)
    return known.log_likelihood(known.decode(mu), x) - kl * known.kl(mu, logvar)


def loss_of(stand_ins: StandIns, kl: float = 1.0) -> Callable[[State, Tensor], Tensor]:
    """Minus the mean ELBO of a batch; kl: what the divergence counts."""
    return lambda weights, x: -elbo(Parts(weights, stand_ins), x, kl).mean()


def trained(known: Parts, batches: tuple[Tensor, ...], loop: Loop, kl: float = 1.0) -> Trained:
    """What the loop makes of a copy of the model."""
    return run(known.state, batches, loop, loss_of(known.stand_ins, kl))
