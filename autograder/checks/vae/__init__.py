"""Checks of the assignment `vae`: one file a task."""
