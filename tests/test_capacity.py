"""The simulated week counts as it says; `docs/performance.md` rests on it."""

from __future__ import annotations

import random

import pytest

from benchmarks.capacity import Course, arrivals, waits


def test_one_worker_serves_one_after_the_other() -> None:
    found = waits([0.0, 1.0, 10.0], [3.0, 3.0, 3.0], [0.0] * 3, workers=1, coordinators=1)
    assert found == [3.0, 5.0, 3.0]


def test_two_workers_serve_two_at_once_and_the_coordinator_one() -> None:
    found = waits([0.0, 0.0], [3.0, 3.0], [1.0, 1.0], workers=2, coordinators=1)
    assert sorted(found) == [4.0, 5.0]
    assert waits([0.0, 0.0], [3.0, 3.0], [1.0, 1.0], workers=2, coordinators=2) == [4.0, 4.0]


def test_the_one_judged_first_is_written_first() -> None:
    """The second to arrive is judged sooner, and does not wait for the first."""
    found = waits([0.0, 1.0], [9.0, 1.0], [1.0, 1.0], workers=2, coordinators=1)
    assert found == [2.0, 10.0]  # in the order of writing


def test_arrivals_crowd_before_the_deadline() -> None:
    course = Course(weekly=10_000, last_day=0.4, last_hour=0.1, endless=0.0)
    times = arrivals(course, random.Random(0))
    week = 7 * 86400.0
    assert len(times) == 10_000 and times == sorted(times)
    assert sum(time >= week - 3600 for time in times) == pytest.approx(1000, abs=1)
    assert sum(time >= week - 86400 for time in times) == pytest.approx(4000, abs=1)
