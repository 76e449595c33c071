"""Messages between judge and kernel: JSON and safetensors bytes, checked as hostile on arrival."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from autograder.distrust import MAX_TEXT, BadReply, number, plain, reference, want
from autograder.wire_pictures import pictures
from vae_utils.arrays import Array, as_array
from vae_utils.calls import Call, Failure, Reply, call_to_json

_MAX_OUTPUTS = 16
_MAX_NAMED = 64
_MAX_LINE = 200
_KINDS = "biuf"


def pack(call: Call) -> tuple[dict[str, Any], bytes]:
    """A call as JSON and the bytes of its arrays."""
    arrays: dict[str, Array] = {}

    def put(value: Any) -> str:
        name = f"t{len(arrays)}"
        arrays[name] = np.array(as_array(value), order="C")
        return name

    content = call_to_json(call, put)
    return content, save(arrays)


def _arrays(data: bytes, limit: int) -> dict[str, Array]:
    want(len(data) <= limit, f"more than {limit} bytes")
    try:
        arrays: dict[str, Array] = load(data)
    except Exception as error:  # whatever hostile bytes do to the parser
        raise BadReply(f"the reply is malformed: {error}") from error
    want(all(array.dtype.kind in _KINDS for array in arrays.values()), "unknown dtype")
    return arrays


def _failure(data: Any) -> Failure:
    want(isinstance(data, dict) and set(data) == {"kind", "text", "path", "line"}, "failure")
    texts = (data["kind"], data["text"], data["line"])
    want(all(isinstance(text, str) for text in texts), "failure text")
    path = data["path"]
    want(isinstance(path, list) and all(isinstance(name, str) for name in path), "failure path")
    names = tuple(plain(name)[:100] for name in path[-20:])
    line = plain(data["line"])[:_MAX_LINE]
    return Failure(plain(data["kind"])[:100], plain(data["text"])[:MAX_TEXT], names, line)


def _named(data: Any, arrays: dict[str, Array]) -> dict[str, Array]:
    want(isinstance(data, dict) and len(data) <= _MAX_NAMED, "names")
    return {str(name): reference(item, arrays) for name, item in data.items()}


def unpack(content: Any, data: bytes, limit: int) -> Reply:
    """A reply from JSON and bytes of arrays; raises BadReply for anything but plain data."""
    names = {field.name for field in fields(Reply)}
    want(isinstance(content, dict) and set(content) == names, "fields")
    if content["failure"] is not None:
        return Reply(failure=_failure(content["failure"]))
    arrays = _arrays(data, limit)
    outputs = content["outputs"]
    want(isinstance(outputs, list) and len(outputs) <= _MAX_OUTPUTS, "outputs")
    return Reply(
        outputs=tuple(reference(item, arrays) for item in outputs),
        single=content["single"] is True,
        gradients=_named(content["gradients"], arrays),
        weights=_named(content["weights"], arrays),
        pictures=pictures(content["pictures"], arrays),
        steps=number(content["steps"]),
        seen=_named(content["seen"], arrays),
    )
