"""Checks of the assignment `vae`: one file a task, and its house rules."""

from vae_utils.rules import Rules

RULES = Rules(
    packages=("torch", "numpy", "sklearn", "vae_utils"),  # what else there is might do the task
    forbidden=("torch.distributions",),
)
