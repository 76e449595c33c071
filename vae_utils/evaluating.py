"""Makes a call with the functions of a notebook: values and gradients out, or a failure.

The same in the sandboxed kernel and in a student's notebook. Torch is needed only for calls with
tensors or models.
"""

from __future__ import annotations

import contextlib
import os
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from vae_utils import choices, seeding, standing_in
from vae_utils.arrays import Array
from vae_utils.calls import Call, Failure, Reply, call_from_json, reply_to_json
from vae_utils.cost import Steps, counting
from vae_utils.returned import NotNumbers, as_plain, outputs
from vae_utils.standing_in import Hung, Missing, find
from vae_utils.watching import watching

_MAX_TEXT = 2000
_MAX_LINE = 200
_HERE = os.path.dirname(__file__)
_OURS = {
    os.path.join(_HERE, f"{name}.py")
    for name in (
        "evaluating",
        "building",
        "standing_in",
        "watching",
        "with_arrays",
        "with_tensors",
    )
}


def _prepared(call: Call, namespace: dict[str, Any]) -> Any:
    """The call's arguments, and what finds gradients."""
    if call.is_of_torch:
        from vae_utils.with_tensors import WithTensors

        return WithTensors(call, namespace)
    from vae_utils.with_arrays import WithArrays

    return WithArrays(call)


def _applied(call: Call, namespace: dict[str, Any], args: tuple[Any, ...]) -> Any:
    """The function or method, with these arguments."""
    if call.function in call.disabled:
        raise Hung(f"`{call.function}` did not come back when it was called before")
    if not call.method:
        return find(call.function, namespace)(*args)
    owner = args[0]
    if not hasattr(owner, call.function):
        raise Missing(f"`{type(owner).__name__}` has no method `{call.function}`")
    return getattr(owner, call.function)(*args[1:])


def _run(call: Call, namespace: dict[str, Any]) -> Reply:
    prepared = _prepared(call, namespace)

    def once() -> Any:
        return prepared.make(lambda *args: _applied(call, namespace, args))

    with (
        standing_in.standing_in(call, namespace, prepared.leaves),
        watching(call.watched, namespace) as watch,
        _counted(call) as steps,
    ):
        if call.picture:
            return _pictures(call, once)
        if call.choices:
            return _choices(once())
        results = [outputs(once(), call.method) for _ in range(call.repeat)]
    last, single = results[-1]
    rounds = [tuple(map(as_plain, several)) for several, _ in results]
    after = {"weights": prepared.weights(), "seen": watch.seen()}
    if call.repeat > 1:
        return Reply(_stacked(rounds), single, **after)
    gradients = prepared.gradients(last) if call.cotangents is not None else {}
    count = steps.count if steps else 0
    return Reply(rounds[0], single, gradients, steps=count, **after)


def _stacked(rounds: list[tuple[Array, ...]]) -> tuple[Array, ...]:
    return tuple(np.stack(draws) for draws in zip(*rounds, strict=True))


def _counted(call: Call) -> contextlib.AbstractContextManager[Steps | None]:
    return counting() if call.counted else contextlib.nullcontext()


def _choices(result: Any) -> Reply:
    try:
        return Reply((np.array(choices.read(result)),))
    except choices.NoChoices as error:
        raise NotNumbers(str(error)) from None


def _pictures(call: Call, once: Callable[[], Any]) -> Reply:
    """Every round's figure, as data; a drawing library takes long to import."""
    from vae_utils.figures import NoFigure, drawing, read

    pictures = []
    for _ in range(call.repeat):
        with drawing():
            try:
                pictures.append(read(once()))
            except NoFigure as error:
                raise NotNumbers(str(error)) from None
    return Reply(pictures=tuple(pictures))


def _failure(error: BaseException) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    path = tuple(frame.name for frame in frames if frame.filename not in _OURS)
    text = _plain(_text(error)[:_MAX_TEXT])
    own = [frame for frame in frames if not os.path.isfile(frame.filename)]  # a cell is no file
    line = f"line {own[-1].lineno}, {own[-1].name}: {own[-1].line}" if own else ""
    return Failure(type(error).__name__, text, path[-20:], _plain(line[:_MAX_LINE]))


def _text(error: BaseException) -> str:
    """What the exception says, unless to say it raises another one."""
    try:
        return str(error)
    except Exception:
        return "an exception whose text cannot be shown"


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # no lone surrogates


def evaluate(call: Call, namespace: dict[str, Any]) -> Reply:
    """Make the call with the functions and classes of `namespace`; exceptions become a failure."""
    try:
        with warnings.catch_warnings(), seeding.seeded(call.seed):
            warnings.simplefilter("ignore")
            return _run(call, namespace)
    except KeyboardInterrupt:  # somebody wants it to end
        raise
    except BaseException as error:  # SystemExit, GeneratorExit and what a student derives from it
        return Reply(failure=_failure(error))


def answer(
    content: dict[str, Any], data: bytes, namespace: dict[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """Answer one message of the judge: JSON and safetensors bytes in, the same out."""
    from safetensors.numpy import load, save

    inputs = load(data)
    call = call_from_json(content, inputs.__getitem__)
    try:
        reply = evaluate(call, namespace)
    except BaseException as error:  # nobody presses Ctrl-C here: the code raised it itself
        reply = Reply(failure=_failure(error))
    arrays: dict[str, Array] = {}

    def put(array: Array) -> str:
        name = f"t{len(arrays)}"
        arrays[name] = np.array(array, order="C")
        return name

    return reply_to_json(reply, put), save(arrays)
