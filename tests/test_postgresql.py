"""A gradebook on a PostgreSQL server holds what one in SQLite's file holds, row by row."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from nbgrader.api import Base
from sqlalchemy import literal, select

from autograder import database
from autograder.assignment import find
from autograder.backups import NOT_OURS
from autograder.database import Unusable, connected, file_of, patient_engine, place_of
from autograder.doctor import findings
from autograder.gradebook import Gradebook
from autograder.page import rows, write_page
from autograder.release import gradebook_url
from autograder.safekeeping import NotWritable, require_writable
from tests import postgresql
from tests.conftest import ROOT
from tests.postgresql import GUEST, PASSWORD, USER, NoServer, Server
from tests.samples import SAMPLES, TASKS, hand_in, make_course

QUICK = tuple(s for s in SAMPLES if s.student in ("ada", "carla", "dan", "eva", "joy", "kim"))
NO_RESULTS = shutil.ignore_patterns("autograded", "gradebook*", "feedback", "report", "backups")
BY_HAND = """
    UPDATE grade SET manual_score = 3 WHERE id IN (
        SELECT g.id FROM grade g JOIN base_cell c ON g.cell_id = c.id
        JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id
        WHERE c.name = 'kl_divergence' AND s.student_id = 'dan')
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that runs while the tests of this file do."""
    try:
        with postgresql.server() as made:
            yield made
    except NoServer as error:
        pytest.fail(str(error)) if os.environ.get("REQUIRE_POSTGRESQL") else pytest.skip(str(error))


def _run(course: Path, *command: str, status: int = 0) -> str:
    """What a command says, which is never the password."""
    program = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run([program, *command[1:]], cwd=course, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == status, said
    assert PASSWORD not in said and quote(PASSWORD, safe="") not in said
    return said


def _use(course: Path, url: str) -> Path:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    return course


def _links(course: Path) -> dict[tuple[str, str], tuple]:
    """What each student has for each task, with manual scores and the time of handing in."""
    with Gradebook(gradebook_url(course)) as book:
        return {
            (s.student.id, g.name): (
                g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade, g.score,
                g.max_score, s.score, s.timestamp, s.late_submission_penalty,
            )
            for s in book.assignment_submissions("vae") for n in s.notebooks for g in n.grades
        }  # fmt: skip


def _tables(course: Path) -> dict[str, Counter]:
    """All rows of all tables, without the random keys."""
    found = {}
    with connected(gradebook_url(course)) as connection:
        for table in Base.metadata.sorted_tables:
            told = [column for column in table.columns if getattr(column.type, "length", 0) != 32]
            rows = connection.execute(select(literal(1), *told).select_from(table))
            found[table.name] = Counter(tuple(row) for row in rows)
    return found


def _must_equal(one: Path, other: Path) -> None:
    assert _links(one) == _links(other)
    assert _tables(one) == _tables(other)
    for folder in ("autograded", "feedback"):
        assert _files(one / folder) == _files(other / folder)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was graded into SQLite's file."""
    course = tmp_path_factory.mktemp("lite") / "course"
    make_course(course)
    hand_in(find("vae", course), QUICK)
    stamp = course / "submitted" / "dan" / "vae" / "timestamp.txt"
    stamp.write_text("2026-03-02 10:00:00 UTC")
    _run(course, "autograder", "grade", "vae", "--feedback")
    return course


@pytest.fixture(scope="module")
def graded(lite: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same course, graded into a database of its own; copy before changing it."""
    course = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(lite, course, ignore=NO_RESULTS)
    shutil.rmtree(course / ".autograder" / "verdicts")  # so that all is judged again
    server.add("grades")
    _use(course, server.url("grades"))
    said = _run(course, "autograder", "grade", "vae", "--feedback")
    assert said.count(NOT_OURS) == 1
    return course


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """The name of a database without tables."""
    server.add("fresh")
    yield "fresh"
    server.drop("fresh")


@pytest.fixture
def course(graded: Path, server: Server, tmp_path: Path) -> Iterator[Path]:
    """A copy of the course that is graded, database included."""
    server.add("own", template="grades")
    copied = Path(shutil.copytree(graded, tmp_path / "course"))
    yield _use(copied, server.url("own"))
    server.drop("own")


@pytest.mark.slow
def test_a_batch_leaves_the_same_rows_as_in_sqlite(lite: Path, graded: Path) -> None:
    _must_equal(graded, lite)
    assert len(_links(graded)) == len(QUICK) * len(TASKS)
    honest = {sample.student: sample.score for sample in QUICK}
    assert {row.student: row.score for row in rows(find("vae", graded))} == honest
    pages = [write_page(find("vae", course)).read_bytes() for course in (graded, lite)]
    assert pages[0] == pages[1]
    assert not list(graded.glob("gradebook*")) and not (graded / ".autograder/backups").exists()


@pytest.mark.slow
def test_a_second_run_grades_nothing_again(graded: Path) -> None:
    said = _run(graded, "autograder", "grade", "vae", "--feedback")
    assert f"0 graded now, {len(QUICK)} in all" in said


@pytest.mark.slow
def test_a_row_changed_by_hand_shows_and_survives_a_regrade(course: Path, server: Server) -> None:
    server.execute(BY_HAND, "own")
    assert "* as the gradebook has it" in _run(course, "autograder", "grade", "vae")
    _run(course, "autograder", "report", "vae")
    assert {row.student: row.score for row in rows(find("vae", course))}["dan"] == 68
    find("vae", course).autograded("dan").unlink()  # so that a regrade has something to write
    server.execute("UPDATE grade SET auto_score = 1", "own")
    said = _run(course, "autograder", "regrade", "vae", "--dry-run", "--student", "dan")
    assert "1 of 1 results would change" in said and "nothing was written" in said
    assert {row[0] for row in _links(course).values()} == {1}
    said = _run(course, "autograder", "regrade", "vae", "--yes", "--student", "dan")
    assert "wrote 1 results\n" in said  # and no word of `autograder restore`
    after = _links(course)
    assert after["dan", "kl_divergence"][:4] == (0, 3, None, True)
    assert after["dan", "elbo"][0] == 15 and after["ada", "elbo"][0] == 1


@pytest.mark.slow
def test_stock_nbgrader_leaves_the_same_rows(lite: Path, server: Server, empty: str) -> None:
    course = lite.with_name("stock")
    shutil.copytree(lite, course, ignore=NO_RESULTS)
    _use(course, server.url(empty))
    said = _run(course, "nbgrader", "autograde", "vae", "--student", "dan")
    assert said.count(NOT_OURS) == 1
    wanted = {key: row for key, row in _links(lite).items() if key[0] == "dan"}
    assert _links(course) == wanted
    _run(course, "nbgrader", "generate_assignment", "vae")
    _run(course, "nbgrader", "generate_feedback", "vae")
    _run(course, "nbgrader", "export")
    assert ",dan," in (course / "grades.csv").read_text()
    assert _links(course) == wanted


@pytest.mark.slow
def test_formgrader_sees_the_same(lite: Path, graded: Path) -> None:
    def seen(course: Path) -> list:
        with Gradebook(gradebook_url(course)) as book:
            tables = (
                book.student_dicts(),
                book.submission_dicts("vae"),
                book.notebook_submission_dicts("vae", "vae"),
            )
            return [*map(_without_keys, tables), book.average_assignment_score("vae")]

    assert seen(graded) == seen(lite)


def _without_keys(found: list[dict]) -> list[str]:
    return sorted(repr({key: row[key] for key in sorted(row) if key != "id"}) for row in found)


@pytest.mark.slow
def test_a_server_that_goes_away_in_a_batch_loses_nothing(
    lite: Path, graded: Path, server: Server, empty: str
) -> None:
    course = lite.with_name("rough")
    shutil.copytree(lite, course, ignore=NO_RESULTS)
    _use(course, server.url(empty))
    program = str(Path(sys.executable).with_name("autograder"))
    process = subprocess.Popen(
        [program, "grade", "vae", "--feedback"], cwd=course, stderr=subprocess.PIPE, text=True
    )
    while not list(course.glob("autograded/*/vae/vae.ipynb")):
        assert process.poll() is None
        time.sleep(0.05)
    server.stop()
    try:
        said = process.communicate()[1]
        assert process.returncode == 2, said
        assert "then run again; what is graded is kept" in said
    finally:
        server.start()
    _run(course, "autograder", "grade", "vae", "--feedback")
    _must_equal(course, graded)


@pytest.mark.slow
def test_a_gradebook_moves_from_sqlite_as_the_docs_say(
    lite: Path, server: Server, empty: str
) -> None:
    with_hand = lite.with_name("moved")
    shutil.copytree(lite, with_hand)
    with connected(gradebook_url(_use(with_hand, f"sqlite:///{with_hand}/gradebook.db"))) as old:
        old.exec_driver_sql(BY_HAND)
        old.commit()
    links, tables = _links(with_hand), _tables(with_hand)
    script = re.search(r"```python\n(# move\.py.*?)```", _docs(), re.DOTALL)
    assert script is not None
    text = re.sub('"postgresql.*?"', repr(server.url(empty)), script[1])
    subprocess.run([sys.executable, "-c", text], cwd=with_hand, check=True)
    _use(with_hand, server.url(empty))
    assert _links(with_hand) == links and _tables(with_hand) == tables
    assert "0 graded now" in _run(with_hand, "autograder", "grade", "vae")
    assert server.execute("SELECT count(*) FROM alembic_version", empty) == [(1,)]


def _docs() -> str:
    return (ROOT / "docs" / "grading.md").read_text()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A course with a configuration and a submission, and nothing graded."""
    course = tmp_path / "course"
    make_course(course)
    hand_in(find("vae", course), QUICK[:1])
    return course


@pytest.mark.parametrize(
    "command",
    ["grade vae", "grade vae --force", "regrade vae --yes", "report vae", "release vae"],
)
def test_a_server_that_does_not_answer_is_named_before_anything_is_graded(
    bare: Path, tmp_path: Path, command: str
) -> None:
    key = quote(PASSWORD, safe="")
    _use(bare, f"postgresql+psycopg://{USER}:{key}@/grades?host={tmp_path}")
    said = _run(bare, "autograder", *command.split(), status=2)
    assert re.match(r"autograder: the gradebook cannot be (read|written), database 'grades'", said)
    assert f"on {tmp_path}, user '{USER}'" in said and "No such file or directory" in said
    assert "see that the server runs" in said and "Traceback" not in said
    assert not (bare / "autograded").exists()


def test_copies_are_left_to_the_server(bare: Path) -> None:
    _use(bare, "postgresql+psycopg://teacher@db.example.org/grades")
    for command in ("restore", "restore --list"):
        said = _run(bare, "autograder", *command.split(), status=2)
        assert f"{NOT_OURS}, and psql or pg_restore puts it back" in said


def test_the_doctor_looks_at_the_server(bare: Path, server: Server, empty: str) -> None:
    def seen() -> dict[str, tuple[bool, str]]:
        return {f.about: (f.healthy, f.seen + f.remedy) for f in findings(bare)}

    _use(bare, server.url(empty))
    healthy, said = seen()["gradebook"]
    assert healthy and said.endswith(f"user '{USER}': answers, and can be written")
    assert seen()["newest copy"] == (True, NOT_OURS)
    _use(bare, server.url("nowhere"))
    healthy, said = seen()["gradebook"]
    assert not healthy and 'database "nowhere" does not exist' in said
    _use(bare, "postgres://a:b@c/d")
    healthy, said = seen()["gradebook"]
    assert not healthy and "is not the URL of a database" in said


def test_a_wrong_password_is_not_repeated(bare: Path, server: Server, empty: str) -> None:
    _use(bare, server.url(empty, password="wr:ng"))
    with pytest.raises(NotWritable, match="password authentication failed") as caught:
        require_writable(bare)
    assert "wr:ng" not in str(caught.value) and "wr%3Ang" not in str(caught.value)


@pytest.mark.parametrize("tables", [True, False])
def test_a_gradebook_that_cannot_be_written_is_told_in_time(
    bare: Path, server: Server, empty: str, tables: bool
) -> None:
    _use(bare, server.url(empty))
    if tables:
        Gradebook(server.url(empty)).close()
    require_writable(bare)
    server.execute(f"ALTER DATABASE {empty} SET default_transaction_read_only = on")
    with pytest.raises(NotWritable, match="name a server that takes writes, no standby"):
        require_writable(bare)
    server.execute(f"ALTER DATABASE {empty} RESET default_transaction_read_only")
    server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", empty)  # as of PostgreSQL 15
    _use(bare, server.url(empty, user=GUEST))
    with pytest.raises(NotWritable, match=r"permission denied for .*: let the owner of the"):
        require_writable(bare)


def test_a_table_that_another_program_keeps_is_not_waited_for_for_ever(
    bare: Path, server: Server, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(bare, server.url(empty))
    Gradebook(server.url(empty)).close()
    monkeypatch.setattr(database, "PATIENCE", 0.5)
    with connected(server.url(empty)) as other:
        other.exec_driver_sql("LOCK TABLE grade")
        with pytest.raises(NotWritable, match=r"lock timeout.*: end the program that holds it"):
            require_writable(bare)
    require_writable(bare)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:secret@host/grades",  # libpq's word, which SQLAlchemy does not know
        "postgresql://u:p@secret@host/grades",
        "postgresql://u:p@secret:word@host/grades",
        "secret",
        "",
    ],
)
def test_a_url_that_is_none_is_not_shown(url: str) -> None:
    with pytest.raises(Unusable, match="is not the URL of a database: write postgresql") as caught:
        patient_engine(url)
    assert "secret" not in str(caught.value) and caught.value.__cause__ is None


def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = r"its driver psycopg does not load .*`pip install '\.\[postgresql\]'`"
    with pytest.raises(Unusable, match=said) as caught:
        patient_engine("postgresql+psycopg://u:secret@host/grades")
    assert "secret" not in str(caught.value)


def test_a_place_is_named_without_its_password() -> None:
    assert place_of("postgresql://u:secret@h:5433/g") == "database 'g' on h, port 5433, user 'u'"
    assert place_of("postgresql:///g?host=/run&password=secret") == "database 'g' on /run"


def test_a_file_is_told_from_a_server() -> None:
    assert file_of("sqlite:////a/gradebook.db?timeout=3") == Path("/a/gradebook.db")
    assert file_of("sqlite+pysqlite:///gradebook.db") == Path("gradebook.db")
    assert file_of("postgresql:///grades") is None
