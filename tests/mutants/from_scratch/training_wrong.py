"""Wrong solutions of Adam and the pictures, one mistake each, and its name."""

from tests.mutants.book import Wrong

from .notebook import BOOK

_MOMENTS = "m = beta1 * m + (1 - beta1) * gradient\nv = beta2 * v + (1 - beta2) * gradient**2\n"
_HATS = "m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)\n"
_ALL = _MOMENTS + _HATS
STEPS = (
    *BOOK.wrong(
        "adam",
        ("minus", "descent", _ALL +
         "return weights - alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("no correction", "no_correction", _MOMENTS +
         "return weights + alpha * m / (np.sqrt(v) + eps), m, v"),
        ("m not corrected", "m_not_corrected", _ALL +
         "return weights + alpha * m / (np.sqrt(v_hat) + eps), m, v"),
        ("v not corrected", "v_not_corrected", _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v) + eps), m, v"),
        ("t advanced before its use", "t_too_late", "t = t + 1\n" +
         _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("t - 1", "t_too_early", "t = t - 1\n" +
         _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("eps under the root", "eps_inside_the_root", _ALL +
         "return weights + alpha * m_hat / np.sqrt(v_hat + eps), m, v"),
        ("no eps", "eps_forgotten", _ALL +
         "return weights + alpha * m_hat / np.sqrt(v_hat), m, v"),
        ("no root", "no_root", _ALL +
         "return weights + alpha * m_hat / (v_hat + eps), m, v"),
        ("gradient not squared", "not_squared",
         "m = beta1 * m + (1 - beta1) * gradient\nv = beta2 * v + (1 - beta2) * gradient\n" +
         _HATS +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("no shares", "share_forgotten",
         "m = beta1 * m + gradient\nv = beta2 * v + gradient**2\n" + _HATS +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("no momentum", "no_momentum", _ALL +
         "return weights + alpha * gradient / (np.sqrt(v_hat) + eps), m, v"),
        ("corrected moments returned", "corrected_moments_returned", _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m_hat, v_hat"),
        ("betas swapped", "betas_swapped", "beta1, beta2 = beta2, beta1\n" +
         _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("shares exchanged", "shares_exchanged", "beta1, beta2 = 1 - beta1, 1 - beta2\n" +
         _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("old moments returned", "old_moments_returned", "old = m, v\n" +
         _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), *old"),
        ("settings of its own", None, "alpha, beta1, beta2, eps = 1e-3, 0.9, 0.999, 1e-8\n" +
         _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps), m, v"),
        ("only weights", None, _ALL +
         "return weights + alpha * m_hat / (np.sqrt(v_hat) + eps)"),
        ("gradient ascent", None, _ALL +
         "return weights + alpha * gradient, m, v"),
        function="adam_step",
    ),
)  # fmt: skip
_LOOP = """m, v, bounds = np.zeros_like(weights), np.zeros_like(weights), []
for epoch in range(num_epochs):
    for grey in batches:
        bound, gradient = bound_and_gradient(weights, grey)
        bounds.append(float(bound))
        weights, m, v = adam_step(weights, gradient, m, v, t=len(bounds))
"""
_ZEROS = "m, v, bounds = np.zeros_like(weights), np.zeros_like(weights), []\n"


def _changed(old: str, new: str) -> str:
    assert old in _LOOP
    return _LOOP.replace(old, new) + "return weights, bounds"


LOOPS = (
    *BOOK.wrong(
        "adam",
        ("moments anew each epoch", "moments_start_anew_each_epoch",
         _changed('    for grey', '    m, v = 0 * weights, 0 * weights\n    for grey')),
        ("all anew each epoch", "moments_start_anew_each_epoch",
         "bounds = []\nfor epoch in range(num_epochs):\n    m, v = 0 * weights, 0 * weights\n"
         "    for t, grey in enumerate(batches, 1):\n"
         "        bound, gradient = bound_and_gradient(weights, grey)\n"
         "        bounds.append(float(bound))\n"
         "        weights, m, v = adam_step(weights, gradient, m, v, t)\nreturn weights, bounds"),
        ("t anew each epoch", "t_starts_anew_each_epoch",
         _changed('t=len(bounds)', 't=(len(bounds) - 1) % len(batches) + 1')),
        ("moments anew each batch", "moments_start_anew_each_batch",
         _changed('        bound,', '        m = v = 0 * weights\n        bound,')),
        ("t counts epochs", "t_counts_epochs", _changed('t=len(bounds)', 't=epoch + 1')),
        ("t stands still", "t_stands_still", _changed('t=len(bounds)', 't=1')),
        ("t from 2", "t_too_late", _changed('t=len(bounds)', 't=len(bounds) + 1')),
        ("t from 0", "t_too_early", _changed('t=len(bounds)', 't=len(bounds) - 1')),
        ("one epoch", "single_epoch", _changed('range(num_epochs)', 'range(1)')),
        ("return in the loop", "single_epoch", _LOOP +
         "    return weights, bounds"),
        ("last batch only", "only_last_batch", _changed('in batches', 'in batches[-1:]')),
        ("weights not kept", "weights_not_kept",
         _changed('weights, m, v = adam', '_, m, v = adam')),
        ("backwards", "batches_backwards", _changed('in batches', 'in batches[::-1]')),
        ("minus the gradient", "descent",
         _changed('(weights, gradient, m', '(weights, -gradient, m')),
        ("evaluated twice", "evaluated_twice", _changed(
            "bound, gradient = bound_and_gradient(weights, grey)",
            "bound = bound_and_gradient(weights, grey)[0]\n"
            "        gradient = bound_and_gradient(weights, grey)[1]")),
        ("evaluated for a first look", None, "bound_and_gradient(weights, batches[0])\n" + _LOOP +
         "return weights, bounds"),
        ("bounds negated", "bounds_negated", _changed('float(bound)', '-float(bound)')),
        ("a bound an epoch", "bounds_an_epoch", _LOOP +
         "return weights, list(np.mean(np.reshape(bounds, (num_epochs, -1)), axis=1))"),
        ("last bound of each epoch", "bounds_of_last_batches", _LOOP +
         "return weights, bounds[len(batches) - 1::len(batches)]"),
        ("bounds of the last epoch", "bounds_of_one_epoch", _LOOP +
         "return weights, bounds[-len(batches):]"),
        ("the last bound", "only_last_bound", _LOOP +
         "return weights, bounds[-1]"),
        ("only weights", None, _LOOP +
         "return weights"),
        ("m and v from 1", None,
         _changed('bounds = np.zeros_like(weights)', 'bounds = 1 + 0 * weights')),
        ("half the rate", None, _changed('t=len(bounds))', 't=len(bounds), alpha=5e-4)')),
        ("last batch left out", None, _changed('in batches', 'in batches[:-1]')),
        function="train",
    ),
)  # fmt: skip
PICTURES = (
    *BOOK.wrong(
        "pictures",
        ("one code for all", "same_code", "z = np.random.randn(latent_dim) * np.ones((25, 1))\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("zeros", "prior_mean",
         "return show_images(sigmoid(network(gen_params, np.zeros((25, latent_dim)))), 5)"),
        ("uniform", "uniform_codes", "z = np.random.rand(25, latent_dim)\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("one number a code", "codes_on_a_line",
         "z = np.random.randn(25, 1) * np.ones(latent_dim)\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("logits", "logits_shown",
         "z = np.random.randn(25, latent_dim)\nfigure = show_images(network(gen_params, z), 5)\n"
         "return figure"),
        ("binary", None, "means = sigmoid(network(gen_params, np.random.randn(25, latent_dim)))\n"
         "return show_images(black_and_white(means), 5)"),
        ("twice as wide", None, "z = 2 * np.random.randn(25, latent_dim)\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("narrow", None, "z = 0.7 * np.random.randn(25, latent_dim)\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("uniform and wide", None, "z = np.random.uniform(-2, 2, (25, latent_dim))\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("twenty", None, "z = np.random.randn(20, latent_dim)\n"
         "return show_images(sigmoid(network(gen_params, z)), 5)"),
        ("one row", None, "z = np.random.randn(25, latent_dim)\n"
         "return show_images(sigmoid(network(gen_params, z)), 25)"),
        function="prior_figure",
    ),
    *BOOK.wrong(
        "pictures",
        ("rows exchanged", "rows_exchanged",
         "return show_images(np.concatenate([means, images]), len(images))"),
        ("side by side", "side_by_side",
         "return show_images(np.stack([images, means], 1).reshape(-1, 784), 2)"),
        ("alternating", "side_by_side",
         "return show_images(np.stack([images, means], 1).reshape(-1, 784), len(images))"),
        ("logits", "logits_shown",
         "return show_images(np.concatenate([images, network(gen_params, mu)]), len(images))"),
        ("rounded", "rounded",
         "return show_images(np.concatenate([images, 1.0 * (means > 0.5)]), len(images))"),
        ("log sigma decoded", "halves_exchanged", "means = sigmoid(network(gen_params, log_s))\n"
         "return show_images(np.concatenate([images, means]), len(images))"),
        ("a random code", None, "z = mu + np.exp(log_s) * np.random.randn(*mu.shape)\n"
         "means = sigmoid(network(gen_params, z))\n"
         "return show_images(np.concatenate([images, means]), len(images))"),
        ("only means", None, "return show_images(means, len(images))"),
        ("four columns", None, "return show_images(np.concatenate([images, means]), 4)"),
        before="mu, log_s = np.split(network(rec_params, images), 2, axis=1)\n"
        "means = sigmoid(network(gen_params, mu))\n",
        function="reconstruction_figure",
    ),
    *BOOK.wrong(
        "pictures",
        ("backwards", "backwards", "return shown(walk(b, a))"),
        ("pixels mixed", "pixels_mixed", "return show(walk(decoded(a), decoded(b)))"),
        ("images mixed", "images_mixed",
         "return shown(code(walk(images[::2], images[1::2]).reshape(-1, 784)))"),
        ("end missing", "end_missing",
         "share = np.linspace(0, 1, steps, endpoint=False)[:, None]\nreturn shown(walk(a, b))"),
        ("column by column", "transposed", "return shown(walk(a, b).transpose(1, 0, 2))"),
        ("transposed", "transposed", "z = walk(a, b).transpose(1, 0, 2).reshape(-1, a.shape[1])\n"
         "return show_images(decoded(z), len(a))"),
        ("logits", "logits_shown",
         "return show(network(gen_params, walk(a, b).reshape(-1, a.shape[1])))"),
        ("rounded", "rounded",
         "return show(1.0 * (decoded(walk(a, b).reshape(-1, a.shape[1])) > 0.5))"),
        ("halves paired", "pairs_far_apart",
         "n = len(mu) // 2\nreturn shown(walk(mu[:n], mu[n:]))"),
        ("neighbours", None, "return shown(walk(mu[:-1], mu[1:]))"),
        ("always 25", None, "steps, share = 25, np.linspace(0, 1, 25)[:, None]\n"
         "return show_images(decoded(walk(a, b).reshape(-1, a.shape[1])), 25)"),
        ("beyond the ends", None,
         "share = np.linspace(-0.2, 1.2, steps)[:, None]\nreturn shown(walk(a, b))"),
        before="code = lambda x: np.split(network(rec_params, x), 2, axis=-1)[0]\n"
        "decoded = lambda z: sigmoid(network(gen_params, z))\nmu = code(images)\n"
        "a, b = mu[::2], mu[1::2]\nshare = np.linspace(0, 1, steps)[:, None]\n"
        "walk = lambda a, b: (1 - share) * a[:, None] + share * b[:, None]\n"
        "show = lambda pixels: show_images(pixels.reshape(-1, 784), steps)\n"
        "shown = lambda z: show(decoded(z.reshape(-1, mu.shape[1])))\n",
        function="interpolation_figure",
    ),
)  # fmt: skip
WRONG: tuple[Wrong, ...] = (*STEPS, *LOOPS, *PICTURES)
