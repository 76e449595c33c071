"""Right scatter plots, lattices and contour plots, in the many ways in which students draw them."""

from __future__ import annotations

from tests.mutants.book import Right

from .digits_right import variants

_MU = """
with torch.no_grad():
    mu = model.encoder(images)[0]
"""

SCATTERS = variants(
    "latent_scatter",
    "latent_scatter",
    ("colours by number, colour bar", """
plt.figure(figsize=(8, 8))
plt.scatter(mu[:, 0], mu[:, 1], c=labels, cmap="tab10", s=3)
plt.colorbar(ticks=range(10))
return plt.gcf()
"""),
    ("legend_elements", """
fig, ax = plt.subplots()
points = ax.scatter(*mu.T, c=labels.numpy(), cmap="Spectral", alpha=0.6)
ax.legend(*points.legend_elements(), title="Digits")
return ax
"""),
    ("legend_elements of ten", """
fig, ax = plt.subplots()
points = ax.scatter(mu[:, 0], mu[:, 1], c=labels, cmap="tab10", vmin=0, vmax=9, marker="x")
ax.add_artist(ax.legend(*points.legend_elements(num=None), loc="upper left"))
return fig
"""),
    ("plot", """
for digit in range(10):
    chosen = mu[labels == digit].numpy()
    plt.plot(chosen[:, 0], chosen[:, 1], "o", markersize=2, label=f"digit {digit}")
plt.legend(bbox_to_anchor=(1.05, 1), loc="upper left")
plt.tight_layout()
plt.show()
return plt.gcf()
"""),
    ("a list of colours, patches", """
import matplotlib.patches as mpatches
colours = ["red", "green", "blue", "orange", "purple", "brown", "pink", "gray", "olive", "cyan"]
fig = plt.figure()
ax = fig.add_axes([0.1, 0.1, 0.7, 0.8])
ax.scatter(mu[:, 0], mu[:, 1], color=[colours[int(label)] for label in labels])
fig.legend(handles=[mpatches.Patch(color=c, label=str(i)) for i, c in enumerate(colours)])
return fig
"""),
    ("fig.legend", """
fig, ax = plt.subplots(layout="constrained")
for digit in sorted(set(labels.tolist())):
    here = labels == digit
    ax.scatter(mu[here, 0], mu[here, 1], edgecolors=f"C{digit}", facecolors="none", label=digit)
fig.legend(loc="outside right upper")
"""),
    ("point by point", """
colour = plt.get_cmap("hsv", 11)
for point, label in zip(mu, labels):
    plt.scatter(point[0], point[1], color=colour(int(label)))
for digit in range(10):
    plt.plot([], [], "s", color=colour(digit), label=digit)
plt.legend()
"""),
    ("lines as handles", """
from matplotlib.lines import Line2D
palette = plt.cm.viridis(torch.linspace(0, 1, 10).numpy())
fig, ax = plt.subplots()
ax.scatter(mu[:, 0], mu[:, 1], c=palette[labels])
handles = [Line2D([0], [0], color=palette[d], lw=4) for d in range(10)]
ax.legend(handles, [f"{d} ({int((labels == d).sum())} images)" for d in range(10)])
ax.axhline(0, color="grey")
ax.set_aspect("equal")
ax.grid(True)
return fig, ax
"""),
    ("a listed colour map, a bar of its own", """
from matplotlib.colors import BoundaryNorm, ListedColormap
cmap = ListedColormap([f"C{i}" for i in range(10)])
norm = BoundaryNorm([i - 0.5 for i in range(11)], 10)
fig, (ax, bar) = plt.subplots(1, 2, width_ratios=[20, 1])
points = ax.scatter(mu[:, 0], mu[:, 1], c=labels, cmap=cmap, norm=norm)
fig.colorbar(points, cax=bar, ticks=range(10))
return fig
"""),
    ("batches", """
means = torch.cat([model.encoder(batch)[0].detach() for batch in images.split(17)])
import numpy as np
points, kinds = np.asarray(means), np.asarray(labels)
fig, ax = plt.subplots()
for d in np.unique(kinds):
    ax.plot(*points[kinds == d].T, marker=".", linestyle="", label=str(d))
ax.legend(ncols=2, fontsize=6)
return fig
"""),
    before=_MU,
)  # fmt: skip

LATTICES = variants(
    "latent_scatter",
    "lattice",
    ("tile by tile", """
n = len(values)
image = torch.zeros(28 * n, 28 * n)
for i in range(n):
    for j in range(n):
        z = torch.stack([values[j], values[n - 1 - i]])[None]
        tile = torch.sigmoid(model.decoder(z)).detach().view(28, 28)
        image[28 * i : 28 * (i + 1), 28 * j : 28 * (j + 1)] = tile
plt.figure(figsize=(10, 10))
plt.imshow(image, cmap="gray")
plt.axis("off")
return plt.gcf()
"""),
    ("row by row, cat", """
rows = []
with torch.no_grad():
    for up in reversed(values):
        z = torch.stack([values, up.expand(len(values))], 1)
        tiles = model.decoder(z).sigmoid().view(-1, 28, 28)
        rows.append(torch.cat(list(tiles), dim=1))
fig, ax = plt.subplots()
ax.imshow(torch.cat(rows), cmap="gray_r", extent=(-3, 3, -3, 3))
ax.set(xticks=[], yticks=[], xlabel="z_1", ylabel="z_2")
return fig
"""),
    ("meshgrid xy, blocks", """
import numpy as np
v = values.numpy()
right, up = np.meshgrid(v, v[::-1])
z = torch.from_numpy(np.stack([right.ravel(), up.ravel()], 1).copy())
theta = torch.sigmoid(model.decoder(z)).detach().numpy().reshape(len(v), len(v), 28, 28)
image = np.block([[tile for tile in row] for row in theta])
fig = plt.figure(frameon=False)
ax = fig.add_axes([0, 0, 1, 1])
ax.axis("off")
return ax.imshow(1 - image, cmap="gray", aspect="auto")
"""),
    ("a mesh", """
with torch.no_grad():
    z = torch.cartesian_prod(values, values).flip(1)
    theta = torch.sigmoid(model.decoder(z)).view(len(values), len(values), 28, 28).flip(2)
image = theta.permute(0, 2, 1, 3).reshape(28 * len(values), -1)
fig, ax = plt.subplots()
ax.pcolormesh(image, cmap="gray")
ax.set_axis_off()
return fig
"""),
    ("from below, bytes", """
n = len(values)
codes = torch.stack(torch.meshgrid(values, values, indexing="xy"), -1).view(-1, 2)
tiles = torch.sigmoid(model.decoder(codes)).detach().view(n, n, 28, 28)
image = torch.cat([torch.cat([t.flip(0) for t in row], 1) for row in tiles])
fig, ax = plt.subplots(figsize=(8, 8))
ax.imshow((255 * image).byte(), cmap="gray", origin="lower")
ax.tick_params(bottom=False, left=False, labelbottom=False, labelleft=False)
return fig
"""),
    ("matshow, RGB", """
n = len(values)
codes = torch.stack([values.repeat(n), values.flip(0).repeat_interleave(n)], 1)
theta = torch.sigmoid(model.decoder(codes)).detach()
image = F.fold(theta.T[None], (28 * n, 28 * n), kernel_size=28, stride=28)[0, 0]
plt.matshow(image[..., None].expand(-1, -1, 3))
plt.xticks([])
plt.yticks([])
"""),
)  # fmt: skip

_GRID = """
y, x = torch.meshgrid(values_2, values_1, indexing="ij")
zs = torch.stack([x.flatten(), y.flatten()], 1)
with torch.no_grad():
    log_p = joint_top(model, top, zs).view(x.shape)
    log_q = model.log_q(mu.expand(len(zs), 2), logsigma.expand(len(zs), 2), zs).view(x.shape)
p, q = (log_p - log_p.max()).exp(), log_q.exp()
"""

CONTOURS = variants(
    "svi",
    "posterior_figure",
    ("default levels", """
plt.contour(x, y, p, cmap="Blues")
plt.contour(x, y, q, cmap="Reds")
return plt.gcf()
"""),
    ("filled", """
fig, ax = plt.subplots()
ax.contourf(x, y, p, levels=20, cmap="viridis")
ax.contour(x, y, q, colors="white", linewidths=0.5)
fig.colorbar(ax.collections[0])
return fig
"""),
    ("both filled, few levels", """
fig, ax = plt.subplots()
ax.contourf(x, y, p, levels=[0.01, 0.03, 0.1, 0.3, 0.9], alpha=0.5)
ax.contourf(x, y, q / q.max(), levels=[0.001, 0.03, 0.3, 0.9], alpha=0.5, cmap="Oranges")
return ax
"""),
    ("logarithms", """
fig, ax = plt.subplots()
one = ax.contour(x, y, log_p, colors="k")
two = ax.contour(x, y, log_q, levels=10, colors="r", linestyles="dashed")
ax.clabel(one)
ax.clabel(two, fontsize=6)
ax.set_title("posterior")
return fig
"""),
    ("normalised, levels of their own", """
area = (values_1[1] - values_1[0]) * (values_2[1] - values_2[0])
p = p / (p.sum() * area)
plt.figure()
plt.contour(values_1, values_2, p, levels=[float(s * p.max()) for s in (0.1, 0.5, 0.8)])
plt.contour(values_1, values_2, q, levels=[float(s * q.max()) for s in (0.1, 0.5, 0.8)], colors="r")
plt.plot(mu[0], mu[1], "r+")
plt.legend(["q"])
plt.show()
"""),
    ("the other way round", """
plt.contour(values_1, values_2, q.flip(0).flip(0), 5, colors="C1")
ax = plt.gca()
ax.contour(values_1.numpy(), values_2.numpy(), p.double().numpy(), 8, colors="C0")
ax.invert_yaxis()
return ax.figure
"""),
    before=_GRID,
)  # fmt: skip

BY_HAND = variants(
    "svi",
    "posterior_figure",
    ("meshgrid xy, double", """
x, y = torch.meshgrid(values_1, values_2, indexing="xy")
zs = torch.stack((x, y), 2).view(-1, 2)
log_p = joint_top(model, top, zs).detach().double()
log_q = factorized_gaussian_log_density(mu[None], logsigma[None], zs).double()
fig, ax = plt.subplots()
for i, table in enumerate((log_p.exp() * 1e80, log_q.exp())):
    ax.contour(x, y, table.view(x.shape), colors=f"C{i}")
return fig
"""),
    ("columns first, transposed", """
zs = torch.cartesian_prod(values_1, values_2)
p = (log_p_top(model, top[None].expand(len(zs), -1), zs) + model.log_prior(zs)).detach()
p = torch.softmax(p, 0).reshape(len(values_1), len(values_2)).T
z = (zs - mu) / logsigma.exp()
q = torch.exp(-(z**2).sum(1) / 2).reshape(len(values_1), len(values_2)).T
plt.contour(values_1, values_2, p)
plt.contour(values_1, values_2, q)
return plt.gca()
"""),
)  # fmt: skip

RIGHT: tuple[Right, ...] = (*SCATTERS, *LATTICES, *CONTOURS, *BY_HAND)
