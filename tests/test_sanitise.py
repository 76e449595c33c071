"""Whatever is handed in is mended or refused in a sentence; only students' sources survive."""

from __future__ import annotations

import copy
import json
from typing import Any

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.assignment import grade_id, is_solution
from autograder.sanitise import Clean, Refused, sanitise
from tests.samples import cell_of, handed_in, method

KL = method("kl_divergence", ", mu, logsigma", "return mu.sum(-1)  # mine: é")


@pytest.fixture
def mine(released: NotebookNode) -> NotebookNode:
    """A release in which one task is written."""
    notebook = copy.deepcopy(released)
    cell_of(notebook, "kl_divergence_solution").source = KL
    return notebook


def _raw(notebook: NotebookNode) -> bytes:
    return nbformat.writes(notebook).encode()


def _kl(clean: Clean) -> str:
    return str(cell_of(clean.notebook, "kl_divergence_solution").source)


def _sources(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_an_untouched_release_comes_back_as_it_was(released: NotebookNode) -> None:
    clean = sanitise(_raw(released), released)
    assert _sources(clean.notebook) == _sources(released)
    assert clean.notes == ()


def test_a_changed_locked_cell_is_put_back_and_named(released: NotebookNode) -> None:
    changed = copy.deepcopy(released)
    cell_of(changed, "encoder").source = "print('passed')"
    cell_of(changed, "training").source += "\n"  # blank space is no change
    clean = sanitise(_raw(changed), released)
    assert _sources(clean.notebook) == _sources(released)
    assert clean.changed == ("encoder",)
    assert clean.notes == ("The locked cell encoder was changed; the original was put back.",)


def test_a_written_task_survives(mine: NotebookNode, released: NotebookNode) -> None:
    assert _kl(sanitise(_raw(mine), released)) == KL


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_mended(mine: NotebookNode, released: NotebookNode, encoding: str) -> None:
    text = json.dumps(json.loads(_raw(mine)), ensure_ascii=False)
    clean = sanitise(text.encode(encoding, "replace"), released)
    assert _kl(clean) == KL
    assert bool(clean.notes) == (encoding != "utf-8")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"PK\x03\x04", "not valid JSON"),
        (b"[1, 2]", "no notebook object"),
        (b"{}", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"cells": []}', "another notebook"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"cells": [', "not valid JSON"),
        (b"\xff\xfe\x00", "not text"),
        (b" " * (21 << 20), "MiB"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(
    released: NotebookNode, data: bytes, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        sanitise(data, released)


def _edited(notebook: NotebookNode, edit: Any) -> bytes:
    data = json.loads(_raw(notebook))
    edit(data)
    return json.dumps(data).encode()


def _lose_metadata(data: Any) -> None:
    for cell in data["cells"]:
        cell["metadata"] = {}


def _reverse(data: Any) -> None:
    data["cells"].reverse()


def _break_the_rest(data: Any) -> None:
    data["cells"] += [None, 3, {"source": 4}, {"cell_type": "code"}, []]
    data["nbformat"], data["metadata"] = "x", []


def _old_format(data: Any) -> None:
    cells = [{**c, "input": c.pop("source")} for c in data.pop("cells")]
    data["worksheets"], data["nbformat"] = [{"cells": cells}], 3


@pytest.mark.parametrize("edit", [_lose_metadata, _reverse, _break_the_rest, _old_format])
def test_damage_is_mended(mine: NotebookNode, released: NotebookNode, edit: Any) -> None:
    clean = sanitise(_edited(mine, edit), released)
    assert _kl(clean) == KL
    names = [grade_id(cell) for cell in released.cells if grade_id(cell)]
    assert [grade_id(cell) for cell in clean.notebook.cells if grade_id(cell)] == names
    nbformat.validate(clean.notebook)


def test_locked_cells_metadata_and_outputs_come_from_the_release(
    mine: NotebookNode, released: NotebookNode
) -> None:
    def edit(data: Any) -> None:
        for cell in data["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("grade"):
                marks["points"], cell["source"] = 1000, "70"
                cell["metadata"]["tags"] = ["skip-execution"]
                cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "70"}}]
        data["metadata"]["kernelspec"] = {"name": "evil"}

    clean = sanitise(_edited(mine, edit), released)
    for cell, original in zip(clean.notebook.cells, released.cells, strict=True):
        assert cell.metadata == original.metadata
        assert is_solution(cell) or cell.source == original.source
        assert not cell.get("outputs")
    assert clean.notebook.metadata == released.metadata


def test_a_deleted_task_is_put_back_as_a_stub(mine: NotebookNode, released: NotebookNode) -> None:
    mine.cells.remove(cell_of(mine, "elbo_solution"))
    mine.cells.remove(cell_of(mine, "elbo"))
    clean = sanitise(_raw(mine), released)
    assert "NotImplementedError" in cell_of(clean.notebook, "elbo_solution").source
    assert clean.notes == (
        "The cell elbo_solution is missing; the empty one was put back.",
        "Cells were missing and were put back: elbo.",
    )


def test_of_two_versions_the_last_written_one_counts(
    mine: NotebookNode, released: NotebookNode
) -> None:
    cell = cell_of(mine, "kl_divergence_solution")
    place = mine.cells.index(cell)
    other, stub = copy.deepcopy(cell), copy.deepcopy(cell)
    other.source = KL.replace("mine", "older")
    stub.source = cell_of(released, "kl_divergence_solution").source
    mine.cells[place:place] = [other]
    mine.cells[place + 2 : place + 2] = [stub]
    clean = sanitise(_raw(mine), released)
    assert _kl(clean) == KL
    assert clean.notes == (
        "The cell kl_divergence_solution stands 3 times; the last version counts.",
    )


def test_extra_cells_keep_their_place_and_cannot_pose_as_html(
    mine: NotebookNode, released: NotebookNode
) -> None:
    place = mine.cells.index(cell_of(mine, "kl_divergence_solution"))
    script = "<script>alert(1)</script>\n```\n<b>"
    mine.cells.insert(place, nbformat.v4.new_markdown_cell(script))
    mine.cells.insert(place, nbformat.v4.new_code_cell("helper = 1"))
    cells = sanitise(_raw(mine), released).notebook.cells
    at = cells.index(next(c for c in cells if c.source == "helper = 1"))
    assert grade_id(cells[at + 2]) == "kl_divergence_solution"
    assert cells[at + 1].source.startswith("``````text\n")
    assert cells[at + 1].source.endswith("\n``````")


def test_a_written_answer_cannot_pose_as_html(mine: NotebookNode, released: NotebookNode) -> None:
    released = copy.deepcopy(released)
    for notebook in (mine, released):
        cell = cell_of(notebook, "kl_divergence_solution")
        cell.cell_type = "markdown"
        for name in ("outputs", "execution_count"):
            cell.pop(name, None)
    cell_of(mine, "kl_divergence_solution").source = "<script>alert(1)</script>"
    assert _kl(sanitise(_raw(mine), released)) == "```text\n<script>alert(1)</script>\n```"
    untouched = sanitise(_raw(released), released)
    assert _kl(untouched) == cell_of(released, "kl_divergence_solution").source


def test_the_same_submission_gives_the_same_notebook(
    solved: NotebookNode, released: NotebookNode
) -> None:
    notebook = handed_in(released, solved)
    notebook.cells.append(nbformat.v4.new_code_cell("extra = 1"))
    data = _raw(notebook)
    assert sanitise(data, released) == sanitise(data, released)
