"""What a student's function returned, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_utils.arrays import Array, as_array, is_tensor


class NotNumbers(TypeError):
    """A function returned something that is neither tensor nor array nor number."""


def outputs(result: Any, method: bool) -> tuple[tuple[Any, ...], bool]:
    """A tuple of tensors and arrays, and whether there was no tuple.

    method: whether only tensors will do.
    """
    if isinstance(result, (tuple, list)):
        return tuple(_numbers(value, method) for value in result), False
    return (_numbers(result, method),), True


def _numbers(value: Any, method: bool) -> Any:
    if is_tensor(value):
        return value
    if value is None:
        raise NotNumbers("it returned nothing (None): is the return missing?")
    if method and isinstance(value, np.ndarray):
        raise NotNumbers("it returned a NumPy array; a tensor is wanted")
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        return np.array(value)
    if isinstance(value, (bool, int, float)) or (not method and _is_row(value)):
        return np.array(value)
    wanted = "a tensor" if method else "a tensor or an array"
    raise NotNumbers(f"it returned a {type(value).__name__}; {wanted} is wanted")


def _is_row(value: Any) -> bool:
    """Whether it is a list of plain numbers."""
    plain = (bool, int, float, np.number)
    return isinstance(value, list) and all(isinstance(number, plain) for number in value)


def as_plain(value: Any) -> Array:
    """An output as an array whose numbers go through any message."""
    array = np.asarray(as_array(value), order="C")
    if array.dtype.kind not in "biuf":
        raise NotNumbers(f"it returned numbers of type {array.dtype}; real ones are wanted")
    return array.astype(np.float64) if array.dtype.itemsize > 8 else array
