"""The demo's sample submissions, made from the references by small edits, with honest scores.

python tests/samples.py FOLDER     make a course folder with everything to grade
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import autograder.lean  # noqa: F401  # isort: skip  # before nbformat
import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, find, grade_id, is_solution
from autograder.release import reference, refresh_sources

ROOT = Path(__file__).resolve().parents[1]
TASKS = (
    "encoder", "sample_with_reparam", "decoder", "kl_divergence", "elbo", "sample", "embeddings",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A submission: what it is, its honest score (None: refused), how to make it."""

    student: str
    about: str
    score: float | None
    make: Callable[[NotebookNode, NotebookNode], bytes]


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with that grade id."""
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def handed_in(released: NotebookNode, solved: NotebookNode) -> NotebookNode:
    """The released notebook with the reference's solutions typed into it."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        if is_solution(cell):
            source = cell_of(solved, grade_id(cell)).source
            cell.source = source.replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")
    return notebook


def _bytes(notebook: NotebookNode) -> bytes:
    return nbformat.writes(notebook).encode()


def method(name: str, arguments: str, *lines: str) -> str:
    """Source of a method cell."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"@add_to_class(VAE)\ndef {name}(self{arguments}):\n{body}\n"


def replaced(task: str, source: str) -> Callable[[NotebookNode, NotebookNode], bytes]:
    """Full marks but for one task."""

    def make(released: NotebookNode, solved: NotebookNode) -> bytes:
        notebook = handed_in(released, solved)
        cell_of(notebook, f"{task}_solution").source = source
        return _bytes(notebook)

    return make


def with_cell(source: str) -> Callable[[NotebookNode, NotebookNode], bytes]:
    """An untouched notebook with one more cell before the first task."""

    def make(released: NotebookNode, solved: NotebookNode) -> bytes:
        notebook = copy.deepcopy(released)
        place = notebook.cells.index(cell_of(notebook, "encoder_solution"))
        notebook.cells.insert(place, nbformat.v4.new_code_cell(source))
        return _bytes(notebook)

    return make


def _half_done(released: NotebookNode, solved: NotebookNode) -> bytes:
    notebook, done = copy.deepcopy(released), handed_in(released, solved)
    for task in ("encoder", "sample_with_reparam", "decoder"):
        name = f"{task}_solution"
        cell_of(notebook, name).source = cell_of(done, name).source
    return _bytes(notebook)


def _duplicated(released: NotebookNode, solved: NotebookNode) -> bytes:
    notebook = handed_in(released, solved)
    cell = cell_of(notebook, "kl_divergence_solution")
    again = copy.deepcopy(cell)
    again.id = "again"
    notebook.cells.insert(notebook.cells.index(cell) + 1, again)
    return _bytes(notebook)


_WRONG_KL = method(
    "kl_divergence", ", mu, logsigma",
    "return 0.5 * (mu**2 + torch.exp(logsigma) - 1 - logsigma).sum(-1)",
)  # fmt: skip
_SCALAR_ELBO = method(
    "elbo", ", x",
    "mu, logsigma = self.encoder(x)",
    "theta = self.decoder(self.sample_with_reparam(mu, logsigma))",
    'log_p = -F.binary_cross_entropy(theta, x, reduction="none").sum(-1)',
    "return (log_p - self.kl_divergence(mu, logsigma)).mean()",
)  # fmt: skip
_ENDLESS = method("kl_divergence", ", mu, logsigma", "while True:", "    pass")
_EXIT = method("kl_divergence", ", mu, logsigma", "import os", "os._exit(0)")
_PATCHES = """
import sys
import pytest

torch.allclose = lambda *args, **kwargs: True
torch.equal = lambda *args, **kwargs: True
torch.Tensor.__eq__ = lambda *args: torch.tensor(True)
pytest.main = lambda *args, **kwargs: 0
pytest.raises = lambda *args, **kwargs: None
for module in list(sys.modules.values()):
    if hasattr(module, "compare"):
        module.compare = lambda *args, **kwargs: None
"""
_READS = """
from pathlib import Path

loot = {}
for place in (Path.cwd(), *Path.cwd().parents, Path(SECRET)):
    for name in ("solutions/vae/vae.py", "gradebook.db", "autograder/checks/vae/elbo.py"):
        try:
            loot[name] = (place / name).read_bytes()
        except OSError as error:
            print(error)
for source in loot.values():
    print("STOLEN", len(source))
    exec(source)
""".replace("SECRET", repr(str(ROOT)))

_ROUGH_MEAN = """
def log_mean_exp(y):
    return y.exp().mean(dim=-1).log()
"""
_MEANS_BELOW = """
def samples_figure(model, count=10):
    theta = torch.sigmoid(model.decoder(torch.randn(count, 2))).detach()
    figure, axes = plt.subplots(2, count, squeeze=False)
    for column in range(count):
        show_digit(axes[0, column], sample_bernoulli(theta[column]))
        show_digit(axes[1, column], theta[column])
    return figure


def draws_figure(model, count=10, samples=3):
    raise NotImplementedError()
"""


_TWO_SIDED = """
def lp_reg(x, y, critic):
    t = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device)
    xhat = (t * x + (1 - t) * y).requires_grad_(True)
    (slopes,) = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).square().mean()
"""


def _solved(released: NotebookNode, solved: NotebookNode) -> bytes:
    return _bytes(handed_in(released, solved))


def _untouched(released: NotebookNode, _: NotebookNode) -> bytes:
    return _bytes(released)


SAMPLES = (
    Sample("ada", "full marks", 70, _solved),
    Sample("ben", "untouched", 0, _untouched),
    Sample("carla", "half done: three tasks", 30, _half_done),
    Sample("dan", "KL with log sigma for log variance", 65, replaced("kl_divergence", _WRONG_KL)),
    Sample("eva", "scalar ELBO", 55, replaced("elbo", _SCALAR_ELBO)),
    Sample("abe", "infinite loop in the KL", 65, replaced("kl_divergence", _ENDLESS)),
    Sample("gil", "patches torch.allclose and pytest", 0, with_cell(_PATCHES)),
    Sample("hal", "reads solutions/ and gradebook.db", 0, with_cell(_READS)),
    Sample("ian", "os._exit(0) inside the KL", 65, replaced("kl_divergence", _EXIT)),
    Sample("joy", "one duplicated cell", 70, _duplicated),
    Sample("kim", "not JSON", None, lambda r, s: b"\x50\x4b\x03\x04 this is no notebook"),
)
COURSE = {
    "vae": SAMPLES,
    "densities": (
        Sample("ada", "full marks", 50, _solved),
        Sample("ben", "untouched", 0, _untouched),
        Sample("dan", "log-mean-exp that underflows", 47, replaced("log_mean_exp", _ROUGH_MEAN)),
    ),
    "latent_space": (
        Sample("ada", "full marks but for two answers that a person reads", 48, _solved),
        Sample("dan", "means below samples, a picture missing", 43,
               replaced("samples_figure", _MEANS_BELOW)),
    ),
    "gans": (
        Sample("ada", "full marks but for an answer that a person reads", 48, _solved),
        Sample("dan", "a penalty for slopes below 1", 44, replaced("lp_reg", _TWO_SIDED)),
    ),
}  # fmt: skip
"""Of all assignments."""


def make_course(folder: Path) -> None:
    """A course folder: configuration, solutions, release and the samples in submitted/."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    # Converted references are left out, so that a course is the same whatever ran here before.
    for name, left in (("solutions", "*.ipynb*"), ("notebooks", "*.ipynb_*")):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(left))
    refresh_sources(folder)


def hand_in(assignment: Assignment, samples: tuple[Sample, ...] = SAMPLES) -> None:
    """Write the samples into the course's submitted/ folder."""
    released, solved = assignment.template, reference(assignment)
    for sample in samples:
        place = assignment.course / "submitted" / sample.student / assignment.name
        place.mkdir(parents=True)
        (place / f"{assignment.name}.ipynb").write_bytes(sample.make(released, solved))


def main(folder: str) -> None:
    """Make the demo's course."""
    course = Path(folder).resolve()
    make_course(course)
    about: dict[str, dict[str, object]] = {}
    for name, samples in COURSE.items():
        hand_in(find(name, course), samples)
        about[name] = {s.student: {"about": s.about, "honest score": s.score} for s in samples}
        print(f"{name}:")
        for sample in samples:
            honest = "refused" if sample.score is None else f"{sample.score:g} points"
            print(f"  {sample.student:6} {sample.about}: {honest} expected")
    (course / "samples.json").write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
