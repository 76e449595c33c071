"""What the commands print: progress, the table of a batch, the report of one notebook."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from autograder.assignment import Assignment
from autograder.record import answer_text, task_text, words
from autograder.scores import Scores
from autograder.verdicts import Report, State, TaskReport, Verdict, WrittenAnswer, one_line

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
_WIDE = 10_000  # characters, more than any table takes
_MOST_ROWS = 200
"""Of a table that somebody reads in a terminal."""
_PENDING = "\n? points of written answers, which wait for a person"
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


def _more(points: float) -> str:
    """What a person may yet add."""
    return f" + {points:g}?" if points else ""


_LETTERS = {
    Verdict.UNATTEMPTED: "–",
    Verdict.FAILED: "F",
    Verdict.CRASHED: "C",
    Verdict.TIMED_OUT: "T",
    Verdict.RULE_BROKEN: "R",
}


def _cell(task: TaskReport, report: Report, narrow: bool) -> Text:
    if report.score is None:
        return Text("")
    mark = _LETTERS.get(task.verdict, "")
    points = "" if narrow and mark and not task.points else f"{task.points:g}"
    return Text(f"{mark} {points}".strip(), style=_STYLES.get(task.verdict, "red"))


def _answer_cell(answer: WrittenAnswer, held: Scores, narrow: bool) -> Text:
    """Points that a person gave, or why there are none."""
    points = held.decided.get(answer.task)
    if points is None:
        return Text("?" if narrow else "waits", style="cyan") if answer.waits else Text("")
    if answer.waits or points:
        return Text(f"{points:g}")
    mark, style = _LETTERS[Verdict.UNATTEMPTED], _STYLES[Verdict.UNATTEMPTED]
    return Text(mark if narrow else f"{mark} 0", style=style)


def _headings(assignment: Assignment, narrow: bool) -> list[str]:
    """Of all tasks and written answers: their names and points, or numbers from 1."""
    if narrow:
        return [str(number) for number, _ in enumerate(_points(assignment), 1)]
    return ["\n".join([*name.split("_"), f"({p:g})"]) for name, p in _points(assignment)]


def _points(assignment: Assignment) -> list[tuple[str, float]]:
    tasks = [(task.name, task.points) for task in assignment.tasks]
    return [*tasks, *assignment.written.items()]


def _legend(assignment: Assignment) -> Columns:
    """What the numbers above a narrow table stand for."""
    named = enumerate(_points(assignment), 1)
    return Columns(
        [f"{n:2} {name} ({points:g})" for n, (name, points) in named],
        padding=(0, 3),
        column_first=True,
    )


def _caption(reports: Iterable[Report | None], decided: dict[str, float]) -> str:
    return (
        " ".join(f"{letter} {words(verdict)} " for verdict, letter in _LETTERS.items())
        + ("\n* as the gradebook has it: by hand, or less for being late" if decided else "")
        + (_PENDING if any(report and report.waiting for report in reports) else "")
    )


def _table(
    assignment: Assignment,
    title: str,
    rows: dict[str, Report | None],
    decided: dict[str, float],
    known: Mapping[str, Scores],
    narrow: bool,
) -> Table:
    table = Table(
        title=title,
        box=SIMPLE_HEAD,
        padding=(0, 0, 0, 0),
        collapse_padding=True,
        caption=_caption(rows.values(), decided),
    )
    table.add_column("student", no_wrap=True)
    for heading in _headings(assignment, narrow):
        table.add_column(heading, justify="right", no_wrap=True)
    more = _more(sum(assignment.written.values()))
    table.add_column(f"score\n({assignment.points:g}{more})", justify="right", no_wrap=True)
    for student, report in rows.items():
        held = known.get(student, Scores())
        cells = [_cell(task, report, narrow) for task in report.tasks] if report else []
        cells += [_answer_cell(answer, held, narrow) for answer in report.written] if report else []
        cells += [Text("")] * (len(_points(assignment)) - len(cells))
        score = _score(report) + _more(report.waiting if report else 0.0)
        if report and student in decided:
            score = f"{decided[student]:g} *" + _more(sum(held.unread(report).values()))
        table.add_row(Text(student), *cells, Text(score, style="bold"))
    return table


def _print_rows(
    assignment: Assignment,
    title: str,
    rows: dict[str, Report | None],
    decided: dict[str, float],
    known: Mapping[str, Scores],
) -> None:
    """A table; where the names of all tasks are too wide for it, they stand below."""
    console = Console()
    table = _table(assignment, title, rows, decided, known, narrow=False)
    if console.measure(table, options=console.options.update(width=_WIDE)).maximum <= console.width:
        return console.print(table)
    console.print(_table(assignment, title, rows, decided, known, narrow=True))
    console.print(_legend(assignment), highlight=False)


def print_table(
    assignment: Assignment,
    reports: dict[str, Report | None],
    graded: Collection[str],
    decided: dict[str, float],
    known: Mapping[str, Scores] | None = None,
) -> None:
    """Students by tasks: points, or why there are none. Of very many, some that were graded now.

    graded: students graded now.
    decided: scores that stand in the gradebook instead of what the verdicts give.
    known: what the gradebook holds, points that people gave to written answers among it.
    """
    shown = sorted(reports if len(reports) <= _MOST_ROWS else graded)[:_MOST_ROWS]
    title = f"{assignment.name}: {len(graded)} graded now, {len(reports)} in all"
    if shown:
        rows = {student: reports[student] for student in shown}
        _print_rows(assignment, title, rows, decided, known or {})
    else:
        print(title)
    if len(shown) < len(reports):
        rest = f"{len(reports) - len(shown)} students are not in this table"
        print(f"{rest}: `autograder report {assignment.name}` shows all")
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
        for answer in report.written:
            console.print(answer_text(answer), style="cyan" if answer.waits else "dim")
        more = f", and up to {report.waiting:g} from a person" if report.waiting else ""
        console.print(f"score {report.score:g} of {report.max_score:g}{more} (seed {report.seed})")


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
