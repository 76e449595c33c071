"""What was judged before is not judged again, and what is known says what judging would say."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder import cache
from autograder.assignment import Assignment, find
from autograder.cache import Cache
from autograder.engine import Judging, at_work
from autograder.grading import grade
from autograder.judge import run_checks
from autograder.known import Known
from autograder.local_workers import LocalWorkers
from autograder.recorder import Recorder
from autograder.results import Graded
from autograder.sandbox.policy import Policy
from autograder.submissions import Submission, find_submissions
from autograder.verdicts import CheckResult, Verdict
from tests.mutants.vae.notebook import student
from tests.samples import SAMPLES, TASKS, cell_of, hand_in, handed_in, make_course
from vae_utils.calls import Call, Reply

WRONG_KL = "@add_to_class(VAE)\ndef kl_divergence(self, mu, logsigma):\n    return mu.sum(-1)\n"
WRONG_ELBO = "@add_to_class(VAE)\ndef elbo(self, x):\n    return x.sum(-1)\n"
NOISELESS = "@add_to_class(VAE)\ndef sample_with_reparam(self, mu, logsigma):\n    return mu\n"


class Heard:
    """A submission that notes which functions are called."""

    def __init__(self, solutions: dict[str, str] | None = None) -> None:
        self._ask = student(solutions)
        self.functions: list[str] = []

    def __call__(self, call: Call) -> Reply:
        """Answer."""
        self.functions.append(call.function)
        return self._ask(call)


def test_a_second_judging_asks_nothing_and_says_the_same(vae: Assignment) -> None:
    for solutions in (None, {"kl_divergence": WRONG_KL, "elbo": WRONG_ELBO}):
        first = run_checks(vae, student(solutions), 5).known
        heard = Heard(solutions)
        again = run_checks(vae, heard, 5, known=first).known
        assert heard.functions == [] and again == first


@pytest.mark.parametrize("task", ["encoder", "kl_divergence", "sample", "embeddings"])
def test_a_task_that_is_not_known_is_judged_alone(vae: Assignment, task: str) -> None:
    solutions = {"kl_divergence": WRONG_KL}
    whole = run_checks(vae, student(solutions), 5).known
    known = {name: found for name, found in whole.items() if name != task}
    heard = Heard(solutions)
    assert run_checks(vae, heard, 5, known=known).known == whole
    assert set(heard.functions) == {{"embeddings": "embed"}.get(task, task)}


def test_verdicts_fall_with_what_they_rest_on(vae: Assignment) -> None:
    """The ELBO calls the KL: when that turns out to be wrong, the ELBO is judged again."""
    sound = run_checks(vae, student(), 5).known
    assert sound["elbo"].rests_on["kl_divergence"] is False
    solutions = {"kl_divergence": WRONG_KL}
    known = {name: found for name, found in sound.items() if name != "kl_divergence"}
    heard = Heard(solutions)
    found = run_checks(vae, heard, 5, known=known).known
    assert set(heard.functions) == {"kl_divergence", "elbo"}
    assert found == run_checks(vae, student(solutions), 5).known


def test_asking_whether_another_task_lost_counts_as_resting_on_it(vae: Assignment) -> None:
    known = run_checks(vae, student(), 5).known
    assert known["embeddings"].rests_on["sample_with_reparam"] is False
    del known["sample_with_reparam"]
    heard = Heard({"sample_with_reparam": NOISELESS})
    run_checks(vae, heard, 5, known=known)
    assert {"sample_with_reparam", "elbo", "embed"} <= set(heard.functions)


def test_what_is_known_survives_as_json() -> None:
    result = CheckResult("c", "claim", 2.0, Verdict.FAILED, "m", "h", "mistake", "n")
    known = Known((result,), True, {"encoder": False})
    assert Known.from_dict(known.as_dict()) == known


def test_what_is_known_goes_with_the_bytes_that_it_is_known_of(
    vae: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is replaced while it waits must not be given the verdicts on the old one."""
    path = tmp_path / "vae.ipynb"
    path.write_bytes(b"judged before")
    known = {"encoder": Known((), False, {})}
    monkeypatch.setattr(Cache, "known", lambda *_: known)
    prepared = Cache(vae).prepared(Submission("ann", path))
    path.write_bytes(b"something else")
    assert prepared.known == known and prepared.read() == b"judged before"


@pytest.mark.slow
def test_nothing_is_kept_of_a_notebook_whose_task_ran_out_of_time(
    vae: Assignment, released: NotebookNode, solved: NotebookNode
) -> None:
    """On a busy machine the cell is stopped early, and its function is missing; not for ever."""
    hurried = replace(Policy(), solution_cell_seconds=1)
    notebook = handed_in(released, solved)
    cell = cell_of(notebook, "kl_divergence_solution")
    for pause, kept in ((3, False), (0, True)):
        cell.source = f"import time; time.sleep({pause})\n{WRONG_KL}"
        graded = grade(nbformat.writes(notebook).encode(), vae, 5, hurried)
        assert bool(graded.known) is kept


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the checks, to be changed."""
    folder = tmp_path / "autograder" / "checks"
    shutil.copytree(cache.CHECKS, folder)
    monkeypatch.setattr(cache, "CHECKS", folder)
    yield folder / "vae"


@pytest.mark.parametrize(
    ("changed", "tasks"),
    [
        ("kl_divergence.py", {"kl_divergence"}),
        ("elbo_mistakes.py", {"elbo"}),
        ("parts.py", {"elbo", "sample", "embeddings"}),
        ("forms.py", set(TASKS)),
        ("__init__.py", set(TASKS)),
        ("../__init__.py", set(TASKS)),
    ],
)
def test_a_changed_check_makes_its_tasks_unknown_and_no_others(
    checks: Path, changed: str, tasks: set[str]
) -> None:
    before = {task: cache.checks(checks / f"{task}.py") for task in TASKS}
    path = checks / changed
    path.write_text(path.read_text() + "\n# changed\n")
    after = {task: cache.checks(checks / f"{task}.py") for task in TASKS}
    assert {task for task in TASKS if before[task] != after[task]} == tasks


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """Two submissions, one with a remark."""
    make_course(tmp_path_factory.mktemp("cache") / "course")
    folder = tmp_path_factory.getbasetemp() / "cache0" / "course"
    hand_in(found := find("vae", folder), tuple(s for s in SAMPLES if s.student in ("dan", "joy")))
    return found


class Nobody:
    """Workers that must not be asked."""

    count = 1

    def submit(self, *_: object) -> object:
        """Fail."""
        raise AssertionError("somebody was asked")


def _judged(course: Assignment, known: Cache) -> dict[str, Graded]:
    workers = LocalWorkers(course, Policy(), 1)
    with at_work(workers):
        judging = Judging(workers, course, find_submissions(course), known)
        return {submission.student: graded for submission, graded in judging}


@pytest.mark.slow
def test_a_batch_is_judged_once(course: Assignment) -> None:
    first = _judged(course, Cache(course))
    as_run = copy.deepcopy(first["dan"].notebook)  # recording writes into it
    with Recorder(course) as recorder:
        for submission in find_submissions(course):
            recorder.record(submission, first[submission.student])
    written = {s: course.autograded(s).read_bytes() for s in first}
    judging = Judging(Nobody(), course, find_submissions(course), Cache(course))  # type: ignore[arg-type]
    again = {submission.student: graded for submission, graded in judging}
    assert {s: g.report for s, g in again.items()} == {s: g.report for s, g in first.items()}
    with Recorder(course) as recorder:
        for submission in find_submissions(course):
            recorder.record(submission, again[submission.student])
    assert {s: course.autograded(s).read_bytes() for s in first} == written

    for name in first:  # without what the cells printed they run again, and nothing is judged
        course.autograded(name).chmod(0o644)
        course.autograded(name).unlink()
    third = _judged(course, Cache(course))
    assert {s: g.report for s, g in third.items()} == {s: g.report for s, g in first.items()}
    assert third["dan"].notebook == as_run


@pytest.mark.slow
def test_what_is_in_the_cache_is_believed_only_while_it_is_in_order(course: Assignment) -> None:
    first = _judged(course, Cache(course, forget=True))["dan"]
    known, seed = Cache(course), first.report.seed
    assert set(known.known(first.digest, seed)) == set(TASKS)
    assert known.known(first.digest, seed + 1) == {}
    assert Cache(course, forget=True).known(first.digest, seed) == {}
    late = replace(first.known["elbo"].results[0], verdict=Verdict.TIMED_OUT)
    known.keep(replace(first, known={**first.known, "elbo": Known((late,), True)}))
    assert set(known.known(first.digest, seed)) == set(TASKS) - {"elbo"}
    file = known._file(first.digest, seed)
    for damaged in (b"", b"[]", b"{", b'{"encoder": 1}', b'{"encoder": {"checks": ""}}'):
        file.write_bytes(damaged)
        assert known.known(first.digest, seed) == {}
    shutil.rmtree(course.course / ".autograder" / "verdicts")
    assert known.known(first.digest, seed) == {}
