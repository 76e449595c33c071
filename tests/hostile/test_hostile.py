"""Every hostile submission gets its honest score, touches nobody, and is told what happened."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from autograder.record import read_report
from autograder.verdicts import Report, State
from tests.conftest import ROOT
from tests.hostile.course import ALL, CATEGORIES, NEIGHBOURS, Scene, scene
from tests.hostile.submission import SECRET, Hostile
from tests.processes import orphans_come_here, survivors
from tests.samples import TASKS

pytestmark = pytest.mark.slow
KEY = b"0123456789abcdef" * 4
BY_NAME = {one.name: one for one in ALL}
NBGRADERS_OWN = {"missing", "several", "checkpoint", "folder-nested", "links-to-folder"}
NBGRADERS_OWN |= {one.name for one in ALL if one.name.startswith(("name-", "time-"))}
"""Stock nbgrader itself looks for the exact file name and parses the time, before it asks us."""
EACH = 1 if os.environ.get("HOSTILE_STOCK") == "all" else 8
STOCK: tuple[Hostile, ...] = (
    *(one for one in CATEGORIES["malformed"] if one.name not in NBGRADERS_OWN),
    *(one for name in ("forgery", "resources", "exfiltration") for one in CATEGORIES[name][::EACH]),
)
"""Those that stock nbgrader grades as well: its reader is another one, its sandbox the same, so
that a part of those that aim at the sandbox is enough from day to day."""
Rows = dict[tuple[str, str], tuple[float | None, float | None, bool]]
"""Automatic and manual score and 'needs manual grading', by student and task."""


def _files(*folders: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of all files but the graders' own caches."""
    paths = (path for folder in folders for path in folder.rglob("*") if ".cache" not in path.parts)
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in paths
        if path.is_file() or path.is_symlink()
    }


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The honest neighbours alone, graded."""
    with scene(tmp_path_factory.mktemp("alone"), (), KEY) as made:
        made.run("autograder", "grade", "vae", "--jobs", "1")
        yield made


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """All of them in one course, graded by one batch that leaves neither traces nor processes."""
    with scene(tmp_path_factory.mktemp("hostile"), ALL, KEY) as made:
        folders = [made.course / name for name in ("submitted", "solutions", "notebooks")]
        with orphans_come_here() as processes:
            before = _files(made.home, *folders)
            made.run("autograder", "grade", "vae", "--feedback")
            assert sorted(_files(made.home, *folders).items() ^ before.items()) == []
            assert survivors(processes) == []
        yield made


def _result(made: Scene, student: str) -> Path:
    return made.course / "autograded" / student / "vae" / "vae.ipynb"


def _report(made: Scene, student: str) -> Report:
    report = read_report(nbformat.read(_result(made, student), as_version=4))
    assert report is not None
    return report


def _told(made: Scene, student: str) -> str:
    """All that student and instructor can read: report, outputs, remarks."""
    notebook = nbformat.read(_result(made, student), as_version=4)
    outputs = [json.dumps(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join([json.dumps(_report(made, student).as_dict()), *outputs])


@pytest.mark.parametrize("name", BY_NAME)
def test_the_score_is_the_honest_one_and_says_what_happened(graded: Scene, name: str) -> None:
    one, report = BY_NAME[name], _report(graded, name)
    assert report.score == one.score, report.reason
    assert report.state is (State.REFUSED if one.score is None else State.GRADED)
    if one.says:
        assert re.search(one.says, _told(graded, name))


@pytest.mark.parametrize("student", [sample.student for sample in NEIGHBOURS])
def test_the_neighbours_results_are_the_same_to_the_byte(
    graded: Scene, untouched: Scene, student: str
) -> None:
    assert _result(graded, student).read_bytes() == _result(untouched, student).read_bytes()


def test_nothing_was_sent(graded: Scene) -> None:
    assert graded.listener.collect() == []


def test_no_secret_is_in_anything_that_was_written(graded: Scene) -> None:
    written = [graded.course / name for name in ("autograded", "feedback")]
    paths = [path for folder in written for path in folder.rglob("*") if path.is_file()]
    assert len(paths) > 2 * len(ALL)
    leaks = [path for path in [*paths, graded.course / "gradebook.db"] if _leaks(path)]
    assert leaks == []


def _leaks(path: Path) -> bool:
    return SECRET.encode() in path.read_bytes()


def test_beside_the_results_nothing_was_written(graded: Scene) -> None:
    for one in ALL:
        found = {path.name for path in _result(graded, one.name).parent.iterdir()}
        assert found <= {"vae.ipynb", "timestamp.txt"}, one.name


class _Scripts(HTMLParser):
    """Collects what a browser would run of a page and what of it is a student's."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        self.found += [f"{tag} {name}" for name, value in attrs if "pwned" in str(value)]

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script and "pwned" in data:
            self.found.append("script")


@pytest.mark.parametrize(
    "name", [one.name for one in ALL if one.name.startswith(("shows", "name"))]
)
def test_feedback_pages_run_nothing(graded: Scene, name: str) -> None:
    page = graded.course / "feedback" / name / "vae" / "vae.html"
    parser = _Scripts()
    parser.feed(page.read_text())
    assert parser.found == []


def _rows(made: Scene) -> Rows:
    query = """
        SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade
        FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id
        JOIN base_cell c ON g.cell_id = c.id
    """
    with sqlite3.connect(made.course / "gradebook.db") as database:
        found = database.execute(query)
        return {(row[0], row[1]): (row[2], row[3], bool(row[4])) for row in found}


def test_the_gradebook_holds_the_honest_scores_and_no_trigger(graded: Scene) -> None:
    rows = _rows(graded)
    assert len(rows) == (len(ALL) + len(NEIGHBOURS)) * len(TASKS)
    for one in ALL:
        mine = [rows[one.name, task] for task in TASKS]
        if one.score is None:
            assert mine == [(None, None, True)] * len(TASKS)
        else:
            assert sum(row[0] or 0 for row in mine) == one.score
            assert not any(row[2] for row in mine)
    with sqlite3.connect(graded.course / "gradebook.db") as database:
        assert (
            database.execute("SELECT * FROM sqlite_master WHERE type = 'trigger'").fetchall() == []
        )


def _rows_of_stock(folder: Path, submissions: tuple[Hostile, ...]) -> Rows:
    with scene(folder, submissions, KEY) as made:
        made.run("nbgrader", "autograde", "vae")
        assert made.listener.collect() == []
        return _rows(made)


def test_stock_nbgrader_comes_to_the_same_scores(
    graded: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folders = [tmp_path_factory.mktemp("stock") for _ in range(2)]  # two, to save time
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(_rows_of_stock, folders, (STOCK[::2], STOCK[1::2]))
    rows, ours = first | second, _rows(graded)
    assert len(rows) == (len(STOCK) + len(NEIGHBOURS)) * len(TASKS)
    assert rows == {key: ours[key] for key in rows}


def test_there_are_a_hundred_and_no_two_of_one_name() -> None:
    assert len(ALL) >= 100 and len(BY_NAME) == len(ALL)
    assert all(len(many) >= 20 for many in CATEGORIES.values())


def test_every_one_says_what_it_does() -> None:
    for one in ALL:
        assert isinstance(one, Hostile) and one.about and "\n" not in one.about


def test_the_documentation_counts_them() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    numbers = [len(CATEGORIES[name]) for name in CATEGORIES]
    wanted = r"holds {} submissions: {} forgeries, {} that use .*, {} that\s+carry .*, {} malformed"
    assert re.search(wanted.format(len(ALL), *numbers), text, re.DOTALL)
