"""Says in plain words what some common exceptions in students' code mean."""

from __future__ import annotations

import re

from vae_utils.calls import Failure

_EXPLANATIONS = (
    (
        r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs|CUDA driver",
        "The code asks for a GPU (.cuda() or device='cuda'), and this machine has none. Use the "
        "notebook's `device`, or the device of the arguments: torch.randn_like(mu).",
    ),
    (
        r"element \d+ of tensors does not require grad",
        "A gradient was asked for and the result has none: look for detach, no_grad or .data.",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied",
        "The sizes of a layer and of its input do not fit: print the shapes before each layer.",
    ),
    (
        r"grad can be implicitly created only for scalar",
        "backward() needs one number; the function itself should return one number per image.",
    ),
)


def explain(failure: Failure) -> str:
    """A sentence for a known exception, else an empty string."""
    if failure.kind == "NameError":
        return f"{failure.text}: it is used before it exists, or its cell was not run."
    if failure.kind == "Missing":
        return f"{failure.text}; was its cell deleted, renamed or stopped by an error?"
    matches = (text for pattern, text in _EXPLANATIONS if re.search(pattern, failure.text))
    return next(matches, "")
