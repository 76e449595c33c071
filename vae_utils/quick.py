"""Whether this run is a short one: the grader asks for that, so that nobody waits for training."""

import os


def is_quick() -> bool:
    """True where the environment variable VAE_UTILS_QUICK is set to anything but 0."""
    return os.environ.get("VAE_UTILS_QUICK", "") not in ("", "0")
