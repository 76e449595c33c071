"""Task `train_wgan`: both losses of a Wasserstein GAN, and the loop that trains it with Adam.

L_V = penalty lp_reg - (mean V(x) - mean V(G(z))) and L_G = -mean V(G(z)) (Gulrajani et al. 2017,
algorithm 1, with the penalty of Petzka et al. 2018). Losses are compared with closed forms in
float64, the generator being the given one, see `networks`. In the loop, images do not depend on
codes, and the critic is linear: so two steps of the generator, with three of the critic before
each, are exact and compared, loss by loss and weight by weight, with Adam in float64, see `wgans`.

That codes come from N(0, I), one for each image, is judged with a learning rate of 0: then each
loss is a function of the codes of that step alone, and its distribution is known from a table. Of
two codes in a batch, normalisation leaves nothing but their angle, which is uniform.

Tolerance: Adam's steps are of length lr whatever the gradient; weights whose gradient is faint in
any step are left out, float32 costs up to 2 % of the others, hence 4 %, and one in twenty may be
off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans import networks, wgans
from autograder.checks.gans.critics import Critic, gives, of_length
from autograder.checks.gans.fixed_batch import any_batch_size
from autograder.checks.gans.networks import LATENT, PIXELS, State
from autograder.checks.gans.penalties import penalty as lipschitz
from autograder.checks.gans.wgans import Loop, StandIns, Trained
from autograder.student import Student
from vae_utils.stand_in import StandIn

PARTS = ("vf_wasserstein_distance", "lp_reg")
OWN = ("down1.bias", "score.weight")
SHARE, SPARE = 0.04, 0.05
WEIGHTS = tuple(name for names in wgans.COMPARED.values() for name in names)
GENERATOR = ("state.project.weight", "state.norm2.weight", "state.up3.bias")
CALLS, STEPS, FEW = 16, 12, 8

LossOf = Callable[[Tensor], Tensor]
"""The critic's loss for each batch [N], from codes."""


def _linear(draw: Draw) -> Critic:
    length = float(draw.uniform(1, low=2.0, high=3.0))
    return Critic(draw.uniform(1, low=-1.0, high=1.0)[0], of_length(draw, PIXELS, length))


def _of_images(draw: Draw) -> StandIns:
    """In place of both parts: linear functions of the pixels of x and y."""

    def drawn() -> StandIn:
        weights = [draw.uniform(PIXELS, low=-0.05, high=0.05) for _ in range(2)]
        terms = (draw.uniform(1, low=0.5, high=1.5)[0], *weights, None)
        return StandIn(("x", "y", "critic"), (terms,), plain=True, mean=True)

    return {name: drawn() for name in PARTS}


def _terms(critic: Critic, x: Tensor, y: Tensor, given: StandIns) -> tuple[Tensor, Tensor]:
    """The distance between two batches and the penalty, [] each."""
    apart, price = (given.get(name) for name in PARTS)
    distance = apart(x.double(), y, None) if apart else critic(x).mean() - critic(y).mean()
    return distance, price(x.double(), y, None) if price else lipschitz(critic.slopes(x))


def _wrong_losses(
    distance: Tensor, price: Tensor, weight: float, rows: int
) -> Iterator[Misconception]:
    hint = "The distance has the wrong sign: the critic makes it large, so the loss is minus it."
    yield gives("critic_ascent", hint, weight * price + distance)
    hint = "The penalty has the wrong sign: it is to be paid."
    yield gives("penalty_rewarded", hint, -weight * price - distance)
    yield gives("loss_sign", "The whole loss has the wrong sign.", distance - weight * price)
    yield gives("penalty_forgotten", "The penalty is missing.", -distance)
    yield gives("distance_forgotten", "The distance is missing.", weight * price)
    hint = "The weight of the penalty is not the one that was asked for."
    for other in (1.0, 10.0, 50.0):
        yield gives("penalty_ignored", hint, other * price - distance)
    hint = "The loss is a mean over the batch, not a sum."
    yield gives("summed", hint, rows * (weight * price - distance))
    yield gives("summed", hint, weight * price - rows * distance)


def _must_be_critic_loss(
    student: Student,
    state: State,
    critic: Critic,
    x: Tensor,
    z: Tensor,
    given_weight: tuple[float, ...],
    given: StandIns,
) -> None:
    y = networks.generate(state, z)
    distance, price = _terms(critic, x, y, given)
    weight = (*given_weight, 10.0)[0]
    args = (networks.generator_instance(state), critic.stand_in(), x, z, *given_weight)
    with any_batch_size():
        answer = student.call("critic_loss", *args, stand_ins=given)
    mistakes = _wrong_losses(distance, price, weight, len(x))
    answer.must("number", {"expected": weight * price - distance}, mistakes)


def _codes(draw: Draw, rows: int) -> Tensor:
    return draw.uniform(rows, LATENT, low=-1.5, high=1.5)


@worth(1.5)
def test_the_critic_loss(student: Student, draw: Draw) -> None:
    """Penalty minus distance, for five images and for two, with weights of 7 and of 10."""
    parts = _of_images(draw)
    for rows, weight in ((5, (7.0,)), (2, ())):
        state, critic = networks.generator(draw), _linear(draw)
        x, z = networks.images(draw, rows, low=0.2), _codes(draw, rows)
        claim = partial(_must_be_critic_loss, student, state, critic, x, z, weight)
        student.given(parts, claim)


def _critic_slopes(critic: Critic, x: Tensor, y: Tensor, weight: float) -> dict[str, Tensor]:
    leaf = critic.weight.double().requires_grad_(True)
    variable = Critic(critic.bias, leaf)
    distance, price = _terms(variable, x, y, {})
    (found,) = torch.autograd.grad(weight * price - distance, [leaf])
    return {"arg1.weight_x0": found}


def _stand_in_slopes(given: StandIns, weight: float) -> dict[str, Tensor]:
    """What reaches the biases of stand-ins."""
    slopes = dict(zip(PARTS, (-1.0, weight), strict=True))
    return {f"{name}.0": torch.tensor(slopes[name], dtype=torch.float64) for name in given}


@worth(1)
def test_whom_the_critic_loss_reaches(student: Student, draw: Draw) -> None:
    """Its gradient reaches the critic, and not the generator."""
    state, critic = networks.generator(draw), _linear(draw)
    x, z, weight = networks.images(draw, 4), _codes(draw, 4), 7.0
    y = networks.generate(state, z)

    def claim(given: StandIns) -> None:
        answer = student.call(
            "critic_loss", networks.generator_instance(state), critic.stand_in(), x, z, weight,
            cotangents=(torch.ones(()),), constants=(2, 3), stand_ins=given,
        )  # fmt: skip
        own = _critic_slopes(critic, x, y, weight) if not given else {}
        expected = own | _stand_in_slopes(given, weight)
        lost = {"names": ("arg1.weight_x0", *(f"{name}.0" for name in given)), "shape": ()}
        hint = "No gradient reaches the critic: only the generator's part belongs under no_grad."
        cut = Misconception("no_gradient_to_the_critic", hint, lost, kind="unreached")
        answer.must("gradients", {"expected": expected, "atol": 1e-4, "rtol": 2e-3}, [cut])
        hint = "A gradient reaches the generator: G(z) is data to the critic (no_grad, or detach)."
        reached = {"names": GENERATOR}
        through = Misconception("gradient_to_the_generator", hint, reached, kind="reaches")
        answer.must("unreached", {"names": GENERATOR}, [through])

    student.given(_of_images(draw), claim)


def _bent(draw: Draw) -> Critic:
    """Of images, with values that differ from code to code."""
    critic = _linear(draw)
    middle = critic.linear(torch.full((1, PIXELS), 0.5)).float()[0]
    return Critic(critic.bias - middle + 0.5, critic.weight, 0.3)


def _wrong_generator_losses(values: Tensor) -> Iterator[Misconception]:
    hint = "The sign is turned: the generator wants V(G(z)) to be large, so its loss is minus that."
    yield gives("generator_ascent", hint, values.mean())
    yield gives("summed", "The loss is a mean over the batch, not a sum.", -values.sum())
    yield gives("not_averaged", "One number is wanted: the mean over the batch.", -values)


@worth(1.25)
def test_the_generator_loss(student: Student, draw: Draw) -> None:
    """Minus the mean of V(G(z)), for five codes and for two."""
    for rows in (5, 2):
        state, critic, z = networks.generator(draw), _bent(draw), _codes(draw, rows)
        values = critic(networks.generate(state, z))
        answer = student.call(
            "generator_loss", networks.generator_instance(state), critic.stand_in(), z
        )
        answer.must("number", {"expected": -values.mean()}, _wrong_generator_losses(values))


@worth(0.75)
def test_whom_the_generator_loss_reaches(student: Student, draw: Draw) -> None:
    """Its gradient passes through the critic into all layers of the generator."""
    state, critic, z = networks.generator(draw), _bent(draw), _codes(draw, 4)
    leaves = {name: w.double().requires_grad_(True) for name, w in state.items()}
    loss = -critic(networks.generate(leaves, z)).mean()
    found = torch.autograd.grad(loss, list(leaves.values()))
    expected = {f"state.{name}": g for name, g in zip(leaves, found, strict=True)}
    answer = student.call(
        "generator_loss", networks.generator_instance(state), critic.stand_in(), z,
        cotangents=(torch.ones(()),), constants=(2,),
    )  # fmt: skip
    hint = "No gradient reaches the generator: nothing may cut it off here (no_grad, detach)."
    cut = Misconception(
        "no_gradient_to_the_generator", hint, {"names": GENERATOR, "shape": ()}, kind="unreached"
    )
    answer.must("gradients", {"expected": expected, "rtol": 5e-3, "atol": 2e-3}, [cut])


def _of_weights(draw: Draw, state: State) -> StandIns:
    """In place of both parts: o + o^2 / 4, averaged, with o around 1 a linear function of pixels
    and of some of the critic's weights."""

    def drawn() -> StandIn:
        pixels = [draw.uniform(PIXELS, low=-0.02, high=0.02) for _ in range(2)]
        weights = [draw.uniform(state[name].numel(), low=-0.5, high=0.5) for name in OWN]
        start = sum(float(state[n].flatten() @ w) for n, w in zip(OWN, weights, strict=True))
        terms = (torch.tensor(1.0 - start), *pixels, None, *weights)
        return StandIn(("x", "y", "critic"), (terms,), plain=True, bend=0.25, mean=True, own=OWN)

    return {name: drawn() for name in PARTS}


def _close(weights: State, loop: Loop) -> dict[str, Any]:
    return {"expected": weights, "atol": SHARE * loop.lr, "spare": SPARE}


def _wrong_weights(train: Callable[[Loop], Trained], loop: Loop) -> Iterator[Misconception]:
    for name, hint, way in wgans.wrong(loop):
        if way != loop:
            yield Misconception(name, hint, _close(train(way).weights, loop))


def _wrong_returns(right: Trained, loop: Loop) -> Iterator[Misconception]:
    def gives(name: str, hint: str, *values: Tensor) -> Misconception:
        return Misconception(name, hint, {"expected": values})

    each = "Return one float for each step of the generator: the last of the critic's losses."
    every = right.critic_losses
    rows = torch.stack(every).view(loop.steps, loop.critic_steps)
    yield gives("every_loss", each, *every)
    yield gives("first_losses", each, *rows[:, 0])
    yield gives("averaged_losses", each, *rows.mean(1))
    yield gives("generator_losses", "Return the critic's losses.", *right.generator_losses)
    yield gives("losses_negative", "Return the losses, not minus them.", *(-rows[:, -1]))
    yield gives("only_last_loss", each, rows[-1, -1])
    yield gives("only_last_loss", each, rows[-1, -1][None])
    yield gives("losses_in_a_tensor", "A list of floats is wanted: loss.item().", rows[:, -1])


def _must_train(
    student: Student,
    states: dict[str, State],
    batches: tuple[Tensor, ...],
    loop: Loop,
    options: tuple[Any, ...],
    given: StandIns,
) -> None:
    train = partial(wgans.run, states, batches, given=given)
    right = train(loop=loop)
    loader = tuple((x, torch.arange(len(x))) for x in batches)
    with any_batch_size():
        answer = student.call(
            "train_wgan", networks.generator_instance(states["generator"]),
            networks.critic_instance(states["critic"]), loader, loop.steps, *options,
            stand_ins=given, weights=WEIGHTS,
        )  # fmt: skip
    mistakes = _wrong_weights(lambda way: train(loop=way), loop)
    answer.must("weights", _close(right.weights, loop), mistakes)
    last = right.critic_losses[loop.critic_steps - 1 :: loop.critic_steps]
    answer.must_equal(*last, misconceptions=_wrong_returns(right, loop), rtol=1e-3, atol=2e-3)


def _train(student: Student, draw: Draw, sizes: tuple[int, ...], loop: Loop, *options: Any) -> None:
    states = {
        "generator": networks.blind(networks.generator(draw)),
        "critic": networks.critic(draw),
    }
    batches = tuple(
        networks.images(draw, rows, 0.2 * number, 0.2 * number + 0.5)
        for number, rows in enumerate(sizes)
    )
    given = _of_weights(draw, states["critic"])
    student.given(given, partial(_must_train, student, states, batches, loop, options))


@worth(3)
def test_two_steps(student: Student, draw: Draw) -> None:
    """Two steps of the generator, each after three of the critic, with the next batch for each."""
    loop = Loop(2, 3, 5e-4, 4.0)
    _train(student, draw, (4, 3, 4, 2), loop, loop.critic_steps, loop.lr, loop.penalty)


@worth(1)
def test_as_it_comes(student: Student, draw: Draw) -> None:
    """Without further arguments: five steps of the critic, lr 1e-4, a penalty of weight 10."""
    _train(student, draw, (3, 2, 4), Loop(2))


def _faintly_coded(draw: Draw) -> State:
    """A Generator(1, 1) whose images shift a little with codes, and hardly bend: what the first
    normalisation is given is so small that its EPS rules, and length and sign of a code count."""
    state = networks.generator(draw, 1, 1)
    state["project.weight"] = state["project.weight"] * 1e-3
    state["norm1.weight"] = state["norm1.weight"] * 0.3
    state["norm1.bias"] = state["norm1.bias"] + 1.0
    return state


def _levels(count: int = 401) -> Tensor:
    """Equally probable numbers between 0 and 1."""
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def _table(values: Tensor, count: int) -> dict[str, Any]:
    """The distribution of lists of `count` losses, from equally probable ones [N]."""
    ordered, slack = values.sort().values, 1 / len(values)
    levels = _levels(len(values))
    return {"values": ordered, "cdf": levels, "calls": CALLS, "count": count, "slack": slack}


def _loss_of_codes(state: State, critic: State, x: Tensor, given: StandIns, z: Tensor) -> Tensor:
    """The critic's loss on x [B, ...] and each N batches of B codes, z [N B, 1], as [N]."""
    rows = len(x)
    y = networks.generate(state, z, rows)
    apart, price = (given.get(name) for name in PARTS)
    if apart:
        distance = _stood_in(apart, critic, x, y)
    else:
        of_y = networks.value(critic, y).view(-1, rows).mean(1)
        distance = networks.value(critic, x).mean() - of_y
    if price:
        return 10 * _stood_in(price, critic, x, y) - distance
    return 10 * lipschitz(networks.slope(critic)).detach() - distance


def _stood_in(stand_in: StandIn, critic: State, x: Tensor, y: Tensor) -> Tensor:
    """What a stand-in of `_of_weights` gives for x and each batch of y, [N]."""
    known = [term.double() for term in stand_in.maps[0] if term is not None]
    bias, of_x, of_y, *weights = known
    own = [critic[name].double().flatten() @ w for name, w in zip(OWN, weights, strict=True)]
    o = (y.flatten(1) @ of_y).view(-1, len(x)) + x.double().flatten(1) @ of_x + bias + sum(own)
    return (o + stand_in.bend * o**2).mean(1)


def _of_codes(
    student: Student,
    state: State,
    critic: State,
    x: Tensor,
    codes: Tensor,
    steps: int,
    mistakes: Callable[[LossOf], Iterator[Misconception]],
    chosen: StandIns,
) -> None:
    """Hold that losses on x, with a learning rate of 0, are distributed as those of these codes."""
    loss = partial(_loss_of_codes, state, critic, x, chosen)
    answer = student.call(
        "train_wgan", networks.generator_instance(state, 1, 1),
        networks.critic_instance(critic, 1), ((x, torch.arange(len(x))),), steps, 1, 0.0,
        repeat=CALLS, stand_ins=chosen,
    )  # fmt: skip
    answer.must("listed", _table(loss(codes), steps), mistakes(loss))


def _wrong_laws(loss: LossOf) -> Iterator[Misconception]:
    """Of one code for each batch."""
    hint = "The codes are uniform numbers (rand); they are normal (randn)."
    for low in (0.0, -1.0):
        values = low + (1 - low) * _levels()[:, None]
        yield Misconception("uniform_codes", hint, _table(loss(values), STEPS))
    hint = "The codes are all zero: draw them with torch.randn."
    zero = loss(torch.zeros(1, 1)).expand(STEPS, CALLS)
    expected = {"expected": tuple(zero), "rtol": 1e-6, "atol": 1e-6}
    yield Misconception("codes_of_zero", hint, expected, kind="equal")
    hint = "The codes come again: draw new ones for each step."
    yield Misconception("codes_kept", hint, {}, kind="stuck")


@worth(1)
def test_the_codes(student: Student, draw: Draw) -> None:
    """With a learning rate of 0 and batches of one image, losses tell that each code is normal,
    and a new one in each step."""
    state, critic = _faintly_coded(draw), networks.critic(draw, 1)
    normal = math.sqrt(2) * torch.erfinv(2 * _levels() - 1)[:, None]
    x = networks.images(draw, 1)
    claim = partial(_of_codes, student, state, critic, x, normal, STEPS, _wrong_laws)
    student.given(_of_weights(draw, critic), claim)


def _shared_codes(loss: LossOf) -> Iterator[Misconception]:
    """Of two codes for each batch: were they the same, only their sign would count."""
    hint = "The images of a batch share one code: as many codes are wanted as there are images."
    two = loss(torch.tensor([1.0, 1.0, -1.0, -1.0])[:, None])
    near = 0.02 * float((two[1] - two[0]).abs())
    params = {"values": two, "calls": CALLS, "count": FEW, "atol": near, "share": 0.8}
    yield Misconception("one_code_for_all", hint, params, kind="among")


@worth(0.5)
def test_a_code_for_each_image(student: Student, draw: Draw) -> None:
    """With batches of two images, losses tell that each image has a code of its own."""
    state, critic = networks.generator(draw, 1, 1), networks.critic(draw, 1)
    angles = 2 * torch.pi * _levels()
    pairs = torch.stack([angles.cos(), angles.sin()], 1).view(-1, 1)
    x = networks.images(draw, 2)
    claim = partial(_of_codes, student, state, critic, x, pairs, FEW, _shared_codes)
    student.given(_of_weights(draw, critic), claim)
