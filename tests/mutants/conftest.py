"""What all proofs run under."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, as in grading. Without a GPU every seed for it is kept with a printed stack."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    if not torch.cuda.is_available():
        monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: None)
    yield
    torch.set_num_threads(threads)
