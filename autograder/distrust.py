"""Small checks of data that a hostile kernel sent: plain types, few of them, harmless text."""

from __future__ import annotations

import unicodedata
from typing import Any

from vae_utils.arrays import Array

MAX_TEXT = 4000


class BadReply(ValueError):
    """The kernel sent something that no honest probe sends."""


def want(condition: bool, what: str) -> None:
    if not condition:
        raise BadReply(f"the reply is malformed: {what}")


def plain(text: str) -> str:
    """Text that any file and any terminal can take: no lone surrogates, no control characters."""
    text = text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def reference(data: Any, arrays: dict[str, Array]) -> Array:
    want(isinstance(data, dict) and set(data) == {"$array"}, "array reference")
    name = data["$array"]
    want(isinstance(name, str) and name in arrays, "unknown array")
    return arrays[name]


def number(value: Any) -> int:
    want(type(value) is int and 0 <= value < 1 << 53, "a number")
    return int(value)


def listed(value: Any, most: int, what: str) -> list[Any]:
    want(isinstance(value, list) and len(value) <= most, what)
    return list(value)
