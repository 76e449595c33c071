"""Calls are made where the notebook computes."""

from __future__ import annotations

from typing import Any

import torch

from vae_utils.calls import Call
from vae_utils.evaluating import evaluate


def _devices(*values: Any) -> list[str]:
    """Of all tensors, also those in lists."""
    found: list[str] = []
    for value in values:
        found += _devices(*value) if isinstance(value, (list, tuple)) else [value.device.type]
    return found


def test_all_tensors_of_a_call_lie_on_the_notebooks_device() -> None:
    seen: list[str] = []

    def f(*values: Any) -> int:
        seen.extend(_devices(*values))
        return len(values)

    x = torch.ones(2, 3)
    given = x, [x, x], [(x, x.long()), (x, x)]
    reply = evaluate(Call("f", given), {"f": f, "device": torch.device("meta")})
    assert reply.failure is None
    assert seen == ["meta"] * 7


def test_results_to_plot_stay_on_the_cpu_as_in_the_notebook() -> None:
    seen: list[str] = []

    def plot(*values: Any) -> int:
        seen.extend(_devices(*values))
        return len(values)

    given = torch.ones(2), [torch.ones(2)]
    there = {"plot": plot, "device": torch.device("meta")}
    assert evaluate(Call("plot", given, on_cpu=True), there).failure is None
    assert seen == ["cpu"] * 2
