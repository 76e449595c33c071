"""The assignment `from_scratch`: graded in the sandbox, and nowhere does it need torch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.assignment import Assignment, find
from autograder.grading import grade
from autograder.release import reference
from autograder.sandbox.policy import Policy
from autograder.verdicts import Verdict
from tests.conftest import ROOT, report_on
from tests.samples import cell_of, handed_in

pytestmark = pytest.mark.slow
ENDLESS = "def compute_KL(encoder_output):\n    import time\n\n    time.sleep(10**6)\n"
IN_A_LOOP = """
def bernoulli_log_prob(targets, logits):
    return np.array([np.sum(x * l - np.logaddexp(0, l)) for x, l in zip(targets, logits)])
"""
BORROWED = """
from autograd.misc.optimizers import adam


def adam_step(weights, gradient, m, v, t, alpha=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return adam(lambda w, i: -gradient, weights, num_iters=1, step_size=alpha), m, v


def train(weights, batches, num_epochs):
    raise NotImplementedError()
"""
TORCH = """
def compute_KL(encoder_output):
    import torch
    mu, s = torch.from_numpy(encoder_output).chunk(2, -1)
    return (0.5 * (mu**2 + (2 * s).exp() - 2 * s - 1).sum(-1)).numpy()
"""
SEEKS = """
import sys
print("torch" in sys.modules, sorted(n for n in sys.modules if n.startswith("torch")))
"""
WITHOUT = """
import importlib.abc
import sys


class NoTorch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NoTorch())
"""
# What Python lacks in a browser (CPython's own build for WebAssembly), besides torch.
AS_IN_A_BROWSER = (
    WITHOUT
    + """
import os
import signal
import subprocess
import threading


def refused(*args, **options):
    raise OSError("there is none of this in a browser")


for module, name in (
    (threading, "_start_new_thread"), (threading, "_start_joinable_thread"),
    (os, "fork"), (os, "posix_spawn"), (subprocess.Popen, "__init__"),
    (signal, "setitimer"), (signal, "alarm"),
):
    if hasattr(module, name):
        setattr(module, name, refused)
for name in ("fcntl", "resource", "termios", "pyseccomp", "nbgrader", "nbformat", "seaborn"):
    sys.modules[name] = None  # importing it raises
"""
)


@pytest.fixture(scope="module")
def from_scratch() -> Assignment:
    """The assignment of this checkout."""
    return find("from_scratch", ROOT)


def test_the_reference_gets_full_marks(from_scratch: Assignment, policy: Policy) -> None:
    report = report_on(from_scratch, policy, {})
    assert {task.task: task.worst for task in report.tasks} == {
        task.name: None for task in from_scratch.tasks
    }
    assert report.score == 40


def test_the_untouched_notebook_is_unattempted(from_scratch: Assignment, policy: Policy) -> None:
    data = nbformat.writes(from_scratch.template).encode()
    report = grade(data, from_scratch, 11, policy).report
    assert report.score == 0
    assert {task.verdict for task in report.tasks} == {Verdict.UNATTEMPTED}


def test_house_rules_and_endless_functions_cost_only_their_own_points(
    from_scratch: Assignment, policy: Policy
) -> None:
    wrong = {"compute_KL": ENDLESS, "bernoulli_log_prob": IN_A_LOOP, "adam": BORROWED}
    report = report_on(from_scratch, policy, wrong)
    lost = {task.task: task.verdict for task in report.tasks if task.points < task.max_points}
    assert lost == {
        "compute_KL": Verdict.TIMED_OUT,
        "bernoulli_log_prob": Verdict.RULE_BROKEN,
        "adam": Verdict.RULE_BROKEN,
    }
    assert report.score == 20


def test_torch_may_not_help(from_scratch: Assignment, policy: Policy) -> None:
    report = report_on(from_scratch, policy, {"compute_KL": TORCH})
    verdicts = {task.task: task.verdict for task in report.tasks if task.points < task.max_points}
    assert verdicts == {"compute_KL": Verdict.RULE_BROKEN}


def test_its_kernels_come_from_a_process_without_torch(
    from_scratch: Assignment, policy: Policy
) -> None:
    notebook = handed_in(from_scratch.template, reference(from_scratch))
    cell_of(notebook, "adam_solution").source += SEEKS
    graded = grade(nbformat.writes(notebook).encode(), from_scratch, 11, policy)
    printed = cell_of(graded.notebook, "adam_solution").outputs[0].text
    assert printed == "False []\n"
    assert graded.report.score == 40


@pytest.mark.parametrize("lacking", [WITHOUT, AS_IN_A_BROWSER], ids=["no torch", "as in a browser"])
def test_the_whole_notebook_with_its_checks_runs_where_things_are_missing(
    from_scratch: Assignment, tmp_path: Path, lacking: str
) -> None:
    notebook = handed_in(from_scratch.template, reference(from_scratch))
    shutil.copy(from_scratch.tape, tmp_path)
    sources = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    (tmp_path / "run.py").write_text("\n\n".join((lacking, *sources)))
    here = {**os.environ, "VAE_UTILS_QUICK": "1", "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=tmp_path, env=here, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "40 of 40 points" in done.stdout
