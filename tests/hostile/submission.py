"""What a hostile submission is, and the small edits that most of them are made by.

The notebook that is edited solves two tasks, `sample_with_reparam` and `kl_divergence`, and leaves
the others untouched: 15 points, whatever is tried around them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.assignment import find
from autograder.release import reference
from tests.conftest import ROOT
from tests.samples import cell_of, method

SOLVED = ("sample_with_reparam", "kl_divergence")
HONEST = 15.0
WITHOUT_KL = 10.0
SECRET = "canary-5f1c0d"
"""Stands in every file and variable that no submission may read."""
Place = Callable[[Path], None]
"""Puts a submission into a student's folder."""


@dataclass(frozen=True)
class Hostile:
    """A submission that is up to no good, or that came to harm.

    score: the honest one; None where it cannot be graded. says: a pattern of what student and
    instructor are told. Tests without a pattern are about attempts that come to nothing.
    """

    name: str
    about: str
    score: float | None
    place: Place
    says: str = ""


@cache
def _base() -> NotebookNode:
    assignment = find("vae", ROOT)
    notebook, solved = copy.deepcopy(assignment.template), reference(assignment)
    for task in SOLVED:
        name = f"{task}_solution"
        cell_of(notebook, name).source = cell_of(solved, name).source
    return notebook


def base() -> NotebookNode:
    """A copy of the notebook with two tasks solved."""
    return copy.deepcopy(_base())


def raw() -> dict[str, Any]:
    """The same as JSON."""
    data: dict[str, Any] = json.loads(nbformat.writes(base()))
    return data


def write(data: bytes | str, name: str = "vae.ipynb") -> Place:
    """A file of these bytes."""

    def place(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    return place


def notebook(edit: Callable[[NotebookNode], Any]) -> Place:
    """The solved notebook after an edit."""

    def place(folder: Path) -> None:
        made = base()
        edit(made)
        (folder / "vae.ipynb").write_text(nbformat.writes(made))

    return place


def edited(edit: Callable[[dict[str, Any]], Any]) -> Place:
    """The same, edited as JSON, so that it need not stay a notebook."""

    def place(folder: Path) -> None:
        made = raw()
        edit(made)
        (folder / "vae.ipynb").write_text(json.dumps(made))

    return place


def cell(*lines: str, last: bool = False) -> Place:
    """One more cell, before the first task or at the end."""

    def edit(made: NotebookNode) -> None:
        first = made.cells.index(cell_of(made, "encoder_solution"))
        place = len(made.cells) if last else first
        made.cells.insert(place, nbformat.v4.new_code_cell("\n".join(lines)))

    return notebook(edit)


def kl(*lines: str, before: str = "") -> Place:
    """A KL of these lines; before: what stands in its cell above it."""

    def edit(made: NotebookNode) -> None:
        source = method("kl_divergence", ", mu, logsigma", *lines)
        cell_of(made, "kl_divergence_solution").source = f"{before}\n{source}"

    return notebook(edit)


def in_kl(line: str) -> Place:
    """A right KL that does something else first."""
    return kl(line, RIGHT_KL)


RIGHT_KL = "return 0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)"
WRONG_KL = "return (mu**2).sum(-1)"
