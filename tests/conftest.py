"""Fixtures that several test files share."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of small problems wait for each other

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.release import reference
from autograder.sandbox.policy import Policy
from autograder.session import Cell, Session
from autograder.verdicts import Report

ROOT = Path(__file__).resolve().parents[1]
# Stock nbgrader starts alembic and looks for it on PATH.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def vae() -> Assignment:
    """The assignment `vae` of this checkout."""
    return find("vae", ROOT)


@pytest.fixture(scope="session")
def released(vae: Assignment) -> NotebookNode:
    """The released notebook; copy before changing it."""
    return vae.template


@pytest.fixture(scope="session")
def solved(vae: Assignment) -> NotebookNode:
    """The reference notebook; copy before changing it."""
    return reference(vae)


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The default policy with shorter waits, so that tests of hanging code are short."""
    return replace(Policy(), call_seconds=3, cell_seconds=3, solution_cell_seconds=3)


@pytest.fixture(scope="module")
def walled(policy: Policy) -> Iterator[Session]:
    """A sandboxed kernel without any cells."""
    with Session([], policy) as session:
        yield session


def report_on(assignment: Assignment, policy: Policy, solutions: dict[str, str]) -> Report:
    """What the grader says of the reference with these solution cells in it."""
    from tests.samples import cell_of, handed_in

    notebook = handed_in(assignment.template, reference(assignment))
    for task, source in solutions.items():
        cell_of(notebook, f"{task}_solution").source = source
    return grade(nbformat.writes(notebook).encode(), assignment, 11, policy).report


def run(session: Session, source: str, seconds: float = 20.0) -> list[NotebookNode]:
    """Run source in a session's kernel and return its outputs."""
    cell = Cell(source, seconds, [])
    session._run(cell, keep=True)
    return cell.outputs


def notebook_bytes(*cells: NotebookNode) -> bytes:
    """A notebook of these cells as a file."""
    return nbformat.writes(nbformat.v4.new_notebook(cells=list(cells))).encode()
