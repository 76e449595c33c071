"""The reference notebook of `gans`."""

from tests.mutants.book import Book

BOOK = Book(
    "gans",
    given=("imports", "settings", "toy_critic", "helpers", "networks"),
    around='device = torch.device("cpu")',
    heavy=("toy", "train_wgan"),
    promised=40,
)
