"""A drawing as an image in HTML.

JupyterLab takes drawings out of pages that it has not seen made, and leaves their words behind: in
a notebook from somebody else a bare `<svg>` would be a row of labels. It keeps images.
"""

from __future__ import annotations

import base64
from html import escape

_INK = "#24292f"
_PAPER = "background:#fff;border-radius:4px"


def embedded(title: str, inside: str, width: float, height: float) -> str:
    """SVG elements as an `<img>` of that size in pixels, dark on white in every theme."""
    size = f'width="{width:.0f}" height="{height:.0f}"'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:.0f} {height:.0f}" '
        f'color="{_INK}" role="img"><title>{escape(title)}</title>{inside}</svg>'
    )
    data = base64.b64encode(drawing.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return f'<img alt="{escape(title)}" {size} style="{_PAPER}" src="{source}"/>'
