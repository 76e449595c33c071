"""Messages between judge and kernel: JSON and safetensors bytes, checked as hostile on arrival."""

from __future__ import annotations

from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from autograder.distrust import MAX_TEXT, BadReply, number, plain, reference, want
from autograder.wire_pictures import pictures
from vae_utils.calls import Call, Failure, Reply, call_to_json

_MAX_OUTPUTS = 16
_MAX_NAMED = 64
_MAX_DIMENSIONS = 64
_MAX_LINE = 200
_DTYPES = {
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8,
    torch.int8, torch.int16, torch.int32, torch.int64,
}  # fmt: skip


def pack(call: Call) -> tuple[dict[str, Any], bytes]:
    """A call as JSON and the bytes of its tensors."""
    tensors: dict[str, Tensor] = {}

    def put(tensor: Tensor) -> dict[str, str]:
        name = f"t{len(tensors)}"
        tensors[name] = tensor.detach().contiguous().clone()
        return {"$tensor": name}

    content = call_to_json(call, put)
    return content, save(tensors)


def _tensors(data: bytes, limit: int) -> dict[str, Tensor]:
    want(len(data) <= limit, f"more than {limit} bytes")
    try:
        tensors = load(data)
    except Exception as error:  # whatever hostile bytes do to the parser
        raise BadReply(f"the reply is malformed: {error}") from error
    want(all(tensor.dtype in _DTYPES for tensor in tensors.values()), "unknown dtype")
    want(all(tensor.dim() <= _MAX_DIMENSIONS for tensor in tensors.values()), "dimensions")
    return tensors


def _failure(data: Any) -> Failure:
    want(isinstance(data, dict) and set(data) == {"kind", "text", "path", "line"}, "failure")
    texts = (data["kind"], data["text"], data["line"])
    want(all(isinstance(text, str) for text in texts), "failure text")
    path = data["path"]
    want(isinstance(path, list) and all(isinstance(name, str) for name in path), "failure path")
    names = tuple(plain(name)[:100] for name in path[-20:])
    line = plain(data["line"])[:_MAX_LINE]
    return Failure(plain(data["kind"])[:100], plain(data["text"])[:MAX_TEXT], names, line)


def _named(data: Any, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    want(isinstance(data, dict) and len(data) <= _MAX_NAMED, "names")
    return {str(name): reference(item, tensors) for name, item in data.items()}


def unpack(content: Any, data: bytes, limit: int) -> Reply:
    """A reply from JSON and bytes of tensors; raises BadReply for anything but plain data."""
    names = {"outputs", "single", "gradients", "weights", "pictures", "steps", "failure"}
    want(isinstance(content, dict) and set(content) == names, "fields")
    if content["failure"] is not None:
        return Reply(failure=_failure(content["failure"]))
    tensors = _tensors(data, limit)
    outputs = content["outputs"]
    want(isinstance(outputs, list) and len(outputs) <= _MAX_OUTPUTS, "outputs")
    return Reply(
        outputs=tuple(reference(item, tensors) for item in outputs),
        single=content["single"] is True,
        gradients=_named(content["gradients"], tensors),
        weights=_named(content["weights"], tensors),
        pictures=pictures(content["pictures"], tensors),
        steps=number(content["steps"]),
    )
