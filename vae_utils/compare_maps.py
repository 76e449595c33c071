"""Judges maps of codes in the plane. The comparison returns None, or what is wrong."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from vae_utils.arrays import Array
from vae_utils.calls import Reply
from vae_utils.compare_values import arrangement, double


def clusters(
    reply: Reply, *, labels: Array, purity: float, linear: Array, rows: tuple[int, int]
) -> str | None:
    """Plane coordinates [B, 2] in which, among `rows` (from, to), nearest neighbours share a label,
    and which within the labels are not just a linear picture of `linear` [B, L]."""
    problem = arrangement(reply, [(len(labels), 2)])
    if problem:
        return problem
    points = double(reply.outputs[0])
    some, kinds = points[rows[0] : rows[1]], labels[rows[0] : rows[1]]
    distance = cdist(some, some)
    np.fill_diagonal(distance, np.inf)
    same = float((kinds[distance.argmin(1)] == kinds).mean())
    if same < purity:
        return (
            f"only {100 * same:.0f} % of the points have a neighbour of their own kind although "
            "the posterior means of the kinds are far apart"
        )
    basis = np.column_stack([double(linear), np.ones(len(labels))])
    fit = basis @ np.linalg.lstsq(basis, points, rcond=None)[0]
    member = np.equal.outer(labels, np.arange(labels.max() + 1)).astype(np.float64)
    counts = np.maximum(member.sum(0), 1)[:, None]
    centers = member @ (member.T @ points / counts)
    # Between kinds that shrink to points every picture is linear, hence the spread within kinds.
    if ((points - fit) ** 2).sum() < 1e-6 * ((points - centers) ** 2).sum():
        return "the coordinates are a linear function of the means (a projection); t-SNE is wanted"
    return None
