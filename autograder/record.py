"""Writes a report into a notebook in nbgrader's terms: one number and a readable table a task."""

from __future__ import annotations

import json
from html import escape
from string import punctuation
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from autograder.assignment import grade_id, is_graded
from autograder.verdicts import (
    CheckResult,
    Report,
    State,
    TaskReport,
    Verdict,
    WrittenAnswer,
    one_line,
)

METADATA = "autograder"
_REMARKS = "autograder-remarks"

COLOURS = {
    Verdict.PASSED: "#1a7f37",
    Verdict.PARTIAL: "#9a6700",
    Verdict.UNATTEMPTED: "#6e7781",
    Verdict.FAILED: "#cf222e",
    Verdict.CRASHED: "#82071e",
    Verdict.TIMED_OUT: "#bc4c00",
    Verdict.RULE_BROKEN: "#8250df",
}
_MARKS = {Verdict.PASSED: "✓", Verdict.UNATTEMPTED: "○"}


def words(verdict: Verdict) -> str:
    """A verdict as a reader sees it."""
    return verdict.value.replace("_", " ").replace("unattempted", "not attempted")


def check_text(check: CheckResult) -> str:
    """One check on a line, what was seen and the hint below it."""
    earned = check.points if check.verdict is Verdict.PASSED else 0
    lines = [f"{_MARKS.get(check.verdict, '✗')} {earned:g}/{check.points:g}  {check.claim}"]
    for text in (check.message, check.hint, check.note):
        lines += [f"         {text}"] if text else []
    return "\n".join(lines)


def task_text(task: TaskReport, replay: str = "") -> str:
    """The verdict on a task as plain text; replay: the command that repeats it."""
    head = f"{task.task}: {words(task.verdict)}, {task.points:g} of {task.max_points:g} points"
    return "\n".join([head, *map(check_text, task.checks), *([f"  {replay}"] if replay else [])])


def answer_text(answer: WrittenAnswer) -> str:
    """What becomes of an answer in words, in plain text."""
    if answer.waits:
        return f"{answer.task}: waits for a person, who may give up to {answer.max_points:g} points"
    return f"{answer.task}: {words(Verdict.UNATTEMPTED)}, 0 of {answer.max_points:g} points"


def _check_row(check: CheckResult) -> str:
    earned = check.points if check.verdict is Verdict.PASSED else 0
    colour = COLOURS[check.verdict]
    said = f'<div style="color:{colour}">{escape(check.message)}</div>' if check.message else ""
    hint = f"<div><b>Hint:</b> {escape(check.hint)}</div>" if check.hint else ""
    note = f"<div><i>{escape(check.note)}</i></div>" if check.note else ""
    seen = check.picture
    place = "padding:2px 12px 2px 0;vertical-align:top;text-align:left"
    return (
        f'<tr><td style="{place};color:{colour}">{_MARKS.get(check.verdict, "✗")}</td>'
        f'<td style="{place}">{escape(check.claim)}{said}{hint}{note}{seen}</td>'
        f'<td style="{place};white-space:nowrap">{earned:g} / {check.points:g}</td></tr>'
    )


def task_html(task: TaskReport, replay: str = "") -> str:
    """The verdict on a task as a small table; every text in it is escaped."""
    colour = COLOURS[task.verdict]
    return (
        f'<p style="margin:0 0 4px"><b>{escape(task.task)}</b>: '
        f'<b style="color:{colour}">{words(task.verdict)}</b>, '
        f"{task.points:g} of {task.max_points:g} points</p>"
        f'<table class="tex2jax_ignore">{"".join(map(_check_row, task.checks))}</table>'
        + (
            f'<p style="opacity:.6;font-size:85%"><code>{escape(replay)}</code></p>'
            if replay
            else ""
        )
    )


def _outputs(task: TaskReport, replay: str, graded: bool) -> list[NotebookNode]:
    """The number must be the only execute_result: nbgrader reads the first one as the score."""
    score = {"text/plain": f"{task.points:g}"}
    outputs = [new_output("execute_result", data=score, execution_count=1)]
    if graded:
        table = {"text/html": task_html(task, replay), "text/plain": task_text(task, replay)}
        outputs.append(new_output("display_data", data=table))
    return outputs


def _remarks(report: Report) -> list[str]:
    if report.state is State.REFUSED:
        return [
            f"This submission could not be graded: {report.reason}",
            "It waits for your instructor. Until then its points do not count, whatever the page "
            "says above.",
        ]
    if report.state is State.INFRASTRUCTURE_FAULT:
        return ["The grader failed on this submission; your instructor has been told."]
    return list(report.notes)


def _literally(text: str) -> str:
    """Text in Markdown that stands for nothing but itself: names of files are a student's."""
    return "".join(f"&#{ord(c)};" if c in punctuation else c for c in one_line(text))


def _remark_cell(report: Report) -> NotebookNode:
    lines = "\n".join(f"- {_literally(line)}" for line in _remarks(report))
    return new_markdown_cell(f"**About this submission**\n\n{lines}", id=_REMARKS)


def drop_remarks(notebook: NotebookNode) -> None:
    """Take back the remarks that an earlier report put on top."""
    if notebook.cells and notebook.cells[0].get("id") == _REMARKS:
        del notebook.cells[0]


def write_verdicts(notebook: NotebookNode, report: Report, digest: str = "") -> None:
    """Put each task's verdict into its graded cell, remarks on top, the report in the metadata."""
    tasks = {task.task: task for task in report.tasks}
    for cell in notebook.cells:
        if is_graded(cell):
            task = tasks[grade_id(cell)]
            cell.outputs = _outputs(task, report.replay(task), report.score is not None)
            cell.execution_count = 1
    if _remarks(report):
        notebook.cells.insert(0, _remark_cell(report))
    metadata: dict[str, Any] = json.loads(json.dumps(report.as_dict()))
    notebook.metadata[METADATA] = {"report": metadata, "digest": digest}


def read_report(notebook: NotebookNode) -> Report | None:
    """The report in an autograded notebook, None if it was graded by something else."""
    data = notebook.metadata.get(METADATA, {}).get("report")
    return Report.from_dict(data) if data else None
