"""The tape beside a notebook: calls and what is expected of them, recorded from the reference.

A `.tape` file is a NumPy archive (read without pickle): the entry `tape` holds JSON, the other
entries the arrays that it refers to. It holds numbers, never a formula or a check's source.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vae_utils.arrays import Array, as_array
from vae_utils.calls import Call, call_from_json, call_to_json
from vae_utils.codec import Put, decode, encode
from vae_utils.misconceptions import Misconception
from vae_utils.rules import Rules

FORMAT = 9
MOST_BYTES = 64 << 20
NO_RULES = Rules()

Recipe = Callable[[Any], list[Any] | None]


_UNREADABLE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError,
    zipfile.BadZipFile,
)  # fmt: skip


class TapeError(ValueError):
    """The file is no tape that this version can read."""


@dataclass(frozen=True)
class Entry:
    """One call, one comparison of its reply, and what would explain a wrong one."""

    call: Call
    kind: str
    params: dict[str, Any]
    misconceptions: tuple[Misconception, ...] = ()
    uses: tuple[str, ...] = ()
    """Tasks that the call rests on: while one of them is wrong, nothing is said about this one."""


@dataclass(frozen=True)
class TapedCheck:
    """One check: what it claims, its points, its entries."""

    name: str
    claim: str
    points: float
    entries: tuple[Entry, ...]
    given: tuple[Entry, ...] = ()
    """The same with stand-ins for all parts that are used, for a notebook whose parts are wrong."""

    @property
    def is_open(self) -> bool:
        """Whether only the grader knows what is right."""
        return any(entry.kind == "answered" for entry in self.entries)


@dataclass(frozen=True)
class Tape:
    """All checks of an assignment, by task in the order of the notebook."""

    assignment: str
    tasks: dict[str, tuple[TapedCheck, ...]]
    signatures: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Parameters of the functions that students write, `self` included."""
    rules: Rules = NO_RULES
    made_from: str = ""
    """A hash of the reference and the checks, by which a release knows whether to record anew."""


def write(tape: Tape, path: Path, recipe: Recipe = lambda _: None) -> None:
    """Save a tape. `recipe` may name how numbers are drawn, which takes less room than they do."""
    arrays: dict[str, Array] = {}

    def put(value: Any) -> Any:
        known = recipe(value)
        return {"uniform": known} if known is not None else _put(as_array(value), arrays)

    tasks = {name: [_check_json(c, put) for c in checks] for name, checks in tape.tasks.items()}
    data = {**vars(tape), "format": FORMAT, "tasks": tasks, "rules": vars(tape.rules)}
    text = json.dumps(data)
    with path.open("wb") as file:
        arrays["tape"] = np.frombuffer(text.encode(), np.uint8)
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _put(array: Array, arrays: dict[str, Array]) -> str:
    """The array's name; equal ones are kept once."""
    for name, other in arrays.items():
        if other.dtype == array.dtype and np.array_equal(other, array):
            return name
    name = f"t{len(arrays)}"
    arrays[name] = np.array(array)
    return name


def _check_json(check: TapedCheck, put: Put) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        array = as_array(value)
        return put(array.astype(np.float32) if array.dtype == np.float64 else value)

    def plain(entry: Entry) -> dict[str, Any]:
        mistakes = (encode(vars(m), rounded, tensors=False) for m in entry.misconceptions)
        return {
            "call": call_to_json(entry.call, put),
            "kind": entry.kind,
            "params": encode(entry.params, put, tensors=False),
            "misconceptions": list(mistakes),
            "uses": entry.uses,
        }

    entries, given = (list(map(plain, some)) for some in (check.entries, check.given))
    return {**vars(check), "entries": entries, "given": given}


def read(path: Path) -> Tape:
    """Load a tape; raises TapeError with what to do if it cannot be read."""
    try:
        _insist_on_size(path)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        data = dict(json.loads(arrays.pop("tape").tobytes()))
        if data.get("format") == FORMAT:
            return _tape_from(data, arrays)
    except _UNREADABLE as error:
        raise TapeError(
            f"{path.name} is not a readable tape ({error}); download it again."
        ) from error
    else:
        raise TapeError(
            f"{path.name} has format {data.get('format')}, vae_utils reads format {FORMAT}: "
            "update vae_utils or download the tape again."
        )


def _insist_on_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES:
        raise ValueError(f"it unpacks to {size >> 20} MiB, at most {MOST_BYTES >> 20} are read")


def _tape_from(data: dict[str, Any], arrays: dict[str, Array]) -> Tape:
    calls: dict[str, Call] = {}

    def get_call(call: dict[str, Any]) -> Call:
        """One object for equal calls, so that a replay makes them once."""
        key = json.dumps(call)
        if key not in calls:
            calls[key] = call_from_json(call, arrays.__getitem__)
        return calls[key]

    tasks = {
        name: tuple(_check_from(check, arrays.__getitem__, get_call) for check in checks)
        for name, checks in data["tasks"].items()
    }
    signatures = {name: tuple(names) for name, names in data["signatures"].items()}
    rules = Rules(**decode(data["rules"], arrays.__getitem__))
    return Tape(data["assignment"], tasks, signatures, rules, data["made_from"])


def _check_from(data: dict[str, Any], get: Any, get_call: Any) -> TapedCheck:
    def rich(entry: dict[str, Any]) -> Entry:
        return Entry(
            call=get_call(entry["call"]),
            kind=entry["kind"],
            params=decode(entry["params"], get),
            misconceptions=tuple(Misconception(**decode(m, get)) for m in entry["misconceptions"]),
            uses=tuple(entry["uses"]),
        )

    entries, given = (tuple(map(rich, data[name])) for name in ("entries", "given"))
    return TapedCheck(data["name"], data["claim"], data["points"], entries, given)
