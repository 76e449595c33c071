"""Importing the library is cheap, and every public name is found where the table says."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import vae_utils

ROOT = Path(vae_utils.__file__).parents[1]
BUDGET = 0.3  # seconds on top of torch


def python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def test_importing_the_package_loads_neither_torch_nor_a_drawing_library() -> None:
    heavy = "{'torch', 'numpy', 'matplotlib', 'seaborn', 'sklearn', 'torchvision', 'tqdm'}"
    assert python(f"import sys, vae_utils; print({heavy} & set(sys.modules))") == "set()\n"


def test_all_names_together_cost_little_more_than_torch() -> None:
    code = (
        "import time, torch; start = time.perf_counter()\n"
        "from vae_utils import *\n"
        "print(time.perf_counter() - start)"
    )
    # The best of three: a busy machine slows a run, nothing speeds one up.
    assert any(float(python(code)) < BUDGET for _ in range(3))


@pytest.mark.parametrize("name", vae_utils.__all__)
def test_every_public_name_is_listed_and_is_what_its_module_defines(name: str) -> None:
    value = getattr(vae_utils, name)
    assert callable(value)
    assert name in dir(vae_utils)
    assert value.__name__ == name
    assert value.__module__ == vae_utils._HOME[name]


def test_no_submodule_can_take_the_place_of_a_public_name() -> None:
    modules = [module.name for module in pkgutil.iter_modules(vae_utils.__path__)]
    assert set(modules).isdisjoint(vae_utils.__all__)
    for module in modules:
        importlib.import_module(f"vae_utils.{module}")
    assert inspect.isfunction(vae_utils.check)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'vae_utils' has no attribute 'trian'"):
        vae_utils.trian  # noqa: B018
