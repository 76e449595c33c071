"""What lies in submitted/ is found and read whatever it is; nothing odd stops a batch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autograder.assignment import Assignment, find
from autograder.batch import grade_all
from autograder.local_workers import LocalWorkers
from autograder.sandbox.policy import Policy
from autograder.sanitise import MAX_BYTES, Refused
from autograder.submissions import find_submissions, overlooked, read_file
from autograder.up_to_date import earlier_report
from tests.samples import make_course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """A course in which every odd kind of file was handed in."""
    folder = tmp_path_factory.mktemp("odd") / "course"
    make_course(folder)
    assignment = find("vae", folder)

    def place(student: str) -> Path:
        made = folder / "submitted" / student / "vae"
        made.mkdir(parents=True)
        return made

    shutil.copy(assignment.released, place("plain"))
    shutil.copy(assignment.released, place("renamed") / "My VAE (final).ipynb")
    nested = place("nested") / "homework"
    nested.mkdir()
    shutil.copy(assignment.released, nested)
    place("nothing")
    (place("folder") / "vae.ipynb").mkdir()
    os.mkfifo(place("pipe") / "vae.ipynb")
    (place("link") / "vae.ipynb").symlink_to(assignment.source)
    (place("large") / "vae.ipynb").write_bytes(b" " * (MAX_BYTES + 1))
    late = place("späte Éva")
    shutil.copy(assignment.released, late)
    (late / "timestamp.txt").write_text("not a time")
    (late / "nbgrader_config.py").write_text("raise SystemExit('planted')")
    return assignment


def test_every_folder_is_a_submission(course: Assignment) -> None:
    found = {s.student: s for s in find_submissions(course)}
    assert len(found) == 9
    assert found["renamed"].note == "vae.ipynb was handed in as My VAE (final).ipynb."
    assert found["nested"].path.parent.name == "homework"


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("nothing", "There is no notebook vae.ipynb"),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
        ("link", "cannot be read"),
    ],
)
def test_what_is_no_file_is_refused_at_once(course: Assignment, student: str, said: str) -> None:
    (submission,) = find_submissions(course, [student])
    with pytest.raises(Refused, match=said):
        read_file(submission.path)


def test_no_more_is_read_than_is_graded(course: Assignment) -> None:
    (submission,) = find_submissions(course, ["large"])
    assert len(read_file(submission.path)) == MAX_BYTES + 1


@pytest.mark.slow
def test_odd_submissions_end_in_a_named_state_and_stop_nobody(course: Assignment) -> None:
    told: list[str] = []
    workers = LocalWorkers(course, Policy(), 2)
    reports = grade_all(
        course, find_submissions(course), workers, lambda s, _: told.append(s), feedback=True
    )
    states = {student: str(report.state) for student, report in reports.items()}
    readable = {"plain", "renamed", "nested", "späte Éva"}
    assert states == {s: "graded" if s in readable else "refused" for s in reports}
    assert sorted(told) == sorted(reports) and len(reports) == 9
    for student, report in reports.items():
        assert earlier_report(course, student) == report
        assert (course.course / "feedback" / student / "vae" / "vae.html").is_file()
    assert reports["renamed"].notes[0].startswith("vae.ipynb was handed in as")


def test_what_lies_in_the_wrong_place_is_named(tmp_path: Path) -> None:
    make_course(tmp_path / "course")
    assignment = find("vae", tmp_path / "course")
    place = assignment.course / "submitted"
    for name in ("right/vae", "capital/Vae", "gans-only/gans", ".hidden/vae", "[bold]/vae",
                 "bell\x07/vae", "two/vae"):  # fmt: skip
        (place / name).mkdir(parents=True)
    for name in ("right/vae/vae.ipynb", "lone/vae.ipynb", "vae-of-eva.ipynb", "two/vae/a.ipynb",
                 "two/vae/b.ipynb"):  # fmt: skip
        (place / name).parent.mkdir(exist_ok=True)
        shutil.copy(assignment.released, place / name)
    os.mkdir(os.fsencode(place) + b"/bad\xff")
    os.mkdir(os.fsencode(place) + b"/bad\xff/vae")
    assert [s.student for s in find_submissions(assignment)] == ["right", "two"]
    said = overlooked(assignment)
    assert [sentence.split(":")[0].removeprefix("submitted/") for sentence in said] == [
        "capital/Vae", "lone/vae.ipynb", "vae-of-eva.ipynb", "[bold]", "bad\ufffd", "bell",
    ]  # fmt: skip
    two = find_submissions(assignment, ["two"])[0]
    assert two.note == "Found instead: a.ipynb, b.ipynb."


@pytest.mark.parametrize("name", ["x/vae.ipynb", "vae.ipynb"])
def test_a_folder_that_is_a_link_is_not_read(tmp_path: Path, name: str) -> None:
    make_course(tmp_path / "course")
    assignment = find("vae", tmp_path / "course")
    place = assignment.course / "submitted"
    (place / "ada" / "vae").mkdir(parents=True)
    shutil.copy(assignment.released, place / "ada" / "vae")
    mine = place / "mallory" / "vae"
    (mine / name).parent.parent.mkdir(parents=True, exist_ok=True)
    (mine / name).parent.symlink_to(place / "ada" / "vae")
    (submission,) = find_submissions(assignment, ["mallory"])
    with pytest.raises(Refused, match="is a link, and links are not followed"):
        submission.read()
