"""Replies of a kernel are hostile: anything but plain numbers in the agreed form is refused."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from autograder.wire import BadReply, pack, unpack
from vae_utils.calls import Call, Instance, call_from_json
from vae_utils.codec import decode
from vae_utils.evaluating import answer

LIMIT = 1 << 20
GOOD: dict[str, Any] = {
    "outputs": [{"$array": "t0"}], "single": True, "gradients": {}, "weights": {}, "pictures": [],
    "steps": 0, "seen": {}, "failure": None,
}  # fmt: skip


class Unspeakable(BaseException):
    """Its text raises in its turn."""

    def __str__(self) -> str:
        raise ValueError


TENSORS = save({"t0": np.ones(2, np.float32)})


def test_a_call_arrives_as_it_was_sent() -> None:
    call = Call("f", (Instance("C", (1, 2), {"w": torch.ones(3)}), torch.arange(3), 7, "x", None))
    content, data = pack(call)
    again = call_from_json(content, load(data).__getitem__)
    assert again.function == "f" and again.args[2:] == (7, "x", None)
    assert torch.equal(again.args[0].state["w"], torch.ones(3))
    assert torch.equal(again.args[1], torch.arange(3))


def test_equal_rows_are_sent_once_and_arrive_as_many() -> None:
    content, data = pack(Call("f", (torch.arange(1000.0).expand(500, -1),)))
    assert len(data) < 5000
    arrived = call_from_json(content, load(data).__getitem__).args[0]
    assert torch.equal(arrived, torch.arange(1000.0).repeat(500, 1))


def test_a_student_may_write_into_rows_that_were_sent_once() -> None:
    content, data = pack(Call("f", (torch.ones(3).expand(5, -1),)))
    given: list[torch.Tensor] = []
    answer(content, data, {"f": given.append})
    given[0][0] = 7.0
    assert torch.equal(given[0][1:], torch.ones(4, 3))


def test_rows_without_end_are_refused() -> None:
    rows = {"$array": {"rows": ["t", 10**12]}}
    with pytest.raises(ValueError, match="more than the"):
        decode(rows, {"t": np.ones(3)}.__getitem__)


def test_an_honest_reply_is_read() -> None:
    reply = unpack(GOOD, TENSORS, LIMIT)
    assert np.array_equal(reply.outputs[0], torch.ones(2))


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (None, TENSORS),
        ([], TENSORS),
        ({**GOOD, "score": 70}, TENSORS),
        ({**GOOD, "outputs": "t0"}, TENSORS),
        ({**GOOD, "weights": [{"$array": "t0"}]}, TENSORS),
        ({**GOOD, "weights": {"w": {"$array": "t9"}}}, TENSORS),
        ({**GOOD, "weights": {f"w{n}": {"$array": "t0"} for n in range(65)}}, TENSORS),
        ({**GOOD, "seen": [{"$array": "t0"}]}, TENSORS),
        ({**GOOD, "seen": {"0": 70.0}}, TENSORS),
        ({**GOOD, "seen": {f"{n}": {"$array": "t0"} for n in range(65)}}, TENSORS),
        ({k: v for k, v in GOOD.items() if k != "seen"}, TENSORS),
        ({**GOOD, "outputs": [70.0]}, TENSORS),
        ({**GOOD, "outputs": [{"$array": "t1"}]}, TENSORS),
        ({**GOOD, "outputs": [{"$uniform": [1, [10**9], 0, 1]}]}, TENSORS),
        ({**GOOD, "outputs": [{"$array": ["t0"]}]}, TENSORS),
        ({**GOOD, "outputs": [{"$array": "t0"}] * 99}, TENSORS),
        ({**GOOD, "gradients": [1]}, TENSORS),
        ({**GOOD, "failure": "x"}, TENSORS),
        ({**GOOD, "failure": {"kind": 1, "text": "", "path": [], "line": ""}}, TENSORS),
        (GOOD, b""),
        (GOOD, TENSORS + TENSORS),
        (GOOD, b"\x80\x04\x95 a pickle"),
        (GOOD, b"\xff" * 64),
        (GOOD, TENSORS[:-3]),
        (GOOD, save({"t0": np.ones(LIMIT)})),
    ],
)
def test_a_forged_reply_is_refused(content: Any, data: bytes) -> None:
    with pytest.raises(BadReply):
        unpack(content, data, LIMIT)


def test_long_texts_of_a_failure_are_cut() -> None:
    failure = {"kind": "E" * 9999, "text": "t" * 99999, "path": ["p" * 999] * 99, "line": "l" * 999}
    reply = unpack({**GOOD, "failure": failure}, b"", LIMIT)
    assert reply.failure is not None
    assert len(reply.failure.kind) == 100 and len(reply.failure.text) == 4000
    assert len(reply.failure.path) == 20 and len(reply.failure.line) == 200


def test_the_probe_answers_with_values_and_gradients() -> None:
    def double(x: torch.Tensor) -> torch.Tensor:
        return 2 * x

    content, data = pack(Call("double", (torch.ones(3),), cotangents=(torch.ones(3),)))
    reply = unpack(*answer(content, data, {"double": double}), LIMIT)
    assert np.array_equal(reply.outputs[0], torch.full((3,), 2.0))
    assert np.array_equal(reply.gradients["arg0"], torch.full((3,), 2.0))


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: "text", "NotNumbers"),
        (lambda: exit(), "SystemExit"),
        (lambda: (_ for _ in ()).throw(KeyboardInterrupt), "KeyboardInterrupt"),
        (lambda: (_ for _ in ()).throw(GeneratorExit), "GeneratorExit"),
        (lambda: (_ for _ in ()).throw(Unspeakable), "Unspeakable"),
    ],
)
def test_the_probe_reports_what_a_function_raises(function: Any, kind: str) -> None:
    content, data = pack(Call("f"))
    reply = unpack(*answer(content, data, {"f": function}), LIMIT)
    assert reply.failure is not None and reply.failure.kind == kind


def test_functions_that_change_their_arguments_are_given_copies() -> None:
    x = torch.ones(3)
    content, data = pack(Call("f", (x,)))
    answer(content, data, {"f": lambda x: x.mul_(0)})
    assert torch.equal(x, torch.ones(3))


def test_expanded_values_and_gradients_arrive_as_what_they_hold() -> None:
    call = Call("f", (torch.ones(5, 3),), cotangents=(torch.ones(5, 3),))
    content, data = pack(call)

    def expanded(x: torch.Tensor) -> torch.Tensor:
        return x.mean(0).expand(5, 3) + 0 * x.sum()

    def one_row(x: torch.Tensor) -> torch.Tensor:
        return x[:1].expand(5, 3)

    for function in (expanded, one_row):
        reply = unpack(*answer(content, data, {"f": function}), LIMIT)
        assert reply.failure is None and reply.outputs[0].shape == (5, 3)
        assert reply.gradients["arg0"].shape == (5, 3)


def test_a_shape_that_overflows_is_refused() -> None:
    header = json.dumps(
        {"t0": {"dtype": "F32", "shape": [0, 2**40, 2**40], "data_offsets": [0, 0]}}
    ).encode()
    data = struct.pack("<Q", len(header)) + header
    with pytest.raises(BadReply, match="malformed"):
        unpack(GOOD, data, LIMIT)
