"""House rules: found in the syntax tree, and again where only running shows them."""

from __future__ import annotations

import re

import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment
from autograder.checks import rules_of
from autograder.grading import broken_rules, grade
from autograder.sandbox.policy import Policy
from autograder.sanitise import Clean
from autograder.session import Session
from autograder.verdicts import Verdict
from tests.conftest import run
from tests.samples import method, replaced
from vae_utils.rules import Rules

RULES = Rules(("torch", "numpy"), ("torch.distributions",), no_loops=("kl",))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\nimport scipy.stats", "line 2: No further imports, please: scipy.stats"),
        ("from scipy.stats import norm", "line 1: No further imports"),
        ("def f():\n    import pandas", "line 2: No further imports"),
        ("import torch.distributions as d", "line 1: torch.distributions is forbidden"),
        ("from torch import distributions", "line 1: torch.distributions is forbidden"),
        ("from torch.distributions.normal import Normal", "torch.distributions.normal is forb"),
        ("x = torch.distributions.Normal(0, 1)", "line 1: torch.distributions.* is forbidden"),
        ("import importlib", "line 1: No further imports, please: importlib"),
        ("\nn = importlib.import_module('scipy.stats')", "line 2: No further imports"),
        ("n = __import__('scipy.stats').norm", "line 1: No further imports, please: __import__"),
        ("for row in x: pass", "line 1: No loop over the batch"),
        ("\ny = [f(row) for row in x]", "line 2: No loop over the batch"),
        ("B, D = x.shape\nfor i in range(B): pass", "line 2: No loop over the batch"),
        ("for i in range(batch_size): pass", "line 1: No loop over the batch"),
        ("while True: pass", "line 1: No loop over the batch"),
        ("for i in range(len(x)): pass", "line 1: No loop over the batch"),
        ("for i in range(x.shape[0]): pass", "line 1: No loop over the batch"),
        ("while i < len(x): pass", "line 1: No loop over the batch"),
        ("for i in range(x.size()[0]): pass", "line 1: No loop over the batch"),
        ("for i in range(x.size(0)): pass", "line 1: No loop over the batch"),
        ("y = [f(a, b) for a, b in zip(x, y)]", "line 1: No loop over the batch"),
        ("y = [f(a) for a in (*x, 1)]", "line 1: No loop over the batch"),
    ],
)
def test_a_breach_is_named_with_its_line(source: str, said: str) -> None:
    assert re.match(said, RULES.broken(source, "kl")) or said in RULES.broken(source, "kl")


@pytest.mark.parametrize(
    "source",
    [
        "# torch.distributions, import scipy, for x in y",
        "'''torch.distributions.Normal'''\n'import scipy'",
        "import torch.nn as nn, numpy as np\nimport math, functools, itertools",
        "from . import something",
        "distributions = 1; torch.distribution = 2",
        "def broken(:",
        "%timeit x",
        "shape = [len(x)] + [1 for d in x.shape[1:]]",
        "t = t.view(-1, *(1 for _ in x.size()[1:]))",
        "while t.dim() < x.dim():\n    t = t.unsqueeze(-1)",
        "for _ in range(x.ndim - 1):\n    t = t[..., None]",
        "for _ in range(len(x.shape) - 1):\n    t = t[..., None]",
        "y = sum(np.sum(part, axis=1) for part in (x * l, -np.logaddexp(0, l)))",
        "for W, b in gen_params[:-1]:\n    h = h @ W + b",
        "for p in critic.parameters():\n    p.requires_grad_(True)",
        "for j in range(x.shape[1] // 2):\n    s = s + x[:, j]",
        "L = x.shape[1] // 2\nfor j in range(L):\n    s = s + x[:, j]",
        "B, D = x.shape\nfor j in range(D):\n    s = s + x[:, j]",
        "for j in range(x.size(1)):\n    s = s + x[:, j]",
        "for j in range(latent_dim):\n    s = s + x[:, j]",
        "for j in range(len(gen_params)):\n    s = s + x[:, j]",
        "for _ in range(5):\n    y = f(y)",
        "",
    ],
)
def test_a_mention_or_a_harmless_import_is_no_breach(source: str) -> None:
    assert RULES.broken(source, "kl") == ""


def test_what_one_solution_imports_openly_lets_nothing_else_through() -> None:
    rules = RULES.with_packages(["import scipy.stats", "def broken(:", "x = 1"])
    assert rules.allow("scipy.stats") and rules.allow("torch")
    assert not rules.allow("pandas") and not rules.allow("torch.distributions")
    assert Rules().with_packages(["import scipy"]) == Rules()


def test_loops_are_forbidden_only_where_the_assignment_says_so() -> None:
    assert RULES.broken("for row in x: pass", "encoder") == ""


def test_the_reference_breaks_no_rule(vae: Assignment, solved: NotebookNode) -> None:
    assert broken_rules(Clean(solved), vae) == {}
    assert "torch.distributions" in rules_of(vae).forbidden


@pytest.mark.parametrize(("locked", "lost"), [(True, {"encoder"}), (False, set())])
def test_a_changed_locked_cell_costs_its_task_where_the_rules_say_so(
    vae: Assignment,
    solved: NotebookNode,
    monkeypatch: pytest.MonkeyPatch,
    locked: bool,
    lost: set[str],
) -> None:
    monkeypatch.setattr("autograder.checks.vae.RULES", Rules(locked=locked))
    broken = broken_rules(Clean(solved, changed=("encoder", "training")), vae)
    assert set(broken) == lost
    assert all("The locked cell encoder was changed." in said for said in broken.values())


_USE = "return d.kl_divergence(d.Normal(mu, logsigma.exp()), d.Normal(0 * mu, 0 * mu + 1)).sum(-1)"
_RIGHT = "return 0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)"
_TRICKS = {
    "named": ("d = torch.distributions", _USE),
    "getattr": ("d = getattr(torch, 'distri' + 'butions')", _USE),
    "importlib": (
        "import importlib",
        "d = importlib.import_module('torch.distri' + 'butions')",
        _USE,
    ),
    "found among the modules": (
        "import sys",
        "d = sys.modules['importlib'].import_module('torch.distri' + 'butions')",
        _USE,
    ),
    "imported anew": (
        "import sys",
        "[sys.modules.pop(m) for m in list(sys.modules) if m.startswith('torch.distri')]",
        "d = sys.modules['importlib'].import_module('torch.distri' + 'butions')",
        _USE,
    ),
    "searched": (
        "def below(c): return [c] + [x for s in type.__subclasses__(c) for x in below(s)]",
        "N = [c for c in below(object) if c.__module__ == 'torch.distri' + 'butions.normal'][0]",
        "log = lambda m, s, z: N(m, s).log_prob(z)",
        "z = mu + logsigma.exp()",
        "log(mu, logsigma.exp(), z)",
        _RIGHT,
    ),
    "imported by name": ("__import__('scipy.stats')", _RIGHT),
}


def _kl(vae: Assignment, solved: NotebookNode, policy: Policy, *lines: str):
    data = replaced("kl_divergence", method("kl_divergence", ", mu, logsigma", *lines))
    report = grade(data(vae.template, solved), vae, 5, policy).report
    return next(task for task in report.tasks if task.task == "kl_divergence"), report


@pytest.mark.slow
@pytest.mark.parametrize("trick", _TRICKS)
def test_no_trick_reaches_what_is_forbidden(
    vae: Assignment, solved: NotebookNode, policy: Policy, trick: str
) -> None:
    task, _ = _kl(vae, solved, policy, *_TRICKS[trick])
    assert task.points == 0
    honest = {"imported anew": Verdict.CRASHED, "searched": Verdict.CRASHED}
    assert task.verdict is honest.get(trick, Verdict.RULE_BROKEN), task
    if task.verdict is Verdict.RULE_BROKEN:
        assert re.search(r"line \d", task.hint) and re.search("forbidden|No further", task.hint)


@pytest.mark.slow
def test_a_further_import_costs_its_own_task_only(
    vae: Assignment, solved: NotebookNode, policy: Policy
) -> None:
    task, report = _kl(vae, solved, policy, "import scipy.stats", _RIGHT)
    assert task.verdict is Verdict.RULE_BROKEN and report.score == 65
    task, report = _kl(vae, solved, policy, "import math, functools, numpy as np", _RIGHT)
    assert report.score == 70


@pytest.mark.slow
def test_torch_works_without_its_distributions(policy: Policy) -> None:
    rules = Rules(forbidden=("torch.distributions",))
    source = (
        "import torch; m = torch.nn.Linear(2, 2); torch.optim.Adam(m.parameters()).step()\n"
        "print(torch.bernoulli(torch.ones(2)), torch.normal(0.0, torch.ones(2)).shape,\n"
        "      torch.nn.functional.gumbel_softmax(torch.ones(2, 2)).shape)"
    )
    with Session([], policy.under(rules)) as session:
        (said,) = run(session, source)
        assert "tensor([1., 1.])" in said.text
