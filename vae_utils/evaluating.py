"""Makes a call with the functions of a notebook: values and gradients out, or a failure.

The same in the sandboxed kernel and in a student's notebook.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_utils import building, choices
from vae_utils.building import Hung, Missing, device_of, find, instances, standing_in
from vae_utils.calls import Call, Failure, Reply, call_from_json, reply_to_json
from vae_utils.cost import Steps, counting
from vae_utils.stand_in import StandIn

_MAX_TEXT = 2000
_MAX_LINE = 200
_OURS = (__file__, building.__file__)


class NotNumbers(TypeError):
    """A function returned something that is neither tensor nor array nor number."""


def _moved(value: Any, device: torch.device) -> Any:
    """A tensor as a copy on the device, and so all batches of a list; anything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(part, device) for part in value)
    return value.detach().clone().to(device) if isinstance(value, Tensor) else value


def _argument(index: int, value: Any, call: Call, device: torch.device, leaves: dict) -> Any:
    if not isinstance(value, Tensor):
        return _moved(value, device)
    moved = _moved(value, device)
    if call.cotangents is None or index in call.constants or not moved.is_floating_point():
        return moved
    leaves[f"arg{index}"] = moved.requires_grad_(True)
    return moved.clone()  # a copy, because code may change its arguments in place


def _numbers(value: Any, method: bool) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if value is None:
        raise NotNumbers("it returned nothing (None): is the return missing?")
    if method and isinstance(value, np.ndarray):
        raise NotNumbers("it returned a NumPy array; a tensor is wanted")
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        return torch.from_numpy(np.array(value))
    if isinstance(value, (bool, int, float)):
        return torch.tensor(value)
    wanted = "a tensor" if method else "a tensor or an array"
    raise NotNumbers(f"it returned a {type(value).__name__}; {wanted} is wanted")


def _as_tuple(result: Any, method: bool) -> tuple[tuple[Tensor, ...], bool]:
    if isinstance(result, (tuple, list)):
        return tuple(_numbers(value, method) for value in result), False
    return (_numbers(result, method),), True


@functools.cache
def _gpus() -> int:
    """Number of GPUs; to ask the driver takes a quarter of a millisecond."""
    return torch.cuda.device_count()


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """All generators start from `seed` and are put back afterwards."""
    saved_numpy, saved_python = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=range(_gpus())):
        torch.default_generator.manual_seed(seed)
        if _gpus():  # without one, torch would keep a printed stack a call
            torch.cuda.manual_seed_all(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(saved_numpy)
            random.setstate(saved_python)


def _target(call: Call, namespace: dict[str, Any], args: list[Any]) -> tuple[Any, list[Any]]:
    if call.function in call.disabled:
        raise Hung(f"`{call.function}` did not come back when it was called before")
    if not call.method:
        return find(call.function, namespace), args
    owner = args[0]
    if not hasattr(owner, call.function):
        raise Missing(f"`{type(owner).__name__}` has no method `{call.function}`")
    return getattr(owner, call.function), args[1:]


def _arguments(call: Call, built: dict[int, Any], device: torch.device, leaves: dict) -> list[Any]:
    return [
        built[index] if index in built else _argument(index, value, call, device, leaves)
        for index, value in enumerate(call.args)
    ]


def _fit(output: Tensor, cotangent: Tensor) -> bool:
    """Whether they have one shape; a single number may be [] or [1]."""
    return output.shape == cotangent.shape or output.numel() == cotangent.numel() == 1


def _gradients(outputs: tuple[Tensor, ...], call: Call, leaves: dict) -> dict[str, Tensor]:
    if call.cotangents is None:
        return {}
    weighted = [
        (output, cotangent.to(output.device))
        for output, cotangent in zip(outputs, call.cotangents, strict=False)
        if output.requires_grad and _fit(output, cotangent)
    ]
    if not weighted:
        return {}
    total = torch.stack([(output * cotangent).sum() for output, cotangent in weighted]).sum()
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    pairs = zip(leaves, found, strict=True)
    return {name: g.detach().cpu().contiguous() for name, g in pairs if g is not None}


def _run(call: Call, namespace: dict[str, Any]) -> Reply:
    leaves: dict[str, Tensor] = {}
    built = instances(call, namespace, leaves)

    def once() -> Any:
        args = _arguments(call, built, device_of(namespace), leaves)
        function, rest = _target(call, namespace, args)
        return function(*rest)

    with standing_in(call, namespace, leaves), _counted(call) as steps:
        if call.picture:
            return _pictures(call, once)
        if call.choices:
            return _choices(once())
        results = [_as_tuple(once(), call.method) for _ in range(call.repeat)]
    outputs, single = results[-1]
    rounds = [tuple(o.detach().cpu().contiguous() for o in tensors) for tensors, _ in results]
    if call.repeat > 1:
        return Reply(tuple(torch.stack(draws) for draws in zip(*rounds, strict=True)), single)
    gradients = _gradients(outputs, call, leaves)
    weights, count = _weights(call, built), steps.count if steps else 0
    return Reply(rounds[0], single, gradients, weights, steps=count)


def _counted(call: Call) -> contextlib.AbstractContextManager[Steps | None]:
    return counting() if call.counted else contextlib.nullcontext()


def _choices(result: Any) -> Reply:
    try:
        return Reply((torch.tensor(choices.read(result)),))
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


def _weights(call: Call, built: dict[int, Any]) -> dict[str, Tensor]:
    """As they are now, by name."""
    models = (made for made in built.values() if not isinstance(made, StandIn))
    pairs = (pair for made in models for pair in made.named_parameters())
    return {name: w.detach().cpu().contiguous() for name, w in pairs if name in call.weights}


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
        with warnings.catch_warnings(), _seeded(call.seed):
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
    from safetensors.torch import load, save

    inputs = load(data)
    call = call_from_json(content, inputs.__getitem__)
    try:
        reply = evaluate(call, namespace)
    except BaseException as error:  # nobody presses Ctrl-C here: the code raised it itself
        reply = Reply(failure=_failure(error))
    outputs: dict[str, Tensor] = {}

    def put(tensor: Tensor) -> dict[str, Any]:
        name = f"t{len(outputs)}"
        outputs[name] = tensor.contiguous().clone()
        return {"$tensor": name}

    return reply_to_json(reply, put), save(outputs)
