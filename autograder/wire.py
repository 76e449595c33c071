"""Messages between judge and kernel: JSON and safetensors bytes, checked as hostile on arrival."""

from __future__ import annotations

import unicodedata
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from vae_utils.calls import Call, Failure, Reply, call_to_json

_MAX_OUTPUTS = 16
_MAX_DIMENSIONS = 64
_MAX_TEXT = 4000
_MAX_LINE = 200
_DTYPES = {
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8,
    torch.int8, torch.int16, torch.int32, torch.int64,
}  # fmt: skip


class BadReply(ValueError):
    """The kernel sent something that no honest probe sends."""


def pack(call: Call) -> tuple[dict[str, Any], bytes]:
    """A call as JSON and the bytes of its tensors."""
    tensors: dict[str, Tensor] = {}

    def put(tensor: Tensor) -> dict[str, str]:
        name = f"t{len(tensors)}"
        tensors[name] = tensor.detach().contiguous().clone()
        return {"$tensor": name}

    content = call_to_json(call, put)
    return content, save(tensors)


def _want(condition: bool, what: str) -> None:
    if not condition:
        raise BadReply(f"the reply is malformed: {what}")


def _tensors(data: bytes, limit: int) -> dict[str, Tensor]:
    _want(len(data) <= limit, f"more than {limit} bytes")
    try:
        tensors = load(data)
    except Exception as error:  # whatever hostile bytes do to the parser
        raise BadReply(f"the reply is malformed: {error}") from error
    _want(all(tensor.dtype in _DTYPES for tensor in tensors.values()), "unknown dtype")
    _want(all(tensor.dim() <= _MAX_DIMENSIONS for tensor in tensors.values()), "dimensions")
    return tensors


def _failure(data: Any) -> Failure:
    _want(isinstance(data, dict) and set(data) == {"kind", "text", "path", "line"}, "failure")
    texts = (data["kind"], data["text"], data["line"])
    _want(all(isinstance(text, str) for text in texts), "failure text")
    path = data["path"]
    _want(isinstance(path, list) and all(isinstance(name, str) for name in path), "failure path")
    names = tuple(_plain(name)[:100] for name in path[-20:])
    line = _plain(data["line"])[:_MAX_LINE]
    return Failure(_plain(data["kind"])[:100], _plain(data["text"])[:_MAX_TEXT], names, line)


def _plain(text: str) -> str:
    """Text that any file and any terminal can take: no lone surrogates, no control characters."""
    text = text[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def _reference(data: Any, tensors: dict[str, Tensor]) -> Tensor:
    _want(isinstance(data, dict) and set(data) == {"$tensor"}, "tensor reference")
    name = data["$tensor"]
    _want(isinstance(name, str) and name in tensors, "unknown tensor")
    return tensors[name]


def unpack(content: Any, data: bytes, limit: int) -> Reply:
    """A reply from JSON and bytes of tensors; raises BadReply for anything but plain data."""
    fields = {"outputs", "single", "gradients", "failure"}
    _want(isinstance(content, dict) and set(content) == fields, "fields")
    if content["failure"] is not None:
        return Reply(failure=_failure(content["failure"]))
    tensors = _tensors(data, limit)
    outputs, found = content["outputs"], content["gradients"]
    _want(isinstance(outputs, list) and len(outputs) <= _MAX_OUTPUTS, "outputs")
    _want(isinstance(found, dict) and len(found) <= 64, "gradients")
    return Reply(
        outputs=tuple(_reference(item, tensors) for item in outputs),
        single=content["single"] is True,
        gradients={str(name): _reference(item, tensors) for name, item in found.items()},
    )
