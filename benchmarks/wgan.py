"""Trains the reference of `gans` for some minutes, and asks a classifier what it draws.

    python -m benchmarks.wgan --minutes 8

The networks and both losses are those of the notebook. A small classifier, trained on the same
painted digits, looks at 1,000 images from the generator: of how many is it sure (its largest
probability is above 0.9), and how often does it see each digit? The entropy of these counts is at
most log 10 = 2.30 nats. The same is said of 1,000 digits that were not trained on.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch
from torch import Tensor, nn

from tests.mutants.gans.notebook import BOOK
from vae_utils.colour_digits import make_colour_digits
from vae_utils.data import TensorLoader

SURE = 0.9


def classifier(images: Tensor, labels: Tensor, epochs: int) -> nn.Module:
    """A small convolutional network, trained with Adam on images uint8 [N, 3, 32, 32]."""
    net = nn.Sequential(
        nn.Conv2d(3, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(1024, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(epochs):
        for x, y in TensorLoader(images, labels, 128, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
    return net.eval()


@torch.no_grad()
def seen(net: nn.Module, images: Tensor) -> str:
    """What the classifier says of images [N, 3, 32, 32] in [0, 1]."""
    probabilities = torch.cat([net(part).softmax(1) for part in images.split(250)])
    sure, digits = probabilities.max(1)
    counts = torch.bincount(digits, minlength=10)
    shares = counts / counts.sum()
    entropy = -float(torch.xlogy(shares, shares).sum())
    share = float((sure > SURE).float().mean())
    return f"sure of {share:.0%}, entropy {entropy:.2f}, counts {counts.tolist()}"


class Averaged:
    """A running mean of a generator's weights and statistics, which draws more steadily."""

    def __init__(self, generator: nn.Module, made: nn.Module, decay: float) -> None:
        self.source, self.generator, self.decay = generator, made, decay
        made.load_state_dict(generator.state_dict())

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the generator as it is now."""
        pairs = zip(
            self.generator.state_dict().values(), self.source.state_dict().values(), strict=True
        )
        for mean, value in pairs:
            if mean.is_floating_point():
                mean.lerp_(value, 1 - self.decay)


def trained(names: dict[str, Any], options: argparse.Namespace, net: nn.Module) -> nn.Module:
    """A generator after so many minutes of the loop of `train_wgan`."""
    (images, labels), _ = make_colour_digits(10_000, 1_000)
    batches = names["endless"](TensorLoader(images, labels, 64, shuffle=True))
    generator = names["Generator"](100, options.width).to(memory_format=torch.channels_last)
    critic = names["Critic"](options.critic_width).to(memory_format=torch.channels_last)
    mean = Averaged(generator, names["Generator"](100, options.width), options.average)
    settings = {"lr": options.lr, "betas": (0.5, 0.9)}
    of_critic = torch.optim.Adam(critic.parameters(), **settings)
    of_generator = torch.optim.Adam(generator.parameters(), **settings)
    start, steps, told = time.monotonic(), 0, 1
    while time.monotonic() - start < 60 * options.minutes:
        for _ in range(options.critic_steps):
            x = next(batches)
            loss = names["critic_loss"](generator, critic, x, torch.randn(len(x), 100))
            of_critic.zero_grad()
            loss.backward()
            of_critic.step()
        of_generator.zero_grad()
        names["generator_loss"](generator, critic, torch.randn(len(x), 100)).backward()
        of_generator.step()
        mean.update()
        steps += 1
        if time.monotonic() - start > 60 * told:
            print(f"{told} min, {steps} steps, loss {loss.item():.2f}: ", end="")
            print(seen(net, drawn(mean.generator)), flush=True)
            told += 1
    return mean.generator


@torch.no_grad()
def drawn(generator: nn.Module, count: int = 1_000) -> Tensor:
    """Images of random codes."""
    images = torch.cat([generator.eval()(torch.randn(250, 100)) for _ in range(count // 250)])
    generator.train()
    return images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--critic-width", type=int, default=16)
    parser.add_argument("--critic-steps", type=int, default=5)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--average", type=float, default=0.0, help="decay of the running mean")
    parser.add_argument("--epochs", type=int, default=6, help="of the classifier")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--picture", help="a file for 60 images")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    (images, labels), (unseen, _) = make_colour_digits(10_000, 1_000)
    net = classifier(images, labels, options.epochs)
    print("digits that were not trained on:", seen(net, unseen / 255), flush=True)
    names = BOOK.namespace()
    generator = trained(names, options, net)
    print("generated:", seen(net, drawn(generator)))
    if options.picture:
        names["show_images"](drawn(generator)[:60], 12).savefig(options.picture)


if __name__ == "__main__":
    main()
