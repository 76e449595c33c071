"""Landlock by system call: which files a process may still reach, without any privilege.

Source: Linux kernel documentation, "Landlock: unprivileged access control", ABI 1 to 7.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_O_PATH = 0o10000000

MINIMUM_ABI = 3
"""ABI 3 (Linux 6.2) is the first that also guards truncation."""

WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_DIR, MAKE_REG, MAKE_SOCK, TRUNCATE = 1 << 7, 1 << 8, 1 << 9, 1 << 14

READ = READ_FILE | READ_DIR
SCRATCH = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | TRUNCATE
_FILE_RIGHTS = READ_FILE | WRITE_FILE | TRUNCATE

_FS_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # number of low bits in use
_TCP = 0b11  # bind and connect, ABI 4
_SCOPES = 0b11  # abstract unix sockets and signals, ABI 6


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock system call {number}: {os.strerror(code)}")
    return int(result)


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    try:
        return _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    except OSError:
        return 0


def _ruleset(version: int) -> _Ruleset:
    bits = _FS_RIGHTS_BY_ABI[min(version, 5)]
    return _Ruleset((1 << bits) - 1, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)


def _ruleset_size(version: int) -> int:
    if version >= 6:
        return 24
    return 16 if version >= 4 else 8


def without(path: str, hidden: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Rules that open `path` for reading except what lies in `hidden`."""
    place = Path(path)
    inside = [secret for secret in hidden if Path(secret).is_relative_to(place)]
    if not inside:
        yield path, READ
    elif path not in inside:
        yield path, READ_DIR  # the import system lists folders; names are no secret
        for child in sorted(os.listdir(path)):
            yield from without(os.path.join(path, child), inside)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        target = os.open(path, _O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(target).st_mode):
            access &= _FILE_RIGHTS
        if access:
            rule = _PathBeneath(access, target)
            _syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(target)


def restrict(rules: Iterable[tuple[str, int]]) -> None:
    """Leave the calling thread only the listed `(path, rights)`; there is no way back."""
    version = abi()
    attributes = _ruleset(version)
    size = ctypes.c_size_t(_ruleset_size(version))
    ruleset = _syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    for path, access in rules:
        _allow(ruleset, path, access)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
