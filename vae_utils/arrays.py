"""Arrays of NumPy, whatever library made the numbers. Torch is used where it is there already."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of torch, which is not imported for the question."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(value: Any) -> Array:
    """A tensor's or array's numbers, without a copy where that can be."""
    if not is_tensor(value):
        return np.asarray(value)
    plain = value.detach().cpu().resolve_conj().resolve_neg()
    try:
        return np.asarray(plain.numpy())
    except TypeError:  # bfloat16 and the like, which NumPy does not have
        return np.asarray(plain.float().numpy())


def as_arrays(value: Any) -> Any:
    """The same with an array for every tensor, in dicts, tuples and lists as well."""
    if is_tensor(value):
        return as_array(value)
    if isinstance(value, dict):
        return {key: as_arrays(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(map(as_arrays, value))
    return value
