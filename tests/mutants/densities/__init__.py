"""Right and wrong solutions of `densities`."""
