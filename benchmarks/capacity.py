"""A course with a million submissions a week, on paper: a simulation over measured submissions.

    python -m benchmarks.capacity [--measure 40] [--weekly 1000000] [--json FILE]

First a varied cohort (see benchmarks/cohort.py) and an endless loop are graded and written one by
one: seconds of judging and of writing, bytes of the notebook, page and verdicts that stay. Then a
week is simulated: submissions arrive more and more densely up to the deadline, wait for one of the
workers, are judged for the time of a measured submission, wait for the coordinator of their part of
the course, and are written. A share of them never ends. The table shows how long they waited, for
several numbers of workers and of coordinators; cores, storage and cost follow from the means.
"""

from __future__ import annotations

import heapq
import random
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.cache import Cache
from autograder.recorder import Recorder
from autograder.release import reference
from autograder.sandbox.policy import Policy
from autograder.submissions import Submission, find_submissions
from autograder.worker import judge_file, start
from benchmarks import cohort, measured

_HOUR, _DAY = 3600.0, 86400.0
_DAYS = 7


@dataclass(frozen=True)
class Sample:
    """One submission: seconds of judging and of writing, bytes that stay."""

    judging: float
    writing: float
    notebook: int
    page: int
    verdicts: int


@dataclass(frozen=True)
class Course:
    """What is assumed of a week.

    last_day, last_hour: share of the week's submissions in the last day and hour; the last hour is
    part of the last day. endless: share of submissions that never end.
    """

    weekly: int
    last_day: float
    last_hour: float
    endless: float


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _verdicts(assignment: Assignment) -> int:
    return sum(_size(path) for path in (assignment.course / ".autograder").rglob("*.json"))


def _sample(assignment: Assignment, submission: Submission, recorder: Recorder) -> Sample:
    before, begun = _verdicts(assignment), time.perf_counter()
    graded = judge_file(submission, assignment, Policy())
    judged = time.perf_counter()
    Cache(assignment).keep(graded)
    recorder.record(submission, graded)
    recorder.write_feedback(submission.student)
    written = time.perf_counter()
    return Sample(
        judged - begun,
        written - judged,
        _size(assignment.autograded(submission.student)),
        _size(assignment.feedback(submission.student)),
        _verdicts(assignment) - before,
    )


def measure(number: int) -> tuple[list[Sample], Sample]:
    """Of a varied cohort, and of an endless loop; in a worker that is warm."""
    start()
    with tempfile.TemporaryDirectory() as folder:
        assignment = cohort.course_with(Path(folder) / "course", number)
        data = cohort.endless(assignment.template, reference(assignment))
        cohort.hand_in(assignment, "endless", data)
        found = {submission.student: submission for submission in find_submissions(assignment)}
        endless = found.pop("endless")
        with Recorder(assignment) as recorder:
            _sample(assignment, next(iter(found.values())), recorder)  # warms up
            samples = [_sample(assignment, one, recorder) for one in found.values()]
            return samples, _sample(assignment, endless, recorder)


def arrivals(course: Course, chance: random.Random) -> list[float]:
    """Seconds from the beginning of the week, in order. Even within the last hour, the rest of the
    last day, and the days before."""
    end = _DAYS * _DAY
    spans = (
        (0.0, end - _DAY, 1 - course.last_day),
        (end - _DAY, end - _HOUR, course.last_day - course.last_hour),
        (end - _HOUR, end, course.last_hour),
    )
    times = []
    for first, last, share in spans:
        count = round(course.weekly * share)
        times += [first + (last - first) * chance.random() for _ in range(count)]
    return sorted(times)


def waits(
    times: list[float],
    judging: list[float],
    writing: list[float],
    workers: int,
    coordinators: int,
) -> list[float]:
    """Seconds from each arrival to its feedback. First come, first served; each coordinator writes
    for its own part of the course, one after the other."""
    free = [0.0] * workers
    judged = []
    for number, (arrival, seconds) in enumerate(zip(times, judging, strict=True)):
        ready = max(arrival, free[0]) + seconds
        heapq.heapreplace(free, ready)
        judged.append((ready, number))
    judged.sort()
    written = [0.0] * coordinators
    found = []
    for ready, number in judged:
        part = number % coordinators
        written[part] = max(ready, written[part]) + writing[number]
        found.append(written[part] - times[number])
    return found


def _percentiles(values: list[float], shares: tuple[float, ...] = (0.5, 0.99, 1.0)) -> list[float]:
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in shares]


def simulate(
    samples: list[Sample], endless: Sample, course: Course, sizes: list[tuple[int, int]]
) -> dict[str, list[float]]:
    """Print the waits for each number of workers and coordinators; the percentiles by size."""
    chance = random.Random(0)
    times = arrivals(course, chance)
    drawn = [endless if chance.random() < course.endless else chance.choice(samples) for _ in times]
    judging, writing = [one.judging for one in drawn], [one.writing for one in drawn]
    print(f"\n{'workers':>8}{'coordinators':>13}{'median s':>10}{'99 % s':>10}{'longest s':>10}")
    found = {}
    for workers, coordinators in sizes:
        shares = _percentiles(waits(times, judging, writing, workers, coordinators))
        cells = "".join(f"{share:10.0f}" for share in shares)
        print(f"{workers:8}{coordinators:13}{cells}", flush=True)
        found[f"{workers} workers, {coordinators} coordinators"] = shares
    return found


def _totals(
    samples: list[Sample], endless: Sample, course: Course, price: float
) -> dict[str, float]:
    """Of a week, from means."""

    def mean(name: str) -> float:
        ordinary = statistics.mean(getattr(one, name) for one in samples)
        return (1 - course.endless) * ordinary + course.endless * float(getattr(endless, name))

    hours = course.weekly * (mean("judging") + mean("writing")) / _HOUR
    kept = course.weekly * sum(map(mean, ("notebook", "page", "verdicts")))
    return {
        "core hours": hours,
        "cost": hours * price,
        "GB kept": kept / 1e9,
        "KB a notebook": mean("notebook") / 1e3,
        "KB a page": mean("page") / 1e3,
        "KB of verdicts": mean("verdicts") / 1e3,
        "judged a second in the last hour": course.weekly * course.last_hour / _HOUR,
        "workers busy in the last hour": course.weekly * course.last_hour / _HOUR * mean("judging"),
        "written a second by one coordinator": 1 / mean("writing"),
    }


def main() -> None:
    """Measure, simulate, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--measure", type=int, default=40)
    parser.add_argument("--weekly", type=int, default=1_000_000)
    parser.add_argument("--last-day", type=float, default=0.4)
    parser.add_argument("--last-hour", type=float, default=0.1)
    parser.add_argument("--endless", type=float, default=0.005)
    parser.add_argument("--workers", type=int, nargs="+", default=[32, 64, 96, 128])
    parser.add_argument("--coordinators", type=int, nargs="+", default=[1, 4, 8, 16])
    parser.add_argument("--price", type=float, default=0.05, help="of a core for an hour")
    arguments = parser.parse_args()
    course = Course(arguments.weekly, arguments.last_day, arguments.last_hour, arguments.endless)
    samples, endless = measure(arguments.measure)
    measured.row("judging", [one.judging for one in samples])
    measured.row("writing, with the feedback page", [one.writing for one in samples])
    measured.row("judging an endless loop", [endless.judging])
    totals = _totals(samples, endless, course, arguments.price)
    for name, value in totals.items():
        print(f"{name:44} {value:12,.1f}")
    sizes = [(w, c) for c in arguments.coordinators for w in arguments.workers]
    found = simulate(samples, endless, course, sizes)
    kept = {"samples": [asdict(one) for one in samples], "endless": asdict(endless)}
    measured.write(arguments.json, {**kept, "course": asdict(course), **totals, "waits": found})


if __name__ == "__main__":
    main()
