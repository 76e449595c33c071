"""The training loop, the same for every VAE: Adam climbs the mean ELBO."""

import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from vae_utils.quick import is_quick


class Trainable(Protocol):
    """What `train` asks of a model: a `torch.nn.Module` with an `elbo`."""

    def elbo(self, x: Tensor) -> Tensor: ...
    def parameters(self) -> Iterator[torch.nn.Parameter]: ...
    def to(self, device: Any) -> Any: ...


class Batches(Protocol):
    """What `train` asks of a loader: a length, and pairs (x [B, ...], anything)."""

    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...


def train(
    vae: Trainable,
    loader: Batches,
    epochs: int = 5,
    lr: float = 1e-3,
    device: torch.device | str | None = None,
) -> list[float]:
    """Maximise the mean ELBO with Adam and show progress, one line an epoch.

    The loss is Kingma and Welling's: minus the evidence lower bound (https://arxiv.org/abs/1312.6114,
    eq. 3), averaged over the batch, in nats per image.

    Args:
        vae: model with `elbo(x [B, D]) -> [B]` (a single number works as well).
        loader: yields (x [B, ...], y); x is flattened to [B, D].
        epochs: passes over the loader.
        lr: Adam's step size.
        device: where to train; by default where the model's parameters are.

    Returns:
        The loss of every step, `epochs * len(loader)` floats.

    Raises:
        TypeError: `vae.elbo` returned something other than a tensor.
        FloatingPointError: a loss was not a finite number; noticed at the end of its epoch.
    """
    if device is not None:
        vae.to(device)
    optimizer = _adam(vae, lr)
    losses: list[float] = []
    for epoch in range(1, epochs + 1):
        losses += _run_epoch(vae, loader, optimizer, f"epoch {epoch}/{epochs}")
    return losses


def _adam(vae: Trainable, lr: float) -> torch.optim.Adam:
    weights = list(vae.parameters())
    # One kernel for the whole update saves about a sixth of a step on a CPU; on other devices it
    # is still young.
    fused = all(weight.device.type in ("cpu", "cuda") for weight in weights)
    return torch.optim.Adam(weights, lr=lr, fused=fused)


def _run_epoch(
    vae: Trainable, loader: Batches, optimizer: torch.optim.Optimizer, title: str
) -> list[float]:
    device = next(vae.parameters()).device
    steps = []
    # stdout, because graders and students read anything on stderr as an error.
    with tqdm(
        total=len(loader), desc=title, unit="step", file=sys.stdout, mininterval=0.5,
        disable=is_quick(),
    ) as bar:  # fmt: skip
        for x, _ in loader:
            steps.append(_step(vae, x.to(device).flatten(1), optimizer))
            bar.update()
        losses = _read(steps)
        mean = f"mean loss {sum(losses) / max(len(losses), 1):.2f}"
        bar.set_postfix_str(mean)
    if is_quick():  # no rates and seconds, which differ from run to run
        print(f"{title}: {mean}")
    _insist_on_numbers(losses, title)
    return losses


def _step(vae: Trainable, x: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    elbo = vae.elbo(x)
    if not isinstance(elbo, Tensor):
        raise TypeError(f"vae.elbo(x) must return a tensor, but returned {type(elbo).__name__!r}.")
    loss = -elbo.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def _read(steps: list[Tensor]) -> list[float]:
    """All losses in one transfer: reading each at its step would make a GPU wait every time."""
    return torch.stack(steps).tolist() if steps else []


def _insist_on_numbers(losses: Sequence[float], title: str) -> None:
    for step, loss in enumerate(losses, 1):
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"Training stopped: the loss became {loss} in {title}, step {step} of "
                f"{len(losses)}. Look for the log of 0 or a very large exp() in your elbo, "
                "then make a new model: the weights of this one are spoilt."
            )
