"""Holds where the loss of a critic takes its penalty: at points between data and generated images.

A linear critic has the same slope everywhere and cannot tell. This one is bent: along the line from
y to x its value o + c o^2 has a slope that grows fourfold. A batch of copies of one pair pays the
mean over many places on that line, which is known by Hoeffding's inequality.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.checks import Draw
from autograder.checks.gans import networks
from autograder.checks.gans.critics import Critic, gives
from autograder.checks.gans.networks import LATENT
from autograder.checks.gans.penalties import one_sided
from autograder.student import Student
from vae_utils.compare_draws import ALPHA
from vae_utils.stand_in import StandIn

PAIRS, LEVELS = 512, 2001
WEIGHT = 10.0  # of the penalty, where none is given
_HINT = "The penalty belongs to points between x and y, and not to {} alone."


def must_pay_in_between(student: Student, draw: Draw, given: dict[str, StandIn]) -> None:
    """Hold that `critic_loss` on copies of a pair has a penalty from all over the line."""
    if "lp_reg" in given:  # which takes no penalty anywhere
        return
    state, z = networks.generator(draw), draw.uniform(1, LATENT, low=-1.5, high=1.5)
    y, x = networks.generate(state, z.expand(2, -1))[:1], networks.images(draw, 1, low=0.2)
    critic = _steeper(draw, x, y)
    distance = _distance(critic, x, y, given)
    paid = _paid(critic, (torch.arange(LEVELS) + 0.5) / LEVELS)
    width = float(paid.max() - paid.min()) * math.sqrt(math.log(2 / ALPHA) / (2 * PAIRS))
    answer = student.call(
        "critic_loss", networks.generator_instance(state), critic.stand_in(),
        x.expand(PAIRS, -1, -1, -1), z.expand(PAIRS, -1), stand_ins=given,
    )  # fmt: skip
    mistakes = [
        gives(f"penalty_of_{name}", _HINT.format(name), WEIGHT * _paid(critic, t) - distance)
        for name, t in (("x", torch.ones(())), ("y", torch.zeros(())))
    ]
    params = {"expected": WEIGHT * paid.mean() - distance, "atol": WEIGHT * width}
    answer.must("number", params, mistakes)


def _distance(critic: Critic, x: Tensor, y: Tensor, given: dict[str, StandIn]) -> Tensor:
    if apart := given.get("vf_wasserstein_distance"):
        return torch.as_tensor(apart(x.double(), y.double(), None))
    return critic(x).mean() - critic(y).mean()


def _steeper(draw: Draw, x: Tensor, y: Tensor) -> Critic:
    """A critic whose o is 0 at y and whose slope is 3 to 4 long there, and four times that at x."""
    way = (x - y).double().flatten()
    length = float(draw.uniform(1, low=3.0, high=4.0))
    weight = (way * (length / way.norm())).float()
    bias = -(y.double().flatten() @ weight.double()).float()
    return Critic(bias, weight, 1.5 / (length * float(way.norm())))


def _paid(critic: Critic, t: Tensor) -> Tensor:
    """The penalty at t x + (1 - t) y, of the shape of t."""
    return one_sided((1 + 3 * t.double()) * critic.weight.double().norm())
