"""Checks of the assignment `latent_space`: one file a task, and its house rules."""

from vae_utils.rules import Rules

RULES = Rules(
    packages=("torch", "numpy", "matplotlib", "vae_utils"),
    forbidden=("torch.distributions",),
    no_loops=(
        "factorized_gaussian_log_density", "bernoulli_log_density", "sample_diag_gaussian",
        "sample_bernoulli", "log_prior", "decoder", "log_likelihood", "joint_log_density",
        "encoder", "log_q", "elbo", "loss", "top_half",
    ),
)  # fmt: skip
"""`train` loops over steps and the pictures over panels; that `elbo_top` treats all its draws at
once shows in its cost."""
