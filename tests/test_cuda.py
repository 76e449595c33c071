"""On a machine with an NVIDIA card all references with torch run on it, and their checks say so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from autograder.assignment import find, names

ROOT = Path(__file__).resolve().parents[1]
WITH_TORCH = [name for name in names() if "select_device(" in find(name, ROOT).source.read_text()]
LENIENT = 'try:\n    check("{0}")\nexcept Exception as error:\n    print("{0}:", error)\n'


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", WITH_TORCH)
def test_a_reference_passes_its_checks_on_cuda(name: str, tmp_path: Path) -> None:
    source = (ROOT / "solutions" / name / f"{name}.py").read_text()
    script = tmp_path / f"{name}.py"
    script.write_text(
        re.sub(r'^check\("(\w+)"\)$', lambda m: LENIENT.format(m[1]), source, flags=re.M)
    )
    shutil.copy(ROOT / "notebooks" / name / f"{name}.tape", tmp_path)
    path = os.pathsep.join([str(ROOT), *sys.path])
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    problems = [line for line in done.stdout.splitlines() if "✗" in line or "raised" in line]
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Computing on cuda" in done.stdout
    assert not problems
    points = re.findall(r"([\d.?]+) of ([\d.]+) points", done.stdout)
    assert points and all(got in (most, "?") for got, most in points)
