"""Messages between a kernel and its judge: an object as JSON and some bytes, on one socket.

Each is preceded by the lengths of both, which the judge checks before it makes room for anything:
whatever runs in a kernel can write to the socket.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

_LENGTHS = struct.Struct("<II")
MAX_OBJECT = 16 << 20
"""Bytes of JSON. A picture is the largest that honest kernels send."""


class TooLarge(ValueError):
    """A message announces more bytes than anybody wants to hold."""


@dataclass(frozen=True)
class Message:
    """request: the question that it belongs to. kind: what its content is."""

    request: str
    kind: str
    content: dict[str, Any]
    data: bytes = b""


def packed(message: Message) -> bytes:
    """The message as bytes."""
    fields = {"request": message.request, "kind": message.kind, "content": message.content}
    text = json.dumps(fields).encode()
    return _LENGTHS.pack(len(text), len(message.data)) + text + message.data


class Reader:
    """Cuts a stream of bytes into messages."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = bytearray()
        self._start = 0

    def feed(self, chunk: bytes) -> None:
        """Add what has come in."""
        del self._bytes[: self._start]
        self._start = 0
        self._bytes += chunk

    def take(self) -> Message | None:
        """The next message; None while it has not come in whole.

        Raises:
            TooLarge: it would be larger than wanted.
        """
        if len(self._bytes) - self._start < _LENGTHS.size:
            return None
        text, data = _LENGTHS.unpack_from(self._bytes, self._start)
        if text > MAX_OBJECT or data > self._most:
            raise TooLarge
        begin = self._start + _LENGTHS.size
        middle, end = begin + text, begin + text + data
        if len(self._bytes) < end:
            return None
        self._start = end
        return _message(bytes(self._bytes[begin:middle]), bytes(self._bytes[middle:end]))


def _message(text: bytes, data: bytes) -> Message:
    """What is no message of ours becomes one that answers no request."""
    try:
        fields = json.loads(text)
        request, kind, content = fields["request"], fields["kind"], fields["content"]
    except Exception:  # hostile bytes break parsers in more ways than can be listed
        return Message("", "malformed", {})
    if isinstance(request, str) and isinstance(kind, str) and isinstance(content, dict):
        return Message(request, kind, content, data)
    return Message("", "malformed", {})
