"""Wrong formulas for the log density of pixels, for all tasks that may write it out."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from autograder.checks import Misconception
from autograder.checks.latent_space import forms
from autograder.checks.mistakes import Shape, overflows

CERTAIN = 30.0
"""From this logit on, a probability in float32 is exactly 1, and below minus that less than any
number that people add to it."""
ADDED = 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10
"""Numbers that people add to a probability before they take its logarithm."""
_ZERO_HINT = (
    "log sigmoid(x * logit) is meant for pixels -1 and 1: for a pixel of 0 it is log 1/2, whatever "
    "the logit."
)
_BOTH_HINT = "White and black pixels both count: {} are left out."
_SOFTPLUS_HINT = "log(1 + exp(logit)) is subtracted from x * logit: "
_OVERFLOW_HINT = (
    "The result is infinite or NaN: exp(100) is beyond what a float can hold, and so is the "
    "logarithm of a probability that is rounded to 0. Stay with logits: F.softplus, F.logsigmoid."
)
_ROUNDED_HINT = (
    "For a logit of 30 the probability is rounded to 1, and log(1 - 1) can only be cut off. "
    "Sigmoid and logarithm apart lose what F.softplus and F.logsigmoid keep."
)
_ADDED_HINT = (
    "A small number keeps the logarithm finite here, but wrong: for a logit of 100 and a pixel of "
    "0, -100 is wanted. F.softplus and F.logsigmoid need no such help."
)

Named = tuple[str, str, Tensor]


def wrong_pixels(logits: Tensor, x: Tensor) -> Iterator[Named]:
    """Name, hint and values, in the shape of both, of each wrong formula."""
    logits, x = logits.double(), x.double()
    right, theta = forms.bernoulli(logits, x), logits.sigmoid()
    white, black = logsigmoid(logits), logsigmoid(-logits)
    yield "sign", "A log probability is at most 0: this is the cross entropy, a loss.", -right
    hint = "theta is the probability of a 1: a pixel of 1 goes with log theta, not log(1 - theta)."
    yield "exchanged", hint, x * black + (1 - x) * white
    yield "zero_for_minus_one", _ZERO_HINT, logsigmoid(x * logits)
    hint = "There is a sigmoid too many: what is taken for a logit is a probability already."
    yield "sigmoid_twice", hint, forms.bernoulli(theta, x)
    yield "only_white", _BOTH_HINT.format("black ones"), x * white
    yield "only_black", _BOTH_HINT.format("white ones"), (1 - x) * black
    yield "subtracted", "The parts of white and black pixels add up.", x * white - (1 - x) * black
    hint = "This is log theta for every pixel: x decides which logarithm counts."
    yield "pixel_forgotten", hint, white
    hint = "Each pixel has one of the two logarithms, not both."
    yield "both_logs_everywhere", hint, white + black
    yield "softplus_forgotten", _SOFTPLUS_HINT + "it is missing.", x * logits
    yield "softplus_added", _SOFTPLUS_HINT + "here it is added.", x * logits + softplus(logits)
    hint = _SOFTPLUS_HINT + "here it is that of minus the logit."
    yield "softplus_of_minus_logit", hint, x * logits - softplus(-logits)
    hint = "This is minus the entropy of theta: the pixel decides which logarithm counts."
    yield "entropy", hint, theta * white + (1 - theta) * black
    hint = "Logits and pixels are swapped: mind the order of the arguments."
    yield "arguments_swapped", hint, x * logits - softplus(x)
    yield "no_logarithm", "These are probabilities; their logarithms are wanted.", right.exp()
    hint = "This is minus a squared error; a log probability has logarithms."
    yield "squared_error", hint, -((x - theta) ** 2)


def wrong_where_certain(logits: Tensor, x: Tensor) -> Iterator[Named]:
    """The same for logits that are beyond CERTAIN, where 1 - theta is rounded."""
    logits, x = logits.double(), x.double()
    theta, other = logits.exp().clamp(max=1), (logits < 0).double()

    def logs(added: float) -> Tensor:
        return x * (theta + added).log() + (1 - x) * (other + added).log()

    cut = x * theta.log().clamp(min=-100) + (1 - x) * other.log().clamp(min=-100)
    yield "rounded_probability", _ROUNDED_HINT, cut
    for added in ADDED:
        yield "epsilon_added", _ADDED_HINT, logs(added)


def overflowing(shape: Shape) -> Misconception:
    """An infinity or NaN among results of that shape."""
    return overflows("exp_overflows", _OVERFLOW_HINT, shape)


def certain(logits: Tensor) -> Tensor:
    """Logits of the same sign that are beyond CERTAIN, for those of order one."""
    return logits + CERTAIN * torch.sign(logits)
