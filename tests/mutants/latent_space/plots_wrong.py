"""Wrong scatter plots, lattices and contour plots."""

from __future__ import annotations

from tests.mutants.book import Wrong

from .digits_wrong import mistakes

_SCATTER = """
with torch.no_grad():
    mu, logsigma = model.encoder(images)
points = mu
figure, ax = plt.subplots()
for label in labels.unique():
    here = points[labels == label]
    ax.scatter(here[:, 0], here[:, 1], color=f"C{int(label)}", label=str(int(label)))
ax.legend()
return figure
"""
_POINTS = "points = mu"
_LEGEND = "ax.legend()"

SCATTERS = mistakes(
    "latent_scatter",
    "latent_scatter",
    _SCATTER,
    ("draws", "draws_for_means", _POINTS, "points = sample_diag_gaussian(mu, logsigma)"),
    ("log sigmas", "sigma_for_mu", _POINTS, "points = logsigma"),
    ("sigmas", "sigma_for_mu", _POINTS, "points = logsigma.exp()"),
    ("axes swapped", "axes_swapped", "ax.scatter(here[:, 0], here[:, 1]",
     "ax.scatter(here[:, 1], here[:, 0]"),
    ("upwards is down", "upside_down", _LEGEND, "ax.legend()\nax.invert_yaxis()"),
    ("to the right is left", "mirrored", "ax.scatter(here[:, 0]", "ax.scatter(-here[:, 0]"),
    ("mean against sigma", "mean_and_sigma_mixed", _POINTS,
     "points = torch.stack([mu[:, 0], logsigma[:, 0]], 1)"),
    ("pixels", None, _POINTS, "points = images[:, :2]"),
    ("codes of the prior", None, _POINTS, "points = torch.randn_like(mu)"),
    ("the first entry twice", None, "here[:, 1]", "here[:, 0]"),
    ("standardised", None, _POINTS, "points = (mu - mu.mean(0)) / mu.std(0)"),
    ("no legend", "legend_missing", _LEGEND, "pass"),
    ("only one label in the legend", "legend_wrong", _LEGEND, "ax.legend(['0'])"),
    ("legend in another order", "legend_wrong", _LEGEND,
     "ax.legend(ax.collections[::-1], [str(int(d)) for d in labels.unique()])"),
    ("legend without numbers", "legend_wrong", "label=str(int(label))", "label='a digit'"),
    ("legend of other colours", "legend_wrong", _LEGEND,
     "handles = [plt.Line2D([], [], color=f'C{d + 1}', label=str(d)) for d in range(7)]\n"
     "ax.legend(handles=handles)"),
    ("one colour", "not_coloured", "color=f\"C{int(label)}\"", "color='blue'"),
    ("coloured by place", "not_coloured", "color=f\"C{int(label)}\"", "c=range(len(here))"),
    ("two labels alike", "not_coloured", "color=f\"C{int(label)}\"",
     "color=f\"C{int(label) // 2}\""),
    ("half of the images", None, _POINTS, "points, labels = mu[::2], labels[::2]"),
    ("some images twice", None, _POINTS,
     "points, labels = torch.cat([mu[1:], mu[-1:]]), torch.cat([labels[1:], labels[-1:]])"),
    ("lines", None, "ax.scatter(", "ax.plot("),
    ("a panel for each label", None, "    ax.scatter(",
     "    ax = figure.add_subplot(7, 1, 1 + int(label))\n    ax.scatter("),
    ("nothing", None, "return figure", "plt.close()\nreturn mu"),
)  # fmt: skip

_LATTICE = """
n = len(values)
up, right = torch.meshgrid(values.flip(0), values, indexing="ij")
codes = torch.stack([right, up], -1).view(-1, 2)
logits = model.decoder(codes).detach()
theta = torch.sigmoid(logits)
tiles = theta.view(n, n, 28, 28)
image = tiles.transpose(1, 2).reshape(28 * n, 28 * n)
figure, ax = plt.subplots()
ax.imshow(image, cmap="gray", vmin=0, vmax=1)
ax.set_axis_off()
return figure
"""
_IMSHOW = 'ax.imshow(image, cmap="gray", vmin=0, vmax=1)'

LATTICES = mistakes(
    "latent_scatter",
    "lattice",
    _LATTICE,
    ("upside down", "upside_down", "values.flip(0)", "values"),
    ("from below", "upside_down", "vmax=1)", "vmax=1, origin='lower')"),
    ("digits upside down", "digits_upside_down", _IMSHOW,
     "image = tiles.flip(0).transpose(1, 2).reshape(28 * n, 28 * n)\n"
     "ax.imshow(image, origin='lower')"),
    ("mirrored", "mirrored", "values, indexing", "values.flip(0), indexing"),
    ("entries swapped", "entries_swapped", "[right, up]", "[up, right]"),
    ("rows for columns", "entries_swapped", "tiles.transpose(1, 2)",
     "tiles.transpose(0, 1).transpose(1, 2)"),
    ("meshgrid by default", "entries_swapped",
     'up, right = torch.meshgrid(values.flip(0), values, indexing="ij")',
     'right, up = torch.meshgrid(values, values, indexing="ij")'),
    ("tiles transposed", "tiles_turned", "tiles.transpose(1, 2)",
     "tiles.transpose(2, 3).transpose(1, 2)"),
    ("scrambled", "tiles_scrambled", "tiles.transpose(1, 2)", "tiles"),
    ("scrambled otherwise", None, "tiles.transpose(1, 2)", "tiles.permute(0, 2, 3, 1)"),
    ("logits", "logits_shown", "theta.view", "logits.view"),
    ("samples", "samples_for_means", "theta.view", "sample_bernoulli(theta).view"),
    ("even values of its own", None, "n = len(values)",
     "n = len(values)\nvalues = torch.linspace(-2, 2, n)"),
    ("too small", None, _IMSHOW, "ax.imshow(image[:-28, :-28])"),
    ("gaps", None, "tiles = theta.view(n, n, 28, 28)",
     "tiles = F.pad(theta.view(n, n, 28, 28), (0, 1, 0, 1))[..., :28, :28].clone()\n"
     "tiles[..., 27] = 0"),
    ("ticks", "ticks_left", "ax.set_axis_off()", "pass"),
    ("a frame of numbers", "ticks_left", "ax.set_axis_off()",
     "ax.set(xticks=[0, 28 * n], yticks=[], xticklabels=['-3', '3'])"),
)  # fmt: skip

_CONTOURS = """
up, right = torch.meshgrid(values_2, values_1, indexing="ij")
zs = torch.stack([right, up], -1).reshape(-1, 2)
n = len(zs)
tops = top.expand(n, -1)
with torch.no_grad():
    logits = model.decoder(zs)
    joint = joint_top(model, top, zs)
    q = model.log_q(mu.expand(n, 2), logsigma.expand(n, 2), zs)
figure, ax = plt.subplots()
for log_p, colour in ((joint, "C0"), (q, "C1")):
    p = (log_p - log_p.max()).exp().view(right.shape)
    ax.contour(right, up, p, levels=[0.03, 0.1, 0.3, 0.9], colors=colour)
return figure
"""
_JOINT = "joint = joint_top(model, top, zs)"
_Q = "q = model.log_q(mu.expand(n, 2), logsigma.expand(n, 2), zs)"
_LEVELS = "ax.contour(right, up, p, levels=[0.03, 0.1, 0.3, 0.9], colors=colour)"
_BOTH = '((joint, "C0"), (q, "C1"))'
_ZEROS = "torch.cat([tops, torch.zeros_like(tops)], 1)"

CONTOURS = mistakes(
    "svi",
    "posterior_figure",
    _CONTOURS,
    ("zeros for the lower half", "zero_padding", _JOINT,
     f"joint = model.joint_log_density({_ZEROS}, zs)"),
    ("logits of the lower half", "wrong_half", _JOINT,
     "joint = bernoulli_log_density(logits[:, 392:], tops).sum(-1) + model.log_prior(zs)"),
    ("logits of the left half", "joint_missing", _JOINT,
     "left = logits.view(n, 28, 28)[:, :, :14].reshape(n, 392)\n"
     "    joint = bernoulli_log_density(left, tops).sum(-1) + model.log_prior(zs)"),
    ("no prior", "prior_forgotten", _JOINT, "joint = log_p_top(model, tops, zs)"),
    ("no likelihood", "likelihood_forgotten", _JOINT, "joint = model.log_prior(zs)"),
    ("prior subtracted", "joint_missing", _JOINT,
     "joint = log_p_top(model, tops, zs) - model.log_prior(zs)"),
    ("likelihood twice", "joint_missing", _JOINT,
     "joint = 2 * log_p_top(model, tops, zs) + model.log_prior(zs)"),
    ("exp(logsigma / 2)", "variance_for_sigma", _Q,
     "q = model.log_q(mu.expand(n, 2), logsigma.expand(n, 2) / 2, zs)"),
    ("exp(2 logsigma)", "q_missing", _Q,
     "q = model.log_q(mu.expand(n, 2), 2 * logsigma.expand(n, 2), zs)"),
    ("sigma for log sigma", "sigma_for_logsigma", _LEVELS,
     "wide = logsigma.exp().expand(n, 2)\n"
     "    p = log_p if colour == 'C0' else model.log_q(mu.expand(n, 2), wide, zs)\n"
     "    ax.contour(right, up, p.view(right.shape), levels=12, colors=colour)"),
    ("the prior for q", "prior_for_q", _Q, "q = model.log_prior(zs)"),
    ("q around 0", "q_missing", _Q,
     "q = model.log_q(torch.zeros(n, 2), logsigma.expand(n, 2), zs)"),
    ("only the joint", "q_missing", _BOTH, '((joint, "C0"),)'),
    ("only q", "joint_missing", _BOTH, '((q, "C1"),)'),
    ("the joint twice", "q_missing", _BOTH, '((joint, "C0"), (joint, "C1"))'),
    ("q twice", "joint_missing", _BOTH, '((q, "C0"), (q, "C1"))'),
    ("joint less q", "q_missing", _BOTH, '((joint, "C0"), (q - joint, "C1"))'),
    ("axes swapped", "axes_swapped", "ax.contour(right, up, p,",
     "ax.contour(values_1, values_2, p.T,"),
    ("entries swapped", "axes_swapped", "torch.stack([right, up], -1)",
     "torch.stack([up, right], -1)"),
    ("drawn with axes swapped", "axes_swapped", "ax.contour(right, up,", "ax.contour(up, right,"),
    ("the joint swapped", "axes_swapped", _JOINT,
     f"{_JOINT}.view(right.shape).T.reshape(-1)"),
    ("upside down", None, "ax.contour(right, up, p,", "ax.contour(right, up, p.flip(0),"),
    ("places of its own", None, "ax.contour(right, up, p,", "ax.contour(p,"),
    ("a single level", None, "levels=[0.03, 0.1, 0.3, 0.9]", "levels=[0.3]"),
    ("in two panels", None, "figure, ax = plt.subplots()\n",
     "figure, axes = plt.subplots(1, 2)\nax = axes[0]\n"
     "axes[1].contour(right, up, q.exp().view(right.shape))\n"),
    ("images", None, _LEVELS, "ax.pcolormesh(right, up, p)"),
    ("sum of both", None, _BOTH, '((torch.logaddexp(joint - joint.max(), q), "C0"),)'),
)  # fmt: skip

WRONG: tuple[Wrong, ...] = (*SCATTERS, *LATTICES, *CONTOURS)
