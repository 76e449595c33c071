"""The notebook of `densities`."""

from __future__ import annotations

from tests.mutants.book import Book

BOOK = Book(
    "densities",
    given=("imports", "settings", "model_class"),
    around='device = torch.device("cpu")',
    heavy=("train", "log_p_x"),
    promised=40,
)
body = BOOK.body
