"""Weights in a file come back as they were, or not at all, with a sentence; code never runs."""

from __future__ import annotations

import copy
import io
import os
import pickle
import sys
import traceback
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from torch import nn

from autograder.assignment import find, grade_id
from autograder.grading import runnable
from autograder.release import reference
from autograder.sandbox.policy import Policy
from autograder.session import Session
from tests.conftest import ROOT, run
from vae_utils import load_weights, save_weights
from vae_utils.weights import WeightsError

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256))


class _Model(nn.Module):
    """Two layers, and a buffer that is a whole number."""

    def __init__(self, width: int = 5) -> None:
        super().__init__()
        self.first = nn.Linear(7, width)
        self.second = nn.Linear(width, 3, bias=False)
        self.register_buffer("count", torch.tensor(3))


def _state(model: nn.Module) -> dict[str, torch.Tensor]:
    return copy.deepcopy(model.state_dict())


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good file."""
    save_weights(_Model(), tmp_path / "model.pt")
    return tmp_path / "model.pt"


def _must_refuse(path: Path, said: str, kind: type[Exception] = WeightsError) -> None:
    """With a sentence that names the file, and the model as it was."""
    model = _Model()
    before = _state(model)
    with pytest.raises(kind, match=said) as caught:
        load_weights(model, path)
    assert str(path) in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "weights_only" not in shown  # torch would advise to run what is in the file
    assert _same(_state(model), before)


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    model, other = _Model(), _Model()
    assert not _same(_state(model), _state(other))
    save_weights(model, tmp_path / "model.pt")
    assert load_weights(other, tmp_path / "model.pt") is other
    assert _same(_state(model), _state(other))
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_a_path_may_be_a_text_and_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, other = _Model(), _Model()
    save_weights(model, "latent_space.pt")
    assert _same(_state(load_weights(other, "latent_space.pt")), _state(model))


def test_what_is_saved_no_longer_changes_with_the_model(file: Path) -> None:
    model = _Model()
    save_weights(model, file)
    before = _state(model)
    with torch.no_grad():
        model.first.weight += 1
    assert _same(_state(load_weights(_Model(), file)), before)


def test_a_loaded_model_can_be_trained_on(file: Path) -> None:
    model = load_weights(_Model(), file)
    model.second(model.first(torch.ones(2, 7))).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_second_save_replaces_the_first(file: Path) -> None:
    model = _Model()
    save_weights(model, file)
    assert _same(_state(load_weights(_Model(), file)), _state(model))


@pytest.mark.parametrize("kept", [0, 1, 10, 100, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_is_refused(file: Path, kept: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(kept if kept >= 1 else kept * len(data))])
    _must_refuse(file, "cannot be read as weights: it is damaged, or another kind of file")


def test_no_flipped_byte_gives_other_weights(file: Path) -> None:
    data = file.read_bytes()
    right = _state(load_weights(_Model(), file))
    refused = 0
    for place, byte in enumerate(data):
        flipped = bytes([byte ^ (1 << place % 8)])
        file.write_bytes(data[:place] + flipped + data[place + 1 :])
        model = _Model()
        before = _state(model)
        try:
            load_weights(model, file)
        except WeightsError:
            refused += 1
            assert _same(_state(model), before)
        else:
            assert _same(_state(model), right), place
    assert refused > len(data) / 3


def _zip(**contents: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return data.getvalue()


def _npz() -> bytes:
    data = io.BytesIO()
    np.savez(data, weight=np.zeros(3))
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"epoch 1: loss 160\n" * 40, "Gewichte: größer".encode("latin-1"), PNG,
        _zip(a=b"no torch"), _zip(**{"x/data.pkl": b"nothing", "x/version": b"3"}), _npz(),
        b'{"cells": []}', b"\x80\x02", b"\x80\x05.", b"(lp0\n.", pickle.dumps(object), bytes(5000),
        np.random.default_rng(0).bytes(5000),
    ],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_a_file_of_another_kind_is_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    _must_refuse(file, "it is damaged, or another kind of file|not the weights of a model")


def test_an_archive_that_unpacks_to_more_than_it_is_is_refused(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(100 << 20))
    _must_refuse(file, "cannot be read as weights")


class _Evil:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = str(victim)

    def __reduce__(self) -> Any:
        return open, (self.victim, "w")


@pytest.mark.parametrize(
    "wrap", [lambda evil: evil, lambda evil: {"first.weight": evil}, lambda evil: [evil]]
)
@pytest.mark.parametrize("how", ["pickle", "torch", "torch as before 1.6"])
def test_code_in_a_file_never_runs(file: Path, wrap: Any, how: str) -> None:
    victim = file.with_name("victim")
    content = wrap(_Evil(victim))
    if how == "pickle":
        file.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=how == "torch")
    _must_refuse(file, "cannot be read as weights")
    assert not victim.exists()
    pickle.loads(pickle.dumps(wrap(_Evil(victim))))
    assert victim.exists()  # so it would have run


def test_the_whole_model_is_refused(file: Path) -> None:
    torch.save(_Model(), file)
    _must_refuse(file, "cannot be read as weights")


def _with(**changes: Any) -> dict[str, Any]:
    return {**_Model().state_dict(), **changes}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _Model().state_dict().items() if key != name}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_Model(6).state_dict(), r"first.weight is \[6, 7\] in the file, \[5, 7\] in the model"),
        (_without("second.weight"), "another model: there is no second.weight in the file"),
        (_with(third=torch.zeros(2)), "another model: the model has no third"),
        ({}, "another model: there is no count in the file"),
        (nn.Linear(7, 5).state_dict(), "there is no count in the file"),
        ({"state_dict": _Model().state_dict()}, "an entry 'state_dict' of type OrderedDict"),
        ({**_Model().state_dict(), "epoch": 3}, "holds an entry 'epoch' of type int, not"),
        (_with(count=3.0), "an entry 'count' of type float"),
        ({1: torch.zeros(2)}, "there is no count in the file"),
        ([torch.zeros(2)], "of type list, not the weights of a model by name"),
        (torch.zeros(2), "of type Tensor, not the weights"),
        (None, "of type NoneType, not the weights"),
        (_with(**{"first.weight": torch.zeros(5, 7, dtype=torch.cfloat)}), "complex or sparse"),
        (_with(**{"second.weight": torch.zeros(3, 5).to_sparse()}), "complex or sparse"),
    ],
)  # fmt: skip
def test_other_contents_are_named(file: Path, content: Any, said: str) -> None:
    torch.save(content, file)
    _must_refuse(file, said)


def test_numbers_of_another_width_fit(file: Path) -> None:
    model = _Model()
    torch.save({name: weight.double() for name, weight in model.state_dict().items()}, file)
    loaded = load_weights(_Model(), file)
    assert _same(_state(loaded), _state(model))
    assert loaded.first.weight.dtype is torch.float32


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    _must_refuse(tmp_path / "model.pt", "There is no file .*save_weights", FileNotFoundError)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    _must_refuse(tmp_path, "is a folder: name the file in it")
    model = _Model()
    (tmp_path / "model.pt").mkdir()
    with pytest.raises(OSError):
        save_weights(model, tmp_path / "model.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_a_file_that_may_not_be_read_is_not_called_damaged(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    file.chmod(0)
    if os.geteuid() == 0:  # who may read everything
        monkeypatch.setattr(Path, "read_bytes", denied)
    _must_refuse(file, "Permission denied", PermissionError)


def test_a_folder_that_is_not_there_is_the_systems_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save_weights(_Model(), tmp_path / "nowhere" / "model.pt")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = file.read_bytes()

    def half(path: Path, data: Any) -> int:
        with path.open("wb") as out:
            out.write(bytes(data)[:100])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(type(error)):
        save_weights(_Model(), file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["model.pt"]
    load_weights(_Model(), file)


def test_a_full_disk_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource
    import signal

    before, limits = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))
    try:
        with pytest.raises(OSError):
            save_weights(_Model(), file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert file.read_bytes() == before and len(list(file.parent.iterdir())) == 1


def test_weights_of_a_gpu_load_without_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _Model()
    with monkeypatch.context() as patch:  # as torch itself would save them there
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        torch.save(model.state_dict(), file)
    assert b"cuda:0" in file.read_bytes()
    loaded = load_weights(_Model(), file)
    assert _same(_state(loaded), _state(model))
    assert {weight.device.type for weight in loaded.state_dict().values()} == {"cpu"}


def test_what_is_saved_names_no_device_but_the_cpu(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        assert b"cpu" in archive.read(name)
    state = torch.load(file, weights_only=True)
    assert {weight.device.type for weight in state.values()} == {"cpu"}


SAVES = """
import torch.nn as nn
from vae_utils import load_weights, save_weights
model = nn.Linear(784, 500)
save_weights(model, "latent_space.pt")
again = load_weights(nn.Linear(784, 500), "latent_space.pt")
print((again.weight == model.weight).all().item())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
@pytest.mark.slow
def test_weights_can_be_kept_in_the_sandbox(walled: Session) -> None:
    outputs = run(walled, SAVES)
    assert [output.get("text") for output in outputs] == ["True\n"]


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
@pytest.mark.slow
def test_the_graded_notebook_shows_no_error_about_its_weights() -> None:
    notebook = reference(find("latent_space", ROOT))
    policy = Policy()
    with Session(runnable(notebook, policy), policy):
        pass
    cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
    assert cells["saving"].outputs == []
    assert "test ELBO of the loaded model: -" in cells["loading"].outputs[0].text
    errors = [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]
    assert errors == []
    nbformat.validate(notebook)
