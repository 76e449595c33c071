"""The demo's samples of the later assignments get the scores that the demo expects.

Those of `vae` are graded in tests/test_grading.py.
"""

from __future__ import annotations

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
