"""Trains the reference of `gans`, and asks a classifier what it draws.

    python -m benchmarks.wgan                     # as long as the notebook says for digits
    python -m benchmarks.wgan --steps 1000        # a minute, as the notebook is released
    python -m benchmarks.wgan --source svhn --steps 20000 --critic-steps 5 --lr 1e-4 --batch 64

Networks and `train_wgan` are those of the notebook. A small classifier, trained on the same images,
looks at 2,000 images from the generator: of how many is it sure (its largest probability is above
0.9), and how often does it see each digit? The entropy of these counts is at most log 10 = 2.30
nats. The same is said of 1,000 images that neither network was trained on.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor, nn

from tests.mutants.gans.notebook import BOOK
from vae_utils import load_colour_digits, select_device
from vae_utils.colour_digits import make_colour_digits
from vae_utils.data import TensorLoader

TRAIN, UNSEEN, CODES = 10_000, 1_000, 100
SURE = 0.9


def classifier(images: Tensor, labels: Tensor, epochs: int) -> nn.Module:
    """A small convolutional network, trained with Adam on images uint8 [N, 3, 32, 32]."""
    net = nn.Sequential(
        nn.Conv2d(3, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 64, 3, stride=2, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(1024, 10),
    ).to(images.device)  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(epochs):
        if epoch == epochs - 2:
            optimizer.param_groups[0]["lr"] = 3e-4
        for x, y in TensorLoader(images, labels, 128, shuffle=True, device=images.device):
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


def data(source: str) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Images [N, 3, 32, 32] with labels to train on, and images that are not trained on; uint8."""
    if source == "digits":
        train, (unseen, _) = make_colour_digits(TRAIN, UNSEEN)
        return train, unseen
    x, y = next(iter(load_colour_digits(TRAIN + UNSEEN, TRAIN + UNSEEN, source)))
    images = (255 * x).round().to(torch.uint8)
    return (images[:TRAIN], y[:TRAIN]), images[TRAIN:]


@torch.no_grad()
def drawn(generator: nn.Module, device: torch.device, count: int = 2_000) -> Tensor:
    """Images of random codes."""
    parts = [generator(torch.randn(250, CODES, device=device)) for _ in range(count // 250)]
    return torch.cat(parts)


def trained(options: argparse.Namespace, images: Tensor, labels: Tensor) -> nn.Module:
    """A generator after `train_wgan`; says how long that took."""
    names, device = BOOK.namespace(), images.device
    loader = TensorLoader(images, labels, options.batch, shuffle=True, device=device)
    networks = names["Generator"](CODES, options.width), names["Critic"](options.width)
    generator, critic = (made.to(device).to(memory_format=torch.channels_last) for made in networks)
    start = time.monotonic()
    losses = names["train_wgan"](
        generator, critic, loader, options.steps, options.critic_steps, options.lr
    )
    minutes = (time.monotonic() - start) / 60
    print(f"{options.steps} steps in {minutes:.1f} min, last loss {losses[-1]:.2f}", flush=True)
    made: nn.Module = generator.eval()
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=6000, help="of the generator")
    parser.add_argument("--critic-steps", type=int, default=2, help="before each of them")
    parser.add_argument("--lr", type=float, default=8e-4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--width", type=int, default=16, help="channels at 16 x 16 pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", choices=("digits", "svhn"), default="digits")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--picture", help="a file for 60 images")
    options = parser.parse_args()
    device = select_device(options.device)
    torch.manual_seed(options.seed)
    (images, labels), unseen = data(options.source)
    images, labels = images.to(device), labels.to(device)
    net = classifier(images, labels, epochs=8)
    print("images that were not trained on:", seen(net, unseen.to(device) / 255), flush=True)
    generator = trained(options, images, labels)
    print("generated:", seen(net, drawn(generator, device)))
    if options.picture:
        names = BOOK.namespace()
        names["show_images"](drawn(generator, device)[:60], 12).savefig(options.picture)


if __name__ == "__main__":
    main()
