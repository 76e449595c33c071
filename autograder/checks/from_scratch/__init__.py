"""Checks of the assignment `from_scratch`: one file a task, and its house rules."""

from vae_utils.rules import Rules

RULES = Rules(
    packages=("autograd", "numpy", "matplotlib", "vae_utils"),
    forbidden=("autograd.misc.optimizers",),
    no_loops=(
        "sample_latent_variables_from_posterior",
        "bernoulli_log_prob",
        "compute_KL",
        "vae_lower_bound",
    ),
)
