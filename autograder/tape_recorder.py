"""Records a tape: the checks that grade, run against the reference, with every claim kept."""

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import NotebookNode

from autograder.assignment import Assignment, ReleaseFailed
from autograder.checks import rules_of
from autograder.grading import runnable
from autograder.judge import Done, run_checks
from autograder.sandbox.policy import default_policy
from autograder.session import Session
from autograder.student import Claim
from autograder.verdicts import Verdict
from vae_utils.tape import Entry, Tape, TapedCheck, write


def _entry(claim: Claim) -> Entry:
    return Entry(claim.call, claim.kind, claim.params, tuple(claim.misconceptions), claim.uses)


def _taped(done: Done) -> TapedCheck:
    entries, given = (tuple(map(_entry, some)) for some in (done.claims, done.given_claims))
    result = done.result
    return TapedCheck(result.name, result.claim, result.points, entries, given)


def _require_passed(done: dict[str, list[Done]]) -> None:
    for task, checks in done.items():
        for result in (check.result for check in checks):
            if result.verdict is not Verdict.PASSED:
                said = f'{task}, "{result.claim}": {result.message}'
                raise ReleaseFailed(f"the reference fails its own check of {said}")


def record(assignment: Assignment, reference: NotebookNode, seed: int, made_from: str) -> None:
    """Write the assignment's tape; raises ReleaseFailed if the reference does not pass."""
    policy = default_policy()
    with Session(runnable(reference, policy), policy) as session:
        done = run_checks(assignment, session.ask, seed, recording=True).done
    checks = [item for items in done.values() for item in items]
    _require_passed(done)

    def recipe(value: Any) -> list[Any] | None:
        found = (item.draw.recipe(value) for item in checks)
        return next((made for made in found if made is not None), None)

    tasks = {task.name: tuple(map(_taped, done[task.name])) for task in assignment.tasks}
    assignment.tape.parent.mkdir(parents=True, exist_ok=True)
    tape = Tape(assignment.name, tasks, assignment.signatures, rules_of(assignment), made_from)
    write(tape, assignment.tape, recipe)
