"""Medians and spreads as a table and as JSON, for all benchmarks."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from pathlib import Path
from typing import Any


def parser(about: str | None) -> argparse.ArgumentParser:
    """With the option that all benchmarks have."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return made


def row(name: str, values: list[float], unit: str = "s") -> None:
    """Print a median with its spread."""
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"{name:44} median {middle:9.3f} {unit:4} from {low:9.3f} to {high:9.3f}")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": model[0] if model else platform.processor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def write(path: Path | None, figures: dict[str, Any]) -> None:
    """As JSON, with the machine."""
    if path:
        path.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n")
