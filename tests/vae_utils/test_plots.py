"""Each picture shows what it was given, refuses other shapes, and appears once in a notebook."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from nbclient import NotebookClient
from threadpoolctl import threadpool_info, threadpool_limits
from torch import Tensor, nn

import vae_utils
from vae_utils import plot_losses, visualize_embeddings, visualize_mnist, visualize_vae_samples
from vae_utils.data import TensorLoader

TEN = torch.arange(10).repeat(6)


def pictures(figure: Figure, columns: int = 5) -> list[np.ndarray]:
    """Images of a grid, [28, 28] each, without the cells that stayed empty."""
    (axes,) = figure.axes
    (mosaic,) = axes.images
    whole = np.ma.filled(mosaic.get_array(), np.nan)
    assert mosaic.get_clim() == (0, 1)
    across = (whole.shape[1] - 28) // max(columns - 1, 1)
    tops = [top for top in range(whole.shape[0] - 27) if starts(whole[:, 0], top)]
    cells = [
        whole[top : top + 28, column * across :][:, :28]
        for top in tops
        for column in range(columns)
    ]
    return [cell for cell in cells if not np.isnan(cell).all()]


def starts(edge: np.ndarray, place: int) -> bool:
    """Whether an image begins there, after a gap."""
    return bool(np.isfinite(edge[place]) and (place == 0 or np.isnan(edge[place - 1])))


def titles(figure: Figure) -> list[str]:
    """What stands over the images, in reading order."""
    (axes,) = figure.axes
    placed = sorted(axes.texts, key=lambda text: (text.get_position()[1], text.get_position()[0]))
    return [text.get_text() for text in placed]


def loader(shuffle: bool = False, size: int = 60) -> TensorLoader:
    images = torch.arange(size).view(-1, 1, 1, 1).expand(-1, 1, 28, 28) / size
    return TensorLoader(images, torch.arange(size) % 10, batch_size=7, shuffle=shuffle)


class Shadow(nn.Module):
    """An encoder whose means are the first pixels, and whose logsigma is useless."""

    def encoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :5], torch.full((len(x), 5), torch.nan)


def clusters() -> Tensor:
    """Images [60, 784] whose first pixels tell the digit, with a little noise."""
    x = torch.zeros(60, 784)
    x[:, :5] = torch.randn(10, 5)[TEN] * 10 + 0.01 * torch.randn(60, 5)
    return x


def first_two_pixels(vae: Any, x: Tensor) -> Tensor:
    return x[:, :2]


def curves(figure: Figure) -> tuple[np.ndarray, ...]:
    each, mean = figure.axes[0].lines
    assert (each.get_label(), mean.get_label()) == ("each step", "running mean")
    return np.asarray(each.get_xdata()), np.asarray(each.get_ydata()), np.asarray(mean.get_ydata())


def dots(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(group.get_offsets()) for group in figure.axes[0].collections]


def test_the_grid_shows_the_loaders_images_under_their_labels() -> None:
    figure = visualize_mnist(loader(), num_rows=3, num_cols=4)
    assert titles(figure) == [str(i % 10) for i in range(12)]
    assert [p[0, 0] for p in pictures(figure, columns=4)] == pytest.approx(
        [i / 60 for i in range(12)]
    )


def test_a_shuffling_loader_shows_random_images_with_the_right_labels() -> None:
    figure = visualize_mnist(loader(shuffle=True))
    numbers = [round(float(p[0, 0]) * 60) for p in pictures(figure)]
    assert numbers != list(range(10))
    assert titles(figure) == [str(n % 10) for n in numbers]


@pytest.mark.parametrize("convert", [Tensor.clone, Tensor.numpy, Tensor.requires_grad_])
def test_samples_are_shown_as_they_are(convert: Callable[[Tensor], Any]) -> None:
    samples = torch.rand(12, 28, 28)
    figure = visualize_vae_samples(convert(samples))
    np.testing.assert_array_equal(pictures(figure), samples[:10].detach())


def test_too_few_samples_leave_cells_empty() -> None:
    figure = visualize_vae_samples(torch.rand(3, 28, 28))
    assert len(pictures(figure)) == 3
    assert figure.axes[0].images[0].get_array().shape[0] > 2 * 28  # the second row is there


def test_a_grid_of_one_cell_works() -> None:
    assert len(pictures(visualize_vae_samples(torch.rand(3, 28, 28), 1, 1), columns=1)) == 1


def test_embed_gives_the_coordinates_and_the_labels_the_groups() -> None:
    calls = []

    def embed(vae: Any, x: Tensor) -> Tensor:
        calls.append((vae, tuple(x.shape)))
        return x[:, :2]

    vae, x = Shadow(), torch.rand(60, 1, 28, 28)
    groups = dots(visualize_embeddings(vae, x, TEN, embed))
    assert calls == [(vae, (60, 784))]
    for digit, group in enumerate(groups):
        np.testing.assert_allclose(group, x.flatten(1)[digit == TEN, :2])


def test_the_legend_names_ten_digits_even_if_some_are_missing() -> None:
    figure = visualize_embeddings(Shadow(), torch.rand(5, 784), torch.ones(5), first_two_pixels)
    handles, names = figure.axes[0].get_legend_handles_labels()
    assert figure.axes[0].get_legend() is not None
    assert names == list("0123456789")
    assert len({str(handle.properties()["facecolor"]) for handle in handles}) == 10


def test_images_go_to_the_device_of_the_vae() -> None:
    devices = []

    def embed(vae: Any, x: Tensor) -> Tensor:
        devices.append(x.device.type)
        return torch.zeros(len(x), 2)

    visualize_embeddings(nn.Linear(1, 1, device="meta"), torch.rand(9, 784), torch.ones(9), embed)
    assert devices == ["meta"]


@pytest.mark.slow
def test_one_latent_dimension_has_no_principal_plane_and_still_repeats() -> None:
    class Narrow(nn.Module):
        def encoder(self, x: Tensor) -> tuple[Tensor, None]:
            return x[:, :1], None

    x = torch.rand(20, 784)
    first, second = (dots(visualize_embeddings(Narrow(), x, TEN[:20])) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("value", "said"), [(0.5, "the same for all images"), (float("nan"), "not finite")]
)
def test_a_collapsed_encoder_is_an_error_and_no_crash_of_python(value: float, said: str) -> None:
    class Collapsed(nn.Module):
        def encoder(self, x: Tensor) -> tuple[Tensor, None]:
            return torch.full((len(x), 2), value), None

    with pytest.raises(ValueError, match=said):
        visualize_embeddings(Collapsed(), torch.rand(20, 784), TEN[:20])


def test_tsne_keeps_digits_with_equal_means_together() -> None:
    groups = dots(visualize_embeddings(Shadow(), clusters(), TEN))
    centres = np.array([group.mean(0) for group in groups])
    for digit, group in enumerate(groups):
        distances = np.linalg.norm(group[:, None] - centres, axis=2)
        assert (distances.argmin(1) == digit).all()


def test_flat_and_square_images_give_the_same_tsne_every_time() -> None:
    x = clusters()
    flat = visualize_embeddings(Shadow(), x, TEN)
    square = visualize_embeddings(Shadow(), x.view(-1, 1, 28, 28), TEN)
    np.testing.assert_array_equal(dots(flat), dots(square))


def test_tsne_takes_one_thread_and_gives_the_others_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.manifold import TSNE

    def threads() -> dict[str, int]:
        found = [pool for pool in threadpool_info() if pool["user_api"] == "openmp"]
        return {pool["filepath"]: pool["num_threads"] for pool in found}

    def watched(tsne: TSNE, means: np.ndarray) -> np.ndarray:
        during.append(threads())
        return means[:, :2]

    during: list[dict[str, int]] = []
    monkeypatch.setattr(TSNE, "fit_transform", watched)
    with threadpool_limits(2, user_api="openmp"):
        before = threads()
        visualize_embeddings(Shadow(), clusters(), TEN)
        assert threads() == before and set(before.values()) == {2}
    assert [set(counts.values()) for counts in during] == [{1}]


def test_the_losses_and_their_running_mean_are_drawn_over_the_steps() -> None:
    losses = [float(i % 2) for i in range(500)]
    steps, each, mean = curves(plot_losses(losses))
    np.testing.assert_array_equal(steps, np.arange(1, 501))
    np.testing.assert_array_equal(each, losses)
    assert mean[:2] == pytest.approx([3 / 6, 3 / 7])  # the window is cut at the ends
    assert mean[250] == pytest.approx(6 / 11)


def test_a_constant_loss_has_the_same_running_mean_up_to_the_ends() -> None:
    _, _, mean = curves(plot_losses([2.0] * 300))
    np.testing.assert_allclose(mean, 2.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: visualize_vae_samples(torch.rand(10, 784)),
            "Samples: found shape [10, 784], wanted [N, 28, 28]"
            " (flat samples need samples.view(-1, 28, 28)).",
        ),
        (
            lambda: visualize_mnist([(torch.rand(9, 784), torch.ones(9))]),
            "A batch of images: found shape [9, 784], wanted [B, 1, 28, 28].",
        ),
        (lambda: visualize_mnist([]), "The loader is empty: there is no image to show."),
        (
            lambda: visualize_mnist(loader(), num_rows=0),
            "A grid of 0 rows and 5 columns shows nothing.",
        ),
        (
            lambda: visualize_embeddings(Shadow(), torch.rand(9, 28, 28), torch.ones(9)),
            "Images: found shape [9, 28, 28], wanted [B, 784] ([B, 1, 28, 28] works as well).",
        ),
        (
            lambda: visualize_embeddings(Shadow(), torch.rand(9, 784), torch.ones(8)),
            "Labels: found shape [8], wanted [9].",
        ),
        (
            lambda: visualize_embeddings(
                Shadow(), torch.rand(9, 784), torch.ones(9), lambda vae, x: x[:, :3]
            ),
            "Coordinates: found shape [9, 3], wanted [9, 2].",
        ),
        (lambda: plot_losses([]), "Losses have shape [0]; wanted [steps], at least one."),
    ],
)
def test_a_wrong_shape_is_named_with_the_one_wanted(
    call: Callable[[], Figure], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.slow
def test_a_notebook_shows_every_figure_once() -> None:
    cells = [
        "from vae_utils import plot_losses\nplot_losses([3, 2, 1])",
        "plot_losses([3, 2, 1])\nprint('after it')",
        "figure = plot_losses([3, 2, 1])",
        "figure",
        "plot_losses([3, 2]); plot_losses([2, 1])",
    ]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    root = {"metadata": {"path": str(Path(vae_utils.__file__).parents[1])}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=root).execute()
    shown = [
        sum("image/png" in output.get("data", {}) for output in cell.outputs)
        for cell in notebook.cells
    ]
    assert shown == [1, 1, 1, 1, 2]
    assert not any(output.get("name") == "stderr" for c in notebook.cells for output in c.outputs)
