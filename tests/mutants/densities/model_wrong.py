"""Wrong solutions of the tasks that use the model: `train` and `log_p_x`."""

from functools import partial

from tests.mutants.book import Wrong

from .notebook import BOOK

_START = (
    "mu, logvar = vae.encode(x)\nz = vae.draw(mu, logvar)\ntheta = vae.decode(z)\n"
    "zero = torch.zeros_like(mu)\n"
    "kl = kl_gaussian_gaussian_analytic(mu, logvar, zero, zero)\n"
    "log_p = log_likelihood_bernoulli(theta, x)\n"
)
_LOOP = (
    "optimizer = torch.optim.Adam(vae.parameters(), lr=lr)\nlosses = []\n"
    "for _ in range(epochs):\n    for x in loader:\n        loss = -elbo(vae, x).mean()\n"
    "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
    "        losses.append(loss.item())\nreturn losses"
)


def cell(elbo: str = _START + "return log_p - kl", train: str = _LOOP) -> str:
    """The solution cell of `train` from the lines of its two functions."""
    parts = (("elbo(vae, x)", elbo), ("train(vae, loader, epochs, lr=3e-4)", train))
    return "\n\n".join(
        f"def {head}:\n" + "".join(f"    {line}\n" for line in lines.split("\n"))
        for head, lines in parts
    )


def _elbos(*table: tuple[str, str | None, str]) -> tuple[Wrong, ...]:
    return tuple(
        Wrong(BOOK, "train", f"elbo, {name}", cell(elbo=_START + lines), known)
        for name, known, lines in table
    )


def _loops(*table: tuple[str, str | None, str, str]) -> tuple[Wrong, ...]:
    """Name, misconception, what is changed in the loop, into what."""
    for _, _, old, _ in table:
        assert old in _LOOP
    return tuple(
        Wrong(BOOK, "train", name, cell(train=_LOOP.replace(old, new)), known)
        for name, known, old, new in table
    )


ELBOS = _elbos(
    ("scalar", "averaged_scalar", "return (log_p - kl).mean()"),
    ("sum", "summed_scalar", "return (log_p - kl).sum()"),
    ("kl added", "kl_added", "return log_p + kl"),
    ("sign", "elbo_sign", "return kl - log_p"),
    ("kl forgotten", "kl_forgotten", "return log_p"),
    ("likelihood forgotten", "likelihood_forgotten", "return -kl"),
    ("likelihood averaged", "likelihood_averaged_over_batch", "return log_p.mean() - kl"),
    ("kl averaged over the batch", "kl_averaged_over_batch", "return log_p - kl.mean()"),
    ("mean over pixels", "likelihood_averaged_over_pixels", "return log_p / 784 - kl"),
    ("mean over the code", "kl_averaged", "return log_p - kl / latent_dim"),
    ("batch axis lost", "batch_axis_lost", "return (log_p - kl).squeeze()"),
    ("mu decoded", "mean_decoded", "return log_likelihood_bernoulli(vae.decode(mu), x) - kl"),
    ("codes from the prior", "z_from_prior",
     "return log_likelihood_bernoulli(vae.decode(torch.randn_like(mu)), x) - kl"),
    ("one noise for all", "noise_shared_by_rows",
     "z = mu + (0.5 * logvar).exp() * torch.randn_like(mu[:1])\n"
     "return log_likelihood_bernoulli(vae.decode(z), x) - kl"),
    ("variance for standard deviation", None,
     "z = mu + logvar.exp() * torch.randn_like(mu)\n"
     "return log_likelihood_bernoulli(vae.decode(z), x) - kl"),
    ("beta", None, "return log_p - 1.1 * kl"),
    ("divergence by dice", None,
     "kl = kl_gaussian_gaussian_mc(mu, logvar, zero, zero)\nreturn log_p - kl"),
    ("squared error", None, "return -((theta - x) ** 2).sum(-1) - kl"),
)  # fmt: skip

LOOPS = _loops(
    ("ascent", "ascent", "loss.backward()", "(-loss).backward()"),
    ("no zero_grad", "zero_grad_forgotten", "        optimizer.zero_grad()\n", ""),
    ("SGD", "sgd", "torch.optim.Adam(", "torch.optim.SGD("),
    ("AdamW", "weight_decay", "torch.optim.Adam(", "torch.optim.AdamW("),
    ("a new Adam every batch", "optimizer_every_batch", "        optimizer.zero_grad()",
     "        optimizer = torch.optim.Adam(vae.parameters(), lr=lr)\n"
     "        optimizer.zero_grad()"),
    ("a new Adam every epoch", "optimizer_every_epoch", "    for x in loader:",
     "    optimizer = torch.optim.Adam(vae.parameters(), lr=lr)\n    for x in loader:"),
    ("decoder only", "only_decoder", "vae.parameters()", "vae.decoder.parameters()"),
    ("encoder only", "only_encoder", "vae.parameters()", "vae.encoder.parameters()"),
    ("no backward", "no_step", "        loss.backward()\n", ""),
    ("no step", "no_step", "        optimizer.step()\n", ""),
    ("learning rate fixed", "lr_ignored", "lr=lr", "lr=3e-4"),
    ("learning rate of the library", "lr_ignored", ", lr=lr", ""),
    ("one step an epoch", "one_step_an_epoch",
     "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
     "        losses.append(loss.item())\n",
     "        losses.append(loss.item())\n"
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"),
    ("ELBO returned", "elbo_returned", "loss.item()", "-loss.item()"),
    ("sum returned", "loss_summed", ".mean()", ".sum()"),
    ("one loss an epoch", "loss_of_last_batches", "        losses.append(loss.item())",
     "    losses.append(loss.item())"),
    ("averages of epochs", "loss_an_epoch", "return losses",
     "return [sum(losses[i * len(loader):(i + 1) * len(loader)]) / len(loader)\n"
     "        for i in range(epochs)]"),
    ("only the last loss", "only_last_loss", "return losses", "return losses[-1]"),
    ("tensor returned", "losses_in_a_tensor", "return losses", "return torch.tensor(losses)"),
    ("a single epoch", None, "range(epochs)", "range(1)"),
    ("nothing returned", None, "return losses", "return None"),
    ("gradients clipped in sign", None, "        optimizer.step()\n",
     "        for p in vae.parameters():\n            p.grad.sign_()\n        optimizer.step()\n"),
    ("momentum gone", None, "lr=lr", "lr=lr, betas=(0.0, 0.999)"),
    ("Adamax", None, "torch.optim.Adam(", "torch.optim.Adamax("),
    ("loss after the step", None, "losses.append(loss.item())",
     "losses.append(-elbo(vae, x).mean().item())"),
)  # fmt: skip

_LOG_P = (
    "mu, logvar = vae.encode(x)\nzero = torch.zeros_like(mu)\nys = []\n"
    "for _ in range(num_samples):\n    z = vae.draw(mu, logvar)\n"
    "    log_x = log_likelihood_bernoulli(vae.decode(z), x)\n"
    "    log_p = log_likelihood_normal(zero, zero, z)\n"
    "    log_q = log_likelihood_normal(mu, logvar, z)\n"
    "    ys.append(log_x + log_p - log_q)\n"
    "return log_mean_exp(torch.stack(ys, dim=-1))"
)


_estimates = partial(BOOK.changed, "log_p_x", "", _LOG_P)

ESTIMATES = _estimates(
    ("log q added", "log_q_added", "log_p - log_q", "log_p + log_q"),
    ("log q forgotten", "log_q_forgotten", " - log_q", ""),
    ("prior forgotten", "prior_forgotten", " + log_p", ""),
    ("likelihood forgotten", "likelihood_forgotten", "log_x + log_p", "log_p"),
    ("signs flipped", "all_signs_flipped", "log_x + log_p - log_q", "log_q - log_p - log_x"),
    ("result negative", "all_signs_flipped", "return log_mean_exp", "return -log_mean_exp"),
    ("prior and q exchanged", "prior_and_q_exchanged", "+ log_p - log_q", "- log_p + log_q"),
    ("only the likelihood", "only_likelihood", "log_x + log_p - log_q", "log_x"),
    ("an ELBO inside", "elbo", "log_x + log_p - log_q",
     "log_x - kl_gaussian_gaussian_analytic(mu, logvar, zero, zero)"),
    ("codes from the prior", "z_from_prior", "vae.draw(mu, logvar)", "torch.randn_like(mu)"),
    ("simple Monte Carlo", "z_from_prior", "    log_q = log_likelihood_normal(mu, logvar, z)\n",
     "    z = torch.randn_like(mu)\n    log_x = log_likelihood_bernoulli(vae.decode(z), x)\n"
     "    log_p = log_q = 0\n"),
    ("mean decoded", "mean_decoded", "vae.draw(mu, logvar)", "mu"),
    ("mean of the logs", "mean_of_logs", "log_mean_exp(torch.stack(ys, dim=-1))",
     "torch.stack(ys, dim=-1).mean(-1)"),
    ("sum for mean", "sum_for_mean", "log_mean_exp(torch.stack(ys, dim=-1))",
     "torch.logsumexp(torch.stack(ys, dim=-1), -1)"),
    ("mean twice", "divided_twice", "return log_mean_exp(torch.stack(ys, dim=-1))",
     "return log_mean_exp(torch.stack(ys, dim=-1)) - math.log(num_samples)"),
    ("largest", "largest_weight", "log_mean_exp(torch.stack(ys, dim=-1))",
     "torch.stack(ys, dim=-1).amax(-1)"),
    ("one code for all", "too_few_codes",
     "for _ in range(num_samples):\n    z = vae.draw(mu, logvar)",
     "one = vae.draw(mu, logvar)\nfor _ in range(num_samples):\n    z = one"),
    ("num_samples ignored", "too_few_codes", "range(num_samples)", "range(1)"),
    ("ten codes", None, "range(num_samples)", "range(10)"),
    ("codes shared by images", "codes_shared_by_images", "vae.draw(mu, logvar)",
     "mu + (0.5 * logvar).exp() * torch.randn_like(mu[:1])"),
    ("wrong axis", "wrong_axis", "dim=-1))", "dim=-1).T)"),
    ("a number for each code", "one_number_a_code", "log_mean_exp(torch.stack(ys, dim=-1))",
     "torch.stack(ys, dim=-1)"),
    ("kept axis", "kept_axis", "dim=-1))", "dim=-1))[:, None]"),
    ("scalar", "averaged_scalar", "dim=-1))", "dim=-1)).mean()"),
    ("summed", "summed_scalar", "dim=-1))", "dim=-1)).sum()"),
    ("batch axis lost", "batch_axis_lost", "dim=-1))", "dim=-1)).squeeze()"),
    ("likelihood averaged", "likelihood_averaged_over_pixels", "log_x + log_p",
     "log_x / 784 + log_p"),
    ("variance for standard deviation", None, "vae.draw(mu, logvar)",
     "mu + logvar.exp() * torch.randn_like(mu)"),
    ("twice the noise", None, "vae.draw(mu, logvar)",
     "mu + 2 * (0.5 * logvar).exp() * torch.randn_like(mu)"),
)  # fmt: skip

WRONG = (*ELBOS, *LOOPS, *ESTIMATES)
