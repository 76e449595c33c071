"""Wrong figures of digits: codes, means, samples, layouts, ways, reconstructions, completions."""

from __future__ import annotations

from tests.mutants.book import Wrong

from .notebook import BOOK

Row = tuple[str, str | None, str, str]


def mistakes(task: str, function: str, lines: str, *table: Row) -> tuple[Wrong, ...]:
    """Wrong solutions from name, misconception, what is changed in the lines, into what."""
    for name, _, old, _ in table:
        assert old in lines, f"{function}, {name}"
    short = function.removesuffix("_figure")
    rows = ((f"{short}, {name}", known, lines.replace(old, new)) for name, known, old, new in table)
    return BOOK.wrong(task, *rows, function=function)


_SAMPLES = """
z = torch.randn(count, 2)
logits = model.decoder(z).detach()
means = torch.sigmoid(logits)
x = sample_bernoulli(means)
rows = [means, x]
figure, axes = plt.subplots(2, count, squeeze=False)
for row, images in zip(axes, rows):
    for ax, image in zip(row, images):
        show_digit(ax, image)
return figure
"""
_ENCODED = "mu, logsigma = model.encoder((torch.rand(count, 784) < 0.3).float())\n"

SAMPLES = mistakes(
    "samples_figure",
    "samples_figure",
    _SAMPLES,
    ("encodings", "encodings_for_prior", "z = torch.randn(count, 2)",
     _ENCODED + "z = sample_diag_gaussian(mu, logsigma)"),
    ("means of encodings", "encodings_for_prior", "z = torch.randn(count, 2)",
     _ENCODED + "z = mu"),
    ("uniform codes", "uniform_codes", "torch.randn(", "torch.rand("),
    ("uniform codes around 0", "uniform_codes", "torch.randn(count, 2)",
     "2 * torch.rand(count, 2) - 1"),
    ("binary codes", None, "torch.randn(count, 2)", "torch.rand(count, 2).round()"),
    ("codes too wide", None, "torch.randn(count, 2)", "3 * torch.randn(count, 2)"),
    ("codes too narrow", None, "torch.randn(count, 2)", "0.3 * torch.randn(count, 2)"),
    ("codes off centre", None, "torch.randn(count, 2)", "1 + torch.randn(count, 2)"),
    ("positive codes", None, "torch.randn(count, 2)", "torch.randn(count, 2).abs()"),
    ("zeros", "mean_of_the_prior", "torch.randn(count, 2)", "torch.zeros(count, 2)"),
    ("one code", "same_code", "torch.randn(count, 2)", "torch.randn(1, 2).expand(count, 2)"),
    ("both entries alike", "codes_on_a_line", "torch.randn(count, 2)",
     "torch.randn(count, 1).expand(count, 2)"),
    ("a grid of codes", "codes_on_a_line", "torch.randn(count, 2)",
     "torch.linspace(-2, 2, count)[:, None].expand(count, 2)"),
    ("rows swapped", "rows_swapped", "[means, x]", "[x, means]"),
    ("transposed", "layout_turned", "plt.subplots(2, count, squeeze=False)",
     "plt.subplots(count, 2, squeeze=False)\naxes = axes.T"),
    ("logits", "logits_shown", "[means, x]", "[logits, x]"),
    ("logits sampled", "samples_of_other_codes", "sample_bernoulli(means)",
     "sample_bernoulli(logits)"),
    ("sigmoid twice", None, "= torch.sigmoid(logits)", "= logits.sigmoid().sigmoid()"),
    ("tanh", None, "= torch.sigmoid(logits)", "= (1 + torch.tanh(logits)) / 2"),
    ("rounded", "rounded", "sample_bernoulli(means)", "means.round()"),
    ("rounded by hand", "rounded", "sample_bernoulli(means)", "(means > 0.5).float()"),
    ("means twice", "means_for_samples", "[means, x]", "[means, means]"),
    ("samples twice", None, "[means, x]", "[x, x]"),
    ("samples inverted", "samples_of_other_codes", "[means, x]", "[means, 1 - x]"),
    ("samples of other codes", "samples_of_other_codes", "sample_bernoulli(means)",
     "sample_bernoulli(torch.sigmoid(model.decoder(torch.randn(count, 2))))"),
    ("samples in another order", "samples_of_other_codes", "[means, x]", "[means, x.flip(0)]"),
    ("fair coins", "samples_of_other_codes", "sample_bernoulli(means)",
     "(torch.rand_like(means) < 0.5).float()"),
    ("numbers shared by samples", "pixels_share_noise", "sample_bernoulli(means)",
     "(torch.rand(784) < means).float()"),
    ("numbers shared by neighbours", "pixels_share_noise", "sample_bernoulli(means)",
     "(torch.rand(1 + count // 2, 784).repeat_interleave(2, 0)[:count] < means).float()"),
    ("numbers shared by pixels", "pixels_share_noise", "sample_bernoulli(means)",
     "(torch.rand(count, 1) < means).float()"),
    ("one number for all", "pixels_share_noise", "sample_bernoulli(means)",
     "(torch.rand(1) < means).float()"),
    ("seeded for each sample", "pixels_share_noise", "x = sample_bernoulli(means)",
     "x = []\nfor m in means:\n    torch.manual_seed(3)\n    x.append(sample_bernoulli(m))\n"
     "x = torch.stack(x)"),
    ("ten whatever is asked", "count_ignored", "z = torch", "count = 10\nz = torch"),
    ("a column too many", None, "z = torch", "count = count + 1\nz = torch"),
    ("a column too few", None, "z = torch", "count = count - 1\nz = torch"),
    ("ticks", "ticks_left", "show_digit(ax, image)",
     "ax.imshow(image.view(28, 28), cmap='gray', vmin=0, vmax=1)"),
    ("ticks of one panel", "ticks_left", "return figure",
     "ax.set_axis_on()\nreturn figure"),
    ("digits transposed", "digits_turned", "show_digit(ax, image)",
     "show_digit(ax, image.view(28, 28).T.reshape(-1))"),
    ("digits upside down", None, "show_digit(ax, image)",
     "show_digit(ax, image)\n        ax.invert_yaxis()"),
    ("digits from below", None, "show_digit(ax, image)",
     "ax.imshow(image.view(28, 28), cmap='gray', origin='lower')\n        ax.axis('off')"),
    ("digits reshaped wrongly", None, "show_digit(ax, image)",
     "ax.imshow(image.view(14, 56), cmap='gray')\n        ax.axis('off')"),
    ("an empty panel", None, "return figure", "ax.clear()\nreturn figure"),
    ("only the last panel", None, "show_digit(ax, image)", "show_digit(plt.gca(), image)"),
    ("two figures", None, "return figure",
     "a, b = plt.subplots(1, count), plt.subplots(1, count)\n"
     "for (f, axes), images in zip((a, b), rows):\n"
     "    for ax, image in zip(axes, images):\n        show_digit(ax, image)\nreturn a[0], b[0]"),
    ("images returned", None, "return figure", "plt.close()\nreturn means, x"),
    ("one image, scrambled", None, "return figure",
     "plt.figure()\nplt.imshow(torch.cat(rows).view(56, -1))\nplt.axis('off')\nreturn plt.gcf()"),
)  # fmt: skip

_DRAWS = """
z = torch.randn(count, 2)
means = torch.sigmoid(model.decoder(z)).detach()
figure, axes = plt.subplots(count, 1 + samples, squeeze=False)
for mean, row in zip(means, axes):
    x = [sample_bernoulli(mean) for _ in range(samples)]
    images = [mean, *x]
    for ax, image in zip(row, images):
        show_digit(ax, image)
return figure
"""
_ANEW = "sample_bernoulli(torch.sigmoid(model.decoder(torch.randn(1, 2)))[0])"

DRAWS = mistakes(
    "samples_figure",
    "draws_figure",
    _DRAWS,
    ("the same sample", "sample_repeated", "[sample_bernoulli(mean) for _ in range(samples)]",
     "[sample_bernoulli(mean)] * samples"),
    ("a code for each sample", "samples_of_other_codes", "sample_bernoulli(mean)", _ANEW),
    ("numbers shared by rows", "pixels_share_noise",
     "for mean, row in zip(means, axes):\n    x = [sample_bernoulli(mean) for _ in range(samples)]",
     "u = torch.rand(samples, 784)\nfor mean, row in zip(means, axes):\n"
     "    x = list((u < mean).float())"),
    ("numbers shared by samples", "sample_repeated",
     "x = [sample_bernoulli(mean) for _ in range(samples)]",
     "x = list((torch.rand(784) < mean).float().expand(samples, 784))"),
    ("mean last", "mean_on_the_right", "[mean, *x]", "[*x, mean]"),
    ("rows for columns", "layout_turned", "plt.subplots(count, 1 + samples, squeeze=False)",
     "plt.subplots(1 + samples, count, squeeze=False)\naxes = axes.T"),
    ("three samples whatever is asked", "count_ignored", "z = torch", "samples = 3\nz = torch"),
    ("ten codes whatever is asked", "count_ignored", "z = torch", "count = 10\nz = torch"),
    ("only samples", None, "[mean, *x]", "[sample_bernoulli(mean), *x]"),
    ("one code for all rows", "same_code", "torch.randn(count, 2)",
     "torch.randn(1, 2).repeat(count, 1)"),
    ("rounded", "rounded", "sample_bernoulli(mean)", "mean.round()"),
    ("ticks", "ticks_left", "show_digit(ax, image)", "ax.imshow(image.view(28, 28))"),
)  # fmt: skip

_MIX = """
if not 0 <= alpha <= 1:
    raise ValueError("alpha is not between 0 and 1")
return alpha * z_a + (1 - alpha) * z_b
"""

INTERPOLATE = mistakes(
    "interpolation",
    "interpolate",
    _MIX,
    ("reversed", "reversed", "alpha * z_a + (1 - alpha) * z_b", "alpha * z_b + (1 - alpha) * z_a"),
    ("sum", "sum_of_both", "(1 - alpha) * z_b", "z_b"),
    ("alpha for both", "sum_of_both", "(1 - alpha) * z_b", "alpha * z_b"),
    ("minus", "wrong_sign", "+ (1", "- (1"),
    ("average", "mean_of_both", "alpha * z_a + (1 - alpha) * z_b", "(z_a + z_b) / 2"),
    ("on a sphere", None, "return alpha * z_a + (1 - alpha) * z_b",
     "return alpha ** 0.5 * z_a + (1 - alpha) ** 0.5 * z_b"),
    ("no check", "alpha_unchecked", "if not 0 <= alpha <= 1:", "if False:"),
    ("only below checked", "alpha_unchecked", "0 <= alpha <= 1", "0 <= alpha"),
    ("only above checked", "alpha_unchecked", "0 <= alpha <= 1", "alpha <= 1"),
    ("clamped", "alpha_clamped", 'raise ValueError("alpha is not between 0 and 1")',
     "alpha = min(max(alpha, 0), 1)"),
    ("printed", "alpha_unchecked", "raise ValueError(", "print("),
    ("None", None, 'raise ValueError("alpha is not between 0 and 1")', "return None"),
    ("ends refused", None, "0 <= alpha <= 1", "0 < alpha < 1"),
    ("one end refused", None, "0 <= alpha <= 1", "0 <= alpha < 1"),
)  # fmt: skip

_WAY = """
mu_a, s_a = model.encoder(images_a)
mu_b, s_b = model.encoder(images_b)
figure, axes = plt.subplots(len(images_a), steps, squeeze=False)
for column in range(steps):
    alpha = 1 - column / (steps - 1)
    logits = model.decoder(interpolate(mu_a, mu_b, alpha))
    images = torch.sigmoid(logits)
    for row, image in enumerate(images):
        show_digit(axes[row, column], image)
return figure
"""

WAYS = mistakes(
    "interpolation",
    "interpolation_figure",
    _WAY,
    ("reversed", "reversed", "1 - column / (steps - 1)", "column / (steps - 1)"),
    ("images swapped", "reversed", "interpolate(mu_a, mu_b, alpha)",
     "interpolate(mu_b, mu_a, alpha)"),
    ("last end missing", "end_missing", "column / (steps - 1)", "column / steps"),
    ("first end missing", "end_missing", "1 - column / (steps - 1)", "1 - (column + 1) / steps"),
    ("both ends missing", "end_missing", "1 - column / (steps - 1)",
     "1 - (column + 1) / (steps + 1)"),
    ("only the ends", "only_ends", "1 - column / (steps - 1)", "float(column < steps / 2)"),
    ("a leap at the start", "uneven_steps", "1 - column / (steps - 1)",
     "1 - (column + 1) / steps if column else 1.0"),
    ("not in even steps", None, "1 - column / (steps - 1)", "(1 - column / (steps - 1)) ** 2"),
    ("pixels mixed", "pixels_mixed", "images = torch.sigmoid(logits)",
     "images = interpolate(images_a, images_b, alpha)"),
    ("decoded images mixed", "pixels_mixed", "images = torch.sigmoid(logits)",
     "images = interpolate(model.decoder(mu_a).sigmoid(), model.decoder(mu_b).sigmoid(), alpha)"),
    ("logits mixed", None, "images = torch.sigmoid(logits)",
     "images = interpolate(model.decoder(mu_a), model.decoder(mu_b), alpha).sigmoid()"),
    ("log sigmas mixed", "sigmas_mixed", "interpolate(mu_a, mu_b, alpha)",
     "interpolate(s_a, s_b, alpha)"),
    ("draws mixed", None, "interpolate(mu_a, mu_b, alpha)",
     "interpolate(sample_diag_gaussian(mu_a, s_a), sample_diag_gaussian(mu_b, s_b), alpha)"),
    ("draws with the sigma of both", None, "interpolate(mu_a, mu_b, alpha)",
     "sample_diag_gaussian(interpolate(mu_a, mu_b, alpha), interpolate(s_a, s_b, alpha))"),
    ("logits", "logits_shown", "torch.sigmoid(logits)", "logits"),
    ("samples", "samples_for_means", "torch.sigmoid(logits)",
     "sample_bernoulli(torch.sigmoid(logits))"),
    ("a column for each pair", "layout_turned",
     "plt.subplots(len(images_a), steps, squeeze=False)",
     "plt.subplots(steps, len(images_a), squeeze=False)\naxes = axes.T"),
    ("ten steps whatever is asked", None, "mu_a, s_a", "steps = 10\nmu_a, s_a"),
    ("only the first pair", None, "mu_a, s_a",
     "images_a, images_b = images_a[:1], images_b[:1]\nmu_a, s_a"),
    ("ticks", "ticks_left", "return figure",
     "for ax in axes.flat:\n    ax.axis('on')\nreturn figure"),
    ("digits transposed", "digits_turned", "show_digit(axes[row, column], image)",
     "show_digit(axes[row, column], image.view(28, 28).T.reshape(784))"),
)  # fmt: skip

_RECONSTRUCTION = """
mu, logsigma = model.encoder(images)
columns = [images]
for _ in range(draws):
    z = sample_diag_gaussian(mu, logsigma)
    logits = model.decoder(z).detach()
    theta = torch.sigmoid(logits)
    columns += [theta, sample_bernoulli(theta)]
figure, axes = plt.subplots(len(images), 1 + 2 * draws, squeeze=False)
for column, shown in zip(axes.T, columns):
    for ax, image in zip(column, shown):
        show_digit(ax, image)
return figure
"""
_DRAW = "z = sample_diag_gaussian(mu, logsigma)"
_SHOWN = "columns += [theta, sample_bernoulli(theta)]"
_LAYOUT = "figure, axes"

RECONSTRUCTIONS = mistakes(
    "interpolation",
    "reconstruction_figure",
    _RECONSTRUCTION,
    ("codes from the prior", "prior_for_posterior", _DRAW, "z = torch.randn_like(mu)"),
    ("mu without noise", "mean_decoded", _DRAW, "z = mu"),
    ("the same draw", "draw_repeated", "for _ in range(draws):\n    " + _DRAW,
     _DRAW + "\nfor _ in range(draws):"),
    ("exp(logsigma / 2)", "variance_for_sigma", _DRAW,
     "z = mu + torch.exp(logsigma / 2) * torch.randn_like(mu)"),
    ("exp(2 logsigma)", "variance_for_sigma", _DRAW,
     "z = mu + torch.exp(2 * logsigma) * torch.randn_like(mu)"),
    ("logsigma for sigma", "prior_for_posterior", _DRAW,
     "z = mu + logsigma * torch.randn_like(mu)"),
    ("uniform noise", "uniform_noise", _DRAW, "z = mu + logsigma.exp() * torch.rand_like(mu)"),
    ("noise shared by images", "noise_shared_by_images", _DRAW,
     "z = mu + logsigma.exp() * torch.randn(2)"),
    ("noise shared by all", "draw_repeated", "for _ in range(draws):\n    " + _DRAW,
     "eps = torch.randn(2)\nfor _ in range(draws):\n    z = mu + logsigma.exp() * eps"),
    ("noise shared by entries", "noise_shared_by_entries", _DRAW,
     "z = mu + logsigma.exp() * torch.randn(len(mu), 1)"),
    ("numbers shared by images", "pixels_share_noise", "sample_bernoulli(theta)",
     "(torch.rand(784) < theta).float()"),
    ("sample of another draw", "samples_of_other_codes", "sample_bernoulli(theta)",
     "sample_bernoulli(model.decoder(sample_diag_gaussian(mu, logsigma)).sigmoid())"),
    ("sample of the image", "samples_of_other_codes", "sample_bernoulli(theta)",
     "sample_bernoulli(images)"),
    ("rounded", "rounded", "sample_bernoulli(theta)", "theta.round()"),
    ("means twice", "means_for_samples", "sample_bernoulli(theta)", "theta"),
    ("logits", "logits_shown", "[theta, ", "[logits, "),
    ("samples before means", "columns_mixed", _SHOWN,
     "columns += [sample_bernoulli(theta), theta]"),
    ("image last", "columns_mixed", _LAYOUT, "columns = columns[1:] + columns[:1]\nfigure, axes"),
    ("first means, then samples", "columns_mixed", _LAYOUT,
     "columns = columns[:1] + columns[1::2] + columns[2::2]\nfigure, axes"),
    ("a column for each image", "layout_turned",
     "plt.subplots(len(images), 1 + 2 * draws, squeeze=False)",
     "plt.subplots(1 + 2 * draws, len(images), squeeze=False)\naxes = axes.T"),
    ("two draws whatever is asked", "draws_ignored", "mu, logsigma = model",
     "draws = 2\nmu, logsigma = model"),
    ("no images", None, "columns = [images]", "columns = [torch.sigmoid(model.decoder(mu))]"),
    ("images in another order", None, "columns = [images]", "columns = [images.flip(0)]"),
    ("ticks", "ticks_left", "show_digit(ax, image)",
     "ax.imshow(image.detach().view(28, 28), cmap='gray')"),
    ("digits transposed", "digits_turned", "show_digit(ax, image)",
     "show_digit(ax, image.view(28, 28).T.reshape(784))"),
)  # fmt: skip

_COMPLETION = """
z = sample_diag_gaussian(mu, logsigma)[None]
logits = model.decoder(z)[0].detach()
theta = torch.sigmoid(logits)
whole = torch.cat([image[:392], theta[392:]])
figure, axes = plt.subplots(1, 2)
for ax, pixels in zip(axes, [image, whole]):
    show_digit(ax, pixels)
return figure
"""
_CAT = "torch.cat([image[:392], theta[392:]])"

COMPLETIONS = mistakes(
    "svi",
    "completion_figure",
    _COMPLETION,
    ("left half kept", "wrong_half_kept", _CAT,
     "torch.cat([image.view(28, 28)[:, :14], theta.view(28, 28)[:, 14:]], 1).view(-1)"),
    ("bottom half kept", "wrong_half_kept", _CAT, "torch.cat([theta[:392], image[392:]])"),
    ("all decoded", "nothing_kept", _CAT, "theta"),
    ("not completed", "not_completed", _CAT, "image"),
    ("zeros below", "half_left_black", _CAT, "torch.cat([image[:392], torch.zeros(392)])"),
    ("logits", "logits_shown", "theta[392:]", "logits[392:]"),
    ("a sample below", "sample_for_mean", "theta[392:]", "sample_bernoulli(theta[392:])"),
    ("a code from the prior", "prior_for_posterior", "sample_diag_gaussian(mu, logsigma)",
     "torch.randn(2)"),
    ("rounded", "sample_for_mean", "theta[392:]", "theta[392:].round()"),
    ("top rows of the mean below", None, "theta[392:]", "theta[:392]"),
    ("code and spread exchanged", None, "sample_diag_gaussian(mu, logsigma)",
     "sample_diag_gaussian(logsigma, mu)"),
    ("panels swapped", "panels_swapped", "[image, whole]", "[whole, image]"),
    ("one above the other", None, "plt.subplots(1, 2)", "plt.subplots(2, 1)"),
    ("only the completion", None, "zip(axes, [image, whole])", "zip(axes[1:], [whole])"),
    ("the mean beside", None, "[image, whole]", "[theta, whole]"),
    ("ticks", "ticks_left", "return figure", "axes[0].set_axis_on()\nreturn figure"),
    ("digits transposed", "digits_turned", "show_digit(ax, pixels)",
     "show_digit(ax, pixels.view(28, 28).T.reshape(784))"),
)  # fmt: skip

WRONG: tuple[Wrong, ...] = (
    *SAMPLES, *DRAWS, *INTERPOLATE, *WAYS, *RECONSTRUCTIONS, *COMPLETIONS
)  # fmt: skip
