"""Models are watched while a call runs, and what they were given is judged."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vae_utils.calls import Call, Reply
from vae_utils.compare import compare
from vae_utils.evaluating import evaluate
from vae_utils.watching import watching

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
    assert set(seen) == {
        f"{n}{what}" for n in "01" for what in ("", ".sizes", ".steps", ".weights")
    }
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


@pytest.mark.skipif(not hasattr(torch.func, "debug_unwrap"), reason="needs a newer torch")
def test_batches_within_transforms_of_torch_are_noted_as_well() -> None:
    net = Net()
    rows = torch.arange(12.0).view(4, 3)

    def f(x: Tensor) -> Tensor:
        torch.func.vmap(torch.func.grad(lambda row: net(row[None]).sum()))(rows)
        for step in range(2):
            params = {name: weight + step for name, weight in net.named_parameters()}
            torch.func.grad(
                lambda own: torch.func.functional_call(net, own, kwargs={"x": rows}).sum()
            )(params)
        return x

    seen = _seen(f)
    assert seen["0.sizes"].tolist() == [4, 4, 4] and seen["0.steps"].tolist() == [0, 0, 1]
    assert np.array_equal(seen["0"], np.tile(rows, (3, 1)))


def test_steps_are_counted_by_changes_of_the_weights() -> None:
    def f(x: Tensor) -> Tensor:
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for size in (2, 3):
            net(torch.ones(size, 3))
            net(x=torch.ones(1, 2, 3)).sum().backward()
            optimizer.step()
        with torch.no_grad():
            net(torch.ones(3))
        return x

    seen = _seen(f)
    assert seen["0.sizes"].tolist() == [2, 2, 3, 2, 1]
    assert seen["0.steps"].tolist() == [0, 0, 1, 1, 2]


def test_copies_count_as_the_model_unless_they_learn() -> None:
    def f(x: Tensor) -> Tensor:
        one = Net()
        two = copy.deepcopy(one)
        for net in (one, two):
            net(torch.ones(2, 3))
        for size, net in ((3, one), (4, two)):
            net.line.bias.data += size
            copy.deepcopy(net)(torch.ones(size, 3))
            net(torch.ones(5, 3))
        return x

    seen = _seen(f)
    assert seen["0.sizes"].tolist() == [2, 3, 5] and seen["0.steps"].tolist() == [0, 1, 1]
    assert seen["1.sizes"].tolist() == [2, 4, 5] and "2" not in seen


def test_what_was_kept_of_a_watch_notes_nothing_more() -> None:
    kept: list[Any] = []

    def f(x: Tensor) -> Tensor:
        kept.append(Net().forward)
        return kept[0](torch.ones(1, 3)).sum()

    with watching("Net", {"Net": Net}) as watch:
        f(torch.ones(1))
    kept[0](torch.ones(7, 3))
    assert watch.seen()["0.sizes"].tolist() == [1]


def test_a_class_that_inherits_or_is_changed_meanwhile_is_left_so() -> None:
    class Heir(Net):
        """Has no `forward` of its own."""

    names: dict[str, Any] = {"Net": Heir}
    with watching("Net", names):
        Heir()(torch.ones(1, 3))
    assert "forward" not in vars(Heir)

    def own(model: Net, x: Tensor) -> Tensor:
        return x

    with watching("Net", names):
        Heir.forward = own  # type: ignore[method-assign]
    assert vars(Heir)["forward"] is own
    names["g"] = len
    with watching("g", names):
        names["g"] = max
    assert names["g"] is max


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


def _reply(*batches: np.ndarray, model: int = 0, steps: Sequence[int] = ()) -> Reply:
    sizes = np.array([len(batch) for batch in batches])
    after = np.array(steps if len(steps) else [0] * len(batches))
    more = {f"{model}.weights": np.array(4), f"{model}.sizes": sizes, f"{model}.steps": after}
    return Reply((np.zeros(1),), seen={f"{model}": np.concatenate(batches), **more})


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
    batches, looks = _normal(*[32] * 11), np.eye(5, LENGTH, dtype=np.float32)
    wanted = {"sizes": np.array([32] * 11), "length": LENGTH}
    assert compare("codes", _reply(looks, *batches, looks, batches[0]), wanted) is None
    assert "384, 100] wanted" in str(
        compare("codes", _reply(*batches), {**wanted, "sizes": np.array([32] * 12)})
    )
    uniform = list(np.random.default_rng(3).random((11, 32, LENGTH)))
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


def _drawn(random: np.random.Generator, place: float, rows: int = 64) -> np.ndarray:
    """As many points at 0 as at `place`."""
    at = np.repeat([0.0, place], rows)
    return np.stack([at, random.random(2 * rows)], 1)


TRAINED = {"places": (1.5, 0.5), "steps": (2, 1), "rows": 64, "weights": 4, "models": 1}


def _critic(model: int = 0, **changes: np.ndarray) -> Reply:
    """A critic that is shown a batch for each step and one for each estimate, by name."""
    random = np.random.default_rng(model)
    places = {"s0": 1.5, "s1": 1.5, "e0": 1.5, "s2": 0.5, "e1": 0.5}
    shown = {name: _drawn(random, place) for name, place in places.items()} | changes
    return _reply(*shown.values(), model=model, steps=[0, 1, 2, 2, 3, 0, 0][: len(shown)])


RIGHT = [batch for batch in np.split(_critic().seen["0"], 5)]


@pytest.mark.parametrize(
    ("changes", "said", "mistake"),
    [
        ({}, None, {}),
        ({"look": _drawn(np.random.default_rng(9), 0.5, 3)}, None, {}),
        (
            {"s1": RIGHT[0]},
            "made step 2 with 0 new points at 0, 64 wanted",
            {"kept": ("steps",)},
        ),
        (
            {"e0": RIGHT[1], "e1": RIGHT[3]},
            "was shown, for the estimate, 0 new points at 1.5, 64 wanted",
            {"kept": ("estimates",)},
        ),
        (
            {"s0": _drawn(np.random.default_rng(9), 1.5, 65)},
            "was shown 65 points at 1.5 at once, 64 wanted",
            {},
        ),
        ({"s2": _drawn(np.random.default_rng(9), 0.4)},
         "made step 3 with 0 new points at 0.5, 64 wanted", {}),
        (
            {f"s{step}": RIGHT[step] ** [1, 9] for step in range(3)}
            | {"e0": RIGHT[2] ** [1, 8], "s2": RIGHT[3] ** [1, 8], "e1": RIGHT[4] ** [1, 9]},
            "was shown odd points: u of x is not uniform",
            {},
        ),
    ],
)  # fmt: skip
def test_points_that_critics_are_shown(
    changes: dict[str, np.ndarray], said: str | None, mistake: dict[str, Any]
) -> None:
    found = compare("trained", _critic(**changes), TRAINED)
    assert found is None if said is None else str(found).startswith(f"critic 1 {said}")
    if mistake:
        assert compare("trained", _critic(**changes), {**TRAINED, **mistake}) is None
        assert compare("trained", _critic(), {**TRAINED, **mistake})


def test_critics_and_their_steps_are_counted() -> None:
    both = Reply(seen={**_critic().seen, **_critic(1).seen})
    assert compare("trained", both, {**TRAINED, "models": 2}) is None
    assert compare("trained", both, TRAINED) == "2 critics were used, 1 wanted"
    wide = compare("trained", _critic(), {**TRAINED, "weights": 5})
    assert wide == "a critic has 4 weights, 5 wanted"
    more = compare("trained", _critic(), {**TRAINED, "steps": (2, 2)})
    assert more == "critic 1 made 3 steps, 4 wanted"


N = 1 << 11
HOSTILE: dict[str, dict[str, Any]] = {
    "rows": {"rows": np.zeros((1 << 17, 2)), "sizes": [1 << 17]},
    "batches": {"sizes": [0] * (1 << 17)},
    "sizes below 0": {"rows": np.zeros((N, 2)), "sizes": [N, -N] * (N // 2) + [N]},
    "sizes with two axes": {"sizes": np.zeros((1, 1 << 17), np.int8)},
    "sizes that are none": {"sizes": [np.nan]},
    "sizes that overflow": {"sizes": [1 << 62, 1 << 62, 1 << 62, 1 << 62]},
    "sizes of others": {"rows": np.zeros((9, 2)), "sizes": [8]},
    "one axis": {"rows": np.zeros(9), "sizes": [9]},
    "steps of others": {"rows": np.zeros((2, 2)), "sizes": [1, 1], "steps": [0]},
    "steps that are none": {"rows": np.zeros((1, 2)), "sizes": [1], "steps": [np.inf]},
}


@pytest.mark.parametrize("kind", ["fresh", "codes", "repeated", "trained", "batches"])
@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_training_loop_shows_is_not_looked_at(name: str, kind: str) -> None:
    odd = HOSTILE[name]
    sizes = np.asarray(odd["sizes"])
    seen = {
        "0": odd.get("rows", np.zeros((0, 2))), "0.sizes": sizes, "0.weights": np.array(4),
        "0.steps": np.asarray(odd.get("steps", np.zeros(sizes.shape, np.int64))),
    }  # fmt: skip
    wanted = {"sizes": np.array([1])}
    params = {"repeated": {}, "trained": TRAINED, "codes": {**wanted, "length": 2}}
    started = time.perf_counter()
    with pytest.raises(ValueError, match=r"compared|no batches|other rows"):
        compare(kind, Reply(seen=seen), params.get(kind, wanted))
    assert time.perf_counter() - started < 1


def test_weights_that_stay() -> None:
    start = {"a": np.zeros(4), "b": np.ones(2)}
    reply = Reply((np.zeros(1),), weights={"a": np.zeros(4), "b": np.array([1.0, 0])})
    assert compare("moved", reply, {"start": start}) is None
    still = Reply((np.zeros(1),), weights=start)
    assert compare("moved", still, {"start": start}) == "a, b: none of these has moved"
    assert compare("moved", still, {"start": {}}) is None
    assert compare("moved", Reply(), {"start": start}) == "there is no `a`"
