"""All right and wrong solutions of `latent_space`."""

from tests.mutants.book import Right, Wrong

from . import (
    blocks_right,
    blocks_wrong,
    digits_right,
    digits_wrong,
    elbo_right,
    elbo_wrong,
    plots_right,
    plots_wrong,
    questions,
    svi_right,
    svi_wrong,
    top_right,
    top_wrong,
    train_right,
    train_wrong,
)

_RIGHT = (
    blocks_right, elbo_right, train_right, digits_right, plots_right, top_right, svi_right,
    questions,
)  # fmt: skip
_WRONG = (
    blocks_wrong, elbo_wrong, train_wrong, digits_wrong, plots_wrong, top_wrong, svi_wrong,
    questions,
)  # fmt: skip
RIGHT: tuple[Right, ...] = tuple(one for module in _RIGHT for one in module.RIGHT)
WRONG: tuple[Wrong, ...] = tuple(one for module in _WRONG for one in module.WRONG)
