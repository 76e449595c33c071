"""Known wrong formulas, recognised by the numbers that they give.

A misconception holds its name, the hint of a good teaching assistant, and numbers; the formula
itself is in neither a tape nor a kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vae_utils.calls import Reply
from vae_utils.compare import compare


@dataclass(frozen=True)
class Misconception:
    """A named wrong formula and its hint.

    expected: what a comparison would expect if the wrong formula were right, as overrides of the
    check's own parameters, or all of them where the comparison is of another kind.
    """

    name: str
    hint: str
    expected: dict[str, Any]
    kind: str | None = None


def compared(kind: str, reply: Reply, params: dict[str, Any]) -> str | None:
    """As `compare`; a reply so odd that comparing it fails is wrong, not a fault of ours."""
    try:
        return compare(kind, reply, params)
    except Exception as error:
        return f"its result cannot be compared ({type(error).__name__})"


def recognise(
    misconceptions: Iterable[Misconception], kind: str, reply: Reply, params: dict[str, Any]
) -> Misconception | None:
    """The first misconception that explains a reply which failed the comparison."""
    return next((m for m in misconceptions if _explains(m, kind, reply, params)), None)


def worth_naming(recognised: Iterable[tuple[str, str | None]]) -> Iterator[bool]:
    """Of functions and the mistakes seen in them, check by check: whether to name each of these.

    Of a function only the first one is named. Later checks see its consequences, and some look like
    other mistakes.
    """
    first: dict[str, str] = {}
    for function, name in recognised:
        yield name is None or first.setdefault(function, name) == name


def _explains(mistake: Misconception, kind: str, reply: Reply, params: dict[str, Any]) -> bool:
    if mistake.kind is None:
        return compared(kind, reply, {**params, **mistake.expected}) is None
    return compared(mistake.kind, reply, mistake.expected) is None
