"""Rebuilds the call on which a check failed, for an instructor who wants to see it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.checks import rules_of
from autograder.grading import judged_checks
from autograder.judge import Done
from autograder.record import check_text
from autograder.sandbox.policy import Policy
from autograder.sanitise import sanitise
from autograder.student import Exhibit
from autograder.verdicts import Verdict, one_line
from vae_utils.calls import Call, Instance
from vae_utils.evidence import gather
from vae_utils.explain import listed
from vae_utils.tape import Entry, Tape, TapedCheck, write


@dataclass(frozen=True)
class Replayed:
    """The checks of one task, run again on a submission."""

    assignment: Assignment
    task: str
    checks: tuple[Done, ...]

    def text(self) -> str:
        """Each check with what was seen, and for a failed one the call that it failed on."""
        return "\n".join(line for done in self.checks for line in self._lines(done))

    def _lines(self, done: Done) -> list[str]:
        lines = [check_text(done.result)]
        if done.exhibit and done.result.verdict is not Verdict.PASSED:
            call = done.exhibit.call
            lines.append(f"         call: {_spelled(call, self.assignment.signatures)}")
            facts = self._facts(done.exhibit)
            lines += [f"         {label}: {one_line(text)}" for label, text in facts]
        return lines

    def _facts(self, exhibit: Exhibit) -> tuple[tuple[str, str], ...]:
        parameters = self.assignment.signatures.get(exhibit.call.function, ())
        return gather(_entry(exhibit), exhibit.reply, parameters).facts

    def save(self, path: Path) -> None:
        """Write the failing calls as a tape: beside the notebook, `check(task)` makes them."""
        failed = [d for d in self.checks if d.exhibit and d.result.verdict is not Verdict.PASSED]
        checks = tuple(
            TapedCheck(d.result.name, d.result.claim, d.result.points, (_entry(d.exhibit),))
            for d in failed
            if d.exhibit
        )
        if not checks:
            raise LookupError(f"no check of {self.task} failed on a call: there is nothing to save")
        signatures, rules = self.assignment.signatures, rules_of(self.assignment)
        # Beside a submission may lie a link of that name: it is replaced, never followed.
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            written = Path(folder) / path.name
            write(Tape(self.assignment.name, {self.task: checks}, signatures, rules), written)
            written.replace(path)


def _entry(exhibit: Exhibit) -> Entry:
    claim = exhibit.claim
    if claim is None:  # it raised: whatever comes back instead is better
        return Entry(exhibit.call, "answers", {})
    return Entry(exhibit.call, claim.kind, claim.params, tuple(claim.misconceptions))


def _spelled(call: Call, signatures: dict[str, tuple[str, ...]]) -> str:
    names = signatures.get(call.function, ())
    told = []
    for place, value in enumerate(call.args):
        name = names[place] if place < len(names) else f"argument {place}"
        if isinstance(value, Instance):
            given = sorted({weight.partition(".")[0] for weight in value.state})
            init = ", ".join(map(str, value.init))
            told.append(f"{name} = {value.cls}({init}) with given {', '.join(given) or 'nothing'}")
        else:
            told.append(f"{name} {list(value.shape)}" if hasattr(value, "shape") else f"{value}")
    times = f", {call.repeat} times" if call.repeat > 1 else ""
    replaced = f", with stand-ins for {listed(tuple(call.stand_ins))}" if call.stand_ins else ""
    said = f"{call.function}({'; '.join(told)}){times}{replaced}"
    return f"{said}, random numbers from seed {call.seed}"


def replay(data: bytes, assignment: Assignment, task: str, seed: int, policy: Policy) -> Replayed:
    """Judge a submission again with that seed and keep what the checks of one task saw.

    Raises Refused for a file that cannot be read, LookupError for an unknown task.
    """
    known = [t.name for t in assignment.tasks]
    if task in assignment.written:
        raise LookupError(f"a person reads {task}: there is no call to make again")
    if task not in known:
        raise LookupError(f"no task {task!r} in {assignment.name}; there is: {', '.join(known)}")
    clean = sanitise(data, assignment.template)
    done = judged_checks(clean, assignment, seed, policy).done
    return Replayed(assignment, task, tuple(done[task]))
