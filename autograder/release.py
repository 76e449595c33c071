"""From the reference to what students get: notebook without solutions, and tape."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbformat.notebooknode import NotebookNode

from autograder.assignment import CHECKS, CONFIG, Assignment, ReleaseFailed, grade_id, is_solution
from autograder.proofreading import problems
from autograder.stamps import is_current, stamp

TAPE_SEED = 20260101
"""The tape's own seed: its inputs are public, those of the grading are not."""

TAPED_BY = (
    "arrays", "building", "calls", "choices", "codec", "compare", "compare_bounds", "compare_calls",
    "compare_curves", "compare_decoded", "compare_draws", "compare_maps", "compare_pictures",
    "compare_plots", "compare_seen", "compare_segments", "compare_values", "cost",
    "drawn_codes", "evaluating", "explain", "figure_kinds", "figures", "intact", "layout", "loops",
    "misconceptions", "panels", "returned", "rules", "seeding", "stand_in", "standing_in", "tape",
    "watching", "with_arrays", "with_tensors",
)  # fmt: skip
"""Modules of `vae_utils` that have a say in what stands on a tape."""


def _with_names(notebook: NotebookNode) -> NotebookNode:
    """Cell ids that do not change from one conversion to the next."""
    for number, cell in enumerate(notebook.cells):
        cell.id = grade_id(cell) or f"cell-{number:03d}"
        cell.metadata.pop("lines_to_next_cell", None)
    notebook.metadata.pop("jupytext", None)
    return notebook


def refresh_source(source: Path) -> Path:
    """Convert a percent-format reference to a notebook if it has changed since the last time."""
    target = source.with_suffix(".ipynb")
    if is_current(target, source):
        return target
    import jupytext

    notebook = _with_names(jupytext.read(source))
    temporary = target.with_suffix(".tmp")
    nbformat.write(notebook, temporary)
    stamp(temporary, source)
    temporary.replace(target)
    return target


def refresh_sources(course: Path) -> None:
    """Convert all references; called whenever nbgrader reads its configuration."""
    for source in sorted(course.glob("solutions/*/*.py")):
        if source.stem == source.parent.name:
            refresh_source(source)


def configuration(course: Path) -> Any:
    """nbgrader's configuration of a course, as nbgrader itself would load it."""
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader(CONFIG, str(course)).load_config()


def gradebook_url(course: Path) -> str:
    """Where the course's gradebook is, as SQLAlchemy names it."""
    return str(configuration(course).CourseDirectory.db_url)


def gradebook_file(course: Path) -> Path | None:
    """The course's gradebook; None where it is no file but a database server's.

    Raises:
        OSError: nbgrader's configuration names no database.
    """
    from autograder.database import file_of

    return file_of(gradebook_url(course))


def _generate(course: Path, name: str, config: Any) -> None:
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    from autograder.database import explained
    from autograder.gradebook import Gradebook

    url = gradebook_url(course)
    with explained(url), Gradebook(url):  # nbgrader's own word would be a stack of calls
        pass
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    result = api.generate_assignment(name)
    if not result["success"]:
        raise ReleaseFailed(_reason(result))


def _reason(result: dict[str, Any]) -> str:
    """Why nbgrader has generated nothing; its own word for the usual reason is a stack of calls."""
    said = "\n".join(filter(None, (result.get("error"), result.get("log"))))
    if "there are submissions associated" in said:
        return (
            "graded cells were added or removed, and submissions are in the gradebook already: "
            "bring those cells back, or let `autograder restore` take the batches back"
        )
    return said or "nbgrader failed"


def release(assignment: Assignment) -> None:
    """Build the student's notebook with nbgrader, then its tape."""
    if not assignment.source.is_file():
        raise ReleaseFailed(f"there is no reference notebook {assignment.source}")
    refresh_source(assignment.source)
    config = configuration(assignment.course)
    config.GenerateAssignment.post_convert_hook = None  # nbgrader would hide a failure in it
    with _kept_on_failure(assignment.released), _kept_on_failure(assignment.tape) as tape:
        _generate(assignment.course, assignment.name, config)
        if tape is not None:
            assignment.tape.write_bytes(tape)
        made = Assignment(assignment.name, assignment.course)
        if found := problems(made):
            raise ReleaseFailed("\n".join([f"{assignment.source} and its checks differ:", *found]))
        if not is_recorded(assignment):
            record_tape(made)


@contextlib.contextmanager
def _kept_on_failure(path: Path) -> Iterator[bytes | None]:
    """The file's bytes, which it has again if what follows fails: notebook and tape belong
    together."""
    data = path.read_bytes() if path.is_file() else None
    try:
        yield data
    except BaseException:
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)  # nbgrader may have removed all of it
            path.write_bytes(data)
        raise


def is_registered(assignment: Assignment) -> bool:
    """Whether the gradebook knows the assignment, with all cells as they are released.

    nbgrader writes cell by cell, so a killed run leaves some of them.

    Raises:
        OSError: the gradebook cannot be read.
    """
    from autograder.database import explained
    from autograder.gradebook import Gradebook, MissingEntry

    url = gradebook_url(assignment.course)
    with explained(url), Gradebook(url) as gradebook:
        try:
            notebook = gradebook.find_notebook(assignment.name, assignment.name)
        except MissingEntry:
            return False
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        solutions = {cell.name for cell in notebook.solution_cells}
        sources = {cell.name: cell.source for cell in notebook.source_cells}
    cells = [cell for cell in assignment.template.cells if grade_id(cell)]
    return (
        points == {task.name: task.points for task in assignment.tasks} | assignment.written
        and solutions == {grade_id(cell) for cell in cells if is_solution(cell)}
        and sources == {grade_id(cell): cell.source for cell in cells}
    )


def register(assignment: Assignment) -> None:
    """Enter the assignment into the gradebook, leaving the released files as they are."""
    if is_registered(assignment):
        return
    refresh_source(assignment.source)
    config = configuration(assignment.course)
    config.GenerateAssignment.post_convert_hook = None
    with tempfile.TemporaryDirectory() as folder:
        config.CourseDirectory.release_directory = folder
        _generate(assignment.course, assignment.name, config)


def reference(assignment: Assignment) -> NotebookNode:
    """The reference as a notebook."""
    return nbformat.read(refresh_source(assignment.source), as_version=4)


def fingerprint(assignment: Assignment) -> str:
    """A hash of all that a tape is made from: reference, checks, and the code that compares."""
    import vae_utils

    library = Path(vae_utils.__file__).parent
    code = [library / f"{name}.py" for name in TAPED_BY]
    checks = sorted(CHECKS.joinpath(assignment.name).glob("*.py"))
    digest = hashlib.sha256()
    claims = CHECKS.parent / "student.py"
    for path in (assignment.source, *sorted(CHECKS.glob("*.py")), *checks, claims, *code):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_recorded(assignment: Assignment) -> bool:
    """Whether the tape was made from what is there now. Read without torch, which takes seconds."""
    unreadable = (OSError, ValueError, KeyError, zipfile.BadZipFile)
    with contextlib.suppress(*unreadable), np.load(assignment.tape, allow_pickle=False) as archive:
        tape = json.loads(archive["tape"].tobytes())
        return bool(tape.get("made_from") == fingerprint(assignment))
    return False


def record_tape(assignment: Assignment) -> None:
    """Run the checks on the reference and keep their calls and expected numbers."""
    from autograder.tape_recorder import record

    record(assignment, reference(assignment), TAPE_SEED, fingerprint(assignment))
