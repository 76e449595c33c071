"""Right solutions of the toy experiment, in unusual styles."""

from .notebook import BOOK

SAMPLES = BOOK.right(
    "toy",
    ("stack", "u, v = torch.rand(n), torch.rand(n)\n"
     "return torch.stack([u * 0, u], 1), torch.stack([u * 0 + theta, v], 1)"),
    ("cat", "zero = torch.zeros(n, 1)\n"
     "x, y = (torch.cat((zero + at, torch.rand(n, 1)), 1) for at in (0, theta))\nreturn x, y"),
    ("NumPy", "import numpy as np\nx = np.zeros((n, 2), dtype=np.float32)\n"
     "x[:, 1] = np.random.rand(n)\ny = np.full((n, 2), theta, dtype=np.float32)\n"
     "y[:, 1] = np.random.uniform(0, 1, n)\nreturn torch.from_numpy(x), torch.from_numpy(y)"),
    ("scaled", "x = torch.rand(n, 2) * torch.tensor([0.0, 1.0])\n"
     "y = torch.rand(n, 2) * torch.tensor([0.0, 1.0]) + torch.tensor([theta, 0.0])\nreturn [x, y]"),
    ("point by point", "import random\n"
     "x = torch.tensor([[0.0, random.random()] for _ in range(n)])\n"
     "y = torch.tensor([[float(theta), random.random()] for _ in range(n)])\nreturn x, y"),
    function="toy_samples",
)  # fmt: skip

FITS = BOOK.right(
    "toy",
    ("by hand",
     "distances = []\nfor x, y in batches:\n"
     "    if distance == 'hellinger':\n        d = vf_squared_hellinger(x, y, critic)\n"
     "        goal = d\n    else:\n        d = vf_wasserstein_distance(x, y, critic)\n"
     "        goal = d - penalty * lp_reg(x, y, critic)\n    weights = list(critic.parameters())\n"
     "    for w, g in zip(weights, torch.autograd.grad(goal, weights, allow_unused=True)):\n"
     "        if g is not None:\n            w.data += lr * g\n"
     "    distances.append(float(d))\nreturn distances"),
    ("maximize",
     "opt = torch.optim.SGD(critic.parameters(), lr, maximize=True)\nout = []\n"
     "for pair in batches:\n    opt.zero_grad()\n"
     "    f = [vf_squared_hellinger, vf_wasserstein_distance][distance == 'wasserstein']\n"
     "    d = f(*pair, critic)\n    out.append(d.detach().item())\n"
     "    price = penalty * lp_reg(*pair, critic) if distance == 'wasserstein' else 0.0\n"
     "    (d - price).backward()\n    opt.step()\nreturn out"),
    ("an optimiser each step",
     "def step(x, y):\n    opt = torch.optim.SGD(critic.parameters(), lr=lr)\n"
     "    hellinger = distance == 'hellinger'\n"
     "    d = (vf_squared_hellinger if hellinger else vf_wasserstein_distance)(x, y, critic)\n"
     "    loss = -d if hellinger else -d + penalty * lp_reg(x, y, critic)\n"
     "    critic.zero_grad()\n    loss.backward()\n    opt.step()\n    return d.item()\n"
     "return [step(x, y) for x, y in batches]"),
    ("two losses, two backwards",
     "opt = torch.optim.SGD(critic.parameters(), lr=lr)\nout = ()\n"
     "for x, y in batches:\n    opt.zero_grad()\n"
     "    if distance == 'wasserstein':\n"
     "        d = vf_wasserstein_distance(x, y, critic)\n"
     "        (penalty * lp_reg(x, y, critic)).backward()\n    else:\n"
     "        d = vf_squared_hellinger(x, y, critic)\n"
     "    (-d).backward()\n    opt.step()\n    out += (d.item(),)\nreturn out"),
    function="fit_critic",
)  # fmt: skip

CURVES = BOOK.right(
    "toy",
    ("both at once",
     "one, two = ToyCritic(width).to(device), ToyCritic(width).to(device)\nh, w = [], []\n"
     "for i, theta in enumerate(thetas):\n    for name, critic in (('hellinger', one), "
     "('wasserstein', two)):\n        n = first if i == 0 else steps\n"
     "        fit_critic(critic, [toy_samples(theta, 512) for _ in range(n)], name)\n"
     "    x, y = toy_samples(theta, 512)\n"
     "    h.append(vf_squared_hellinger(x, y, one).detach())\n"
     "    w.append(vf_wasserstein_distance(x, y, two).detach())\n"
     "return torch.stack(h), torch.stack(w)"),
    ("points for both at once",
     "def both(x, y):\n    v = one(torch.cat([x, y]))\n    return v[:512], v[512:]\n"
     "one, two = ToyCritic(width).to(device), ToyCritic(width).to(device)\nh, w = [], []\n"
     "for i, theta in enumerate(thetas):\n    for _ in range(steps if i else first):\n"
     "        pair = toy_samples(theta, 512)\n        fit_critic(one, [pair], 'hellinger')\n"
     "        fit_critic(two, [pair], 'wasserstein')\n    x, y = toy_samples(theta, 512)\n"
     "    p, q = both(x, y)\n    h.append((1 - (-p).exp()).mean() - (q.exp() - 1).mean())\n"
     "    w.append(vf_wasserstein_distance(x, y, two))\n"
     "return torch.stack(h).detach(), torch.stack(w).detach()"),
    ("gradients as a function",
     "from torch.func import functional_call, grad\n"
     "def curve(name, f):\n    critic, values = ToyCritic(width).to(device), []\n"
     "    def loss(params, x, y):\n"
     "        V = lambda p: functional_call(critic, params, kwargs={'x': p})\n"
     "        d = f(x, y, V)\n        price = 50 * lp_reg(x, y, V) if name == 'w' else 0.0\n"
     "        return price - d\n"
     "    optimizer = torch.optim.SGD(critic.parameters(), lr=1e-3)\n"
     "    for i, theta in enumerate(thetas):\n        for _ in range(steps if i else first):\n"
     "            params = {n: p.detach() for n, p in critic.named_parameters()}\n"
     "            pair = toy_samples(theta, 512)\n"
     "            if name == 'h':\n                slopes = grad(loss)(params, *pair)\n"
     "            else:\n                own = {n: p.requires_grad_() for n, p in params.items()}\n"
     "                found = torch.autograd.grad(loss(own, *pair), list(own.values()), "
     "allow_unused=True)\n                slopes = dict(zip(own, found))\n"
     "            for n, p in critic.named_parameters():\n                p.grad = slopes[n]\n"
     "            optimizer.step()\n"
     "        V = torch.vmap(lambda p: critic(x=p[None]).squeeze())\n"
     "        values.append(f(*toy_samples(theta, 512), V).item())\n"
     "    return torch.tensor(values)\n"
     "return curve('h', vf_squared_hellinger), curve('w', vf_wasserstein_distance)"),
    ("looks, copies, one stack for the estimate",
     "import copy\ncurves = []\n"
     "one = ToyCritic(width).to(device)\n"
     "for name, critic in (('hellinger', one), ('wasserstein', copy.deepcopy(one))):\n"
     "    critic(torch.zeros(1, 2))\n    values = []\n    for i, theta in enumerate(thetas):\n"
     "        for _ in range(steps if i else first):\n"
     "            fit_critic(critic, [toy_samples(theta, 512)], name)\n"
     "            x, y = toy_samples(theta, 100)\n            critic(x).mean() - critic(y).mean()\n"
     "        still = copy.deepcopy(critic).eval()\n"
     "        p, q = still(torch.stack(toy_samples(theta, 512)))\n"
     "        d = p - q if name == 'wasserstein' else 2 - (-p).exp() - q.exp()\n"
     "        values.append(d.mean().item())\n    curves.append(torch.tensor(values))\n"
     "return curves"),
    ("helper, preallocated",
     "def curve(name, estimate):\n    critic = ToyCritic(width)\n"
     "    found = torch.zeros(len(thetas))\n    for i in range(len(thetas)):\n"
     "        batches = []\n        for _ in range([steps, first][i == 0]):\n"
     "            batches.append(toy_samples(thetas[i], 512))\n"
     "        fit_critic(critic, batches, distance=name)\n"
     "        found[i] = float(estimate(*toy_samples(thetas[i], 512), critic))\n    return found\n"
     "return (curve('hellinger', vf_squared_hellinger),\n"
     "        curve('wasserstein', vf_wasserstein_distance))"),
    ("inline formulas",
     "curves = []\nfor name in ('hellinger', 'wasserstein'):\n"
     "    critic, values, count = ToyCritic(width).to(device), [], first\n"
     "    for theta in thetas:\n"
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n"
     "        count, (x, y) = steps, toy_samples(theta, 512)\n        with torch.no_grad():\n"
     "            p, q = critic(x), critic(y)\n"
     "        d = 2 - (-p).exp().mean() - q.exp().mean() if name == 'hellinger' else "
     "p.mean() - q.mean()\n        values.append(d.item())\n"
     "    curves.append(torch.tensor(values))\nreturn curves"),
    ("arrays",
     "import numpy as np\nout = np.zeros((2, len(thetas)))\n"
     "for k, name in enumerate(['hellinger', 'wasserstein']):\n"
     "    critic = ToyCritic(width).to(device)\n    for i, theta in enumerate(thetas):\n"
     "        count = first if i == 0 else steps\n"
     "        pairs = (toy_samples(theta, 512) for _ in range(count))\n"
     "        fit_critic(critic, pairs, name)\n"
     "        f = vf_wasserstein_distance if k else vf_squared_hellinger\n"
     "        out[k, i] = f(*toy_samples(theta, 512), critic).item()\nreturn out[0], out[1]"),
    function="toy_curves",
)  # fmt: skip

FIGURES = BOOK.right(
    "toy",
    ("pyplot", "plt.figure()\nplt.plot(thetas, hellinger, 'o-', label='H')\n"
     "plt.plot(thetas, wasserstein, 's--', label='W')\nplt.legend()\nplt.xlabel('theta')\n"
     "return plt.gcf()"),
    ("scatter and lines", "fig, ax = plt.subplots()\n"
     "pairs = ((hellinger, 'Hellinger', 'C3'), (wasserstein, 'Wasserstein', 'C4'))\n"
     "for values, name, colour in pairs:\n"
     "    ax.plot(thetas, values, color=colour)\n"
     "    ax.scatter(thetas, values, color=colour, label=name)\nfig.legend()\nreturn ax"),
    ("legend with a list", "fig, ax = plt.subplots()\n"
     "a, = ax.plot(thetas, wasserstein, marker='x', color='tab:red')\n"
     "b, = ax.plot(thetas, hellinger, marker='.', color='tab:blue')\n"
     "ax.legend([a, b], ['Wasserstein distance', 'squared Hellinger distance'])\nreturn fig"),
    ("truth as lines", "fig = plt.figure()\nax = fig.add_subplot()\n"
     "ax.plot(thetas, hellinger, marker='o', label='squared Hellinger')\n"
     "ax.plot(thetas, wasserstein, marker='o', label='Wasserstein')\n"
     "ax.plot([0, 2], [0, 2], 'k:', label='theta')\nax.axhline(2, color='grey')\n"
     "ax.legend(loc='lower right')\nax.set_title('two lines')\nreturn fig"),
    ("one call, two columns", "fig, ax = plt.subplots()\n"
     "ax.plot(thetas, torch.stack([hellinger, wasserstein], 1), marker='o')\n"
     "ax.legend(['Hellinger', 'Wasserstein'])\nplt.show()"),
    function="toy_figure",
)  # fmt: skip

RIGHT = (*SAMPLES, *FITS, *CURVES, *FIGURES)
