"""Stand-ins for wrong parts: plain maps that replace a model's methods for one call."""

from __future__ import annotations

import types
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from autograder.wire import pack, unpack
from vae_utils.calls import Call, Instance, Reply, call_from_json
from vae_utils.compare_values import equal, gradients
from vae_utils.evaluating import answer, evaluate
from vae_utils.stand_in import FAINTEST, StandIn
from vae_utils.standing_in import _method

WEIGHT = torch.tensor([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]])
BIAS = torch.tensor([10.0, 20.0])
PART = StandIn(("x",), ((BIAS, WEIGHT),))


class Model(nn.Module):
    """A model whose part is wrong and whose whole is right."""

    def part(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("wrong")

    def whole(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * self.part(x).sum(-1)


def _call(**more: object) -> Call:
    return Call(
        "whole", (Instance("Model"), torch.ones(4, 3)), True, stand_ins={"part": PART}, **more
    )


def test_an_affine_map() -> None:
    assert torch.equal(PART(torch.ones(1, 3)), torch.tensor([[11.5, 22.0]]))
    assert torch.equal(PART(torch.ones(3)), torch.tensor([11.5, 22.0]))
    assert PART(torch.ones(5, 4, 3)).shape == (5, 4, 2)
    image = StandIn(("x",), ((BIAS, torch.ones(6, 2)),))
    assert image(torch.ones(4, 1, 2, 3)).shape == (4, 2)  # as long as its pixels fit


def test_two_inputs_in_any_spelling_and_two_outputs() -> None:
    one = torch.ones(2)
    both = StandIn(("a", "b"), ((torch.tensor(0.0), one, -one), (BIAS, torch.eye(2), torch.eye(2))))
    a, b = torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0, 5.0]])
    for given in (both(a, b), both(a, b=b), both(b=b, a=a)):
        assert given[0].tolist() == [-7.0] and given[1].tolist() == [[16.0, 27.0]]


def test_a_ramp_stays_between_its_bounds_in_either_precision() -> None:
    ramp = StandIn(("z",), ((torch.zeros(2), torch.eye(2)),), ramp=True)
    z = torch.tensor([[-9.0, 0.25]])
    for precise in (z, z.double()):
        assert ramp(precise).tolist()[0] == pytest.approx([FAINTEST, 0.75])
        assert ramp(precise).dtype == precise.dtype


def test_noise_is_uniform_new_at_every_call_and_can_be_left_out() -> None:
    noisy = StandIn(("z",), ((torch.zeros(1), torch.eye(1)),), noise=0.5)
    z = torch.zeros(20_000, 1)
    values = noisy(z)
    assert values.abs().max() <= 0.5 and abs(float(values.std()) - 0.5 / 3**0.5) < 0.01
    assert not torch.equal(values, noisy(z))
    assert torch.equal(noisy.without_noise()(z), z)


def test_a_bend_adds_a_part_of_the_square() -> None:
    bent = StandIn(("x",), ((BIAS, WEIGHT),), bend=-0.5)
    straight = PART(torch.ones(1, 3))
    assert torch.equal(bent(torch.ones(1, 3)), straight - 0.5 * straight**2)


def test_a_mean_runs_over_rows_and_comes_last() -> None:
    x = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 4.0]])
    mean = StandIn(("x",), ((torch.tensor(1.0), torch.ones(3)),), bend=1.0, mean=True)
    assert float(mean(x)) == (2 + 4 + 7 + 49) / 2
    assert StandIn(("x",), ((BIAS, WEIGHT),), mean=True)(x).shape == (2,)


def test_a_scale_multiplies_what_all_else_gives() -> None:
    x = torch.ones(2, 3)
    bent = StandIn(("x",), ((BIAS, WEIGHT),), bend=0.5, mean=True)
    assert torch.equal(replace(bent, scale=-2.0)(x), -2 * bent(x))


def test_a_call_puts_it_in_the_place_of_a_method_for_that_call_only() -> None:
    namespace = {"Model": Model}
    reply = evaluate(_call(), namespace)
    assert np.array_equal(reply.outputs[0], torch.full((4,), 67.0))
    failed = evaluate(Call("whole", (Instance("Model"), torch.ones(4, 3)), True), namespace)
    assert failed.failure is not None and failed.failure.text == "wrong"


def test_it_is_found_under_every_name_of_the_method_and_gone_afterwards() -> None:
    def whole(self: Model, x: torch.Tensor) -> torch.Tensor:
        return Model.part(self, x) + part(self, other=x)  # type: ignore[name-defined]  # noqa: F821

    namespace = {"Model": type("Model", (Model,), {"whole": whole, "part": Model.part})}
    namespace["part"] = namespace["Model"].part  # type: ignore[attr-defined]
    before = namespace["part"]
    made = types.FunctionType(whole.__code__, namespace)
    namespace["Model"].whole = made  # type: ignore[attr-defined]
    reply = evaluate(_call(), namespace)
    assert np.array_equal(reply.outputs[0], 2 * PART(torch.ones(4, 3)))
    assert namespace["part"] is before and namespace["Model"].part is before  # type: ignore[attr-defined]


def test_a_missing_method_is_missing_again_afterwards() -> None:
    namespace = {"Model": type("Model", (nn.Module,), {"whole": Model.whole})}
    assert evaluate(_call(), namespace).failure is None
    assert not hasattr(namespace["Model"], "part")


def test_gradients_reach_its_bias() -> None:
    reply = evaluate(_call(cotangents=(torch.ones(4),)), {"Model": Model})
    assert reply.gradients["part.0"].tolist() == [8.0, 8.0]
    assert reply.gradients["arg1"].tolist() == (2 * WEIGHT.sum(1)).expand(4, 3).tolist()


def test_it_travels_with_the_call() -> None:
    content, data = pack(_call())
    from safetensors.numpy import load

    back = call_from_json(content, load(data).__getitem__).stand_ins["part"]
    assert back.parameters == PART.parameters and torch.equal(back.maps[0][1], WEIGHT)
    found, _ = answer(content, data, {"Model": Model})
    assert found["failure"] is None


def _wrong(x: torch.Tensor) -> torch.Tensor:
    raise RuntimeError("wrong")


def _plain_notebook() -> dict[str, object]:
    notebook: dict[str, object] = {"part": _wrong}
    exec("def whole(x):\n    return 2 * part(x).sum(-1)", notebook)
    return notebook


def test_a_plain_one_takes_the_place_of_a_function_for_that_call_only() -> None:
    notebook = _plain_notebook()
    plain = StandIn(("x",), ((BIAS, WEIGHT),), plain=True)
    call = Call("whole", (torch.ones(4, 3),), stand_ins={"part": plain})
    assert np.array_equal(evaluate(call, notebook).outputs[0], torch.full((4,), 67.0))
    assert notebook["part"] is _wrong
    failure = evaluate(Call("whole", (torch.ones(4, 3),)), notebook).failure
    assert failure and failure.text == "wrong"


def test_a_plain_one_for_a_function_that_is_missing_leaves_none_behind() -> None:
    notebook = _plain_notebook()
    del notebook["part"]
    plain = StandIn(("x",), ((BIAS, WEIGHT),), plain=True)
    call = Call("whole", (torch.ones(4, 3),), stand_ins={"part": plain})
    assert not evaluate(call, notebook).failure and "part" not in notebook


def test_a_function_that_hung_before_stops_whoever_calls_it() -> None:
    notebook = _plain_notebook()
    failure = evaluate(Call("whole", (torch.ones(4, 3),), disabled=("part",)), notebook).failure
    assert failure and failure.kind == "Hung" and "`part`" in failure.text
    assert notebook["part"] is _wrong


class Line(nn.Module):
    """One weight, which a function of the notebook may change."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(2))
        self.other = nn.Parameter(torch.zeros(1))


def test_a_call_tells_the_weights_that_were_asked_for_as_they_are_afterwards() -> None:
    def fit(model: Line) -> float:
        model.slope.data += 3
        return 0.5

    call = Call("fit", (Instance("Line", (), {"slope": torch.ones(2)}),), weights=("slope",))
    content, data = pack(call)
    reply = unpack(*answer(content, data, {"Line": Line, "fit": fit}), limit=1 << 20)
    assert list(reply.weights) == ["slope"]
    assert np.array_equal(reply.weights["slope"], torch.full((2,), 4.0))


TRAINED = StandIn(
    ("x",),
    ((torch.tensor(0.0), torch.ones(3), torch.tensor([2.0, 3.0])),),
    mean=True,
    own=("slope",),
)


def _fit(model: Line, x: torch.Tensor) -> float:
    """A step along the gradient of `score`."""
    value = model.score(x=x)
    value.backward()
    model.slope.data += model.slope.grad
    return value.item()


def test_one_with_weights_of_the_model_can_be_trained() -> None:
    namespace = {"Line": type("Line", (Line,), {}), "fit": _fit}
    model = Instance("Line", (), {"slope": torch.tensor([1.0, 10.0])})
    call = Call("fit", (model, torch.ones(4, 3)), stand_ins={"score": TRAINED}, weights=("slope",))
    content, data = pack(call)
    reply = unpack(*answer(content, data, namespace), limit=1 << 20)
    assert reply.failure is None and float(reply.outputs[0]) == 3 + 2 + 30
    assert reply.weights["slope"].tolist() == [3.0, 13.0]
    assert not hasattr(namespace["Line"], "score")


def test_weights_are_flattened_and_told_apart_from_inputs() -> None:
    given, x = {"slope": torch.tensor([1.0, 10.0])}, torch.zeros(2, 3)
    assert float(TRAINED(x, **given)) == float(TRAINED(other=x, **given)) == 32.0
    wide = type("Wide", (nn.Module,), {})()
    wide.slope = nn.Parameter(torch.tensor([[1.0], [10.0]]))
    assert _method(TRAINED)(wide, x).item() == 32.0


def slope(x: torch.Tensor, critic: object) -> torch.Tensor:
    """What a check asks of a function that is handed a function."""
    x = x.detach().requires_grad_(True)
    (found,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return found.square().sum()


CRITIC = StandIn(("x",), ((torch.tensor(0.5), torch.tensor([2.0, -1.0])),), bend=1.0)


def test_a_stand_in_may_be_an_argument_and_crosses_the_wire() -> None:
    call = Call("slope", (torch.ones(1, 2), CRITIC))
    content, data = pack(call)
    reply = unpack(*answer(content, data, {"slope": slope}), 1 << 20)
    assert reply.outputs[0].tolist() == 16 * 5  # 1 + 2 o = 4 with o = 1.5, times |w|^2
    assert evaluate(call, {"slope": slope}).outputs[0].tolist() == 80


def test_second_derivatives_reach_the_weights_of_an_argument() -> None:
    call = Call("slope", (torch.ones(1, 2), CRITIC), cotangents=(torch.tensor(1.0),))
    found = evaluate(call, {"slope": slope}).gradients
    # (1 + 2 o)^2 |w|^2 with o = b + w x. Its slope for b is 4 (1 + 2 o) |w|^2, and for w that
    # times x, plus 2 (1 + 2 o)^2 w.
    assert found["arg1.bias0"].tolist() == 80
    assert found["arg1.weight_x0"].tolist() == [80 + 16 * 4, 80 - 16 * 2]
    assert "arg0" not in found  # the function takes it as data


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("arg2", "argument 2"),
        ("arg1.0.1", "argument 1[0][1]"),
        ("arg2.bias0", "the bias of argument 2"),
        ("arg2.weight_x0", "the weights of argument 2"),
        ("state.up3.bias", "up3.bias"),
    ],
)
def test_a_gradient_that_gets_lost_is_named_for_a_reader(name: str, readable: str) -> None:
    problem = gradients(Reply(), expected={name: np.ones(1)})
    assert problem == f"no gradient reaches {readable}"


def test_constants_are_no_variables() -> None:
    def needs(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        assert y.requires_grad and not x.requires_grad
        return (x * y).sum()

    ones = torch.ones(2)
    call = Call("f", (ones, ones), cotangents=(torch.tensor(1.0),), constants=(0,))
    assert list(evaluate(call, {"f": needs}).gradients) == ["arg1"]


def test_a_function_stands_in_with_weights_of_the_model_among_its_arguments() -> None:
    def fit(line: nn.Module, x: torch.Tensor) -> torch.Tensor:
        loss = distance(x, line)  # noqa: F821
        loss.backward()
        return line.slope.grad

    class Line(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slope = nn.Parameter(torch.zeros(2))

    terms = (torch.tensor(0.0), torch.tensor([1.0, 1.0]), None, torch.tensor([3.0, 4.0]))
    part = StandIn(("x", "critic"), (terms,), plain=True, mean=True, own=("slope",))
    namespace = {"fit": types.FunctionType(fit.__code__, (names := {})), "Line": Line}
    names |= namespace
    call = Call("fit", (Instance("Line"), torch.ones(3, 2)), stand_ins={"distance": part})
    assert evaluate(call, names).outputs[0].tolist() == [3, 4]
    assert "distance" not in names


@pytest.mark.parametrize(
    ("got", "wanted", "said"),
    [
        (-102.96, -103.04, "is -102.96, -103.04 wanted"),
        (1.5, 2.5, "is 1.5, 2.5 wanted"),
        (1.00001, 1.00002, "is 1.00001, 1.00002 wanted"),
    ],
)
def test_numbers_that_differ_are_shown_to_differ(got: float, wanted: float, said: str) -> None:
    problem = equal(Reply((np.array(got),)), expected=(np.array(wanted),), rtol=0.0, atol=0.0)
    assert said in (problem or "")
