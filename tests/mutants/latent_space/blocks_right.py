"""Right solutions, in unusual styles and without loops, of Part 0 and of the methods on it."""

from tests.mutants.book import Right

from .notebook import BOOK

GAUSSIANS = (
    *BOOK.right(
        "factorized_gaussian_log_density",
        ("gaussian_nll_loss",
         "loss = F.gaussian_nll_loss(mu, xs, torch.exp(2 * logsig), full=True, reduction='none')\n"
         "return -loss.sum(-1)"),
        ("constant outside",
         "far = ((xs - mu) ** 2 * torch.exp(-2 * logsig)).sum(1)\n"
         "return -0.5 * (mu.shape[1] * math.log(2 * math.pi) + far) - logsig.sum(1)"),
        ("log of the density, entry by entry",
         "sigma = logsig.double().exp()\ndensity = torch.exp(-((xs - mu) / sigma) ** 2 / 2)\n"
         "return (density / (sigma * math.sqrt(2 * math.pi))).log().sum(-1)"),
        ("log of the variance",
         "var = logsig.exp() ** 2\n"
         "return -0.5 * (torch.log(2 * torch.pi * var) + (mu - xs).square() / var).sum(dim=-1)"),
        ("einsum",
         "unit = (xs - mu) * torch.exp(-logsig)\nfar = torch.einsum('bl,bl->b', unit, unit)\n"
         "return -far / 2 - logsig.sum(1) - 0.9189385332046727 * mu.size(-1)"),
        ("norms", "far = ((xs - mu) / logsig.exp()).norm(dim=1) ** 2\n"
         "return -(far + mu.shape[1] * math.log(2 * math.pi)) / 2 - torch.sum(logsig, 1)"),
        ("determinants",
         "cov, shift = torch.diag_embed((2 * logsig).exp()), (xs - mu)[:, :, None]\n"
         "far = (shift.mT @ torch.linalg.solve(cov, shift))[:, 0, 0]\n"
         "return -0.5 * (torch.logdet(2 * math.pi * cov) + far)"),
        ("expanded square, float64 out", "m, s, x = mu.double(), logsig.double(), xs.double()\n"
         "far = (x * x - 2 * x * m + m * m) / (2 * s).exp()\n"
         "return (-0.5 * math.log(2 * math.pi) - s - far / 2).sum(-1)"),
        ("expanded square, float32", "precision = torch.exp(-2 * logsig)\n"
         "far = precision * xs**2 - 2 * precision * xs * mu + precision * mu**2\n"
         "return torch.sum(-0.5 * (math.log(2 * math.pi) + far) - logsig, dim=1)"),
        ("arguments changed in place", "xs -= mu\nxs /= logsig.exp()\nxs.pow_(2).mul_(-0.5)\n"
         "xs -= logsig\nxs -= math.log(math.sqrt(2 * math.pi))\nreturn xs.sum(-1)"),
        ("mean times L, printing", "print(mu.shape, latent_dim)\n"
         "each = math.log(2 * math.pi) + 2 * logsig + ((xs - mu) / logsig.exp()) ** 2\n"
         "return -0.5 * each.mean(-1) * each.shape[-1]"),
        ("matrix product with ones", "unit = (xs - mu) / logsig.exp()\n"
         "each = -0.5 * unit * unit - logsig - 0.5 * math.log(2 * math.pi)\n"
         "return each @ torch.ones(each.shape[1])"),
        ("constant from NumPy", "import numpy as np\nc = np.log(2 * np.pi)\n"
         "return -0.5 * torch.sum(c + 2 * logsig + (xs - mu)**2 / torch.exp(logsig)**2, -1)"),
        ("1e-8 on the variance", "var = (2 * logsig).exp() + 1e-8\n"
         "return -0.5 * (math.log(2 * math.pi) + var.log() + (xs - mu)**2 / var).sum(-1)"),
        ("erf's derivative", "x = ((xs - mu) / logsig.exp() / 2**0.5)\n"
         "return (-x**2 - logsig - torch.log(torch.tensor(2 * math.pi)) / 2).sum(-1)"),
    ),
    Right(BOOK, "factorized_gaussian_log_density", "helper and vmap", (
        "LOG_2_PI = math.log(2 * math.pi)\n\ndef one(m, s, x):\n"
        "    return -0.5 * (LOG_2_PI + 2 * s + (x - m) ** 2 * torch.exp(-2 * s)).sum()\n\n"
        "def factorized_gaussian_log_density(mu, logsig, xs):\n"
        "    return torch.vmap(one)(mu, logsig, xs)\n"
    )),
)  # fmt: skip

BERNOULLIS = (
    *BOOK.right(
        "bernoulli_log_density",
        ("cross entropy with logits",
         "return -F.binary_cross_entropy_with_logits(logits, x, reduction='none')"),
        ("BCEWithLogitsLoss", "return -nn.BCEWithLogitsLoss(reduction='none')(logits, x)"),
        ("logsigmoid", "return x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)"),
        ("logsigmoid and signs", "return F.logsigmoid((2 * x - 1) * logits)"),
        ("minus softplus and signs", "return -F.softplus((1 - 2 * x) * logits)"),
        ("where", "return torch.where(x == 1, F.logsigmoid(logits), F.logsigmoid(-logits))"),
        ("logaddexp", "return x * logits - torch.logaddexp(logits, torch.zeros_like(logits))"),
        ("logsumexp of two", "both = torch.stack([torch.zeros_like(logits), logits])\n"
         "return logits * x - torch.logsumexp(both, 0)"),
        ("log_softmax of two", "both = torch.stack([torch.zeros_like(logits), logits], -1)\n"
         "return both.log_softmax(-1).gather(-1, x.long().unsqueeze(-1)).squeeze(-1)"),
        ("by hand, with log1p",
         "return x * logits - logits.relu() - torch.log1p(torch.exp(-logits.abs()))"),
        ("naive, in float64",
         "a = logits.double()\nreturn (x * a - torch.log(1 + torch.exp(a))).float()"),
        ("masks", "out = torch.zeros_like(logits)\nwhite = x.bool()\n"
         "out[white] = F.logsigmoid(logits[white])\n"
         "out[~white] = -F.softplus(logits[~white])\nreturn out"),
        ("float64 out, printing", "print(logits.shape, batch_size)\n"
         "return -F.softplus(logits.double()) + x.double() * logits"),
        ("cross_entropy with two classes",
         "flat = logits.reshape(-1)\nscores = torch.stack([flat * 0, flat], dim=1)\n"
         "loss = F.cross_entropy(scores, x.reshape(-1).long(), reduction='none')\n"
         "return -loss.view(logits.shape)"),
        ("minimum and maximum",
         "signed = torch.where(x > 0.5, logits, -logits)\nlow = torch.clamp(signed, max=0)\n"
         "return low - torch.log1p(torch.exp(-torch.abs(signed)))"),
        ("in place", "out = x * logits\nout -= F.softplus(logits)\nreturn out"),
    ),
    Right(BOOK, "bernoulli_log_density", "an alias with other names", (
        "def bernoulli_log_density(l, pixels):\n"
        "    return torch.mul(pixels, l).sub(nn.Softplus()(l))\n"
    )),
)  # fmt: skip

CODES = BOOK.right(
    "sample_diag_gaussian",
    ("torch.normal(0, 1, size)",
     "return mu + logsig.exp() * torch.normal(0.0, 1.0, size=mu.shape)"),
    ("torch.normal of tensors",
     "eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))\n"
     "return eps * logsig.exp() + mu"),
    ("torch.normal, gradient repaired",
     "z = torch.normal(mu, logsig.exp()).detach()\n"
     "eps = ((z - mu) / logsig.exp()).detach()\nreturn mu + logsig.exp() * eps"),
    ("numpy noise",
     "import numpy as np\neps = torch.from_numpy(np.random.randn(*mu.shape)).float()\n"
     "return mu + logsig.exp() * eps.to(device)"),
    ("numpy generator, float64 out",
     "import numpy as np\neps = torch.tensor(np.random.default_rng().normal(size=mu.shape))\n"
     "return mu + logsig.exp() * eps"),
    ("diag_embed and bmm",
     "scale = torch.diag_embed(logsig.exp())\n"
     "return mu + torch.bmm(scale, torch.randn(*mu.shape, 1)).squeeze(-1)"),
    ("einsum", "return mu + torch.einsum('bl,bl->bl', logsig.exp(), torch.randn_like(mu))"),
    ("addcmul", "return torch.addcmul(mu, logsig.exp(), torch.randn_like(mu))"),
    ("root of the variance",
     "return mu + torch.sqrt(torch.exp(2 * logsig)) * torch.randn(mu.size())"),
    ("noise subtracted", "return mu - logsig.exp() * torch.randn_like(mu)"),
    ("new().normal_()", "return mu + logsig.exp() * mu.data.new(mu.size()).normal_()"),
    ("Box and Muller",
     "u, v = 1 - torch.rand_like(mu), torch.rand_like(mu)\n"
     "eps = (-2 * u.log()).sqrt() * torch.cos(2 * torch.pi * v)\n"
     "return mu + logsig.exp() * eps"),
    ("inverse of the distribution function",
     "u = torch.rand(mu.shape, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)\n"
     "return (mu + logsig.exp() * 2**0.5 * torch.erfinv(2 * u - 1)).float()"),
    ("arguments changed in place",
     "logsig.exp_()\nmu += logsig * torch.randn_like(mu)\nreturn mu"),
    ("more rows than needed",
     "eps = torch.randn(max(batch_size, len(mu)), mu.shape[1])[:len(mu)]\n"
     "return mu + logsig.exp() * eps"),
    ("eps without gradient on purpose",
     "with torch.no_grad():\n    eps = torch.randn_like(logsig)\nprint(eps.mean())\n"
     "return mu + torch.exp(logsig) * eps.detach()"),
)  # fmt: skip

PIXELS = BOOK.right(
    "sample_bernoulli",
    ("rand <= theta, bool", "return torch.rand(theta.shape) <= theta"),
    ("torch.bernoulli", "return torch.bernoulli(theta)"),
    ("int", "return torch.bernoulli(theta).int()"),
    ("float64", "return torch.bernoulli(theta.double())"),
    ("where", "return torch.where(torch.rand(theta.size()) < theta, 1.0, 0.0)"),
    ("rounded up", "return torch.ceil(theta - torch.rand_like(theta))"),
    ("numpy binomial",
     "import numpy as np\n"
     "return torch.from_numpy(np.random.binomial(1, theta.detach().cpu().numpy())).float()"),
    ("bernoulli_ in place", "return torch.empty_like(theta).bernoulli_(theta)"),
    ("multinomial", "pair = torch.stack([1 - theta, theta], -1).view(-1, 2)\n"
     "return torch.multinomial(pair, 1).view(theta.shape).float()"),
    ("logistic noise", "u = torch.rand(theta.shape, dtype=torch.float64).clamp(1e-12)\n"
     "return (theta.double().logit() > torch.logit(u, 1e-12)).float()"),
    ("floor of a sum", "return torch.floor(theta + torch.rand_like(theta))"),
    ("ones counted down", "out = torch.ones_like(theta)\n"
     "out[torch.rand_like(theta) >= theta] = 0\nreturn out"),
    ("the other way round", "return 1 - (torch.rand_like(theta) < 1 - theta).float()"),
    ("binomial of torch", "return torch.binomial(torch.ones_like(theta), theta)"),
)  # fmt: skip

PRIORS = (
    *BOOK.right(
        "log_prior",
        ("by hand", "return -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)"),
        ("mean and code swapped",
         "zero = torch.zeros_like(z)\nreturn factorized_gaussian_log_density(z, zero, zero)"),
        ("zeros of the batch",
         "zeros = torch.zeros(z.shape[0], latent_dim, device=device)\n"
         "return factorized_gaussian_log_density(zeros, zeros, z)"),
        ("zeros of one row", "zero = torch.zeros(self.latent_dim)\n"
         "return factorized_gaussian_log_density(zero, zero, z)"),
        ("log of one, keywords", "one = torch.ones_like(z)\n"
         "return factorized_gaussian_log_density(mu=one - 1, logsig=one.log(), xs=z)"),
        ("by hand, two entries", "return -z[:, 0]**2 / 2 - z[:, 1]**2 / 2 - math.log(2 * math.pi)"),
        ("norm, in place", "out = z.norm(dim=1)\nout = out * out\n"
         "out += 2 * math.log(2 * math.pi)\nreturn out.mul_(-0.5)"),
        ("log of the density", "return (torch.exp(-z.double()**2 / 2).prod(-1) / math.tau).log()"),
        ("nll loss", "one, zero = torch.ones_like(z), torch.zeros_like(z)\n"
         "return -F.gaussian_nll_loss(zero, z, one, full=True, reduction='none').sum(1)"),
    ),
    Right(BOOK, "log_prior", "set on the class by hand", (
        "VAE.log_prior = lambda self, z: factorized_gaussian_log_density(0 * z, 0 * z, z)\n"
    )),
)  # fmt: skip

DECODERS = BOOK.right(
    "decoder",
    ("Sequential",
     "return nn.Sequential(self.decoder_hidden, nn.Tanh(), self.decoder_output)(z)"),
    ("F.linear", "h = F.linear(z, self.decoder_hidden.weight, self.decoder_hidden.bias)\n"
     "return F.linear(h.tanh(), self.decoder_output.weight, self.decoder_output.bias)"),
    ("matrix products",
     "h = torch.tanh(z @ self.decoder_hidden.weight.T + self.decoder_hidden.bias)\n"
     "return torch.addmm(self.decoder_output.bias, h, self.decoder_output.weight.t())"),
    ("tanh in place, printing", "h = self.decoder_hidden(z)\nh.tanh_()\nprint(h.shape)\n"
     "return self.decoder_output(h)"),
    ("tanh from a sigmoid", "h = 2 * torch.sigmoid(2 * self.decoder_hidden(z)) - 1\n"
     "return self.decoder_output(h)"),
    ("tanh from exponentials", "e = torch.exp(2 * self.decoder_hidden(z))\n"
     "return self.decoder_output((e - 1) / (e + 1))"),
    ("einsum, float64 out", "w, v = self.decoder_hidden, self.decoder_output\n"
     "h = torch.einsum('bl,hl->bh', z, w.weight).add(w.bias).tanh().double()\n"
     "return torch.einsum('bh,dh->bd', h, v.weight.double()) + v.bias"),
    ("global sizes", "h = torch.tanh(self.decoder_hidden(z.view(-1, latent_dim)))\n"
     "return self.decoder_output(h).view(-1, data_dim)"),
    ("z changed afterwards", "h = torch.tanh(self.decoder_hidden(z * 1))\nz.add_(1)\n"
     "return self.decoder_output(h)"),
)  # fmt: skip

_LOGITS = "logits = self.decoder(z)\n"
LIKELIHOODS = BOOK.right(
    "log_likelihood",
    ("cross entropy with logits",
     "return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)"),
    ("sum method", "return torch.sum(bernoulli_log_density(logits=logits, x=x), 1)"),
    ("einsum and softplus",
     "return torch.einsum('bd,bd->b', x, logits) - F.softplus(logits).sum(-1)"),
    ("matrix products",
     "return (x[:, None] @ logits[:, :, None]).view(-1) - F.softplus(logits).sum(1)"),
    ("logsigmoid", "return F.logsigmoid((2 * x - 1) * logits).sum(-1)"),
    ("mean times D", "return data_dim * bernoulli_log_density(logits, x).mean(-1)"),
    ("float64 out", "return bernoulli_log_density(logits, x).double().sum(-1)"),
    ("in place, images flattened", "each = bernoulli_log_density(logits, x.view(-1, 784))\n"
     "total = each.cumsum(1)[:, -1]\ntotal += 0\nprint(total)\nreturn total"),
    ("white and black apart",
     "return (x * F.logsigmoid(logits)).sum(-1) + ((1 - x) * F.logsigmoid(-logits)).sum(-1)"),
    before=_LOGITS,
) + BOOK.right(
    "log_likelihood",
    ("layers instead of the method",
     "logits = self.decoder_output(torch.tanh(self.decoder_hidden(z)))\n"
     "return bernoulli_log_density(logits, x).sum(dim=-1)"),
    ("one line", "return bernoulli_log_density(self.decoder(z=z), x).sum(axis=-1)"),
)  # fmt: skip

JOINTS = (
    *BOOK.right(
        "joint_log_density",
        ("other order", "return self.log_prior(z=z) + self.log_likelihood(x=x, z=z)"),
        ("torch.add", "return torch.add(self.log_likelihood(x, z), self.log_prior(z))"),
        ("stacked", "both = torch.stack([self.log_likelihood(x, z), self.log_prior(z)])\n"
         "return both.sum(0)"),
        ("in place", "log_p = self.log_likelihood(x, z)\nlog_p += self.log_prior(z)\nreturn log_p"),
        ("minus the energies",
         "energy = -self.log_likelihood(x, z) - self.log_prior(z)\nprint(energy)\nreturn -energy"),
        ("functions of Part 0",
         "zero = torch.zeros_like(z)\nprior = factorized_gaussian_log_density(zero, zero, z)\n"
         "return bernoulli_log_density(self.decoder(z), x).sum(-1) + prior"),
        ("all inline", "logits = self.decoder_output(self.decoder_hidden(z).tanh())\n"
         "log_p = (x * logits - F.softplus(logits)).sum(1)\n"
         "return log_p - 0.5 * (z**2).sum(1) - math.log(2 * math.pi)"),
        ("likelihood by hand, float64 out", "logits = self.decoder(z)\n"
         "loss = F.binary_cross_entropy_with_logits(logits, x, reduction='none').double()\n"
         "return self.log_prior(z) - loss.sum(-1)"),
        ("one row of all terms", "zero = torch.zeros_like(z)\n"
         "each = bernoulli_log_density(self.decoder(z), x)\n"
         "return torch.cat([each, self.log_prior(z)[:, None]], dim=1).sum(1)"),
    ),
)  # fmt: skip

ENCODERS = (
    *BOOK.right(
        "encoder",
        ("chunk as it comes",
         "return self.encoder_output(torch.tanh(self.encoder_hidden(x))).chunk(2, dim=1)"),
        ("split", "out = self.encoder_output(self.encoder_hidden(x).tanh())\n"
         "return torch.split(out, self.latent_dim, dim=-1)"),
        ("slices", "out = self.encoder_output(nn.Tanh()(self.encoder_hidden(x)))\n"
         "return out[:, :latent_dim], out[:, latent_dim:]"),
        ("a list", "out = self.encoder_output(self.encoder_hidden(x).tanh())\n"
         "return [out[:, :2], out[:, -2:]]"),
        ("view and unbind", "out = self.encoder_output(torch.tanh(self.encoder_hidden(x)))\n"
         "return out.view(-1, 2, self.latent_dim).unbind(1)"),
        ("two products", "h = torch.tanh(self.encoder_hidden(x))\nlast = self.encoder_output\n"
         "mu = F.linear(h, last.weight[:latent_dim], last.bias[:latent_dim])\n"
         "return mu, F.linear(h, last.weight[latent_dim:], last.bias[latent_dim:])"),
        ("tensor_split, float64 out",
         "out = self.encoder_output(torch.tanh(self.encoder_hidden(x))).double()\n"
         "mu, logsigma = out.tensor_split(2, dim=-1)\nreturn mu, logsigma"),
        ("flattened, in place, printing",
         "h = self.encoder_hidden(x.view(-1, data_dim)).tanh_()\nprint(h.std())\n"
         "out = self.encoder_output(h)\nreturn out.narrow(1, 0, 2), out.narrow(1, 2, 2)"),
        ("indices", "out = self.encoder_output(self.encoder_hidden(x).tanh())\n"
         "first = torch.arange(out.shape[1]) < out.shape[1] // 2\n"
         "return out[:, first], out[:, ~first]"),
        ("transposed", "first = self.encoder_hidden\n"
         "h = torch.tanh(first.weight @ x.T + first.bias[:, None])\n"
         "out = (self.encoder_output.weight @ h).T + self.encoder_output.bias\n"
         "return out[..., : self.latent_dim], out[..., self.latent_dim :]"),
    ),
    Right(BOOK, "encoder", "set on the class by hand", (
        "def encode(self, images):\n"
        "    network = nn.Sequential(self.encoder_hidden, nn.Tanh(), self.encoder_output)\n"
        "    return tuple(network(images).hsplit(2))\n\n"
        "VAE.encoder = encode\n"
    )),
)  # fmt: skip

POSTERIORS = BOOK.right(
    "log_q",
    ("keywords", "return factorized_gaussian_log_density(xs=z, mu=mu, logsig=logsigma)"),
    ("mean and code swapped", "return factorized_gaussian_log_density(z, logsigma, mu)"),
    ("by hand", "eps = (z - mu) / torch.exp(logsigma)\n"
     "return -0.5 * (eps**2).sum(-1) - logsigma.sum(-1) - math.log(2 * math.pi)"),
    ("by hand, latent_dim", "var = torch.exp(2 * logsigma)\nfar = ((z - mu) ** 2 / var).sum(1)\n"
     "return -0.5 * (latent_dim * math.log(2 * math.pi) + far) - logsigma.sum(1)"),
    ("prior after a change of variables",
     "return self.log_prior((z - mu) / logsigma.exp()) - logsigma.sum(-1)"),
    ("nll loss", "var = logsigma.exp().square()\n"
     "return -F.gaussian_nll_loss(mu, z, var, full=True, reduction='none').sum(-1)"),
    ("shifted to zero, printing", "print(mu.shape)\n"
     "return factorized_gaussian_log_density(mu - mu, logsigma, z - mu)"),
    ("float64 out",
     "return factorized_gaussian_log_density(mu.double(), logsigma.double(), z.double())"),
)  # fmt: skip

RIGHT = (
    *GAUSSIANS, *BERNOULLIS, *CODES, *PIXELS, *PRIORS, *DECODERS, *LIKELIHOODS, *JOINTS, *ENCODERS,
    *POSTERIORS,
)  # fmt: skip
