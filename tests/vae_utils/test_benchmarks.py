"""The benchmarks of the students' speed measure what they say, and run to the end."""

import json
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import epoch, pictures
from vae_utils.digits import make_digits

CPU = torch.device("cpu")


@pytest.fixture
def setting() -> epoch.Setting:
    (images, labels), _ = make_digits(300, 1)
    return epoch.Setting(images, labels, CPU)


def test_the_matrix_products_are_those_of_a_step() -> None:
    vae = epoch.reference_model(CPU)
    with FlopCounterMode(display=False) as counter:
        (-vae.elbo(torch.rand(128, 784)).mean()).backward()
    bare = list(epoch.products(vae, 128))
    operations = [2 * len(left) * right.numel() for left, right, _ in bare]
    assert sum(operations) == counter.get_total_flops()
    assert len(bare) == 5 + 5 + 4  # forward, for the weights, for the inputs but the first
    for left, right, product in bare:
        assert torch.mm(left, right, out=product).data_ptr() == product.data_ptr()


def test_every_side_makes_the_same_batches(setting: epoch.Setting) -> None:
    assert setting.sizes == [128, 128, 44]
    parts = setting.slices(2)
    assert [part.sizes for part in parts] == [[128, 128], [44]]
    assert torch.equal(torch.cat([part.images for part in parts]), setting.images)
    assert len(setting.slices(1)) == 1 and len(setting.slices(99)) == 3


def test_the_classic_loop_learns_what_ours_learns(
    setting: epoch.Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = []
    train = epoch.train
    monkeypatch.setattr(epoch, "train", lambda *a, **k: losses.extend(train(*a, **k)))
    epoch.ours(setting)()
    classic = epoch.classic(setting)()
    assert len(losses) == len(classic) == 3
    assert losses == pytest.approx(classic, rel=0.05)  # other weights, other noise, other order


def test_the_epochs_are_measured_compared_and_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "epoch.json"
    options = f"epoch --images 300 --repeats 1 --slices 2 --device cpu --json {out}"
    monkeypatch.setattr(sys, "argv", options.split())
    epoch.main()
    written = json.loads(out.read_text())
    sides = ["classic", "ours", "fixed batch", "elbo, backward", "layers", "matrix products"]
    assert list(written["times"]) == list(written["seconds"]) == sides
    assert all(len(times) == 2 and min(times) > 0 for times in written["seconds"].values())
    ours, bare = written["seconds"]["ours"], written["seconds"]["matrix products"]
    assert written["ratios"]["ours / matrix products"]["median"] == pytest.approx(
        (ours[0] / bare[0] + ours[1] / bare[1]) / 2
    )
    said = capsys.readouterr().out
    assert all(name in said for name in [*sides, "classic / ours", "ours / fixed batch"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_missing_gpu_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["epoch", "--device", "cuda"])
    with pytest.raises(SystemExit):
        epoch.main()
    assert "This machine has no usable 'cuda' device. It has: " in capsys.readouterr().err


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_a_graph_replays_the_step_as_the_floor(setting: epoch.Setting) -> None:
    there = epoch.Setting(setting.images, setting.labels, torch.device("cuda"))
    result = epoch.measure(there, repeats=1, slices=1)
    assert result["times"]["graph"]["median"] > 0
    assert "graph / ours" in result["ratios"]


@pytest.mark.slow
def test_every_picture_is_drawn_and_timed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "pictures.json"
    monkeypatch.setenv("MPLBACKEND", "Agg")  # which the benchmark sets, and this puts back
    monkeypatch.setattr(sys, "argv", f"pictures --points 60 --repeats 1 --json {out}".split())
    pictures.main()
    written = json.loads(out.read_text())
    assert all(len(times) == 1 and times[0] > 0 for times in written["seconds"].values())
    assert set(written["first"]) == set(written["median"]) == set(written["seconds"])
    names = {name.split(",")[0] for name in written["seconds"]}
    assert names >= {
        "visualize_mnist",
        "visualize_vae_samples",
        "plot_losses",
        "visualize_embeddings",
    }
    assert "under 5 s" in capsys.readouterr().out


def test_a_slow_picture_is_named() -> None:
    result = {
        "points": 1000,
        "limit": 5.0,
        "machine": "this one",
        "clock": "wall",
        "first": {"a": 1.0, "b": 9.0},
        "seconds": {"a": [1.0], "b": [6.0]},
        "median": {"a": 1.0, "b": 6.0},
    }
    assert "not under 5 s: b (" in pictures.table(result)
