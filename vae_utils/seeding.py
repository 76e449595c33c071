"""Random generators of all libraries that are loaded, started from one seed."""

from __future__ import annotations

import contextlib
import functools
import random
import sys
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """All generators start from `seed` and are put back afterwards."""
    saved_numpy, saved_python = np.random.get_state(), random.getstate()
    with _torch_seeded(seed):
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(saved_numpy)
            random.setstate(saved_python)


@contextlib.contextmanager
def _torch_seeded(seed: int) -> Iterator[None]:
    if "torch" not in sys.modules:
        yield
        return
    import torch

    with torch.random.fork_rng(devices=range(_gpus())):
        torch.default_generator.manual_seed(seed)
        if _gpus():  # without one, torch would keep a printed stack a call
            torch.cuda.manual_seed_all(seed)
        yield


@functools.cache
def _gpus() -> int:
    """Number of GPUs; to ask the driver takes a quarter of a millisecond."""
    import torch

    return torch.cuda.device_count()
