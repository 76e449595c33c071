"""One query reads from the gradebook what nbgrader itself reads cell by cell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from autograder.assignment import Assignment, find
from autograder.gradebook import Gradebook
from autograder.release import gradebook_url, register
from autograder.scores import scores
from tests.samples import make_course


def _course(folder: Path) -> Assignment:
    make_course(folder)
    assignment = find("vae", folder)
    register(assignment)
    return assignment


def test_scores_are_those_of_nbgrader(tmp_path: Path) -> None:
    assignment = _course(tmp_path / "course")
    with Gradebook(gradebook_url(assignment.course)) as gradebook:
        for number, student in enumerate(("ada", "ben", "eva", "zoe")):
            gradebook.add_student(student)
            handed_in = gradebook.add_submission("vae", student, timestamp=datetime(2026, 1, 1))
            for place, grade in enumerate(handed_in.notebooks[0].grades):
                grade.auto_score = None if (number, place) == (2, 0) else float(place)
                grade.manual_score = 2.5 if (number, place) == (1, 3) else None
                grade.extra_credit = 1.5 if (number, place) == (1, 4) else None
                grade.needs_manual_grade = (number, place) == (2, 0)
            handed_in.notebooks[0].late_submission_penalty = {1: 4.0, 3: 500.0}.get(number)
        gradebook.db.commit()
        expected = {
            s.student.id: (max(0.0, s.score - s.late_submission_penalty), s.needs_manual_grade)
            for s in gradebook.assignment_submissions("vae")
        }
    found = {student: (held.score, held.waits) for student, held in scores(assignment).items()}
    assert found == expected
    assert found["zoe"] == (0.0, False) and found["eva"][1] and found["ben"][0] > 0
    assert scores(assignment)["eva"].automatic["encoder"] is None


def test_without_a_gradebook_there_are_no_scores(tmp_path: Path) -> None:
    make_course(tmp_path / "course")
    assert scores(find("vae", tmp_path / "course")) == {}
    with Gradebook(gradebook_url(tmp_path / "course")):
        assert scores(find("vae", tmp_path / "course")) == {}
