"""All assignments with their right and wrong solutions."""

from __future__ import annotations

import pytest

from tests.mutants.book import SEEDS, Book, Right, Wrong

from .densities import blocks_right as densities_right
from .densities import blocks_wrong as densities_wrong
from .densities import mc_right, mc_wrong, model_right, model_wrong
from .densities.notebook import BOOK as DENSITIES
from .from_scratch import blocks_right as scratch_right
from .from_scratch import blocks_wrong as scratch_wrong
from .from_scratch import training_right, training_wrong
from .from_scratch.notebook import BOOK as FROM_SCRATCH
from .gans import solutions as gans
from .gans.notebook import BOOK as GANS
from .latent_space import solutions as latent_space
from .latent_space.notebook import BOOK as LATENT_SPACE
from .vae import right as vae_right
from .vae import wrong as vae_wrong
from .vae.notebook import BOOK as VAE

BOOKS = (VAE, DENSITIES, LATENT_SPACE, FROM_SCRATCH, GANS)
WRONG: tuple[Wrong, ...] = (
    *vae_wrong.WRONG,
    *densities_wrong.WRONG,
    *mc_wrong.WRONG,
    *model_wrong.WRONG,
    *latent_space.WRONG,
    *scratch_wrong.WRONG,
    *training_wrong.WRONG,
    *gans.WRONG,
)
RIGHT: tuple[Right, ...] = (
    *vae_right.RIGHT,
    *densities_right.RIGHT,
    *mc_right.RIGHT,
    *model_right.RIGHT,
    *latent_space.RIGHT,
    *scratch_right.RIGHT,
    *training_right.RIGHT,
    *gans.RIGHT,
)
TASKS = tuple((book, task) for book in BOOKS for task in book.tasks)


def _few_heavy(cases: tuple) -> list:
    """All cases but for most of those that take long; the judge's slow tests take them all."""
    return [case for i, case in enumerate(cases) if case.task not in case.book.heavy or i % 6 == 0]


def _a_part(most: int) -> list[Wrong]:
    """Wrong solutions of every assignment: each third, and at most so many, evenly spread."""
    own = [[wrong for wrong in WRONG if wrong.book is book] for book in BOOKS]
    return [one for many in own for one in many[:: max(3, -(-len(many) // most))]]


def _name(book: Book) -> str:
    return book.name


every_wrong = pytest.mark.parametrize("wrong", WRONG, ids=str)
most_wrong = pytest.mark.parametrize("wrong", _few_heavy(WRONG), ids=str)
some_wrong = pytest.mark.parametrize("wrong", WRONG[::6], ids=str)
# Judged with all tasks of its notebook, each takes seconds; `make proof` takes every one.
proved_wrong = pytest.mark.parametrize("wrong", WRONG if SEEDS >= 100 else _a_part(12), ids=str)
taped_wrong = pytest.mark.parametrize(
    "wrong", WRONG if SEEDS >= 100 else _few_heavy(WRONG), ids=str
)
every_right = pytest.mark.parametrize("right", RIGHT, ids=str)
most_right = pytest.mark.parametrize("right", _few_heavy(RIGHT), ids=str)
some_right = pytest.mark.parametrize("right", RIGHT[::6], ids=str)
every_book = pytest.mark.parametrize("book", BOOKS, ids=_name)
every_task = pytest.mark.parametrize(
    ("book", "task"), TASKS, ids=[f"{book.name}, {task}" for book, task in TASKS]
)
