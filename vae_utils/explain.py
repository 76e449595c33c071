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
        r"element \d+ of tensors does not require grad|differentiated Tensors does not require",
        "A gradient was asked for and there is none: look for detach, no_grad or .data, or for a "
        "new tensor that needs requires_grad_() first.",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied",
        "The sizes of two factors do not fit, for example of a layer and of its input: call the "
        "function yourself, on arguments of the shapes in its description, and print the shapes.",
    ),
    (
        r"must have the same dtype|expected scalar type|expected m1 and m2 to have the same dtype",
        "One tensor is float64, the other float32: NumPy makes float64, .float() mends it.",
    ),
    (
        r"ArrayBox|setting an array element with a sequence|loop of ufunc does not support",
        "autograd follows what its own NumPy does, the notebook's `np`, and neither `array[i] = "
        "value` nor float(...): build a new array, by arithmetic, slices and np.concatenate.",
    ),
    (
        r"takes \d+ positional arguments? but \d+ (was|were) given",
        "The number of arguments does not fit: is `self` the first parameter of each method?",
    ),
    (
        r"grad can be implicitly created only for scalar",
        "Only a single number has a gradient: take the sum or the mean of many in backward() or "
        "autograd.grad().",
    ),
)


def explain(failure: Failure) -> str:
    """A sentence for a known exception, else an empty string."""
    if failure.kind == "NameError":
        return _name_error(failure.text)
    if failure.kind == "Missing" and "no method" in failure.text:
        return (
            "Was its cell deleted, renamed or stopped by an error, or was the class cell run again "
            "after it? Run the class cell and those below it again."
        )
    if failure.kind == "Missing":
        return "Was its cell deleted, renamed or stopped by an error? Run it again."
    matches = (text for pattern, text in _EXPLANATIONS if re.search(pattern, failure.text))
    return next(matches, "")


def _name_error(text: str) -> str:
    name = match[1] if (match := re.search(r"name '(\w+)'", text)) else "the name"
    if re.fullmatch(r"linear\d+", name):
        return f"Layers belong to the model: write self.{name}."
    if name == "self":
        return "This function is no method: the model is its first argument."
    return (
        f"Python does not know {name}: is it misspelt, does it want `self.` before it, or was the "
        "cell that makes it not run?"
    )


def raised(function: str, failure: Failure) -> str:
    """What a function raised, and in which line."""
    text = f"{function} raised {failure.kind}: {failure.text}".rstrip(": ")
    return f"{text} (in {failure.line})" if failure.line else text


def named(text: str, parameters: tuple[str, ...]) -> str:
    """The text with a function's parameters, `self` included, in place of "argument 1"."""

    def name(match: re.Match[str]) -> str:
        number = int(match[1])
        return parameters[number] if number < len(parameters) else match[0]

    return re.sub(r"\bargument (\d)\b", name, text)


def listed(names: tuple[str, ...]) -> str:
    """The names as a reader lists them: a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def takes_a_fixed_batch(text: str, size: int) -> bool:
    """Whether an exception's text speaks of that batch size, or of rows that are not there."""
    return bool(re.search(rf"\b{size}\b|out of bounds for (dimension|axis) 0", text))


FIXED_BATCH = (
    "A fixed size of the batch is taken for granted: the last batch is smaller. Take the size from "
    "the arguments."
)
