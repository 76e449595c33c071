"""Whether a file was made from another one as that is now, whatever the clock said meanwhile.

What was made gets the time of change of what it was made from, once it is whole. A file that was
cut short, or made from something older, has another time.
"""

from __future__ import annotations

import os
from pathlib import Path


def stamp(made: Path, source: Path) -> None:
    """Call when `made` is complete."""
    changed = source.stat().st_mtime_ns
    os.utime(made, ns=(changed, changed))


def is_current(made: Path, source: Path) -> bool:
    """Whether `made` is there, whole, and made from `source` as it is."""
    return made.is_file() and made.stat().st_mtime_ns == source.stat().st_mtime_ns
