"""Wrong figures of `explore`."""

from functools import partial

from .notebook import BOOK

_SAMPLES = (
    "z = torch.randn(count, generator.latent_dim, device=device)\n"
    "return show_images(generator(z), columns)"
)
_MOVED = (
    "moved = z + eps * torch.eye(len(z), device=z.device)\n"
    "return show_images(generator(moved), columns)"
)
_WALKS = (
    "alpha = torch.linspace(0, 1, 11, device=z_a.device)[:, None]\n"
    "walk = generator(alpha * z_a + (1 - alpha) * z_b)\n"
    "image_a, image_b = generator(torch.stack([z_a, z_b]))\nalpha = alpha[:, :, None, None]\n"
    "mixed = alpha * image_a + (1 - alpha) * image_b\n"
    "return show_images(torch.cat([walk, mixed]), columns=11)"
)


_changed = partial(BOOK.changed, "explore")

SAMPLES = _changed(
    "samples_figure",
    _SAMPLES,
    ("zeros", "codes_of_zero", "torch.randn(", "torch.zeros("),
    ("one code", "same_code", "generator(z)", "generator(z[:1].expand(count, -1))"),
    ("one number", "codes_on_a_line", "generator(z)", "generator(z[:, :1].expand_as(z))"),
    ("uniform", "uniform_codes", "torch.randn(", "torch.rand("),
    ("uniform around 0", "uniform_codes", "generator(z)", "generator(2 * torch.rand_like(z) - 1)"),
    ("number fixed", "count_ignored", "torch.randn(count", "torch.randn(60"),
    ("columns fixed", "count_ignored", ", columns)", ", 12)"),
    ("turned", "layout_turned", ", columns)", ", count // columns)"),
    ("wide", None, "torch.randn(", "1.5 * torch.randn("),
    ("narrow", None, "torch.randn(", "0.7 * torch.randn("),
    ("uniform and wide", None, "generator(z)", "generator(4 * torch.rand_like(z) - 2)"),
    ("dark", None, "generator(z)", "generator(z) / 2"),
    ("logits", None, "generator(z)", "torch.logit(generator(z))"),
    ("in training", None, "return show", "generator.train()\nreturn show"),
    ("grey", None, "generator(z)", "generator(z).mean(1, keepdim=True).expand(-1, 3, -1, -1)"),
    ("nothing", None, "return show_images(generator(z), columns)", "return generator(z)"),
)  # fmt: skip

MOVED = _changed(
    "dimensions_figure",
    _MOVED,
    ("minus", "moved_backwards", "z + eps", "z - eps"),
    ("all entries", "all_entries_moved", "torch.eye(len(z), device=z.device)",
     "torch.ones(len(z), len(z))"),
    ("no entry", "not_moved", "eps * torch", "0 * torch"),
    ("set", "entry_replaced", "z + eps * torch.eye(len(z), device=z.device)",
     "torch.where(torch.eye(len(z)) > 0, torch.tensor(eps), z)"),
    ("times", "entry_multiplied", "z + eps * torch.eye(len(z), device=z.device)",
     "z * (1 + (eps - 1) * torch.eye(len(z)))"),
    ("by 1", "moved_by_one", "eps * torch", "torch"),
    ("from 0", "start_forgotten", "z + eps", "eps"),
    ("add up", "moves_add_up", "torch.eye(len(z), device=z.device)",
     "torch.ones(len(z), len(z)).tril()"),
    ("reversed", "order_reversed", "generator(moved)", "generator(moved).flip(0)"),
    ("turned", "layout_turned", ", columns)", ", len(z) // columns)"),
    ("eps fixed", "eps_ignored", "z + eps", "z + 4.0"),
    ("first half", None, "generator(moved)", "generator(moved[:3])"),
    ("with the start", None, "generator(moved)", "generator(torch.cat([z[None], moved[:5]]))"),
    ("rows and columns of pixels", None, "generator(moved)", "generator(moved).flip(3)"),
    ("red and blue", None, "generator(moved)", "generator(moved).flip(1)"),
)  # fmt: skip

WALKS = _changed(
    "interpolation_figure",
    _WALKS,
    ("reversed", "direction_reversed", "alpha * z_a + (1 - alpha) * z_b",
     "alpha * z_b + (1 - alpha) * z_a"),
    ("both reversed", "direction_reversed", "torch.linspace(0, 1, 11", "torch.linspace(1, 0, 11"),
    ("pixels reversed", "direction_reversed", "image_a, image_b =", "image_b, image_a ="),
    ("rows", "rows_exchanged", "[walk, mixed]", "[mixed, walk]"),
    ("pixels twice", "pixels_for_codes", "[walk, mixed]", "[mixed, mixed]"),
    ("codes twice", "codes_for_pixels", "[walk, mixed]", "[walk, walk]"),
    ("no end", "end_missing", "torch.linspace(0, 1, 11, device=z_a.device)",
     "(torch.arange(11) / 11)"),
    ("no end on either side", "end_missing", "torch.linspace(0, 1, 11, device=z_a.device)",
     "torch.linspace(0, 1, 13)[1:-1]"),
    ("two columns", "layout_turned", "torch.cat([walk, mixed]), columns=11",
     "torch.stack([walk, mixed], 1).flatten(0, 1), columns=2"),
    ("parenthesis", "weights_do_not_sum_to_1", "alpha * z_a + (1 - alpha) * z_b",
     "alpha * z_a + 1 * z_b"),
    ("ten images", None, "torch.linspace(0, 1, 11, device=z_a.device)",
     "torch.linspace(0, 1, 10)"),
    ("one row", None, "torch.cat([walk, mixed])", "walk"),
    ("square root", None, "alpha * z_a + (1 - alpha) * z_b",
     "alpha.sqrt() * z_a + (1 - alpha).sqrt() * z_b"),
    ("in training", None, "walk = ", "generator.train()\nwalk = "),
)  # fmt: skip

WRONG = (*SAMPLES, *MOVED, *WALKS)
