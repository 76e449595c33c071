"""Where a notebook computes: the fastest device at hand, or the one that was asked for."""

import torch

CHOICES = ("auto", "cuda", "mps", "cpu")


def select_device(name: str = "auto") -> torch.device:
    """Choose the device for models and data, and say which one and why.

    Args:
        name: "auto" takes CUDA if there is one, else MPS, else the CPU; "cuda", "mps" and "cpu"
            insist on that device.

    Raises:
        ValueError: the name is none of the four.
        RuntimeError: the device asked for is missing here; the message lists those present.
    """
    if name not in CHOICES:
        raise ValueError(f"Unknown device {name!r}: choose one of {', '.join(CHOICES)}.")
    present = _present()
    if name != "auto" and name not in present:
        raise RuntimeError(
            f"This machine has no usable {name!r} device. It has: {', '.join(present)}. "
            "Ask for one of these, or for 'auto'."
        )
    chosen = present[0] if name == "auto" else name
    print(f"Computing on {_describe(chosen)}{_reason(name, chosen)}.")
    return torch.device(chosen)


def _present() -> list[str]:
    """Device names that work here, fastest first."""
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [name for name, works in usable.items() if works] + ["cpu"]


def _describe(device: str) -> str:
    if device == "cuda":
        return f"cuda ({torch.cuda.get_device_name()})"
    return device


def _reason(asked: str, chosen: str) -> str:
    if asked != "auto":
        return ", because you asked for it"
    if chosen == "cpu":
        return ", because neither CUDA nor MPS is available"
    return ", the fastest device found"
