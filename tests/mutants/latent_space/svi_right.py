"""Right solutions of `elbo_top` and `fit_top` in unusual styles."""

from .notebook import BOOK

_ELBOS = BOOK.right(
    "svi",
    ("exact divergence",
     "z = mu + logsigma.exp() * torch.randn(draws, 2, device=mu.device)\n"
     "kl = 0.5 * (mu ** 2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum()\n"
     "return log_p_top(model, top.expand(draws, -1), z).mean() - kl"),
    ("exact entropy",
     "z = torch.exp(logsigma) * torch.randn(draws, model.latent_dim) + mu\n"
     "return joint_top(model, top, z).mean() + logsigma.sum() + math.log(2 * math.pi) + 1"),
    ("parameters of q detached in log q",
     "z = sample_diag_gaussian(mu.repeat(draws, 1), logsigma.repeat(draws, 1))\n"
     "log_q = factorized_gaussian_log_density(mu.detach(), logsigma.detach(), z)\n"
     "return torch.mean(joint_top(model, top, z) - log_q)"),
    ("log q of the noise",
     "eps = torch.randn(draws, 2)\nz = mu[None] + eps.mul(logsigma.exp())\n"
     "log_q = -logsigma.sum() - math.log(2 * math.pi) - 0.5 * eps.square().sum(1)\n"
     "return (joint_top(model, top, z) - log_q).sum() / draws"),
    ("three means",
     "z = sample_diag_gaussian(mu.expand(draws, -1), logsigma.expand(draws, -1))\n"
     "tops = top[None].repeat(draws, 1)\n"
     "entropy = -model.log_q(mu[None].expand(draws, -1), logsigma[None].expand(draws, -1), z)\n"
     "return sum(part.mean() for part in "
     "(log_p_top(model, tops, z), model.log_prior(z), entropy))"),
    ("codes of their own for each term",
     "def codes():\n    return mu + logsigma.exp() * torch.randn(draws, 2)\n"
     "z = codes()\nlog_q = model.log_q(mu.expand(draws, -1), logsigma.expand(draws, -1), z)\n"
     "return log_p_top(model, top.expand(draws, -1), codes()).mean() "
     "+ model.log_prior(codes()).mean() - log_q.mean()"),
    ("all written out, in float64",
     "mu, logsigma = mu.double(), logsigma.double()\n"
     "z = mu + logsigma.exp() * torch.randn(draws, 2, dtype=torch.float64)\n"
     "h = torch.tanh(z @ model.decoder_hidden.weight.double().T + model.decoder_hidden.bias)\n"
     "logits = h @ model.decoder_output.weight.double()[:392].T + model.decoder_output.bias[:392]\n"
     "log_p = logits @ top.double() - F.softplus(logits).sum(-1)\n"
     "ratio = 0.5 * (((z - mu) / logsigma.exp()) ** 2 - z ** 2).sum(-1) + logsigma.sum()\n"
     "return (log_p + ratio).mean()"),
    ("numpy noise",
     "import numpy as np\n"
     "eps = torch.tensor(np.random.standard_normal((draws, 2)), dtype=torch.float32)\n"
     "z = mu + logsigma.exp() * eps\n"
     "q = mu.expand_as(z), logsigma.expand_as(z)\n"
     "return torch.einsum('k->', joint_top(model, top, z) - model.log_q(*q, z)) / draws"),
    ("torch.func",
     "def one(eps):\n    z = (mu + logsigma.exp() * eps)[None]\n"
     "    return (joint_top(model, top, z) - model.log_q(mu[None], logsigma[None], z))[0]\n"
     "return torch.func.vmap(one)(torch.randn(draws, 2)).mean(0)"),
    ("added up one by one, in place",
     "z = sample_diag_gaussian(mu.expand(draws, -1), logsigma.expand(draws, -1))\n"
     "total = joint_top(model, top, z)\n"
     "total -= model.log_q(mu.expand(draws, -1), logsigma.expand(draws, -1), z)\n"
     "return total.cumsum(0)[-1] / draws"),
    function="elbo_top",
)  # fmt: skip
_FITS = BOOK.right(
    "svi",
    ("maximize, one parameter of four numbers",
     "q = torch.zeros(4, requires_grad=True)\n"
     "optimizer = torch.optim.Adam([q], lr=lr, maximize=True)\n"
     "for _ in range(steps):\n    optimizer.zero_grad()\n"
     "    elbo_top(model, top, q[:2], q[2:], draws).backward()\n    optimizer.step()\n"
     "return q[:2].detach(), q[2:].detach()"),
    ("plain gradient ascent",
     "mu, logsigma = torch.zeros(2), torch.zeros(2)\n"
     "for _ in range(steps):\n"
     "    mu.requires_grad_(True), logsigma.requires_grad_(True)\n"
     "    up = torch.autograd.grad(elbo_top(model, top, mu, logsigma, draws), [mu, logsigma])\n"
     "    mu, logsigma = (mu + lr * up[0]).detach(), (logsigma + lr * up[1]).detach()\n"
     "return mu, logsigma"),
    ("momentum",
     "mu = nn.Parameter(torch.zeros(2))\nlogsigma = nn.Parameter(torch.zeros(2))\n"
     "optimizer = torch.optim.SGD([mu, logsigma], lr=lr / 3, momentum=0.8, nesterov=True)\n"
     "for _ in range(steps):\n    optimizer.zero_grad()\n"
     "    (-elbo_top(model, top, mu, logsigma, draws)).backward()\n    optimizer.step()\n"
     "return mu.detach().clone(), logsigma.detach().clone()"),
    ("RMSprop",
     "mu, logsigma = (torch.zeros(model.latent_dim, requires_grad=True) for _ in range(2))\n"
     "optimizer = torch.optim.RMSprop([mu, logsigma], lr=lr)\n"
     "for _ in range(steps):\n    loss = -elbo_top(model, top, mu, logsigma, draws)\n"
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
     "return mu, logsigma"),
    ("AdamW with a schedule, mean of the last steps",
     "mu, logsigma = (torch.zeros(2, requires_grad=True) for _ in range(2))\n"
     "optimizer = torch.optim.AdamW([mu, logsigma], lr=2 * lr, weight_decay=0.0)\n"
     "slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)\nseen = []\n"
     "for _ in range(steps):\n    loss = -elbo_top(model, top, mu, logsigma, draws)\n"
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n    slower.step()\n"
     "    seen.append(torch.stack([mu, logsigma]).detach().clone())\n"
     "return tuple(torch.stack(seen[-20:]).mean(0))"),
    ("logvar inside, summed ELBO",
     "mu, logvar = (torch.zeros(2, requires_grad=True) for _ in range(2))\n"
     "optimizer = torch.optim.Adam([mu, logvar], lr)\n"
     "for step in range(steps):\n"
     "    loss = -elbo_top(model, top, mu, logvar / 2, draws) * draws\n"
     "    if step % 100 == 0:\n        _ = loss.item()\n"
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
     "return mu.detach(), (logvar / 2).detach()"),
    ("frozen model, ELBO inside",
     "model.requires_grad_(False)\n"
     "mu, logsigma = (torch.zeros(2, requires_grad=True) for _ in range(2))\n"
     "optimizer = torch.optim.Adam([mu, logsigma], lr=lr)\n"
     "for _ in range(steps):\n"
     "    z = mu + logsigma.exp() * torch.randn(draws, 2)\n"
     "    kl = 0.5 * (mu ** 2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum()\n"
     "    loss = kl - log_p_top(model, top.expand(draws, -1), z).mean()\n"
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
     "return mu.detach(), logsigma.detach()"),
    ("Newton's method on fixed noise",
     "eps = torch.randn(4000, 2)\neps = torch.cat([eps, -eps])\neps = eps / eps.std(0)\n"
     "def loss(q):\n    z = q[:2] + q[2:].exp() * eps\n"
     "    return -(joint_top(model, top, z).mean() + q[2:].sum())\n"
     "q = torch.zeros(4)\n"
     "for _ in range(8):\n"
     "    up = torch.autograd.functional.jacobian(loss, q)\n"
     "    bend = torch.autograd.functional.hessian(loss, q)\n"
     "    bend = bend + max(0.0, 0.5 - float(torch.linalg.eigvalsh(bend)[0])) * torch.eye(4)\n"
     "    q = q - torch.linalg.solve(bend, up)\n"
     "return q[:2], q[2:]"),
    function="fit_top",
)  # fmt: skip
RIGHT = (*_ELBOS, *_FITS)
