"""`autograder replay`: the failing call of a submission, rebuilt from file, task and seed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment
from autograder.replay import replay
from autograder.sandbox.policy import Policy
from autograder.verdicts import CheckResult, Report, TaskReport, Verdict, one_line
from tests.samples import SAMPLES, cell_of, method
from vae_utils.replaying import FAILED, PASSED, Replay
from vae_utils.tape import read

from .mutants.vae.notebook import namespace

pytestmark = pytest.mark.slow
_WRONG = next(sample for sample in SAMPLES if sample.student == "dan")


def test_the_saved_calls_fail_the_wrong_function_and_pass_the_right_one(
    vae: Assignment, released: NotebookNode, solved: NotebookNode, policy: Policy, tmp_path: Path
) -> None:
    data = _WRONG.make(released, solved)
    replayed = replay(data, vae, "kl_divergence", 5, policy)
    assert [d.result.verdict for d in replayed.checks] == [Verdict.FAILED] * 3
    text = replayed.text()
    assert "call: kl_divergence(self = VAE(784, 32, 400)" in text
    assert "input: mu[0] = [" in text and "expected [0]:" in text and "yours [0]:" in text
    replayed.save(tmp_path / "kl.tape")
    tape = read(tmp_path / "kl.tape")
    assert Replay(tape, namespace()).task("kl_divergence").verdict == PASSED
    wrong = method(
        "kl_divergence",
        ", mu, logsigma",
        "return 0.5 * (mu**2 + torch.exp(logsigma) - 1 - logsigma).sum(-1)",
    )
    done = Replay(tape, namespace({"kl_divergence": wrong})).task("kl_divergence")
    assert done.verdict == FAILED
    assert done.outcomes[0].message == replayed.checks[0].result.message


def test_a_call_with_stand_ins_can_be_replayed(
    vae: Assignment, released: NotebookNode, solved: NotebookNode, policy: Policy, tmp_path: Path
) -> None:
    notebook = nbformat.reads(_WRONG.make(released, solved).decode(), as_version=4)
    cell = cell_of(notebook, "elbo_solution")
    cell.source = re.sub(r"- (self\.kl_divergence)", r"+ \1", cell.source)
    replayed = replay(nbformat.writes(notebook).encode(), vae, "elbo", 5, policy)
    first = replayed.checks[0].result
    assert first.misconception == "kl_added"
    assert first.message.startswith("with a stand-in for kl_divergence, entry [0] is")
    assert ", with stand-ins for kl_divergence, random numbers from" in replayed.text()
    replayed.save(tmp_path / "elbo.tape")
    wrong = namespace({"elbo": cell.source})
    assert Replay(read(tmp_path / "elbo.tape"), wrong).task("elbo").points == 0
    right = namespace({"kl_divergence": cell_of(notebook, "kl_divergence_solution").source})
    assert Replay(read(tmp_path / "elbo.tape"), right).task("elbo").outcomes[0].verdict == PASSED


def test_a_passed_task_has_no_call_to_save(
    vae: Assignment, released: NotebookNode, solved: NotebookNode, policy: Policy, tmp_path: Path
) -> None:
    replayed = replay(_WRONG.make(released, solved), vae, "decoder", 5, policy)
    with pytest.raises(LookupError, match="nothing to save"):
        replayed.save(tmp_path / "x.tape")
    with pytest.raises(LookupError, match=r"no task 'KL' in vae; there is: encoder"):
        replay(b"", vae, "KL", 5, policy)


def test_the_line_in_the_feedback_is_a_command_that_works(
    vae: Assignment, released: NotebookNode, solved: NotebookNode, tmp_path: Path
) -> None:
    file = tmp_path / "dan" / "vae.ipynb"
    file.parent.mkdir()
    file.write_bytes(_WRONG.make(released, solved))
    command = ["autograder", "check", str(file), "--assignment", "vae", "--seed", "5"]
    done = subprocess.run([*command, "--json", "-"], capture_output=True, text=True, check=True)
    tasks = {task["task"]: task for task in json.loads(done.stdout)["tasks"]}
    assert tasks["encoder"]["replay"] == ""
    line = tasks["kl_divergence"]["replay"]
    done = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True)
    assert tasks["kl_divergence"]["checks"][0]["message"] in done.stdout
    broken = shlex.split(line.replace("vae.ipynb", "nothing.ipynb"))
    done = subprocess.run([*broken, "--assignment", "vae"], capture_output=True, text=True)
    assert done.returncode == 2 and "nothing.ipynb" in done.stderr


def test_names_with_spaces_are_quoted_in_the_line() -> None:
    check = CheckResult("test_x", "claim", 1, Verdict.FAILED)
    task = TaskReport("kl_divergence", 1, (check,))
    report = Report("vae", 7, (task,), submission="submitted/a b/vae/vae.ipynb")
    assert shlex.split(report.replay(task))[2] == "submitted/a b/vae/vae.ipynb"
    assert Report.from_dict(report.as_dict()) == report


def test_the_feedback_holds_the_line_and_no_source_of_a_check(
    vae: Assignment, released: NotebookNode, solved: NotebookNode, tmp_path: Path
) -> None:
    from autograder.record import write_verdicts
    from autograder.sandbox.policy import default_policy
    from autograder.submissions import Submission
    from autograder.worker import judge_file

    file = tmp_path / "vae.ipynb"
    file.write_bytes(_WRONG.make(released, solved))
    graded = judge_file(Submission("dan", file), vae, default_policy(), 5)
    write_verdicts(graded.notebook, graded.report)
    text = nbformat.writes(graded.notebook)
    assert f"autograder replay {file} --task kl_divergence --seed 5" in text
    outputs = [str(cell.get("outputs", "")) for cell in graded.notebook.cells]
    for word in ("Misconception(", "forms.", "must_equal", "2 * logsigma) - 1"):
        assert not any(word in output for output in outputs), word
    assert shutil.which("autograder")


def test_saving_replaces_a_link_and_does_not_follow_it(
    vae: Assignment, released: NotebookNode, solved: NotebookNode, policy: Policy, tmp_path: Path
) -> None:
    replayed = replay(_WRONG.make(released, solved), vae, "kl_divergence", 5, policy)
    (tmp_path / "victim").write_text("full")
    (tmp_path / "kl.tape").symlink_to(tmp_path / "victim")
    replayed.save(tmp_path / "kl.tape")
    assert (tmp_path / "victim").read_text() == "full"
    assert "kl_divergence" in read(tmp_path / "kl.tape").tasks


def test_what_students_say_stays_on_its_line() -> None:
    forged = "no\n  \u2713 10/10 fake\x1b]0;owned\x07 \u202e" + "x" * 2000
    said = one_line(forged)
    assert said.startswith("no \u2713 10/10 fake ]0;owned x")
    assert len(said) <= 600
