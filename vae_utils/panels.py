"""What a figure holds, as plain data: panels with their images, points and contour lines.

The same in the grader's messages and in a notebook; nothing here needs a drawing library.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_NO_POINTS = torch.zeros(0, 2)
_NO_COLOURS = torch.zeros(0, 3)


@dataclass(frozen=True)
class Panel:
    """One pair of axes as a reader sees it.

    box: left, bottom, width and height as shares of the figure.
    images: grey values [H, W], row 0 on top and column 0 on the left, whatever their origin.
    points: markers [N, 2]; colours: red, green and blue of each in [0, 1], [N, 3].
    contours: rings of contour lines, [n, 2] each; families: to which call of `contour` each
        belongs.
    ticks: how many numbers stand at the axes.
    legend: its texts; legend_colours: [k, 3], NaN where a colour cannot be told.
    colourbar: whether the figure has one.
    """

    box: tuple[float, ...]
    images: tuple[Tensor, ...] = ()
    points: Tensor = _NO_POINTS
    colours: Tensor = _NO_COLOURS
    contours: tuple[Tensor, ...] = ()
    families: tuple[int, ...] = ()
    ticks: int = 0
    legend: tuple[str, ...] = ()
    legend_colours: Tensor = _NO_COLOURS
    colourbar: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.images or len(self.points) or self.contours)


Picture = tuple[Panel, ...]
