"""A reference notebook's definitions with solutions replaced, and the judge's word on them."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import CodeType
from typing import Any, TypeVar

from nbformat.notebooknode import NotebookNode

from autograder.assignment import CHECKS, Assignment, find, grade_id, is_solution
from autograder.carried_forward import Done, fairest
from autograder.checks import Draw
from autograder.collecting import collected
from autograder.judge import done_with, losers, outcome, report
from autograder.release import reference
from autograder.student import Ask, Student
from autograder.verdicts import TaskReport
from vae_utils.evaluating import evaluate

Case = TypeVar("Case")
ROOT = Path(__file__).resolve().parents[2]
SEEDS = int(os.environ.get("PROOF_SEEDS", "4"))
"""That a right solution is tried with. `make proof` asks for a hundred, after a change of checks;
with more than two cores it need not take all night."""


def part(cases: Sequence[Case], step: int) -> list[Case]:
    """Each step-th case, where many take long and hold much the same; `make proof` takes all."""
    return list(cases if SEEDS >= 100 else cases[::step])


@dataclass(frozen=True)
class Book:
    """The notebook of an assignment.

    given: grade ids of the cells that solutions rest on. around: what stands for the cells of the
    settings and the data, run behind the cell `settings`. heavy: tasks that take long to judge.
    promised: how many named mistakes and how many right solutions there are to be at least.
    """

    name: str
    given: tuple[str, ...]
    around: str = ""
    heavy: tuple[str, ...] = ()
    promised: int = 0

    @cached_property
    def assignment(self) -> Assignment:
        """The assignment that this checkout holds."""
        return find(self.name, ROOT)

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """Names of all tasks."""
        return tuple(task.name for task in self.assignment.tasks)

    def _cells(self, untouched: bool) -> dict[str, CodeType]:
        """Compiled definition cells of the reference, or of the release, by grade id."""
        notebook = self.assignment.template if untouched else reference(self.assignment)
        return {
            name: compile(cell.source, name, "exec")
            for cell in notebook.cells
            if cell.cell_type == "code"
            and ((name := grade_id(cell)) in self.given or is_solution(cell))
        }

    @cached_property
    def _solved(self) -> dict[str, CodeType]:
        return self._cells(untouched=False)

    @cached_property
    def _released(self) -> dict[str, CodeType]:
        return self._cells(untouched=True)

    @cached_property
    def _heads(self) -> dict[str, dict[str, str]]:
        """The stubs without docstring and exception, by task and function."""
        return _functions(self.tasks, self.assignment.template, _head)

    @cached_property
    def _answers(self) -> dict[str, dict[str, str]]:
        """The functions of the reference."""
        return _functions(self.tasks, reference(self.assignment), ast.unparse)

    def body(self, task: str, lines: str, function: str = "") -> str:
        """The solution cell of a task from the lines that students write into its stub.

        function: which one, in a cell with several; the others are those of the reference.
        """
        inside = "".join(f"    {line}\n" for line in lines.strip("\n").split("\n"))
        heads = self._heads[task]
        assert function in heads or len(heads) == 1, f"{task} has several functions: name one"
        name = function or next(iter(heads))
        others = self._answers[task] if len(heads) > 1 else {}
        return "\n\n".join(({name: ""} | others | {name: heads[name] + inside}).values())

    def namespace(
        self, solutions: dict[str, str] | None = None, untouched: bool = False
    ) -> dict[str, Any]:
        """The globals of a notebook: the reference with `solutions` put in."""
        made: dict[str, Any] = {"__name__": "__main__"}
        for name, code in (self._released if untouched else self._solved).items():
            exec((solutions or {}).get(name.removesuffix("_solution"), code), made)
            if name == "settings":
                exec(self.around, made)
        return made

    def student(self, solutions: dict[str, str] | None = None, untouched: bool = False) -> Ask:
        """A submission, answering calls in this process."""
        made = self.namespace(solutions, untouched)
        return lambda call: evaluate(call, made)

    def checks_of(self, task: str) -> tuple[Callable[..., None], ...]:
        """The checks of a task, in their order."""
        return collected(CHECKS / self.name / f"{task}.py")

    def run(
        self,
        check: Callable[..., None],
        task: str,
        ask: Ask,
        seed: int,
        lost: frozenset[str] = frozenset(),
        replaced: frozenset[str] = frozenset(),
    ) -> Done:
        """One check, as the judge runs it."""
        draw = Draw(seed, f"{task}/{check.__name__}")
        student = Student(ask, draw, lost, replaced, self.assignment.signatures)
        problem = outcome(check, student, draw)
        return done_with(check, student, draw, problem)

    def judged(
        self, ask: Ask, seed: int, *names: str, lost: frozenset[str] | None = frozenset()
    ) -> dict[str, TaskReport]:
        """Reports on the tasks of these names, on all of them where none is given.

        As `autograder.judge` does, of some tasks only.

        lost: of some tasks only, other tasks that lost points; None: all others.
        """
        tasks = [task for task in self.assignment.tasks if not names or task.name in names]
        known = frozenset(self.tasks) if lost is None else lost

        def all_checks(task: str, lost: frozenset[str], replaced: frozenset[str]) -> list[Done]:
            checks = self.checks_of(task)
            return [self.run(check, task, ask, seed, lost, replaced) for check in checks]

        done: dict[str, list[Done]] = {}
        for task in tasks:
            done[task.name] = all_checks(task.name, known | losers(done), frozenset())
        known |= losers(done)
        for task in tasks:
            again = partial(all_checks, task.name, known)
            done[task.name] = fairest(done[task.name], known, again)
        return {task.name: report(task, done[task.name]) for task in tasks}

    def seeds(self, task: str, percent: float = 100) -> range:
        """As many seeds as are asked for (see `SEEDS`), fewer for a task that takes long."""
        count = max(1, round(SEEDS * percent / 100))
        return range(1000, 1000 + (max(count // 5, 1) if task in self.heavy else count))

    def wrong(
        self, task: str, *table: tuple[str, str | None, str], before: str = "", function: str = ""
    ) -> tuple[Wrong, ...]:
        """Wrong solutions from name, misconception and lines of each."""
        return tuple(
            Wrong(
                self,
                task,
                _full(name, function),
                self.body(task, before + lines, function),
                misconception,
            )
            for name, misconception, lines in table
        )

    def changed(
        self, task: str, function: str, lines: str, *table: tuple[str, str | None, str, str]
    ) -> tuple[Wrong, ...]:
        """Wrong solutions from name, misconception, what is changed in these lines, into what."""
        for _, _, old, _ in table:
            assert old in lines, old
        rows = ((name, known, lines.replace(old, new)) for name, known, old, new in table)
        return self.wrong(task, *rows, function=function)

    def right(
        self, task: str, *table: tuple[str, str], before: str = "", function: str = ""
    ) -> tuple[Right, ...]:
        """Right solutions from name and lines of each."""
        return tuple(
            Right(self, task, _full(name, function), self.body(task, before + lines, function))
            for name, lines in table
        )


def _full(name: str, function: str) -> str:
    """The name of a case, with the function of its cell, if there are several."""
    return f"{name} ({function})" if function else name


def _functions(
    tasks: tuple[str, ...], notebook: NotebookNode, show: Callable[[ast.FunctionDef], str]
) -> dict[str, dict[str, str]]:
    """What `show` makes of each function of each task, by the names of both."""
    cells = {grade_id(cell): cell.source for cell in notebook.cells}
    return {
        task: {
            node.name: show(node)
            for node in ast.parse(cells[f"{task}_solution"]).body
            if isinstance(node, ast.FunctionDef)
        }
        for task in tasks
    }


def _head(stub: ast.FunctionDef) -> str:
    given = stub.body[1:-1]  # between the docstring and the exception
    stub.body = [ast.Pass()]
    return ast.unparse(stub).removesuffix("    pass") + "".join(
        f"    {ast.unparse(line)}\n" for line in given
    )


@dataclass(frozen=True)
class Right:
    """A right solution cell of a task, in an unusual style."""

    book: Book
    task: str
    name: str
    source: str

    def __str__(self) -> str:
        return f"{self.book.name}, {self.task}: {self.name}"

    @property
    def ask(self) -> Ask:
        """The reference with this cell."""
        return self.book.student({self.task: self.source})


@dataclass(frozen=True)
class Wrong(Right):
    """A wrong solution cell: one mistake, and the name under which the judge should know it.

    The misconception None marks mistakes that no catalogue lists: they must fail all the same.
    """

    misconception: str | None = None
