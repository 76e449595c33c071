"""How feedback pages are made from graded notebooks: nbconvert's way, fast and in bounded time."""

from __future__ import annotations

import re
import time
from html import escape
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat.notebooknode import NotebookNode

from autograder.time_limit import TooLong, at_most

_HIGHLIGHT_SECONDS = 5.0
"""For all cells of a page; an honest one takes 0.1 s."""


_UNNAMED = re.compile(r'<a href="#(\w+)">Test cell</a>')
"""How nbgrader lists all graded cells, whatever their tasks."""
_PICTURE = "A picture that the cell above drew"


class _Templates(BytecodeCache):
    """Compiled templates, kept for the next page: nbgrader makes a new exporter for each."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


class _Highlight(Highlight2HTML):
    """Pygments', for as long as it is quick: on some code its time grows with the square."""

    left = _HIGHLIGHT_SECONDS

    def __call__(self, source: str, *arguments: Any, **options: Any) -> str:
        start = time.monotonic()
        try:
            with at_most(self.left):
                return str(super().__call__(source, *arguments, **options))
        except TooLong:
            return f'<div class="highlight"><pre>{escape(source)}</pre></div>'
        finally:
            self.left -= time.monotonic() - start


class FeedbackExporter(HTMLExporter):
    """nbconvert's own, without compiling the same templates for every student, and without reading
    each finished page again."""

    _templates = _Templates()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters = {**self.filters, "highlight_code": _Highlight("ipython3", parent=self)}

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page. nbconvert parses it once more, to give pictures a text for those who do not see
        them; that is half of its time, so they get one before."""
        _describe_pictures(nb)
        about = self._init_resources(resources)
        shown = WidgetsDataTypeFilter(
            notebook_metadata=self._nb_metadata, parent=self, resources=about
        )
        self.register_filter("filter_data_type", shown)
        page, about = super(HTMLExporter, self).from_notebook_node(nb, about, **kw)
        return _UNNAMED.sub(r'<a href="#\1">\1</a>', page), about

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.bytecode_cache = self._templates
        return environment


def _describe_pictures(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in ("image/png", "image/jpeg", "image/svg+xml"):
                if kind in output.get("data", {}):
                    output.metadata.setdefault(kind, {}).setdefault("alt", _PICTURE)
