"""Proof that the judge is right: it passes every right solution and names every known mistake."""
