"""Wrong solutions of `elbo` and `loss`, and the name of each mistake."""

from .notebook import BOOK

_START = (
    "mu, logsigma = self.encoder(x)\nsigma = logsigma.exp()\neps = torch.randn_like(mu)\n"
    "z = mu + sigma * eps\n"
    "def log_x(z):\n    return self.log_likelihood(x, z)\n"
    "def log_z(z):\n    return self.log_prior(z)\n"
    "def log_q(z):\n    return self.log_q(mu, logsigma, z)\n"
    "def value(z):\n    return log_x(z) + log_z(z) - log_q(z)\n"
    "kl = 0.5 * (mu**2 + sigma**2 - 1 - 2 * logsigma).sum(-1)\n"
)

ELBOS = BOOK.wrong(
    "elbo",
    ("sign", "negated", "return -value(z).mean()"),
    ("log q added", "log_q_added", "return (log_x(z) + log_z(z) + log_q(z)).mean()"),
    ("log q forgotten", "log_q_forgotten", "return self.joint_log_density(x, z).mean()"),
    ("prior forgotten", "prior_forgotten", "return (log_x(z) - log_q(z)).mean()"),
    ("prior subtracted", "prior_subtracted", "return (log_x(z) - log_z(z) - log_q(z)).mean()"),
    ("prior twice", "prior_counted_twice", "return (value(z) + log_z(z)).mean()"),
    ("likelihood forgotten", "likelihood_forgotten", "return (log_z(z) - log_q(z)).mean()"),
    ("minus KL alone", "likelihood_forgotten", "return -kl.mean()"),
    ("likelihood negated", "likelihood_negated", "return (value(z) - 2 * log_x(z)).mean()"),
    ("mean over pixels", "likelihood_averaged_over_pixels",
     "return (log_x(z) / 784 - kl).mean()"),
    ("cross entropy's own mean", "likelihood_averaged_over_pixels",
     "return -F.binary_cross_entropy_with_logits(self.decoder(z), x) - kl.mean()"),
    ("KL added", "kl_added", "return (log_x(z) + kl).mean()"),
    ("KL added, by draws", "kl_added", "return (log_x(z) - log_z(z) + log_q(z)).mean()"),
    ("KL forgotten", "kl_forgotten", "return log_x(z).mean()"),
    ("half the KL", "kl_halved", "return (log_x(z) - 0.5 * kl).mean()"),
    ("KL averaged over entries", "kl_halved", "return (log_x(z) - kl / 2).mean()"),
    ("KL twice", "kl_doubled", "return (log_x(z) - 2 * kl).mean()"),
    ("KL of the prior", "kl_reversed",
     "turned = 0.5 * ((1 + mu**2) / sigma**2 - 1 + 2 * logsigma).sum(-1)\n"
     "return (log_x(z) - turned).mean()"),
    ("logsigma for log variance in the KL", "log_variance_in_kl",
     "kl = 0.5 * (mu**2 + logsigma.exp() - 1 - logsigma).sum(-1)\nreturn (log_x(z) - kl).mean()"),
    ("sigma for variance in the KL", "sigma_for_variance_in_kl",
     "kl = 0.5 * (mu**2 + sigma - 1 - 2 * logsigma).sum(-1)\nreturn (log_x(z) - kl).mean()"),
    ("log q at mu", "log_q_at_mean", "return (log_x(z) + log_z(z) - log_q(mu)).mean()"),
    ("log p at mu", "prior_at_mean", "return (log_x(z) + log_z(mu) - log_q(z)).mean()"),
    ("entropy without its constant", "log_q_forgotten",
     "return (log_x(z) + log_z(z) + logsigma.sum(-1)).mean()"),
    ("entropy subtracted", "log_q_added",
     "entropy = (logsigma + 0.5 * math.log(2 * math.pi * math.e)).sum(-1)\n"
     "return (log_x(z) + log_z(z) - entropy).mean()"),
    ("sum", "summed_over_batch", "return value(z).sum()"),
    ("one for each image", "per_image", "return value(z)"),
    ("shape [1]", "kept_axis", "return value(z).mean(dim=0, keepdim=True)"),
    ("divided twice", "averaged_twice", "return value(z).mean() / len(x)"),
    ("exp", "exponentiated", "return value(z).exp().mean()"),
    ("log-mean-exp over the batch", "log_mean_exp",
     "return value(z).logsumexp(0) - math.log(len(x))"),
    ("log-mean-exp over five codes", "above_the_elbo",
     "v = torch.stack([value(mu + sigma * torch.randn_like(mu)) for _ in range(5)])\n"
     "return (v.logsumexp(0) - math.log(5)).mean()"),
    ("no draw", "mean_decoded", "return value(mu).mean()"),
    ("mu decoded", "mean_decoded", "return (log_x(mu) - kl).mean()"),
    ("codes from the prior", "z_from_prior", "return value(eps).mean()"),
    ("codes from the prior, KL", "z_from_prior", "return (log_x(eps) - kl).mean()"),
    ("half of logsigma", "codes_too_wide", "return value(mu + (logsigma / 2).exp() * eps).mean()"),
    ("half of logsigma, KL", "codes_too_wide",
     "return (log_x(mu + (logsigma / 2).exp() * eps) - kl).mean()"),
    ("logsigma for sigma", "codes_too_wide", "return (log_x(mu + logsigma * eps) - kl).mean()"),
    ("noise not scaled", "codes_too_wide", "return value(mu + eps).mean()"),
    ("variance for sigma", "variance_for_std", "return value(mu + sigma**2 * eps).mean()"),
    ("variance for sigma, KL", "variance_for_std",
     "return (log_x(mu + sigma**2 * eps) - kl).mean()"),
    ("one noise for both entries", "noise_shared_by_entries",
     "return value(mu + sigma * eps[:, :1]).mean()"),
    ("one noise for both entries, KL", "noise_shared_by_entries",
     "return (log_x(mu + sigma * eps[:, :1]) - kl).mean()"),
    ("uniform noise", "above_the_elbo", "return value(mu + sigma * torch.rand_like(mu)).mean()"),
    ("uniform noise, KL", "above_the_elbo",
     "return (log_x(mu + sigma * torch.rand_like(mu)) - kl).mean()"),
    ("one noise for all images", "noise_shared_by_images",
     "return value(mu + sigma * eps[:1]).mean()"),
    ("one noise for all images, KL", "noise_shared_by_images",
     "return (log_x(mu + sigma * eps[:1]) - kl).mean()"),
    ("seed inside", "same_codes_every_call",
     "torch.manual_seed(1)\nreturn value(mu + sigma * torch.randn_like(mu)).mean()"),
    ("first image", "one_image", "return value(z)[0]"),
    ("last image", "one_image", "return value(z)[-1]"),
    ("torch.normal", "no_gradient_through_z", "return value(torch.normal(mu, sigma)).mean()"),
    ("z detached", "no_gradient_through_z", "return value(z.detach()).mean()"),
    ("z detached, KL", "no_gradient_through_z", "return (log_x(z.detach()) - kl).mean()"),
    ("sigma detached", "no_gradient_through_sigma",
     "return value(mu + sigma.detach() * eps).mean()"),
    ("sigma detached, KL", "no_gradient_through_sigma",
     "return (log_x(mu + sigma.detach() * eps) - kl).mean()"),
    ("KL detached", "kl_detached", "return (log_x(z) - kl.detach()).mean()"),
    ("z detached in log q", "z_detached_in_log_q",
     "return (log_x(z) + log_z(z) - log_q(z.detach())).mean()"),
    ("encoder without gradients", "no_gradient_to_encoder",
     "mu, logsigma = mu.detach(), logsigma.detach()\n"
     "return value(mu + logsigma.exp() * eps).mean()"),
    ("no gradient at all", "no_gradient", "return value(z).mean().detach()"),
    ("no_grad", "no_gradient", "with torch.no_grad():\n    return value(z).mean()"),
    ("decoder without gradients", "no_gradient_to_decoder",
     "w, b = self.decoder_hidden.weight.detach(), self.decoder_hidden.bias.detach()\n"
     "logits = self.decoder_output.weight.detach() @ torch.tanh(z @ w.T + b).T\n"
     "logits = logits.T + self.decoder_output.bias.detach()\n"
     "return (bernoulli_log_density(logits, x).sum(-1) - kl).mean()"),
    ("beta", None, "return (log_x(z) - 1.2 * kl).mean()"),
    ("a little too wide", None, "return value(mu + 1.15 * sigma * eps).mean()"),
    ("squared error", "squared_error",
     "return (-((self.decoder(z).sigmoid() - x) ** 2).sum(-1) - kl).mean()"),
    ("median", "above_the_elbo", "return value(z).median()"),
    ("a float", "no_gradient", "return value(z).mean().item()"),
    ("image by image", None,
     "def one(image, code):\n    return self.log_likelihood(image[None], code[None])[0]\n"
     "return torch.stack(list(map(one, x, z))).mean() - kl.mean()"),
    before=_START,
)  # fmt: skip

LOSSES = BOOK.wrong(
    "loss",
    ("sign", "negated", "return self.elbo(x)"),
    ("times the batch", "summed_over_batch", "return -self.elbo(x) * len(x)"),
    ("divided by the batch", "averaged_twice", "return -self.elbo(x) / len(x)"),
    ("divided by pixels", "divided_by_pixels", "return -self.elbo(x) / x.shape[1]"),
    ("one for each image", "per_image", "return -self.elbo(x).expand(len(x))"),
    ("shape [1]", "kept_axis", "return -self.elbo(x)[None]"),
    ("exp", "exponentiated", "return torch.exp(self.elbo(x))"),
    ("exp of the loss", "overflows", "return torch.exp(-self.elbo(x))"),
    ("squared", "squared", "return self.elbo(x) ** 2"),
    ("detached", "no_gradient", "return -self.elbo(x).detach()"),
    ("a float", "no_gradient", "return -self.elbo(x).item()"),
    ("no_grad", "no_gradient", "with torch.no_grad():\n    return -self.elbo(x)"),
    ("first image", "one_image", "return -self.elbo(x[:1])"),
    ("last image", "one_image", "return -self.elbo(x[-1:])"),
    ("cross entropy alone", "kl_forgotten",
     "z = sample_diag_gaussian(*self.encoder(x))\nreturn -self.log_likelihood(x, z).mean()"),
    ("log q forgotten", "log_q_forgotten",
     "z = sample_diag_gaussian(*self.encoder(x))\n"
     "return -self.joint_log_density(x, z).mean()"),
    ("logarithm", None, "return torch.log(-self.elbo(x))"),
    ("regularised", None,
     "return -self.elbo(x) + 0.02 * sum((p**2).sum() for p in self.parameters())"),
    ("halved", None, "return -0.5 * self.elbo(x)"),
    ("with a constant", None, "return 6 - self.elbo(x)"),
    ("image by image", None, "return -torch.stack(list(map(self.elbo, x.split(1)))).mean()"),
    ("half of the batch", None, "return -self.elbo(x[: (len(x) + 1) // 2])"),
)  # fmt: skip

WRONG = (*ELBOS, *LOSSES)
