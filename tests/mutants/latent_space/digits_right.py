"""Right figures of digits, in the many ways in which students draw them."""

from __future__ import annotations

from tests.mutants.book import Right

from .notebook import BOOK

_MEANS = """
z = torch.randn(count, 2)
theta = torch.sigmoid(model.decoder(z)).detach()
"""
_BOTH = _MEANS + "x = sample_bernoulli(theta)\n"


def variants(
    task: str, function: str, *table: tuple[str, str], before: str = ""
) -> tuple[Right, ...]:
    """Right solutions of a function from name and lines, behind the lines `before`."""
    short = function.removesuffix("_figure")
    rows = ((f"{short}, {name}", before + lines) for name, lines in table)
    return BOOK.right(task, *rows, function=function)


SAMPLES = variants(
    "samples_figure",
    "samples_figure",
    ("plt.subplot, axis off, gcf", """
plt.figure(figsize=(count, 2))
for i in range(count):
    plt.subplot(2, count, i + 1)
    plt.imshow(theta[i].view(28, 28), cmap="gray")
    plt.axis("off")
    plt.subplot(2, count, count + i + 1)
    plt.imshow(x[i].view(28, 28), cmap="gray")
    plt.axis("off")
return plt.gcf()
"""),
    ("nothing returned, plt.show", """
for i, image in enumerate(torch.cat([theta, x])):
    plt.subplot(2, count, i + 1)
    plt.imshow(image.numpy().reshape(28, 28), "gray_r", interpolation="nearest")
    plt.xticks([])
    plt.yticks([])
plt.tight_layout()
plt.show()
"""),
    ("add_subplot, the list of axes returned", """
fig = plt.figure()
axes = []
for i in range(2 * count):
    ax = fig.add_subplot(2, count, i + 1, xticks=[], yticks=[])
    ax.imshow((theta if i < count else x)[i % count].reshape(28, 28))
    axes.append(ax)
return axes
"""),
    ("GridSpec, inverted greys", """
from matplotlib.gridspec import GridSpec
fig = plt.figure(figsize=(10, 3), layout="constrained")
grid = GridSpec(2, count, figure=fig, wspace=0.02, hspace=0.02, height_ratios=[1, 2])
for column in range(count):
    for row, image in enumerate((theta[column], x[column])):
        ax = fig.add_subplot(grid[row, column])
        ax.matshow(1 - image.view(28, 28), cmap="gray", vmin=0, vmax=1)
        ax.tick_params(left=False, top=False, bottom=False, labelleft=False, labeltop=False,
                       labelbottom=False)
fig.suptitle("10 new digits")
return fig, fig.axes
"""),
    ("subplot_mosaic", """
fig, axes = plt.subplot_mosaic([[f"m{i}" for i in range(count)], [f"s{i}" for i in range(count)]])
for i in range(count):
    axes[f"m{i}"].imshow(255 * theta[i].view(28, 28), cmap="bone", vmin=0, vmax=255)
    axes[f"s{i}"].imshow(255 * x[i].view(28, 28), cmap="bone")
for ax in axes.values():
    ax.axis("off")
return axes
"""),
    ("add_axes", """
fig = plt.figure(figsize=(count, 2.2))
for i in range(count):
    for bottom, image in ((0.52, theta[i]), (0.02, x[i])):
        ax = fig.add_axes([i / count, bottom, 0.9 / count, 0.42])
        show_digit(ax, image)
        ax.set_title(f"{i}")
plt.close(fig)
return fig
"""),
    ("one image", """
rows = [torch.cat(list(images.view(-1, 28, 28)), dim=1) for images in (theta, x)]
fig, ax = plt.subplots()
ax.imshow(torch.cat(rows), cmap="Greys")
ax.axis("off")
return ax
"""),
    ("an image with frames, RGB", """
padded = F.pad(torch.cat([theta, x]).view(-1, 1, 28, 28), (2, 0, 2, 0), value=0.5)
whole = padded.view(2, count, 30, 30).transpose(1, 2).reshape(60, 30 * count)
whole = F.pad(whole, (0, 2, 0, 2), value=0.5).expand(3, -1, -1)
plt.figure(figsize=(count, 2))
plt.axis("off")
return plt.imshow(whole.permute(1, 2, 0))
"""),
    ("bytes in blocks", """
import numpy as np
images = (255 * torch.cat([theta, x])).numpy().astype(np.uint8).reshape(2, count, 28, 28)
image = np.block([[images[r, c] for c in range(count)] for r in range(2)])
fig = plt.figure()
fig.add_axes([0, 0, 1, 1], frameon=False, xticks=[], yticks=[]).imshow(image, cmap="gray")
return fig
"""),
    ("bytes in panels", """
fig, axes = plt.subplots(2, count)
for i in range(count):
    axes[0, i].imshow((theta[i] * 255).round().byte().view(28, 28), cmap="gray")
    axes[1, i].imshow(x[i].bool().view(28, 28), cmap="gray")
[ax.set(xticks=[], yticks=[]) for ax in axes.flat]
return fig
"""),
    ("bytes, cut off", """
fig, axes = plt.subplots(2, count, squeeze=False)
for column in range(count):
    axes[0, column].imshow((theta[column] * 255).to(torch.uint8).view(28, 28), cmap="gray")
    axes[1, column].imshow((x[column] * 255).to(torch.uint8).view(28, 28), cmap="gray")
for ax in axes.flatten():
    ax.xaxis.set_visible(False)
    ax.yaxis.set_visible(False)
return axes
"""),
    ("a mesh", """
fig, axes = plt.subplots(2, count, sharex=True, sharey=True, squeeze=False)
for i in range(count):
    axes[0, i].pcolormesh(theta[i].view(28, 28).flip(0), cmap="gray", vmin=0, vmax=1)
    axes[1, i].pcolormesh(range(29), range(28, -1, -1), x[i].view(28, 28), cmap="gray")
for ax in fig.axes:
    ax.set_axis_off()
    ax.set_aspect("equal")
return fig
"""),
    ("from below", """
fig, axes = plt.subplots(2, count, squeeze=False)
for row, images in zip(axes, (theta, x)):
    for ax, image in zip(row, images):
        ax.imshow(image.view(28, 28).flip(0), cmap="gray", origin="lower")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel("a digit")
axes[0, 0].set_ylabel("means")
return fig
"""),
    ("a figure in each row", """
fig = plt.figure(layout="constrained")
for part, images, title in zip(fig.subfigures(2, 1), (theta, x), ("means", "samples")):
    part.suptitle(title)
    for ax, image in zip(part.subplots(1, count), images):
        show_digit(ax, image)
return part
"""),
    ("a strip in each row", """
for i, images in enumerate((theta, x)):
    plt.subplot(2, 1, i + 1)
    strip = torch.cat([F.pad(image.view(28, 28), (1, 1, 1, 1)) for image in images], 1)
    plt.imshow(strip, cmap="gray")
    plt.title("means" if i == 0 else "samples")
    plt.axis("off")
plt.show()
return plt.gcf()
"""),
    ("a colour bar", """
fig, axes = plt.subplots(2, count, constrained_layout=True)
for i in range(count):
    shown = axes[0, i].imshow(theta[i].view(28, 28), cmap="viridis", vmin=0, vmax=1)
    axes[1, i].imshow(x[i].view(28, 28), aspect="auto", extent=(0, 1, 0, 1))
for ax in axes.ravel():
    ax.axis(False)
fig.colorbar(shown, ax=axes)
return fig
"""),
    before=_BOTH,
)  # fmt: skip

CODES = variants(
    "samples_figure",
    "samples_figure",
    ("codes one by one", """
fig, axes = plt.subplots(2, count, figsize=(15, 3))
with torch.no_grad():
    for k in range(count):
        theta = torch.sigmoid(model.decoder(torch.randn(1, model.latent_dim))).squeeze(0)
        show_digit(axes[0][k], theta)
        show_digit(axes[1][k], torch.bernoulli(theta))
return fig
"""),
    ("own sampler", """
zeros = torch.zeros(count, latent_dim, device=device)
logits = model.decoder(sample_diag_gaussian(zeros, zeros))
fig, ax = plt.subplots(2, count)
for i in range(count):
    mean = 1 / (1 + torch.exp(-logits[i]))
    show_digit(ax[0, i], mean)
    show_digit(ax[1, i], sample_bernoulli(mean))
return fig
"""),
    ("torch.normal, a seed", """
torch.manual_seed(0)
means = model.decoder(torch.normal(0.0, 1.0, size=(count, 2))).sigmoid().detach().numpy()
fig, axes = plt.subplots(nrows=2, ncols=count)
for ax, mean in zip(axes[0], means):
    ax.imshow(mean.reshape(28, 28), cmap="gray")
    ax.axis("off")
for ax, mean in zip(axes[1], means):
    ax.imshow(torch.rand(28, 28).numpy() < mean.reshape(28, 28), cmap="gray")
    ax.axis("off")
return fig
"""),
    ("NumPy", """
import numpy as np
z = torch.from_numpy(np.random.normal(size=(count, 2))).float()
theta = torch.sigmoid(model.decoder(z)).detach().numpy().astype(np.float64)
fig, axes = plt.subplots(2, count)
for i in range(count):
    axes[0, i].imshow(theta[i].reshape(28, 28), cmap="gray", vmin=0, vmax=1)
    axes[1, i].imshow(np.random.binomial(1, theta[i]).reshape(28, 28), cmap="gray")
for ax in axes.reshape(-1):
    ax.set(xticks=[], yticks=[])
return fig
"""),
)  # fmt: skip

DRAWS = variants(
    "samples_figure",
    "draws_figure",
    ("plt.subplot, a counter", """
k = 1
for mean in theta:
    for image in (mean, *(sample_bernoulli(mean) for _ in range(samples))):
        plt.subplot(count, samples + 1, k)
        plt.imshow(image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
        plt.axis("off")
        k += 1
"""),
    ("all at once, one image", """
x = sample_bernoulli(theta[:, None].expand(-1, samples, -1))
images = torch.cat([theta[:, None], x], 1).view(count, 1 + samples, 28, 28)
image = images.permute(0, 2, 1, 3).reshape(28 * count, 28 * (1 + samples))
fig, ax = plt.subplots(figsize=(1 + samples, count))
ax.imshow(image, cmap="gray")
ax.set_axis_off()
return fig
"""),
    ("a wide first column", """
fig = plt.figure(figsize=(8, 2 * count))
grid = fig.add_gridspec(count, 1 + samples, width_ratios=[2] + [1] * samples)
for i, mean in enumerate(theta):
    ax = fig.add_subplot(grid[i, 0])
    ax.set_title(f"mean {i}")
    show_digit(ax, mean)
    for j in range(samples):
        show_digit(fig.add_subplot(grid[i, j + 1]), (torch.rand(784) <= mean).float())
return fig
"""),
    ("column by column", """
fig, axes = plt.subplots(count, samples + 1, sharex="all", sharey="all")
columns = [theta] + [torch.bernoulli(theta) for _ in range(samples)]
for c, images in enumerate(columns):
    for r in range(count):
        axes[r, c].imshow(images[r].unflatten(0, (28, 28)), cmap="binary")
        axes[r, c].tick_params(which="both", length=0, labelbottom=False, labelleft=False)
plt.subplots_adjust(wspace=0, hspace=0)
return fig, axes
"""),
    before=_MEANS,
)  # fmt: skip

INTERPOLATE = variants(
    "interpolation",
    "interpolate",
    ("lerp", """
if alpha < 0 or alpha > 1:
    raise ValueError("alpha must be between 0 and 1")
return torch.lerp(z_b, z_a, float(alpha))
"""),
    ("assert", """
assert 0.0 <= alpha <= 1.0, "alpha must be between 0 and 1"
return z_b + alpha * (z_a - z_b)
"""),
    ("alpha as a tensor", """
alpha = torch.as_tensor(alpha, dtype=z_a.dtype, device=z_a.device)
if (alpha < 0).any() or (alpha > 1).any():
    raise ValueError
return z_a * alpha + z_b * (1 - alpha)
"""),
    ("einsum, clamp compared", """
import numpy as np
if np.clip(alpha, 0, 1) != alpha:
    raise ValueError(f"alpha = {alpha}")
both = torch.stack([z_a, z_b])
return torch.einsum("k,k...->...", torch.tensor([alpha, 1 - alpha], dtype=both.dtype), both)
"""),
)  # fmt: skip

WAYS = variants(
    "interpolation",
    "interpolation_figure",
    ("tensors as alpha", """
fig, axes = plt.subplots(len(images_a), steps)
with torch.no_grad():
    z_a, z_b = model.encoder(images_a)[0], model.encoder(images_b)[0]
    for j, alpha in enumerate(torch.linspace(1, 0, steps)):
        images = torch.sigmoid(model.decoder(interpolate(z_a, z_b, alpha)))
        for i in range(len(images_a)):
            show_digit(axes[i, j], images[i])
            axes[i, j].set_title(f"{alpha:.1f}")
return fig
"""),
    ("without the function, one image", """
a, b = model.encoder(images_a)[0], model.encoder(images_b)[0]
alpha = torch.linspace(0, 1, steps).flip(0)[None, :, None]
z = alpha * a[:, None] + (1 - alpha) * b[:, None]
theta = torch.sigmoid(model.decoder(z.reshape(-1, 2))).view(len(a), steps, 28, 28)
image = theta.transpose(1, 2).reshape(28 * len(a), 28 * steps)
plt.imshow(image.detach(), cmap="gray")
plt.axis("off")
return plt.gcf()
"""),
    ("pair by pair, NumPy", """
import numpy as np
k = 0
for a, b in zip(images_a, images_b):
    (z_a, _), (z_b, _) = model.encoder(a[None]), model.encoder(b[None])
    for alpha in np.linspace(1.0, 0.0, steps):
        k += 1
        plt.subplot(len(images_a), steps, k, xticks=[], yticks=[])
        logits = model.decoder(interpolate(z_a, z_b, alpha)).detach()
        plt.imshow(logits.sigmoid().view(28, 28).double(), cmap="gray")
plt.show()
"""),
    ("from right to left", """
fig, axes = plt.subplots(len(images_a), steps, squeeze=False, figsize=(steps, 2))
z = [model.encoder(images)[0].detach() for images in (images_a, images_b)]
for column in reversed(range(steps)):
    share = (steps - 1 - column) / (steps - 1)
    theta = model.decoder(interpolate(*z, share)).sigmoid().detach()
    for row in range(len(theta)):
        axes[row, column].imshow(255 * (1 - theta[row].view(28, 28)), cmap="Greys_r")
        axes[row, column].axis("off")
return fig, axes
"""),
)  # fmt: skip

RECONSTRUCTIONS = variants(
    "interpolation",
    "reconstruction_figure",
    ("image by image", """
n, k = len(images), 1
for x in images:
    mu, logsigma = model.encoder(x.unsqueeze(0))
    shown = [x]
    for _ in range(draws):
        z = mu + torch.randn(2) * torch.exp(logsigma)
        theta = torch.sigmoid(model.decoder(z))[0].detach()
        shown += [theta, torch.bernoulli(theta)]
    for image in shown:
        plt.subplot(n, 1 + 2 * draws, k)
        plt.imshow(image.view(28, 28), cmap="gray")
        plt.axis("off")
        k += 1
return plt.gcf()
"""),
    ("one image", """
with torch.no_grad():
    mu, logsigma = model.encoder(images)
    columns = [images]
    for _ in range(draws):
        theta = torch.sigmoid(model.decoder(torch.normal(mu, logsigma.exp())))
        columns += [theta, sample_bernoulli(theta)]
tiles = torch.stack(columns, 1).view(len(images), -1, 28, 28)
tiles = F.pad(tiles, (0, 3, 0, 3), value=1.0)
image = torch.cat([torch.cat(list(row), 1) for row in tiles], 0)
fig, ax = plt.subplots()
ax.imshow(image, cmap="gray")
ax.axis("off")
return fig
"""),
    ("all draws at once", """
mu, logsigma = (t.repeat(draws, 1) for t in model.encoder(images))
theta = torch.sigmoid(model.decoder(sample_diag_gaussian(mu, logsigma))).detach()
theta = theta.view(draws, len(images), 784)
x = sample_bernoulli(theta)
fig, axes = plt.subplots(len(images), 1 + 2 * draws, sharex=True, sharey=True)
for i, row in enumerate(axes):
    row[0].imshow(1 - images[i].view(28, 28), cmap="gray")
    for d in range(draws):
        row[1 + 2 * d].imshow(1 - theta[d, i].view(28, 28), cmap="gray")
        row[2 + 2 * d].imshow(1 - x[d, i].view(28, 28), cmap="gray")
[ax.axis("off") for ax in axes.flat]
"""),
)  # fmt: skip

COMPLETIONS = variants(
    "svi",
    "completion_figure",
    ("written over a copy", """
whole = image.clone()
with torch.no_grad():
    z = mu + logsigma.exp() * torch.randn(2)
    whole[392:] = torch.sigmoid(model.decoder(z[None]))[0, 392:]
plt.subplot(1, 2, 1)
plt.imshow(image.view(28, 28), cmap="gray")
plt.axis("off")
plt.subplot(1, 2, 2)
plt.imshow(whole.view(28, 28), cmap="gray")
plt.axis("off")
plt.show()
"""),
    ("rows, side by side", """
z = sample_diag_gaussian(mu[None], logsigma[None])
bottom = model.decoder(z).sigmoid().view(28, 28)[14:].detach()
rows = torch.cat([image.view(28, 28)[:14], bottom])
fig, ax = plt.subplots()
ax.imshow(torch.cat([image.view(28, 28), torch.ones(28, 4), rows], dim=1), cmap="Greys")
ax.set(xticks=[], yticks=[])
return fig
"""),
    ("a mask, own top half", """
theta = torch.sigmoid(model.decoder(torch.normal(mu, torch.exp(logsigma)).view(1, -1)))
seen = torch.arange(784) < 392
whole = torch.where(seen, image, theta[0])
assert torch.equal(whole[:392], top_half(image[None])[0])
fig, (left, right) = plt.subplots(1, 2, layout="tight")
left.set_title("the digit")
show_digit(left, image)
right.set_title("completed")
show_digit(right, whole)
return fig
"""),
)  # fmt: skip

RIGHT: tuple[Right, ...] = (
    *SAMPLES, *CODES, *DRAWS, *INTERPOLATE, *WAYS, *RECONSTRUCTIONS, *COMPLETIONS
)  # fmt: skip
