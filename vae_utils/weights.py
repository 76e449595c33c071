"""Keeps a model's weights in a file: numbers only, so that a foreign file can run no code."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


class WeightsError(ValueError):
    """A file holds no weights for the model: what was found, and what to do."""


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write all weights of a model to a file, which is replaced as a whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    path = Path(path)
    state = {name: weight.detach().cpu() for name, weight in model.state_dict().items()}
    beside, data = path.with_name(f".{path.name}.{os.getpid()}"), io.BytesIO()
    torch.save(state, data)  # to memory: to a file, errors of the disk come out in other words
    try:
        beside.write_bytes(data.getbuffer())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load_weights(model: Model, path: str | Path) -> Model:
    """Put the weights of a file into a model of the same layers, and return it.

    A model that does not fit stays as it was.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: the file may not be read.
        WeightsError: the file is damaged, holds something else, or weights of another model.
    """
    path = Path(path)
    if path.is_dir():
        raise WeightsError(f"{path} is a folder: name the file in it.")
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file {path}: train the model and save its weights with "
            f'save_weights(model, "{path}") first.'
        )
    state = _read(path)
    _insist_on_fit(model, state, path)
    model.load_state_dict(_converted(model, state, path))
    return model


def _read(path: Path) -> dict[str, Tensor]:
    data = path.read_bytes()
    try:
        with warnings.catch_warnings(action="ignore"):  # about what is odd in other programs' files
            found = torch.load(_sound(data), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file does to the parsers of two formats
        # Not `from error`: what torch advises then is to run the code in the file.
        raise WeightsError(
            f"{path} cannot be read as weights: it is damaged, or another kind of file "
            f"({type(error).__name__}). Save the weights once more."
        ) from None
    if not isinstance(found, dict):
        raise WeightsError(_no_weights(path, f"a value of type {type(found).__name__}"))
    for name, weight in found.items():
        if not isinstance(weight, Tensor):
            said = f"an entry {name!r} of type {type(weight).__name__}"
            raise WeightsError(_no_weights(path, said))
    return dict(found)


def _sound(data: bytes) -> io.BytesIO:
    """torch's archive, written anew. torch itself does not look at the check sums in it: flipped
    bits would become other weights."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(made, "w") as copy:
        if sum(entry.file_size for entry in archive.infolist()) > len(data):
            raise zipfile.BadZipFile("torch packs nothing")
        for name in archive.namelist():
            copy.writestr(name, archive.read(name))
    made.seek(0)
    return made


def _no_weights(path: Path, found: str) -> str:
    return (
        f"{path} holds {found}, not the weights of a model by name. Save them with "
        "save_weights(model, path)."
    )


def _converted(model: nn.Module, state: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The weights in the number types of the model, before any of them is put in."""
    made = {}
    for name, weight in model.state_dict().items():
        if state[name].is_complex() or state[name].layout is not torch.strided:
            raise WeightsError(_no_weights(path, f"complex or sparse numbers as {name!r}"))
        made[name] = state[name].to(weight.dtype)
    return made


def _insist_on_fit(model: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    own = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    found = {name: tuple(weight.shape) for name, weight in state.items()}
    for name in {**own, **found}:
        if name not in found:
            raise WeightsError(_unlike(path, f"there is no {name} in the file"))
        if name not in own:
            raise WeightsError(_unlike(path, f"the model has no {name}"))
        if own[name] != found[name]:
            shapes = f"{name} is {list(found[name])} in the file, {list(own[name])} in the model"
            raise WeightsError(_unlike(path, shapes))


def _unlike(path: Path, difference: str) -> str:
    return (
        f"{path} holds the weights of another model: {difference}. Make the model with the sizes "
        "that it had when it was saved."
    )
