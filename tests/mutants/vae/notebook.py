"""The notebook of `vae`."""

from __future__ import annotations

from tests.mutants.book import Book

_AROUND = """
device = torch.device("cpu")
train_loader = [(torch.rand(batch_size, 1, 28, 28), torch.zeros(batch_size)) for _ in range(12)]
"""
BOOK = Book(
    "vae",
    given=("imports", "settings", "model_class"),
    around=_AROUND,
    heavy=("embeddings",),  # t-SNE
    promised=40,
)
ASSIGNMENT = BOOK.assignment
body, namespace, student = BOOK.body, BOOK.namespace, BOOK.student
judged, checks_of, run = BOOK.judged, BOOK.checks_of, BOOK.run
