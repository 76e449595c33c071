"""Seconds a submission of whole batches: `autograder grade` against stock `nbgrader autograde`.

    python -m benchmarks.throughput [--assignment vae] [--submissions 100] [--stock 20]
        [--jobs 2 1] [--json FILE]

Both grade the same varied submissions (see benchmarks/cohort.py) into fresh gradebooks, and start
from nothing. Stock is nbgrader's own configuration: its Execute starts a kernel for each notebook,
in which the cells and the notebook's own checks run; it grades every so-manyth of the cohort, since
it takes its time. It is measured twice: as it is, where the notebook trains on the whole data set,
and on the small data set that we grade with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import cohort, measured

_STOCK = """
from pathlib import Path
c = get_config()
root = Path(__file__).resolve().parent
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
c.ExecutePreprocessor.timeout = 900
"""


def _seconds(folder: Path, *command: str, **more: str) -> float:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # stock calls alembic
    environment = {**os.environ, "PATH": path, **more}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return time.perf_counter() - start


def ours(course: Path, assignment: str, jobs: int) -> float:
    """Seconds for all that is in the course's submitted/."""
    for name in ("autograded", "gradebook.db", ".autograder"):
        path = course / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "autograder.cli", "grade", assignment, "--jobs", str(jobs)]
    return _seconds(course, *command)


def stock(course: Path, folder: Path, name: str, number: int, quick: bool) -> float:
    """Seconds for `number` of the course's submissions, spread evenly, in a course of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course / "notebooks", folder / "source")
    (folder / "nbgrader_config.py").write_text(_STOCK)
    students = sorted(path.name for path in (course / "submitted").iterdir())
    for student in students[:: max(1, len(students) // number)][:number]:
        shutil.copytree(course / "submitted" / student, folder / "submitted" / student)
        tape = course / "notebooks" / name / f"{name}.tape"
        shutil.copy(tape, folder / "submitted" / student / name)
    nbgrader = (sys.executable, "-m", "nbgrader")
    _seconds(folder, *nbgrader, "generate_assignment", name, "--force", "--no-metadata")
    environment = {"VAE_UTILS_QUICK": "1"} if quick else {}
    return _seconds(folder, *nbgrader, "autograde", name, "--create", **environment)


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--assignment", default="vae")
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--stock", type=int, default=20, help="how many of them stock grades")
    parser.add_argument("--jobs", type=int, nargs="+", default=[2, 1])
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        name = arguments.assignment
        cohort.course_with(course, arguments.submissions, name=name)
        number = min(arguments.stock, arguments.submissions)
        for jobs in arguments.jobs:
            seconds = ours(course, name, jobs) / arguments.submissions
            figures[f"ours, {jobs} workers"] = seconds
            print(f"ours, {jobs} workers: {seconds:.2f} s a submission", flush=True)
        for quick in (True, False):
            seconds = stock(course, Path(folder) / "stock", name, number, quick) / number
            label = "stock, small data set" if quick else "stock"
            figures[label] = seconds
            ratios = ", ".join(
                f"{seconds / figures[f'ours, {jobs} workers']:.1f} times ours with {jobs}"
                for jobs in arguments.jobs
            )
            print(f"{label}: {seconds:.2f} s a submission, {ratios}", flush=True)
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
