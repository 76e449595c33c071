"""Right solutions, in unusual styles, of the tasks that use the model: `train` and `log_p_x`."""

from tests.mutants.book import Right

from .model_wrong import cell
from .notebook import BOOK

_TABLE = (
    ("torch.distributions", {"elbo": (
        "mu, logvar = vae.encode(x)\nq = torch.distributions.Normal(mu, (logvar / 2).exp())\n"
        "p = torch.distributions.Normal(0.0, 1.0)\ntheta = vae.decode(q.rsample())\n"
        "log_p = torch.distributions.Bernoulli(theta).log_prob(x).sum(-1)\n"
        "return log_p - torch.distributions.kl_divergence(q, p).sum(-1)"
    )}),
    ("cross entropy and a formula", {"elbo": (
        "mu, logvar = vae.encode(x.view(-1, obs_dim))\n"
        "theta = vae.decode(mu + torch.exp(logvar / 2) * torch.randn(mu.shape))\n"
        "rebuilt = F.binary_cross_entropy(theta, x, reduction='none').sum(1)\n"
        "return -rebuilt + 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)"
    )}),
    ("images one by one", {"elbo": (
        "rows = []\nfor image in x:\n    mu, logvar = vae.encode(image[None])\n"
        "    theta = vae.decode(vae.draw(mu, logvar))\n"
        "    zero = torch.zeros(1, latent_dim)\n"
        "    kl = kl_gaussian_gaussian_analytic(mu, logvar, zero, zero)\n"
        "    rows.append(log_likelihood_bernoulli(theta, image[None]) - kl)\n"
        "return torch.cat(rows)"
    )}),
    ("prior written as zeros of the batch", {"elbo": (
        "mu, logvar = vae.encode(x)\nzeros = torch.zeros(x.shape[0], latent_dim, device=device)\n"
        "theta = torch.sigmoid(vae.decoder(vae.draw(mu, logvar)) - 5)\n"
        "kl = kl_gaussian_gaussian_analytic(mu, logvar, zeros, zeros)\n"
        "return log_likelihood_bernoulli(theta, x) - kl"
    )}),
    ("sum of the batch", {"train": (
        "optimizer = torch.optim.Adam(vae.parameters(), lr)\nlosses = []\n"
        "for epoch in range(epochs):\n    for x in loader:\n        loss = -elbo(vae, x).sum()\n"
        "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
        "        losses.append(float(loss) / len(x))\nreturn losses"
    )}),
    ("zero_grad at the end, printing", {"train": (
        "vae.train()\nopt = torch.optim.Adam(list(vae.parameters()), lr=lr, foreach=False)\n"
        "history = []\nfor epoch in range(epochs):\n    for i, batch in enumerate(loader):\n"
        "        loss = -torch.mean(elbo(vae, batch.to(device)))\n        loss.backward()\n"
        "        opt.step()\n        opt.zero_grad(set_to_none=False)\n"
        "        history += [loss.detach().item()]\n    print(epoch, history[-1])\nreturn history"
    )}),
    ("two groups", {"train": (
        "opt = torch.optim.Adam([{'params': vae.encoder.parameters()},\n"
        "                        {'params': vae.decoder.parameters()}], lr=lr)\nout = []\n"
        "for _ in range(epochs):\n    for x in loader:\n        opt.zero_grad()\n"
        "        objective = elbo(vae, x).mean()\n        (-objective).backward()\n"
        "        opt.step()\n        out.append(-objective.item())\nreturn out"
    )}),
    ("maximize", {"train": (
        "opt = torch.optim.Adam(vae.parameters(), lr=lr, maximize=True)\nout = []\n"
        "for _ in range(epochs):\n    for x in loader:\n        opt.zero_grad()\n"
        "        bound = elbo(vae, x).mean()\n        bound.backward()\n"
        "        opt.step()\n        out.append(-bound.item())\nreturn out"
    )}),
    ("closure", {"train": (
        "opt = torch.optim.Adam(vae.parameters(), lr=lr)\n"
        "def step(x):\n    opt.zero_grad()\n    loss = -elbo(vae, x).mean()\n"
        "    loss.backward()\n    return loss\n"
        "return [float(opt.step(lambda: step(x))) for _ in range(epochs) for x in loader]"
    )}),
    ("Adam by hand", {"train": (
        "params = list(vae.parameters())\nm = [torch.zeros_like(p) for p in params]\n"
        "v = [torch.zeros_like(p) for p in params]\nlosses, t = [], 0\n"
        "for _ in range(epochs):\n    for x in loader:\n        t += 1\n"
        "        loss = -elbo(vae, x).mean()\n        grads = torch.autograd.grad(loss, params)\n"
        "        with torch.no_grad():\n"
        "            for i, (p, g) in enumerate(zip(params, grads)):\n"
        "                m[i] = 0.9 * m[i] + 0.1 * g\n"
        "                v[i] = 0.999 * v[i] + 0.001 * g**2\n"
        "                step = (m[i] / (1 - 0.9**t)) / ((v[i] / (1 - 0.999**t)).sqrt() + 1e-8)\n"
        "                p -= lr * step\n        losses.append(loss.item())\nreturn losses"
    )}),
    ("fused", {"train": (
        "opt = torch.optim.Adam(vae.parameters(), lr=lr, fused=True)\nlosses = []\n"
        "for _ in range(epochs):\n    batches = iter(loader)\n"
        "    while (x := next(batches, None)) is not None:\n"
        "        loss = -elbo(vae, x.clone()).mean()\n        opt.zero_grad()\n"
        "        loss.backward()\n        opt.step()\n        losses.append(loss.detach())\n"
        "return [float(loss) for loss in losses]"
    )}),
    ("micro batches", {"train": (
        "opt = torch.optim.Adam(vae.parameters(), lr=lr)\nlosses = []\n"
        "for _ in range(epochs):\n    for x in loader:\n        opt.zero_grad()\n"
        "        total = 0.0\n"
        "        for part in x.split(2):\n            loss = -elbo(vae, part).sum() / len(x)\n"
        "            loss.backward()\n            total += loss.item()\n        opt.step()\n"
        "        losses.append(total)\nreturn losses"
    )}),
)  # fmt: skip
TRAINERS = tuple(Right(BOOK, "train", name, cell(**lines)) for name, lines in _TABLE)

ESTIMATES = BOOK.right(
    "log_p_x",
    ("one large batch",
     "B = len(x)\nmu, logvar = (p.repeat_interleave(num_samples, 0) for p in vae.encode(x))\n"
     "z = vae.draw(mu, logvar)\nimages = x.repeat_interleave(num_samples, 0)\n"
     "zero = torch.zeros_like(mu)\n"
     "y = log_likelihood_bernoulli(vae.decode(z), images) + log_likelihood_normal(zero, zero, z)\n"
     "y = y - log_likelihood_normal(mu, logvar, z)\nreturn log_mean_exp(y.view(B, num_samples))"),
    ("codes first",
     "B = x.shape[0]\nmu, logvar = vae.encode(x)\n"
     "mu, logvar = mu.repeat(num_samples, 1), logvar.repeat(num_samples, 1)\n"
     "z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)\n"
     "y = log_likelihood_bernoulli(vae.decode(z), x.repeat(num_samples, 1))\n"
     "y = y + log_likelihood_normal(mu * 0, mu * 0, z) - log_likelihood_normal(mu, logvar, z)\n"
     "return log_mean_exp(y.view(num_samples, B).T)"),
    ("torch.distributions and logsumexp",
     "mu, logvar = vae.encode(x)\nq = torch.distributions.Normal(mu, (0.5 * logvar).exp())\n"
     "p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))\n"
     "ws = []\nfor k in range(num_samples):\n    z = q.sample()\n"
     "    like = torch.distributions.Bernoulli(vae.decode(z)).log_prob(x).sum(1)\n"
     "    ws.append(like + (p.log_prob(z) - q.log_prob(z)).sum(1))\n"
     "return torch.logsumexp(torch.stack(ws), 0) - math.log(num_samples)"),
    ("images one by one",
     "out = []\nfor image in x:\n    mu, logvar = vae.encode(image.unsqueeze(0))\n"
     "    mu, logvar = mu.expand(num_samples, -1), logvar.expand(num_samples, -1)\n"
     "    z = vae.draw(mu, logvar)\n    zero = torch.zeros(num_samples, latent_dim)\n"
     "    y = log_likelihood_bernoulli(vae.decode(z), image.expand(num_samples, -1))\n"
     "    y = y + log_likelihood_normal(zero, zero, z) - log_likelihood_normal(mu, logvar, z)\n"
     "    out.append(log_mean_exp(y[None]))\nreturn torch.cat(out)"),
    ("cross entropy, constants left out",
     "mu, logvar = vae.encode(x)\nys = torch.empty(x.shape[0], num_samples)\n"
     "for k in range(num_samples):\n    eps = torch.randn_like(mu)\n"
     "    z = mu + (logvar / 2).exp() * eps\n"
     "    like = -F.binary_cross_entropy(vae.decode(z), x, reduction='none').sum(-1)\n"
     "    ys[:, k] = like - 0.5 * (z**2 - eps**2 - logvar).sum(-1)\n"
     "return log_mean_exp(ys)"),
    ("running maximum",
     "mu, logvar = vae.encode(x)\nzero = torch.zeros_like(mu)\n"
     "total = torch.full((len(x),), -math.inf)\n"
     "for _ in range(num_samples):\n    z = vae.draw(mu, logvar)\n"
     "    y = log_likelihood_bernoulli(vae.decode(z), x) + log_likelihood_normal(zero, zero, z)\n"
     "    total = torch.logaddexp(total, y - log_likelihood_normal(mu, logvar, z))\n"
     "return total - math.log(num_samples)"),
    ("float64 at the end",
     "with torch.no_grad():\n    mu, logvar = vae.encode(x)\n    zero = torch.zeros_like(mu)\n"
     "    zs = [vae.draw(mu, logvar) for _ in range(num_samples)]\n"
     "    ys = [log_likelihood_bernoulli(vae.decode(z), x).double()\n"
     "          + log_likelihood_normal(zero, zero, z)\n"
     "          - log_likelihood_normal(mu, logvar, z) for z in zs]\n"
     "return log_mean_exp(torch.stack(ys, 1))"),
    ("three axes",
     "mu, logvar = vae.encode(x)\nK = num_samples\n"
     "eps = torch.randn(K, *mu.shape)\nz = mu + (0.5 * logvar).exp() * eps\n"
     "theta = vae.decode(z)\n"
     "like = (x * theta.log() + (1 - x) * (1 - theta).log()).sum(-1)\n"
     "ratio = 0.5 * (eps**2 - z**2 + logvar).sum(-1)\nreturn log_mean_exp((like + ratio).t())"),
)  # fmt: skip

RIGHT = (*TRAINERS, *ESTIMATES)
