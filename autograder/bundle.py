"""Packs what students get into one file: notebook, tape, library, environment, a page to read."""

from __future__ import annotations

import importlib.metadata
import re
import zipfile
from pathlib import Path

import jinja2

import vae_utils
from autograder.assignment import Assignment
from autograder.checks import rules_of

_GRADERS = {"jupytext", "rich", "jinja2", "pytest", "pyseccomp"}
"""Dependencies that only grading has a use for."""
_FRAMEWORKS = {"torch": "torch", "torchvision": "torch", "autograd": "autograd"}
"""What only assignments need whose rules name that package."""
_CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
_WHEN = (2026, 1, 1, 0, 0, 0)  # the same contents give the same file

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.25"]
build-backend = "hatchling.build"

[project]
name = "vae-utils"
version = "{version}"
description = "What the notebooks of the VAE course import"
requires-python = ">=3.11"
dependencies = [
{dependencies}
]

[tool.hatch.build.targets.wheel]
packages = ["vae_utils"]
"""
_CONDA = """\
name: vae-course
channels:
  - conda-forge
dependencies:
  - python >=3.11
  - pip
{dependencies}
"""


def _requirements(assignment: Assignment) -> list[tuple[str, str]]:
    """Name and versions of what the library and the notebook need."""
    packages = rules_of(assignment).packages
    unused = {name for name, of in _FRAMEWORKS.items() if packages and of not in packages}
    lines = importlib.metadata.requires("vae-course-kit") or []
    pairs = (re.match(r"([\w-]+)\s*([^;]*)", line) for line in lines if "extra ==" not in line)
    return sorted((m[1], m[2].strip()) for m in pairs if m and m[1] not in _GRADERS | unused)


def _texts(assignment: Assignment) -> dict[str, str]:
    needed = _requirements(assignment)
    torch = any(name == "torch" for name, _ in needed)
    version = importlib.metadata.version("vae-course-kit")
    pip = "\n".join(f'    "{name}{versions}",' for name, versions in needed)
    conda = "\n".join(f"  - {_CONDA_NAMES.get(name, name)} {versions}" for name, versions in needed)
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    page = jinja2.Environment(loader=loader, keep_trailing_newline=True).get_template(
        "students.md.j2"
    )
    return {
        "README.md": page.render(title=_title(assignment), name=assignment.name, torch=torch),
        "pyproject.toml": _PROJECT.format(version=version, dependencies=pip),
        "environment.yml": _CONDA.format(dependencies=conda),
    }


def _title(assignment: Assignment) -> str:
    """The notebook's first heading."""
    first = assignment.template.cells[0].source.splitlines()[0]
    return first.lstrip("# ")


def _files(assignment: Assignment) -> dict[str, bytes]:
    library = Path(vae_utils.__file__).parent
    found = {name: text.encode() for name, text in _texts(assignment).items()}
    for path in sorted(library.glob("*.py")):
        found[f"vae_utils/{path.name}"] = path.read_bytes()
    for path in (assignment.released, assignment.tape):
        found[f"notebooks/{assignment.name}/{path.name}"] = path.read_bytes()
    return found


def write_bundle(assignment: Assignment, path: Path) -> None:
    """Write the bundle of a released assignment; nothing of the grader is in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_files(assignment).items()):
            archive.writestr(zipfile.ZipInfo(f"vae-course/{name}", _WHEN), data)
