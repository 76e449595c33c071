"""Whatever was handed in, made into a notebook that can be graded, or refused with a reason.

Only the sources of students' cells survive. Everything else (locked cells, metadata, ids, tags,
kernel, outputs) comes from the released notebook.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.assignment import defined, grade_id, is_solution, is_written

MAX_BYTES = 20 * 1024**2
MAX_CELLS = 1000
MAX_SOURCE = 200_000
MAX_ANSWER = 20_000
"""Characters of an answer in words, as a page shows it."""


class Refused(ValueError):
    """The submission cannot be read at all; the text is a sentence for its author."""


@dataclass(frozen=True)
class Clean:
    """A notebook in the shape of the released one, and what had to be mended."""

    notebook: NotebookNode
    notes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Grade ids of locked cells that came back changed; the notebook has the original ones."""


@dataclass
class _Handed:
    """One cell as it was handed in."""

    kind: str
    source: str
    name: str


@dataclass
class _Sorted:
    """Handed cells by what they are: students' sources by task cell, extra cells by place."""

    changed: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    sources: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    extras: dict[int, list[_Handed]] = field(default_factory=lambda: defaultdict(list))


def _decode(data: bytes) -> tuple[str, list[str]]:
    if len(data) > MAX_BYTES:
        raise Refused(f"The file has {len(data) >> 20} MiB; at most {MAX_BYTES >> 20} are read.")
    if not data.strip():
        raise Refused("The file is empty.")
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = encoding == "utf-8-sig" and not data.startswith(b"\xef\xbb\xbf")
        return text, [] if plain else [f"The file was not plain UTF-8; read as {encoding}."]
    raise Refused("The file is not text.")


def _parse(text: str) -> dict[str, Any]:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(
            f"The file is not a notebook: it is not valid JSON ({str(error)[:100]}). Open it in "
            "Jupyter, save it and hand it in again."
        ) from None
    if not isinstance(notebook, dict):
        raise Refused("The file is not a notebook: it holds JSON, but no notebook object.")
    return notebook


def _raw_cells(notebook: dict[str, Any]) -> tuple[list[Any], list[str]]:
    cells = notebook.get("cells")
    if isinstance(cells, list):
        return cells, []
    sheets = notebook.get("worksheets")
    if isinstance(sheets, list):
        cells = [c for s in sheets if isinstance(s, dict) for c in _as_list(s.get("cells"))]
        return cells, ["The notebook has the old format 3; its cells were read all the same."]
    raise Refused("The file is not a notebook: it has no list of cells.")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_text(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")


def _handed(raw: Any) -> _Handed | None:
    if not isinstance(raw, dict):
        return None
    source = _as_text(raw.get("source", raw.get("input")))
    kind = "code" if raw.get("cell_type") == "code" else "markdown"
    if source is None or (kind == "code" and len(source) > MAX_SOURCE):
        return None
    metadata = raw.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return _Handed(kind, source[:MAX_SOURCE], name if isinstance(name, str) else "")


def _cells(raw: list[Any]) -> tuple[list[_Handed], list[str]]:
    notes = []
    if len(raw) > MAX_CELLS:
        notes.append(f"The notebook has {len(raw)} cells; the first {MAX_CELLS} were read.")
        raw = raw[:MAX_CELLS]
    cells = [cell for cell in map(_handed, raw) if cell is not None]
    if len(cells) < len(raw):
        notes.append(f"{len(raw) - len(cells)} unreadable cells were left out.")
    return cells, notes


class _Places:
    """Knows where in the released notebook a handed cell belongs."""

    def __init__(self, template: NotebookNode) -> None:
        self.by_name: dict[str, int] = {}
        self.by_function: dict[str, str] = {}
        self.by_source: dict[str, int] = {}
        for index, cell in enumerate(template.cells):
            if not _is_answer(cell):  # as released, all of them are the same
                self.by_source.setdefault(cell.source.strip(), index)
            if name := grade_id(cell):
                self.by_name[name] = index
                if is_solution(cell):
                    self.by_function.update(dict.fromkeys(defined(cell.source), name))

    def solution(self, cell: _Handed, template: NotebookNode) -> str | None:
        """The task cell that the handed cell fills: by its name, else by what it defines."""
        index = self.by_name.get(cell.name)
        if index is not None and is_solution(template.cells[index]):
            return cell.name
        if cell.kind != "code" or cell.name in self.by_name:
            return None
        names = {self.by_function[f] for f in defined(cell.source) if f in self.by_function}
        return names.pop() if len(names) == 1 else None


def _sort(cells: list[_Handed], template: NotebookNode) -> _Sorted:
    places, found, here = _Places(template), _Sorted(), -1
    for cell in cells:
        name = places.solution(cell, template)
        if name is not None:
            here = places.by_name[name]
            found.sources[name].append(cell.source)
            continue
        known = places.by_name.get(cell.name, places.by_source.get(cell.source.strip()))
        if known is not None:
            here = known
            found.seen.add(grade_id(template.cells[known]))
            if cell.source.strip() != template.cells[known].source.strip():
                found.changed.append(cell.name)
        elif cell.source.strip():
            found.extras[here].append(cell)
    return found


def _is_answer(cell: NotebookNode) -> bool:
    """Whether the cell holds an answer in words."""
    return is_written(cell) and cell.cell_type != "code"


def _find_answers(found: _Sorted, template: NotebookNode, notes: list[str]) -> None:
    """Nobody loses an answer that stands beside its empty cell, or whose cell lost its name."""
    for index, cell in enumerate(template.cells):
        name, stub = grade_id(cell), cell.source.strip()
        if not _is_answer(cell):
            continue
        written = [text for text in found.sources[name] if text.strip() not in ("", stub)]
        beside = [] if written else _take_texts(found, index - 1) + _take_texts(found, index)
        if other := [text for text in beside if text.strip() != stub]:
            written = ["\n\n".join(other)]
            notes.append(f"The cell {name} was empty; the text beside it counts as the answer.")
        if written or beside or found.sources[name]:
            found.sources[name] = written or [cell.source]


def _take_texts(found: _Sorted, place: int) -> list[str]:
    """The texts of the student's own at that place, which are no longer extra cells."""
    texts = [cell.source for cell in found.extras[place] if cell.kind != "code"]
    found.extras[place] = [cell for cell in found.extras[place] if cell.kind == "code"]
    return texts


def _choose(name: str, stub: str, versions: list[str], notes: list[str]) -> str:
    """The last version that is not the stub; a missing cell is the stub."""
    if not versions:
        notes.append(f"The cell {name} is missing; the empty one was put back.")
        return stub
    if len(versions) > 1:
        notes.append(f"The cell {name} stands {len(versions)} times; the last version counts.")
    written = [version for version in versions if version.strip() != stub.strip()]
    return written[-1] if written else stub


def _extra(cell: _Handed) -> NotebookNode:
    """A cell of the student's own; its text is shown as text, never as HTML."""
    if cell.kind == "code":
        return nbformat.v4.new_code_cell(cell.source)
    return nbformat.v4.new_markdown_cell(_fenced(cell.source))


def _shown(name: str, answer: str, notes: list[str]) -> str:
    """An answer in words, as text of bearable length."""
    if len(answer) > MAX_ANSWER:
        notes.append(f"The answer {name} is longer than {MAX_ANSWER:,} characters and was cut.")
    return _fenced(answer[:MAX_ANSWER])


def _fenced(text: str) -> str:
    fence = "`" * (3 + text.count("`"))
    return f"{fence}text\n{text}\n{fence}"


def sanitise(data: bytes, template: NotebookNode) -> Clean:
    """The submission in the shape of `template`; raises Refused if it cannot be read."""
    text, notes = _decode(data)
    raw, more = _raw_cells(_parse(text))
    cells, yet_more = _cells(raw)
    notes += more + yet_more
    found = _sort(cells, template)
    if not found.sources:
        raise Refused("None of the assignment's task cells is in the file: is it another notebook?")
    _find_answers(found, template, notes)
    notebook = copy.deepcopy(template)
    ordered = [_extra(cell) for cell in found.extras[-1]]
    for index, cell in enumerate(notebook.cells):
        if is_solution(cell):
            name = grade_id(cell)
            chosen = _choose(name, cell.source, found.sources[name], notes)
            written = cell.cell_type != "code" and chosen != cell.source
            cell.source = _shown(name, chosen, notes) if written else chosen
        ordered += [cell, *map(_extra, found.extras[index])]
    known = {cell.id for cell in notebook.cells}
    for number, cell in enumerate(ordered):
        if cell.id not in known:
            cell.id = f"extra-{number}"  # not random: the same submission gives the same bytes
    notebook.cells = ordered
    changed = tuple(dict.fromkeys(found.changed))
    given = {grade_id(cell) for cell in template.cells if not is_solution(cell) and grade_id(cell)}
    if lost := sorted(given - found.seen):
        notes.append(f"Cells were missing and were put back: {', '.join(lost)}.")
    notes += [f"The locked cell {name} was changed; the original was put back." for name in changed]
    return Clean(notebook, tuple(notes), changed)
