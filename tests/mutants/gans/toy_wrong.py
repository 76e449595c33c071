"""Wrong solutions of the toy experiment: samples, fit, curves, figure."""

from functools import partial

from .notebook import BOOK

_SAMPLES = "x, y = torch.rand(2, n, 2, device=device)\nx[:, 0], y[:, 0] = 0, theta\nreturn x, y"
_FIT = (
    "optimizer = torch.optim.SGD(critic.parameters(), lr=lr)\ndistances = []\n"
    "for x, y in batches:\n    if distance == 'hellinger':\n"
    "        value = vf_squared_hellinger(x, y, critic)\n        loss = -value\n    else:\n"
    "        value = vf_wasserstein_distance(x, y, critic)\n"
    "        loss = penalty * lp_reg(x, y, critic) - value\n"
    "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
    "    distances.append(value.item())\nreturn distances"
)
_CURVES = (
    "parts = (('hellinger', vf_squared_hellinger), ('wasserstein', vf_wasserstein_distance))\n"
    "curves = []\nfor name, estimate in parts:\n"
    "    critic, values = ToyCritic(width).to(device), []\n    for theta in thetas:\n"
    "        count = steps if values else first\n"
    "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n"
    "        with torch.no_grad():\n"
    "            values.append(estimate(*toy_samples(theta, 512), critic).item())\n"
    "    curves.append(torch.tensor(values))\nreturn tuple(curves)"
)
_FIGURE = (
    "figure, ax = plt.subplots()\nax.plot(thetas, hellinger, marker='o', label='Hellinger')\n"
    "ax.plot(thetas, wasserstein, marker='o', label='Wasserstein')\nax.legend()\nreturn figure"
)


_changed = partial(BOOK.changed, "toy")

SAMPLES = _changed(
    "toy_samples",
    _SAMPLES,
    ("P and Q", "exchanged", "= 0, theta", "= theta, 0"),
    ("both moved", "both_at_theta", "= 0, theta", "= theta, theta"),
    ("theta ignored", "theta_ignored", "= 0, theta", "= 0, 0"),
    ("to the left", "to_the_left", "= 0, theta", "= 0, -theta"),
    ("coordinates", "coordinates_exchanged", "x[:, 0], y[:, 0]", "x[:, 1], y[:, 1]"),
    ("randn", "u_normal", "torch.rand(", "torch.randn("),
    ("one u", "u_shared_by_rows", "return",
     "x[:, 1], y[:, 1] = torch.rand(()), torch.rand(())\nreturn"),
    ("x and y share u", "u_shared_by_both", "return", "y[:, 1] = x[:, 1]\nreturn"),
    ("seed inside", "u_fixed", "x, y = ", "torch.manual_seed(1)\nx, y = "),
    ("grid", "u_fixed", "return",
     "x[:, 1], y[:, 1] = torch.linspace(0, 1, n), torch.linspace(1, 0, n)\nreturn"),
    ("theta added to u", None, "= 0, theta", "= 0, theta + y[:, 1]"),
    ("between -1 and 1", None, "return", "x[:, 1], y[:, 1] = 2 * x[:, 1] - 1, 2 * y[:, 1] - 1\n"
     "return"),
    ("mirrored", None, "return", "y[:, 1] = 1 - x[:, 1]\nreturn"),
    ("rows and columns", None, "return x, y", "return x.T, y.T"),
    ("one tensor", None, "return x, y", "return torch.stack([x, y])"),
)  # fmt: skip

FITS = _changed(
    "fit_critic",
    _FIT,
    ("signs of the losses", "descent_of_the_distance", "loss.backward()",
     "(loss + 2 * value).backward()"),
    ("no zero_grad", "zero_grad_forgotten", "    optimizer.zero_grad()\n", ""),
    ("Adam", "adam", "torch.optim.SGD", "torch.optim.Adam"),
    ("momentum", "momentum", "lr=lr", "lr=lr, momentum=0.9"),
    ("learning rate fixed", "lr_ignored", "lr=lr", "lr=1e-3"),
    ("no backward", "no_step", "    loss.backward()\n", ""),
    ("no step", "no_step", "    optimizer.step()\n", ""),
    ("no penalty", "penalty_forgotten", "penalty * lp_reg(x, y, critic) - value", "-value"),
    ("penalty for both", "penalty_for_hellinger", "loss = -value\n    else",
     "loss = penalty * lp_reg(x, y, critic) - value\n    else"),
    ("penalty of 50", "penalty_ignored", "penalty * lp_reg", "50.0 * lp_reg"),
    ("penalty without weight", "penalty_ignored", "penalty * lp_reg", "lp_reg"),
    ("penalty rewarded", "penalty_rewarded", "penalty * lp_reg(x, y, critic) - value",
     "-penalty * lp_reg(x, y, critic) - value"),
    ("distances swapped", "distances_exchanged", "== 'hellinger'", "!= 'hellinger'"),
    ("one step", "only_last_batch",
     "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
     "    distances.append(value.item())\n",
     "    distances.append(value.item())\n"
     "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n"),
    ("return inside", "only_first_batch", "\nreturn distances", "\n    return distances"),
    ("minus", "sign", "value.item()", "-value.item()"),
    ("losses", "sign", "value.item()", "loss.item()"),
    ("last only", "only_last_distance", "return distances", "return distances[-1]"),
    ("tensor", "distances_in_a_tensor", "return distances", "return torch.tensor(distances)"),
    ("after the step", "distances_after_the_step", "value.item()",
     "(vf_squared_hellinger if distance == 'hellinger' else vf_wasserstein_distance)"
     "(x, y, critic).item()"),
    ("one bias left out", None, "critic.parameters()", "list(critic.parameters())[:-1]"),
    ("weight decay", None, "lr=lr", "lr=lr, weight_decay=0.5"),
    ("penalty of x", "penalty_of_x", "lp_reg(x, y,", "lp_reg(x, x,"),
    ("penalty of y", "penalty_of_y", "lp_reg(x, y,", "lp_reg(y, y,"),
    ("penalty half way", "penalty_of_x", "lp_reg(x, y,",
     "lp_reg((x + y) / 2 + 1e-3, (x + y) / 2 + 1e-3,"),
    ("penalty of noise", "penalty_of_y", "lp_reg(x, y,",
     "lp_reg(torch.rand_like(x), torch.rand_like(x),"),
    ("penalty squared", None, "penalty * lp_reg(x, y, critic)",
     "penalty * lp_reg(x, y, critic) ** 2"),
    ("nothing returned", None, "return distances", "return None"),
    ("two steps a batch", None, "    optimizer.step()\n",
     "    optimizer.step()\n    optimizer.step()\n"),
    ("noise", None, "    optimizer.step()\n",
     "    optimizer.step()\n    for w in critic.parameters():\n"
     "        w.data += 3e-3 * torch.randn_like(w)\n"),
)  # fmt: skip

CURVES = _changed(
    "toy_curves",
    _CURVES,
    ("exchanged", "curves_exchanged", "tuple(curves)", "tuple(curves[::-1])"),
    ("a new critic each time", "critic_made_anew", "        count =",
     "        critic = ToyCritic(width).to(device)\n        count ="),
    ("first ignored", "not_trained", "steps if values else first", "steps"),
    ("first for all", "steps_for_first_only", "steps if values else first", "first"),
    ("theta fixed", "theta_fixed", "toy_samples(theta, 512)", "toy_samples(thetas[0], 512)"),
    ("trained for Hellinger", "trained_for_hellinger", "range(count)), name)",
     "range(count)), 'hellinger')"),
    ("sorted", "sorted", "for theta in thetas", "for theta in sorted(thetas, reverse=True)"),
    ("one critic for both", "critic_shared", "for name, estimate in parts:\n"
     "    critic, values = ToyCritic(width).to(device), []",
     "critic = ToyCritic(width).to(device)\nfor name, estimate in parts:\n    values = []"),
    ("not trained", "not_trained", "range(count)), name)", "range(0)), name)"),
    ("untrained critic measured", "not_trained", "(*toy_samples(theta, 512), critic)",
     "(*toy_samples(theta, 512), ToyCritic(width))"),
    ("mean of all", None, "torch.tensor(values)", "torch.tensor(values).cumsum(0)"),
    ("squares", None, "torch.tensor(values)", "torch.tensor(values) ** 2"),
    ("halves", None, "torch.tensor(values)", "torch.tensor(values) / 2"),
    ("last theta left out", None, "for theta in thetas", "for theta in thetas[:-1]"),
    ("negative", None, "estimate(*", "-estimate(*"),
    ("width of the notebook", "width_ignored", "ToyCritic(width)", "ToyCritic()"),
    ("narrow", "width_ignored", "ToyCritic(width)", "ToyCritic(64)"),
    ("small batches", "batch_size", "theta, 512", "theta, 64"),
    ("large batches", "batch_size", "theta, 512", "theta, 1024"),
    ("small batches for steps", None, "theta, 512) for", "theta, 128) for"),
    ("few points for the estimate", None, "theta, 512), critic", "theta, 32), critic"),
    ("one batch for all steps", "batch_kept",
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n",
     "        fit_critic(critic, [toy_samples(theta, 512)] * count, name)\n"),
    ("estimate from the last batch", "batch_kept",
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n"
     "        with torch.no_grad():\n"
     "            values.append(estimate(*toy_samples(theta, 512), critic).item())\n",
     "        batches = [toy_samples(theta, 512) for _ in range(count)]\n"
     "        fit_critic(critic, batches, name)\n        with torch.no_grad():\n"
     "            values.append(estimate(*batches[-1], critic).item())\n"),
    ("one batch for all", "batch_kept",
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n"
     "        with torch.no_grad():\n"
     "            values.append(estimate(*toy_samples(theta, 512), critic).item())\n",
     "        batch = toy_samples(theta, 512)\n"
     "        fit_critic(critic, [batch] * count, name)\n        with torch.no_grad():\n"
     "            values.append(estimate(*batch, critic).item())\n"),
    ("estimate from a step too many", "estimate_makes_a_step",
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n"
     "        with torch.no_grad():\n"
     "            values.append(estimate(*toy_samples(theta, 512), critic).item())\n",
     "        batches = [toy_samples(theta, 512) for _ in range(count + 1)]\n"
     "        fit_critic(critic, batches, name)\n        with torch.no_grad():\n"
     "            values.append(estimate(*batches[-1], critic).item())\n"),
    ("the last of a step too many", None,
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n"
     "        with torch.no_grad():\n"
     "            values.append(estimate(*toy_samples(theta, 512), critic).item())\n",
     "        batches = (toy_samples(theta, 512) for _ in range(count + 1))\n"
     "        values.append(fit_critic(critic, batches, name)[-1])\n"),
    ("steps in halves", None,
     "        fit_critic(critic, (toy_samples(theta, 512) for _ in range(count)), name)\n",
     "        for _ in range(count):\n            x, y = toy_samples(theta, 512)\n"
     "            fit_critic(critic, [(x[:256], y[:256]), (x[256:], y[256:])], name)\n"),
    ("y is x moved", None, "curves = []\n", "curves = []\ndef toy_samples(theta, n):\n"
     "    x = torch.rand(n, 2) * torch.tensor([0.0, 1.0])\n"
     "    return x, x + torch.tensor([theta, 0.0])\n"),
    ("u is normal", None, "curves = []\n", "curves = []\ndef toy_samples(theta, n):\n"
     "    x, y = torch.randn(2, n, 2) * torch.tensor([0.0, 1.0])\n"
     "    return x, y + torch.tensor([theta, 0.0])\n"),
    ("seed for each theta", None, "        count =",
     "        torch.manual_seed(0)\n        count ="),
)  # fmt: skip

FIGURES = _changed(
    "toy_figure",
    _FIGURE,
    ("no markers", "no_markers", ", marker='o'", ""),
    ("without theta", "theta_left_out", "ax.plot(thetas, ", "ax.plot("),
    ("backwards", "theta_reversed", "ax.plot(thetas, ", "ax.plot(thetas[::-1], "),
    ("axes", "axes_exchanged", "ax.plot(thetas, hellinger, marker='o', label='Hellinger')\n"
     "ax.plot(thetas, wasserstein,", "ax.plot(hellinger, thetas, marker='o', label='Hellinger')\n"
     "ax.plot(wasserstein, thetas,"),
    ("one curve", "one_curve", "ax.plot(thetas, wasserstein, marker='o', label='Wasserstein')\n",
     ""),
    ("one colour", "one_colour", "marker='o'", "color='k', marker='o'"),
    ("no legend", "no_legend", "ax.legend()\n", ""),
    ("labels swapped", "labels_exchanged", "'Hellinger')\nax.plot(thetas, wasserstein, marker='o', "
     "label='Wasserstein')", "'Wasserstein')\nax.plot(thetas, wasserstein, marker='o', "
     "label='Hellinger')"),
    ("two panels", None, "figure, ax = plt.subplots()\n",
     "figure, (ax, other) = plt.subplots(1, 2)\nother.plot(thetas, hellinger, marker='o')\n"),
    ("the same twice", None, "ax.plot(thetas, wasserstein", "ax.plot(thetas, hellinger"),
    ("roots", None, "thetas, hellinger", "thetas, hellinger ** 0.5"),
)  # fmt: skip

WRONG = (*SAMPLES, *FITS, *CURVES, *FIGURES)
