"""`check` in the student's notebook: a first verdict from the tape, without the autograder."""

from __future__ import annotations

import linecache
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, is_graded
from tests.conftest import ROOT
from tests.samples import TASKS, cell_of, method
from vae_utils.calls import Call
from vae_utils.checking import CheckFailed
from vae_utils.tape import Entry, Tape, TapedCheck, TapeError, read, write


@pytest.fixture(scope="module")
def notebook_globals(solved: NotebookNode) -> dict[str, Any]:
    """The reference's definitions, as in a student's kernel."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    imports = next(c for c in solved.cells if "from vae_utils import" in c.source)
    model = next(c for c in solved.cells if "class VAE" in c.source)
    exec(imports.source, namespace)
    sizes = {"obs_dim": 784, "latent_dim": 32, "hidden_dim": 400, "batch_size": 128}
    namespace |= {**sizes, "device": torch.device("cpu")}
    exec(model.source, namespace)
    for task in TASKS:
        exec(cell_of(solved, f"{task}_solution").source, namespace)
    return namespace


@pytest.fixture
def beside_the_tape(vae: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(vae.tape, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _said(capsys: pytest.CaptureFixture[str], namespace: dict[str, Any], task: str) -> str:
    exec(f"check({task!r})", namespace)
    return capsys.readouterr().out


def _said_wrong(capsys: pytest.CaptureFixture[str], namespace: dict[str, Any], task: str) -> str:
    with pytest.raises(CheckFailed):
        exec(f"check({task!r})", namespace)
    return capsys.readouterr().out


def _redefined(namespace: dict[str, Any], source: str) -> dict[str, Any]:
    changed = {**namespace}
    changed["VAE"] = type("VAE", (namespace["VAE"],), {"__module__": "__main__"})
    exec(source, changed)
    return changed


@pytest.mark.parametrize("task", TASKS)
def test_the_reference_passes(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], notebook_globals: Any, task: str
) -> None:
    assert _said(capsys, notebook_globals, task).startswith(f"✓ {task}: passed (")


@pytest.fixture
def with_a_stub(notebook_globals: Any, released: NotebookNode) -> dict[str, Any]:
    """The reference, but for an untouched KL."""
    return _redefined(notebook_globals, cell_of(released, "kl_divergence_solution").source)


def test_a_stub_is_not_attempted_and_costs_nothing_more(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], with_a_stub: dict[str, Any]
) -> None:
    said = _said(capsys, with_a_stub, "kl_divergence")
    assert said == "○ kl_divergence: not attempted (0 of 5 points)\n"
    said = _said(capsys, with_a_stub, "elbo")
    assert said.startswith("✓ elbo: passed (15 of 15 points)\n")
    assert "right, given your own kl_divergence" in said


def test_what_is_wrong_and_rests_on_a_stub_is_not_attempted(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], with_a_stub: dict[str, Any]
) -> None:
    wrong = method("elbo", ", x", "return 3 * self.kl_divergence(*self.encoder(x))")
    said = _said(capsys, _redefined(with_a_stub, wrong), "elbo")
    assert said == "○ elbo: not attempted (0 of 15 points)\n    it stops in kl_divergence\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return mu.sum()", "it has shape [], [7] wanted"),
        ("return 0 * mu.sum(-1)", "(7 of 7 entries differ)"),
        ("return mu + nothing", "kl_divergence raised NameError"),
        ("return None", "it returned nothing (None)"),
        ("return mu.sum(-1),", "it returned a tuple of one value"),
        ("return mu.sum(-1).detach().numpy()", "it returned a NumPy array"),
    ],
)
def test_what_is_wrong_is_shown(
    beside_the_tape: Path,
    capsys: pytest.CaptureFixture[str],
    notebook_globals: Any,
    line: str,
    said: str,
) -> None:
    wrong = _redefined(notebook_globals, method("kl_divergence", ", mu, logsigma", line))
    shown = _said_wrong(capsys, wrong, "kl_divergence")
    assert "✗ kl_divergence: failed (0 of 5 points)" in shown and said in shown


INSIDE = method("kl_divergence", ", mu, logsigma", "import scipy", "return mu.sum(-1)")
ABOVE = "import numpy, scipy.special\n" + method("kl_divergence", ", mu, logsigma", "return mu")
BELOW = method("kl_divergence", ", mu, logsigma", "return mu") + "\nfrom scipy import stats"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (INSIDE, "line 3: No further imports, please: scipy"),
        (ABOVE, "line 1: No further imports, please: scipy.special"),
        (BELOW, f"line {BELOW.count(chr(10)) + 1}: No further imports, please: scipy"),
    ],
)
def test_a_broken_house_rule_is_told_before_handing_in(
    beside_the_tape: Path,
    capsys: pytest.CaptureFixture[str],
    notebook_globals: Any,
    source: str,
    said: str,
) -> None:
    wrong = _redefined(notebook_globals, source)
    filename = str(beside_the_tape / "cell.py")
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    exec(compile(source, filename, "exec"), wrong)
    shown = _said_wrong(capsys, wrong, "kl_divergence")
    assert "kl_divergence: rule broken (0 of 5 points)" in shown
    assert said in shown


def test_all_tasks_together_show_the_points_so_far(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], notebook_globals: Any
) -> None:
    stub = _redefined(notebook_globals, method("sample", ", n", "raise NotImplementedError()"))
    exec("check()", stub)
    shown = capsys.readouterr().out
    assert "60 of 70 points" in shown.splitlines()[0]
    assert "○ sample" in shown and "✓ embeddings" in shown


def test_the_name_of_a_function_finds_its_task(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], notebook_globals: Any
) -> None:
    assert _said(capsys, notebook_globals, "embed").startswith("✓ embeddings: passed")


def test_validation_fails_on_what_is_not_attempted(
    beside_the_tape: Path, notebook_globals: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    stub = _redefined(notebook_globals, method("sample", ", n", "raise NotImplementedError()"))
    with pytest.raises(CheckFailed, match="sample, 0 of 10 points: not attempted"):
        exec("check('sample')", stub)


def test_an_unknown_task_lists_the_known_ones(beside_the_tape: Path, notebook_globals: Any) -> None:
    with pytest.raises(ValueError, match=r"no task 'KL'.*kl_divergence"):
        exec("check('KL')", notebook_globals)


def test_a_notebook_without_its_tape_is_told_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    notebook_globals: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no .tape file" in _said(capsys, notebook_globals, "elbo")
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")  # which must not call that a success
    with pytest.raises(CheckFailed, match=r"no \.tape file"):
        exec("check('elbo')", notebook_globals)


def test_a_caret_for_a_power_is_a_mistake_and_not_an_untouched_task(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], notebook_globals: Any
) -> None:
    wrong = _redefined(
        notebook_globals, method("kl_divergence", ", mu, logsigma", "return (mu^2).sum(-1)")
    )
    assert "bitwise_xor" in _said_wrong(capsys, wrong, "kl_divergence")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return linear1(x), x", "write self.linear1"),
        ("return sigm(x), x", "Python does not know sigm: is it misspelt"),
    ],
)
def test_unknown_names_are_explained(
    beside_the_tape: Path,
    capsys: pytest.CaptureFixture[str],
    notebook_globals: Any,
    line: str,
    said: str,
) -> None:
    wrong = _redefined(notebook_globals, method("encoder", ", x", "print('here', len(x))", line))
    shown = _said_wrong(capsys, wrong, "encoder")
    assert said in shown
    assert "here 7" in shown  # what it printed before is not swallowed


def _tape_of(folder: Path, function: str, *args: Any) -> None:
    check = TapedCheck("a", "claim", 10.0, (Entry(Call(function, args), "answers", {}),))
    write(Tape("vae", {"encoder": (check,)}), folder / "a.tape")


def test_a_tape_calls_nothing_but_what_the_notebook_defines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    notebook_globals: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "victim").write_text("full")
    _tape_of(tmp_path, "open", "victim", "w")
    assert "`open` is not defined" in _said_wrong(
        capsys, {**notebook_globals, "open": open}, "encoder"
    )
    assert (tmp_path / "victim").read_text() == "full"


def test_a_tape_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    entry = Call("f", (torch.zeros(1),))
    check = TapedCheck("a", "claim", 10.0, (Entry(entry, "answers", {}),))
    tape = Tape("vae", {"encoder": (check,)})
    write(tape, tmp_path / "a.tape", recipe=lambda _: [1, [300_000_000], 0, 1, "float32"])
    with pytest.raises(TapeError, match="300000000"):
        read(tmp_path / "a.tape")
    with zipfile.ZipFile(tmp_path / "b.tape", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t0.npy", bytes(100 << 20))
    with pytest.raises(TapeError, match="unpacks to 100 MiB"):
        read(tmp_path / "b.tape")


def test_checking_leaves_the_students_random_numbers_alone(
    beside_the_tape: Path, capsys: pytest.CaptureFixture[str], notebook_globals: Any
) -> None:
    torch.manual_seed(1)
    expected = torch.randn(3)
    torch.manual_seed(1)
    _said(capsys, notebook_globals, "sample_with_reparam")
    assert torch.equal(torch.randn(3), expected)


def test_a_damaged_tape_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "vae.tape"
    path.write_bytes(b"not a tape")
    with pytest.raises(TapeError, match="not a readable tape"):
        read(path)


def test_students_need_neither_pytest_nor_the_autograder(vae: Assignment, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "vae_utils", tmp_path / "vae_utils")
    shutil.copy(vae.tape, tmp_path)
    source = (
        "import sys; sys.modules['autograder'] = sys.modules['pytest'] = None\n"
        "from vae_utils import check; check('kl_divergence')"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "CheckFailed" in done.stderr
    assert "there is no `VAE` in the notebook" in done.stdout


def test_the_tape_holds_no_formula_and_no_source(vae: Assignment, released: NotebookNode) -> None:
    import numpy as np

    with np.load(vae.tape, allow_pickle=False) as archive:
        text = archive["tape"].tobytes().decode()
    for name in ("logsigma", "torch.normal", "torch.distributions"):
        text = text.replace(name, "")
    for word in ("def ", "lambda", "import ", "torch.", "exp(", "log(", "return "):
        assert word not in text, word
    assert all(f'"{c.metadata.nbgrader.grade_id}"' in text for c in released.cells if is_graded(c))
