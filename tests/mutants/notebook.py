"""The reference notebook's definitions with solutions replaced, and the judge's word on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

from autograder.assignment import Assignment, find, grade_id, is_solution
from autograder.carried_forward import Done, fairest
from autograder.checks import Draw
from autograder.judge import done_with, losers, outcome, report
from autograder.release import reference
from autograder.student import Ask, Student
from autograder.verdicts import TaskReport
from vae_utils.evaluating import evaluate

ROOT = Path(__file__).resolve().parents[2]
SIGNATURES = {
    "encoder": "self, x",
    "sample_with_reparam": "self, mu, logsigma",
    "decoder": "self, z",
    "kl_divergence": "self, mu, logsigma",
    "elbo": "self, x",
    "sample": "self, num_samples",
    "embeddings": "vae, x",
}
GIVEN = ("imports", "settings", "model_class")
AROUND = """
device = torch.device("cpu")
train_loader = [(torch.rand(batch_size, 1, 28, 28), torch.zeros(batch_size)) for _ in range(12)]
"""


@cache
def assignment() -> Assignment:
    """The assignment that this checkout holds."""
    return find("vae", ROOT)


@cache
def _cells(untouched: bool = False) -> dict[str, CodeType]:
    """Compiled definition cells of the reference, or of the release, by grade id."""
    notebook = assignment().template if untouched else reference(assignment())
    return {
        name: compile(cell.source, name, "exec")
        for cell in notebook.cells
        if (name := grade_id(cell)) in GIVEN or is_solution(cell)
    }


def body(task: str, lines: str) -> str:
    """The solution cell of a task from the lines of its function."""
    name = {"embeddings": "embed"}.get(task, task)
    decorator = "" if task == "embeddings" else "@add_to_class(VAE)\n"
    inside = "".join(f"    {line}\n" for line in lines.strip("\n").split("\n"))
    return f"{decorator}def {name}({SIGNATURES[task]}):\n{inside}"


def namespace(solutions: dict[str, str] | None = None, untouched: bool = False) -> dict[str, Any]:
    """The globals of a notebook: the reference with `solutions` put in."""
    made: dict[str, Any] = {"__name__": "__main__"}
    for name, code in _cells(untouched).items():
        exec((solutions or {}).get(name.removesuffix("_solution"), code), made)
        if name == "settings":
            exec(AROUND, made)
    return made


def student(solutions: dict[str, str] | None = None, untouched: bool = False) -> Ask:
    """A submission, answering calls in this process: the reference with `solutions` put in."""
    made = namespace(solutions, untouched)
    return lambda call: evaluate(call, made)


@cache
def checks_of(task: str) -> tuple[Callable[..., None], ...]:
    """The checks of a task, in their order."""
    module = import_module(f"autograder.checks.vae.{task}")
    return tuple(check for name, check in vars(module).items() if name.startswith("test_"))


def run(
    check: Callable[..., None],
    task: str,
    ask: Ask,
    seed: int,
    lost: frozenset[str] = frozenset(),
    replaced: frozenset[str] = frozenset(),
) -> Done:
    """One check, as the judge's pytest runs it."""
    draw = Draw(seed, f"{task}/{check.__name__}")
    student = Student(ask, draw, lost, replaced, assignment().signatures)
    problem = outcome(check, student, {"student": student, "draw": draw})
    return done_with(check, student, draw, problem)


def judged(
    ask: Ask, seed: int, *names: str, lost: frozenset[str] | None = frozenset()
) -> dict[str, TaskReport]:
    """Reports on the tasks of these names, on all of them where none is given.

    Calls the checks as the judge's pytest does, without the 30 ms that pytest takes to start.

    lost: of some tasks only, other tasks that lost points; None: all others.
    """
    tasks = [task for task in assignment().tasks if not names or task.name in names]
    known = frozenset(t.name for t in assignment().tasks) if lost is None else lost

    def all_checks(task: str, lost: frozenset[str], replaced: frozenset[str]) -> list[Done]:
        return [run(check, task, ask, seed, lost, replaced) for check in checks_of(task)]

    done: dict[str, list[Done]] = {}
    for task in tasks:
        done[task.name] = all_checks(task.name, known | losers(done), frozenset())
    known |= losers(done)
    for task in tasks:
        again = partial(all_checks, task.name, known)
        done[task.name] = fairest(done[task.name], known, again)
    return {task.name: report(task, done[task.name]) for task in tasks}
