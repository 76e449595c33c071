"""Checks are collected once, by pytest, and what the judge cannot run is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autograder.assignment import Assignment, Task
from autograder.collecting import NoChecks, collected
from autograder.judge import JudgeBroke, run_checks
from vae_utils.calls import Call, Reply

_HEAD = "import pytest\nfrom autograder.checks import worth\n\n"
_UNUSABLE = {
    "cannot be imported": ("import no_such_module\n", "no_such_module"),
    "no checks": ("def helper():\n    pass\n", "holds no checks"),
    "no points": ("def test_it(student):\n    pass\n", "test_it carries no points"),
    "a fixture of its own": ("@worth(1)\ndef test_it(tmp_path):\n    pass\n", "takes tmp_path"),
    "marks": ("@pytest.mark.skip\n@worth(1)\ndef test_it():\n    pass\n", "has pytest marks"),
}


def _written(folder: Path, name: str, source: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(_HEAD + source)
    return path


@pytest.mark.parametrize("fault", _UNUSABLE)
def test_a_file_that_the_judge_cannot_run_is_refused(tmp_path: Path, fault: str) -> None:
    source, said = _UNUSABLE[fault]
    path = _written(tmp_path, f"unusable_{fault.replace(' ', '_')}", source)
    with pytest.raises(NoChecks, match=said):
        collected(path)


def test_checks_come_in_the_order_of_their_file_and_are_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "@worth(2)\ndef test_z(draw):\n    pass\n\n\n@worth(1)\ndef test_a(student):\n    pass\n"
    )
    path = _written(tmp_path, "in_order", source)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")  # settings of whoever started us
    first = collected(path)
    assert [check.__name__ for check in first] == ["test_z", "test_a"]
    assert collected(path) is first


def test_a_check_that_breaks_before_it_asks_is_no_fault_of_the_student(tmp_path: Path) -> None:
    path = _written(tmp_path, "breaks", "@worth(1)\ndef test_it(student):\n    1 / 0\n")
    made = Assignment("made", tmp_path)
    vars(made).update(tasks=(Task("breaks", 1.0, path),), signatures={})

    def ask(call: Call) -> Reply:
        raise AssertionError(f"{call.function} was called")

    with pytest.raises(JudgeBroke, match=r"1 / 0(.|\n)*ZeroDivisionError"):
        run_checks(made, ask, 0)


def test_a_full_disk_after_an_answer_is_no_fault_of_the_student(tmp_path: Path) -> None:
    source = (
        "@worth(1)\ndef test_it(student):\n    student.call('f')\n"
        "    raise OSError(28, 'No space left on device')\n"
    )
    made = Assignment("made", tmp_path)
    path = _written(tmp_path, "full_disk", source)
    vars(made).update(tasks=(Task("full_disk", 1.0, path),), signatures={})
    with pytest.raises(JudgeBroke, match="No space left"):
        run_checks(made, lambda _: Reply(outputs=(torch.ones(1),)), 0)
