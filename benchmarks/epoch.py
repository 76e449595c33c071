"""What one epoch costs: ours, the classic loop, and the work that no loop can avoid.

    python -m benchmarks.epoch [--repeats 5] [--device auto] [--threads N] [--clock wall] [--json F]

Every side makes the steps of an epoch over the same 60,000 images with the reference solution of
the assignment (784-400-32, batches of 128):

    classic          the loop of most tutorials: a `DataLoader` over torchvision's MNIST with
                     `ToTensor()`, image by image, plain Adam, `loss.item()` after each step
    ours             `vae_utils.train` over a `TensorLoader`
    fixed batch      elbo, backward and the same fused Adam on one batch that lies in memory: what
                     ours takes more is the loader and the loop
    elbo, backward   the same without Adam: the student's own functions and nothing of ours
    layers           the five layers without any formula of a VAE between them, backward and Adam:
                     what PyTorch takes for a network of these sizes, whoever writes the loss
    matrix products  only the products of the five layers, forward and backward, in the same shapes
                     and into tensors made before
    graph            (CUDA only) the kernels of a fixed batch, replayed by a CUDA graph: the floor
                     that a loop would reach if launching a kernel cost Python nothing

An epoch is cut into slices, each with a new model, and all sides run a slice before the next one
begins, so that a busy machine slows all of them alike. Times are those of a slice, as an epoch of
that pace; ratios are formed within a slice. The table shows medians and quartiles over all slices
of all repeats. `--slices 1` times whole epochs. `--clock processor --threads 1` counts the time of
this process alone, which other programs hardly change.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from tests.mutants.vae.notebook import namespace
from vae_utils import select_device, train
from vae_utils.data import TensorLoader
from vae_utils.digits import make_digits

BATCH, STEP_SIZE = 128, 1e-3
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
RATIOS = (
    ("classic", "ours"),
    ("ours", "matrix products"),
    ("elbo, backward", "matrix products"),
    ("layers", "matrix products"),
    ("ours", "fixed batch"),
    ("graph", "ours"),
)


@dataclass(frozen=True)
class Setting:
    """Images uint8 [N, 1, 28, 28] and labels [N] in the computer's memory, and where to train."""

    images: Tensor
    labels: Tensor
    device: torch.device

    @property
    def sizes(self) -> list[int]:
        """Images of each batch, the last one smaller."""
        return [len(rows) for rows in self.labels.split(BATCH)]

    def batch(self) -> Tensor:
        """The first batch [128, 784] as floats, on the device."""
        loader = TensorLoader(self.images[:BATCH], self.labels[:BATCH], BATCH, device=self.device)
        return next(iter(loader))[0].flatten(1)

    def slices(self, count: int) -> list[Setting]:
        """The same in at most `count` parts of whole batches."""
        size = BATCH * math.ceil(len(self.sizes) / count)
        pairs = zip(self.images.split(size), self.labels.split(size), strict=True)
        return [Setting(images, labels, self.device) for images, labels in pairs]


Run = Callable[[], object]


@cache
def _reference() -> dict[str, Any]:
    return namespace()


def reference_model(device: torch.device) -> Any:
    """A new model of the reference solution, in the notebook's sizes."""
    made = _reference()
    return made["VAE"](made["obs_dim"], made["latent_dim"], made["hidden_dim"]).to(device)


# The sides: each prepares an epoch, which is not timed, and returns what runs it.


class DrawnMNIST(MNIST):
    """torchvision's MNIST, every image through PIL, over images that need no download."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        # MNIST's own __init__ reads files; its parents only note the folder and the transform.
        super(MNIST, self).__init__(root="", transform=ToTensor())
        self.data, self.targets = images.squeeze(1), labels


def classic(setting: Setting) -> Run:
    images = DrawnMNIST(setting.images, setting.labels)
    loader: DataLoader[Any] = DataLoader(images, batch_size=BATCH, shuffle=True)
    vae = reference_model(setting.device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=STEP_SIZE)

    def run() -> list[float]:
        losses = []
        for x, _ in loader:
            loss = -vae.elbo(x.to(setting.device).flatten(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return run


def ours(setting: Setting) -> Run:
    loader = TensorLoader(
        setting.images, setting.labels, BATCH, shuffle=True, device=setting.device
    )
    vae = reference_model(setting.device)

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            train(vae, loader, epochs=1, lr=STEP_SIZE)

    return run


def fixed_batch(setting: Setting) -> Run:
    vae, x = reference_model(setting.device), setting.batch()
    # Fused as ours where it can be, so that the difference is the loop and not the optimiser.
    optimizer = torch.optim.Adam(vae.parameters(), lr=STEP_SIZE, fused=_can_fuse(setting.device))

    def run() -> None:
        for size in setting.sizes:
            _step(vae, x[:size], optimizer)

    return run


def elbo_and_backward(setting: Setting) -> Run:
    vae, x = reference_model(setting.device), setting.batch()

    def run() -> None:
        for size in setting.sizes:
            vae.zero_grad()
            (-vae.elbo(x[:size]).mean()).backward()

    return run


def layers(setting: Setting) -> Run:
    vae, x = reference_model(setting.device), setting.batch()
    optimizer = torch.optim.Adam(vae.parameters(), lr=STEP_SIZE, fused=_can_fuse(setting.device))

    def run() -> None:
        for size in setting.sizes:
            hidden = vae.linear1(x[:size]).relu()
            code = vae.linear21(hidden) + vae.linear22(hidden)
            optimizer.zero_grad()
            vae.linear4(vae.linear3(code).relu()).mean().backward()
            optimizer.step()

    return run


def matrix_products(setting: Setting) -> Run:
    operands = {
        size: list(products(reference_model(setting.device), size)) for size in set(setting.sizes)
    }

    def run() -> None:
        for size in setting.sizes:
            for left, right, product in operands[size]:
                torch.mm(left, right, out=product)

    return run


def graph(setting: Setting) -> Run:
    vae, x = reference_model(setting.device), setting.batch()
    optimizer = torch.optim.Adam(vae.parameters(), lr=STEP_SIZE, fused=True, capturable=True)
    replay = _captured(lambda: _step(vae, x, optimizer))

    def run() -> None:
        for _ in setting.sizes:
            replay()

    return run


SIDES: dict[str, Callable[[Setting], Run]] = {
    "classic": classic,
    "ours": ours,
    "fixed batch": fixed_batch,
    "elbo, backward": elbo_and_backward,
    "layers": layers,
    "matrix products": matrix_products,
}


def products(vae: nn.Module, batch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Left factor, right factor and room for the product: what one step multiplies.

    A linear layer of `n` inputs and `m` outputs multiplies [B, n] by [n, m] going forward, [m, B]
    by [B, n] for the gradient of its weight, and [B, m] by [m, n] for that of its input, which the
    first layer does without.
    """
    layers = [module for module in vae.modules() if isinstance(module, nn.Linear)]
    for number, layer in enumerate(layers):
        weight = layer.weight.detach()
        made = {"device": weight.device, "dtype": weight.dtype}
        x = torch.randn(batch, layer.in_features, **made)
        gradient = torch.randn(batch, layer.out_features, **made)
        yield x, weight.t(), torch.empty_like(gradient)
        yield gradient.t(), x, torch.empty_like(weight)
        if number:
            yield gradient, weight, torch.empty_like(x)


def _can_fuse(device: torch.device) -> bool:
    return device.type in ("cpu", "cuda")


def _step(vae: Any, x: Tensor, optimizer: torch.optim.Optimizer) -> None:
    loss = -vae.elbo(x).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _captured(step: Run) -> Run:
    """What replays the kernels of a step, which must not wait for the device."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # allocates, and chooses algorithms, before anything is recorded
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        step()
    return recorded.replay


# Timing


def measure(
    setting: Setting, repeats: int = 5, slices: int = 10, clock: str = "wall"
) -> dict[str, Any]:
    """Seconds an epoch of every side, by slice, and what one side takes of another."""
    sides = SIDES | ({"graph": graph} if setting.device.type == "cuda" else {})
    parts = setting.slices(slices)
    for side in sides.values():  # the first steps pay for allocations and start-up
        _pace(side, parts[0], clock)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for part in parts * repeats:
        for name, side in sides.items():
            seconds[name].append(_pace(side, part, clock) * len(setting.images))
    ratios = {f"{a} / {b}": _ratios(seconds[a], seconds[b]) for a, b in _pairs(sides)}
    times = {name: _spread(values) for name, values in seconds.items()}
    return {
        "images": len(setting.images),
        "batch": BATCH,
        "repeats": repeats,
        "slices": len(parts),
        "device": str(setting.device),
        "machine": _machine(setting.device),
        "clock": clock,
        "times": times,
        "images_per_second": {n: len(setting.images) / t["median"] for n, t in times.items()},
        "ratios": {name: _spread(values) for name, values in ratios.items()},
        "seconds": seconds,
    }


def _pace(side: Callable[[Setting], Run], setting: Setting, clock: str) -> float:
    """Seconds an image."""
    run, now = side(setting), CLOCKS[clock]
    wait = getattr(torch, setting.device.type).synchronize  # returns at once on the CPU
    wait()
    start = now()
    run()
    wait()
    return (now() - start) / len(setting.images)


def _pairs(sides: dict[str, Any]) -> list[tuple[str, str]]:
    return [pair for pair in RATIOS if set(pair) <= set(sides)]


def _ratios(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def _spread(values: list[float]) -> dict[str, float]:
    if len(values) == 1:
        values = values * 2
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": statistics.median(values), "lower": low, "upper": high}


def _machine(device: torch.device) -> str:
    name = torch.cuda.get_device_name() if device.type == "cuda" else platform.machine()
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def table(result: dict[str, Any]) -> str:
    heads = f"{'median':>9}{'quartiles':>18}"
    rows = [f"{'one epoch':<32}{heads}{'images/s':>11}"]
    for name, times in result["times"].items():
        rows.append(f"{_row(name, times, ' s')}{result['images_per_second'][name]:>11,.0f}")
    rows += ["", f"{'ratio':<32}{heads}"]
    rows += [_row(name, ratio, " x") for name, ratio in result["ratios"].items()]
    runs = f"{result['repeats']} repeats of {result['slices']} slices, {result['clock']} time"
    return "\n".join([*rows, "", f"{result['images']:,} images, {runs}, {result['machine']}"])


def _row(name: str, spread: dict[str, float], unit: str) -> str:
    return f"{name:<32}" + "".join(f"{figure:>7.2f}{unit}" for figure in spread.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="epochs of each side")
    parser.add_argument("--slices", type=int, default=10, help="of an epoch")
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--device", default="auto", choices=["auto", "cuda", "mps", "cpu"])
    parser.add_argument("--threads", type=int, help="of the CPU; by default PyTorch's choice")
    parser.add_argument("--clock", default="wall", choices=list(CLOCKS))
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    try:
        device = select_device(options.device)
    except RuntimeError as missing:
        parser.error(str(missing))
    if options.threads:
        torch.set_num_threads(options.threads)
    (images, labels), _ = make_digits(train_size=options.images)
    setting = Setting(images, labels, device)
    result = measure(setting, options.repeats, options.slices, options.clock)
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
