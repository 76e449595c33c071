"""Right solutions of `kl_gaussian_gaussian_mc` in unusual styles."""

from .notebook import BOOK

RIGHT = BOOK.right(
    "kl_gaussian_gaussian_mc",
    ("repeat_interleave",
     "q_m, q_v, p_m, p_v = (t.repeat_interleave(num_samples, dim=0)\n"
     "                      for t in (mu_q, logvar_q, mu_p, logvar_p))\n"
     "z = q_m + (q_v / 2).exp() * torch.randn_like(q_m)\n"
     "ratio = log_likelihood_normal(q_m, q_v, z) - log_likelihood_normal(p_m, p_v, z)\n"
     "return ratio.view(-1, num_samples).mean(1)"),
    ("repeat, codes first",
     "wide = [t.repeat(num_samples, 1) for t in (mu_q, logvar_q, mu_p, logvar_p)]\n"
     "z = wide[0] + torch.sqrt(wide[1].exp()) * torch.randn(*wide[0].shape, device=device)\n"
     "ratio = log_likelihood_normal(*wide[:2], z) - log_likelihood_normal(*wide[2:], z)\n"
     "return ratio.reshape(num_samples, -1).mean(dim=0)"),
    ("expanded to [N, B, D]",
     "shape = (num_samples, *mu_q.shape)\n"
     "z = mu_q.expand(shape) + (0.5 * logvar_q).exp() * torch.randn(shape)\n"
     "log_q = -0.5 * (math.log(2 * math.pi) + logvar_q + (z - mu_q)**2 / logvar_q.exp())\n"
     "log_p = -0.5 * (math.log(2 * math.pi) + logvar_p + (z - mu_p)**2 / logvar_p.exp())\n"
     "return (log_q - log_p).sum(-1).mean(0)"),
    ("[B, N, D], sum of means",
     "z = torch.randn(len(mu_q), num_samples, mu_q.shape[1])\n"
     "z = mu_q[:, None] + torch.exp(logvar_q[:, None] / 2) * z\n"
     "far_q = (z - mu_q[:, None]).square() / logvar_q[:, None].exp()\n"
     "far_p = (z - mu_p[:, None]).square() / logvar_p[:, None].exp()\n"
     "return 0.5 * ((far_p - far_q).mean(1) + logvar_p - logvar_q).sum(1)"),
    ("torch.distributions, rsample",
     "from torch.distributions import Normal\n"
     "q, p = Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())\n"
     "z = q.rsample((num_samples,))\nreturn (q.log_prob(z) - p.log_prob(z)).sum(-1).mean(0)"),
    ("torch.distributions, Independent",
     "from torch.distributions import Independent, Normal\n"
     "q = Independent(Normal(mu_q, logvar_q.exp().sqrt()), 1)\n"
     "p = Independent(Normal(mu_p, logvar_p.exp().sqrt()), 1)\n"
     "total = 0\nfor _ in range(num_samples):\n    z = q.sample()\n"
     "    total += q.log_prob(z) - p.log_prob(z)\nreturn total / num_samples"),
    ("multivariate normal",
     "from torch.distributions import MultivariateNormal\n"
     "q = MultivariateNormal(mu_q, torch.diag_embed(logvar_q.exp()))\n"
     "p = MultivariateNormal(mu_p, scale_tril=torch.diag_embed((0.5 * logvar_p).exp()))\n"
     "z = q.sample(torch.Size([num_samples]))\n"
     "return torch.mean(q.log_prob(z) - p.log_prob(z), dim=0)"),
    ("torch.normal",
     "kl = []\nfor _ in range(num_samples):\n"
     "    z = torch.normal(mu_q, torch.exp(0.5 * logvar_q))\n"
     "    kl.append(log_likelihood_normal(mu_q, logvar_q, z)\n"
     "              - log_likelihood_normal(mu_p, logvar_p, z))\n"
     "return torch.stack(kl).mean(0)"),
    ("numpy noise",
     "import numpy as np\n"
     "eps = torch.tensor(np.random.randn(num_samples, *mu_q.shape), dtype=torch.float32)\n"
     "z = mu_q + torch.exp(logvar_q / 2) * eps\n"
     "pairs = [log_likelihood_normal(mu_q, logvar_q, one)\n"
     "         - log_likelihood_normal(mu_p, logvar_p, one) for one in z]\n"
     "return sum(pairs) / num_samples"),
    ("numpy generator, float64 out",
     "import numpy as np\nrng = np.random.default_rng()\nmean = 0\n"
     "for n in range(num_samples):\n"
     "    z = mu_q + (logvar_q / 2).exp() * torch.from_numpy(rng.normal(size=mu_q.shape))\n"
     "    ratio = log_likelihood_normal(mu_q, logvar_q, z)\n"
     "    ratio = ratio - log_likelihood_normal(mu_p, logvar_p, z)\n"
     "    mean = mean + (ratio - mean) / (n + 1)\nreturn mean"),
    ("rows one by one",
     "kl = torch.zeros(len(mu_q))\nfor b in range(len(mu_q)):\n"
     "    z = mu_q[b] + (0.5 * logvar_q[b]).exp() * torch.randn(num_samples, mu_q.shape[1])\n"
     "    far_q = (z - mu_q[b])**2 / logvar_q[b].exp() + logvar_q[b]\n"
     "    far_p = (z - mu_p[b])**2 / logvar_p[b].exp() + logvar_p[b]\n"
     "    kl[b] = 0.5 * (far_p - far_q).sum() / num_samples\nreturn kl"),
    ("float64 inside, printing",
     "if num_samples > 100:\n    print(mu_q.shape, num_samples)\n"
     "mu_q, logvar_q, mu_p, logvar_p = (t.double() for t in (mu_q, logvar_q, mu_p, logvar_p))\n"
     "total = torch.zeros(mu_q.shape[0], dtype=torch.float64)\n"
     "for _ in range(num_samples):\n"
     "    z = mu_q + torch.exp(0.5 * logvar_q) * torch.randn_like(mu_q)\n"
     "    total += log_likelihood_normal(mu_q, logvar_q, z)\n"
     "    total -= log_likelihood_normal(mu_p, logvar_p, z)\nreturn (total / num_samples).float()"),
    ("the noise itself in log q",
     "eps = torch.randn(num_samples, *mu_q.shape)\nz = mu_q + torch.exp(0.5 * logvar_q) * eps\n"
     "log_q = -0.5 * (eps**2 + logvar_q).sum(-1)\n"
     "log_p = -0.5 * ((z - mu_p)**2 * torch.exp(-logvar_p) + logvar_p).sum(-1)\n"
     "return (log_q - log_p).mean(0)"),
    ("two means",
     "z = [mu_q + (logvar_q / 2).exp() * torch.randn_like(mu_q) for _ in range(num_samples)]\n"
     "log_q = torch.stack([log_likelihood_normal(mu_q, logvar_q, one) for one in z], dim=1)\n"
     "log_p = torch.stack([log_likelihood_normal(mu_p, logvar_p, one) for one in z], dim=1)\n"
     "return log_q.mean(1) - log_p.mean(1)"),
    ("entries one by one",
     "kl = 0\nfor d in range(mu_q.shape[1]):\n"
     "    q, p = (mu_q[:, d], logvar_q[:, d]), (mu_p[:, d], logvar_p[:, d])\n"
     "    z = q[0] + torch.exp(q[1] / 2) * torch.randn(num_samples, len(mu_q))\n"
     "    log_q = -q[1] / 2 - (z - q[0])**2 / (2 * q[1].exp())\n"
     "    log_p = -p[1] / 2 - (z - p[0])**2 / (2 * p[1].exp())\n"
     "    kl = kl + (log_q - log_p).mean(0)\nreturn kl"),
    ("recursion on num_samples",
     "z = mu_q + torch.exp(logvar_q * 0.5) * torch.randn_like(logvar_q)\n"
     "one = log_likelihood_normal(mu_q, logvar_q, z) - log_likelihood_normal(mu_p, logvar_p, z)\n"
     "rest = [one]\nwhile len(rest) < num_samples:\n"
     "    rest.append(kl_gaussian_gaussian_mc(mu_q, logvar_q, mu_p, logvar_p))\n"
     "return torch.stack(rest, -1).mean(-1)"),
    ("arguments changed in place, no gradient",
     "with torch.no_grad():\n    total = torch.zeros(len(mu_q))\n    kept = mu_q.clone()\n"
     "    for _ in range(num_samples):\n"
     "        mu_q.copy_(kept).add_(torch.randn_like(kept).mul_((logvar_q / 2).exp()))\n"
     "        total.add_(log_likelihood_normal(kept, logvar_q, mu_q))\n"
     "        total.sub_(log_likelihood_normal(mu_p, logvar_p, mu_q))\n"
     "    return total.div_(num_samples)"),
)  # fmt: skip
