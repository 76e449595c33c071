"""Checks of the assignment `gans`: one file a task, and its house rules."""

from vae_utils.rules import Rules

RULES = Rules(
    packages=("torch", "numpy", "matplotlib", "vae_utils"),
    no_loops=("vf_squared_hellinger", "vf_wasserstein_distance", "lp_reg"),
)
"""`toy` and `train_wgan` loop over steps; `explore` may put its rows together as it likes."""
