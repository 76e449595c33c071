"""Raises all walls around the calling process, in the only order that works."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.sandbox import landlock, syscalls
from autograder.sandbox.policy import Policy

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_CAPABILITY_VERSION_3 = 0x20080522


class SandboxUnavailable(RuntimeError):
    """This machine cannot wall a student's code in."""


def missing() -> list[str]:
    """What this machine lacks, one sentence each; empty where the sandbox works."""
    if not sys.platform.startswith("linux"):
        return [f"the sandbox needs Linux, this is {sys.platform}"]
    problems = []
    if landlock.abi() < landlock.MINIMUM_ABI:
        problems.append(
            f"Landlock ABI {landlock.abi()} found, {landlock.MINIMUM_ABI} needed (Linux 6.2 or "
            "newer with landlock in the kernel's list of security modules)"
        )
    if not syscalls.available():
        problems.append("seccomp filters are missing: install libseccomp (Debian: libseccomp2)")
    return problems


def require() -> None:
    """Raise SandboxUnavailable, with what to do, unless every wall can be raised."""
    problems = missing()
    if problems:
        raise SandboxUnavailable(
            "Refusing to run students' code without walls: " + "; ".join(problems) + ". "
            "Grade on a machine that has them, or, on a throw-away machine that holds nothing of "
            "value, say so with --unprotected (AUTOGRADER_UNPROTECTED=1 for nbgrader)."
        )


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _private_memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _limit_resources(policy: Policy) -> None:
    limits = {
        resource.RLIMIT_DATA: _private_memory() + policy.memory,
        # Shared anonymous memory is not "data"; thread stacks reserve much that they never use.
        resource.RLIMIT_AS: _address_space() + 2 * policy.memory,
        resource.RLIMIT_CPU: policy.cpu_seconds + 1,
        resource.RLIMIT_FSIZE: policy.file_size,
        resource.RLIMIT_NOFILE: policy.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # Processor time: the soft limit says so (SIGXCPU), the hard one cannot be caught.
        soft = value - 1 if which == resource.RLIMIT_CPU else value
        resource.setrlimit(which, (soft, value))


def _drop_capabilities() -> None:
    """Root without capabilities is an ordinary user who owns root's files; Landlock does those."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _file_rules(policy: Policy, scratch: str) -> Iterator[tuple[str, int]]:
    for path in policy.readable:
        yield from landlock.without(path, policy.hidden)
    yield "/dev/null", landlock.READ_FILE | landlock.WRITE_FILE
    yield scratch, landlock.SCRATCH
    yield _own_maps(), landlock.READ_FILE


def _own_maps() -> str:
    """The process's own memory map, which threadpoolctl (so scikit-learn) reads.

    A rule holds for an inode, and the kernel makes new inodes for /proc at will; the open
    descriptor keeps this one.
    """
    os.open("/proc/self/maps", os.O_RDONLY | os.O_CLOEXEC)
    return f"/proc/{os.getpid()}/maps"


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent goes."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def raise_walls(policy: Policy, scratch: str) -> None:
    """Shut the calling, single-threaded process in. Landlock binds only the calling thread and
    those it starts later, so this must come before OpenMP or a notebook starts any."""
    if len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("walls must be raised before the first thread is started")
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _limit_resources(policy)
    _drop_capabilities()
    landlock.restrict(_file_rules(policy, scratch))
    syscalls.restrict()
