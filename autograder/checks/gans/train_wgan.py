"""Task `train_wgan`: both losses of a Wasserstein GAN, and the loop that trains it with Adam.

L_V = penalty lp_reg - (mean V(x) - mean V(G(z))) and L_G = -mean V(G(z)) (Gulrajani et al. 2017,
algorithm 1, with the penalty of Petzka et al. 2018). Losses are compared with closed forms in
float64, the generator being the given one, see `networks`. In the loop, images do not depend on
codes, and the critic is linear: so two steps of the generator, with three of the critic before
each, are exact and compared, loss by loss and weight by weight, with Adam in float64, see `wgans`.

That codes come from N(0, I), new ones for each step and one for each image, is judged by what the
generator is given, see `codes`.

Tolerance: Adam's steps are of length lr whatever the gradient; weights whose gradient is faint in
any step are left out, float32 costs up to 2 % of the others, hence 4 %, and one in twenty may be
off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, Misconception, worth
from autograder.checks.gans import networks, wgans
from autograder.checks.gans.between import must_pay_in_between
from autograder.checks.gans.codes import (
    BIASES,
    LATENT,
    STEPS,
    WIDTH,
    bent_critic,
    sizes,
    wrong_laws,
    wrong_sizes,
)
from autograder.checks.gans.critics import Critic, of_length
from autograder.checks.gans.networks import PIXELS, State
from autograder.checks.gans.penalties import penalty as lipschitz
from autograder.checks.gans.wgan_mistakes import (
    wrong_generator_losses,
    wrong_losses,
    wrong_returns,
)
from autograder.checks.gans.wgans import PARTS, Loop, StandIns, Trained, of_weights
from autograder.checks.mistakes import any_batch_size
from autograder.student import Student
from vae_utils.stand_in import StandIn

BATCH = 32  # the notebook's batch_size
SHARE, SPARE = 0.04, 0.05
ROWS, CRITIC_STEPS = (32, 28, 26), 3  # of the loader whose codes are looked at
WEIGHTS = tuple(name for names in wgans.COMPARED.values() for name in names)
GENERATOR = ("state.project.weight", "state.norm2.weight", "state.up3.bias")


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
    with any_batch_size(BATCH):
        answer = student.call("critic_loss", *args, stand_ins=given)
    mistakes = wrong_losses(distance, price, weight, len(x))
    answer.must("number", {"expected": weight * price - distance}, mistakes)


def _codes(draw: Draw, rows: int) -> Tensor:
    return draw.uniform(rows, networks.LATENT, low=-1.5, high=1.5)


@worth(1.5)
def test_the_critic_loss(student: Student, draw: Draw) -> None:
    """Penalty minus distance, for five images and for two, with weights of 7 and of 10."""
    parts = _of_images(draw)
    for rows, weight in ((5, (7.0,)), (2, ())):
        state, critic = networks.generator(draw), _linear(draw)
        x, z = networks.images(draw, rows, low=0.2), _codes(draw, rows)
        claim = partial(_must_be_critic_loss, student, state, critic, x, z, weight)
        student.given(parts, claim)
    student.given(parts, partial(must_pay_in_between, student, draw))


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


@worth(1.25)
def test_the_generator_loss(student: Student, draw: Draw) -> None:
    """Minus the mean of V(G(z)), for five codes and for two."""
    for rows in (5, 2):
        state, critic, z = networks.generator(draw), _bent(draw), _codes(draw, rows)
        values = critic(networks.generate(state, z))
        answer = student.call(
            "generator_loss", networks.generator_instance(state), critic.stand_in(), z
        )
        answer.must("number", {"expected": -values.mean()}, wrong_generator_losses(values))


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


def _close(weights: State, loop: Loop) -> dict[str, Any]:
    return {"expected": weights, "atol": SHARE * loop.lr, "spare": SPARE}


def _wrong_weights(train: Callable[[Loop], Trained], loop: Loop) -> Iterator[Misconception]:
    for name, hint, way in wgans.wrong(loop):
        if way != loop:
            yield Misconception(name, hint, _close(train(way).weights, loop))


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
    with any_batch_size(BATCH):
        answer = student.call(
            "train_wgan", networks.generator_instance(states["generator"]),
            networks.critic_instance(states["critic"]), loader, loop.steps, *options,
            stand_ins=given, weights=WEIGHTS,
        )  # fmt: skip
    mistakes = _wrong_weights(lambda way: train(loop=way), loop)
    answer.must("weights", _close(right.weights, loop), mistakes)
    last = right.critic_losses[loop.critic_steps - 1 :: loop.critic_steps]
    answer.must_equal(*last, misconceptions=wrong_returns(right, loop), rtol=1e-3, atol=2e-3)


def _train(student: Student, draw: Draw, sizes: tuple[int, ...], loop: Loop, *options: Any) -> None:
    states = {
        "generator": networks.blind(networks.generator(draw)),
        "critic": networks.critic(draw),
    }
    batches = tuple(
        networks.images(draw, rows, 0.2 * number, 0.2 * number + 0.5)
        for number, rows in enumerate(sizes)
    )
    given = of_weights(draw, states["critic"])
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


@worth(1.5)
def test_the_codes(student: Student, draw: Draw) -> None:
    """Each step of either network has new codes, independent normal numbers, one for each image;
    and all of the critic's layers learn."""
    state, critic = networks.generator(draw, LATENT, WIDTH), bent_critic(draw)
    batches = tuple(networks.images(draw, rows) for rows in ROWS)
    loader = tuple((x, torch.arange(len(x))) for x in batches)
    right = sizes(ROWS, CRITIC_STEPS)

    def claim(given: StandIns) -> None:
        with any_batch_size(BATCH):
            answer = student.call(
                "train_wgan", networks.generator_instance(state, LATENT, WIDTH),
                networks.critic_instance(critic, WIDTH), loader, STEPS, CRITIC_STEPS, 1e-4,
                stand_ins=given, watched="Generator", weights=BIASES,
            )  # fmt: skip
        wanted = right.all()
        answer.must("fresh", {"sizes": wanted}, wrong_sizes(right, BATCH))
        answer.must("codes", {"sizes": wanted, "length": LATENT}, wrong_laws())
        if not given:
            start = {name: critic[name] for name in BIASES}
            hint = "Some weights do not learn: give Adam all of critic.parameters()."
            frozen = Misconception("biases_frozen", hint, {"start": {}})
            answer.must("moved", {"start": start}, [frozen])

    student.given(of_weights(draw, critic), claim)
