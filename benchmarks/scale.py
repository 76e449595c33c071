"""Whether a large batch costs per submission what a small one does, in time and in memory.

    python -m benchmarks.scale [--small 50] [--large 2000] [--jobs N] [--json FILE]

Grades a small and a large cohort (see benchmarks/cohort.py) with `autograder grade vae`, prints
seconds a submission of each, what the coordinator and the workers hold in memory in the first and
in the last fifth of the large batch, and how long a second run takes that finds nothing to do.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks import cohort, measured

_EVERY = 2.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it has ended meanwhile
                continue
            found[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return found


def _private(pid: int) -> float:
    """MiB of a process that are its own: what it shares with its siblings costs nothing more."""
    try:
        resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
    except OSError:
        return 0.0
    return (resident - shared) * _PAGE / 2**20


def held(coordinator: int) -> dict[str, float]:
    """MiB of the coordinator, and of its largest worker (a child of multiprocessing's server)."""
    parents = _parents()
    servers = {pid for pid, parent in parents.items() if parent == coordinator}
    workers = [
        _private(pid)
        for pid, parent in parents.items()
        if parent in servers and "forkserver" in Path(f"/proc/{pid}/cmdline").read_text()
    ]
    return {"coordinator": _private(coordinator), "worker": max(workers, default=0.0)}


def graded(course: Path, jobs: list[str]) -> tuple[float, dict[str, list[float]]]:
    """Seconds of a run, and what was held every two seconds of it."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "autograder.cli", "grade", "vae", *jobs]
    samples: dict[str, list[float]] = defaultdict(list)
    with open(os.devnull, "w") as nowhere:
        running = subprocess.Popen(command, cwd=course, stdout=nowhere, stderr=nowhere)
        while running.poll() is None:
            for name, size in held(running.pid).items():
                samples[name].append(size)
            time.sleep(_EVERY)
    if running.returncode:
        raise RuntimeError(f"{command} ended with {running.returncode}")
    return time.perf_counter() - start, samples


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--small", type=int, default=50)
    parser.add_argument("--large", type=int, default=2000)
    parser.add_argument("--jobs", help="workers (default: all cores)")
    arguments = parser.parse_args()
    jobs = ["--jobs", arguments.jobs] if arguments.jobs else []
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for label, number in (("small", arguments.small), ("large", arguments.large)):
            course = Path(folder) / label
            cohort.course_with(course, number)
            seconds, samples = graded(course, jobs)
            figures[f"{label}: s a submission of {number}"] = seconds / number
            print(f"{label}: {seconds / number:.3f} s a submission of {number}", flush=True)
        for name, sizes in samples.items():
            fifth = max(1, len(sizes) // 5)
            first, last = (
                statistics.median(part) for part in (sizes[fifth : 2 * fifth], sizes[-fifth:])
            )
            figures[f"{name}: growth"] = last / first - 1
            print(f"{name}: {first:.0f} MiB, at the end {last:.0f} MiB, {last / first - 1:+.1%}")
        again = graded(course, jobs)[0]
        figures["second run: s"] = again
        print(f"a second run with nothing changed: {again:.1f} s")
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
