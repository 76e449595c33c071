"""What a figure held, from a hostile kernel: parsed strictly, or refused."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from autograder.distrust import listed, number, plain, reference, want
from vae_utils.arrays import Array
from vae_utils.panels import Panel, Picture

_MAX_ROUNDS = 64
_MAX_PANELS = 256
_MAX_RINGS = 1000
_MAX_IMAGES = 16
_MAX_TEXTS = 64
_PANEL = {field.name for field in fields(Panel)}


def pictures(data: Any, arrays: dict[str, Array]) -> tuple[Picture, ...]:
    rounds = [listed(one, _MAX_PANELS, "panels") for one in listed(data, _MAX_ROUNDS, "pictures")]
    return tuple(tuple(_panel(panel, arrays) for panel in one) for one in rounds)


def _panel(data: Any, arrays: dict[str, Array]) -> Panel:
    want(isinstance(data, dict) and set(data) == _PANEL, "panel")
    box = listed(data["box"], 4, "box")
    want(len(box) == 4 and all(type(n) in (int, float) for n in box), "box")
    texts = listed(data["legend"], _MAX_TEXTS, "legend")
    want(all(isinstance(text, str) for text in texts), "legend")
    families = [number(n) for n in listed(data["families"], _MAX_RINGS, "families")]
    images = listed(data["images"], _MAX_IMAGES, "images")
    rings = listed(data["contours"], _MAX_RINGS, "contours")
    return Panel(
        box=tuple(map(float, box)),
        images=tuple(_floating(item, arrays) for item in images),
        points=_floating(data["points"], arrays),
        colours=_floating(data["colours"], arrays),
        contours=tuple(_floating(item, arrays) for item in rings),
        families=tuple(families),
        ticks=number(data["ticks"]),
        legend=tuple(plain(text)[:100] for text in texts),
        legend_colours=_floating(data["legend_colours"], arrays),
        colourbar=data["colourbar"] is True,
    )


def _floating(data: Any, arrays: dict[str, Array]) -> Array:
    found = reference(data, arrays)
    want(found.dtype == np.float32 and found.ndim in (2, 3), "an array of a picture")
    return found
