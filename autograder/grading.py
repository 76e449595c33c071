"""Grading one submission: a pure function of its bytes, the assignment and the seed."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

from nbformat.notebooknode import NotebookNode

from autograder.assignment import (
    Assignment,
    defined,
    grade_id,
    is_graded,
    is_solution,
    is_written,
    task_of,
)
from autograder.checks import rules_of
from autograder.judge import JudgeBroke, Judged, reports, run_checks
from autograder.known import Known
from autograder.results import Graded, ungraded
from autograder.sandbox.host import ZygoteFailed
from autograder.sandbox.policy import Policy
from autograder.sanitise import Clean, Refused, sanitise
from autograder.session import TIME_OUT, Cell, Session
from autograder.student import Ask
from autograder.verdicts import Report, State, WrittenAnswer
from vae_utils.calls import Call, Reply

LOCKED = "The locked cell {} was changed. Write in the marked cells, and leave the others."


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


def solutions(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells in which students write code."""
    return [cell for cell in notebook.cells if is_solution(cell) and cell.cell_type == "code"]


def written_answers(notebook: NotebookNode, assignment: Assignment) -> tuple[WrittenAnswer, ...]:
    """Which answers in words there are: nbgrader, too, gives 0 points to a cell as released."""
    given = {grade_id(cell): cell.source for cell in assignment.template.cells}
    sources = {grade_id(cell): cell.source for cell in notebook.cells if is_written(cell)}
    return tuple(
        WrittenAnswer(name, points, sources.get(name, given[name]) != given[name])
        for name, points in assignment.written.items()
    )


def broken_rules(clean: Clean, assignment: Assignment) -> dict[str, str]:
    """Tasks whose solution breaks a house rule, each with a sentence that names line and rule."""
    rules = rules_of(assignment)
    broken = {name: LOCKED.format(name) for name in clean.changed if rules.locked}
    for cell in solutions(clean.notebook):
        task = task_of(cell)
        if sentence := rules.broken(cell.source, task):
            broken[task] = sentence
    known = {task.name for task in assignment.tasks}
    return {task: sentence for task, sentence in broken.items() if task in known}


_IN_CELL = re.compile(r"<ipython-input-[^>\s]{0,60}>, (?=line \d)")
"""What IPython calls a cell means nothing to its author."""


def stopped_cells(notebook: NotebookNode, assignment: Assignment) -> dict[str, str]:
    """Functions whose cell ended with an exception, and which."""
    wanted = {grade_id(cell): defined(cell.source) for cell in assignment.template.cells}
    return {
        name: f"{output.ename}: {_IN_CELL.sub('', output.evalue)}"
        for cell in filter(is_solution, notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "error"
        for name in wanted.get(grade_id(cell), ())
    }


def _explaining(ask: Ask, stopped: dict[str, str]) -> Ask:
    """The same, saying of a function that is missing what stopped its cell."""

    def explained(call: Call) -> Reply:
        reply = ask(call)
        failure = reply.failure
        if failure and failure.kind == "Missing" and call.function in stopped:
            text = f"{failure.text}: its cell stopped with {stopped[call.function]}"
            return replace(reply, failure=replace(failure, text=text))
        return reply

    return explained


def judged_checks(
    clean: Clean,
    assignment: Assignment,
    seed: int,
    policy: Policy,
    known: dict[str, Known] | None = None,
) -> Judged:
    """Run the notebook walled in, its outputs going into it, then all checks but those of tasks
    that are known."""
    rules, broken = rules_of(assignment), broken_rules(clean, assignment)
    # A further import that the syntax tree shows has its price; other tasks may call the function.
    sources = [cell.source for cell in solutions(clean.notebook)]
    policy = policy.under(rules.with_packages(sources))
    with Session(runnable(clean.notebook, policy), policy) as session:
        stopped = stopped_cells(clean.notebook, assignment)
        ask = _explaining(session.ask, stopped)
        return run_checks(assignment, ask, seed, broken, known=known)


def _was_late(notebook: NotebookNode) -> bool:
    """Whether a task's cell ran out of time: what is missing then may be a busy machine's doing."""
    return any(
        output.get("ename") == TIME_OUT
        for cell in filter(is_solution, notebook.cells)
        for output in cell.get("outputs", [])
    )


def grade_clean(
    clean: Clean,
    assignment: Assignment,
    seed: int,
    policy: Policy,
    known: dict[str, Known] | None = None,
) -> Graded:
    """Run and judge a submission that could be read."""
    clean = replace(clean, notebook=copy.deepcopy(clean.notebook))
    try:
        found = judged_checks(clean, assignment, seed, policy, known).known
    except (JudgeBroke, ZygoteFailed) as error:
        report = ungraded(assignment, seed, State.INFRASTRUCTURE_FAULT, str(error), clean.notes)
        return Graded(report, clean.notebook)
    verdicts = reports(assignment, found)
    written = written_answers(clean.notebook, assignment)
    report = Report(assignment.name, seed, verdicts, notes=clean.notes, written=written)
    return Graded(report, clean.notebook, known={} if _was_late(clean.notebook) else found)


def grade(
    data: bytes,
    assignment: Assignment,
    seed: int,
    policy: Policy,
    known: dict[str, Known] | None = None,
) -> Graded:
    """Grade whatever was handed in. Never raises for what a student can cause.

    known: what was judged before of these bytes with this seed.
    """
    try:
        clean = sanitise(data, assignment.template)
    except Refused as refusal:
        report = ungraded(assignment, seed, State.REFUSED, str(refusal))
        return Graded(report, copy.deepcopy(assignment.template))
    return grade_clean(clean, assignment, seed, policy, known)
