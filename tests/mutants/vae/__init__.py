"""Right and wrong solutions of `vae`."""
