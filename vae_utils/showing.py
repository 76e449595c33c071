"""Outcomes for a reader: HTML where a notebook can show it, plain text everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from vae_utils.replaying import (
    ANSWERED,
    FAILED,
    PASSED,
    RULE_BROKEN,
    UNATTEMPTED,
    WAITING,
    Outcome,
    TaskOutcome,
)

_MARKS = {
    PASSED: "✓",
    FAILED: "✗",
    UNATTEMPTED: "○",
    WAITING: "…",
    RULE_BROKEN: "✗",
    ANSWERED: "●",
}
_COLOURS = {
    PASSED: "#2e7d32",
    FAILED: "#d32f2f",
    UNATTEMPTED: "#808080",
    WAITING: "#b26a00",
    RULE_BROKEN: "#8250df",
    ANSWERED: "#1565c0",
}
_CELL = "text-align:left;vertical-align:top;padding:2px 10px 2px 0;border:0;background:none"
_BAR = 30  # characters of the bar in plain text


class Shown:
    """A text in two forms; Jupyter takes the one that it can show."""

    def __init__(self, plain: str, html: str) -> None:
        self._plain, self._html = plain, html

    def __repr__(self) -> str:
        return self._plain

    def _repr_html_(self) -> str:
        return self._html


def show(shown: Shown) -> None:
    """Display in a notebook, print elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display(shown)
    else:
        print(repr(shown))


def _said_once(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The same outcomes; a message or hint that repeats an earlier one is left out."""
    said: set[str] = set()
    shown = []
    for outcome in outcomes:
        message = "" if outcome.message in said else outcome.message
        hint = "" if outcome.hint in said else outcome.hint
        shown.append(replace(outcome, message=message, hint=hint))
        said |= {message, hint}
    return shown


def one_task(done: TaskOutcome) -> Shown:
    """A task with its checks; the evidence of the failure to read first."""
    return Shown("\n".join(_task_lines(done)), _task_html(done))


def points_of(done: TaskOutcome) -> str:
    """Points of a task, as far as the notebook can tell."""
    return f"{_earned(done)} of {done.max_points:g} points"


def _earned(done: TaskOutcome) -> str:
    """A question mark where only the grader knows."""
    known = done.verdict == UNATTEMPTED or not done.open_points
    return f"{done.points:g}" if known else "?"


def _task_lines(done: TaskOutcome) -> list[str]:
    lines = [f"{_MARKS[done.verdict]} {done.task}: {done.verdict} ({points_of(done)})"]
    if done.verdict == UNATTEMPTED:
        return lines + sorted({f"    {o.message}" for o in done.outcomes if o.message})
    for outcome in _said_once(done.outcomes):
        lines.append(f"  {_MARKS[outcome.verdict]} {outcome.check.claim}")
        lines += [f"      {outcome.message}"] if outcome.message else []
        lines += [f"      Hint: {outcome.hint}"] if outcome.hint else []
    if done.worst:
        facts = done.worst.evidence.facts
        lines += [f"    {label}: {text}" for label, text in facts]
    return lines


def _task_html(done: TaskOutcome) -> str:
    colour, mark = _COLOURS[done.verdict], _MARKS[done.verdict]
    head = (
        f'<div><b style="color:{colour}">{mark} {escape(done.task)}: {done.verdict}</b>'
        f'<span style="opacity:.75"> · {points_of(done)}</span></div>'
    )
    if done.verdict == UNATTEMPTED:
        texts = sorted({o.message for o in done.outcomes if o.message})
        return _box(colour, head + "".join(f"<div>{escape(text)}</div>" for text in texts))
    rows = "".join(map(_check_row, _said_once(done.outcomes)))
    table = f'<table style="margin:4px 0;border:0">{rows}</table>'
    return _box(colour, head + table + (_evidence(done.worst) if done.worst else ""))


def _box(colour: str, inside: str) -> str:
    style = f"border-left:4px solid {colour};padding:4px 12px;margin:2px 0;max-width:60em"
    return f'<div style="{style}">{inside}</div>'


def _check_row(outcome: Outcome) -> str:
    colour = _COLOURS[outcome.verdict]
    said = f'<div style="color:{colour}">{escape(outcome.message)}</div>' if outcome.message else ""
    hint = f"<div><b>Hint:</b> {escape(outcome.hint)}</div>" if outcome.hint else ""
    earned = "?" if outcome.verdict == ANSWERED else f"{outcome.points:g}"
    points = f"{earned} / {outcome.check.points:g}"
    return (
        f'<tr style="background:none"><td style="{_CELL};color:{colour}">'
        f'{_MARKS[outcome.verdict]}</td><td style="{_CELL}">{escape(outcome.check.claim)}{said}'
        f'{hint}</td><td style="{_CELL};white-space:nowrap">{points}</td></tr>'
    )


def _evidence(outcome: Outcome) -> str:
    facts = "".join(
        f'<tr style="background:none"><td style="{_CELL};opacity:.75">{escape(label)}</td>'
        f'<td style="{_CELL};font-family:monospace;white-space:pre-wrap">{escape(text)}</td></tr>'
        for label, text in outcome.evidence.facts
    )
    if not facts and not outcome.evidence.picture:
        return ""
    table = f'<table style="margin:0;border:0">{facts}</table>' if facts else ""
    style = "display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start"
    return f'<div style="{style}"><div>{table}</div>{outcome.evidence.picture}</div>'


def all_tasks(done: Sequence[TaskOutcome]) -> Shown:
    """A line a task, and how far the whole has come, as far as the notebook can tell."""
    points, rest = sum(d.points for d in done), sum(d.open_points for d in done)
    total = sum(d.max_points for d in done) - rest
    more = f"; {rest:g} more are known to the grader only" if rest else ""
    head, share = f"{points:g} of {total:g} points{more}", points / total if total else 0.0
    return Shown(_overview(done, head, share), _overview_html(done, head, share))


def _overview(done: Sequence[TaskOutcome], head: str, share: float) -> str:
    width = max((len(d.task) for d in done), default=0)
    full = round(_BAR * share)
    lines = [f"{'█' * full}{'░' * (_BAR - full)} {head}"]
    for d in done:
        lines.append(f"{_MARKS[d.verdict]} {d.task:{width}}  {points_of(d):>18}  {d.verdict}")
    return "\n".join(lines)


def _overview_html(done: Sequence[TaskOutcome], head: str, share: float) -> str:
    colour = _COLOURS[PASSED]
    bar = (
        '<div style="width:24em;height:10px;border:1px solid #8888;border-radius:5px">'
        f'<div style="width:{100 * share:.0f}%;height:100%;background:{colour};'
        'border-radius:5px"></div></div>'
    )
    rows = "".join(
        f'<tr style="background:none"><td style="{_CELL};color:{_COLOURS[d.verdict]}">'
        f'{_MARKS[d.verdict]}</td><td style="{_CELL}">{escape(d.task)}</td>'
        f'<td style="{_CELL};text-align:right">{_earned(d)} / {d.max_points:g}</td>'
        f'<td style="{_CELL};color:{_COLOURS[d.verdict]}">{d.verdict}</td></tr>'
        for d in done
    )
    table = f'<table style="margin:4px 0;border:0">{rows}</table>'
    return _box(colour, f"<div><b>{head}</b></div>{bar}{table}")
