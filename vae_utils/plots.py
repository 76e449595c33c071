"""The pictures of the course: digits, samples, embeddings and the falling loss.

Drawing libraries are imported where they are used: together they cost seconds that a notebook
should pay with its first picture, not with its first import.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

SIDE = 28  # pixels of an image
GAP, TITLE = 2, 10  # pixels between images of a grid, and between its rows under titles
INCHES = 1.3  # an image of a grid


def visualize_mnist(
    loader: Iterable[tuple[Tensor, Tensor]], num_rows: int = 2, num_cols: int = 5
) -> "Figure":
    """Show a grid of images with their labels; a shuffling loader gives other ones every time.

    Args:
        loader: yields (x [B, 1, 28, 28] in [0, 1], y [B]), as `load_mnist` returns.
        num_rows: rows of the grid.
        num_cols: columns of the grid.

    Raises:
        ValueError: batches of another shape, or a grid without cells.
    """
    count = _cells(num_rows, num_cols)
    xs, ys, found = [], [], 0
    for x, y in loader:
        _insist_on_shape("A batch of images", x, ("B", 1, 28, 28))
        xs.append(x)
        ys.append(y)
        found += len(x)
        if found >= count:
            break
    if not xs:
        raise ValueError("The loader is empty: there is no image to show.")
    titles = [str(int(label)) for label in torch.cat(ys)[:count]]
    return _image_grid(_to_numpy(torch.cat(xs)[:count, 0]), num_rows, num_cols, titles)


def visualize_vae_samples(
    samples: "Tensor | np.ndarray", num_rows: int = 2, num_cols: int = 5
) -> "Figure":
    """Show the first samples of a VAE in a grid; cells without a sample stay empty.

    Args:
        samples: images [N, 28, 28] in [0, 1], on any device.
        num_rows: rows of the grid.
        num_cols: columns of the grid.

    Raises:
        ValueError: samples of another shape, or a grid without cells.
    """
    count = _cells(num_rows, num_cols)
    _insist_on_shape(
        "Samples", samples, ("N", 28, 28), "flat samples need samples.view(-1, 28, 28)"
    )
    return _image_grid(_to_numpy(samples)[:count], num_rows, num_cols)


def visualize_embeddings(
    vae: Any,
    x: Tensor,
    y: Tensor,
    embed: Callable[[Any, Tensor], Any] | None = None,
) -> "Figure":
    """Scatter one batch in the plane, coloured by digit: similar images should lie together.

    Without `embed` the coordinates are a t-SNE (van der Maaten and Hinton, 2008) of the posterior
    means, started from their first two principal components so that runs look alike.

    Args:
        vae: module with `encoder(x [B, 784]) -> (mu [B, L], logsigma [B, L])`.
        x: images, [B, 784] or [B, 1, 28, 28].
        y: labels 0..9, [B].
        embed: `embed(vae, x [B, 784]) -> [B, 2]`, which then gives the coordinates; its x lies on
            the device of the vae.

    Raises:
        ValueError: x, y, mu or the coordinates have another shape, or mu is not finite or the same
            for all images.
    """
    flat = _flatten(x).to(_device_of(vae))
    labels = _to_numpy(y)
    _insist_on_shape("Labels", labels, (len(flat),))
    points = _to_numpy((embed or _embed)(vae, flat))
    _insist_on_shape("Coordinates", points, (len(flat), 2))
    return _scatter(points, labels)


def plot_losses(losses: Sequence[float]) -> "Figure":
    """Plot the loss of every step (nats per image) and, on top, its running mean.

    Raises:
        ValueError: `losses` is empty or not one number a step.
    """
    import numpy as np

    values = np.asarray(losses, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"Losses have shape {list(values.shape)}; wanted [steps], at least one.")
    figure, axes = _plot(7, 3.5)
    steps = np.arange(1, len(values) + 1)
    axes.plot(steps, values, color="#9ecae1", linewidth=0.8, label="each step")
    axes.plot(steps, _running_mean(values), color="#08519c", linewidth=1.8, label="running mean")
    axes.set(xlabel="step", ylabel="loss: -ELBO [nats per image]")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def _image_grid(
    images: "np.ndarray", num_rows: int, num_cols: int, titles: Sequence[str] = ()
) -> "Figure":
    """All images as one: matplotlib takes ten times as long for as many axes."""
    gap = TITLE if titles else GAP
    whole = _mosaic(images, num_rows, num_cols, gap)
    height, width = whole.shape
    inches = INCHES / SIDE
    figure, axes = _plot(inches * width, inches * (height + gap))
    axes.set_axis_off()
    axes.imshow(whole, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    for number, title in enumerate(titles):
        row, column = divmod(number, num_cols)
        place = column * (SIDE + GAP) + SIDE / 2, row * (SIDE + gap) - GAP
        axes.text(*place, title, ha="center", va="bottom", fontsize="large")
    return figure


def _mosaic(images: "np.ndarray", num_rows: int, num_cols: int, gap: int) -> "np.ndarray":
    """Images in rows, `gap` pixels between rows; what no image covers is NaN, which stays blank."""
    import numpy as np

    tall, wide = SIDE + gap, SIDE + GAP
    whole = np.full((num_rows * tall - gap, num_cols * wide - GAP), np.nan, dtype=np.float32)
    for number, image in enumerate(images):
        row, column = divmod(number, num_cols)
        whole[row * tall :, column * wide :][:SIDE, :SIDE] = image
    return whole


def _scatter(points: "np.ndarray", labels: "np.ndarray") -> "Figure":
    import seaborn as sns

    figure, axes = _plot(7, 6)
    for digit, colour in enumerate(sns.color_palette("tab10", 10)):
        horizontal, vertical = points[labels == digit].T
        axes.scatter(horizontal, vertical, s=14, color=colour, linewidths=0, label=str(digit))
    # Distances mean something in t-SNE only near by, and the axes mean nothing.
    axes.set(xticks=[], yticks=[])
    axes.legend(
        title="digit", loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2, frameon=False
    )
    sns.despine(figure, left=True, bottom=True)
    return figure


def _plot(width: float, height: float) -> tuple["Figure", Any]:
    """A pyplot figure of that many inches that a notebook cell shows once, last line or not."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    _show_once(figure)
    return figure, axes


def _show_once(figure: "Figure") -> None:
    """Let Jupyter draw the figure once and not twice in a cell.

    Jupyter draws the value of the last expression, and when the cell ends every pyplot figure that
    is still open. Whichever comes first therefore closes the figure.
    """
    import matplotlib.pyplot as plt

    def display() -> None:
        if "inline" in plt.get_backend():
            plt.close(figure)
        raise NotImplementedError  # IPython's sign for "draw it as usual"

    figure._ipython_display_ = display  # type: ignore[attr-defined]


@torch.no_grad()
def _embed(vae: Any, x: Tensor) -> "np.ndarray":
    """t-SNE of the posterior means, [B, 2]."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    means = vae.encoder(x)[0]
    _insist_on_shape("vae.encoder(x)[0]", means, (len(x), "L"))
    if not means.isfinite().all():
        raise ValueError("vae.encoder(x)[0] holds values that are not finite: nothing to embed.")
    if (means == means[0]).all():  # scikit-learn would divide by zero, and crash
        raise ValueError("vae.encoder(x)[0] is the same for all images: nothing to embed.")
    start = "pca" if means.shape[1] > 1 else "random"
    # Half of scikit-learn's 1,000 iterations, and coarser forces between points far apart: of 1,000
    # points the picture is as good, in a third of the time.
    tsne = TSNE(
        perplexity=min(30, (len(x) - 1) / 3), init=start, max_iter=500, angle=0.8, random_state=0
    )
    # An iteration is so short that threads mostly wait for each other: two save a quarter on an
    # idle machine, and on a busy one they take several times as long as one.
    with threadpool_limits(limits=1, user_api="openmp"):
        return tsne.fit_transform(_to_numpy(means))


def _flatten(x: Tensor) -> Tensor:
    if x.ndim == 4:
        _insist_on_shape("Images", x, ("B", 1, 28, 28))
        return x.flatten(1)
    _insist_on_shape("Images", x, ("B", 784), "[B, 1, 28, 28] works as well")
    return x


def _device_of(vae: Any) -> torch.device:
    first = next(vae.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _to_numpy(values: Any) -> "np.ndarray":
    import numpy as np

    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def _running_mean(values: "np.ndarray") -> "np.ndarray":
    """Mean of a window around each step, about a fiftieth of the run, cut off at both ends."""
    import numpy as np

    window = np.ones(2 * (len(values) // 100) + 1)
    sums = np.convolve(values, window, mode="same")
    return sums / np.convolve(np.ones_like(values), window, mode="same")


def _cells(num_rows: int, num_cols: int) -> int:
    if num_rows < 1 or num_cols < 1:
        raise ValueError(f"A grid of {num_rows} rows and {num_cols} columns shows nothing.")
    return num_rows * num_cols


def _insist_on_shape(what: str, values: Any, wanted: Sequence[int | str], advice: str = "") -> None:
    """Letters in `wanted` stand for any length."""
    found = tuple(values.shape)
    fits = len(found) == len(wanted) and all(
        isinstance(want, str) or want == length for want, length in zip(wanted, found, strict=True)
    )
    if not fits:
        shape = ", ".join(map(str, wanted))
        hint = f" ({advice})" if advice else ""
        raise ValueError(f"{what}: found shape {list(found)}, wanted [{shape}]{hint}.")
