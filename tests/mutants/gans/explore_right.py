"""Right figures of `explore`, drawn in other ways."""

from .notebook import BOOK

SAMPLES = BOOK.right(
    "explore",
    ("one by one, subplots",
     "rows = count // columns\nfig, axes = plt.subplots(rows, columns, squeeze=False)\n"
     "for ax in axes.flat:\n    image = generator(torch.randn(1, generator.latent_dim))[0]\n"
     "    ax.imshow(image.permute(1, 2, 0))\n    ax.axis('off')\nreturn fig"),
    ("bytes",
     "x = generator(torch.randn((count, generator.latent_dim)))\n"
     "x = (255 * x).round().byte()\nfig = plt.figure()\n"
     "for i in range(count):\n    ax = fig.add_subplot(count // columns, columns, i + 1)\n"
     "    ax.imshow(x[i].permute(1, 2, 0))\n    ax.set(xticks=[], yticks=[])\nplt.show()"),
    ("one large image",
     "z = torch.normal(torch.zeros(count, generator.latent_dim), 1.0)\nx = generator(z)\n"
     "rows = [torch.cat(list(row), 2) for row in x.split(columns)]\n"
     "plt.figure(figsize=(10, 5))\nplt.imshow(torch.cat(rows, 1).permute(1, 2, 0))\n"
     "plt.axis('off')\nreturn plt.gcf()"),
    ("make_grid",
     "from torchvision.utils import make_grid\n"
     "z = torch.distributions.Normal(0.0, 1.0).sample((count, generator.latent_dim))\n"
     "grid = make_grid(generator.eval()(z), nrow=columns, padding=2)\nfig, ax = plt.subplots()\n"
     "ax.imshow(grid.permute(1, 2, 0))\nax.set_axis_off()\nreturn fig"),
    function="samples_figure",
)  # fmt: skip

MOVED = BOOK.right(
    "explore",
    ("loop",
     "images = []\nfor i in range(len(z)):\n    code = z.clone()\n    code[i] += eps\n"
     "    images.append(generator(code[None]))\nreturn show_images(torch.cat(images), columns)"),
    ("repeat and diagonal",
     "codes = z.repeat(len(z), 1)\ncodes.diagonal().add_(eps)\n"
     "return show_images(generator(codes), columns=columns)"),
    ("diag",
     "codes = z[None] + torch.diag(torch.full_like(z, eps))\nx = generator(codes)\n"
     "fig, axes = plt.subplots(len(z) // columns, columns)\n"
     "for ax, image in zip(axes.ravel(), x):\n    ax.imshow(image.permute(1, 2, 0).numpy())\n"
     "    ax.set_axis_off()\nreturn axes"),
    function="dimensions_figure",
)  # fmt: skip

WALKS = BOOK.right(
    "explore",
    ("loop",
     "above, below = [], []\nimage_a, image_b = generator(z_a[None]), generator(z_b[None])\n"
     "for k in range(11):\n    a = k / 10\n"
     "    above.append(generator((a * z_a + (1 - a) * z_b)[None]))\n"
     "    below.append(a * image_a + (1 - a) * image_b)\n"
     "return show_images(torch.cat(above + below), 11)"),
    ("lerp",
     "a = torch.arange(0, 1.01, 0.1)\nwalk = generator(torch.lerp(z_b, z_a, a[:, None]))\n"
     "mixed = torch.lerp(walk[0], walk[-1], a[:, None, None, None])\n"
     "return show_images(torch.cat((walk, mixed)), columns=11)"),
    ("subplots",
     "a = torch.linspace(0, 1, 11)\nx = generator(torch.outer(a, z_a) + torch.outer(1 - a, z_b))\n"
     "fig, axes = plt.subplots(2, 11, figsize=(11, 2))\nfor i in range(11):\n"
     "    axes[0, i].imshow(x[i].permute(1, 2, 0))\n"
     "    axes[1, i].imshow((a[i] * x[10] + (1 - a[i]) * x[0]).permute(1, 2, 0))\n"
     "for ax in axes.flat:\n    ax.axis('off')\nfig.suptitle('walks')\nreturn fig"),
    ("two large images",
     "a = torch.linspace(0, 1, 11)[:, None]\nx = generator(z_b + a * (z_a - z_b))\n"
     "a = a[..., None, None]\ny = x[:1] + a * (x[-1:] - x[:1])\n"
     "fig, axes = plt.subplots(2, 1)\nfor ax, row in zip(axes, (x, y)):\n"
     "    ax.imshow(torch.cat(list(row), 2).permute(1, 2, 0))\n    ax.axis('off')\nreturn fig"),
    function="interpolation_figure",
)  # fmt: skip

RIGHT = (*SAMPLES, *MOVED, *WALKS)
