"""Adam as it should be, and the ways in which it goes wrong: one step, and a loop over batches.

Source: Kingma and Ba 2015, algorithm 1, uphill. All in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from vae_utils.arrays import Array

Moments = tuple[Array, Array]
State = tuple[Array, Array, Array]
"""Weights, m and v, [P] each."""
Step = Callable[[State, Array, int], State]
Slope = Callable[[Array, Array], tuple[Array, Array]]
"""Bound and gradient, of weights and a batch."""


@dataclass(frozen=True)
class Way:
    """One way to make a step; the defaults are right.

    corrects: which of m and v are divided by one minus a power. late: added to t. kept: which m and
    v go on, "new", "corrected" or "old" ones. root: whether there is one. of_gradient: whether the
    gradient takes the place of the corrected m. squares: whether v is made of squares. shares:
    whether what is new counts by 1 - beta, not fully.
    """

    alpha: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    sign: float = 1.0
    corrects: str = "mv"
    late: int = 0
    eps_inside: bool = False
    kept: str = "new"
    root: bool = True
    of_gradient: bool = False
    squares: bool = True
    shares: bool = True

    def __call__(self, state: State, gradient: Array, t: int) -> State:
        """The state after step t."""
        weights, *old = state
        m, v = old
        power = gradient**2 if self.squares else gradient
        m = self.beta1 * m + (1 - self.beta1 if self.shares else 1) * gradient
        v = self.beta2 * v + (1 - self.beta2 if self.shares else 1) * power
        with np.errstate(all="ignore"):  # one power is 0 where t is
            m_hat = m / (1 - self.beta1 ** (t + self.late)) if "m" in self.corrects else m
            v_hat = v / (1 - self.beta2 ** (t + self.late)) if "v" in self.corrects else v
            along = gradient if self.of_gradient else m_hat
            weights = weights + self.sign * self.alpha * along / self._scale(v_hat)
        return weights, *self._moments((m, v), (m_hat, v_hat), (old[0], old[1]))

    def _moments(self, new: Moments, corrected: Moments, old: Moments) -> Moments:
        return {"new": new, "corrected": corrected, "old": old}[self.kept]

    def _scale(self, v_hat: Array) -> Array:
        if not self.root:
            return v_hat + self.eps
        if self.eps_inside:
            return np.sqrt(v_hat + self.eps)
        return np.sqrt(v_hat) + self.eps


_NO_CORRECTION = (
    "m and v start at 0 and are too small in the beginning: divide m by 1 - beta1^t and v by "
    "1 - beta2^t."
)
MISTAKES = (
    ("descent", "The bound is to go up: plus, not minus.", {"sign": -1.0}),
    ("no_correction", _NO_CORRECTION, {"corrects": ""}),
    ("m_not_corrected", "Divide m by 1 - beta1^t as well.", {"corrects": "v"}),
    ("v_not_corrected", "Divide v by 1 - beta2^t as well.", {"corrects": "m"}),
    ("t_too_late", "The first step has t = 1; here it is corrected with t = 2.", {"late": 1}),
    ("t_too_early", "The first step has t = 1; here it is corrected with t = 0.", {"late": -1}),
    ("eps_forgotten", "eps is missing: it is added to the root.", {"eps": 0.0}),
    ("eps_inside_the_root", "eps is added to the root, not under it.", {"eps_inside": True}),
    ("no_root", "The root of v is missing below the fraction.", {"root": False}),
    ("not_squared", "v is the running mean of the squared gradient.", {"squares": False}),
    ("no_momentum", "The step goes along m, not along the last gradient.", {"of_gradient": True}),
    (
        "corrected_moments_returned",
        "Return m and v themselves: what is divided is used in this step only.",
        {"kept": "corrected"},
    ),
    ("share_forgotten", "What is new counts by its share, 1 - beta.", {"shares": False}),
    ("old_moments_returned", "Return m and v as they are after this step.", {"kept": "old"}),
)


def wrong_ways(right: Way) -> Iterator[tuple[str, str, Way]]:
    """Name, hint and way of every known wrong step."""
    for name, hint, change in MISTAKES:
        yield name, hint, replace(right, **change)
    swapped = replace(right, beta1=right.beta2, beta2=right.beta1)
    yield "betas_swapped", "beta1 belongs to m and beta2 to v.", swapped
    exchanged = replace(right, beta1=1 - right.beta1, beta2=1 - right.beta2)
    yield "shares_exchanged", "beta is the share of the old mean, 1 - beta of the new.", exchanged


@dataclass(frozen=True)
class Loop:
    """One way to go through the batches; the defaults are right, but for the number of epochs.

    t_of: what t counts: "steps", those of an "epoch" only, "epochs", or "nothing" (it stays at 1).
    first: the first t. renews: when m and v start anew: "never", "epoch" or "batch". skips: whether
    all but the last batch of an epoch are left out. still: whether weights are not kept.
    """

    epochs: int
    t_of: str = "steps"
    first: int = 1
    renews: str = "never"
    skips: bool = False
    still: bool = False
    backwards: bool = False

    def run(
        self, start: Array, batches: list[Array], slope: Slope, step: Step
    ) -> tuple[Array, Array]:
        """The weights after the last step, and the bounds [steps]."""
        zero, bounds = np.zeros_like(start), list[Array]()
        state: State = start, zero, zero
        for epoch in range(self.epochs):
            for place, batch in enumerate(self._used(batches)):
                if self.renews == "batch" or (self.renews == "epoch" and not place):
                    state = (state[0], zero, zero)
                bound, gradient = slope(state[0], batch)
                counts = {"steps": len(bounds), "epoch": place, "epochs": epoch, "nothing": 0}
                after = step(state, gradient, counts[self.t_of] + self.first)
                state = (start, *after[1:]) if self.still else after
                bounds.append(bound)
        return state[0], np.array(bounds)

    def _used(self, batches: list[Array]) -> list[Array]:
        if self.backwards:
            return batches[::-1]
        return batches[-1:] if self.skips else batches


_LOOPS = (
    ("moments_start_anew_each_epoch", "m and v go on through all epochs.", {"renews": "epoch"}),
    (
        "moments_start_anew_each_epoch",
        "m, v and t go on through all epochs.",
        {"renews": "epoch", "t_of": "epoch"},
    ),
    ("t_starts_anew_each_epoch", "t goes on through all epochs.", {"t_of": "epoch"}),
    ("moments_start_anew_each_batch", "m and v go on from batch to batch.", {"renews": "batch"}),
    ("t_counts_epochs", "t counts steps, not epochs.", {"t_of": "epochs"}),
    (
        "t_stands_still",
        "t is the number of the step: it grows by one each time.",
        {"t_of": "nothing"},
    ),
    ("t_too_late", "The first step has t = 1; here it has 2.", {"first": 2}),
    ("t_too_early", "The first step has t = 1; here it has 0.", {"first": 0}),
    ("single_epoch", "One epoch is trained, whatever `num_epochs` says.", {"epochs": 1}),
    (
        "only_last_batch",
        "One step for every batch: here only one an epoch is taken.",
        {"skips": True},
    ),
    (
        "weights_not_kept",
        "Each step begins at the weights that the last one gave.",
        {"still": True},
    ),
    ("batches_backwards", "Take the batches in their order.", {"backwards": True}),
)


def wrong_loops(right: Loop) -> Iterator[tuple[str, str, Loop]]:
    """Name, hint and way of every known wrong loop."""
    for name, hint, change in _LOOPS:
        yield name, hint, replace(right, **change)
