"""Right solutions of `train` and `test_elbo` in unusual styles."""

from .notebook import BOOK

_MEAN = "total, count = 0.0, 0\nfor x in loader:\n"

LOOPS = BOOK.right(
    "train",
    ("zero_grad at the end, printing",
     "model.train()\nopt = torch.optim.Adam(list(model.parameters()), lr=lr, foreach=False)\n"
     "history = []\nfor epoch in range(epochs):\n    for i, batch in enumerate(loader):\n"
     "        loss = model.loss(batch)\n        loss.backward()\n        opt.step()\n"
     "        opt.zero_grad(set_to_none=False)\n        history += [loss.detach().item()]\n"
     "    print(epoch, history[-1])\nreturn history"),
    ("two groups",
     "halves = [[p for n, p in model.named_parameters() if n.startswith(half)]\n"
     "          for half in ('encoder', 'decoder')]\n"
     "opt = torch.optim.Adam([{'params': half} for half in halves], lr=lr)\nout = []\n"
     "for _ in range(epochs):\n    for x in loader:\n        opt.zero_grad()\n"
     "        loss = model.loss(x)\n        loss.backward()\n        opt.step()\n"
     "        out.append(float(loss))\nreturn out"),
    ("maximises the ELBO",
     "opt = torch.optim.Adam(model.parameters(), lr=lr, maximize=True)\nout = []\n"
     "for _ in range(epochs):\n    for x in loader:\n        opt.zero_grad()\n"
     "        bound = model.elbo(x)\n        bound.backward()\n        opt.step()\n"
     "        out.append(-bound.item())\nreturn out"),
    ("closure",
     "opt = torch.optim.Adam(model.parameters(), lr=lr)\n"
     "def step(x):\n    opt.zero_grad()\n    loss = model.loss(x)\n    loss.backward()\n"
     "    return loss\n"
     "return [float(opt.step(lambda: step(x))) for _ in range(epochs) for x in loader]"),
    ("Adam by hand",
     "params = list(model.parameters())\nm = [torch.zeros_like(p) for p in params]\n"
     "v = [torch.zeros_like(p) for p in params]\nlosses, t = [], 0\n"
     "for _ in range(epochs):\n    for x in loader:\n        t += 1\n"
     "        loss = model.loss(x)\n        grads = torch.autograd.grad(loss, params)\n"
     "        with torch.no_grad():\n"
     "            for i, (p, g) in enumerate(zip(params, grads)):\n"
     "                m[i] = 0.9 * m[i] + 0.1 * g\n"
     "                v[i] = 0.999 * v[i] + 0.001 * g**2\n"
     "                step = (m[i] / (1 - 0.9**t)) / ((v[i] / (1 - 0.999**t)).sqrt() + 1e-8)\n"
     "                p -= lr * step\n        losses.append(loss.item())\nreturn losses"),
    ("fused, a while loop",
     "opt = torch.optim.Adam(model.parameters(), lr=lr, fused=True)\nlosses = []\n"
     "for _ in range(epochs):\n    batches = iter(loader)\n"
     "    while (x := next(batches, None)) is not None:\n"
     "        loss = model.loss(x.clone())\n        opt.zero_grad()\n"
     "        loss.backward()\n        opt.step()\n        losses.append(loss.detach())\n"
     "return [float(loss) for loss in losses]"),
    ("micro batches",
     "opt = torch.optim.Adam(model.parameters(), lr=lr)\nlosses = []\n"
     "for _ in range(epochs):\n    for x in loader:\n        opt.zero_grad()\n"
     "        total = 0.0\n        for part in x.split(512):\n"
     "            loss = model.loss(part) * len(part) / len(x)\n"
     "            loss.backward()\n            total += loss.item()\n        opt.step()\n"
     "        losses.append(total)\nreturn losses"),
    function="train",
)  # fmt: skip

MEANS = BOOK.right(
    "train",
    ("from the loss",
     "with torch.no_grad():\n    sums = [-model.loss(x) * len(x) for x in loader]\n"
     "return float(sum(sums) / sum(len(x) for x in loader))"),
    ("a tensor, with gradients",
     _MEAN + "    total = total + model.elbo(x) * x.shape[0]\n    count += x.shape[0]\n"
     "return (total / count).detach()"),
    ("weights first",
     "n = sum(map(len, loader))\nmodel.eval()\nvalue = 0.0\n"
     "for x in loader:\n    value += model.elbo(x).item() * (len(x) / n)\nreturn value"),
    ("running mean",
     "mean, count = 0.0, 0\nwith torch.inference_mode():\n    for x in loader:\n"
     "        count += len(x)\n        mean += (model.elbo(x).item() - mean) * len(x) / count\n"
     "return mean"),
    ("one large batch",
     "with torch.no_grad():\n    return model.elbo(torch.cat(list(loader))).item()"),
    ("numpy average",
     "import numpy as np\nwith torch.no_grad():\n"
     "    pairs = [(model.elbo(x).item(), len(x)) for x in loader]\n"
     "values, sizes = zip(*pairs)\nreturn float(np.average(values, weights=sizes))"),
    function="test_elbo",
)  # fmt: skip

RIGHT = (*LOOPS, *MEANS)
