"""Tolerances: float64 passes, and so does float32 in the worst order that somebody might choose."""

from __future__ import annotations

import pytest

from .notebook import body, judged, student

_DENSE = """
def dense(layer, v):
    total = layer.bias.expand(len(v), -1).clone(){precise}
    order = (layer.weight.abs().sum(0)).argsort(descending=True)
    for k in order:
        total = total + v[:, k:k + 1]{precise} * layer.weight[:, k]{precise}
    return total
"""
_SUM = """
def total(terms):
    result = torch.zeros(len(terms), dtype=terms.dtype)
    for k in terms.abs().sum(0).argsort(descending=True):
        result = result + terms[:, k]
    return result
"""


def _solutions(precise: str) -> dict[str, str]:
    """Large terms first, one by one, each sum rounded: the order with the largest errors."""
    dense = _DENSE.format(precise=precise).strip("\n")
    summed = _SUM.strip("\n")
    return {
        "encoder": body(
            "encoder",
            f"{dense}\nh = dense(self.linear1, x).relu()\n"
            "return dense(self.linear21, h), dense(self.linear22, h)",
        ),
        "decoder": body(
            "decoder",
            f"{dense}\nreturn 1 / (1 + torch.exp(-dense(self.linear4, "
            "dense(self.linear3, z).relu())))",
        ),
        "kl_divergence": body(
            "kl_divergence",
            f"{summed}\nmu, logsigma = mu{precise}, logsigma{precise}\n"
            "sigma = torch.exp(logsigma)\n"
            "return total(torch.cat([mu**2, sigma**2, -torch.log(sigma**2), -torch.ones_like(mu)],"
            " dim=1)) / 2",
        ),
        "elbo": body(
            "elbo",
            f"{summed}\nmu, logsigma = self.encoder(x)\n"
            f"theta = self.decoder(self.sample_with_reparam(mu, logsigma)){precise}\n"
            f"terms = torch.cat([x{precise} * torch.log(theta),"
            f" (1 - x{precise}) * torch.log(1 - theta)], dim=1)\n"
            "return total(terms) - self.kl_divergence(mu, logsigma)",
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize("task", ["encoder", "decoder", "kl_divergence", "elbo"])
@pytest.mark.parametrize("precise", ["", ".double()"], ids=["float32, worst order", "float64"])
def test_the_tolerance_covers_the_precision(precise: str, task: str) -> None:
    ask = student({task: _solutions(precise)[task]})
    for seed in range(3):
        report = judged(ask, seed, task)[task]
        assert report.points == report.max_points, report.worst


@pytest.mark.slow
def test_all_parts_in_the_worst_order_together_pass() -> None:
    names = ("encoder", "decoder", "kl_divergence", "elbo")
    reports = judged(student(_solutions("")), 11, *names)
    assert not [report.worst for report in reports.values() if report.worst]


@pytest.mark.slow
def test_an_error_ten_times_above_rounding_fails() -> None:
    source = body(
        "kl_divergence",
        "return (0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma)).sum(-1) * 1.001",
    )
    report = judged(student({"kl_divergence": source}), 3, "kl_divergence")["kl_divergence"]
    assert report.points < report.max_points
