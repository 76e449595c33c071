"""What the commands print: progress, the table of a batch, the report of one notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from autograder.assignment import Assignment
from autograder.record import task_text, words
from autograder.verdicts import Report, State, TaskReport, Verdict, one_line

if TYPE_CHECKING:  # some of these bring torch, which takes seconds
    from autograder.attack import Attempt
    from autograder.doctor import Finding
    from autograder.regrade import Move
    from autograder.results import Graded
    from autograder.submissions import Submission

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.PARTIAL: "yellow",
    Verdict.UNATTEMPTED: "dim",
    Verdict.RULE_BROKEN: "magenta",
}


_SHOWN = 20
_WHAT_NEXT = {
    State.INFRASTRUCTURE_FAULT: "no fault of the students; run again to grade these",
    State.REFUSED: "to be graded by hand",
}


class Progress:
    """A bar over a batch; each student's score passes by above it."""

    def __init__(self, total: int) -> None:
        self._bar = tqdm(total=total, unit="submission", disable=not total)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def over(
        self, results: Iterable[tuple[Submission, Graded]]
    ) -> Iterator[tuple[Submission, Graded]]:
        """The results, each told as it comes."""
        for submission, graded in results:
            self(submission.student, graded.report)
            yield submission, graded

    def __call__(self, student: str, report: Report) -> None:
        """One more is done."""
        self._bar.set_postfix_str(student, refresh=False)
        self._bar.update()


def _score(report: Report | None) -> str:
    if report is None:
        return "not graded"
    if report.score is None:
        return report.state.value.replace("_", " ")
    return f"{report.score:g}"


_LETTERS = {
    Verdict.UNATTEMPTED: "–",
    Verdict.FAILED: "F",
    Verdict.CRASHED: "C",
    Verdict.TIMED_OUT: "T",
    Verdict.RULE_BROKEN: "R",
}


def _cell(task: TaskReport, report: Report) -> Text:
    if report.score is None:
        return Text("")
    mark = _LETTERS.get(task.verdict, "")
    return Text(f"{mark} {task.points:g}".strip(), style=_STYLES.get(task.verdict, "red"))


def _heading(name: str, points: float) -> str:
    return "\n".join([*name.split("_"), f"({points:g})"])


def print_table(
    assignment: Assignment,
    reports: dict[str, Report | None],
    graded: int,
    decided: dict[str, float],
) -> None:
    """Students by tasks: points, or why there are none.

    decided: scores that stand in the gradebook instead of what the verdicts give.
    """
    total = sum(task.points for task in assignment.tasks)
    table = Table(
        title=f"{assignment.name}: {graded} graded now, {len(reports)} in all",
        box=SIMPLE_HEAD,
        padding=(0, 0, 0, 0),
        collapse_padding=True,
        caption=" ".join(f"{letter} {words(verdict)} " for verdict, letter in _LETTERS.items())
        + ("\n* as the gradebook has it: by hand, or less for being late" if decided else ""),
    )
    table.add_column("student", no_wrap=True)
    for task in assignment.tasks:
        table.add_column(_heading(task.name, task.points), justify="right")
    table.add_column(f"score\n({total:g})", justify="right")
    for student, report in sorted(reports.items()):
        cells = [_cell(task, report) for task in report.tasks] if report else []
        cells += [Text("")] * (len(assignment.tasks) - len(cells))
        score = f"{decided[student]:g} *" if student in decided else _score(report)
        table.add_row(Text(student), *cells, Text(score, style="bold"))
    Console().print(table)
    _print_ungraded({who: report for who, report in reports.items() if who not in decided})


def _print_ungraded(reports: dict[str, Report | None]) -> None:
    """Why some have no score, the grader's own faults first."""
    states = (State.INFRASTRUCTURE_FAULT, State.REFUSED)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for state in states:
        found = {who: report for who, report in sorted(reports.items()) if _is(report, state)}
        if found:
            console.print(f"{len(found)} {state.value.replace('_', ' ')}, {_WHAT_NEXT[state]}:")
        for student, report in list(found.items())[:_SHOWN]:
            console.print(f"  {student}: {one_line(report.reason)}" if report else student)
        if len(found) > _SHOWN:
            console.print(f"  and {len(found) - _SHOWN} more")


def _is(report: Report | None, state: State) -> bool:
    return report is not None and report.state is state


def print_moves(moves: list[Move], total: int) -> None:
    """Who moves, by how much, and why."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{len(moves)} of {total} results would change")
    for move in moves:
        style = "green" if move.points > 0 else "red" if move.points < 0 else ""
        scores = f"{_score(move.before)} → {_score(move.after)}"
        console.print(
            Text.assemble(f"  {move.student:20} {scores:20} ", (f"{move.points:+g}", style))
        )
        for reason in move.reasons():
            console.print(Text(f"      {one_line(reason)}", "dim"))


def print_report(report: Report) -> None:
    """All verdicts on one notebook, with what was seen and the hints."""
    console = Console(highlight=False)
    if report.state is not State.GRADED:
        console.print(f"{report.state.value.replace('_', ' ')}: {report.reason}", markup=False)
    for note in report.notes:
        console.print(f"note: {note}", markup=False)
    if report.score is not None:
        for task in report.tasks:
            console.print(
                Text(task_text(task, report.replay(task)), style=_STYLES.get(task.verdict, "red"))
            )
        console.print(f"score {report.score:g} of {report.max_score:g} (seed {report.seed})")


def _line(well: bool, about: str, seen: str, remedy: str = "") -> None:
    mark = Text("✓ ", "green") if well else Text("✗ ", "red")
    line = Text.assemble(mark, f"{about:28} ", (seen, "dim" if well else ""))
    if not well and remedy:
        line.append(f"\n{'':31}do: {remedy}", "bold")
    Console(soft_wrap=True).print(line)


def print_finding(finding: Finding) -> None:
    """What a look at the machine has found, and what to do where it is not in order."""
    _line(finding.healthy, finding.about, finding.seen, finding.remedy)


def print_attempt(attempt: Attempt) -> None:
    """An attack: blocked or not."""
    remedy = "do not grade on this machine, and tell the maintainers"
    word = "blocked" if attempt.blocked else "GOT IN"
    _line(attempt.blocked, attempt.about, f"{word}: {attempt.seen}", remedy)
