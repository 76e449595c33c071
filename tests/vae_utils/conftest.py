"""Keeps these tests off the network, off the screen and out of the user's cache."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy

from vae_utils import digits

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    from matplotlib import pyplot as plt
    from torchvision.datasets import MNIST

    monkeypatch.delenv("VAE_UTILS_QUICK", raising=False)
    monkeypatch.setenv("VAE_UTILS_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(MNIST, "mirrors", [])
    torch.manual_seed(0)
    yield
    plt.close("all")


class SmallVAE(nn.Module):
    """A correct VAE, 784-16-3."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1, self.linear21 = nn.Linear(784, 16), nn.Linear(16, 3)
        self.linear22, self.linear3 = nn.Linear(16, 3), nn.Linear(3, 784)

    def encoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.linear1(x).relu()
        return self.linear21(hidden), self.linear22(hidden)

    def elbo(self, x: Tensor) -> Tensor:
        mu, logsigma = self.encoder(x)
        z = mu + logsigma.exp() * torch.randn_like(mu)
        loglik = -binary_cross_entropy(self.linear3(z).sigmoid(), x, reduction="none").sum(1)
        return loglik - 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(1)


@pytest.fixture
def vae() -> SmallVAE:
    return SmallVAE()


@pytest.fixture(autouse=True)
def _drawn_anew() -> None:
    """Digits that an earlier test has drawn, from originals of its own maybe, are forgotten."""
    digits._drawn.cache_clear()
