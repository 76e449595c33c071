"""Grading one submission: a pure function of its bytes, the assignment and the seed."""

from __future__ import annotations

import copy
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, is_graded, is_solution
from autograder.judge import JudgeBroke, judge
from autograder.sandbox.host import ZygoteFailed
from autograder.sandbox.policy import Policy
from autograder.sanitise import Clean, Refused, sanitise
from autograder.session import Cell, Session
from autograder.verdicts import CheckResult, Report, State, TaskReport, Verdict

_SECRET = Path(".autograder") / "secret"


@dataclass(frozen=True)
class Graded:
    """The report and the notebook as it ran, with its outputs."""

    report: Report
    notebook: NotebookNode


def course_secret(course: Path) -> bytes:
    """The course's key for seeds, made at first use and kept out of the repository."""
    path = course / _SECRET
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes()


def seed_of(course: Path, student: str, assignment: str) -> int:
    """The seed of a submission: a regrade repeats exactly, and no student can predict it."""
    message = f"{student}\0{assignment}".encode()
    digest = hmac.new(course_secret(course), message, hashlib.sha256).digest()
    return int.from_bytes(digest[:6])


def runnable(notebook: NotebookNode, policy: Policy) -> list[Cell]:
    """Code cells to run, in order: not the graded ones. Their outputs go into the notebook."""
    cells = []
    for node in notebook.cells:
        if node.cell_type == "code":
            node.outputs, node.execution_count = [], None
            if node.source.strip() and not is_graded(node):
                limit = policy.solution_cell_seconds if is_solution(node) else policy.cell_seconds
                cells.append(Cell(node.source, limit, node.outputs))
    return cells


def grade_clean(clean: Clean, assignment: Assignment, seed: int, policy: Policy) -> Graded:
    """Run and judge a submission that could be read."""
    notebook = copy.deepcopy(clean.notebook)
    try:
        with Session(runnable(notebook, policy), policy) as session:
            tasks = judge(assignment, session.ask, seed)
    except (JudgeBroke, ZygoteFailed) as error:
        report = ungraded(assignment, seed, State.INFRASTRUCTURE_FAULT, str(error), clean.notes)
        return Graded(report, notebook)
    return Graded(Report(assignment.name, seed, tasks, notes=clean.notes), notebook)


def ungraded(
    assignment: Assignment, seed: int, state: State, reason: str, notes: tuple[str, ...] = ()
) -> Report:
    """A report without verdicts on the work: it could not be read, or the grader failed."""
    tasks = tuple(
        TaskReport(task.name, task.points, (_nothing(task.name, task.points),))
        for task in assignment.tasks
    )
    return Report(assignment.name, seed, tasks, state, reason, notes)


def _nothing(name: str, points: float) -> CheckResult:
    return CheckResult(name, "not graded", points, Verdict.UNATTEMPTED, "not graded")


def grade(data: bytes, assignment: Assignment, seed: int, policy: Policy) -> Graded:
    """Grade whatever was handed in. Never raises for what a student can cause."""
    try:
        clean = sanitise(data, assignment.template)
    except Refused as refusal:
        report = ungraded(assignment, seed, State.REFUSED, str(refusal))
        return Graded(report, copy.deepcopy(assignment.template))
    return grade_clean(clean, assignment, seed, policy)
