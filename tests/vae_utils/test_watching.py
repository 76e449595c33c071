"""Models are watched while a call runs, and what they were given is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vae_utils.calls import Call, Reply
from vae_utils.compare import compare
from vae_utils.evaluating import evaluate

LENGTH = 100


class Net(nn.Module):
    """Three weights and a bias."""

    def __init__(self, inputs: int = 3) -> None:
        super().__init__()
        self.line = nn.Linear(inputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.line(x)
        return out


def _seen(function: Any, **more: Any) -> dict[str, np.ndarray]:
    call = Call("f", (torch.zeros(1),), watched="Net", **more)
    reply = evaluate(call, {"f": function, "Net": Net})
    assert reply.failure is None, reply.failure
    return reply.seen


def test_models_are_told_apart_in_the_order_of_their_first_batch() -> None:
    def f(x: Tensor) -> Tensor:
        one, two = Net(2), Net()
        two(torch.full((4, 3), 2.0))
        one.forward(torch.full((1, 2), 1.0))
        two(torch.full((2, 3), 3.0))
        return x

    seen = _seen(f)
    assert set(seen) == {"0", "0.sizes", "0.weights", "1", "1.sizes", "1.weights"}
    assert seen["0.sizes"].tolist() == [4, 2] and seen["0"][:, 0].tolist() == [2, 2, 2, 2, 3, 3]
    assert seen["1.sizes"].tolist() == [1] and seen["1"].tolist() == [[1, 1]]
    assert (int(seen["0.weights"]), int(seen["1.weights"])) == (4, 3)


def test_what_was_seen_is_a_copy_and_nothing_else_changes() -> None:
    def f(x: Tensor) -> Tensor:
        net, batch = Net(), torch.ones(2, 3, requires_grad=True)
        net(batch).sum().backward()
        assert batch.grad is not None and net.line.weight.grad is not None
        batch.data.zero_()
        return x

    before = Net.forward
    assert _seen(f)["0"].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert Net.forward is before


def test_batches_of_all_rounds_are_noted() -> None:
    net = Net()
    assert len(_seen(lambda x: net(torch.ones(2, 3)).mean(), repeat=3)["0"]) == 6


def test_a_batch_within_vmap_has_no_numbers_to_show() -> None:
    net = Net()

    def f(x: Tensor) -> Tensor:
        slopes: Tensor = torch.func.vmap(torch.func.grad(lambda row: net(row).sum()))(
            torch.ones(4, 3)
        )
        return slopes.sum() + net(torch.ones(2, 3)).sum()

    assert _seen(f)["0.sizes"].tolist() == [2]


def test_the_class_is_put_back_after_an_error() -> None:
    def f(x: Tensor) -> Tensor:
        return Net()(torch.ones(2, 5))

    before = Net.forward
    reply = evaluate(Call("f", (torch.zeros(1),), watched="Net"), {"f": f, "Net": Net})
    assert reply.failure is not None and reply.failure.kind == "RuntimeError"
    assert reply.failure.path[:2] == ("f", "_wrapped_call_impl")
    assert Net.forward is before


def test_a_function_is_watched_as_well() -> None:
    def g(row: np.ndarray, batch: np.ndarray) -> float:
        return float(row.sum() + batch.sum())

    def f(x: np.ndarray) -> float:
        g = names["g"]  # as the notebook finds it
        return float(g(x, np.ones((4, 2))) + g(batch=np.ones((3, 2)), row=x))

    names: dict[str, Any] = {"f": f, "g": g}
    reply = evaluate(Call("f", (np.zeros(5),), watched="g"), names)
    assert reply.failure is None and names["g"] is g
    assert reply.seen["0.sizes"].tolist() == [4, 3] and reply.seen["0.weights"] == 0
    assert compare("batches", reply, {"sizes": np.array([4, 3])}) is None
    said = "it was called with batches of 4, 3 rows, 3, 4 wanted"
    assert compare("batches", reply, {"sizes": np.array([3, 4])}) == said
    assert "batches of no rows" in str(compare("batches", Reply(), {"sizes": np.array([3])}))


@pytest.mark.parametrize("other", [{}, {"Net": 3}, {"Net": int}])
def test_without_the_class_it_is_said_what_is_missing(other: dict[str, Any]) -> None:
    reply = evaluate(Call("f", (torch.zeros(1),), watched="Net"), {"f": lambda x: x, **other})
    assert reply.failure is not None
    assert (reply.failure.kind, "Net" in reply.failure.text) == ("Missing", True)


def _reply(*batches: np.ndarray, model: int = 0) -> Reply:
    sizes = np.array([len(batch) for batch in batches])
    weights = {f"{model}.weights": np.array(4), f"{model}.sizes": sizes}
    return Reply((np.zeros(1),), seen={f"{model}": np.concatenate(batches), **weights})


def _normal(*sizes: int) -> list[np.ndarray]:
    random = np.random.default_rng(2)
    return [random.normal(size=(size, LENGTH)).astype(np.float32) for size in sizes]


def test_new_rows_in_order_and_others_in_between() -> None:
    one, two, three = _normal(4, 3, 5)
    sizes = {"sizes": np.array([4, 5])}
    assert compare("fresh", _reply(one, two, one, three), sizes) is None
    assert compare("fresh", _reply(one, three, two), {**sizes, "exactly": True})
    assert compare("fresh", _reply(one, one, three), {**sizes, "exactly": True}) is None
    for wrong in ([three, one], [one, one], [one, three[:4]], [one, one, np.repeat(two, 2, 0)[:5]]):
        assert "4, 5 wanted" in str(compare("fresh", _reply(*wrong), sizes))
    assert compare("repeated", _reply(one, one, one), {}) is None
    assert compare("repeated", _reply(one, two, one), {})


def test_codes_are_independent_normal_numbers() -> None:
    batches = _normal(*[16] * 12)
    wanted = {"least": 192, "length": LENGTH}
    assert compare("codes", _reply(*batches, batches[0]), wanted) is None
    assert "193 wanted" in str(compare("codes", _reply(*batches), {**wanted, "least": 193}))
    uniform = list(np.random.default_rng(3).random((12, 16, LENGTH)))
    for wrong in (
        [batch.clip(-2, 2) for batch in batches],
        [batch.clip(-2, 2) if n % 4 else -abs(batch) for n, batch in enumerate(batches)],
        [np.broadcast_to(batch[:, :1], batch.shape) for batch in batches],
        [1.2 * batch for batch in batches],
        uniform,
    ):
        assert compare("codes", _reply(*wrong), wanted)
    assert compare("codes", _reply(*uniform), {**wanted, "low": 0.0}) is None
    assert compare("codes", _reply(*batches), {**wanted, "low": 0.0})
    zero = {**wanted, "zero": True}
    assert compare("codes", _reply(np.zeros((5, LENGTH))), zero) is None
    assert compare("codes", _reply(batches[0]), zero)


def _critic(count: int, model: int, rows: int = 8) -> Reply:
    """A critic that is shown so many batches, each with points at 0 and at 1.5."""
    random = np.random.default_rng(model)
    at = np.repeat([0.0, 1.5], rows)
    shown = (np.stack([at, random.random(2 * rows)], 1) for _ in range(count))
    return _reply(*shown, model=model)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (_critic(40, 0), _critic(40, 1), None),
        (_critic(40, 0), Reply(), "1 critics were used, 2 wanted"),
        (_critic(40, 0), _critic(30, 1), "critic 2 has seen 240 different points at 0, 320 wanted"),
        (_critic(41, 0), _critic(40, 1), "critic 1 has seen 328 different points at 0, 320 wanted"),
        (_critic(20, 0, 16), _critic(40, 1), "a batch has 16 points at 0, 8 wanted"),
    ],
)
def test_points_that_critics_are_shown(first: Reply, second: Reply, said: str | None) -> None:
    reply = Reply((np.zeros(1),), seen={**first.seen, **second.seen})
    counts = np.array([320, 320])
    wanted = {"places": np.array([0.0, 1.5]), "counts": counts, "most": 8, "weights": 4}
    assert compare("points", reply, {**wanted, "models": 2}) == said
    if said is None:
        wide = compare("points", reply, {**wanted, "models": 2, "weights": 5})
        assert wide == "a critic has 4 weights, 5 wanted"


@pytest.mark.parametrize(("rows", "batches"), [(1 << 17, 1), (1, 1 << 17)])
def test_what_no_training_loop_shows_is_not_looked_at(rows: int, batches: int) -> None:
    seen = {"0": np.zeros((rows, 1)), "0.sizes": np.zeros(batches, np.int64)}
    reply = Reply(seen={**seen, "0.weights": np.array(0)})
    with pytest.raises(ValueError, match="no more than"):
        compare("fresh", reply, {"sizes": np.array([1])})


def test_weights_that_stay() -> None:
    start = {"a": np.zeros(4), "b": np.ones(2)}
    reply = Reply((np.zeros(1),), weights={"a": np.zeros(4), "b": np.array([1.0, 0])})
    assert compare("moved", reply, {"start": start}) is None
    still = Reply((np.zeros(1),), weights=start)
    assert compare("moved", still, {"start": start}) == "a, b: none of these has moved"
    assert compare("moved", still, {"start": {}}) is None
    assert compare("moved", Reply(), {"start": start}) == "there is no `a`"
