"""Right solutions of `train_wgan`, in unusual styles."""

from .notebook import BOOK

CRITIC = BOOK.right(
    "train_wgan",
    ("detach", "y = generator(z).detach()\n"
     "return -vf_wasserstein_distance(x, y, critic) + penalty * lp_reg(x, y, critic)"),
    ("inline", "y = generator(z).data\n"
     "return critic(y).mean() - critic(x).mean() + penalty * lp_reg(x, y, critic)"),
    ("kept axis", "with torch.no_grad():\n    y = generator(z)\n"
     "d = vf_wasserstein_distance(x, y, critic).reshape(1)\n"
     "return penalty * lp_reg(x, y, critic) - d"),
    ("generator frozen", "for w in generator.parameters():\n    w.requires_grad_(False)\n"
     "y = generator(z)\nfor w in generator.parameters():\n    w.requires_grad_(True)\n"
     "return penalty * lp_reg(x, y, critic) - vf_wasserstein_distance(x, y, critic)"),
    function="critic_loss",
)  # fmt: skip

GENERATOR = BOOK.right(
    "train_wgan",
    ("torch.mean", "return -torch.mean(critic(generator(z)))"),
    ("sum", "y = generator(z)\nreturn critic(y).neg().sum() / len(y)"),
    ("distance without data", "y = generator(z)\nvalues = critic(y)\nreturn 0 - values.mean(0)"),
    function="generator_loss",
)  # fmt: skip

LOOPS = BOOK.right(
    "train_wgan",
    ("iterator by hand",
     "adam = lambda net: torch.optim.Adam(net.parameters(), lr, (0.5, 0.9))\n"
     "one, two = adam(critic), adam(generator)\nit = iter(loader)\nout = []\n"
     "def batch():\n    nonlocal it\n    try:\n        return next(it)[0]\n"
     "    except StopIteration:\n        it = iter(loader)\n        return next(it)[0]\n"
     "for step in range(steps):\n    for k in range(critic_steps):\n        x = batch()\n"
     "        z = torch.randn(x.shape[0], generator.latent_dim)\n        critic.zero_grad()\n"
     "        loss = critic_loss(generator, critic, x, z, penalty=penalty)\n"
     "        loss.backward()\n        one.step()\n    out.append(float(loss))\n"
     "    generator.zero_grad()\n"
     "    generator_loss(generator, critic, torch.randn(x.size(0), generator.latent_dim))"
     ".backward()\n    two.step()\nreturn out"),
    ("counting the critic's steps",
     "d = torch.optim.Adam(critic.parameters(), lr=lr, betas=(0.5, 0.9))\n"
     "g = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.9))\nlosses = []\n"
     "for count, x in enumerate(endless(loader), 1):\n    if len(losses) == steps:\n        break\n"
     "    loss = critic_loss(generator, critic, x, torch.randn(len(x), generator.latent_dim), "
     "penalty)\n    d.zero_grad(set_to_none=False)\n    loss.backward()\n    d.step()\n"
     "    if count % critic_steps == 0:\n        losses.append(loss.item())\n"
     "        g.zero_grad(set_to_none=False)\n"
     "        generator_loss(generator, critic, torch.randn(len(x), generator.latent_dim))"
     ".backward()\n        g.step()\nreturn losses"),
    ("with samples to look at",
     "d = torch.optim.Adam(critic.parameters(), lr=lr, betas=(0.5, 0.9))\n"
     "g = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.9))\n"
     "look, shown = torch.randn(12, generator.latent_dim), []\n"
     "batches, losses = endless(loader), []\nfor step in range(steps):\n"
     "    for _ in range(critic_steps):\n        x = next(batches)\n"
     "        z = torch.randn(len(x), generator.latent_dim)\n"
     "        loss = critic_loss(generator, critic, x, z, penalty)\n        d.zero_grad()\n"
     "        loss.backward()\n        d.step()\n    losses.append(loss.item())\n"
     "    z = torch.randn(len(x), generator.latent_dim)\n    g.zero_grad()\n"
     "    generator_loss(generator, critic, z).backward()\n    g.step()\n"
     "    if step % 100 == 0:\n        with torch.no_grad():\n"
     "            shown.append(generator(look))\nreturn losses"),
    ("seed, fixed looks, keywords",
     "torch.manual_seed(3)\n"
     "adam = lambda net: torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.9))\n"
     "d, g = adam(critic), adam(generator)\n"
     "shown = [generator(z=torch.zeros(3, generator.latent_dim))]\n"
     "batches, losses = endless(loader), []\nfor step in range(steps):\n"
     "    for _ in range(critic_steps):\n        x = next(batches)\n"
     "        z = torch.randn(size=(len(x), generator.latent_dim))\n"
     "        loss = critic_loss(generator=generator, critic=critic, x=x, z=z, penalty=penalty)\n"
     "        d.zero_grad()\n        loss.backward()\n        d.step()\n"
     "    losses.append(loss.item())\n    g.zero_grad()\n"
     "    y = generator(z=torch.randn(len(x), generator.latent_dim))\n"
     "    (-critic(x=y).mean()).backward()\n    g.step()\n"
     "    shown.append(generator(torch.eye(generator.latent_dim)[:5]).detach())\nreturn losses"),
    ("gradients asked for",
     "d = torch.optim.Adam(critic.parameters(), lr=lr, betas=(0.5, 0.9))\n"
     "g = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.9))\n"
     "def step(optimizer, net, loss):\n"
     "    weights = list(net.parameters())\n"
     "    for w, s in zip(weights, torch.autograd.grad(loss, weights, allow_unused=True)):\n"
     "        w.grad = s\n    optimizer.step()\n    return loss.item()\n"
     "batches, losses = endless(loader), []\nfor _ in range(steps):\n"
     "    for _ in range(critic_steps):\n        x = next(batches)\n"
     "        z = torch.randn(len(x), generator.latent_dim)\n"
     "        last = step(d, critic, critic_loss(generator, critic, x, z, penalty))\n"
     "    z = torch.randn(len(x), generator.latent_dim)\n"
     "    step(g, generator, generator_loss(generator, critic, z))\n    losses.append(last)\n"
     "return losses"),
    ("fused, critic frozen for the generator",
     "more = dict(lr=lr, betas=(0.5, 0.9), fused=True)\n"
     "d = torch.optim.Adam(critic.parameters(), **more)\n"
     "g = torch.optim.Adam(generator.parameters(), **more)\nlosses = []\nstream = endless(loader)\n"
     "generator.train()\ncritic.train()\nfor _ in range(steps):\n"
     "    critic.requires_grad_(True)\n    for _ in range(critic_steps):\n"
     "        x = next(stream).to(device)\n"
     "        z = torch.empty(len(x), generator.latent_dim).normal_()\n        d.zero_grad()\n"
     "        loss = critic_loss(generator, critic, x, z, penalty)\n        loss.backward()\n"
     "        d.step()\n    critic.requires_grad_(False)\n    g.zero_grad()\n"
     "    z = torch.empty(len(x), generator.latent_dim).normal_()\n"
     "    generator_loss(generator, critic, z).backward()\n    g.step()\n"
     "    losses.append(loss.detach().item())\ncritic.requires_grad_(True)\nreturn losses"),
    function="train_wgan",
)  # fmt: skip

RIGHT = (*CRITIC, *GENERATOR, *LOOPS)
