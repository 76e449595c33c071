"""One call of a student's function: inputs in, values and gradients out.

The autograder sends calls to the sandboxed kernel, `check` makes the same calls in the notebook.
Nothing here knows an answer.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vae_utils.codec import decode, encode
from vae_utils.stand_in import StandIn

_MAX_TEXT = 2000
_MAX_LINE = 200
_NOTHING = object()
_DRAWN = 4099  # a prime, so that no two rows of a layer are the same


@dataclass(frozen=True)
class Instance:
    """An object to build: class by name, arguments of its constructor, weights by name."""

    cls: str
    init: tuple[Any, ...] = ()
    state: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """`function(*args)`, or the method of that name where the first argument is an Instance.

    repeat: number of calls in a row, outputs are stacked to [repeat, ...] when it exceeds 1.
    cotangents: one tensor an output; asks for the vector-Jacobian product of arguments and weights.
    disabled: functions that hung before; reaching one raises instead of hanging again.
    stand_ins: methods of the Instances that are replaced for this call.
    """

    function: str
    args: tuple[Any, ...] = ()
    method: bool = False
    repeat: int = 1
    seed: int = 0
    cotangents: tuple[Tensor, ...] | None = None
    disabled: tuple[str, ...] = ()
    stand_ins: dict[str, StandIn] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An exception in the student's code: its type, its text, the functions it passed through,
    and the student's line in which it rose."""

    kind: str
    text: str
    path: tuple[str, ...] = ()
    line: str = ""

    @property
    def is_unattempted(self) -> bool:
        """Whether it is the stub's own exception; torch raises the same with a text."""
        return self.kind == "NotImplementedError" and not self.text


@dataclass(frozen=True)
class Reply:
    """What a call gave: outputs and gradients, or a failure."""

    outputs: tuple[Tensor, ...] = ()
    single: bool = True
    gradients: dict[str, Tensor] = field(default_factory=dict)
    failure: Failure | None = None


class Missing(LookupError):
    """The notebook defines no such function or class."""


class Hung(RuntimeError):
    """A function that did not come back earlier is not called again."""


class NotNumbers(TypeError):
    """A function returned something that is neither tensor nor array nor number."""


def _find(name: str, namespace: dict[str, Any]) -> Any:
    if name not in namespace:
        raise Missing(f"there is no `{name}` in the notebook")
    return namespace[name]


def _device(namespace: dict[str, Any]) -> torch.device:
    device = namespace.get("device", "cpu")
    return device if isinstance(device, torch.device) else torch.device("cpu")


def _build(instance: Instance, namespace: dict[str, Any], leaves: dict[str, Tensor]) -> Any:
    cls = _find(instance.cls, namespace)
    if not isinstance(cls, type):
        raise Missing(f"`{instance.cls}` is no longer a class but a {type(cls).__name__}")
    with _quick_layers():
        made = cls(*instance.init).to(_device(namespace))
    parameters = dict(made.named_parameters())
    for name, value in instance.state.items():
        if name not in parameters or parameters[name].shape != value.shape:
            raise Missing(f"`{instance.cls}` has no parameter `{name}` of shape {[*value.shape]}")
        parameters[name].data.copy_(value)
    leaves.update({f"state.{name}": parameter for name, parameter in parameters.items()})
    return made


def _fill(layer: nn.Linear) -> None:
    """As torch's own initialisation, uniform numbers of that width, but few that come again."""
    width = 1 / math.sqrt(layer.in_features)
    drawn = torch.empty(_DRAWN).uniform_(-width, width)
    for weight in layer.parameters(recurse=False):
        tiles = drawn.repeat(weight.numel() // _DRAWN + 1)
        weight.data.copy_(tiles[: weight.numel()].view_as(weight))


@contextlib.contextmanager
def _quick_layers() -> Iterator[None]:
    """Drawing a model's initial weights would take longer than most calls of it."""
    drawn = nn.Linear.reset_parameters
    nn.Linear.reset_parameters = _fill  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        nn.Linear.reset_parameters = drawn  # type: ignore[method-assign]


def _argument(index: int, value: Any, call: Call, device: torch.device, leaves: dict) -> Any:
    if not isinstance(value, Tensor):
        return value
    moved = value.detach().clone().to(device)
    if call.cotangents is None or not moved.is_floating_point():
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


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """All generators start from `seed` and are put back afterwards."""
    saved_numpy, saved_python = np.random.get_state(), random.getstate()
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_available():  # without one, torch would keep a printed stack a call
            torch.cuda.manual_seed_all(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(saved_numpy)
            random.setstate(saved_python)


def _disable(call: Call, owner: Any) -> None:
    for name in set(call.disabled) - set(call.stand_ins):

        def hung(*_: Any, _name: str = name, **__: Any) -> None:
            raise Hung(f"`{_name}` did not come back when it was called before")

        object.__setattr__(owner, name, hung)


def _method(stand_in: StandIn) -> Any:
    def method(_: Any, *inputs: Any, **named: Any) -> Any:
        return stand_in(*inputs, **named)

    return method


@contextlib.contextmanager
def _standing_in(
    call: Call, namespace: dict[str, Any], leaves: dict[str, Tensor]
) -> Iterator[None]:
    """Stand-ins in place of methods, on their class and where they are global functions as well."""
    owners = {_find(v.cls, namespace) for v in call.args if isinstance(v, Instance)}
    with contextlib.ExitStack() as undo:
        for name, stand_in in call.stand_ins.items():
            put, biases = stand_in.leaves() if call.cotangents else (stand_in, ())
            leaves.update({f"{name}.{place}": bias for place, bias in enumerate(biases)})
            for owner in owners:
                own = vars(owner).get(name, _NOTHING)
                if namespace.get(name) is own:
                    undo.callback(namespace.__setitem__, name, own)
                    namespace[name] = _method(put)
                undo.callback(_put_back, owner, name, own)
                setattr(owner, name, _method(put))
        yield


def _put_back(owner: Any, name: str, own: Any) -> None:
    if own is _NOTHING:
        delattr(owner, name)
    else:
        setattr(owner, name, own)


def _target(call: Call, namespace: dict[str, Any], args: list[Any]) -> tuple[Any, list[Any]]:
    if call.function in call.disabled:
        raise Hung(f"`{call.function}` did not come back when it was called before")
    if not call.method:
        return _find(call.function, namespace), args
    owner = args[0]
    if not hasattr(owner, call.function):
        raise Missing(f"`{type(owner).__name__}` has no method `{call.function}`")
    return getattr(owner, call.function), args[1:]


def _instances(call: Call, namespace: dict[str, Any], leaves: dict[str, Tensor]) -> dict[int, Any]:
    """The objects among the arguments, by place; repeated calls share them."""
    built = {}
    for index, value in enumerate(call.args):
        if isinstance(value, Instance):
            built[index] = _build(value, namespace, leaves)
            _disable(call, built[index])
    return built


def _arguments(call: Call, built: dict[int, Any], device: torch.device, leaves: dict) -> list[Any]:
    return [
        built[index] if index in built else _argument(index, value, call, device, leaves)
        for index, value in enumerate(call.args)
    ]


def _gradients(outputs: tuple[Tensor, ...], call: Call, leaves: dict) -> dict[str, Tensor]:
    if call.cotangents is None:
        return {}
    pairs = [
        (output, cotangent.to(output.device))
        for output, cotangent in zip(outputs, call.cotangents, strict=False)
        if output.requires_grad and output.shape == cotangent.shape
    ]
    if not pairs:
        return {}
    total = torch.stack([(output * cotangent).sum() for output, cotangent in pairs]).sum()
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return {name: g.detach().cpu() for name, g in zip(leaves, found, strict=True) if g is not None}


def _run(call: Call, namespace: dict[str, Any]) -> Reply:
    rounds: list[tuple[Tensor, ...]] = []
    leaves: dict[str, Tensor] = {}
    built = _instances(call, namespace, leaves)
    with _standing_in(call, namespace, leaves):
        for _ in range(call.repeat):
            args = _arguments(call, built, _device(namespace), leaves)
            function, rest = _target(call, namespace, args)
            outputs, single = _as_tuple(function(*rest), call.method)
            rounds.append(tuple(output.detach().cpu() for output in outputs))
    gradients = _gradients(outputs, call, leaves)
    if call.repeat > 1:
        return Reply(tuple(torch.stack(draws) for draws in zip(*rounds, strict=True)), single)
    return Reply(rounds[0], single, gradients)


def _failure(error: BaseException) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    path = tuple(frame.name for frame in frames if frame.filename != __file__)
    text = _plain(str(error)[:_MAX_TEXT])
    own = [frame for frame in frames if not os.path.isfile(frame.filename)]  # a cell is no file
    line = f"line {own[-1].lineno}, {own[-1].name}: {own[-1].line}" if own else ""
    return Failure(type(error).__name__, text, path[-20:], _plain(line[:_MAX_LINE]))


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # no lone surrogates


def evaluate(call: Call, namespace: dict[str, Any]) -> Reply:
    """Make the call with the functions and classes of `namespace`; exceptions become a failure."""
    try:
        with warnings.catch_warnings(), _seeded(call.seed):
            warnings.simplefilter("ignore")
            return _run(call, namespace)
    except (Exception, SystemExit) as error:
        return Reply(failure=_failure(error))


def call_to_json(call: Call, put: Any) -> dict[str, Any]:
    """The call as JSON; tensors go to `put`."""

    def plain(value: Any) -> Any:
        return {"$instance": vars(value)} if isinstance(value, Instance) else value

    args = [plain(value) for value in call.args]
    stand_ins = {name: vars(stand_in) for name, stand_in in call.stand_ins.items()}
    fields = {**vars(call), "args": args, "stand_ins": stand_ins}
    encoded: dict[str, Any] = encode(fields, put)
    return encoded


def call_from_json(data: dict[str, Any], get: Any) -> Call:
    """The inverse of `call_to_json`."""

    def rich(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"$instance"}:
            return Instance(**value["$instance"])
        return value

    fields = decode(data, get)
    args = tuple(rich(value) for value in fields["args"])
    stand_ins = {name: StandIn(**made) for name, made in fields.get("stand_ins", {}).items()}
    return Call(**{**fields, "args": args, "stand_ins": stand_ins})


def reply_to_json(reply: Reply, put: Any) -> dict[str, Any]:
    """The reply as JSON; tensors go to `put`."""
    failure = asdict(reply.failure) if reply.failure else None
    encoded: dict[str, Any] = encode({**vars(reply), "failure": failure}, put)
    return encoded


def answer(
    content: dict[str, Any], buffers: list[bytes], namespace: dict[str, Any]
) -> tuple[dict[str, Any], list[bytes]]:
    """Answer one message of the judge: JSON and safetensors bytes in, the same out."""
    from safetensors.torch import load, save

    inputs = load(buffers[0]) if buffers else {}
    call = call_from_json(content, inputs.__getitem__)
    try:
        reply = evaluate(call, namespace)
    except KeyboardInterrupt as error:  # nobody presses Ctrl-C here: the code raised it itself
        reply = Reply(failure=_failure(error))
    outputs: dict[str, Tensor] = {}

    def put(tensor: Tensor) -> dict[str, Any]:
        name = f"t{len(outputs)}"
        outputs[name] = tensor.contiguous().clone()
        return {"$tensor": name}

    return reply_to_json(reply, put), [save(outputs)]
