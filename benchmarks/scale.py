"""Whether a large batch costs per submission what a small one does, in time and in memory.

    python -m benchmarks.scale [--small 50] [--large 2000] [--jobs N] [--json FILE]

Grades a small and a large cohort (see benchmarks/cohort.py) with `autograder grade vae`, the small
one before and after the large one, prints seconds a submission of each on the clock and of the
processor, what the coordinator and the workers hold in memory in the second and in the last fifth
of the large batch, and how long a second run takes that finds nothing to do. Processor time hardly
knows of other work on the machine.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cohort, measured

_EVERY = 2.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class _Process:
    parent: int
    own: float
    """Processor seconds, and below those of children that it has waited for."""
    reaped: float


def _processes() -> dict[int, _Process]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it has ended meanwhile
                continue
            fields = stat.rpartition(")")[2].split()
            times = [int(field) / _TICK for field in fields[11:15]]
            found[int(entry.name)] = _Process(int(fields[1]), sum(times[:2]), sum(times[2:]))
    return found


def _called(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _private(pid: int) -> float:
    """MiB of a process that are its own: what it shares with its siblings costs nothing more."""
    try:
        resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text().split()[1:3])
    except OSError:
        return 0.0
    return (resident - shared) * _PAGE / 2**20


def held(coordinator: int, processes: dict[int, _Process]) -> dict[str, float]:
    """MiB of the coordinator, and of its largest worker (a child of multiprocessing's server)."""
    servers = {pid for pid, process in processes.items() if process.parent == coordinator}
    workers = [
        _private(pid)
        for pid, process in processes.items()
        if process.parent in servers and "forkserver" in _called(pid)
    ]
    return {"coordinator": _private(coordinator), "worker": max(workers, default=0.0)}


def spent(coordinator: int, processes: dict[int, _Process]) -> dict[int, float]:
    """Processor seconds so far of the coordinator, its children and theirs.

    Kernels come and go below the zygotes, which wait for them; nobody waits for the zygotes.
    """
    family = {coordinator}
    for _ in range(2):
        family |= {pid for pid, process in processes.items() if process.parent in family}
    return {
        pid: processes[pid].own + processes[pid].reaped * ("sandbox.zygote" in _called(pid))
        for pid in family & set(processes)
    }


@dataclass(frozen=True)
class _Run:
    seconds: float
    processor: float
    held: dict[str, list[float]]
    """MiB every two seconds."""


def graded(course: Path, jobs: list[str]) -> _Run:
    """Grade all that is new, and watch."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "autograder.cli", "grade", "vae", *jobs]
    samples: dict[str, list[float]] = defaultdict(list)
    processor: dict[int, float] = {}
    with open(os.devnull, "w") as nowhere:
        running = subprocess.Popen(command, cwd=course, stdout=nowhere, stderr=nowhere)
        while running.poll() is None:
            processes = _processes()
            for name, size in held(running.pid, processes).items():
                samples[name].append(size)
            processor |= spent(running.pid, processes)
            time.sleep(_EVERY if time.perf_counter() - start > 10 * _EVERY else _EVERY / 10)
    if running.returncode:
        raise RuntimeError(f"{command} ended with {running.returncode}")
    return _Run(time.perf_counter() - start, sum(processor.values()), samples)


def _told(label: str, run: _Run, number: int) -> dict[str, float]:
    clock, processor = run.seconds / number, run.processor / number
    print(f"{label}, s a submission: {clock:.3f} on the clock, {processor:.3f} of the processor")
    return {f"{label}: s a submission": clock, f"{label}: processor s": processor}


def _growth(run: _Run) -> dict[str, float]:
    figures = {}
    for name, sizes in run.held.items():
        fifth = max(1, len(sizes) // 5)
        parts = sizes[fifth : 2 * fifth], sizes[-fifth:]
        first, last = (statistics.median(part) for part in parts)
        figures[f"{name}: growth"] = last / first - 1
        print(f"{name}: {first:.0f} MiB, at the end {last:.0f} MiB, {last / first - 1:+.1%}")
    return figures


def main() -> None:
    """Measure, print, write JSON."""
    parser = measured.parser(__doc__)
    parser.add_argument("--small", type=int, default=50)
    parser.add_argument("--large", type=int, default=2000)
    parser.add_argument("--jobs", help="workers (default: all cores)")
    arguments = parser.parse_args()
    jobs = ["--jobs", arguments.jobs] if arguments.jobs else []
    figures: dict[str, float] = {}
    runs = (("small, before", arguments.small), ("large", arguments.large))
    with tempfile.TemporaryDirectory() as folder:
        for label, number in (*runs, ("small, after", arguments.small)):
            course = Path(folder) / label
            cohort.course_with(course, number)
            run = graded(course, jobs)
            figures |= _told(f"{label} ({number})", run, number)
            sys.stdout.flush()
            if label == "large":
                figures |= _growth(run)
                again = graded(course, jobs).seconds
                figures["second run: s"] = again
                print(f"a second run with nothing changed: {again:.1f} s", flush=True)
                shutil.rmtree(course)
    measured.write(arguments.json, figures)


if __name__ == "__main__":
    main()
