"""The judge passes every right solution, fails every wrong one, and names the known mistakes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from autograder.judge import judge
from autograder.student import Ask
from autograder.verdicts import TaskReport, Verdict

from .book import SEEDS, Book, Right, Wrong
from .cases import (
    RIGHT,
    TASKS,
    WRONG,
    every_book,
    every_right,
    every_task,
    every_wrong,
    most_right,
    most_wrong,
    proved_wrong,
)


def losers(reports: dict[str, TaskReport]) -> set[str]:
    """Tasks that lost points."""
    return {name for name, report in reports.items() if report.worst}


def _must_pass_everything(book: Book, ask: Ask, seeds: Iterable[int], *tasks: str) -> None:
    for seed in seeds:
        lost = {name: r.worst for name, r in book.judged(ask, seed, *tasks).items() if r.worst}
        assert not lost, f"seed {seed}: {lost}"


def _must_be_named(wrong: Wrong, seeds: Iterable[int]) -> None:
    for seed in seeds:
        report = wrong.book.judged(wrong.ask, seed, wrong.task)[wrong.task]
        assert report.worst, "this solution, listed as wrong, passes all checks"
        assert report.points < report.max_points or not report.max_points
        assert report.misconception == wrong.misconception
        assert report.hint


@pytest.mark.quick
@most_wrong
def test_a_wrong_solution_loses_points_and_is_named(wrong: Wrong) -> None:
    _must_be_named(wrong, [7])


@pytest.mark.slow
@every_wrong
def test_a_wrong_solution_is_caught_and_named_whatever_the_seed(wrong: Wrong) -> None:
    _must_be_named(wrong, wrong.book.seeds(wrong.task, 25))


@pytest.mark.slow
@proved_wrong
def test_a_wrong_solution_costs_only_its_own_task_of_all(wrong: Wrong) -> None:
    assert losers(wrong.book.judged(wrong.ask, 7)) == {wrong.task}


@pytest.mark.quick
@most_right
def test_a_right_solution_gets_full_marks(right: Right) -> None:
    seeds = right.book.seeds(right.task, 15)
    _must_pass_everything(right.book, right.ask, seeds, right.task)


@pytest.mark.slow
@every_right
def test_a_right_solution_gets_full_marks_from_all_seeds(right: Right) -> None:
    seeds = right.book.seeds(right.task)
    _must_pass_everything(right.book, right.ask, seeds, right.task)


@every_task
def test_the_reference_gets_full_marks(book: Book, task: str) -> None:
    _must_pass_everything(book, book.student(), book.seeds(task, 25), task)


@pytest.mark.slow
@every_book
def test_the_reference_gets_full_marks_from_twice_as_many_seeds(book: Book) -> None:
    _must_pass_everything(book, book.student(), range(2000, 2000 + 2 * SEEDS))


@every_book
def test_an_untouched_notebook_is_unattempted_and_gets_nothing(book: Book) -> None:
    reports = book.judged(book.student(untouched=True), 7)
    assert {name: r.points for name, r in reports.items()} == dict.fromkeys(book.tasks, 0)
    verdicts = {check.verdict for report in reports.values() for check in report.checks}
    assert verdicts == {Verdict.UNATTEMPTED}


@every_book
def test_the_points_of_the_checks_sum_to_those_of_the_task(book: Book) -> None:
    for report in book.judged(book.student(untouched=True), 7).values():
        assert sum(check.points for check in report.checks) == report.max_points


@every_book
def test_the_checks_run_here_as_the_judge_runs_them(book: Book) -> None:
    wrong = {case.task: case.source for case in reversed(WRONG) if case.book is book}
    ask = book.student({task: wrong[task] for task in book.tasks[::3]})
    assert tuple(book.judged(ask, 7).values()) == judge(book.assignment, ask, 7)


@every_task
def test_every_task_has_right_and_wrong_solutions_of_each_kind(book: Book, task: str) -> None:
    wrong = [case for case in WRONG if (case.book, case.task) == (book, task)]
    assert any(case.misconception for case in wrong), "no wrong solution names its misconception"
    assert any(case.misconception is None for case in wrong), "no wrong solution has None"
    assert any((case.book, case.task) == (book, task) for case in RIGHT), "no right solution"


@every_book
def test_there_are_as_many_cases_as_promised(book: Book) -> None:
    named = {(w.task, w.misconception) for w in WRONG if w.book is book and w.misconception}
    assert len(named) >= book.promised
    assert sum(right.book is book for right in RIGHT) >= book.promised


def test_no_two_cases_share_a_name() -> None:
    for cases in (WRONG, RIGHT):
        names = [str(case) for case in cases]
        assert len(names) == len(set(names))


def test_all_tasks_are_here() -> None:
    assert len(TASKS) == len(set(TASKS)) >= 7
