"""The proxy through which a check calls the submission, and the claims it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from autograder.checks import Draw, Misconception
from autograder.verdicts import NotPassed, Verdict
from vae_utils.calls import Call, Failure, Reply
from vae_utils.compare import compare
from vae_utils.explain import explain

Ask = Callable[[Call], Reply]


@dataclass(frozen=True)
class Claim:
    """What a check said about one call, kept for the tape."""

    call: Call
    kind: str
    params: dict[str, Any]


class Answer:
    """The reply to one call. Each `must_...` raises NotPassed with the reason unless it holds."""

    def __init__(self, student: Student, call: Call, reply: Reply) -> None:
        self._student, self._call, self._reply = student, call, reply

    @property
    def value(self) -> Tensor:
        """The first output."""
        if not self._reply.outputs:
            raise NotPassed(Verdict.FAILED, f"{self._call.function} returned nothing")
        return self._reply.outputs[0]

    @property
    def values(self) -> tuple[Tensor, ...]:
        """All outputs."""
        return self._reply.outputs

    def must(
        self, kind: str, params: dict[str, Any], misconceptions: Iterable[Misconception] = ()
    ) -> Answer:
        """Hold the reply against a comparison of `vae_utils.compare`."""
        self._student.claims.append(Claim(self._call, kind, params))
        problem = _compared(kind, self._reply, params)
        if problem is None:
            return self
        for mistake in misconceptions:
            if _fits(mistake, kind, self._reply, params):
                raise NotPassed(Verdict.FAILED, problem, mistake.hint, mistake.name)
        raise NotPassed(Verdict.FAILED, problem)

    def must_equal(
        self,
        *expected: Tensor,
        misconceptions: Iterable[Misconception] = (),
        rtol: float = 1e-4,
        atol: float = 1e-5,
        only: int | None = None,
    ) -> Answer:
        """Outputs equal the expected tensors; with `only`, the one at that place."""
        params = {"expected": expected, "rtol": rtol, "atol": atol, "only": only}
        return self.must("equal", params, misconceptions)

    def must_have_gradients(
        self,
        expected: dict[str, Tensor],
        misconceptions: Iterable[Misconception] = (),
        rtol: float = 1e-3,
        atol: float = 1e-4,
    ) -> Answer:
        """Vector-Jacobian products equal the expected ones, by name of argument or weight."""
        params = {"expected": expected, "rtol": rtol, "atol": atol}
        return self.must("gradients", params, misconceptions)


class Student:
    """A submission as a check sees it."""

    def __init__(self, ask: Ask, draw: Draw, lost: frozenset[str] | None = None) -> None:
        self._ask, self._draw, self._lost = ask, draw, lost
        self.answered = False
        self.claims: list[Claim] = []
        self.notes: list[str] = []

    def call(
        self,
        function: str,
        *args: Any,
        method: bool = False,
        repeat: int = 1,
        cotangents: tuple[Tensor, ...] | None = None,
    ) -> Answer:
        """Call a function, or a method of the Instance that comes first; see `vae_utils.calls`."""
        call = Call(function, args, method, repeat, self._draw.seed(), cotangents)
        reply = self._ask(call)
        self.answered = True
        if reply.failure:
            raise _not_passed(function, reply.failure)
        if repeat > 1 and any(not o.ndim or len(o) != repeat for o in reply.outputs):
            raise NotPassed(Verdict.CRASHED, f"{function}: the replies do not belong together")
        return Answer(self, call, reply)

    def either(self, first: Callable[[], Any], own: Callable[[], Any], note: str) -> None:
        """Pass if the first claim holds or, errors carried forward, the one from own parts.

        Own parts are asked only if one of the earlier tasks lost points: where all parts are right,
        the first claim must hold.
        """
        try:
            first()
        except NotPassed as problem:
            if self._lost is not None and not self._lost:
                raise
            kept = len(self.claims)
            try:
                own()
            except Exception:  # own parts may have any shape and value, so anything can go wrong
                raise problem from None
            finally:
                del self.claims[kept:]  # the tape holds the first claim only
            self.notes.append(note)


def _compared(kind: str, reply: Reply, params: dict[str, Any]) -> str | None:
    """As `compare`; a reply so odd that comparing it fails is wrong, not a fault of the grader."""
    try:
        return compare(kind, reply, params)
    except Exception as error:
        return f"its result cannot be compared ({type(error).__name__})"


def _fits(mistake: Misconception, kind: str, reply: Reply, params: dict[str, Any]) -> bool:
    if mistake.kind is None:
        return _compared(kind, reply, {**params, **mistake.expected}) is None
    return _compared(mistake.kind, reply, mistake.expected) is None


def _not_passed(function: str, failure: Failure) -> NotPassed:
    if failure.kind == "NotImplementedError":
        inner = failure.path[-1] if failure.path else function
        where = "" if inner == function else f": it stops in {inner}"
        return NotPassed(Verdict.UNATTEMPTED, f"not attempted{where}")
    if failure.kind == "NotNumbers":
        return NotPassed(Verdict.FAILED, failure.text)
    if failure.kind == "Missing":
        return NotPassed(Verdict.CRASHED, failure.text, explain(failure))
    message = f"{function} raised {failure.kind}: {failure.text}".rstrip(": ")
    return NotPassed(Verdict.CRASHED, message, explain(failure))
