"""A kernel's scratch folder: how much is in it, and how to remove it whatever was built there."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

PREFIX = "vae-kernel-"
"""Folders are named after the grader's process: vae-kernel-PID-..."""


def use(folder: str) -> tuple[int, int]:
    """Bytes and files under a folder. What vanishes while we look does not count; what cannot be
    looked at (paths too long, folders without permission) raises OSError."""
    size = files = 0
    waiting = [folder]
    while waiting:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for entry in os.scandir(waiting.pop()):
                files += 1
                with contextlib.suppress(FileNotFoundError):
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return size, files


def _lift(folder: str, entry: str, number: int) -> int:
    """Move what is in a subfolder up and remove it: no path grows, nothing recurses."""
    os.chmod(entry, 0o700)
    for inner in os.scandir(entry):
        if inner.is_dir(follow_symlinks=False):
            os.chmod(inner.path, 0o700)
        os.rename(inner.path, os.path.join(folder, f".removed-{os.getpid()}-{number}"))
        number += 1
    os.rmdir(entry)
    return number


def remove(folder: str) -> None:
    """Remove a folder of any depth; never raises, because nobody's grade depends on it."""
    number = 0
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
        while entries := list(os.scandir(folder)):
            for entry in entries:
                if stat.S_ISDIR(os.lstat(entry.path).st_mode):
                    number = _lift(folder, entry.path, number)
                else:
                    os.unlink(entry.path)
        os.rmdir(folder)


def sweep(place: str, prefix: str = PREFIX) -> None:
    """Remove the folders of graders that were killed before they could."""
    for folder in Path(place).glob(f"{prefix}*-*"):
        owner = folder.name.removeprefix(prefix).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            remove(str(folder))
