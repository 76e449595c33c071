"""Says in plain words what some common exceptions in students' code mean."""

from __future__ import annotations

import re

from vae_utils.calls import Failure

_EXPLANATIONS = (
    (
        r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs|CUDA driver",
        "The code asks for a GPU (.cuda() or device='cuda'), and this machine has none. Use the "
        "notebook's `device`, or the device of the arguments or of the model's weights.",
    ),
    (
        r"element \d+ of tensors does not require grad",
        "A gradient was asked for and the result has none: look for detach, no_grad or .data.",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied",
        "The sizes of a layer and of its input do not fit: call the function yourself, on "
        "torch.rand(7, 784) for example, and print the shapes before each layer.",
    ),
    (
        r"must have the same dtype|expected scalar type|expected m1 and m2 to have the same dtype",
        "One tensor is float64, the other float32: NumPy makes float64, .float() mends it.",
    ),
    (
        r"takes \d+ positional arguments? but \d+ (was|were) given",
        "The number of arguments does not fit: is `self` the first parameter of each method?",
    ),
    (
        r"grad can be implicitly created only for scalar",
        "backward() needs one number; the function itself should return one number per image.",
    ),
)


def explain(failure: Failure) -> str:
    """A sentence for a known exception, else an empty string."""
    if failure.kind == "NameError":
        return "It is used before it exists, or its cell was not run."
    if failure.kind == "Missing":
        return (
            "Was its cell deleted, renamed or stopped by an error, or was the class cell run again "
            "after it? Run the class cell and those below it again."
        )
    matches = (text for pattern, text in _EXPLANATIONS if re.search(pattern, failure.text))
    return next(matches, "")
