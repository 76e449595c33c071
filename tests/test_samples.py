"""The demo's samples of the later assignments get the scores that the demo expects.

Those of `vae` are graded in tests/test_grading.py.
"""

from __future__ import annotations

import re

import pytest

from autograder.assignment import find, names
from autograder.grading import grade
from autograder.release import reference
from autograder.sandbox.policy import Policy
from tests.conftest import ROOT
from tests.samples import COURSE, Sample

LATER = [(name, s) for name, samples in COURSE.items() if name != "vae" for s in samples]


def test_there_are_samples_of_every_assignment() -> None:
    assert list(COURSE) == names()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sample"), LATER, ids=[f"{name}, {sample.student}" for name, sample in LATER]
)
def test_a_sample_gets_its_honest_score(name: str, sample: Sample, policy: Policy) -> None:
    assignment = find(name, ROOT)
    data = sample.make(assignment.template, reference(assignment))
    assert grade(data, assignment, 11, policy).report.score == sample.score


def test_the_syllabus_names_every_assignment_with_its_points_in_their_order() -> None:
    text = (ROOT / "notebooks" / "README.md").read_text()
    rows = re.findall(r"\[`(\w+)`\]\((\S+)\) \| (\d+)(?: \+ (\d+))? \|", text)
    assignments = [find(name, ROOT) for name in names()]
    assert rows == [
        (
            a.name,
            f"{a.name}/{a.name}.ipynb",
            f"{a.points:g}",
            f"{sum(a.written.values()):g}" if a.written else "",
        )
        for a in assignments
    ]
    total, written = sum(a.points for a in assignments), sum(len(a.written) for a in assignments)
    assert f"{total:g} points from checks" in text
    assert written == 3
