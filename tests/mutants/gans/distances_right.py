"""Right solutions, in unusual styles, of both distances and of the penalty."""

from .notebook import BOOK

HELLINGER = BOOK.right(
    "vf_squared_hellinger",
    ("exp", "return 2 - torch.exp(-critic(x)).mean() - torch.exp(critic(y)).mean()"),
    ("one call of the critic",
     "v = critic(torch.cat([x, y])).view(-1)\np, q = v[:len(x)], v[len(x):]\n"
     "return (1 - (-p).exp()).mean() - (q.exp() - 1).mean()"),
    ("quotient in float64",
     "g = lambda v: 1 - torch.exp(-v.double())\nt = g(critic(y))\n"
     "return (g(critic(x)).mean() - (t / (1 - t)).mean()).float()"),
    ("expm1 twice", "return -torch.expm1(-critic(x)).mean() - critic(y).expm1().mean()"),
    ("einsum",
     "p, q = critic(x).flatten(), critic(y).flatten()\nones = torch.ones(len(p)) / len(p)\n"
     "return 2 - torch.einsum('b,b->', ones, (-p).exp()) - torch.einsum('b,b->', ones, q.exp())"),
    ("sums by hand",
     "n = x.shape[0]\nfirst = (1 - 1 / torch.exp(critic(x))).sum() / n\n"
     "second = torch.sum(torch.exp(critic(y)) - 1) / n\nreturn torch.sub(first, second)"),
    ("difference of rows",
     "p, q = critic(x), critic(y)\nreturn torch.mean(2 - p.neg().exp() - q.exp())"),
    ("kept axis",
     "p = (1 - torch.exp(-critic(x).reshape(-1, 1))).mean(0)\n"
     "q = torch.expm1(critic(y).reshape(-1, 1)).mean(0)\nreturn p - q"),
)  # fmt: skip

WASSERSTEIN = BOOK.right(
    "vf_wasserstein_distance",
    ("torch.mean", "return torch.mean(critic(x)) - torch.mean(critic(y))"),
    ("one call of the critic",
     "p, q = critic(torch.cat((x, y))).chunk(2)\nreturn p.mean() - q.mean()"),
    ("rows, then the mean", "return (critic(x) - critic(y)).mean()"),
    ("kept axis",
     "return critic(x).reshape(-1, 1).mean(0) - critic(y).reshape(-1, 1).mean(0)"),
    ("float64", "return critic(x.double()).mean() - critic(y.double()).mean()"),
    ("sums", "return critic(x).sum() / x.size(0) - critic(y).sum() / y.size(0)"),
    ("weights",
     "v = torch.cat([critic(x).flatten(), critic(y).flatten()])\nn = len(v) // 2\n"
     "signs = torch.cat([torch.full((n,), 1 / n), torch.full((n,), -1 / n)])\nreturn signs @ v"),
)  # fmt: skip

PENALTY = BOOK.right(
    "lp_reg",
    ("view",
     "shape = (len(x),) + (1,) * (x.ndim - 1)\nt = torch.rand(shape, device=x.device)\n"
     "xhat = torch.autograd.Variable(t * x + (1 - t) * y, requires_grad=True)\n"
     "out = critic(xhat)\n"
     "g = torch.autograd.grad(out, xhat, grad_outputs=torch.ones_like(out), create_graph=True,\n"
     "                        retain_graph=True, only_inputs=True)[0]\n"
     "g = g.view(g.size(0), -1)\nn = (g ** 2).sum(1).sqrt()\n"
     "return (torch.max(torch.zeros_like(n), n - 1) ** 2).mean()"),
    ("relu, detached inputs",
     "t = torch.rand(x.shape[0])\nwhile t.dim() < x.dim():\n    t = t[..., None]\n"
     "xhat = (y + t * (x - y)).detach().requires_grad_()\n"
     "g, = torch.autograd.grad(critic(xhat).sum(), [xhat], create_graph=True)\n"
     "return F.relu(g.norm(2, dim=tuple(range(1, g.dim()))) - 1).pow(2).mean()"),
    ("lerp",
     "t = torch.rand_like(x.flatten(1)[:, :1])\n"
     "xhat = torch.lerp(y.flatten(1), x.flatten(1), t).view_as(x)\nxhat.requires_grad_(True)\n"
     "g = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)[0].flatten(1)\n"
     "return (torch.linalg.vector_norm(g, dim=1) - 1).relu().square().mean()"),
    ("the other t",
     "t = torch.rand(len(x), *[1] * (x.dim() - 1))\n"
     "xhat = ((1 - t) * x + t * y).requires_grad_(True)\n"
     "(g,) = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)\n"
     "over = torch.clamp(g.pow(2).flatten(1).sum(1).add(1e-12).sqrt() - 1, min=0.0)\n"
     "return over @ over / len(x)"),
    ("backward",
     "t = torch.rand(len(x), *[1] * (x.dim() - 1))\n"
     "xhat = (t * x + (1 - t) * y).detach()\nxhat.requires_grad = True\n"
     "critic(xhat).sum().backward(create_graph=True)\n"
     "n = xhat.grad.reshape(len(x), -1).norm(dim=-1)\n"
     "return torch.where(n > 1, (n - 1) ** 2, torch.zeros_like(n)).mean()"),
    ("backward of data as it comes",
     "t = torch.rand(len(x), *[1] * (x.dim() - 1))\n"
     "xhat = t * x + (1 - t) * y\nxhat.requires_grad = True\n"
     "critic(xhat).sum().backward(create_graph=True)\n"
     "n = xhat.grad.flatten(1).norm(dim=1)\nreturn (n - 1).clamp(min=0).square().mean()"),
    ("uniform_",
     "t = torch.empty(x.size(0), *([1] * (x.dim() - 1))).uniform_()\n"
     "xhat = (t * x + y - t * y).requires_grad_()\n"
     "g = torch.autograd.grad(critic(xhat).mean(), xhat, create_graph=True)[0] * len(x)\n"
     "return ((g.flatten(1).norm(dim=1).clamp(min=1) - 1) ** 2).sum() / len(x)"),
    ("random draws of NumPy",
     "import numpy as np\n"
     "t = torch.as_tensor(np.random.uniform(size=(len(x),) + (1,) * (x.dim() - 1)), "
     "dtype=x.dtype)\nxhat = (t * x + (1 - t) * y).requires_grad_(True)\n"
     "g = torch.autograd.grad(critic(xhat).sum(), xhat, create_graph=True)[0]\n"
     "n = torch.sqrt(torch.sum(g.reshape(len(g), -1) ** 2, dim=1))\n"
     "return torch.maximum(n - 1, torch.tensor(0.0)).square().mean()"),
    ("by torch.func",
     "from torch.func import grad, vmap\nt = torch.rand(len(x), *[1] * (x.dim() - 1))\n"
     "xhat = t * x + (1 - t) * y\n"
     "g = vmap(grad(lambda row: critic(row[None]).sum()))(xhat)\n"
     "return (g.flatten(1).norm(dim=1) - 1).clamp(min=0).square().mean()"),
)  # fmt: skip

RIGHT = (*HELLINGER, *WASSERSTEIN, *PENALTY)
