"""What goes wrong where z = mu + exp(logsigma) * eps is drawn, eps ~ N(0, I), one eps an entry.

Misconceptions for the comparison `normal` of repeated calls [calls, B, L], in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.checks import Misconception
from vae_utils.arrays import Array


@dataclass(frozen=True)
class Wrong:
    """Wrong draws for these means and logarithms of standard deviations, [B, L] each.

    calls: how often the function is called. log: what students call the logarithm. entries: what
    the last axis counts.
    """

    mu: Array
    logsigma: Array
    calls: int
    log: str = "logsigma"
    entries: str = "entries"

    def draws(self) -> list[Misconception]:
        """All that is known."""
        return [*self._scales(), *self._means(), *self._missing_noise(), *self._noise()]

    def _scales(self) -> list[Misconception]:
        def std(name: str, hint: str, value: Array) -> Misconception:
            return Misconception(name, hint, {"std": value})

        log = self.log
        return [
            std(
                "variance_for_std",
                "This scales with the variance; the noise is scaled by the standard deviation.",
                np.exp(2 * self.logsigma),
            ),
            std(
                f"halved_{log}",
                f"{log} is already the logarithm of the standard deviation: do not halve it.",
                np.exp(self.logsigma / 2),
            ),
            std("unit_std", "The noise is not scaled by sigma.", np.ones_like(self.mu)),
            std(
                f"{log}_for_std",
                f"{log} is the logarithm of the standard deviation: undo it first.",
                np.abs(self.logsigma),
            ),
            std(
                "inverse_sigma",
                "The noise is divided by sigma, where it is multiplied by it.",
                np.exp(-self.logsigma),
            ),
        ]

    def _means(self) -> list[Misconception]:
        sigma = np.exp(self.logsigma)
        return [
            Misconception(
                "exchanged",
                "mu and sigma have changed places: sigma scales the noise, mu is added.",
                {"mean": sigma, "std": np.abs(self.mu)},
            ),
            Misconception("mean_forgotten", "mu is not added.", {"mean": np.zeros_like(self.mu)}),
            Misconception(
                "mean_scaled",
                "Sigma scales the noise only: mu is added afterwards.",
                {"mean": self.mu * sigma},
            ),
        ]

    def _missing_noise(self) -> list[Misconception]:
        """Formulas that give the same at every call."""

        def same(name: str, hint: str, value: Array) -> Misconception:
            expected = {"expected": (np.broadcast_to(value, (self.calls, *value.shape)),)}
            return Misconception(name, hint, expected, kind="equal")

        return [
            same("no_noise", "z equals mu: two calls give the same z. Where is eps?", self.mu),
            same(
                "sigma_for_noise",
                "z is mu + sigma, the same at every call: sigma scales the noise eps.",
                self.mu + np.exp(self.logsigma),
            ),
        ]

    def _noise(self) -> list[Misconception]:
        """Noise that is not normal, or not drawn anew for each entry."""
        one_each = "One eps an entry is wanted, so as many as mu has: "
        seeded = "Two calls give the same noise: is a seed set inside?"
        return [
            self._shared("same_noise_every_call", seeded, 0),
            self._shared("noise_shared_by_rows", one_each + "here all rows share theirs.", 1),
            self._shared(
                f"noise_shared_by_{self.entries}", one_each + "here all of a row is the same.", 2
            ),
            self._uniform(0.0, 1.0),
            self._uniform(-0.5, 0.5),
            self._uniform(-1.0, 1.0),
        ]

    def _shared(self, name: str, hint: str, axis: int) -> Misconception:
        params = {"mean": self.mu, "std": np.exp(self.logsigma), "axis": axis}
        return Misconception(name, hint, params, kind="shared")

    def _uniform(self, low: float, high: float) -> Misconception:
        hint = "The noise is uniform (rand); eps is normal with mean 0 and standard deviation 1."
        sigma = np.exp(self.logsigma)
        expected = {"low": self.mu + low * sigma, "high": self.mu + high * sigma}
        return Misconception("uniform_noise", hint, expected, kind="uniform")
