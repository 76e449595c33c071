"""What students get, unpacked into an environment of its own, and used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find
from autograder.bundle import write_bundle
from tests.conftest import ROOT
from tests.samples import TASKS, cell_of, handed_in

TEXTS = ("pyproject.toml", "environment.yml", "README.md")
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read("vae.ipynb", as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, "done.ipynb")
"""


@pytest.fixture(scope="module")
def bundle(vae: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(vae, folder / "students.zip")
    with zipfile.ZipFile(folder / "students.zip") as archive:
        archive.extractall(folder)
    return folder / "vae-course"


def test_it_holds_what_students_need_and_nothing_of_the_grader(bundle: Path) -> None:
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    library = {f"vae_utils/{path.name}" for path in (ROOT / "vae_utils").glob("*.py")}
    texts = {"README.md", "environment.yml", "pyproject.toml"}
    assert files == library | texts | {"notebooks/vae/vae.ipynb", "notebooks/vae/vae.tape"}
    for name in files - {"notebooks/vae/vae.tape", "notebooks/vae/vae.ipynb"}:
        text = (bundle / name).read_text()
        assert not re.search(r"import autograder|from autograder|BEGIN SOLUTION", text), name


def test_the_same_release_gives_the_same_bytes(vae: Assignment, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        write_bundle(vae, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_conda_and_pip_install_the_same(bundle: Path) -> None:
    conda = yaml.safe_load((bundle / "environment.yml").read_text())["dependencies"]
    pip = re.findall(r'^    "([\w-]+)', (bundle / "pyproject.toml").read_text(), re.MULTILINE)
    names = {re.match(r"[\w-]+", line)[0] for line in conda} - {"python", "pip"}
    same = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
    assert {same.get(name, name) for name in names} == set(pip)
    assert "torch" in pip and "pytest" not in pip


def test_an_assignment_in_numpy_does_not_ask_for_torch(tmp_path: Path) -> None:
    write_bundle(find("from_scratch", ROOT), tmp_path / "students.zip")
    with zipfile.ZipFile(tmp_path / "students.zip") as archive:
        texts = [archive.read(f"vae-course/{name}").decode() for name in TEXTS]
    assert all("autograd" in text and "torch" not in text.lower() for text in texts[:2])
    assert "PyTorch" not in texts[2]


def _environment(folder: Path) -> Path:
    """A fresh virtual environment that borrows the packages of this one, but not this checkout."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    inside = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    # Python 3.11 brings an older setuptools than the borrowed packages ask for.
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", "setuptools"], check=True)
    (Path(inside) / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


@pytest.mark.slow
def test_it_installs_and_its_checks_pass(
    bundle: Path, released: NotebookNode, solved: NotebookNode, tmp_path: Path
) -> None:
    python = _environment(tmp_path / "venv")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    clean |= {"VAE_UTILS_DATA": str(tmp_path), "VAE_UTILS_QUICK": "1"}
    install = ["-m", "pip", "install", "--no-index", "--no-build-isolation", str(bundle)]
    subprocess.run([python, *install], check=True, env=clean, capture_output=True)
    probe = "import vae_utils, importlib.util as u; print(vae_utils.__file__, %s)"
    probe %= "u.find_spec('autograder')"
    where = subprocess.run(
        [python, "-c", probe], env=clean, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split()
    assert where[0].startswith(str(tmp_path)) and where[1] == "None"

    folder = bundle / "notebooks" / "vae"
    nbformat.write(handed_in(released, solved), folder / "vae.ipynb")
    subprocess.run([python, "-c", RUN], check=True, env=clean, cwd=folder)
    done = nbformat.read(folder / "done.ipynb", as_version=4)
    for task in TASKS:
        said = cell_of(done, task).outputs[0].data["text/plain"]
        assert said.startswith(f"✓ {task}: passed"), said
    assert "70 of 70 points" in cell_of(done, "progress").outputs[0].data["text/plain"]
    assert sys.prefix not in where[0]
