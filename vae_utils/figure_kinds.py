"""The comparisons that look at figures, by name: imported only where there is a figure."""

from __future__ import annotations

from collections.abc import Callable

from vae_utils.compare_curves import curves
from vae_utils.compare_decoded import completed, decoded
from vae_utils.compare_pictures import mosaic, panels
from vae_utils.compare_plots import contours, scatter

KINDS: dict[str, Callable[..., str | None]] = {
    function.__name__: function
    for function in (panels, mosaic, decoded, completed, scatter, contours, curves)
}
