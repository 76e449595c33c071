"""Checks of the assignment `densities`: one file a task, and its house rules."""

from vae_utils.rules import Rules

RULES = Rules(packages=("torch", "numpy", "vae_utils"))  # torch.distributions is welcome here
