"""Replays a tape with the functions of a notebook: what came of each check, and why."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import linecache
import os
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from vae_utils.calls import Call, Failure, Instance, Reply
from vae_utils.evaluating import evaluate
from vae_utils.evidence import NO_EVIDENCE, Evidence, gather
from vae_utils.explain import (
    FIXED_BATCH,
    explain,
    listed,
    named,
    raised,
    takes_a_fixed_batch,
)
from vae_utils.intact import OVERWRITTEN
from vae_utils.misconceptions import compared, recognise, worth_naming
from vae_utils.tape import Entry, Tape, TapedCheck

PASSED, FAILED, UNATTEMPTED, WAITING = "passed", "failed", "not attempted", "waiting"
RULE_BROKEN = "rule broken"
ANSWERED = "all answered; the grader says whether they are right"


@dataclass(frozen=True)
class Outcome:
    """What one check came to, and why."""

    check: TapedCheck
    verdict: str
    message: str = ""
    hint: str = ""
    misconception: str | None = None
    evidence: Evidence = NO_EVIDENCE
    uses: tuple[str, ...] = ()
    function: str = ""
    """The one whose call was seen to be wrong."""

    @property
    def points(self) -> float:
        """All or nothing."""
        return self.check.points if self.verdict == PASSED else 0.0


@dataclass(frozen=True)
class TaskOutcome:
    """What the checks of a task came to."""

    task: str
    outcomes: tuple[Outcome, ...]

    @property
    def points(self) -> float:
        """Points of the checks that passed."""
        return sum(outcome.points for outcome in self.outcomes)

    @property
    def max_points(self) -> float:
        """Points of all checks."""
        return sum(outcome.check.points for outcome in self.outcomes)

    @property
    def open_points(self) -> float:
        """Points of which only the grader knows whether they are earned."""
        return sum(outcome.check.points for outcome in self.outcomes if outcome.check.is_open)

    @property
    def verdict(self) -> str:
        """Passed if all did; failed if one did; not attempted, or waiting, if nothing is wrong."""
        verdicts = {outcome.verdict for outcome in self.outcomes}
        if verdicts <= {PASSED, ANSWERED}:
            return ANSWERED if ANSWERED in verdicts else PASSED
        for verdict in (RULE_BROKEN, FAILED):
            if verdict in verdicts:
                return verdict
        if WAITING in verdicts:
            return WAITING
        return FAILED if PASSED in verdicts else UNATTEMPTED

    @property
    def worst(self) -> Outcome | None:
        """The failure to read first: one whose mistake was recognised, else the first."""
        failed = [o for o in self.outcomes if o.verdict in (FAILED, RULE_BROKEN)]
        return next((o for o in failed if o.misconception), failed[0] if failed else None)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Small problems are solved faster without waiting for each other's threads."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # comes with scikit-learn
        yield
        return
    with threadpool_limits(limits=1):
        yield


class Replay:
    """A tape at work on a notebook's namespace; each task is replayed at most once."""

    def __init__(self, tape: Tape, namespace: dict[str, Any]) -> None:
        self._tape, self._namespace = tape, namespace
        self._done: dict[str, TaskOutcome] = {}
        self._last: tuple[Call, Reply, str] | None = None

    def task(self, name: str) -> TaskOutcome:
        """What came of a task. Where it fails and rests on parts that fail, stand-ins decide."""
        if name not in self._done:
            checks = self._tape.tasks[name]
            if sentence := self._breach(name):
                outcomes = tuple(Outcome(check, RULE_BROKEN, sentence) for check in checks)
            else:
                outcomes = self._outcomes(checks)
            self._done[name] = TaskOutcome(name, tuple(_one_mistake_a_function(outcomes)))
        return self._done[name]

    def _breach(self, name: str) -> str:
        """The first house rule that a cell with one of the task's functions breaks."""
        entries = (entry for check in self._tape.tasks[name] for entry in check.entries)
        calls = {entry.call.function: entry.call for entry in entries}
        found = (self._tape.rules.broken(self._source(call), name) for call in calls.values())
        return next(filter(None, found), "")

    def _source(self, call: Call) -> str:
        """Of the cell whose function is called; nothing if that is gone."""
        owner: Any = self._namespace
        if call.method and isinstance(call.args[0], Instance):
            owner = vars(self._namespace.get(call.args[0].cls, object))
        try:
            return _cell_of(inspect.unwrap(owner[call.function]))
        except (KeyError, OSError, TypeError, ValueError):
            return ""

    def _outcomes(self, checks: tuple[TapedCheck, ...]) -> tuple[Outcome, ...]:
        """With own parts or, where parts fail, with stand-ins for all, whichever earns more."""
        own = [self._entries(check, check.entries) for check in checks]
        uses = dict.fromkeys(part for outcome in own for part in outcome.uses)
        parts = tuple(part for part in uses if self.task(part).verdict != PASSED)
        if not parts:
            return tuple(own)
        given = [
            self._entries(c, c.given) if c.given else o for c, o in zip(checks, own, strict=True)
        ]
        if sum(o.points for o in given) > sum(o.points for o in own):
            said = f"right, given your own {listed(parts)}"
            own = [replace(o, message=said) if o.verdict == PASSED else o for o in given]
        return tuple(self._waiting(outcome, parts) for outcome in own)

    def _waiting(self, outcome: Outcome, parts: tuple[str, ...]) -> Outcome:
        """A failure may come from the parts that are used, so nothing is said before they pass."""
        if outcome.verdict != FAILED or not outcome.uses:
            return outcome
        text = (
            f"This uses your {listed(parts)}, not right yet: mend that first. (The grader counts "
            f"it as right if it is right with your own parts.) Seen: {outcome.message}"
        )
        return Outcome(outcome.check, WAITING, text)

    def _entries(self, check: TapedCheck, entries: tuple[Entry, ...]) -> Outcome:
        for entry in entries:
            outcome = self._entry(check, entry)
            if outcome:
                return replace(outcome, function=entry.call.function)
        return Outcome(check, ANSWERED if check.is_open else PASSED)

    def _foreign(self, call: Call) -> str | None:
        """The first name that a call takes from the notebook and that is not the student's own."""
        classes = [value.cls for value in call.args if isinstance(value, Instance)]
        names = classes if call.method else [*classes, call.function]
        known = (name for name in names if name in self._namespace)
        return next((name for name in known if not _is_own(self._namespace[name])), None)

    def _reply(self, call: Call) -> tuple[Reply, str]:
        """The reply and what was printed; the last call is not made twice."""
        if name := self._foreign(call):
            return Reply(failure=Failure("Missing", f"`{name}` is not defined here")), ""
        if self._last is None or self._last[0] is not call:
            printed = io.StringIO()
            # A plain function rests on scikit-learn; a method on torch, which splits work well.
            threads = contextlib.nullcontext() if call.method else _one_thread()
            with contextlib.redirect_stdout(printed), threads:
                reply = evaluate(call, self._namespace)
            self._last = call, reply, printed.getvalue()
        return self._last[1:]

    def _entry(self, check: TapedCheck, entry: Entry) -> Outcome | None:
        """None if the reply is what it should be."""
        reply, printed = self._reply(entry.call)
        refusal = entry.kind == "refused" and reply.failure and not reply.failure.is_unattempted
        if reply.failure and not refusal:
            return self._failed(check, entry, reply.failure, printed)
        problem = compared(entry.kind, reply, entry.params)
        if problem is None:
            return None
        return self._wrong(check, entry, reply, problem, printed)

    def _wrong(
        self, check: TapedCheck, entry: Entry, reply: Reply, problem: str, printed: str
    ) -> Outcome:
        parameters = self._tape.signatures.get(entry.call.function, ())
        mistake = recognise(entry.misconceptions, entry.kind, reply, entry.params)
        evidence = _with_print(gather(entry, reply, parameters), printed)
        return Outcome(
            check,
            FAILED,
            named(problem, parameters),
            mistake.hint if mistake else "",
            mistake.name if mistake else None,
            evidence,
            entry.uses,
        )

    def _failed(self, check: TapedCheck, entry: Entry, failure: Failure, printed: str) -> Outcome:
        function = entry.call.function
        if failure.is_unattempted:
            inner = failure.path[-1] if failure.path else function
            own = inner == function
            text = "" if own else f"it stops in {inner}"
            return Outcome(check, UNATTEMPTED, text, uses=() if own else entry.uses)
        seen = _with_print(NO_EVIDENCE, printed)
        if failure.kind == "Missing":
            return Outcome(check, FAILED, failure.text, explain(failure))
        if failure.kind == "NotNumbers":
            return Outcome(check, FAILED, failure.text, explain(failure), None, seen, entry.uses)
        if failure.kind == "Overwritten":
            text = named(failure.text, self._tape.signatures.get(function, ()))
            known = OVERWRITTEN, "argument_overwritten"
            return Outcome(check, FAILED, text, *known, seen, entry.uses)
        hint, name = self._explained(entry.call, failure)
        return Outcome(check, FAILED, raised(function, failure), hint, name, seen, entry.uses)

    def _explained(self, call: Call, failure: Failure) -> tuple[str, str | None]:
        size = self._namespace.get("batch_size")
        if isinstance(size, int) and takes_a_fixed_batch(failure.text, size):
            return FIXED_BATCH, "fixed_batch_size"
        return explain(failure), None


def _cell_of(function: Any) -> str:
    """The source of the cell that defines a function; in a file, which may be a whole notebook,
    that of the function."""
    name = inspect.getfile(function)
    if os.path.isfile(name):
        return textwrap.dedent(inspect.getsource(function))
    return "".join(linecache.getlines(name))  # of which inspect asks the loader of __main__ as well


def _one_mistake_a_function(outcomes: tuple[Outcome, ...]) -> Iterator[Outcome]:
    """The same without hints that hang on an earlier mistake of the function."""
    named = worth_naming((outcome.function, outcome.misconception) for outcome in outcomes)
    for outcome, name_it in zip(outcomes, named, strict=True):
        yield outcome if name_it else replace(outcome, hint="", misconception=None)


def _with_print(evidence: Evidence, printed: str) -> Evidence:
    """What the function printed belongs to what a failure shows."""
    if not printed:
        return evidence
    return Evidence((*evidence.facts, ("printed", printed[:500])), evidence.picture)


def _is_own(value: Any) -> bool:
    """Whether a notebook defines this itself: a tape may call nothing else (`open`, for one)."""
    if isinstance(value, functools.partial):
        return _is_own(value.func)
    return "__main__" in (getattr(value, "__module__", ""), type(value).__module__)
