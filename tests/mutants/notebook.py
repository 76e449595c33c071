"""The reference notebook's definitions with solutions replaced, and the judge's word on them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from autograder.assignment import Assignment, find, grade_id, is_solution
from autograder.judge import run_checks
from autograder.release import reference
from autograder.student import Ask
from autograder.verdicts import TaskReport
from vae_utils.calls import evaluate

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


def student(solutions: dict[str, str] | None = None, untouched: bool = False) -> Ask:
    """A submission, answering calls in this process: the reference with `solutions` put in."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for name, code in _cells(untouched).items():
        exec((solutions or {}).get(name.removesuffix("_solution"), code), namespace)
        if name == "settings":
            exec(AROUND, namespace)
    return lambda call: evaluate(call, namespace)


def judged(ask: Ask, seed: int, *names: str) -> dict[str, TaskReport]:
    """Reports on the tasks of these names, on all of them where none is given."""
    tasks = tuple(task for task in assignment().tasks if not names or task.name in names)
    done = run_checks(tasks, ask, seed)
    return {
        task.name: TaskReport(
            task.name, task.points, tuple(item.result for item in done[task.name])
        )
        for task in tasks
    }
