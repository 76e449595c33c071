"""What a figure holds, as plain data: panels with their images, points and contour lines.

The same in the grader's messages and in a notebook; nothing here needs a drawing library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vae_utils.arrays import Array


def _none(width: int) -> Callable[[], Array]:
    return lambda: np.zeros((0, width), np.float32)


@dataclass(frozen=True)
class Panel:
    """One pair of axes as a reader sees it.

    box: left, bottom, width and height as shares of the figure.
    images: grey values [H, W], or red, green and blue [H, W, 3] where they differ; row 0 on top
        and column 0 on the left, whatever their origin.
    points: markers [N, 2]; colours: red, green and blue of each in [0, 1], [N, 3].
    contours: rings of contour lines, [n, 2] each; families: to which call of `contour` each
        belongs.
    ticks: how many numbers stand at the axes.
    legend: its texts; legend_colours: [k, 3], NaN where a colour cannot be told.
    colourbar: whether the figure has one.
    """

    box: tuple[float, ...]
    images: tuple[Array, ...] = ()
    points: Array = field(default_factory=_none(2))
    colours: Array = field(default_factory=_none(3))
    contours: tuple[Array, ...] = ()
    families: tuple[int, ...] = ()
    ticks: int = 0
    legend: tuple[str, ...] = ()
    legend_colours: Array = field(default_factory=_none(3))
    colourbar: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.images or len(self.points) or self.contours)


Picture = tuple[Panel, ...]
