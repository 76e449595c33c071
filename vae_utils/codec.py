"""Calls and tapes as JSON plus named arrays: plain data, nothing that could run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from vae_utils.arrays import Array, as_array, is_tensor

Put = Callable[[Any], Any]
"""Stores a tensor or an array; says how to make it again, as `made` understands it."""
Get = Callable[[str], Array]

MOST_DRAWN = 1 << 24
"""Numbers in an array that is made from less than it holds."""


def uniform(seed: int, shape: tuple[int, ...], low: float, high: float) -> Array:
    """Uniform numbers in [low, high), float32, the same on every machine and in every release.

    NumPy promises the stream of a bit generator, not that of its distributions; so the 53 high
    bits of PCG64 are scaled here.
    """
    if np.prod(shape, dtype=np.float64) > MOST_DRAWN:
        raise ValueError(f"{shape} is more than the {MOST_DRAWN} numbers that a call may have")
    raw = np.random.PCG64(seed).random_raw(int(np.prod(shape, dtype=np.int64)))
    numbers = (np.atleast_1d(raw) >> np.uint64(11)).astype(np.float64)
    numbers *= (high - low) * 2.0**-53  # in place: memory is what takes time here
    numbers += low
    return numbers.astype(np.float32).reshape(shape)


def _rows(row: Array, count: int) -> Array:
    if row.size * count > MOST_DRAWN:
        raise ValueError(
            f"{count} rows are more than the {MOST_DRAWN} numbers that a call may have"
        )
    own = np.array(row)
    return np.lib.stride_tricks.as_strided(own, (count, *own.shape), (0, *own.strides))


def _is_one_row(array: Array) -> bool:
    return bool(array.ndim and len(array) > 1 and array.strides[0] == 0)


def _stored(value: Any, put: Put) -> Any:
    if _is_one_row(as_array(value)):  # expanded: one row is all
        return {"rows": [put(value[0]), len(value)]}
    return put(value)


def made(how: Any, get: Get) -> Array:
    """The array of a name; or {"uniform": [seed, shape, low, high, dtype]}, drawn anew; or
    {"rows": [how, n]}, n times the same row."""
    if isinstance(how, str):
        return get(how)
    ((kind, given),) = how.items()
    if kind == "rows":
        return _rows(made(given[0], get), given[1])
    if kind != "uniform":
        raise ValueError(f"an array cannot be made by {kind!r}")
    seed, shape, low, high, dtype = given
    return uniform(seed, tuple(shape), low, high).astype(dtype, copy=False)


def encode(value: Any, put: Put, tensors: bool = True) -> Any:
    """`value` as JSON; `put` stores an array or tensor and says how to make it again.

    tensors: whether tensors come back as tensors; otherwise as arrays.
    """
    if isinstance(value, np.ndarray):
        return {"$array": _stored(value, put)}
    if is_tensor(value):
        return {"$tensor" if tensors else "$array": _stored(value, put)}
    if isinstance(value, dict):
        return {str(key): encode(item, put, tensors) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item, put, tensors) for item in value]
    if isinstance(value, list):
        return {"$list": [encode(item, put, tensors) for item in value]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot put a {type(value).__name__} into a call or a tape")


def decode(value: Any, get: Get) -> Any:
    """The inverse of `encode`."""
    if isinstance(value, list):
        return tuple(decode(item, get) for item in value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, given),) = value.items()
        if kind == "$array":
            return made(given, get)
        if kind == "$tensor":
            return _tensor(made(given, get))
        if kind == "$list":
            return [decode(item, get) for item in given]
    return {key: decode(item, get) for key, item in value.items()}


def _tensor(array: Array) -> Any:
    import torch

    return torch.from_numpy(array if array.flags.writeable else array.copy())
