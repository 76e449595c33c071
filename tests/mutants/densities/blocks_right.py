"""Right solutions of the building blocks in unusual styles."""

from tests.mutants.book import Right

from .notebook import BOOK

BERNOULLIS = (
    *BOOK.right(
        "log_likelihood_bernoulli",
        ("cross entropy", "return -F.binary_cross_entropy(mu, target, reduction='none').sum(1)"),
        ("BCELoss, rows one by one",
         "loss = nn.BCELoss(reduction='sum')\n"
         "return torch.stack([-loss(m, t) for m, t in zip(mu, target)])"),
        ("mean cross entropy times D",
         "rows = [F.binary_cross_entropy(m, t) for m, t in zip(mu, target)]\n"
         "return -mu.shape[1] * torch.stack(rows)"),
        ("torch.distributions",
         "return torch.distributions.Bernoulli(mu).log_prob(target).sum(-1)"),
        ("torch.distributions, Independent",
         "from torch.distributions import Bernoulli, Independent\n"
         "return Independent(Bernoulli(probs=mu), 1).log_prob(target)"),
        ("log of the probability of what came",
         "return torch.log(target * mu + (1 - target) * (1 - mu)).sum(-1)"),
        ("log of powers", "return (mu**target * (1 - mu) ** (1 - target)).log().sum(dim=1)"),
        ("logits",
         "a = torch.logit(mu)\nreturn (target * a - F.softplus(a)).sum(-1)"),
        ("logits and signs",
         "return F.logsigmoid((2 * target - 1) * torch.logit(mu)).sum(-1)"),
        ("cross entropy with logits",
         "a = mu.log() - torch.log1p(-mu)\n"
         "return -F.binary_cross_entropy_with_logits(a, target, reduction='none').sum(-1)"),
        ("where", "return torch.where(target == 1, mu, 1 - mu).log().sum(-1)"),
        ("distance from the other",
         "return torch.log(1 - (target - mu).abs()).sum(-1)"),
        ("masks", "white = target.bool()\nlog_p = torch.zeros_like(mu)\n"
         "log_p[white] = mu[white].log()\nlog_p[~white] = torch.log1p(-mu[~white])\n"
         "return log_p.sum(-1)"),
        ("1e-8 inside",
         "return (target * (mu + 1e-8).log() + (1 - target) * (1 - mu + 1e-8).log()).sum(-1)"),
        ("1e-6 inside",
         "return (target * (mu + 1e-6).log() + (1 - target) * (1 - mu + 1e-6).log()).sum(-1)"),
        ("clamped by 1e-6", "mu = mu.clamp(1e-6, 1 - 1e-6)\n"
         "return torch.sum(target * torch.log(mu) + (1 - target) * torch.log(1 - mu), dim=1)"),
        ("xlogy",
         "return (torch.xlogy(target, mu) + torch.special.xlog1py(1 - target, -mu)).sum(-1)"),
        ("einsum", "return torch.einsum('bd,bd->b', target, mu.log()) \\\n"
         "    + torch.einsum('bd,bd->b', 1 - target, (1 - mu).log())"),
        ("matrix products", "log_p = target[:, None] @ mu.log()[:, :, None]\n"
         "log_p = log_p + (1 - target)[:, None] @ (1 - mu).log()[:, :, None]\n"
         "return log_p.view(-1)"),
        ("explicit loops", "rows = []\nfor m, t in zip(mu.split(1), target.split(1)):\n"
         "    total = 0.0\n    for d in range(0, m.shape[1], 5):\n"
         "        p, x = m[0, d:d + 5], t[0, d:d + 5]\n"
         "        total = total + x @ p.log() + (1 - x) @ (1 - p).log()\n    rows.append(total)\n"
         "return torch.stack(rows)"),
        ("into a buffer", "out = torch.zeros(mu.shape[0])\nfor i in range(len(mu)):\n"
         "    out[i] = torch.lerp((1 - mu[i]).log(), mu[i].log(), target[i]).sum()\nreturn out"),
        ("float64 out, printing", "mu, target = mu.double(), target.double()\n"
         "print(mu.shape, batch_size)\n"
         "return (target * mu.log() + (1 - target) * (1 - mu).log()).sum(-1)"),
        ("arguments changed in place", "other = (1 - mu).log_()\nmu.log_()\n"
         "mu -= other\nmu *= target\nmu += other\nreturn mu.sum(-1)"),
        ("logsumexp of two", "both = torch.stack([mu.log(), (1 - mu).log()])\n"
         "never = torch.stack([1 - target, target]) * -1e9\nreturn (both + never).amax(0).sum(-1)"),
        ("product of few, sum of logs",
         "p = torch.where(target > 0, mu, 1 - mu)\n"
         "return sum(part.prod(-1).log() for part in p.split(3, dim=-1))"),
        ("cross_entropy with two classes",
         "scores = torch.stack([(1 - mu).log(), mu.log()], dim=1)\n"
         "return -F.cross_entropy(scores, target.long(), reduction='none').sum(-1)"),
    ),
    Right(BOOK, "log_likelihood_bernoulli", "helper and vmap", (
        "def one(m, t):\n    return (t * m.log() + (1 - t) * (1 - m).log()).sum()\n\n"
        "def log_likelihood_bernoulli(mu, target):\n"
        "    return torch.vmap(one)(mu.flatten(1), target.flatten(1))\n"
    )),
    Right(BOOK, "log_likelihood_bernoulli", "other first lines, other names", (
        "def log_likelihood_bernoulli(p, x):\n"
        "    x, p = x.reshape(len(x), -1), p.reshape(x.size(0), -1)\n"
        "    return -nn.functional.binary_cross_entropy(p, x, reduction='none').sum(dim=-1)\n"
    )),
)  # fmt: skip

NORMALS = (
    *BOOK.right(
        "log_likelihood_normal",
        ("torch.distributions",
         "return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)"),
        ("Independent", "from torch.distributions import Independent, Normal\n"
         "return Independent(Normal(mu, logvar.exp().sqrt()), 1).log_prob(z)"),
        ("multivariate normal",
         "cov = torch.diag_embed(logvar.exp())\n"
         "return torch.distributions.MultivariateNormal(mu, cov).log_prob(z)"),
        ("multivariate normal, Cholesky",
         "from torch.distributions import MultivariateNormal\n"
         "root = torch.diag_embed((logvar / 2).exp())\n"
         "return MultivariateNormal(mu, scale_tril=root).log_prob(z)"),
        ("gaussian_nll_loss",
         "return -F.gaussian_nll_loss(mu, z, logvar.exp(), full=True, reduction='none').sum(-1)"),
        ("constant outside",
         "D = mu.shape[1]\n"
         "terms = logvar + (z - mu)**2 / logvar.exp()\n"
         "return -0.5 * (D * math.log(2 * math.pi) + terms.sum(1))"),
        ("log of the density, entry by entry",
         "var = logvar.double().exp()\ndensity = torch.exp(-(z - mu)**2 / (2 * var))\n"
         "density = density / torch.sqrt(2 * math.pi * var)\nreturn density.log().sum(-1)"),
        ("precision",
         "return 0.5 * (-logvar - (z - mu).pow(2) * (-logvar).exp()\n"
         "              - torch.log(torch.tensor(2 * math.pi))).sum(-1)"),
        ("log sigma", "logsigma = logvar / 2\nunit = (z - mu) / logsigma.exp()\n"
         "return (-0.9189385332046727 - logsigma - unit * unit / 2).sum(-1)"),
        ("log(2 pi var)", "var = torch.exp(logvar)\n"
         "return -0.5 * (torch.log(2 * torch.pi * var) + (mu - z).square() / var).sum(dim=-1)"),
        ("einsum", "far = torch.einsum('bd,bd,bd->b', z - mu, z - mu, (-logvar).exp())\n"
         "return -0.5 * (mu.size(1) * math.log(2 * math.pi) + logvar.sum(1) + far)"),
        ("determinants", "cov, shift = torch.diag_embed(logvar.exp()), (z - mu)[:, :, None]\n"
         "far = (shift.mT @ torch.linalg.solve(cov, shift))[:, 0, 0]\n"
         "return -0.5 * (torch.logdet(2 * math.pi * cov) + far)"),
        ("norms", "far = ((z - mu) * torch.exp(-logvar / 2)).norm(dim=1) ** 2\n"
         "return -(far + logvar.sum(1)) / 2 - mu.shape[1] * math.log(math.sqrt(2 * math.pi))"),
        ("explicit loops", "out = []\nfor i in range(len(z)):\n    total = 0.0\n"
         "    for d in range(z.shape[1]):\n"
         "        total = total - 0.5 * (math.log(2 * math.pi) + logvar[i, d]\n"
         "                               + (z[i, d] - mu[i, d])**2 / logvar[i, d].exp())\n"
         "    out.append(total)\nreturn torch.stack(out)"),
        ("mean times D",
         "terms = math.log(2 * math.pi) + logvar + (z - mu)**2 / logvar.exp()\n"
         "return -0.5 * terms.mean(-1) * terms.shape[-1]"),
        ("float64 out, printing", "mu, logvar, z = mu.double(), logvar.double(), z.double()\n"
         "print(latent_dim)\nreturn -0.5 * (math.log(2 * math.pi) + logvar\n"
         "               + (z - mu)**2 / logvar.exp()).sum(-1)"),
        ("arguments changed in place", "z -= mu\nz.pow_(2)\nz /= logvar.exp()\n"
         "logvar += z\nlogvar += math.log(2 * math.pi)\nreturn logvar.sum(-1).mul_(-0.5)"),
        ("1e-8 on the variance", "var = logvar.exp() + 1e-8\n"
         "return -0.5 * (math.log(2 * math.pi) + var.log() + (z - mu)**2 / var).sum(-1)"),
        ("expanded square", "m, v = mu.double(), logvar.double()\n"
         "far = (z * z - 2 * z * m + m * m) / v.exp()\n"
         "return (-0.5 * (math.log(2 * math.pi) + v + far)).sum(-1).float()"),
        ("constant from NumPy", "import numpy as np\nc = np.log(2 * np.pi)\n"
         "return -0.5 * torch.sum(c + logvar + (z - mu)**2 / torch.exp(logvar), -1)"),
        ("standard normal, moved", "std = (logvar / 2).exp()\n"
         "p = torch.distributions.Normal(0.0, 1.0)\n"
         "return (p.log_prob((z - mu) / std) - std.log()).sum(-1)"),
    ),
    Right(BOOK, "log_likelihood_normal", "helper and vmap", (
        "LOG_2_PI = math.log(2 * math.pi)\n\ndef one(m, v, x):\n"
        "    return -0.5 * (LOG_2_PI + v + (x - m) ** 2 * torch.exp(-v)).sum()\n\n"
        "def log_likelihood_normal(mu, logvar, z):\n"
        "    return torch.vmap(one)(mu.flatten(1), logvar.flatten(1), z.flatten(1))\n"
    )),
)  # fmt: skip

MEANS = (
    *BOOK.right(
        "log_mean_exp",
        ("logsumexp", "return torch.logsumexp(y, dim=-1) - math.log(y.shape[-1])"),
        ("logsumexp minus a tensor", "return y.logsumexp(1) - torch.tensor(y.size(1)).log()"),
        ("log K inside", "return torch.logsumexp(y - math.log(y.shape[1]), 1)"),
        ("amax", "a = y.amax(1)\nreturn a + (y - a[:, None]).exp().mean(1).log()"),
        ("maximum detached", "a = y.max(-1, keepdim=True)[0].detach()\n"
         "return (torch.log(torch.mean(torch.exp(y - a), -1, keepdim=True)) + a).squeeze(-1)"),
        ("transposed", "a, _ = y.T.max(0)\n"
         "return torch.log((y.T - a).exp().sum(0) / len(y.T)) + a"),
        ("rows one by one", "out = []\nfor row in y:\n    a = max(row)\n"
         "    out.append(a + torch.log(sum(torch.exp(v - a) for v in row) / len(row)))\n"
         "return torch.stack(out)"),
        ("running logaddexp", "total = y[:, 0]\nfor k in range(1, y.shape[1]):\n"
         "    total = torch.logaddexp(total, y[:, k])\nreturn total - math.log(y.shape[1])"),
        ("logcumsumexp", "return y.logcumsumexp(-1)[:, -1] - math.log(y.shape[-1])"),
        ("log_softmax", "return (y - F.log_softmax(y, dim=-1))[:, 0] - math.log(y.shape[-1])"),
        ("log_softmax, averaged",
         "return (y - y.log_softmax(-1)).mean(-1) - math.log(y.shape[-1])"),
        ("einsum, float64 out", "y = y.double()\na = y.max(1).values\n"
         "sums = torch.einsum('bk->b', torch.exp(y - a.unsqueeze(1)))\n"
         "return a + torch.log(sums / y.shape[1])"),
        ("float64 inside", "z = y.double()\na = z.amax(-1)\n"
         "return (a + (z - a[:, None]).exp().mean(-1).log()).float()"),
        ("argument changed in place, printing", "a = y.max(dim=1).values\nprint(a)\n"
         "y -= a.unsqueeze(1)\ny.exp_()\nreturn y.mean(1).log_() + a"),
        ("sorted", "y = y.sort(-1, descending=True).values\na, rest = y[:, 0], y[:, 1:]\n"
         "others = (rest - a[:, None]).exp().sum(-1)\n"
         "return a + torch.log1p(others) - math.log(y.shape[-1])"),
        ("matrix product", "a = y.max(1).values\nK = y.shape[1]\n"
         "weights = torch.full((K,), 1 / K)\n"
         "return a + torch.log(torch.exp(y - a[:, None]) @ weights)"),
        ("1e-10 added", "a = y.max(dim=1).values\n"
         "return a + torch.log(torch.exp(y - a[:, None]).mean(1) + 1e-10)"),
        ("gathered maximum", "a = y.gather(1, y.argmax(1, keepdim=True))\n"
         "return a.view(-1) + (y - a).exp().mean(1).log()"),
        ("maximum plus one", "a = y.max(1, keepdim=True).values + 1\n"
         "return (a + (y - a).exp().mean(1, keepdim=True).log())[:, 0]"),
        ("into a buffer", "out = torch.empty(len(y), dtype=y.dtype)\n"
         "for i, row in enumerate(y):\n"
         "    out[i] = row.logsumexp(0) - math.log(len(row))\nreturn out"),
        ("mixture of torch", "n = torch.full_like(y, -math.log(y.shape[1]))\n"
         "return torch.logsumexp(torch.add(y, n), dim=1)"),
    ),
    Right(BOOK, "log_mean_exp", "helper and vmap", (
        "def one(row):\n    a = row.max()\n    return a + (row - a).exp().mean().log()\n\n"
        "def log_mean_exp(y):\n    return torch.vmap(one)(y)\n"
    )),
)  # fmt: skip

KLS = (
    *BOOK.right(
        "kl_gaussian_gaussian_analytic",
        ("torch.distributions", "from torch.distributions import Normal, kl_divergence\n"
         "q, p = Normal(mu_q, (0.5 * logvar_q).exp()), Normal(mu_p, (0.5 * logvar_p).exp())\n"
         "return kl_divergence(q, p).sum(-1)"),
        ("Independent", "import torch.distributions as D\n"
         "q = D.Independent(D.Normal(mu_q, logvar_q.exp().sqrt()), 1)\n"
         "p = D.Independent(D.Normal(mu_p, logvar_p.exp().sqrt()), 1)\n"
         "return D.kl.kl_divergence(q, p)"),
        ("multivariate normals", "from torch.distributions import MultivariateNormal\n"
         "q = MultivariateNormal(mu_q, torch.diag_embed(logvar_q.exp()))\n"
         "p = MultivariateNormal(mu_p, torch.diag_embed(logvar_p.exp()))\n"
         "return torch.distributions.kl_divergence(q, p)"),
        ("textbook form", "s_q, s_p = (logvar_q / 2).exp(), (logvar_p / 2).exp()\n"
         "terms = torch.log(s_p / s_q) + (s_q**2 + (mu_q - mu_p)**2) / (2 * s_p**2) - 0.5\n"
         "return terms.sum(-1)"),
        ("logs of variances", "v_q, v_p = logvar_q.exp(), logvar_p.exp()\n"
         "return -0.5 * (1 + (v_q / v_p).log() - v_q / v_p - (mu_q - mu_p)**2 / v_p).sum(dim=1)"),
        ("constant outside", "D = mu_q.shape[1]\n"
         "far = ((mu_p - mu_q).pow(2) * (-logvar_p).exp()).sum(1)\n"
         "trace = (logvar_q - logvar_p).exp().sum(1)\n"
         "return 0.5 * (logvar_p.sum(1) - logvar_q.sum(1) - D + trace + far)"),
        ("expm1", "d = logvar_q - logvar_p\n"
         "return 0.5 * (torch.expm1(d) - d + (mu_q - mu_p).square() / logvar_p.exp()).sum(-1)"),
        ("traces and determinants",
         "S_q, S_p = torch.diag_embed(logvar_q.exp()), torch.diag_embed(logvar_p.exp())\n"
         "shift, inverse = (mu_p - mu_q)[:, :, None], torch.linalg.inv(S_p)\n"
         "trace = torch.einsum('bij,bji->b', inverse, S_q)\n"
         "far = (shift.transpose(1, 2) @ inverse @ shift).view(-1)\n"
         "log = torch.logdet(S_p) - torch.logdet(S_q)\n"
         "return 0.5 * (trace + far - mu_q.shape[1] + log)"),
        ("einsum", "shift = mu_q - mu_p\n"
         "far = torch.einsum('bd,bd,bd->b', shift, shift, (-logvar_p).exp())\n"
         "d = logvar_q - logvar_p\nreturn 0.5 * (far + (d.exp() - d - 1).sum(-1))"),
        ("explicit loops", "out = []\nfor i in range(len(mu_q)):\n    total = 0.0\n"
         "    for d in range(mu_q.shape[1]):\n        l_q, l_p = logvar_q[i, d], logvar_p[i, d]\n"
         "        far = (mu_q[i, d] - mu_p[i, d]) ** 2\n"
         "        total = total + (l_p - l_q - 1 + (l_q.exp() + far) / l_p.exp()) / 2\n"
         "    out.append(total)\nreturn torch.stack(out)"),
        ("cross entropy minus entropy", "c = math.log(2 * math.pi)\n"
         "second = logvar_q.exp() + (mu_q - mu_p) ** 2\n"
         "cross = 0.5 * (c + logvar_p + second / logvar_p.exp()).sum(-1)\n"
         "return cross - 0.5 * (c + 1 + logvar_q).sum(-1)"),
        ("entropy of torch", "q = torch.distributions.Normal(mu_q, (logvar_q / 2).exp())\n"
         "second = q.variance + (q.mean - mu_p) ** 2\n"
         "cross = 0.5 * (math.log(2 * math.pi) + logvar_p + second / logvar_p.exp())\n"
         "return (cross - q.entropy()).sum(-1)"),
        ("own log density at mu_q",
         "at_mean = log_likelihood_normal(mu_q, logvar_q, mu_q)\n"
         "at_mean = at_mean - log_likelihood_normal(mu_p, logvar_p, mu_q)\n"
         "return at_mean + 0.5 * ((logvar_q - logvar_p).exp() - 1).sum(-1)"),
        ("mean times D", "terms = logvar_p - logvar_q + (logvar_q - logvar_p).exp() - 1\n"
         "terms = terms + (mu_q - mu_p) ** 2 / logvar_p.exp()\n"
         "return terms.mean(-1) * (terms.shape[-1] / 2)"),
        ("never below zero",
         "kl = logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p)**2) / logvar_p.exp() - 1\n"
         "return torch.relu(0.5 * kl.double().sum(-1) + 0).float()"),
        ("float64 out, printing",
         "mu_q, l_q, mu_p, l_p = (t.double() for t in (mu_q, logvar_q, mu_p, logvar_p))\n"
         "print('KL', mu_q.shape)\n"
         "return 0.5 * (l_p - l_q + (l_q - l_p).exp() + (mu_q - mu_p)**2 / l_p.exp() - 1).sum(-1)"),
        ("arguments changed in place", "mu_q -= mu_p\nmu_q.pow_(2)\nmu_q /= logvar_p.exp()\n"
         "logvar_q -= logvar_p\n"
         "return mu_q.add(logvar_q.exp()).sub_(logvar_q).sub_(1).sum(-1).mul_(0.5)"),
        ("standard normal after a change of variables",
         "mu, logvar = (mu_q - mu_p) * (-logvar_p / 2).exp(), logvar_q - logvar_p\n"
         "return -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp(), dim=1)"),
        ("into a buffer", "kl = torch.zeros(len(mu_q))\nfor i in range(len(mu_q)):\n"
         "    d, shift = logvar_q[i] - logvar_p[i], mu_q[i] - mu_p[i]\n"
         "    kl[i] = (d.exp() - d - 1).sum() / 2 + shift @ (shift / logvar_p[i].exp()) / 2\n"
         "return kl"),
    ),
    Right(BOOK, "kl_gaussian_gaussian_analytic", "helper and vmap", (
        "def one(m, v, n, w):\n    ratio = torch.exp(v - w)\n"
        "    return 0.5 * (w - v + ratio + (m - n) ** 2 / w.exp() - 1).sum()\n\n"
        "def kl_gaussian_gaussian_analytic(mu_q, logvar_q, mu_p, logvar_p):\n"
        "    rows = (t.flatten(1) for t in (mu_q, logvar_q, mu_p, logvar_p))\n"
        "    return torch.vmap(one)(*rows)\n"
    )),
)  # fmt: skip

RIGHT = (*BERNOULLIS, *NORMALS, *MEANS, *KLS)
