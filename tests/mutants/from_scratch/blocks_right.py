"""Right solutions of the building blocks and the bound in unusual styles."""

from tests.mutants.book import Right

from .notebook import BOOK

_SPLIT = "mu, logsigma = np.split(encoder_output, 2, axis=-1)\n"
SAMPLES = (
    *BOOK.right(
        "sample_latent_variables_from_posterior",
        ("slices by the shape", "L = encoder_output.shape[1] // 2\n"
         "mu, log_s = encoder_output[:, :L], encoder_output[:, L:]\n"
         "return mu + np.random.randn(len(mu), L) * np.exp(log_s)"),
        ("slices by the notebook's latent_dim",
         "mu, log_s = encoder_output[:, :latent_dim], encoder_output[:, latent_dim:]\n"
         "return np.random.randn(*log_s.shape) * np.exp(log_s) + mu"),
        ("normal", _SPLIT +
         "return mu + np.exp(logsigma) * np.random.normal(size=mu.shape)"),
        ("a generator of its own", _SPLIT +
         "noise = np.random.RandomState().randn(*mu.shape)\nreturn mu + np.exp(logsigma) * noise"),
        ("default_rng", "import numpy\n" +
         _SPLIT +
         "noise = numpy.random.default_rng().standard_normal(mu.shape)\n"
         "return mu + np.exp(logsigma) * noise"),
        ("root of the variance", _SPLIT +
         "return mu + np.sqrt(np.exp(2 * logsigma)) * np.random.randn(*mu.shape)"),
        ("negative noise", _SPLIT +
         "return mu - np.exp(logsigma) * np.random.randn(*mu.shape)"),
        ("reshape", "B = encoder_output.shape[0]\nboth = np.reshape(encoder_output, (B, 2, -1))\n"
         "return both[:, 0] + np.exp(both[:, 1]) * np.random.randn(*both[:, 0].shape)"),
        ("noise by inversion", "from statistics import NormalDist\n" +
         _SPLIT +
         "levels = np.random.uniform(1e-12, 1, mu.shape)\n"
         "inverse = np.vectorize(NormalDist().inv_cdf)\n"
         "return mu + np.exp(logsigma) * inverse(levels)"),
        ("Box and Muller", _SPLIT +
         "radius = np.sqrt(-2 * np.log(1 - np.random.rand(*mu.shape)))\n"
         "noise = radius * np.cos(2 * np.pi * np.random.rand(*mu.shape))\n"
         "return mu + np.exp(logsigma) * noise"),
        ("Python's random numbers", "import random\n" +
         _SPLIT +
         "draw = np.vectorize(lambda _: random.gauss(0, 1))\n"
         "return mu + np.exp(logsigma) * draw(np.zeros(mu.shape))"),
        ("float32 noise", _SPLIT +
         "noise = np.random.randn(*mu.shape).astype('float32')\n"
         "return mu + np.exp(logsigma) * noise"),
    ),
)  # fmt: skip
BERNOULLIS = (
    *BOOK.right(
        "bernoulli_log_prob",
        ("signs", "return -np.sum(np.logaddexp(0, (1 - 2 * targets) * logits), axis=1)"),
        ("two logaddexp", "white, black = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)\n"
         "return np.sum(targets * white + (1 - targets) * black, axis=-1)"),
        ("max and log1p", "return np.sum(targets * logits - np.maximum(logits, 0)\n"
         "    - np.log1p(np.exp(-np.abs(logits))), axis=-1)"),
        ("where", "signed = np.where(targets == 1, logits, -logits)\n"
         "return np.sum(-np.logaddexp(0.0, -signed), -1)"),
        ("matrix product", "ones = np.ones(logits.shape[1])\n"
         "return (targets * logits - np.logaddexp(0, logits)) @ ones"),
        ("einsum", "return np.einsum('bd,bd->b', targets, logits) \\\n"
         "    - np.sum(np.logaddexp(0, logits), axis=1)"),
        ("logsumexp", "from autograd.scipy.special import logsumexp\n"
         "both = np.stack([np.zeros(logits.shape), logits])\n"
         "return np.sum(targets * logits - logsumexp(both, axis=0), axis=-1)"),
        ("expit", "from autograd.scipy.special import expit\np = expit(-np.abs(logits))\n"
         "return np.sum(targets * logits - np.maximum(0, logits) + np.log(1 - p), axis=-1)"),
        ("swapped axes",
         "terms = (targets * logits - np.logaddexp(0, logits)).T\nreturn np.sum(terms, axis=0)"),
        ("cumulative", "terms = targets * logits - np.logaddexp(logits, 0)\n"
         "return np.cumsum(terms, axis=1)[:, -1]"),
        ("mean times D", "terms = targets * logits - np.logaddexp(0, logits)\n"
         "return terms.shape[1] * np.mean(terms, axis=1)"),
        ("tanh and distance", "return np.sum(targets * logits - (logits + np.abs(logits)) / 2\n"
         "    + np.log(0.5 * (1 + np.tanh(np.abs(logits) / 2))), axis=-1)"),
    ),
)  # fmt: skip
DIVERGENCES = (
    *BOOK.right(
        "compute_KL",
        ("in one line", "mu, s = np.split(encoder_output, 2, 1)\n"
         "return np.sum(mu**2 + np.exp(2 * s) - 2 * s - 1, 1) / 2"),
        ("variance first", _SPLIT +
         "variance = np.exp(logsigma) ** 2\n"
         "return -0.5 * np.sum(1 + np.log(variance) - mu**2 - variance, axis=1)"),
        ("term by term", _SPLIT +
         "L = mu.shape[1]\n"
         "quadratic = np.sum(np.square(mu), 1) + np.sum(np.exp(logsigma * 2), 1)\n"
         "return quadratic / 2 - np.sum(logsigma, 1) - L / 2"),
        ("expm1", _SPLIT +
         "return np.sum(mu * mu / 2 + np.expm1(2 * logsigma) / 2 - logsigma, axis=-1)"),
        ("slices by the notebook's latent_dim",
         "mu = encoder_output[:, :latent_dim]\nlog_s = encoder_output[:, latent_dim:]\n"
         "return 0.5 * np.sum(mu**2 + np.exp(2 * log_s) - 2 * log_s - 1, axis=1)"),
        ("einsum", _SPLIT +
         "return 0.5 * (np.einsum('bl,bl->b', mu, mu)\n"
         "    + np.sum(np.exp(2 * logsigma) - 2 * logsigma - 1, axis=1))"),
        ("means times L", _SPLIT +
         "terms = mu**2 + np.exp(2 * logsigma) - 2 * logsigma - 1\n"
         "return 0.5 * mu.shape[1] * np.mean(terms, axis=1)"),
        ("norms", _SPLIT +
         "return 0.5 * (np.linalg.norm(mu, axis=1) ** 2\n"
         "    + np.linalg.norm(np.exp(logsigma), axis=1) ** 2) \\\n"
         "    - np.sum(logsigma, axis=1) - 0.5 * mu.shape[1]"),
    ),
)  # fmt: skip
BOUNDS = (
    *BOOK.right(
        "vae_lower_bound",
        ("minus a loss",
         "out = network(rec_params, data)\nz = sample_latent_variables_from_posterior(out)\n"
         "nll = -bernoulli_log_prob(data, network(gen_params, z))\n"
         "return -np.mean(nll + compute_KL(out))"),
        ("two means",
         "out = network(rec_params, data)\nz = sample_latent_variables_from_posterior(out)\n"
         "return np.mean(bernoulli_log_prob(data, network(gen_params, z))) \\\n"
         "    - np.mean(compute_KL(out))"),
        ("sums over B", "out = network(rec_params, data)\n"
         "logits = network(gen_params, sample_latent_variables_from_posterior(out))\n"
         "total = np.sum(bernoulli_log_prob(data, logits)) - np.sum(compute_KL(out))\n"
         "return total / data.shape[0]"),
        ("KL first", "out = network(rec_params, data)\nbound = -compute_KL(out)\n"
         "bound = bound + bernoulli_log_prob(\n"
         "    data, network(gen_params, sample_latent_variables_from_posterior(out)))\n"
         "return bound.mean()"),
        ("networks by hand", "def run(layers, h):\n    (W1, b1), (W2, b2), (W3, b3) = layers\n"
         "    h = np.maximum(0, np.dot(h, W1) + b1)\n    h = np.maximum(0, np.dot(h, W2) + b2)\n"
         "    return np.dot(h, W3) + b3\nout = run(rec_params, data)\n"
         "z = sample_latent_variables_from_posterior(out)\n"
         "return np.mean(bernoulli_log_prob(data, run(gen_params, z)) - compute_KL(out))"),
        ("average",
         "out = network(rec_params, data)\nz = sample_latent_variables_from_posterior(out)\n"
         "each = bernoulli_log_prob(data, network(gen_params, z)) - compute_KL(out)\n"
         "return np.dot(each, np.ones(len(data)) / len(data))"),
        ("own formulas", "out = network(rec_params, data)\nmu, log_s = np.split(out, 2, axis=1)\n"
         "z = mu + np.exp(log_s) * np.random.randn(*mu.shape)\nlogits = network(gen_params, z)\n"
         "kl = 0.5 * np.sum(mu**2 + np.exp(2 * log_s) - 2 * log_s - 1, axis=1)\n"
         "return np.mean(np.sum(data * logits - np.logaddexp(0, logits), axis=1) - kl)"),
    ),
)  # fmt: skip
RIGHT: tuple[Right, ...] = (*SAMPLES, *BERNOULLIS, *DIVERGENCES, *BOUNDS)
