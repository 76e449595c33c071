"""What a cell printed and drew, as hostile data made safe: known types only, capped."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

_PNG = b"\x89PNG\r\n\x1a\n"
_TRACEBACK_LINES = 60
_ESCAPE = re.compile("\x1b\\[[0-9;:]*[A-Za-z]?")
_MOST_ESCAPES = 2000
"""Codes for colours in an output; nbconvert's time to turn them into HTML grows with the square."""
_LEAST = 8 << 10
"""Bytes that any output counts for, however short: a page of a hundred thousand is never made."""
_TRUNCATED = "\n... (cut: the output is too long)\n"


def _text(value: Any, limit: int) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    if not isinstance(value, str):
        return ""
    value = value.encode("utf-8", "replace").decode("utf-8")  # no lone surrogates in a notebook
    return value if len(value) <= limit else value[:limit] + _TRUNCATED


def _png(value: Any) -> str | None:
    """Base64 of something that at least begins as a PNG; no other picture type is kept."""
    if not isinstance(value, str):
        return None
    try:
        data = base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(data).decode() if data.startswith(_PNG) else None


class Outputs:
    """Collects the outputs of one cell up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit
        self._escapes = 0
        self.nodes: list[NotebookNode] = []

    @property
    def used(self) -> int:
        """Bytes of what is kept, about."""
        return self._limit - self._left

    def add(self, kind: str, content: Any) -> None:
        """Add one message; unknown kinds and whatever comes after the limit are dropped."""
        if self._left <= 0 or not isinstance(content, dict):
            return
        node = self._node(kind, content)
        if node is not None:
            self._left -= max(_LEAST, len(str(node)))
            self.nodes.append(node)

    def _text(self, value: Any, limit: int) -> str:
        """The same without colours, once there were too many."""
        text = _text(value, limit)
        self._escapes += text.count("\x1b")
        if self._escapes <= _MOST_ESCAPES:
            return text
        return _ESCAPE.sub("", text).replace("\x1b", "")

    def _node(self, kind: str, content: dict[str, Any]) -> NotebookNode | None:
        if kind == "stream":
            return self._stream(content)
        if kind in ("display_data", "execute_result"):
            data = self._data(content, self._left)
            # A result is shown as a display: the only execute_result of a grade cell is its score.
            return new_output("display_data", data=data) if data else None
        if kind == "error":
            return self._error(content)
        return None

    def _data(self, content: dict[str, Any], limit: int) -> dict[str, str]:
        data = content.get("data")
        data = data if isinstance(data, dict) else {}
        kept = {"text/plain": self._text(data.get("text/plain"), limit)}
        picture = _png(data.get("image/png"))
        if picture is not None and len(picture) <= limit:
            kept["image/png"] = picture
        return {kind: value for kind, value in kept.items() if value}

    def _stream(self, content: dict[str, Any]) -> NotebookNode | None:
        text = self._text(content.get("text"), self._left)
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        last = self.nodes[-1] if self.nodes else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
            self._left -= len(text)
            return None
        return new_output("stream", name=name, text=text) if text else None

    def _error(self, content: dict[str, Any]) -> NotebookNode:
        lines = content.get("traceback")
        lines = lines if isinstance(lines, list) else []
        return new_output(
            "error",
            ename=self._text(content.get("ename"), 200),
            evalue=self._text(content.get("evalue"), 2000),
            traceback=[self._text(line, 5000) for line in lines[-_TRACEBACK_LINES:]],
        )


def error_output(name: str, text: str) -> NotebookNode:
    """An error that the grader itself reports in a cell."""
    return new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])
