"""All right and wrong solutions of `gans`."""

from tests.mutants.book import Right, Wrong

from . import (
    distances_right,
    distances_wrong,
    explore_right,
    explore_wrong,
    toy_right,
    toy_wrong,
    train_right,
    train_wrong,
)

RIGHT: tuple[Right, ...] = (
    *distances_right.RIGHT,
    *toy_right.RIGHT,
    *train_right.RIGHT,
    *explore_right.RIGHT,
)
WRONG: tuple[Wrong, ...] = (
    *distances_wrong.WRONG,
    *toy_wrong.WRONG,
    *train_wrong.WRONG,
    *explore_wrong.WRONG,
)
