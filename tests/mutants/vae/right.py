"""Right solutions in unusual styles: every one must get full marks, whatever the seed."""

from tests.mutants.book import Right

from .notebook import BOOK

ENCODERS = (
    *BOOK.right(
        "encoder",
        ("nn.ReLU()(x)",
         "h = nn.ReLU()(self.linear1(x))\nreturn self.linear21(h), self.linear22(h)"),
        ("clamp", "h = self.linear1(x).clamp(min=0)\nreturn self.linear21(h), self.linear22(h)"),
        ("where", "h = self.linear1(x)\nh = torch.where(h > 0, h, torch.zeros_like(h))\n"
         "return self.linear21(h), self.linear22(h)"),
        ("torch.maximum", "h = torch.maximum(self.linear1(x), torch.tensor(0.0))\n"
         "return [self.linear21(h), self.linear22(h)]"),
        ("relu_ in place",
         "h = self.linear1(x).relu_()\nreturn self.linear21(h), self.linear22(h)"),
        ("half of x + |x|", "h = self.linear1(x)\nh = (h + h.abs()) / 2\n"
         "return self.linear21(h), self.linear22(h)"),
        ("F.linear", "h = F.relu(F.linear(x, self.linear1.weight, self.linear1.bias))\n"
         "mu = F.linear(h, self.linear21.weight, self.linear21.bias)\n"
         "return mu, F.linear(h, self.linear22.weight, self.linear22.bias)"),
        ("matrix products", "def dense(layer, v):\n    return v @ layer.weight.t() + layer.bias\n"
         "h = dense(self.linear1, x).relu()\n"
         "return tuple(dense(layer, h) for layer in (self.linear21, self.linear22))"),
        ("einsum", "h = torch.einsum('bd,hd->bh', x, self.linear1.weight) + self.linear1.bias\n"
         "h = h.relu()\nreturn self.linear21(h), self.linear22(h)"),
        ("nn.Sequential", "body = nn.Sequential(self.linear1, nn.ReLU())\n"
         "return self.linear21(body(x)), self.linear22(body(x))"),
        ("both heads at once, chunked", "h = F.relu(self.linear1(x))\n"
         "w = torch.cat([self.linear21.weight, self.linear22.weight])\n"
         "b = torch.cat([self.linear21.bias, self.linear22.bias])\n"
         "return F.linear(h, w, b).chunk(2, dim=-1)"),
        ("rows one by one", "rows = [F.relu(self.linear1(row)) for row in x]\n"
         "return (torch.stack([self.linear21(r) for r in rows]),\n"
         "        torch.stack([self.linear22(r) for r in rows]))"),
        ("printing, float64 out", "print(x.shape, device, obs_dim)\nh = F.relu(self.linear1(x))\n"
         "return self.linear21(h).double(), self.linear22(h).double()"),
        ("flattens, images in place",
         "x = x.view(-1, obs_dim).clamp_(0, 1)\nh = F.relu(self.linear1(x))\n"
         "return self.linear21(h), self.linear22(h)"),
    ),
    Right(BOOK, "encoder", "a helper and functools", (
        "import functools\n\n"
        "def then(f, g):\n    return lambda v: g(f(v))\n\n"
        "@add_to_class(VAE)\ndef encoder(self, x):\n"
        "    hidden = functools.reduce(then, [self.linear1, torch.relu])\n"
        "    heads = map(lambda layer: then(hidden, layer), (self.linear21, self.linear22))\n"
        "    mu, logsigma = (head(x) for head in heads)\n    return mu, logsigma\n"
    )),
    Right(BOOK, "encoder", "set on the class by hand", (
        "VAE.encoder = lambda self, x: (\n"
        "    lambda h: (self.linear21(h), self.linear22(h))\n)(self.linear1(x).relu())\n"
    )),
)  # fmt: skip

SAMPLERS = (
    *BOOK.right(
        "sample_with_reparam",
        ("rows with normal_ in place",
         "eps = torch.empty_like(mu)\nfor row in eps:\n    row.normal_()\n"
         "return mu + logsigma.exp() * eps"),
        ("entries one by one",
         "z = []\nfor m, s in zip(mu, logsigma):\n"
         "    z.append(torch.stack([a + b.exp() * torch.randn(()) for a, b in zip(m, s)]))\n"
         "return torch.stack(z)"),
        ("torch.normal(0, 1, size)",
         "return mu + logsigma.exp() * torch.normal(0.0, 1.0, size=mu.shape)"),
        ("torch.normal of tensors",
         "eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))\n"
         "return eps * logsigma.exp() + mu"),
        ("torch.normal, gradient repaired",
         "z = torch.normal(mu, logsigma.exp()).detach()\n"
         "eps = ((z - mu) / logsigma.exp()).detach()\nreturn mu + logsigma.exp() * eps"),
        ("numpy noise",
         "import numpy as np\neps = torch.from_numpy(np.random.randn(*mu.shape)).float()\n"
         "return mu + logsigma.exp() * eps.to(device)"),
        ("numpy generator, float64 out",
         "import numpy as np\neps = torch.tensor(np.random.default_rng().normal(size=mu.shape))\n"
         "return mu + logsigma.exp() * eps"),
        ("diag per row",
         "z = torch.zeros_like(mu)\nfor i in range(mu.shape[0]):\n"
         "    eps = torch.randn(latent_dim, device=device)\n"
         "    z[i] = mu[i] + torch.diag(torch.exp(logsigma[i])) @ eps\nreturn z"),
        ("diag_embed and bmm",
         "scale = torch.diag_embed(logsigma.exp())\n"
         "return mu + torch.bmm(scale, torch.randn(*mu.shape, 1)).squeeze(-1)"),
        ("einsum", "return mu + torch.einsum('bl,bl->bl', logsigma.exp(), torch.randn_like(mu))"),
        ("addcmul", "return torch.addcmul(mu, logsigma.exp(), torch.randn_like(mu))"),
        ("root of the variance",
         "var = torch.exp(2 * logsigma)\nreturn mu + torch.sqrt(var) * torch.randn(mu.size())"),
        ("through logvar",
         "logvar = 2 * logsigma\nreturn mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)"),
        ("noise subtracted", "return mu - logsigma.exp() * torch.randn_like(mu)"),
        ("new().normal_()", "return mu + logsigma.exp() * mu.data.new(mu.size()).normal_()"),
        ("Box and Muller",
         "u, v = 1 - torch.rand_like(mu), torch.rand_like(mu)\n"
         "eps = (-2 * u.log()).sqrt() * torch.cos(2 * torch.pi * v)\n"
         "return mu + logsigma.exp() * eps"),
        ("inverse of the distribution function",
         "u = torch.rand(mu.shape, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)\n"
         "return (mu + logsigma.exp() * 2**0.5 * torch.erfinv(2 * u - 1)).float()"),
        ("arguments changed in place",
         "logsigma.exp_()\nmu += logsigma * torch.randn_like(mu)\nreturn mu"),
        ("float64 inside",
         "eps = torch.randn(mu.shape, dtype=torch.float64)\n"
         "return (mu.double() + logsigma.double().exp() * eps).float()"),
        ("more rows than needed",
         "eps = torch.randn(max(batch_size, len(mu)), latent_dim)[:len(mu)]\n"
         "return mu + logsigma.exp() * eps"),
        ("eps without gradient on purpose",
         "with torch.no_grad():\n    eps = torch.randn_like(logsigma)\nprint(eps.mean())\n"
         "return mu + torch.exp(logsigma) * eps.detach()"),
        ("latents one by one", "columns = []\nfor l in range(mu.shape[1]):\n"
         "    columns.append(mu[:, l] + logsigma[:, l].exp() * torch.randn(mu.shape[0]))\n"
         "return torch.stack(columns, dim=1)"),
    ),
)  # fmt: skip

DECODERS = BOOK.right(
    "decoder",
    ("nn.Sigmoid()", "return nn.Sigmoid()(self.linear4(nn.ReLU()(self.linear3(z))))"),
    ("1 / (1 + exp(-a))",
     "a = self.linear4(F.relu(self.linear3(z)))\nreturn 1 / (1 + torch.exp(-a))"),
    ("half a tanh",
     "a = self.linear4(self.linear3(z).clamp(min=0))\nreturn (1 + torch.tanh(a / 2)) / 2"),
    ("softmax of two", "a = self.linear4(self.linear3(z).clamp_min(0))\n"
     "return torch.stack([a, torch.zeros_like(a)]).softmax(0)[0]"),
    ("exp of logsigmoid", "return F.logsigmoid(self.linear4(self.linear3(z).relu())).exp()"),
    ("torch.special.expit",
     "return torch.special.expit(self.linear4(torch.relu(self.linear3(z))))"),
    ("F.linear and where", "h = F.linear(z, self.linear3.weight, self.linear3.bias)\n"
     "h = torch.where(h < 0, 0.0, h)\n"
     "return torch.sigmoid(F.linear(h, self.linear4.weight, self.linear4.bias))"),
    ("relu as a product", "h = self.linear3(z)\nh = h * (h > 0)\nreturn self.linear4(h).sigmoid()"),
    ("in place, float64 out",
     "h = self.linear3(z)\nh.relu_()\nreturn self.linear4(h).double().sigmoid_()"),
    ("rows one by one", "return torch.cat([self.linear4(self.linear3(row[None]).relu()).sigmoid()\n"
     "                  for row in z])"),
    ("clipped off the ends", "theta = torch.sigmoid(self.linear4(F.relu(self.linear3(z))))\n"
     "return theta.clamp(1e-6, 1 - 1e-6)"),
    ("z changed afterwards", "h = F.relu(self.linear3(z * 1))\nz.add_(1)\n"
     "return torch.sigmoid(self.linear4(h))"),
)  # fmt: skip

KLS = (
    *BOOK.right(
        "kl_divergence",
        ("-0.5 L outside the sum",
         "L = mu.shape[1]\n"
         "return 0.5 * (mu**2 + torch.exp(2 * logsigma) - 2 * logsigma).sum(1) - 0.5 * L"),
        ("global latent_dim",
         "return 0.5 * torch.sum(mu.pow(2) + logsigma.exp().pow(2), dim=1) \\\n"
         "    - logsigma.sum(dim=1) - latent_dim / 2"),
        ("log(sigma**2)",
         "sigma = torch.exp(logsigma)\n"
         "return -0.5 * torch.sum(1 + torch.log(sigma**2) - mu**2 - sigma**2, dim=-1)"),
        ("explicit loops",
         "out = []\nfor i in range(mu.size(0)):\n    total = 0.0\n    for j in range(mu.size(1)):\n"
         "        s = torch.exp(logsigma[i, j])\n"
         "        total = total + 0.5 * (mu[i, j]**2 + s**2 - 1 - torch.log(s**2))\n"
         "    out.append(total)\nreturn torch.stack(out)"),
        ("loop into a buffer",
         "kl = torch.zeros(mu.size(0), device=device)\nfor i in range(mu.size(0)):\n"
         "    kl[i] = 0.5 * (mu[i] @ mu[i] + (2 * logsigma[i]).exp().sum()\n"
         "                   - mu.size(1) - 2 * logsigma[i].sum())\nreturn kl"),
        ("determinants and traces",
         "sigma = torch.diag_embed((2 * logsigma).exp())\n"
         "trace = torch.diagonal(sigma, dim1=-2, dim2=-1).sum(-1)\n"
         "square = torch.bmm(mu[:, None], mu[:, :, None]).view(-1)\n"
         "return 0.5 * (trace + square - mu.shape[1] - torch.logdet(sigma))"),
        ("einsum",
         "return 0.5 * (torch.einsum('bl,bl->b', mu, mu)\n"
         "              + (torch.expm1(2 * logsigma) - 2 * logsigma).sum(-1))"),
        ("norms", "return 0.5 * (mu.norm(dim=-1)**2 + logsigma.exp().norm(dim=-1)**2) \\\n"
         "    - logsigma.sum(-1) - mu.shape[-1] / 2"),
        ("mean times L",
         "return mu.shape[-1] * 0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma).mean(-1)"),
        ("float64 inside and out", "mu, logsigma = mu.double(), logsigma.double()\n"
         "return 0.5 * (mu * mu + (logsigma + logsigma).exp() - 1 - 2 * logsigma).sum(-1)"),
        ("float64 inside", "m, s = mu.double(), logsigma.double()\n"
         "return (0.5 * (m * m + (2 * s).exp() - 1 - 2 * s).sum(-1)).float()"),
        ("KL of two general Gaussians",
         "mu_p, logsigma_p = torch.zeros_like(mu), torch.zeros_like(logsigma)\n"
         "ratio = torch.exp(2 * (logsigma - logsigma_p))\n"
         "far = (mu - mu_p)**2 / torch.exp(2 * logsigma_p)\n"
         "return (0.5 * (ratio + far - 1) + logsigma_p - logsigma).sum(-1)"),
        ("arguments changed in place, printing",
         "logvar = logsigma.mul_(2)\nprint(logvar.shape, batch_size)\n"
         "return 0.5 * (mu.pow_(2) + logvar.exp() - 1 - logvar).sum(-1)"),
        ("never below zero",
         "return (0.5 * (mu**2 + (2 * logsigma).exp() - 1 - 2 * logsigma)).sum(-1).clamp(min=0)"),
    ),
    Right(BOOK, "kl_divergence", "a helper per dimension and vmap", (
        "def kl_of_one(m, s):\n    return 0.5 * (m**2 + torch.exp(2 * s) - 1 - 2 * s)\n\n"
        "@add_to_class(VAE)\ndef kl_divergence(self, mu, logsigma):\n"
        "    return torch.vmap(lambda m, s: kl_of_one(m, s).sum())(mu, logsigma)\n"
    )),
)  # fmt: skip

_PARTS = """
mu, logsigma = self.encoder(x)
z = self.sample_with_reparam(mu, logsigma)
theta = self.decoder(z)
kl = self.kl_divergence(mu, logsigma)
"""
ELBOS = BOOK.right(
    "elbo",
    ("BCELoss", "return -nn.BCELoss(reduction='none')(theta, x).sum(1) - kl"),
    ("BCE, rows one by one",
     "log_p = [-F.binary_cross_entropy(t, row, reduction='sum') for t, row in zip(theta, x)]\n"
     "return torch.stack(log_p) - kl"),
    ("BCE with reduction mean, row by row",
     "log_p = torch.zeros(len(x))\nfor i in range(len(x)):\n"
     "    log_p[i] = -obs_dim * F.binary_cross_entropy(theta[i], x[i])\nreturn log_p - kl"),
    ("logs", "return (x * theta.log() + (1 - x) * (1 - theta).log()).sum(-1) - kl"),
    ("logs with 1e-8",
     "return (x * (theta + 1e-8).log() + (1 - x) * (1 - theta + 1e-8).log()).sum(-1) - kl"),
    ("logs with 1e-7",
     "return (x * (theta + 1e-7).log() + (1 - x) * (1 - theta + 1e-7).log()).sum(-1) - kl"),
    ("logs with 1e-6",
     "return (x * (theta + 1e-6).log() + (1 - x) * (1 - theta + 1e-6).log()).sum(-1) - kl"),
    ("theta clamped by 1e-6",
     "theta = theta.clamp(1e-6, 1 - 1e-6)\n"
     "return torch.sum(x * torch.log(theta) + (1 - x) * torch.log1p(-theta), dim=1) - kl"),
    ("log of a product of powers",
     "return torch.log(theta**x * (1 - theta)**(1 - x)).sum(dim=1) - kl"),
    ("logits through torch.logit",
     "logits = torch.logit(theta)\n"
     "return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(-1) - kl"),
    ("logits from the layers",
     "logits = self.linear4(F.relu(self.linear3(z)))\n"
     "return (x * logits - F.softplus(logits)).sum(-1) - kl"),
    ("xlogy", "return (torch.xlogy(x, theta) + torch.special.xlog1py(1 - x, -theta)).sum(-1) - kl"),
    ("einsum",
     "return torch.einsum('bd,bd->b', x, theta.log()) \\\n"
     "    + torch.einsum('bd,bd->b', 1 - x, (1 - theta).log()) - kl"),
    ("minus the loss", "loss = F.binary_cross_entropy(theta, x, reduction='none').sum(-1) + kl\n"
     "print(loss.mean())\nreturn -loss"),
    ("images flattened again, float64 out",
     "x, theta = x.view(-1, obs_dim).double(), theta.double()\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl.double()"),
    ("all inline",
     "h = F.relu(self.linear1(x))\nmu, ls = self.linear21(h), self.linear22(h)\n"
     "z = mu + ls.exp() * torch.randn(x.shape[0], latent_dim, device=device)\n"
     "a = self.linear4(F.relu(self.linear3(z)))\n"
     "log_p = x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)\n"
     "return log_p.sum(1) - 0.5 * (mu**2 + (2 * ls).exp() - 1 - 2 * ls).sum(1)"),
    ("image by image",
     "out = []\nfor row in x:\n    m, s = self.encoder(row[None])\n"
     "    t = self.decoder(self.sample_with_reparam(m, s))\n"
     "    log_p = -F.binary_cross_entropy(t, row[None], reduction='sum')\n"
     "    out.append(log_p - self.kl_divergence(m, s)[0])\nreturn torch.stack(out)"),
    ("in place",
     "log_p = x * theta.log()\nlog_p += (1 - x) * (1 - theta).log()\n"
     "elbo = log_p.sum(-1)\nelbo -= kl\nreturn elbo"),
    ("KL without the method, both from one formula",
     "kl = 0.5 * (mu.square() + logsigma.exp().square() - 1).sum(-1) - logsigma.sum(-1)\n"
     "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"),
    ("gathered by where",
     "ink, rest = torch.log(theta), torch.log(1 - theta)\n"
     "return torch.lerp(rest, ink, x).sum(-1).sub(kl)"),
    before=_PARTS,
)  # fmt: skip

SAMPLES = BOOK.right(
    "sample",
    ("rand < theta", "return (torch.rand_like(theta) < theta).float()"),
    ("rand <= theta, bool", "return torch.rand(theta.shape) <= theta"),
    ("int", "return torch.bernoulli(theta).int()"),
    ("uint8", "return torch.bernoulli(theta).to(torch.uint8)"),
    ("float64", "return torch.bernoulli(theta.double())"),
    ("where", "return torch.where(torch.rand(num_samples, obs_dim) < theta, 1.0, 0.0)"),
    ("rounded up", "return torch.ceil(theta - torch.rand_like(theta))"),
    ("numpy binomial",
     "import numpy as np\n"
     "return torch.from_numpy(np.random.binomial(1, theta.detach().cpu().numpy())).float()"),
    ("bernoulli_ in place", "return torch.empty_like(theta).bernoulli_(theta)"),
    ("multinomial", "pair = torch.stack([1 - theta, theta], -1).view(-1, 2)\n"
     "return torch.multinomial(pair, 1).view(num_samples, -1)"),
    ("in pieces", "return torch.cat([torch.bernoulli(part) for part in theta.split(100)])"),
    ("logistic noise", "u = torch.rand(num_samples, obs_dim, dtype=torch.float64).clamp(1e-12)\n"
     "return (theta.double().logit() > torch.logit(u, 1e-12)).float()"),
    before="z = torch.randn(num_samples, latent_dim, device=device)\ntheta = self.decoder(z)\n",
) + BOOK.right(
    "sample",
    ("one by one", "images = []\nfor _ in range(num_samples):\n"
     "    z = torch.randn(1, self.latent_dim)\n"
     "    images.append(torch.bernoulli(self.decoder(z))[0])\nreturn torch.stack(images)"),
    ("through sample_with_reparam",
     "zero = torch.zeros(num_samples, self.latent_dim)\n"
     "with torch.no_grad():\n"
     "    return torch.bernoulli(self.decoder(self.sample_with_reparam(zero, zero)))"),
    ("torch.normal", "z = torch.normal(0.0, 1.0, (num_samples, latent_dim))\n"
     "print(z.std())\nreturn torch.bernoulli(self.decoder(z)).detach()"),
    ("without the decoder method", "z = torch.empty(num_samples, 32).normal_()\n"
     "logits = self.linear4(self.linear3(z).relu())\n"
     "return (torch.rand_like(logits) < logits.sigmoid()) * 1"),
)  # fmt: skip

EMBEDDINGS = BOOK.right(
    "embeddings",
    ("tensor", "return torch.tensor(TSNE().fit_transform(mu.detach().cpu().numpy()))"),
    ("perplexity 5", "return TSNE(2, perplexity=5).fit_transform(mu.detach().numpy())"),
    ("perplexity 50", "return TSNE(2, perplexity=50).fit_transform(mu.detach().numpy())"),
    ("random start, learning rate 200",
     "return TSNE(init='random', learning_rate=200.0).fit_transform(mu.detach().numpy())"),
    ("PCA first", "m = mu.detach()\nm = (m - m.mean(0)) @ torch.pca_lowrank(m, 10)[2]\n"
     "return TSNE(init='pca').fit_transform(m.numpy())"),
    ("standardised means", "m = mu.detach()\nm = (m - m.mean(0)) / (m.std(0) + 1e-6)\n"
     "return TSNE().fit_transform(m.numpy())"),
    ("exact method", "return TSNE(method='exact').fit_transform(mu.detach().numpy())"),
    ("in pieces, float64",
     "with torch.no_grad():\n    m = torch.cat([vae.encoder(part)[0] for part in x.split(50)])\n"
     "return TSNE(random_state=1).fit_transform(m.double().numpy()).astype(float)"),
    ("fit, then embedding_",
     "tsne = TSNE(n_components=2, random_state=42)\ntsne.fit(mu.data.numpy())\n"
     "return tsne.embedding_"),
    before="vae.eval()\nmu, logsigma = vae.encoder(x.view(-1, obs_dim).to(device))\n",
)  # fmt: skip

RIGHT = (*ENCODERS, *SAMPLERS, *DECODERS, *KLS, *ELBOS, *SAMPLES, *EMBEDDINGS)
