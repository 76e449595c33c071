"""Whatever a file holds, reading it ends in a notebook of the released shape or in a refusal."""

from __future__ import annotations

import copy
import json
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.notebooknode import NotebookNode

from autograder.assignment import find, grade_id, is_solution
from autograder.record import write_verdicts
from autograder.results import ungraded
from autograder.sanitise import Refused, sanitise
from autograder.verdicts import State
from tests.conftest import ROOT
from tests.hostile.submission import base

VAE = find("vae", ROOT)
NOTEBOOK: dict[str, Any] = json.loads(nbformat.writes(base()))
BYTES = json.dumps(NOTEBOOK).encode()
TOKENS = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b"\\u0000",
    b"null",
    b"NaN",
    b"1e999",
    b"\xff",
    b"\x00",
)

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def _containers(value: Any) -> list[Any]:
    """All lists and objects in a JSON value that hold something."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    below = [found for one in inner for found in _containers(one)]
    return [value, *below] if inner else below


def _mutate(data: st.DataObject, notebook: Any) -> None:
    """One change somewhere: another value, a loss, a copy of something else, another name."""
    places = _containers(notebook)
    if not places:  # earlier changes have deleted everything
        return
    place = places[data.draw(st.integers(0, len(places) - 1))]
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    key = keys[data.draw(st.integers(0, len(keys) - 1))]
    kind = data.draw(st.sampled_from(("replace", "delete", "copy", "rename", "double")))
    if kind == "delete":
        del place[key]
    elif kind == "copy":
        other = places[data.draw(st.integers(0, len(places) - 1))]
        place[key] = copy.deepcopy(other)
    elif kind == "rename" and isinstance(place, dict):
        place[data.draw(st.text(max_size=9))] = place.pop(key)
    elif kind == "double" and isinstance(place, list):
        place.insert(key, copy.deepcopy(place[key]))
    else:
        place[key] = data.draw(anything)


def _is_readable_or_refused(data: bytes) -> None:
    try:
        clean = sanitise(data, VAE.template)
    except Refused as refusal:
        assert str(refusal).endswith(".") or "?" in str(refusal)
        return
    _has_the_released_shape(clean.notebook)
    report = ungraded(VAE, 0, State.INFRASTRUCTURE_FAULT, "x", clean.notes)
    write_verdicts(clean.notebook, report)
    nbformat.writes(clean.notebook).encode()


def _has_the_released_shape(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    named = [cell for cell in notebook.cells if grade_id(cell)]
    released = [cell for cell in VAE.template.cells if grade_id(cell)]
    assert [grade_id(cell) for cell in named] == [grade_id(cell) for cell in released]
    for cell, original in zip(named, released, strict=True):
        assert cell.metadata == original.metadata
        assert is_solution(cell) or cell.source == original.source
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


quietly = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


@pytest.mark.slow
@settings(max_examples=1500, **quietly)
@given(st.data())
def test_notebooks_with_changes_anywhere(data: st.DataObject) -> None:
    notebook = copy.deepcopy(NOTEBOOK)
    for _ in range(data.draw(st.integers(1, 6))):
        _mutate(data, notebook)
    _is_readable_or_refused(json.dumps(notebook).encode())


@pytest.mark.slow
@settings(max_examples=1500, **quietly)
@given(st.data())
def test_notebooks_with_changed_bytes(data: st.DataObject) -> None:
    changed = bytearray(BYTES)
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.integers(0, 30))
        changed[start : start + length] = data.draw(st.binary(max_size=6) | st.sampled_from(TOKENS))
    if data.draw(st.integers(0, 9)) == 0:
        del changed[data.draw(st.integers(0, len(changed))) :]
    _is_readable_or_refused(bytes(changed))


@pytest.mark.slow
@settings(max_examples=500, **quietly)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | anything.map(json.dumps).map(str.encode)
)
def test_bytes_of_any_kind(data: bytes) -> None:
    _is_readable_or_refused(data)
