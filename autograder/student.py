"""The proxy through which a check calls the submission, and the claims it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.checks import Draw, Misconception
from autograder.verdicts import NotPassed, Verdict
from vae_utils.arrays import Array, as_array, is_tensor
from vae_utils.calls import Call, Failure, Reply
from vae_utils.explain import explain, named, raised
from vae_utils.intact import OVERWRITTEN
from vae_utils.misconceptions import compared, recognise
from vae_utils.stand_in import StandIn

Ask = Callable[[Call], Reply]
Args = tuple[Any, ...]
Claimed = Callable[[dict[str, StandIn]], Any]
NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Claim:
    """What a check said about one call, kept for the tape."""

    call: Call
    kind: str
    params: dict[str, Any]
    misconceptions: Iterable[Misconception] = ()
    uses: tuple[str, ...] = ()
    """Tasks whose own mistakes do not count here."""


@dataclass(frozen=True)
class Exhibit:
    """The call on which a check failed, its reply, and the claim that did not hold of it."""

    call: Call
    reply: Reply
    claim: Claim | None = None


class Answer:
    """The reply to one call. Each `must_...` raises NotPassed with the reason unless it holds."""

    def __init__(self, student: Student, call: Call, reply: Reply) -> None:
        self._student, self._call, self._reply = student, call, reply

    @property
    def value(self) -> Array:
        """The first output."""
        if not self._reply.outputs:
            raise NotPassed(Verdict.FAILED, f"{self._call.function} returned nothing")
        return self._reply.outputs[0]

    @property
    def steps(self) -> int:
        """What the call cost, where that was counted."""
        return self._reply.steps

    @property
    def values(self) -> tuple[Array, ...]:
        """All outputs."""
        return self._reply.outputs

    def must(
        self, kind: str, params: dict[str, Any], misconceptions: Iterable[Misconception] = ()
    ) -> Answer:
        """Hold the reply against a comparison of `vae_utils.compare`."""
        claim = Claim(self._call, kind, params, misconceptions, self._student.uses)
        self._student.claims.append(claim)
        problem = compared(kind, self._reply, params)
        if problem is None:
            return self
        self._student.exhibit = Exhibit(self._call, self._reply, claim)
        problem = self._student.named(problem, self._call.function)
        mistake = recognise(misconceptions, kind, self._reply, params)
        if mistake:
            raise NotPassed(Verdict.FAILED, problem, mistake.hint, mistake.name)
        raise NotPassed(Verdict.FAILED, problem)

    def must_equal(
        self,
        *expected: Any,
        misconceptions: Iterable[Misconception] = (),
        rtol: float = 1e-4,
        atol: float = 1e-5,
        only: int | None = None,
    ) -> Answer:
        """Outputs equal the expected tensors or arrays; with `only`, the one at that place."""
        known = tuple(one if is_tensor(one) else as_array(one) for one in expected)
        params = {"expected": known, "rtol": rtol, "atol": atol, "only": only}
        return self.must("equal", params, misconceptions)

    def must_have_gradients(
        self,
        expected: dict[str, Any],
        misconceptions: Iterable[Misconception] = (),
        rtol: float = 1e-3,
        atol: float = 1e-4,
    ) -> Answer:
        """Vector-Jacobian products equal the expected ones, by name of argument or weight."""
        shapes = [list(cotangent.shape) for cotangent in self._call.cotangents or ()]
        params = {"expected": expected, "rtol": rtol, "atol": atol, "shapes": shapes}
        return self.must("gradients", params, misconceptions)

    def must_answer(self, place: int, key: bool, count: int, mistake: Misconception) -> Answer:
        """The answer to one of `count` questions is the key, which no tape and no kernel holds.

        mistake: what the other answer shows.
        """
        self.must("answered", {"count": count, "place": place})
        if bool(self.value[place]) is key:
            return self
        said = f"the answer to question {place + 1} is not right"
        raise NotPassed(Verdict.FAILED, said, mistake.hint, mistake.name)


class Student:
    """A submission as a check sees it."""

    def __init__(
        self,
        ask: Ask,
        draw: Draw,
        lost: frozenset[str] = frozenset(),
        replaced: frozenset[str] = frozenset(),
        signatures: dict[str, tuple[str, ...]] | None = None,
        recording: bool = False,
    ) -> None:
        self._ask, self._draw, self._lost, self._replaced = ask, draw, lost, replaced
        self._recording = recording
        self._signatures = signatures or {}
        self.uses: tuple[str, ...] = ()
        self.answered = False
        self.exhibit: Exhibit | None = None
        self.claims: list[Claim] = []
        self.given_claims: list[Claim] = []
        """For a tape: those about stand-ins for all parts."""
        self.parts: dict[str, None] = {}
        """Tasks whose methods are used, in the order in which they were named."""
        self.asked: dict[str, None] = {}
        """Tasks of which it was asked whether they lost points."""

    def call(
        self,
        function: str,
        *args: Any,
        method: bool = False,
        repeat: int = 1,
        cotangents: tuple[Any, ...] | None = None,
        seed: int | None = None,
        stand_ins: dict[str, StandIn] | None = None,
        weights: tuple[str, ...] = (),
        picture: bool = False,
        counted: bool = False,
        choices: bool = False,
        constants: tuple[int, ...] = (),
        on_cpu: bool = False,
        intact: bool = False,
        watched: str = "",
    ) -> Answer:
        """Call a function, or a method of the Instance that comes first: see `Call`."""
        call = Call(
            function, args, method, repeat, self._draw.seed() if seed is None else seed, cotangents,
            stand_ins=stand_ins or {}, weights=weights, picture=picture, counted=counted,
            choices=choices, constants=constants, on_cpu=on_cpu, intact=intact,
            watched=watched,
        )  # fmt: skip
        reply = self._reply(call)
        if reply.failure:
            raise self._not_passed(function, reply.failure)
        if repeat > 1 and any(not o.ndim or len(o) != repeat for o in reply.outputs):
            raise NotPassed(Verdict.CRASHED, f"{function}: the replies do not belong together")
        return Answer(self, call, reply)

    def _reply(self, call: Call) -> Reply:
        self.exhibit = Exhibit(call, Reply())  # in case it never comes back
        reply = self._ask(call)
        self.answered = True
        self.exhibit = Exhibit(call, reply)
        return reply

    def must_refuse(
        self,
        function: str,
        *args: Any,
        method: bool = False,
        misconceptions: Iterable[Misconception] = (),
    ) -> None:
        """Hold that a function raises an exception that says what is wrong with its arguments."""
        call = Call(function, args, method, seed=self._draw.seed())
        reply = self._reply(call)
        if reply.failure and reply.failure.is_unattempted:
            raise self._not_passed(function, reply.failure)
        Answer(self, call, reply).must("refused", {}, misconceptions)

    def must_cost(self, most: int, function: str, one: Args, many: Args, **options: Any) -> None:
        """Hold that a call with many rows takes at most `most` more steps of Python than with one.

        one, many: the arguments of both calls; options: of `call`.
        """
        base = self.call(function, *one, counted=True, **options).steps
        self.call(function, *many, counted=True, **options).must("cost", {"most": base + most})

    def _not_passed(self, function: str, failure: Failure) -> NotPassed:
        if failure.kind == "Overwritten":
            text = self.named(failure.text, function)
            return NotPassed(Verdict.FAILED, text, OVERWRITTEN, "argument_overwritten")
        return _not_passed(function, failure)

    def named(self, text: str, function: str) -> str:
        """The text with the names of a function's arguments in place of their numbers."""
        return named(text, self._signatures.get(function, ()))

    def given(
        self, stand_ins: dict[str, StandIn], claim: Claimed, tasks: Mapping[str, str] | None = None
    ) -> None:
        """Hold a claim about a function that uses other tasks' methods.

        stand_ins: for each of these, by name. The judge decides which are put in (see
        `autograder.carried_forward`); the claim is told, and has to call with them.
        tasks: to which a method belongs, where it has another name.
        """
        task_of = {name: (tasks or {}).get(name, name) for name in stand_ins}
        self.uses = tuple(dict.fromkeys(task_of.values()))
        self.parts.update(dict.fromkeys(self.uses))
        try:
            claim({name: s for name, s in stand_ins.items() if task_of[name] in self._replaced})
            if self._recording:
                kept = len(self.claims)
                claim(stand_ins)
                self.given_claims += self.claims[kept:]
                del self.claims[kept:]
        finally:
            self.uses = ()

    def has_lost(self, task: str) -> bool:
        """Whether another task lost points."""
        self.asked[task] = None
        return task in self._lost


def _not_passed(function: str, failure: Failure) -> NotPassed:
    if failure.is_unattempted:
        inner = failure.path[-1] if failure.path else function
        stops = "" if inner == function else f": it stops in {inner}"
        return NotPassed(Verdict.UNATTEMPTED, NOT_ATTEMPTED + stops)
    if failure.kind == "RuleBroken":
        where = f" (in {failure.line})" if failure.line else ""
        return NotPassed(Verdict.RULE_BROKEN, failure.text + where)
    if failure.kind == "NotNumbers":
        return NotPassed(Verdict.FAILED, failure.text)
    if failure.kind == "Missing":
        return NotPassed(Verdict.CRASHED, failure.text, explain(failure))
    return NotPassed(Verdict.CRASHED, raised(function, failure), explain(failure))
