"""The reference notebook of `latent_space`, with cells replaced."""

from tests.mutants.book import Book

BOOK = Book(
    "latent_space",
    given=("imports", "settings", "model_class", "show_digit"),
    around='device = torch.device("cpu")',
    heavy=("train", "samples_figure", "latent_scatter", "interpolation", "svi"),
    promised=40,
)
