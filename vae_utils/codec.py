"""Calls and tapes as JSON plus named arrays: plain data, nothing that could run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Put = Callable[[torch.Tensor], dict[str, Any]]
Get = Callable[[str], torch.Tensor]

MOST_DRAWN = 1 << 24
"""Numbers in a tensor that is made from less than it holds."""


def uniform(seed: int, shape: tuple[int, ...], low: float, high: float) -> torch.Tensor:
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
    return torch.from_numpy(numbers.astype(np.float32).reshape(shape))


def _rows(row: torch.Tensor, count: int) -> torch.Tensor:
    if row.numel() * count > MOST_DRAWN:
        raise ValueError(
            f"{count} rows are more than the {MOST_DRAWN} numbers that a call may have"
        )
    return row.expand(count, *row.shape)


def encode(value: Any, put: Put) -> Any:
    """`value` as JSON; `put` stores a tensor and says how to refer to it."""
    if isinstance(value, torch.Tensor):
        if value.dim() and len(value) > 1 and value.stride(0) == 0:  # expanded: one row is all
            return {"$rows": [put(value[0]), len(value)]}
        return put(value)
    if isinstance(value, dict):
        return {str(key): encode(item, put) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item, put) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot put a {type(value).__name__} into a call or a tape")


def decode(value: Any, get: Get) -> Any:
    """The inverse of `encode`; lists come back as tuples."""
    if isinstance(value, dict):
        if set(value) == {"$tensor"}:
            return get(value["$tensor"])
        if set(value) == {"$uniform"}:
            seed, shape, low, high = value["$uniform"]
            return uniform(seed, tuple(shape), low, high)
        if set(value) == {"$rows"}:
            return _rows(decode(value["$rows"][0], get), value["$rows"][1])
        return {key: decode(item, get) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(decode(item, get) for item in value)
    return value
