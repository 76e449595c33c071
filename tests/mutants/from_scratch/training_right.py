"""Right solutions of Adam and the pictures in unusual styles."""

from tests.mutants.book import Right

from .notebook import BOOK

STEPS = (
    *BOOK.right(
        "adam",
        ("moved by differences", "m = m + (1 - beta1) * (gradient - m)\n"
         "v = v + (1 - beta2) * (gradient * gradient - v)\n"
         "rate = alpha * np.sqrt(1 - beta2**t) / (1 - beta1**t)\n"
         "return weights + rate * m / (np.sqrt(v) + eps * np.sqrt(1 - beta2**t)), m, v"),
        ("in place",
         "m *= beta1\nm += (1 - beta1) * gradient\nv *= beta2\nv += (1 - beta2) * gradient**2\n"
         "scale = np.sqrt(v / (1 - beta2**t)) + eps\n"
         "return weights + alpha * (m / (1 - beta1**t)) / scale, m, v"),
        ("minus a negative gradient", "g = -gradient\nnew_m = beta1 * m - (1 - beta1) * g\n"
         "new_v = beta2 * v + (1 - beta2) * g**2\n"
         "step = new_m / (1 - beta1**t) / ((new_v / (1 - beta2**t)) ** 0.5 + eps)\n"
         "return weights - alpha * -step, new_m, new_v"),
        ("entry by entry", "new = []\nfor w, g, a, b in zip(weights, gradient, m, v):\n"
         "    a, b = beta1 * a + (1 - beta1) * g, beta2 * b + (1 - beta2) * g * g\n"
         "    move = a / (1 - beta1**t) / ((b / (1 - beta2**t)) ** 0.5 + eps)\n"
         "    new.append((w + alpha * move, a, b))\n"
         "return tuple(np.array(column) for column in zip(*new))"),
        ("a list of three", "m = np.average([m, gradient], axis=0, weights=[beta1, 1 - beta1])\n"
         "v = np.average([v, gradient**2], axis=0, weights=[beta2, 1 - beta2])\n"
         "scale = np.sqrt(v / (1 - beta2**t)) + eps\n"
         "return [weights + alpha * m / (1 - beta1**t) / scale, m, v]"),
        ("powers by exp and log", "m = beta1 * m + (1 - beta1) * gradient\n"
         "v = beta2 * v + (1 - beta2) * np.square(gradient)\n"
         "a, b = -np.expm1(t * np.log(beta1)), -np.expm1(t * np.log(beta2))\n"
         "return weights + alpha * (m / a) / (np.sqrt(v / b) + eps), m, v"),
        function="adam_step",
    ),
)  # fmt: skip
LOOPS = (
    *BOOK.right(
        "adam",
        ("a counter", "m = v = 0 * weights\nt, bounds = 0, []\nfor epoch in range(num_epochs):\n"
         "    for grey in batches:\n        t += 1\n"
         "        bound, g = bound_and_gradient(weights, grey)\n"
         "        weights, m, v = adam_step(weights, g, m, v, t)\n        bounds += [bound]\n"
         "return weights, bounds"),
        ("enumerate", "from itertools import chain, repeat\n"
         "state = weights, np.zeros(weights.shape), np.zeros(weights.shape)\nbounds = []\n"
         "steps = chain.from_iterable(repeat(batches, num_epochs))\n"
         "for t, grey in enumerate(steps, start=1):\n"
         "    bound, gradient = bound_and_gradient(state[0], grey)\n"
         "    state = adam_step(state[0], gradient, *state[1:], t)\n"
         "    bounds.append(float(bound))\nreturn state[0], bounds"),
        ("all batches times epochs",
         "m, v = np.zeros(len(weights)), np.zeros(len(weights))\nbounds = []\n"
         "for t, grey in enumerate(list(batches) * num_epochs):\n"
         "    bound, gradient = bound_and_gradient(grey=grey, weights=weights)\n"
         "    weights, m, v = adam_step(weights, gradient, m, v, t + 1, alpha=1e-3)\n"
         "    bounds.append(bound)\nreturn weights, bounds"),
        ("while", "i, n = 0, num_epochs * len(batches)\nbounds = np.zeros(n)\n"
         "m, v = np.zeros_like(weights), np.zeros_like(weights)\nwhile i < n:\n"
         "    bounds[i], gradient = bound_and_gradient(weights, batches[i % len(batches)])\n"
         "    i += 1\n    weights, m, v = adam_step(weights, gradient, m, v, i)\n"
         "return weights, list(bounds)"),
        ("bounds as an array",
         "m, v, bounds = 0.0 * weights, 0.0 * weights, []\nfor _ in range(num_epochs):\n"
         "    for grey in batches:\n"
         "        bound, gradient = bound_and_gradient(weights, grey)\n"
         "        bounds.append(bound)\n"
         "        weights, m, v = adam_step(weights=weights, gradient=gradient, m=m, v=v,\n"
         "                                  t=len(bounds))\nreturn weights, np.array(bounds)"),
        ("an Adam of its own",
         "m, v = np.zeros_like(weights), np.zeros_like(weights)\nbounds = []\n"
         "for t in range(1, num_epochs * len(batches) + 1):\n"
         "    bound, g = bound_and_gradient(weights, batches[(t - 1) % len(batches)])\n"
         "    bounds.append(float(bound))\n    m = 0.9 * m + 0.1 * g\n"
         "    v = 0.999 * v + 0.001 * g**2\n"
         "    weights = weights + 1e-3 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)\n"
         "return weights, bounds"),
        function="train",
    ),
)  # fmt: skip
_FIGURE = """def tiled(rows):
    rows = [np.concatenate([x.reshape(28, 28) for x in row], axis=1) for row in rows]
    figure, ax = plt.subplots()
    ax.imshow(np.concatenate(rows, axis=0), cmap="gray")
    ax.axis("off")
    return figure
"""
PICTURES = (
    *BOOK.right(
        "pictures",
        ("normal", "z = np.random.normal(0, 1, (5, 5, latent_dim)).reshape(25, -1)\n"
         "return show_images(1 / (1 + np.exp(-network(gen_params, z))), 5)"),
        ("a panel an image", "figure, axes = plt.subplots(5, 5)\nfor ax in axes.flat:\n"
         "    z = np.random.randn(1, latent_dim)\n"
         "    ax.imshow(sigmoid(network(gen_params, z)).reshape(28, 28), cmap='gray')\n"
         "    ax.set_axis_off()\nreturn figure"),
        ("a row of panels, each of five", "figure, axes = plt.subplots(1, 5)\nfor ax in axes:\n"
         "    means = sigmoid(network(gen_params, np.random.randn(5, latent_dim)))\n"
         "    ax.imshow(means.reshape(140, 28), cmap='gray')\n    ax.set(xticks=[], yticks=[])\n"
         "return figure"),
        ("as bytes", "z = np.random.randn(25, latent_dim)\n"
         "means = np.round(255 * sigmoid(network(gen_params, z))).astype('uint8')\n" +
         _FIGURE +
         "return tiled(means.reshape(5, 5, 784))"),
        function="prior_figure",
    ),
    *BOOK.right(
        "pictures",
        ("slices and a list", "out = network(rec_params, images)\nmu = out[:, :out.shape[1] // 2]\n"
         "below = sigmoid(network(gen_params, mu))\n"
         "return show_images(list(images) + list(below), columns=len(images))"),
        ("subplots", "n = len(images)\nfigure, axes = plt.subplots(2, n, squeeze=False)\n"
         "mu = np.split(network(rec_params, images), 2, 1)[0]\n"
         "rows = images, sigmoid(network(gen_params, mu))\nfor i in range(2):\n"
         "    for j in range(n):\n"
         "        axes[i, j].imshow(rows[i][j].reshape(28, 28), cmap='gray', vmin=0, vmax=1)\n"
         "        axes[i, j].axis('off')\nreturn figure"),
        ("a mosaic of its own", _FIGURE +
         "mu = network(rec_params, images)[:, :latent_dim]\n"
         "return tiled([images, 1 / (1 + np.exp(-network(gen_params, mu)))])"),
        function="reconstruction_figure",
    ),
    *BOOK.right(
        "pictures",
        ("pair by pair", "mu = network(rec_params, images)[:, :latent_dim]\nrows = []\n"
         "for a, b in zip(mu[::2], mu[1::2]):\n    for k in range(steps):\n"
         "        s = k / (steps - 1)\n"
         "        rows.append(sigmoid(network(gen_params, ((1 - s) * a + s * b)[None]))[0])\n"
         "return show_images(np.array(rows), steps)"),
        ("linspace of codes", "mu, _ = np.split(network(rec_params, images), 2, axis=1)\n"
         "z = np.linspace(mu[::2], mu[1::2], steps, axis=1)\n"
         "return show_images(sigmoid(network(gen_params, z.reshape(-1, mu.shape[1]))), steps)"),
        ("a row a panel", "mu = network(rec_params, images)[:, :latent_dim]\n"
         "pairs = mu.reshape(-1, 2, latent_dim)\n"
         "figure, axes = plt.subplots(len(pairs), 1, squeeze=False)\n"
         "share = np.arange(steps)[:, None] / (steps - 1)\n"
         "for ax, (a, b) in zip(axes[:, 0], pairs):\n"
         "    row = sigmoid(network(gen_params, a + share * (b - a))).reshape(-1, 28, 28)\n"
         "    ax.imshow(np.concatenate(list(row), axis=1), cmap='gray')\n    ax.set_xticks([])\n"
         "    ax.set_yticks([])\nreturn figure"),
        function="interpolation_figure",
    ),
)  # fmt: skip
RIGHT: tuple[Right, ...] = (*STEPS, *LOOPS, *PICTURES)
