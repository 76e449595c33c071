"""Malformed: files that no notebook program wrote, or that arrived in another shape."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from tests.hostile.submission import (
    HONEST,
    SECRET,
    WITHOUT_KL,
    Hostile,
    Place,
    base,
    cell,
    edited,
    in_kl,
    kl,
    raw,
    write,
)


def _text() -> str:
    return nbformat.writes(base())


def _refused(name: str, about: str, place: Place, says: str) -> Hostile:
    return Hostile(name, about, None, place, says)


def _mended(name: str, about: str, place: Place, says: str = "") -> Hostile:
    return Hostile(name, about, HONEST, place, says)


def _bytes(make: Callable[[], bytes]) -> Place:
    return lambda folder: write(make())(folder)


def _each_cell(change: Callable[[dict[str, Any]], Any]) -> Place:
    return edited(lambda data: [change(one) for one in data["cells"]])


def _kl_cell(change: Callable[[dict[str, Any]], Any]) -> Place:
    def edit(data: dict[str, Any]) -> None:
        for one in data["cells"]:
            if one["metadata"].get("nbgrader", {}).get("grade_id") == "kl_divergence_solution":
                change(one)

    return edited(edit)


def _old_format(folder: Path) -> None:
    data = raw()
    cells = [
        {**one, "input": one.pop("source")} if one["cell_type"] == "code" else one
        for one in data.pop("cells")
    ]
    write(json.dumps({**data, "nbformat": 3, "worksheets": [{"cells": cells}]}))(folder)


def _nested(folder: Path) -> None:
    write("[" * 100_000 + "]" * 100_000)(folder)


def _directory(folder: Path) -> None:
    (folder / "vae.ipynb").mkdir(parents=True)


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "vae.ipynb")


def _link(folder: Path) -> None:
    os.symlink("{HOME}/.ssh/id", folder / "vae.ipynb")


def _unreadable(folder: Path) -> None:
    write(_text())(folder)
    (folder / "vae.ipynb").chmod(0)


def _several(folder: Path) -> None:
    write(_text(), "one.ipynb")(folder)
    write(_text(), "two.ipynb")(folder)


def _checkpoints(folder: Path) -> None:
    write(_text(), ".ipynb_checkpoints/vae-checkpoint.ipynb")(folder)


def _time(text: str) -> Place:
    def place(folder: Path) -> None:
        write(_text())(folder)
        write(text, "timestamp.txt")(folder)

    return place


def _named(name: str) -> Place:
    return lambda folder: write(_text(), name)(folder)


NO_NOTEBOOKS = (
    _refused("empty", "no bytes", write(""), "is empty"),
    _refused("blank", "nothing but spaces", write(" \n\n "), "is empty"),
    _refused("truncated", "the first half of a notebook",
        _bytes(lambda: _text()[:9000].encode()), "not valid JSON"),
    _refused("not-json", "a program", write("print('hello')"), "not valid JSON"),
    _refused("binary", "random bytes", write(bytes(range(256)) * 40), "not valid JSON|not text"),
    _refused("gzip", "a compressed notebook",
        _bytes(lambda: gzip.compress(_text().encode())), "not valid JSON|not text"),
    _refused("deep", "100,000 brackets", _nested, "not valid JSON"),
    _refused("json-list", "a list", write("[1, 2]"), "no notebook object"),
    _refused("json-number", "a number", write("42"), "no notebook object"),
    _refused("huge-number", "a number of 10,000 digits",
        write('{"cells": ' + "9" * 10_000 + "}"), "not valid JSON|list of cells"),
    _refused("no-cells", "a notebook without cells",
        edited(lambda data: data.pop("cells")), "no list of cells"),
    _refused("cells-number", "cells that are a number",
        edited(lambda data: data.update(cells=7)), "no list of cells"),
    _refused("cells-empty", "an empty list of cells",
        edited(lambda data: data.update(cells=[])), "None of the assignment's task cells"),
    _refused("other-notebook", "another notebook", edited(lambda data: data.update(
        cells=[{"cell_type": "code", "source": "x = 1"}])), "another notebook"),
    _refused("merge-markers", "a merge that nobody resolved",
        _bytes(lambda: _text().replace('"metadata": {', "<<<<<<< HEAD\n", 3).encode()),
        "not valid JSON"),
    _refused("too-large", "50 MB", write(b'{"cells": "' + b"x" * (50 << 20) + b'"}'),
        "at most 20"),
    _refused("directory", "a folder of the file's name", _directory, "not a regular file"),
    _refused("fifo", "a pipe of the file's name", _fifo, "not a regular file"),
    _refused("symlink", "a link to a secret", _link, "cannot be read"),
    _refused("missing", "another file only", write("x = 1", "vae.py"), "no notebook"),
    _refused("several", "two notebooks, neither of the right name", _several, "no notebook"),
    _refused("checkpoint", "the copy that Jupyter keeps", _checkpoints, "no notebook"),
    Hostile("unreadable", "a file that nobody may read", HONEST if os.geteuid() == 0 else None,
        _unreadable),
)  # fmt: skip

ENCODINGS = (
    _mended("utf-16", "UTF-16", _bytes(lambda: _text().encode("utf-16")), "read as utf-16"),
    _mended("bom", "a byte order mark", _bytes(lambda: _text().encode("utf-8-sig")), "utf-8-sig"),
    _mended("latin-1", "Latin-1", _bytes(
        lambda: _text().replace("# The", "# Caf\u00e9 The", 1).encode("latin-1", "replace")
        .replace(b"Caf?", b"Caf\xe9")), ""),
    _mended("surrogates", "half characters", _kl_cell(
        lambda one: one.update(source="# \ud800\n" + "".join(one["source"])))),
    _mended("crlf", "line ends of Windows",
        _bytes(lambda: _text().replace("\\n", "\\r\\n").encode())),
    _mended("one-line", "everything on one line",
        _bytes(lambda: json.dumps(json.loads(_text())).encode())),
    _mended("long-line", "a line of 150,000 characters", _kl_cell(
        lambda one: one.update(source="# " + "x" * 150_000 + "\n" + "".join(one["source"])))),
    Hostile("null-bytes", "a null byte in a solution", WITHOUT_KL, _kl_cell(
        lambda one: one.update(source="x = '\x00'\n" + "".join(one["source"])))),
)  # fmt: skip

SHAPES = (
    _mended("format-3", "the format of 2014", _old_format, "old format 3"),
    _mended("format-5", "a format of the future",
        edited(lambda data: data.update(nbformat=5, nbformat_minor=99))),
    _mended("format-text", "a format that is a word", edited(lambda d: d.update(nbformat="four"))),
    _mended("no-metadata", "nothing but cells", edited(lambda data: data.pop("metadata"))),
    _mended("metadata-list", "metadata that are a list", edited(lambda d: d.update(metadata=[1]))),
    _mended("cells-without-metadata", "cells without names",
        _each_cell(lambda one: one.pop("metadata"))),
    _mended("cells-without-ids", "cells without ids", _each_cell(lambda one: one.pop("id"))),
    _mended("same-ids", "one id for all cells", _each_cell(lambda one: one.update(id="same"))),
    _mended("outputs-broken", "outputs that are none",
        _each_cell(lambda one: one.update(outputs="none", execution_count="x"))),
    _mended("nan-metadata", "numbers that are not numbers", edited(
        lambda data: data["metadata"].update(x=float("nan"), y=float("inf")))),
    _mended("wrong-kernel", "a kernel for another language", edited(lambda data: data[
        "metadata"].update(kernelspec={"name": "ir", "language": "R", "display_name": "R"}))),
    _mended("cell-a-text", "a cell that is a text",
        edited(lambda data: data["cells"].insert(3, "x = 1")), "1 unreadable cells"),
    _mended("cell-null", "a cell that is nothing",
        edited(lambda data: data["cells"].append(None)), "1 unreadable cells"),
    Hostile("source-a-number", "a solution that is a number", WITHOUT_KL,
        _kl_cell(lambda one: one.update(source=42)), "1 unreadable cells"),
    Hostile("source-huge", "a solution of a million characters", WITHOUT_KL,
        _kl_cell(lambda one: one.update(source="x = 1\n" * 200_000)), "1 unreadable cells"),
    Hostile("syntax-error", "a solution that is no Python", WITHOUT_KL,
        _kl_cell(lambda one: one.update(source="def kl_divergence(self:")), "SyntaxError"),
    Hostile("indented-wrongly", "tabs and spaces", WITHOUT_KL, _kl_cell(
        lambda one: one.update(source="if True:\n\tx = 1\n        y = 2")), "TabError|Indent"),
)  # fmt: skip

NAMES = (
    _mended("name-spaces", "a name with spaces", _named("my  homework (final) .ipynb"),
        "was handed in as"),
    _mended("name-unicode", "a name in other letters", _named("\u0434\u0437_\u4f5c\u696d.ipynb"),
        "was handed in as"),
    _mended("name-newline", "a name of two lines", _named("vae\nvae.ipynb"), "was handed in as"),
    _mended("name-html", "a name with HTML", _named("<img src=x onerror=pwned()>.ipynb"),
        "was handed in as"),
    _mended("name-bytes", "a name that is no UTF-8", _named(os.fsdecode(b"v\xe4e.ipynb")),
        "was handed in as"),
    _mended("folder-nested", "one folder further down", _named("homework/vae.ipynb"),
        "was handed in as"),
    _mended("time-nonsense", "a time that is none", _time("yesterday evening")),
    _mended("time-huge", "a time of a million characters", _time("2026-01-01 " + "9" * 10**6)),
    _mended("time-future", "a time in the future", _time("2999-12-31 23:59:59 UTC")),
    _mended("name-markdown", "a name with a heading, a picture and a link",
        _named("h\n\n# FULL MARKS\n\n![x](http:evil.example/p.png) [y](http:evil.example).ipynb"),
        "was handed in as"),
    _mended("time-decimal", "a time that breaks the parser",
        _time("-1,999999999999999999999999999999h")),
    _mended("time-zone", "a time zone that is a path", _time("2026-01-01 10:00:00 ../../x")),
    _mended("time-year-0", "a time before all times", _time("0000-00-00 00:00:00")),
)  # fmt: skip

HARMLESS = (
    _mended("magics", "magics of IPython", cell("%timeit -n1 -r1 1 + 1", "%matplotlib inline",
        "%load_ext autoreload")),
    _mended("warnings", "warnings on stderr", cell("import warnings, sys",
        "warnings.warn('careful')", "print('loud', file=sys.stderr)")),
    _mended("warnings-in-kl", "warnings while it is judged", in_kl(
        "import warnings, sys; warnings.warn('careful'); print('loud', file=sys.stderr)")),
    _mended("logging", "a log on stderr", cell("import logging", "logging.error('loud')")),
    _mended("prints-in-kl", "prints while it is judged", in_kl("print('shape', mu.shape)")),
    _mended("secret-name", "a comment that names a secret", in_kl(f"x = '{SECRET[:6]}'")),
    Hostile("annotated-tuple", "a KL that returns a tuple", WITHOUT_KL,
        kl("return 0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1),"),
        "a comma too many"),
)  # fmt: skip

MALFORMED = (*NO_NOTEBOOKS, *ENCODINGS, *SHAPES, *NAMES, *HARMLESS)
