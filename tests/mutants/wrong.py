"""Wrong solutions, one mistake each, and the name under which the judge should know it.

The misconception None marks mistakes that no catalogue lists: they must fail all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from .notebook import body


@dataclass(frozen=True)
class Wrong:
    """A wrong solution cell of a task, and the misconception that it comes from."""

    task: str
    name: str
    misconception: str | None
    source: str


def _wrong(task: str, *table: tuple[str, str | None, str], before: str = "") -> tuple[Wrong, ...]:
    return tuple(
        Wrong(task, name, misconception, body(task, before + lines))
        for name, misconception, lines in table
    )


ENCODERS = _wrong(
    "encoder",
    ("exp", "logsigma_exponentiated", "return self.linear21(h), self.linear22(h).exp()"),
    ("variance", "logsigma_squared_exponential",
     "return self.linear21(h), self.linear22(h).exp()**2"),
    ("relu on logsigma", "logsigma_relu", "return self.linear21(h), F.relu(self.linear22(h))"),
    ("sigmoid on logsigma", "logsigma_sigmoid",
     "return self.linear21(h), torch.sigmoid(self.linear22(h))"),
    ("softplus on logsigma", "logsigma_softplus",
     "return self.linear21(h), F.softplus(self.linear22(h))"),
    ("absolute logsigma", "logsigma_absolute",
     "return self.linear21(h), self.linear22(h).abs()"),
    ("tanh on logsigma", "logsigma_tanh", "return self.linear21(h), torch.tanh(self.linear22(h))"),
    ("halved logsigma", "logsigma_halved", "return self.linear21(h), self.linear22(h) / 2"),
    ("relu on mu", "mu_relu", "return F.relu(self.linear21(h)), self.linear22(h)"),
    ("relu on both", "mu_relu", "return F.relu(self.linear21(h)), F.relu(self.linear22(h))"),
    ("swapped", "swapped", "return self.linear22(h), self.linear21(h)"),
    ("both from linear21", "one_head", "return self.linear21(h), self.linear21(h)"),
    ("both from linear22", "one_head_22", "return self.linear22(h), self.linear22(h)"),
    ("no relu", "no_relu", "h = self.linear1(x)\nreturn self.linear21(h), self.linear22(h)"),
    ("sigmoid inside", "sigmoid_for_relu",
     "h = torch.sigmoid(self.linear1(x))\nreturn self.linear21(h), self.linear22(h)"),
    ("tanh inside", "tanh_for_relu",
     "h = torch.tanh(self.linear1(x))\nreturn self.linear21(h), self.linear22(h)"),
    ("leaky relu", None,
     "h = F.leaky_relu(self.linear1(x), 0.1)\nreturn self.linear21(h), self.linear22(h)"),
    ("chunk over the batch", "chunked_over_batch",
     "both = torch.cat([self.linear21(h), self.linear22(h)], dim=-1)\n"
     "mu, logsigma = both.chunk(2)\nreturn mu, logsigma"),
    ("no_grad", "no_gradient",
     "with torch.no_grad():\n    h = F.relu(self.linear1(x))\n"
     "    return self.linear21(h), self.linear22(h)"),
    ("detached hidden layer", "no_gradient",
     "h = h.detach()\nreturn self.linear21(h), self.linear22(h)"),
    ("logsigma's head detached", "one_head_detached",
     "return self.linear21(h), self.linear22(h.detach())"),
    ("mu's head detached", "one_head_detached",
     "return self.linear21(h.detach()), self.linear22(h)"),
    ("a gradient that is none", None,
     "with torch.no_grad():\n    both = self.linear21(h), self.linear22(h)\n"
     "tiny = 1e-25 * ((self.linear1.bias * torch.arange(400)).sum()\n"
     "    + ((self.linear21.bias + self.linear22.bias) * torch.arange(32)).sum())\n"
     "return both[0] + tiny, both[1] + tiny"),
    ("only mu", None, "return self.linear21(h)"),
    ("h as well", None, "return self.linear21(h), self.linear22(h), h"),
    ("no bias", None,
     "return h @ self.linear21.weight.T, h @ self.linear22.weight.T"),
    ("squeezed", "batch_axis_lost",
     "return self.linear21(h).squeeze(), self.linear22(h).squeeze()"),
    ("dropout", None, "h = F.dropout(h, 0.2)\nreturn self.linear21(h), self.linear22(h)"),
    ("centred images", None,
     "h = F.relu(self.linear1(x - 0.5))\nreturn self.linear21(h), self.linear22(h)"),
    before="h = F.relu(self.linear1(x))\n",
)  # fmt: skip

SAMPLERS = _wrong(
    "sample_with_reparam",
    ("eps of eight latents repeated", None,
     "return mu + logsigma.exp() * torch.randn(len(mu), 8).repeat(1, 4)"),
    ("eps of half of the rows repeated", None,
     "eps = torch.randn((len(mu) + 1) // 2, mu.shape[1]).repeat(2, 1)\n"
     "return mu + logsigma.exp() * eps[: len(mu)]"),
    ("mirrored halves", None,
     "eps = torch.randn((len(mu) + 1) // 2, mu.shape[1])\n"
     "return mu + logsigma.exp() * torch.cat([eps, -eps])[: len(mu)]"),
    ("a little too wide", None, "return mu + 1.07 * logsigma.exp() * torch.randn_like(mu)"),
    ("variance for std", "variance_for_std",
     "return mu + torch.exp(logsigma)**2 * torch.randn_like(mu)"),
    ("halved logsigma", "halved_logsigma",
     "return mu + torch.exp(logsigma / 2) * torch.randn_like(mu)"),
    ("sigma left out", "unit_std", "return mu + torch.randn_like(mu)"),
    ("logsigma for sigma", "logsigma_for_std", "return mu + logsigma * torch.randn_like(mu)"),
    ("mu left out", "mean_forgotten", "return logsigma.exp() * torch.randn_like(mu)"),
    ("mu unchanged", "no_noise", "return mu"),
    ("sigma added", "sigma_for_noise", "return mu + logsigma.exp()"),
    ("rand", "uniform_noise", "return mu + logsigma.exp() * torch.rand_like(mu)"),
    ("centred rand", "uniform_noise", "return mu + logsigma.exp() * (torch.rand_like(mu) - 0.5)"),
    ("rand from -1 to 1", "uniform_noise",
     "return mu + logsigma.exp() * (2 * torch.rand_like(mu) - 1)"),
    ("one eps for all rows", "noise_shared_by_rows",
     "return mu + logsigma.exp() * torch.randn(mu.shape[1])"),
    ("one eps for all latents", "noise_shared_by_latents",
     "return mu + logsigma.exp() * torch.randn(mu.shape[0], 1)"),
    ("one eps for all", "noise_shared_by_rows", "return mu + logsigma.exp() * torch.randn(1)"),
    ("fixed seed", "same_noise_every_call",
     "torch.manual_seed(0)\nreturn mu + logsigma.exp() * torch.randn_like(mu)"),
    ("own generator, fixed seed", "same_noise_every_call",
     "eps = torch.randn(mu.shape, generator=torch.Generator().manual_seed(1))\n"
     "return mu + logsigma.exp() * eps"),
    ("torch.normal", "no_gradient", "return torch.normal(mu, logsigma.exp())"),
    ("detached", "no_gradient",
     "return (mu + logsigma.exp() * torch.randn_like(mu)).detach()"),
    ("no_grad", "no_gradient",
     "with torch.no_grad():\n    return mu + logsigma.exp() * torch.randn_like(mu)"),
    ("sigma through .data", "no_gradient_to_logsigma",
     "return mu + logsigma.data.exp() * torch.randn_like(mu)"),
    ("sigma in no_grad", "no_gradient_to_logsigma",
     "with torch.no_grad():\n    sigma = logsigma.exp()\n"
     "return mu + sigma * torch.randn_like(mu)"),
    ("mu detached", "no_gradient_to_mu",
     "return mu.detach() + logsigma.exp() * torch.randn_like(mu)"),
    ("batch_size inside", "fixed_batch_size",
     "return mu + logsigma.exp() * torch.randn(batch_size, latent_dim)"),
    ("128 inside", "fixed_batch_size",
     "z = torch.zeros(128, 32)\nfor i in range(128):\n"
     "    z[i] = mu[i] + logsigma[i].exp() * torch.randn(32)\nreturn z"),
    ("squeezed", None, "return (mu + logsigma.exp() * torch.randn_like(mu)).squeeze()"),
    ("eps as well", None,
     "eps = torch.randn_like(mu)\nreturn mu + logsigma.exp() * eps, eps"),
    ("rounded noise", None, "return mu + logsigma.exp() * torch.randn_like(mu).sign()"),
    ("divided by sigma", "inverse_sigma",
     "return mu + torch.randn_like(mu) / logsigma.exp()"),
    ("mu and sigma exchanged", "exchanged",
     "return logsigma.exp() + mu * torch.randn_like(mu)"),
    ("clipped noise", None, "return mu + logsigma.exp() * torch.randn_like(mu).clamp(-1, 1)"),
    ("absolute noise", None, "return mu + logsigma.exp() * torch.randn_like(mu).abs()"),
    ("Laplace noise", None,
     "e = torch.empty_like(mu).exponential_() - torch.empty_like(mu).exponential_()\n"
     "return mu + logsigma.exp() * e / 2**0.5"),
    ("mean of two draws", None,
     "return mu + logsigma.exp() * (torch.randn_like(mu) + torch.randn_like(mu)) / 2"),
    ("noise once per two rows", None,
     "eps = torch.randn((len(mu) + 1) // 2, mu.shape[1]).repeat_interleave(2, 0)[:len(mu)]\n"
     "return mu + logsigma.exp() * eps"),
    ("first latent without noise", None,
     "eps = torch.randn_like(mu)\neps[:, 0] = 0\nreturn mu + logsigma.exp() * eps"),
    ("one row without noise", "no_gradient_to_logsigma",
     "eps = torch.randn_like(mu)\neps[0] = 0\nreturn mu + logsigma.exp() * eps"),
)  # fmt: skip

DECODERS = _wrong(
    "decoder",
    ("no sigmoid", "no_sigmoid", "return self.linear4(h)"),
    ("sigmoid twice", "sigmoid_twice", "return torch.sigmoid(torch.sigmoid(self.linear4(h)))"),
    ("sigmoid of relu", "sigmoid_of_relu", "return torch.sigmoid(F.relu(self.linear4(h)))"),
    ("no relu", "no_relu", "return torch.sigmoid(self.linear4(self.linear3(z)))"),
    ("sigmoid inside", "sigmoid_for_relu",
     "return torch.sigmoid(self.linear4(torch.sigmoid(self.linear3(z))))"),
    ("tanh inside", "tanh_for_relu",
     "return torch.sigmoid(self.linear4(torch.tanh(self.linear3(z))))"),
    ("relu at the end", "relu_for_sigmoid", "return F.relu(self.linear4(h))"),
    ("softmax", "softmax", "return F.softmax(self.linear4(h), dim=-1)"),
    ("tanh", "tanh", "return torch.tanh(self.linear4(h))"),
    ("log of the sigmoid", "log_sigmoid", "return F.logsigmoid(self.linear4(h))"),
    ("rounded", "rounded", "return (torch.sigmoid(self.linear4(h)) > 0.5).float()"),
    ("no_grad", "no_gradient",
     "with torch.no_grad():\n    h = F.relu(self.linear3(z))\n"
     "    return torch.sigmoid(self.linear4(h))"),
    ("detached z", "no_gradient",
     "h = F.relu(self.linear3(z.detach()))\nreturn torch.sigmoid(self.linear4(h))"),
    ("twice the gradient", None,
     "logits = self.linear4(h)\nreturn torch.sigmoid(logits + logits - logits.detach())"),
    ("leaky relu", None,
     "return torch.sigmoid(self.linear4(F.leaky_relu(self.linear3(z), 0.1)))"),
    ("pixels drawn", "drawn", "return torch.bernoulli(torch.sigmoid(self.linear4(h)))"),
    ("minus forgotten", "inverted", "return 1 / (1 + torch.exp(self.linear4(h)))"),
    ("clamped logits", "clamped", "return self.linear4(h).clamp(0, 1)"),
    ("softmax over the batch", None, "return F.softmax(self.linear4(h), dim=0)"),
    ("images", None, "return torch.sigmoid(self.linear4(h)).view(-1, 28, 28)"),
    ("squeezed", "batch_axis_lost", "return torch.sigmoid(self.linear4(h)).squeeze()"),
    ("one minus theta", "inverted", "return 1 - torch.sigmoid(self.linear4(h))"),
    ("rescaled tanh", None, "return (torch.tanh(self.linear4(h)) + 1) / 2"),
    ("hard sigmoid", None, "return F.hardsigmoid(self.linear4(h))"),
    before="h = F.relu(self.linear3(z))\n",
)  # fmt: skip

KLS = _wrong(
    "kl_divergence",
    ("sign", "sign", "return -0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("logsigma as logvar", "logsigma_as_logvar",
     "return 0.5 * (mu**2 + logsigma.exp() - 1 - logsigma).sum(-1)"),
    ("std for variance", "std_for_variance",
     "return 0.5 * (mu**2 + logsigma.exp() - 1 - 2 * logsigma).sum(-1)"),
    ("logsigma undoubled", "logsigma_undoubled",
     "return 0.5 * (mu**2 + logsigma.exp()**2 - 1 - logsigma).sum(-1)"),
    ("sum over all", "summed_over_batch",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum()"),
    ("mean over the batch", "averaged_over_batch",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1).mean()"),
    ("mean over all", "averaged_over_everything",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).mean()"),
    ("mean over the latents", "averaged_over_latents",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).mean(-1)"),
    ("sum over the wrong axis", "wrong_axis",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(0)"),
    ("no half", "half_lost", "return (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("no one", "one_forgotten",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 2 * logsigma).sum(-1)"),
    ("plus one", "one_added",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() + 1 - 2 * logsigma).sum(-1)"),
    ("one outside the sum", "one_outside_the_sum",
     "return 0.5 * ((mu**2 + (2 * logsigma).exp() - 2 * logsigma).sum(-1) - 1)"),
    ("sign of the log", "log_sign",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 + 2 * logsigma).sum(-1)"),
    ("no log", "log_forgotten", "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1).sum(-1)"),
    ("no mu", "mu_forgotten", "return 0.5 * ((2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("KL(p || q)", "reversed",
     "var = (2 * logsigma).exp()\nreturn 0.5 * ((mu**2 + 1) / var - 1 + 2 * logsigma).sum(-1)"),
    ("mu", "mu_unsquared", "return 0.5 * (mu + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("mu to the fourth", "mu_fourth_power",
     "return 0.5 * (mu**4 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("variance squared", "variance_squared",
     "return 0.5 * (mu**2 + (2 * logsigma).exp()**2 - 1 - 2 * logsigma).sum(-1)"),
    ("variance for the std", "variance_as_std",
     "var = (2 * logsigma).exp()\n"
     "return 0.5 * (mu**2 + var**2 - 1 - torch.log(var**2)).sum(-1)"),
    ("half on mu only", "half_only_on_mu",
     "return (0.5 * mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("no half on mu", "half_not_on_mu",
     "return (mu**2 + 0.5 * ((2 * logsigma).exp() - 1 - 2 * logsigma)).sum(-1)"),
    ("no half on the variance", "half_not_on_variance",
     "return (0.5 * mu**2 + (2 * logsigma).exp() - 0.5 - logsigma).sum(-1)"),
    ("no half on the one", "half_not_on_one",
     "return (0.5 * mu**2 + 0.5 * (2 * logsigma).exp() - 1 - logsigma).sum(-1)"),
    ("no half on the log", "half_not_on_log",
     "return (0.5 * (mu**2 + (2 * logsigma).exp() - 1) - 2 * logsigma).sum(-1)"),
    ("not summed", "not_summed",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma)"),
    ("[B, 1]", "kept_axis",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1, keepdim=True)"),
    ("detached", "no_gradient",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1).detach()"),
    ("variance detached", "no_gradient_to_logsigma",
     "logsigma = logsigma.data\n"
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("exact prior variance of two", None,
     "return 0.5 * (mu**2 / 2 + (2 * logsigma).exp() / 2 - 1 - 2 * logsigma + 0.6931).sum(-1)"),
    ("Monte Carlo", None,
     "eps = torch.randn_like(mu)\nz = mu + logsigma.exp() * eps\n"
     "return (z**2 / 2 - eps**2 / 2 - logsigma).sum(-1)"),
    ("Monte Carlo, many draws", None,
     "eps = torch.randn(100, *mu.shape)\nz = mu + logsigma.exp() * eps\n"
     "return (z**2 / 2 - eps**2 / 2 - logsigma).sum(-1).mean(0)"),
    ("squeezed", "batch_axis_lost",
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1).squeeze()"),
    ("last latent left out", None,
     "mu, logsigma = mu[:, :-1], logsigma[:, :-1]\n"
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("arguments swapped", "arguments_swapped",
     "mu, logsigma = logsigma, mu\n"
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("absolute mu", None,
     "return 0.5 * (mu.abs() + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("clamped logsigma", None,
     "logsigma = logsigma.clamp(-1, 1)\n"
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
    ("first row for all", None,
     "mu, logsigma = mu[:1].expand_as(mu), logsigma[:1].expand_as(mu)\n"
     "return 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
)  # fmt: skip

_PARTS = """
mu, logsigma = self.encoder(x)
z = self.sample_with_reparam(mu, logsigma)
theta = self.decoder(z)
log_p = -F.binary_cross_entropy(theta, x, reduction="none")
kl = self.kl_divergence(mu, logsigma)
"""
ELBOS = _wrong(
    "elbo",
    ("mean over the batch", "averaged_scalar", "return (log_p.sum(-1) - kl).mean()"),
    ("sum over the batch", "summed_scalar", "return (log_p.sum(-1) - kl).sum()"),
    ("likelihood averaged over the batch", "likelihood_averaged_over_batch",
     "return log_p.sum(-1).mean() - kl"),
    ("KL averaged over the batch", "kl_averaged_over_batch",
     "return log_p.sum(-1) - kl.mean()"),
    ("likelihood summed over the batch", "likelihood_summed_over_batch",
     "return -F.binary_cross_entropy(theta, x, reduction='sum') - kl"),
    ("mean over pixels", "likelihood_averaged_over_pixels", "return log_p.mean(-1) - kl"),
    ("BCE with reduction mean", "likelihood_averaged_over_everything",
     "return -F.binary_cross_entropy(theta, x) - kl"),
    ("KL added", "kl_added", "return log_p.sum(-1) + kl"),
    ("negated", "negated", "return kl - log_p.sum(-1)"),
    ("KL forgotten", "kl_forgotten", "return log_p.sum(-1)"),
    ("likelihood negated", "likelihood_negated", "return -log_p.sum(-1) - kl"),
    ("likelihood forgotten", "likelihood_forgotten", "return -kl"),
    ("[B, 1]", "kept_axis", "return log_p.sum(-1, keepdim=True) - kl[:, None]"),
    ("[B, B]", "broadcast", "return log_p.sum(-1, keepdim=True) - kl"),
    ("not summed", "not_summed", "return log_p - kl[:, None]"),
    ("only the ink", "only_ink", "return (x * theta.log()).sum(-1) - kl"),
    ("target and input swapped", "arguments_swapped",
     "return -F.binary_cross_entropy(x, theta, reduction='none').sum(-1) - kl"),
    ("BCE with logits of theta", "sigmoid_twice",
     "return -F.binary_cross_entropy_with_logits(theta, x, reduction='none').sum(-1) - kl"),
    ("square error", "squared_error", "return -((x - theta)**2).sum(-1) - kl"),
    ("binarised images", "images_binarised",
     "b = (x > 0.5).float()\n"
     "return -F.binary_cross_entropy(theta, b, reduction='none').sum(-1) - kl"),
    ("mu decoded", "mean_decoded",
     "theta = self.decoder(mu)\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("z from the prior", "z_from_prior",
     "theta = self.decoder(torch.randn_like(mu))\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("no_grad", "no_gradient",
     "with torch.no_grad():\n    mu, logsigma = self.encoder(x)\n"
     "    theta = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
     "    log_p = -F.binary_cross_entropy(theta, x, reduction='none')\n"
     "    return log_p.sum(-1) - self.kl_divergence(mu, logsigma)"),
    ("theta detached", "no_gradient",
     "log_p = -F.binary_cross_entropy(theta.detach(), x, reduction='none')\n"
     "return log_p.sum(-1) - kl"),
    ("z detached", "no_gradient_through_z",
     "log_p = -F.binary_cross_entropy(self.decoder(z.detach()), x, reduction='none')\n"
     "return log_p.sum(-1) - kl"),
    ("sigma detached for the draw", "no_gradient_through_sigma",
     "theta = self.decoder(self.sample_with_reparam(mu, logsigma.detach()))\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("inlined draw, sigma detached", "no_gradient_through_sigma",
     "theta = self.decoder(mu + torch.randn_like(mu) * logsigma.exp().detach())\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("inlined draw from torch.normal", "no_gradient_through_sigma",
     "noise = torch.normal(torch.zeros_like(mu), logsigma.exp().detach())\n"
     "theta = self.decoder(mu + noise)\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("batch_size inside", "fixed_batch_size",
     "return log_p.view(batch_size, -1).sum(-1) - kl"),
    ("squeezed", "batch_axis_lost", "return (log_p.sum(-1) - kl).squeeze()"),
    ("divided by the batch size", None, "return (log_p.sum(-1) - kl) / len(x)"),
    ("KL doubled", "kl_doubled", "return log_p.sum(-1) - 2 * kl"),
    ("half the KL", "kl_halved", "return log_p.sum(-1) - 0.5 * kl"),
    ("KL averaged over latents", None, "return log_p.sum(-1) - kl / 32"),
    ("one z for all rows", "noise_shared_by_rows",
     "eps = torch.randn(1, latent_dim)\ntheta = self.decoder(mu + logsigma.exp() * eps)\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("nothing but a draw", "no_gradient", "return z.sum(-1)"),
    ("pixels drawn", "no_gradient",
     "b = torch.bernoulli(theta)\nreturn (x * b + (1 - x) * (1 - b)).log().clamp(-9).sum(-1) - kl"),
    ("mean of two draws", None,
     "other = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
     "more = -F.binary_cross_entropy(other, x, reduction='none')\n"
     "return (log_p + more).sum(-1) / 2 - kl"),
    ("inlined draw with half of logsigma", None,
     "theta = self.decoder(mu + (logsigma / 2).exp() * torch.randn_like(mu))\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("inlined draw, one eps for all latents", "noise_shared_by_latents",
     "theta = self.decoder(mu + logsigma.exp() * torch.randn(len(mu), 1))\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("fixed seed", "same_noise_every_call",
     "torch.manual_seed(0)\ntheta = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("sigma in place of logsigma", "sigma_in_kl",
     "logsigma.exp_()\nreturn log_p.sum(-1) - self.kl_divergence(mu, logsigma)"),
    ("reconstruction drawn twice as wide", None,
     "theta = self.decoder(mu + 2 * (z - mu))\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    before=_PARTS,
)  # fmt: skip

SAMPLES = _wrong(
    "sample",
    ("theta", "theta_returned", "return self.decoder(z)"),
    ("rounded", "thresholded", "return self.decoder(z).round()"),
    ("over one half", "thresholded", "return (self.decoder(z) > 0.5).float()"),
    ("uniform z", "uniform_z", "return torch.bernoulli(self.decoder(torch.rand_like(z)))"),
    ("uniform z from -1 to 1", "uniform_z",
     "return torch.bernoulli(self.decoder(2 * torch.rand_like(z) - 1))"),
    ("zeros", "zero_z", "return torch.bernoulli(self.decoder(torch.zeros_like(z)))"),
    ("Bernoulli z", "bernoulli_z",
     "return torch.bernoulli(self.decoder(torch.bernoulli(0.5 * torch.ones_like(z))))"),
    ("one entry of z for all", "one_number_for_z",
     "return torch.bernoulli(self.decoder(z[:, :1].expand(-1, self.latent_dim)))"),
    ("encodings", "z_from_encodings",
     "x = torch.cat([x for x, _ in train_loader]).view(-1, obs_dim)[:num_samples]\n"
     "return torch.bernoulli(self.decoder(self.encoder(x)[0]))"),
    ("draws from encodings", "z_from_encodings",
     "x = torch.cat([x for x, _ in train_loader]).view(-1, obs_dim)[:num_samples]\n"
     "return torch.bernoulli(self.decoder(self.sample_with_reparam(*self.encoder(x))))"),
    ("inverted", "inverted", "return (torch.rand(num_samples, obs_dim) > self.decoder(z)).float()"),
    ("fixed seed", "same_images_every_call",
     "torch.manual_seed(0)\nz = torch.randn(num_samples, self.latent_dim)\n"
     "return torch.bernoulli(self.decoder(z))"),
    ("noise of a pixel repeated", None,
     "u = torch.rand(num_samples, 196).repeat(1, 4)\nreturn (u < self.decoder(z)).float()"),
    ("two latents repeated", None,
     "return torch.bernoulli(self.decoder(z[:, :2].repeat(1, 16)))"),
    ("half of the latents repeated", None,
     "return torch.bernoulli(self.decoder(z[:, :16].repeat(1, 2)))"),
    ("every image twice", None,
     "return torch.bernoulli(self.decoder(z)).repeat(2, 1)[:num_samples]"
     " if num_samples < 2 else torch.bernoulli(self.decoder(z))[: (num_samples + 1) // 2]"
     ".repeat(2, 1)[:num_samples]"),
    ("one z for all", None,
     "return torch.bernoulli(self.decoder(z[:1]).expand(num_samples, -1))"),
    ("one threshold an image", None,
     "return (torch.rand(num_samples, 1) < self.decoder(z)).float()"),
    ("one threshold a pixel", None, "return (torch.rand(obs_dim) < self.decoder(z)).float()"),
    ("images", None, "return torch.bernoulli(self.decoder(z)).view(-1, 28, 28)"),
    ("squeezed", None, "return torch.bernoulli(self.decoder(z)).squeeze()"),
    ("128 images", None,
     "return torch.bernoulli(self.decoder(torch.randn(batch_size, latent_dim)))"),
    ("from 0 to 255", None, "return 255 * torch.bernoulli(self.decoder(z))"),
    ("from -1 to 1", None, "return 2 * torch.bernoulli(self.decoder(z)) - 1"),
    ("wide z", None, "return torch.bernoulli(self.decoder(2 * z))"),
    ("generators with a fixed seed", "same_images_every_call",
     "g = torch.Generator().manual_seed(3)\n"
     "z = torch.randn(num_samples, self.latent_dim, generator=g)\n"
     "return torch.bernoulli(self.decoder(z), generator=g)"),
    ("NumPy array", None, "return torch.bernoulli(self.decoder(z)).detach().numpy()"),
    ("coin flips", None, "return torch.randint(0, 2, (num_samples, obs_dim)).float()"),
    ("images from the data", None,
     "x = torch.cat([x for x, _ in train_loader]).view(-1, obs_dim)\n"
     "return x[torch.randint(len(x), (num_samples,))].round()"),
    before="z = torch.randn(num_samples, self.latent_dim)\n",
)  # fmt: skip

EMBEDDINGS = _wrong(
    "embeddings",
    ("samples", "not_the_means",
     "z = vae.sample_with_reparam(mu, logsigma)\nreturn TSNE().fit_transform(z.numpy())"),
    ("pixels", "not_the_means", "return TSNE().fit_transform(x.numpy())"),
    ("logsigma", "logsigma_embedded", "return TSNE().fit_transform(logsigma.numpy())"),
    ("mu and logsigma", "logsigma_embedded",
     "return TSNE().fit_transform(torch.cat([mu, logsigma], -1).numpy())"),
    ("reconstructions", "not_the_means",
     "with torch.no_grad():\n    return TSNE().fit_transform(vae.decoder(mu).numpy())"),
    ("hidden layer", "not_the_means",
     "with torch.no_grad():\n    return TSNE().fit_transform(F.relu(vae.linear1(x)).numpy())"),
    ("PCA", "projection", "u, s, v = torch.pca_lowrank(mu, 2)\nreturn (mu - mu.mean(0)) @ v"),
    ("PCA without centring", "projection", "return mu @ torch.linalg.svd(mu)[2][:2].T"),
    ("two columns", "projection", "return mu[:, :2]"),
    ("random points", "not_the_means", "return torch.rand(len(x), 2)"),
    ("three dimensions", None, "return TSNE(n_components=3).fit_transform(mu.numpy())"),
    ("transposed", None, "return TSNE().fit_transform(mu.numpy()).T"),
    ("half the batch", None, "return TSNE().fit_transform(mu[::2].numpy())"),
    ("the means", None, "return mu"),
    ("rows reversed", "not_the_means",
     "return TSNE().fit_transform(mu.numpy())[::-1].copy()"),
    ("rows shifted", "not_the_means",
     "y = torch.tensor(TSNE().fit_transform(mu.numpy()))\nreturn y.roll(1, 0)"),
    ("rows shuffled", "not_the_means",
     "return TSNE().fit_transform(mu[torch.randperm(len(mu))].numpy())"),
    before="with torch.no_grad():\n    mu, logsigma = vae.encoder(x)\n",
)  # fmt: skip

WRONG = (*ENCODERS, *SAMPLERS, *DECODERS, *KLS, *ELBOS, *SAMPLES, *EMBEDDINGS)
