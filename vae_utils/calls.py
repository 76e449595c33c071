"""One call of a student's function, and its reply: plain data that goes between processes.

The autograder sends calls to the sandboxed kernel, `check` makes the same calls in the notebook.
Nothing here knows an answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from vae_utils.arrays import Array, is_tensor
from vae_utils.codec import decode, encode
from vae_utils.panels import Picture
from vae_utils.stand_in import StandIn


@dataclass(frozen=True)
class Instance:
    """An object to build: class by name, arguments of its constructor, weights by name.

    training: the mode in which layers such as batch normalisation are.
    """

    cls: str
    init: tuple[Any, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)
    training: bool = True


@dataclass(frozen=True)
class Call:
    """`function(*args)`, or the method of that name where the first argument is an Instance.

    args: plain data, Instances, and stand-ins, which are handed over as functions.
    repeat: number of calls in a row, outputs are stacked to [repeat, ...] when it exceeds 1.
    cotangents: one an output; asks for the vector-Jacobian product of arguments and weights.
    constants: places of arguments that are no variables then, as data are not.
    intact: whether arrays and tensors among the arguments have to stay as they are.
    on_cpu: whether tensors stay there, as results to plot do, whatever the notebook's device.
    disabled: functions that hung before; reaching one raises instead of hanging again.
    stand_ins: methods of the Instances, or functions, that are replaced for this call.
    weights: names of parameters of the Instances whose values after the call are asked for.
    picture: whether a figure is asked for, not numbers.
    counted: whether to count what the call costs.
    choices: whether answers are asked for, each True, False or None: see `vae_utils.choices`.
    watched: a class of the notebook, or a function: what its models, or it, are given is asked for,
        too.
    """

    function: str
    args: tuple[Any, ...] = ()
    method: bool = False
    repeat: int = 1
    seed: int = 0
    cotangents: tuple[Any, ...] | None = None
    disabled: tuple[str, ...] = ()
    stand_ins: dict[str, StandIn] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    picture: bool = False
    counted: bool = False
    choices: bool = False
    constants: tuple[int, ...] = ()
    on_cpu: bool = False
    intact: bool = False
    watched: str = ""

    @property
    def is_of_torch(self) -> bool:
        """Whether it is made with tensors or models, not with arrays."""
        return any(map(_is_of_torch, self.args))


def _is_of_torch(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_is_of_torch, value))
    return is_tensor(value) or isinstance(value, Instance)


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
    """What a call gave: outputs, gradients and weights, or a figure a round, or a failure.

    Arrays, whether the call was made with arrays or with tensors.

    steps: what it cost Python, see `vae_utils.cost`. seen: by models that were watched, see
    `vae_utils.watching`.
    """

    outputs: tuple[Array, ...] = ()
    single: bool = True
    gradients: dict[str, Array] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    steps: int = 0
    seen: dict[str, Array] = field(default_factory=dict)
    failure: Failure | None = None


def call_to_json(call: Call, put: Any) -> dict[str, Any]:
    """The call as JSON; tensors and arrays go to `put`."""

    def plain(value: Any) -> Any:
        if isinstance(value, StandIn):
            return {"$stand_in": vars(value)}
        return {"$instance": vars(value)} if isinstance(value, Instance) else value

    args = tuple(plain(value) for value in call.args)
    stand_ins = {name: vars(stand_in) for name, stand_in in call.stand_ins.items()}
    fields = {**vars(call), "args": args, "stand_ins": stand_ins}
    encoded: dict[str, Any] = encode(fields, put)
    return encoded


def call_from_json(data: dict[str, Any], get: Any) -> Call:
    """The inverse of `call_to_json`."""

    def rich(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"$instance"}:
            return Instance(**value["$instance"])
        if isinstance(value, dict) and set(value) == {"$stand_in"}:
            return StandIn(**value["$stand_in"])
        return value

    fields = decode(data, get)
    args = tuple(rich(value) for value in fields["args"])
    stand_ins = {name: StandIn(**made) for name, made in fields.get("stand_ins", {}).items()}
    return Call(**{**fields, "args": args, "stand_ins": stand_ins})


def reply_to_json(reply: Reply, put: Any) -> dict[str, Any]:
    """The reply as JSON; arrays go to `put`."""
    failure = asdict(reply.failure) if reply.failure else None
    pictures = tuple(tuple(vars(panel) for panel in picture) for picture in reply.pictures)
    fields = {**vars(reply), "pictures": pictures, "failure": failure}
    encoded: dict[str, Any] = encode(fields, put)
    return encoded
