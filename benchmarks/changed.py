"""What a changed check costs: `autograder regrade` after it, against grading everything again.

    python -m benchmarks.changed [--submissions 40] [--task decoder] [--json FILE]

Works on a copy of the package. A varied cohort is graded; then judged again with nothing changed,
with one check file changed (a comment is enough to make what is known of the task worthless), and
with `grade --force`, which forgets everything. The calls that the judge made are counted by task.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks import cohort, measured

_ROOT = Path(__file__).parent.parent
_COUNTING = """
import os as _os


def _counted(run):
    def counting(self, task, check):
        with open(_os.environ["CHECKS_RUN"], "a") as file:
            file.write(task + "\\n")
        return run(self, task, check)

    return counting


_Judge.run = _counted(_Judge.run)
"""


def _copy(folder: Path) -> Path:
    """The package, with a judge that notes each check that it runs."""
    for name in ("autograder", "vae_utils"):
        shutil.copytree(_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    judge = folder / "autograder" / "judge.py"
    judge.write_text(judge.read_text() + _COUNTING)
    return folder


def _run(package: Path, course: Path, *command: str) -> tuple[float, Counter[str]]:
    """Seconds, and how many checks of each task were run."""
    notes = package / "checks-run"
    notes.write_text("")
    more = {"PYTHONPATH": str(package), "CHECKS_RUN": str(notes)}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "autograder.cli", *command],
        cwd=course, env={**os.environ, **more}, check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - start, Counter(notes.read_text().split())


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--task", default="decoder")
    arguments = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        package, course = _copy(Path(name) / "package"), Path(name) / "course"
        cohort.course_with(course, arguments.submissions)

        def measure(label: str, *command: str) -> None:
            seconds, checks = _run(package, course, *command)
            figures[label] = {"seconds": seconds, "checks": dict(checks)}
            counted = ", ".join(f"{task} {count}" for task, count in checks.items()) or "none"
            print(f"{label}: {seconds:.1f} s; checks run: {counted}", flush=True)

        measure("graded", "grade", "vae")
        measure("judged again, nothing changed", "regrade", "vae")
        check = package / "autograder" / "checks" / "vae" / f"{arguments.task}.py"
        check.write_text(check.read_text() + "\n# Another version.\n")
        measure(f"judged again, {arguments.task} changed", "regrade", "vae")
        measure("all graded again", "grade", "vae", "--force")
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
