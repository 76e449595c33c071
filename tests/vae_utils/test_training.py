"""`train` is Adam on minus the mean ELBO, reads losses once an epoch and stops on nonsense."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vae_utils import train, training
from vae_utils.data import TensorLoader


@pytest.fixture
def loader() -> TensorLoader:
    images = torch.rand(50, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    return TensorLoader(images, torch.zeros(50, dtype=torch.int64), 20, shuffle=True)


class Line(nn.Module):
    """An "ELBO" without randomness: minus the squared distance of one weight to a target."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def elbo(self, x: Tensor) -> Any:
        return -((self.weight - 1) ** 2).expand(len(x))


def test_losses_and_weights_are_those_of_adam_on_minus_the_mean_elbo(
    vae: Any, loader: TensorLoader
) -> None:
    weights = {name: value.clone() for name, value in vae.state_dict().items()}
    torch.manual_seed(5)
    losses = train(vae, loader, epochs=2, lr=0.01)
    after = [p.detach().clone() for p in vae.parameters()]

    vae.load_state_dict(weights)
    torch.manual_seed(5)
    again = TensorLoader(loader.images, loader.labels, 20, shuffle=True)
    optimizer = torch.optim.Adam(vae.parameters(), lr=0.01)
    expected = []
    for x in [x.view(-1, 784) for _ in range(2) for x, _ in again]:
        optimizer.zero_grad()
        loss = -vae.elbo(x).mean()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(after, [p.detach() for p in vae.parameters()])


def test_there_is_one_python_float_a_step(loader: TensorLoader) -> None:
    losses = train(Line(), loader, epochs=4)
    assert len(losses) == 4 * len(loader) == 12
    assert all(type(loss) is float for loss in losses)


def test_no_epochs_mean_no_losses_and_no_change(loader: TensorLoader) -> None:
    line = Line()
    assert train(line, loader, epochs=0) == []
    assert line.weight.item() == 0


def test_an_elbo_that_is_one_number_trains_as_well(loader: TensorLoader) -> None:
    class Scalar(Line):
        def elbo(self, x: Tensor) -> Tensor:
            return super().elbo(x).mean()

    assert train(Scalar(), loader) == train(Line(), loader)


def test_each_epoch_prints_one_line_with_its_mean_loss_and_nothing_on_stderr(
    loader: TensorLoader, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = train(Line(), loader, epochs=2, lr=0.1)
    out, err = capsys.readouterr()
    # tqdm pads a line with spaces where the one that it overwrites was longer.
    lines = [line.split("\r")[-1].rstrip() for line in out.split("\n") if line]
    means = [sum(losses[:3]) / 3, sum(losses[3:]) / 3]
    assert [re.sub(r":.*(?=mean)", " ", line) for line in lines] == [
        f"epoch {epoch}/2 mean loss {mean:.2f}]" for epoch, mean in enumerate(means, 1)
    ]
    assert err == ""


def test_losses_are_read_from_the_device_once_an_epoch(
    loader: TensorLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    def watch(name: str) -> None:
        original = getattr(Tensor, name)

        def read(tensor: Tensor) -> Any:
            reads.append(name)
            return original(tensor)

        monkeypatch.setattr(Tensor, name, read)

    for name in ("tolist", "item", "__float__", "__bool__", "cpu", "numpy"):
        watch(name)
    train(Line(), loader, epochs=3)
    assert reads == ["tolist"] * 3


class Calls(TorchDispatchMode):
    """Notes the kernels that are called, also those that a method of a tensor calls inside."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2"}


def test_no_kernel_of_a_step_waits_for_its_device(vae: Any, loader: TensorLoader) -> None:
    with Calls() as calls:
        train(vae, loader, epochs=2)
    assert "addmm" in calls.names and not WAITING & set(calls.names)


def test_the_test_above_notices_a_loss_that_is_read_at_its_step(
    vae: Any, loader: TensorLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = training._step

    def reading(*args: Any) -> Tensor:
        loss = step(*args)
        return torch.full_like(loss, loss.item())

    monkeypatch.setattr(training, "_step", reading)
    with Calls() as calls:
        train(vae, loader, epochs=2)
    assert calls.names.count("_local_scalar_dense") == 6


def test_an_epoch_asks_no_number_of_a_device_that_has_none(
    vae: Any, loader: TensorLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tensors on "meta" have a shape and no values: whatever asks for one fails.
    monkeypatch.setattr(training, "_read", lambda steps: [0.0] * len(steps))
    there = TensorLoader(loader.images, loader.labels, 20, shuffle=True, device="meta")
    assert len(train(vae, there, epochs=2, device="meta")) == 6


def test_the_optimiser_is_one_fused_kernel_a_step_on_the_cpu(
    vae: Any, loader: TensorLoader
) -> None:
    with Calls() as calls:
        train(vae, loader, epochs=1)
    assert calls.names.count("_fused_adam_") == len(loader)


def test_a_loss_that_is_not_a_number_stops_with_the_step_in_the_sentence(
    loader: TensorLoader,
) -> None:
    class Broken(Line):
        steps = 0

        def elbo(self, x: Tensor) -> Tensor:
            self.steps += 1
            return super().elbo(x) * (float("nan") if self.steps == 5 else 1)

    broken = Broken()
    with pytest.raises(FloatingPointError, match="became nan in epoch 2/5, step 2 of 3"):
        train(broken, loader)
    assert broken.steps == 6  # the epoch was finished, the next one never began


def test_an_elbo_that_is_no_tensor_is_named(loader: TensorLoader) -> None:
    class Pair(Line):
        def elbo(self, x: Tensor) -> Any:
            return x.sum(1), x

    with pytest.raises(TypeError, match="must return a tensor, but returned 'tuple'"):
        train(Pair(), loader)


def test_a_device_moves_the_model_and_its_batches(loader: TensorLoader) -> None:
    seen = []

    class Watched(Line):
        def elbo(self, x: Tensor) -> Tensor:
            seen.append((x.device.type, self.weight.device.type))
            return (self.weight * x).sum(1)

    # No kernel runs on "meta", and only reading the losses would need one.
    with pytest.raises((NotImplementedError, RuntimeError)):
        train(Watched(), loader, epochs=1, device="meta")
    assert seen[0] == ("meta", "meta")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_training_works_on_cuda_with_batches_that_lie_there(vae: Any, loader: TensorLoader) -> None:
    there = TensorLoader(loader.images, loader.labels, 20, shuffle=True, device="cuda")
    losses = train(vae, there, epochs=20, lr=0.01, device="cuda")
    assert {p.device.type for p in vae.parameters()} == {"cuda"}
    assert losses[-1] < losses[0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_no_step_on_cuda_waits_for_it(
    vae: Any, loader: TensorLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = TensorLoader(loader.images, loader.labels, 20, shuffle=True, device="cuda")
    step = training._step

    def insisting(*args: Any) -> Tensor:
        torch.cuda.set_sync_debug_mode("error")
        try:
            return step(*args)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(training, "_step", insisting)
    assert len(train(vae, there, epochs=2, device="cuda")) == 6
