"""Wrong solutions of the building blocks and the bound, one mistake each, and its name."""

from tests.mutants.book import Wrong

from .notebook import BOOK

_SPLIT = "mu, logsigma = np.split(encoder_output, 2, axis=-1)\n"
_NOISE = _SPLIT + "noise = np.random.randn(*mu.shape)\n"
SAMPLES = (
    *BOOK.wrong(
        "sample_latent_variables_from_posterior",
        ("variance", "variance_for_std", "return mu + np.exp(2 * logsigma) * noise"),
        ("half of logsigma", "halved_logsigma", "return mu + np.exp(logsigma / 2) * noise"),
        ("unit noise", "unit_std", "return mu + noise"),
        ("logsigma itself", "logsigma_for_std", "return mu + logsigma * noise"),
        ("divided", "inverse_sigma", "return mu + noise / np.exp(logsigma)"),
        ("exchanged", "exchanged", "return np.exp(logsigma) + mu * noise"),
        ("mean left out", "mean_forgotten", "return np.exp(logsigma) * noise"),
        ("all scaled", "mean_scaled", "return np.exp(logsigma) * (mu + noise)"),
        ("no noise", "no_noise", "return mu"),
        ("sigma added", "sigma_for_noise", "return mu + np.exp(logsigma)"),
        ("seeded", "same_noise_every_call",
         "np.random.seed(0)\nreturn mu + np.exp(logsigma) * np.random.randn(*mu.shape)"),
        ("one row of noise", "noise_shared_by_rows",
         "return mu + np.exp(logsigma) * np.random.randn(mu.shape[1])"),
        ("one number a row", "noise_shared_by_entries",
         "return mu + np.exp(logsigma) * np.random.randn(len(mu), 1)"),
        ("uniform", "uniform_noise", "return mu + np.exp(logsigma) * np.random.rand(*mu.shape)"),
        ("uniform around 0", "uniform_noise",
         "return mu + np.exp(logsigma) * np.random.uniform(-1, 1, mu.shape)"),
        ("halves exchanged", "halves_exchanged",
         "logsigma, mu = np.split(encoder_output, 2, axis=-1)\n"
         "return mu + np.exp(logsigma) * noise"),
        ("every other entry", "every_other_entry",
         "mu, logsigma = encoder_output[:, ::2], encoder_output[:, 1::2]\n"
         "return mu + np.exp(logsigma) * noise"),
        ("values taken out", "no_gradient", "from autograd.tracer import getval\n"
         "return getval(mu) + np.exp(getval(logsigma)) * noise"),
        ("value of sigma taken out", "no_gradient_to_logsigma",
         "from autograd.tracer import getval\nreturn mu + np.exp(getval(logsigma)) * noise"),
        ("value of mu taken out", None,
         "from autograd.tracer import getval\nreturn getval(mu) + np.exp(logsigma) * noise"),
        ("heavy tails", None,
         "return mu + np.exp(logsigma) * np.random.standard_t(4, mu.shape) / 2**0.5"),
        ("one noise for neighbours", None,
         "noise = np.repeat(noise[:, ::2], 2, axis=1)\nreturn mu + np.exp(logsigma) * noise"),
        before=_NOISE,
    ),
)  # fmt: skip
_TERMS = "terms = targets * logits - np.logaddexp(0, logits)\ntheta = sigmoid(logits)\n"
BERNOULLIS = (
    *BOOK.wrong(
        "bernoulli_log_prob",
        ("sign", "sign", "return -np.sum(terms, -1)"),
        ("mean loss", "mean_cross_entropy", "return -np.mean(terms)"),
        ("only white", "only_white", "return np.sum(targets * -np.logaddexp(0, -logits), -1)"),
        ("only black", "only_black", "return np.sum((targets - 1) * np.logaddexp(0, logits), -1)"),
        ("difference", "subtracted", "return np.sum((1 - targets) * np.logaddexp(0, logits)\n"
         "    - targets * np.logaddexp(0, -logits), -1)"),
        ("exchanged", "exchanged",
         "return np.sum((1 - targets) * logits - np.logaddexp(0, logits), -1)"),
        ("linear term only", "linear_term_only", "return np.sum(targets * logits, -1)"),
        ("targets left out", "targets_forgotten",
         "return np.sum(logits - np.logaddexp(0, logits), -1)"),
        ("targets of -1 and 1", "zero_for_minus_one",
         "return -np.sum(np.logaddexp(0, -targets * logits), -1)"),
        ("squared error", "squared_error", "return -np.sum((targets - theta) ** 2, -1)"),
        ("sigmoid twice", "sigmoid_twice", "p = sigmoid(theta)\n"
         "return np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), -1)"),
        ("probabilities as logits", "sigmoid_twice",
         "return np.sum(targets * theta - np.log(1 + np.exp(theta)), -1)"),
        ("maximum", "log_two_forgotten",
         "return np.sum(targets * logits - np.maximum(logits, 0), -1)"),
        ("product", "no_logarithm", "return np.exp(np.sum(terms, -1))"),
        ("probabilities added", "probabilities_added", "return np.sum(np.exp(terms), -1)"),
        ("log of the sum", "log_of_sum", "return np.log(np.sum(np.exp(terms), -1))"),
        ("log2", "binary_logarithm", "return np.sum(terms, -1) / np.log(2)"),
        ("log10", "decimal_logarithm", "return np.sum(terms, -1) / np.log(10)"),
        ("summed over the batch", "summed_over_batch", "return np.sum(terms)"),
        ("averaged over the batch", "averaged_over_batch", "return np.mean(np.sum(terms, -1))"),
        ("averaged over pixels", "averaged_over_pixels", "return np.mean(terms, -1)"),
        ("averaged over all", "averaged_over_everything", "return np.mean(terms)"),
        ("wrong axis", "wrong_axis", "return np.sum(terms, 0)"),
        ("not summed", "not_summed", "return terms"),
        ("[B, 1]", "kept_axis", "return np.sum(terms, -1, keepdims=True)"),
        ("squeezed", "batch_axis_lost", "return np.squeeze(np.sum(terms, -1))"),
        ("through theta", "unstable",
         "return np.sum(targets * np.log(theta) + (1 - targets) * np.log(1 - theta), -1)"),
        ("log(1 + exp)", "unstable",
         "return np.sum(targets * logits - np.log(1 + np.exp(logits)), -1)"),
        ("1e-10 added", "probability_cut_off", "return np.sum(targets * np.log(theta + 1e-10)\n"
         "    + (1 - targets) * np.log(1 - theta + 1e-10), -1)"),
        ("theta clipped", "probability_cut_off", "theta = np.clip(theta, 1e-8, 1 - 1e-8)\n"
         "return np.sum(targets * np.log(theta) + (1 - targets) * np.log(1 - theta), -1)"),
        ("value taken out", "no_gradient",
         "from autograd.tracer import getval\nlogits = getval(logits)\n"
         "return np.sum(targets * logits - np.logaddexp(0, logits), -1)"),
        ("last pixel left out", None, "return np.sum(terms[:, :-1], -1)"),
        ("logits clipped", None, "logits = np.clip(logits, -30, 30)\n"
         "return np.sum(targets * logits - np.logaddexp(0, logits), -1)"),
        ("first row for all", None, "return np.sum(terms[:1], -1) * np.ones(len(logits))"),
        before=_TERMS,
    ),
)  # fmt: skip
_KL = _SPLIT + "square, variance = mu**2, np.exp(2 * logsigma)\n"
DIVERGENCES = (
    *BOOK.wrong(
        "compute_KL",
        ("logsigma as logvar", "logsigma_as_logvar",
         "return 0.5 * np.sum(square + np.exp(logsigma) - 1 - logsigma, -1)"),
        ("sigma for its square", "std_for_variance",
         "return 0.5 * np.sum(square + np.exp(logsigma) - 1 - 2 * logsigma, -1)"),
        ("row by row", None, "rows = zip(square, variance, logsigma)\n"
         "return np.array([0.5 * np.sum(a + b - 1 - 2 * c) for a, b, c in rows])"),
        ("logsigma once", "logsigma_undoubled",
         "return 0.5 * np.sum(square + variance - 1 - logsigma, -1)"),
        ("halves exchanged", "halves_exchanged",
         "return 0.5 * np.sum(logsigma**2 + np.exp(2 * mu) - 1 - 2 * mu, -1)"),
        ("reversed", "reversed",
         "return 0.5 * np.sum((square + 1) / variance - 1 + 2 * logsigma, -1)"),
        ("mu as it is", "mu_unsquared",
         "return 0.5 * np.sum(mu + variance - 1 - 2 * logsigma, -1)"),
        ("variance squared", "variance_squared",
         "return 0.5 * np.sum(square + variance**2 - 1 - 2 * logsigma, -1)"),
        ("variance as sigma", "variance_as_std",
         "return 0.5 * np.sum(square + variance**2 - 1 - 2 * np.log(variance), -1)"),
        ("sign of the log", "log_sign",
         "return 0.5 * np.sum(square + variance - 1 + 2 * logsigma, -1)"),
        ("no log", "log_forgotten", "return 0.5 * np.sum(square + variance - 1, -1)"),
        ("no mu", "mu_forgotten", "return 0.5 * np.sum(variance - 1 - 2 * logsigma, -1)"),
        ("no 1", "one_forgotten", "return 0.5 * np.sum(square + variance - 2 * logsigma, -1)"),
        ("plus 1", "one_added", "return 0.5 * np.sum(square + variance + 1 - 2 * logsigma, -1)"),
        ("negative", "sign", "return -0.5 * np.sum(square + variance - 1 - 2 * logsigma, -1)"),
        ("no half", "half_lost", "return np.sum(square + variance - 1 - 2 * logsigma, -1)"),
        ("half on mu", "half_only_on_mu",
         "return np.sum(square / 2 + variance - 1 - 2 * logsigma, -1)"),
        ("half not on mu", "half_not_on_mu",
         "return np.sum(square + 0.5 * (variance - 1 - 2 * logsigma), -1)"),
        ("half not on the variance", "half_not_on_variance",
         "return np.sum(variance + 0.5 * (square - 1 - 2 * logsigma), -1)"),
        ("half not on 1", "half_not_on_one",
         "return np.sum(0.5 * (square + variance - 2 * logsigma) - 1, -1)"),
        ("half not on the log", "half_not_on_log",
         "return np.sum(0.5 * (square + variance - 1) - 2 * logsigma, -1)"),
        ("1 outside", "one_outside_the_sum",
         "return 0.5 * (np.sum(square + variance - 2 * logsigma, -1) - 1)"),
        ("summed over the batch", "summed_over_batch",
         "return 0.5 * np.sum(square + variance - 1 - 2 * logsigma)"),
        ("averaged over entries", "averaged_over_entries",
         "return 0.5 * np.mean(square + variance - 1 - 2 * logsigma, -1)"),
        ("averaged over the batch", "averaged_over_batch",
         "return 0.5 * np.mean(np.sum(square + variance - 1 - 2 * logsigma, -1))"),
        ("wrong axis", "wrong_axis",
         "return 0.5 * np.sum(square + variance - 1 - 2 * logsigma, 0)"),
        ("not summed", "not_summed", "return 0.5 * (square + variance - 1 - 2 * logsigma)"),
        ("squeezed", "batch_axis_lost",
         "return np.squeeze(0.5 * np.sum(square + variance - 1 - 2 * logsigma, -1))"),
        ("fixed batch", "fixed_batch_size",
         "terms = square + variance - 1 - 2 * logsigma\nif len(mu) > 1:\n"
         "    return 0.5 * np.sum(terms, -1)\n"
         "return 0.5 * np.sum(np.reshape(terms, (batch_size, -1)), -1)"),
        ("values taken out", "no_gradient", "from autograd.tracer import getval\n"
         "return getval(0.5 * np.sum(square + variance - 1 - 2 * logsigma, -1))"),
        ("value of mu taken out", "no_gradient_to_mu", "from autograd.tracer import getval\n"
         "return 0.5 * np.sum(getval(square) + variance - 1 - 2 * logsigma, -1)"),
        ("value of logsigma taken out", "no_gradient_to_logsigma",
         "from autograd.tracer import getval\n"
         "return 0.5 * np.sum(square + getval(variance - 1 - 2 * logsigma), -1)"),
        ("absolute value", None,
         "return np.abs(np.sum(np.abs(mu) + variance - 1 - 2 * logsigma, -1)) / 2"),
        ("clipped", None,
         "return 0.5 * np.sum(np.maximum(0.3, square + variance - 1 - 2 * logsigma), -1)"),
        before=_KL,
    ),
)  # fmt: skip
_PARTS = """out = network(rec_params, data)
z = sample_latent_variables_from_posterior(out)
logits = network(gen_params, z)
ll, kl = bernoulli_log_prob(data, logits), compute_KL(out)
"""
BOUNDS = (
    *BOOK.wrong(
        "vae_lower_bound",
        ("KL added", "kl_added", "return np.mean(ll + kl)"),
        ("no KL", "kl_forgotten", "return np.mean(ll)"),
        ("no likelihood", "likelihood_forgotten", "return -np.mean(kl)"),
        ("loss", "negated", "return np.mean(kl - ll)"),
        ("sum", "summed_over_batch", "return np.sum(ll - kl)"),
        ("one an image", "not_averaged", "return ll - kl"),
        ("mean over pixels as well", "averaged_over_pixels",
         "return np.mean((ll - kl) / data.shape[1])"),
        ("likelihood per pixel", "likelihood_averaged", "return np.mean(ll / data_dim - kl)"),
        ("sum of KLs", "kl_summed_over_batch", "return np.mean(ll) - np.sum(kl)"),
        ("KL twice", "kl_twice", "return np.mean(ll - kl) - np.mean(kl)"),
        ("sigmoid before", "means_for_logits",
         "return np.mean(bernoulli_log_prob(data, sigmoid(logits)) - kl)"),
        ("mean decoded", "no_noise", "z = out[:, :out.shape[1] // 2]\n"
         "return np.mean(bernoulli_log_prob(data, network(gen_params, z)) - kl)"),
        ("codes of the prior", "prior_for_posterior", "z = np.random.randn(*z.shape)\n"
         "return np.mean(bernoulli_log_prob(data, network(gen_params, z)) - kl)"),
        ("first code for all", "noise_shared_by_rows", "logits = network(gen_params, z[:1])\n"
         "return np.mean(bernoulli_log_prob(data, logits * np.ones((len(data), 1))) - kl)"),
        ("shared noise", "noise_shared_by_rows", "mu, log_s = np.split(out, 2, 1)\n"
         "z = mu + np.exp(log_s) * np.random.randn(1, mu.shape[1])\n"
         "return np.mean(bernoulli_log_prob(data, network(gen_params, z)) - kl)"),
        ("noise shared by entries", "noise_shared_by_entries", "mu, log_s = np.split(out, 2, 1)\n"
         "z = mu + np.exp(log_s) * np.random.randn(len(mu), 1)\n"
         "return np.mean(bernoulli_log_prob(data, network(gen_params, z)) - kl)"),
        ("sigma cut off", "no_gradient_through_sigma", "from autograd.tracer import getval\n"
         "mu, log_s = np.split(out, 2, 1)\n"
         "z = mu + np.exp(getval(log_s)) * np.random.randn(*mu.shape)\n"
         "return np.mean(bernoulli_log_prob(data, network(gen_params, z)) - kl)"),
        ("weights cut off", None, "from autograd.tracer import getval\n"
         "gen_params = [(getval(W), b) for W, b in gen_params]\n"
         "rec_params = [(getval(W), b) for W, b in rec_params]\n"
         "out = network(rec_params, data)\nz = sample_latent_variables_from_posterior(out)\n"
         "ll = bernoulli_log_prob(data, network(gen_params, z))\n"
         "return np.mean(ll - compute_KL(out))"),
        ("images overwritten", "argument_overwritten",
         "bound = np.mean(ll - kl)\ndata[:] = 0\nreturn bound"),
        ("values taken out", "no_gradient_to_weights",
         "from autograd.tracer import getval\nreturn getval(np.mean(ll - kl))"),
        ("encoder cut off", "no_gradient_to_encoder",
         "from autograd.tracer import getval\nout = getval(out)\n"
         "z = sample_latent_variables_from_posterior(out)\n"
         "ll = bernoulli_log_prob(data, network(gen_params, z))\n"
         "return np.mean(ll - compute_KL(out))"),
        ("decoder cut off", "no_gradient_to_decoder", "from autograd.tracer import getval\n"
         "layers = [(getval(W), getval(b)) for W, b in gen_params]\n"
         "return np.mean(bernoulli_log_prob(data, network(layers, z)) - kl)"),
        ("code cut off", "no_gradient_through_sigma", "from autograd.tracer import getval\n"
         "ll = bernoulli_log_prob(data, network(gen_params, getval(z)))\nreturn np.mean(ll - kl)"),
        ("KL halved", None, "return np.mean(ll - kl / 2)"),
        before=_PARTS,
    ),
)  # fmt: skip
WRONG: tuple[Wrong, ...] = (*SAMPLES, *BERNOULLIS, *DIVERGENCES, *BOUNDS)
