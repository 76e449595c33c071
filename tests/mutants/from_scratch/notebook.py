"""The notebook of `from_scratch`."""

from __future__ import annotations

from tests.mutants.book import Book

_DATA = """
def black_and_white(grey):
    return (np.random.rand(*grey.shape) < grey).astype(float)
test_images = train_images = np.zeros((4, data_dim))
batches = [train_images]
"""
BOOK = Book(
    "from_scratch",
    given=("imports", "settings", "networks", "initial_weights", "gradient", "show_images"),
    around=_DATA,
    promised=40,
)
