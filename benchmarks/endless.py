"""What one endless loop costs a batch: its time, and what everybody else gets.

    python -m benchmarks.endless [--submissions 99] [--jobs 2] [--json FILE]

Grades a varied cohort twice with `autograder grade vae`: as it is, and with one more submission
whose KL divergence never ends. Prints how much longer the batch took, in seconds of one worker, and
compares the verdicts on all others.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.assignment import Assignment
from autograder.record import read_report
from autograder.release import reference
from autograder.verdicts import TaskReport, Verdict
from benchmarks import cohort, measured

_STUDENT = "endless"


def _batch(assignment: Assignment, jobs: int) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "autograder.cli", "grade", "vae", "--jobs", str(jobs)]
    subprocess.run(command, cwd=assignment.course, check=True, capture_output=True)
    return time.perf_counter() - start


def _tasks(assignment: Assignment, student: str) -> tuple[TaskReport, ...]:
    report = read_report(nbformat.read(assignment.autograded(student), as_version=4))
    assert report is not None
    return report.tasks


def _verdicts(assignment: Assignment, students: list[str]) -> dict[str, list[object]]:
    """By student; seeds differ from course to course, so wording and numbers may."""
    return {
        student: [(task.task, task.verdict, task.points) for task in _tasks(assignment, student)]
        for student in students
    }


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--submissions", type=int, default=99)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    students = [f"s{number:05}" for number in range(arguments.submissions)]
    with tempfile.TemporaryDirectory() as folder:
        plain = cohort.course_with(Path(folder) / "plain", arguments.submissions)
        seconds = _batch(plain, arguments.jobs)
        joined = cohort.course_with(Path(folder) / "joined", arguments.submissions)
        data = cohort.endless(joined.template, reference(joined))
        cohort.hand_in(joined, _STUDENT, data)
        longer = _batch(joined, arguments.jobs)
        before, after = _verdicts(plain, students), _verdicts(joined, students)
        own = _tasks(joined, _STUDENT)
    changed = [student for student in students if before[student] != after[student]]
    cost = (longer - seconds) * arguments.jobs
    print(
        f"{arguments.submissions} submissions: {seconds:.1f} s, and an endless one: {longer:.1f} s"
    )
    print(f"it cost {cost:.1f} s of one worker of {arguments.jobs}")
    print(f"other reports that differ: {len(changed)} {changed}")
    lost = [task.task for task in own if task.verdict is not Verdict.PASSED]
    print(f"tasks that it lost itself: {', '.join(lost)}")
    figures = {"without": seconds, "with": longer, "worker seconds": cost, "differ": len(changed)}
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
