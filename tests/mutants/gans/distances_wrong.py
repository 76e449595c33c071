"""Wrong solutions of the three building blocks: both distances and the penalty."""

from functools import partial

from .notebook import BOOK

_G = "g = 1 - torch.exp(-critic(x))\nf = torch.expm1(critic(y))\n"

HELLINGER = BOOK.wrong(
    "vf_squared_hellinger",
    ("f* of V", "activation_left_out_of_the_conjugate",
     "v = critic(y)\nreturn (1 - torch.exp(-critic(x))).mean() - (v / (1 - v)).mean()"),
    ("no g over P", "activation_left_out_of_p",
     "return critic(x).mean() - torch.expm1(critic(y)).mean()"),
    ("no g at all", "no_activation",
     "v = critic(y)\nreturn critic(x).mean() - (v / (1 - v)).mean()"),
    ("no f*", "conjugate_forgotten",
     "g = lambda v: 1 - torch.exp(-v)\nreturn g(critic(x)).mean() - g(critic(y)).mean()"),
    ("f* twice", "conjugate_in_both",
     "return torch.expm1(critic(x)).mean() - torch.expm1(critic(y)).mean()"),
    ("exp(-v) - 1", "exponent_sign",
     "return (1 - torch.exp(-critic(x))).mean() - torch.expm1(-critic(y)).mean()"),
    ("exp(v)", "exchanged",
     "g = lambda v: 1 - torch.exp(v)\nt = g(critic(y))\n"
     "return g(critic(x)).mean() - (t / (1 - t)).mean()"),
    ("1 + t", "conjugate_sign",
     "g = lambda v: 1 - torch.exp(-v)\nt = g(critic(y))\n"
     "return g(critic(x)).mean() - (t / (1 + t)).mean()"),
    ("g twice", "activation_twice",
     "g = lambda v: 1 - torch.exp(-v)\nt = g(g(critic(y)))\n"
     "return g(critic(x)).mean() - (t / (1 - t)).mean()"),
    ("exp without 1", "one_forgotten",
     "return (1 - torch.exp(-critic(x))).mean() - torch.exp(critic(y)).mean()"),
    ("P and Q", "exchanged",
     "return (1 - torch.exp(-critic(y))).mean() - torch.expm1(critic(x)).mean()"),
    ("sum", "summed", _G + "return g.sum() - f.sum()"),
    ("rows", "not_averaged", _G + "return g - f"),
    ("loss", "sign", _G + "return f.mean() - g.mean()"),
    ("plus", "added", _G + "return g.mean() + f.mean()"),
    ("P only", "only_p", _G + "return g.mean()"),
    ("Q only", "only_q", _G + "return -f.mean()"),
    ("x twice", "same_batch", _G + "return g.mean() - torch.expm1(critic(x)).mean()"),
    ("y twice", "same_batch", _G + "return (1 - torch.exp(-critic(y))).mean() - f.mean()"),
    ("mean inside", "mean_inside",
     "return 1 - torch.exp(-critic(x).mean()) - torch.expm1(critic(y).mean())"),
    ("means first", "critic_of_means",
     "a, b = critic(x.mean(0, keepdim=True)), critic(y.mean(0, keepdim=True))\n"
     "return (1 - torch.exp(-a) - torch.expm1(b)).mean()"),
    ("quotient", "division_by_zero",
     "g = lambda v: 1 - torch.exp(-v)\nt = g(critic(y))\n"
     "return g(critic(x)).mean() - (t / (1 - t)).mean()"),
    ("no_grad", "no_gradient", "with torch.no_grad():\n    return "
     "(1 - torch.exp(-critic(x))).mean() - torch.expm1(critic(y)).mean()"),
    ("y detached", "no_gradient_to_y",
     "return (1 - torch.exp(-critic(x))).mean() - torch.expm1(critic(y.detach())).mean()"),
    ("item", "no_gradient", _G + "return torch.tensor((g.mean() - f.mean()).item())"),
    ("half", None, _G + "return (g.mean() - f.mean()) / 2"),
    ("clamped", None, "v = critic(y).clamp(max=10)\n"
     "return (1 - torch.exp(-critic(x))).mean() - torch.expm1(v).mean()"),
    ("Kullback and Leibler", None,
     "return critic(x).mean() - torch.exp(critic(y) - 1).mean()"),
    ("half of the batch", None, "x = x[:len(x) // 2 + 1]\n" + _G + "return g.mean() - f.mean()"),
)  # fmt: skip

WASSERSTEIN = BOOK.wrong(
    "vf_wasserstein_distance",
    ("P and Q", "exchanged", "return critic(y).mean() - critic(x).mean()"),
    ("sum", "summed", "return critic(x).sum() - critic(y).sum()"),
    ("rows", "not_averaged", "return critic(x) - critic(y)"),
    ("absolute", "absolute", "return (critic(x).mean() - critic(y).mean()).abs()"),
    ("plus", "added", "return critic(x).mean() + critic(y).mean()"),
    ("P only", "only_p", "return critic(x).mean()"),
    ("Q only", "only_q", "return -critic(y).mean()"),
    ("x twice", "same_batch", "return critic(x).mean() - critic(x).mean()"),
    ("of the difference", "critic_of_difference", "return critic(x - y).mean()"),
    ("means first", "critic_of_means",
     "return (critic(x.mean(0)[None]) - critic(y.mean(0)[None])).mean()"),
    ("Hellinger", "activation_of_hellinger",
     "return (1 - torch.exp(-critic(x))).mean() - torch.expm1(critic(y)).mean()"),
    ("activation", "activation_of_hellinger",
     "return (1 - torch.exp(-critic(x))).mean() - (1 - torch.exp(-critic(y))).mean()"),
    ("no_grad", "no_gradient",
     "with torch.no_grad():\n    return critic(x).mean() - critic(y).mean()"),
    ("y detached", "no_gradient_to_y", "return critic(x).mean() - critic(y.detach()).mean()"),
    ("x detached", "no_gradient_to_x", "return critic(x.detach()).mean() - critic(y).mean()"),
    ("in place", "argument_overwritten",
     "distance = critic(x).mean() - critic(y).mean()\nx.data.zero_()\nreturn distance"),
    ("median", None, "return critic(x).median() - critic(y).median()"),
    ("row by row", None, "rows = lambda z: torch.stack([critic(r[None]).squeeze() for r in z])\n"
     "return rows(x).mean() - rows(y).mean()"),
    ("root", None, "return (critic(x).mean() - critic(y).mean()).abs().sqrt()"),
    ("tanh", None,
     "return torch.tanh(critic(x)).mean() - torch.tanh(critic(y)).mean()"),
    ("root of B", None, "return (critic(x) - critic(y)).sum() / len(x) ** 0.5 - 0.1"),
)  # fmt: skip

_LP = (
    "t = torch.rand(len(x), *[1] * (x.dim() - 1))\n"
    "xhat = (t * x + (1 - t) * y).requires_grad_(True)\n"
    "(slopes,) = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)\n"
    "norms = slopes.flatten(1).norm(dim=1)\n"
    "return (norms - 1).clamp(min=0).square().mean()"
)
_END = "(norms - 1).clamp(min=0).square().mean()"
_NORM = "slopes.flatten(1).norm(dim=1)"
_MIX = "t * x + (1 - t) * y"
_T = "torch.rand(len(x), *[1] * (x.dim() - 1))"


_penalties = partial(BOOK.changed, "lp_reg", "", _LP)

PENALTY = _penalties(
    ("in place", "argument_overwritten", "t * x + (1 - t) * y",
     "x.data.mul_(t).add_((1 - t) * y.detach())"),
    ("two-sided", "two_sided", _END, "(norms - 1).square().mean()"),
    ("no square", "not_squared", _END, "(norms - 1).clamp(min=0).mean()"),
    ("norm squared", "norm_squared", _NORM, "slopes.flatten(1).square().sum(1)"),
    ("no 1", "one_not_subtracted", _END, "norms.square().mean()"),
    ("mean first", "mean_before_max", _END, "(norms.mean() - 1).clamp(min=0).square()"),
    ("mean, then the square", "mean_before_square", _END,
     "(norms - 1).clamp(min=0).mean().square()"),
    ("sum", "summed", ".square().mean()", ".square().sum()"),
    ("rows", "not_averaged", ".square().mean()", ".square()"),
    ("largest", "largest", ".square().mean()", ".square().max()"),
    ("last axis", "norm_over_last_axis", _NORM, "slopes.norm(dim=-1)"),
    ("channels", "norm_over_channels", _NORM, "slopes.norm(dim=1)"),
    ("over the batch", "norm_over_batch", _NORM, "slopes.norm(dim=0)"),
    ("one norm", "norm_over_everything", _NORM, "slopes.norm()"),
    ("slope of the mean", "slope_of_the_mean", "critic(xhat).sum()", "critic(xhat).mean()"),
    ("absolute values", "one_norm", "norm(dim=1)", "norm(p=1, dim=1)"),
    ("no norm", "no_norm", _NORM, "slopes"),
    ("mean in the norm", "mean_for_norm", _NORM, "slopes.flatten(1).square().mean(1).sqrt()"),
    ("negative", "sign", "return ", "return -"),
    ("min", "min_for_max", "clamp(min=0)", "clamp(max=0)"),
    ("1 minus", "min_for_max", "(norms - 1)", "(1 - norms)"),
    ("no create_graph", "no_create_graph", ", create_graph=True", ""),
    ("retain_graph", "no_create_graph", "create_graph=True", "retain_graph=True"),
    ("detach", "no_create_graph", _NORM, _NORM + ".detach()"),
    ("data", "no_create_graph", "slopes.flatten(1)", "slopes.data.flatten(1)"),
    ("parenthesis", "missing_parenthesis", _MIX, "t * x + 1 - t * y"),
    ("t for both", "weights_do_not_sum_to_1", _MIX, "t * x + t * y"),
    ("sum of both", "weights_do_not_sum_to_1", _MIX, "x + y"),
    ("difference", "weights_do_not_sum_to_1", _MIX, "t * (x - y)"),
    ("beyond x", "outside_the_line", _MIX, "x + t * (x - y)"),
    ("beyond y", "outside_the_line", _MIX, "y + t * (y - x)"),
    ("normal", "t_normal", "torch.rand(", "torch.randn("),
    ("per element", "t_per_element", _T, "torch.rand_like(x)"),
    ("per batch", "t_per_batch", _T, "torch.rand(1)"),
    ("per batch, by random", "t_per_batch", _T, "__import__('random').random()"),
    ("at x", "no_interpolation", _MIX, "x.clone()"),
    ("at y", "no_interpolation", _MIX, "y.clone()"),
    ("middle", "no_interpolation", _MIX, "(x + y) / 2"),
    ("seed inside", "t_fixed", "[1] * (x.dim() - 1))",
     "[1] * (x.dim() - 1), generator=torch.Generator().manual_seed(0))"),
    ("t squared", None, _MIX, "t**2 * x + (1 - t**2) * y"),
    ("per channel", None, _T,
     "torch.rand(*x.shape[:2], 1, 1) if x.dim() > 2 else torch.rand(len(x), 1)"),
    ("0 or 1", None, _MIX, "t.round() * x + (1 - t.round()) * y"),
    ("half", None, _END, "0.5 * " + _END),
    ("third power", None, ".square()", ".pow(3)"),
    ("limit of 1.5", None, "norms - 1", "norms - 1.5"),
)  # fmt: skip

WRONG = (*HELLINGER, *WASSERSTEIN, *PENALTY)
