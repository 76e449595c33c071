"""Right solutions of `top_half` in unusual styles, for each of its three functions."""

from .notebook import BOOK

_HALVES = BOOK.right(
    "top_half",
    ("split", "return images.split(392, dim=1)[0]"),
    ("rows of a square", "return images.view(-1, 28, 28)[:, :14].reshape(len(images), -1)"),
    ("picked by number", "return images[:, torch.arange(images.shape[1] // 2)]"),
    ("a mask", "return images[:, torch.arange(784) < 392].contiguous()"),
    ("narrow and copy", "return torch.narrow(images, 1, 0, 14 * 28).clone()"),
    ("product with a selection", "return images @ torch.eye(784)[:, :392]"),
    ("float64, bottom dropped in place",
     "images = images.double()\nimages[:, 392:] = 0\nreturn images.unflatten(1, (2, -1))[:, 0]"),
    function="top_half",
)  # fmt: skip
_LOG_PS = BOOK.right(
    "top_half",
    ("cross entropy",
     "logits = model.decoder(z)[:, :392]\n"
     "return -F.binary_cross_entropy_with_logits(logits, top, reduction='none').sum(1)"),
    ("log sigmoids",
     "logits = top_half(model.decoder(z))\n"
     "return (top * F.logsigmoid(logits) + (1 - top) * F.logsigmoid(-logits)).sum(-1)"),
    ("signs",
     "logits = top_half(model.decoder(z))\nreturn F.logsigmoid((2 * top - 1) * logits).sum(1)"),
    ("logarithms of means, with a small number",
     "theta = torch.sigmoid(model.decoder(z))[:, :392]\n"
     "return (top * (theta + 1e-6).log() + (1 - top) * (1 - theta + 1e-6).log()).sum(1)"),
    ("half of the last layer",
     "hidden = torch.tanh(model.decoder_hidden(z))\n"
     "weight, bias = model.decoder_output.weight[:392], model.decoder_output.bias[:392]\n"
     "logits = F.linear(hidden, weight, bias)\nreturn (top * logits - F.softplus(logits)).sum(-1)"),
    ("einsum in float64",
     "logits = top_half(model.decoder(z)).double()\n"
     "log_p = torch.einsum('bd,bd->b', top.double(), logits)\n"
     "return (log_p - torch.log1p(logits.exp()).sum(-1)).float()"),
    ("where",
     "theta = torch.sigmoid(top_half(model.decoder(z)))\n"
     "return torch.where(top == 1, theta, 1 - theta).log().sum(dim=1)"),
    ("whole image less the bottom",
     "whole = torch.cat([top, torch.zeros_like(top)], dim=1)\n"
     "bottom = bernoulli_log_density(model.decoder(z)[:, 392:], torch.zeros_like(top)).sum(-1)\n"
     "return model.log_likelihood(whole, z) - bottom"),
    ("in place",
     "logits = top_half(model.decoder(z))\n"
     "return F.softplus(logits).neg_().addcmul_(top, logits).sum(-1)"),
    function="log_p_top",
)  # fmt: skip
_JOINTS = BOOK.right(
    "top_half",
    ("repeat", "return model.log_prior(zs) + log_p_top(model, top.repeat(zs.shape[0], 1), zs)"),
    ("broadcast", "return log_p_top(model, top, zs) + model.log_prior(zs)"),
    ("[1, D / 2]", "return log_p_top(model, top[None], zs) + model.log_prior(zs)"),
    ("all written out",
     "logits = top_half(model.decoder(zs))\n"
     "log_p = (top * logits - F.softplus(logits)).sum(-1)\n"
     "return log_p - math.log(2 * math.pi) - 0.5 * (zs ** 2).sum(-1)"),
    ("matrix product",
     "logits = model.decoder(zs)[:, :392]\n"
     "return logits @ top - F.softplus(logits).sum(1) + model.log_prior(zs)"),
    ("the density of Part 0",
     "zero = torch.zeros_like(zs)\nprior = factorized_gaussian_log_density(zero, zero, zs)\n"
     "tops = torch.ones(len(zs), 1, device=zs.device) * top\n"
     "return torch.stack([log_p_top(model, tops, zs), prior]).sum(0)"),
    ("arguments by name",
     "log_p = log_p_top(model=model, z=zs, top=top.view(1, -1).expand(len(zs), -1))\n"
     "return log_p.add(model.log_prior(z=zs))"),
    ("pixels first, float64",
     "logits = top_half(model.decoder(zs)).double().T\n"
     "each = bernoulli_log_density(logits, top.double()[:, None].expand_as(logits))\n"
     "return each.sum(0) + model.log_prior(zs)"),
    ("functorch",
     "def one(z):\n    return log_p_top(model, top[None], z[None])[0]\n"
     "return torch.func.vmap(one)(zs) + model.log_prior(zs)"),
    function="joint_top",
)  # fmt: skip
RIGHT = (*_HALVES, *_LOG_PS, *_JOINTS)
