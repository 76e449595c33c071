"""Wrong solutions of `train_wgan`: both losses and the loop."""

from functools import partial

from .notebook import BOOK

_CRITIC = (
    "with torch.no_grad():\n    y = generator(z)\n"
    "return penalty * lp_reg(x, y, critic) - vf_wasserstein_distance(x, y, critic)"
)
_LOOP = (
    "settings = {'lr': lr, 'betas': (0.5, 0.9)}\n"
    "critic_optimizer = torch.optim.Adam(critic.parameters(), **settings)\n"
    "generator_optimizer = torch.optim.Adam(generator.parameters(), **settings)\n"
    "batches, losses = endless(loader), []\nfor _ in range(steps):\n"
    "    for _ in range(critic_steps):\n        x = next(batches)\n"
    "        z = torch.randn(len(x), generator.latent_dim, device=x.device)\n"
    "        loss = critic_loss(generator, critic, x, z, penalty)\n"
    "        critic_optimizer.zero_grad()\n        loss.backward()\n"
    "        critic_optimizer.step()\n    losses.append(loss.item())\n"
    "    z = torch.randn(len(x), generator.latent_dim, device=x.device)\n"
    "    generator_optimizer.zero_grad()\n"
    "    generator_loss(generator, critic, z).backward()\n"
    "    generator_optimizer.step()\nreturn losses"
)
_Z = "torch.randn(len(x), generator.latent_dim, device=x.device)"
_LAST_Z = f"z = {_Z}\n    generator_optimizer"
"""Where the generator's step draws."""
_OPTIMIZERS = (
    "critic_optimizer = torch.optim.Adam(critic.parameters(), **settings)\n"
    "generator_optimizer = torch.optim.Adam(generator.parameters(), **settings)\n"
)


_changed = partial(BOOK.changed, "train_wgan")

CRITIC = _changed(
    "critic_loss",
    _CRITIC,
    ("distance added", "critic_ascent", " - vf_w", " + vf_w"),
    ("P and Q", "critic_ascent", "distance(x, y, critic)", "distance(y, x, critic)"),
    ("penalty subtracted", "penalty_rewarded", "return penalty", "return -penalty"),
    ("all signs", "loss_sign", "penalty * lp_reg(x, y, critic) - vf_wasserstein_distance(x, y, "
     "critic)", "vf_wasserstein_distance(x, y, critic) - penalty * lp_reg(x, y, critic)"),
    ("no penalty", "penalty_forgotten", "penalty * lp_reg(x, y, critic) ", ""),
    ("penalty only", "distance_forgotten", " - vf_wasserstein_distance(x, y, critic)", ""),
    ("penalty of 10", "penalty_ignored", "return penalty", "return 10"),
    ("penalty without weight", "penalty_ignored", "return penalty * ", "return "),
    ("sums", "summed", " - vf_wasserstein_distance(x, y, critic)",
     " - critic(x).sum() + critic(y).sum()"),
    ("gradient to the generator", "gradient_to_the_generator",
     "with torch.no_grad():\n    y = generator(z)", "y = generator(z)"),
    ("a plain number", "no_gradient_to_the_critic", "return penalty * lp_reg(x, y, critic) - "
     "vf_wasserstein_distance(x, y, critic)", "loss = penalty * lp_reg(x, y, critic) - "
     "vf_wasserstein_distance(x, y, critic)\nreturn loss.detach().requires_grad_()"),
    ("everything under no_grad", None, "\nreturn", "\n    return"),
    ("penalty of x", "penalty_of_x", "lp_reg(x, y,", "lp_reg(x, x,"),
    ("penalty of y", "penalty_of_y", "lp_reg(x, y,", "lp_reg(y, y,"),
    ("penalty of noise", None, "lp_reg(x, y,", "lp_reg(torch.rand_like(x), torch.rand_like(x),"),
    ("squares", None, " - vf_wasserstein_distance(x, y, critic)",
     " + (critic(x) - 1).square().mean() + critic(y).square().mean()"),
    ("generator in eval mode", None, "with torch", "generator.eval()\nwith torch"),
    ("images scaled", None, "y = generator(z)", "y = 2 * generator(z) - 1"),
    ("noise on images", None, "y = generator(z)", "y = generator(z) + 0.1 * torch.randn_like(x)"),
)  # fmt: skip

GENERATOR = _changed(
    "generator_loss",
    "return -critic(generator(z)).mean()",
    ("sign", "generator_ascent", "-critic", "critic"),
    ("sum", "summed", ".mean()", ".sum()"),
    ("rows", "not_averaged", ".mean()", ""),
    ("detached", "no_gradient_to_the_generator", "generator(z)", "generator(z).detach()"),
    ("no_grad", "no_gradient_to_the_generator", "return -critic",
     "with torch.no_grad():\n    return -critic"),
    ("twice", None, "return -", "return -2 * "),
    ("mean image", None, "generator(z)", "generator(z).mean(0, keepdim=True)"),
    ("images bright", None, ".mean()", ".mean() - 3 * generator(z).mean()"),
)  # fmt: skip

LOOPS = _changed(
    "train_wgan",
    _LOOP,
    ("no step of the critic", "critic_step_forgotten", "        critic_optimizer.step()\n", ""),
    ("no step of the generator", "generator_step_forgotten", "    generator_optimizer.step()\n",
     ""),
    ("critic downhill", "critic_ascent", "loss.backward()\n        critic",
     "(2 * penalty * lp_reg(x, generator(z).detach(), critic) - loss).backward()\n        critic"),
    ("generator uphill", "generator_ascent", "    generator_loss(generator, critic, z).backward()",
     "    (-generator_loss(generator, critic, z)).backward()"),
    ("betas of the library", "betas_forgotten", ", 'betas': (0.5, 0.9)", ""),
    ("second beta of the library", "betas_forgotten", "(0.5, 0.9)", "(0.5, 0.999)"),
    ("betas swapped", "betas_swapped", "(0.5, 0.9)", "(0.9, 0.5)"),
    ("first batch only", "first_batch_only", "next(batches)", "next(endless(loader))"),
    ("first of the loader", "first_batch_only", "next(batches)", "next(iter(loader))[0]"),
    ("no momentum", "betas_forgotten", "(0.5, 0.9)", "(0.0, 0.9)"),
    ("RMSprop", "other_optimizer", _OPTIMIZERS,
     "critic_optimizer = torch.optim.RMSprop(critic.parameters(), lr=lr)\n"
     "generator_optimizer = torch.optim.RMSprop(generator.parameters(), lr=lr)\n"),
    ("SGD", "other_optimizer", _OPTIMIZERS,
     "critic_optimizer = torch.optim.SGD(critic.parameters(), lr=lr)\n"
     "generator_optimizer = torch.optim.SGD(generator.parameters(), lr=lr)\n"),
    ("critic never cleared", "critic_zero_grad_forgotten",
     "        critic_optimizer.zero_grad()\n", ""),
    ("critic cleared once", "critic_cleared_once",
     "    for _ in range(critic_steps):\n        x = next(batches)\n"
     "        z = torch.randn(len(x), generator.latent_dim, device=x.device)\n"
     "        loss = critic_loss(generator, critic, x, z, penalty)\n"
     "        critic_optimizer.zero_grad()\n",
     "    critic_optimizer.zero_grad()\n"
     "    for _ in range(critic_steps):\n        x = next(batches)\n"
     "        z = torch.randn(len(x), generator.latent_dim, device=x.device)\n"
     "        loss = critic_loss(generator, critic, x, z, penalty)\n"),
    ("critic cleared after its steps", "generator_gradients_kept",
     "        critic_optimizer.zero_grad()\n        loss.backward()\n"
     "        critic_optimizer.step()\n",
     "        loss.backward()\n        critic_optimizer.step()\n"
     "        critic_optimizer.zero_grad()\n"),
    ("generator never cleared", "generator_zero_grad_forgotten",
     "    generator_optimizer.zero_grad()\n", ""),
    ("the same batch", "same_batch_for_the_critic",
     "    for _ in range(critic_steps):\n        x = next(batches)\n",
     "    x = next(batches)\n    for _ in range(critic_steps):\n"),
    ("batches restarted", "batches_restarted", "for _ in range(steps):\n",
     "for _ in range(steps):\n    batches = endless(loader)\n"),
    ("new optimisers", "optimizers_renewed", "for _ in range(steps):\n",
     "for _ in range(steps):\n    "
     + _OPTIMIZERS.rstrip().replace("\n", "\n    ") + "\n"),
    ("one step of the critic", "critic_steps_ignored", "range(critic_steps)", "range(1)"),
    ("five steps of the critic", "critic_steps_ignored", "range(critic_steps)", "range(5)"),
    ("learning rate fixed", "lr_ignored", "'lr': lr", "'lr': 1e-4"),
    ("learning rate of the library", "lr_ignored", "'lr': lr", "'lr': 1e-3"),
    ("penalty not passed on", "penalty_ignored", ", z, penalty)", ", z)"),
    ("generator in the inner loop", "generator_in_the_inner_loop",
     "    losses.append(loss.item())\n"
     "    z = torch.randn(len(x), generator.latent_dim, device=x.device)\n"
     "    generator_optimizer.zero_grad()\n"
     "    generator_loss(generator, critic, z).backward()\n"
     "    generator_optimizer.step()\n",
     "        generator_optimizer.zero_grad()\n"
     "        generator_loss(generator, critic, z).backward()\n"
     "        generator_optimizer.step()\n    losses.append(loss.item())\n"),
    ("all losses", "every_loss", "    losses.append", "        losses.append"),
    ("losses of the generator", "generator_losses", "losses.append(loss.item())",
     "losses.append(generator_loss(generator, critic, z).item())"),
    ("negative", "losses_negative", "loss.item()", "-loss.item()"),
    ("last only", "only_last_loss", "return losses", "return losses[-1]"),
    ("tensor", "losses_in_a_tensor", "return losses", "return torch.tensor(losses)"),
    ("uniform codes", "uniform_codes", _Z, "torch.rand(len(x), generator.latent_dim)"),
    ("codes from -1 to 1", "uniform_codes", _Z,
     "2 * torch.rand(len(x), generator.latent_dim) - 1"),
    ("codes of zero", "codes_of_zero", _Z, "torch.zeros(len(x), generator.latent_dim)"),
    ("the same codes", "codes_kept", _Z,
     "torch.randn(len(x), generator.latent_dim, generator=torch.Generator().manual_seed(3))"),
    ("one code", "one_code_for_all", _Z, "torch.randn(1, generator.latent_dim)"),
    ("one code, expanded", "one_code_for_all", _Z,
     "torch.randn(1, generator.latent_dim).expand(len(x), -1)"),
    ("uniform codes for the generator", None,
     _LAST_Z, "z = torch.rand(len(x), generator.latent_dim)\n"
     "    generator_optimizer"),
    ("codes of zero for the generator", None,
     _LAST_Z, "z = torch.zeros(len(x), generator.latent_dim)\n"
     "    generator_optimizer"),
    ("the critic's last codes", "codes_kept",
     "    " + _LAST_Z, "    generator_optimizer"),
    ("codes kept for the critic's steps", "codes_kept",
     "    for _ in range(critic_steps):\n        x = next(batches)\n"
     "        z = torch.randn(len(x), generator.latent_dim, device=x.device)\n",
     "    codes = torch.randn(32, generator.latent_dim)\n"
     "    for _ in range(critic_steps):\n        x = next(batches)\n        z = codes[:len(x)]\n"),
    ("one code for the generator", "one_code_for_all",
     _LAST_Z, "z = torch.randn(1, generator.latent_dim)\n"
     "    generator_optimizer"),
    ("fixed batch for the generator", "fixed_batch_size",
     _LAST_Z, "z = torch.randn(batch_size, generator.latent_dim)\n"
     "    generator_optimizer"),
    ("truncated codes", None, _Z, _Z + ".clamp(-2, 2)"),
    ("one number for each code", None, _Z,
     "torch.randn(len(x), 1).expand(-1, generator.latent_dim)"),
    ("biases frozen", "biases_frozen", "Adam(critic.parameters()",
     "Adam([w for w in critic.parameters() if w.dim() > 1]"),
    ("fixed batch", "fixed_batch_size", "torch.randn(len(x)", "torch.randn(batch_size"),
    ("wide codes", None, _Z, "3 * " + _Z),
    ("nothing returned", None, "return losses", "return None"),
    ("weight decay", None, "'lr': lr", "'lr': lr, 'weight_decay': 0.5"),
    ("clipped weights", None, "        critic_optimizer.step()\n",
     "        critic_optimizer.step()\n        for w in critic.parameters():\n"
     "            w.data.clamp_(-0.01, 0.01)\n"),
    ("two steps of the generator", None, "    generator_optimizer.step()\n",
     "    generator_optimizer.step()\n    generator_optimizer.step()\n"),
    ("generator first", None, "        critic_optimizer.step()\n    losses",
     "        critic_optimizer.step()\n    critic_optimizer.step()\n    losses"),
)  # fmt: skip

_KEPT = _LOOP.replace(_Z, "codes[:len(x)]")
KEPT = _changed(
    "train_wgan",
    _KEPT,
    ("codes kept for the round", "codes_kept", "    for _ in range(critic_steps)",
     "    codes = torch.randn(32, generator.latent_dim)\n    for _ in range(critic_steps)"),
    ("codes kept for ever", "codes_kept", "for _ in range(steps)",
     "codes = torch.randn(32, generator.latent_dim)\nfor _ in range(steps)"),
    ("one code for ever", "codes_kept", "for _ in range(steps)",
     "codes = torch.randn(1, generator.latent_dim).expand(32, -1)\nfor _ in range(steps)"),
)  # fmt: skip

WRONG = (*CRITIC, *GENERATOR, *LOOPS, *KEPT)
