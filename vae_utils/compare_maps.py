"""Judges maps of codes in the plane. The comparison returns None, or what is wrong."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_utils.calls import Reply
from vae_utils.compare_values import arrangement


def clusters(
    reply: Reply, *, labels: Tensor, purity: float, linear: Tensor, rows: tuple[int, int]
) -> str | None:
    """Plane coordinates [B, 2] in which, among `rows` (from, to), nearest neighbours share a label,
    and which within the labels are not just a linear picture of `linear` [B, L]."""
    problem = arrangement(reply, [torch.empty(len(labels), 2)])
    if problem:
        return problem
    points = reply.outputs[0].double()
    some, kinds = points[rows[0] : rows[1]], labels[rows[0] : rows[1]]
    distance = torch.cdist(some, some).fill_diagonal_(math.inf)
    same = float((kinds[distance.argmin(1)] == kinds).double().mean())
    if same < purity:
        return (
            f"only {100 * same:.0f} % of the points have a neighbour of their own kind although "
            "the posterior means of the kinds are far apart"
        )
    basis = torch.cat([linear.double(), torch.ones(len(labels), 1, dtype=torch.float64)], 1)
    fit = basis @ torch.linalg.lstsq(basis, points, driver="gelsd").solution
    member = torch.nn.functional.one_hot(labels).double()
    centers = member @ (member.T @ points / member.sum(0)[:, None])
    # Between kinds that shrink to points every picture is linear, hence the spread within kinds.
    if ((points - fit) ** 2).sum() < 1e-6 * ((points - centers) ** 2).sum():
        return "the coordinates are a linear function of the means (a projection); t-SNE is wanted"
    return None
