"""Wrong solutions of `kl_gaussian_gaussian_mc`, and the name of each mistake."""

from .notebook import BOOK

_START = """
def log_normal(mu, logvar, z):
    return -0.5 * (math.log(2 * math.pi) + logvar + (z - mu)**2 / logvar.exp())
B, D = mu_q.shape
sigma = (0.5 * logvar_q).exp()
eps = torch.randn(num_samples, B, D)
def ratio(z):
    return log_normal(mu_q, logvar_q, z) - log_normal(mu_p, logvar_p, z)
def estimate(z):
    return ratio(z).sum(-1).mean(0)
"""
WRONG = BOOK.wrong(
    "kl_gaussian_gaussian_mc",
    ("variance for std", "variance_for_std", "return estimate(mu_q + logvar_q.exp() * eps)"),
    ("std squared", "variance_for_std", "return estimate(mu_q + sigma**2 * eps)"),
    ("logvar for std", "logvar_for_std", "return estimate(mu_q + logvar_q * eps)"),
    ("log sigma for std", "log_for_std", "return estimate(mu_q + 0.5 * logvar_q * eps)"),
    ("noise not scaled", "unit_std", "return estimate(mu_q + eps)"),
    ("variance given to Normal", "variance_as_scale",
     "from torch.distributions import Normal\n"
     "q, p = Normal(mu_q, logvar_q.exp()), Normal(mu_p, logvar_p.exp())\n"
     "z = q.sample((num_samples,))\nreturn (q.log_prob(z) - p.log_prob(z)).sum(-1).mean(0)"),
    ("mean over everything but rows", "averaged_over_entries",
     "return ratio(mu_q + sigma * eps).mean(dim=(0, 2))"),
    ("no sum over entries", "not_summed", "return ratio(mu_q + sigma * eps).mean(0)"),
    ("mean over the batch", "scalar", "return estimate(mu_q + sigma * eps).mean()"),
    ("sum over the batch", "scalar", "return ratio(mu_q + sigma * eps).mean(0).sum()"),
    ("rows averaged", "wrong_axis", "return ratio(mu_q + sigma * eps).sum(-1).mean(-1)"),
    ("rows summed", "wrong_axis", "return ratio(mu_q + sigma * eps).mean(0).sum(0)"),
    ("not averaged", "not_averaged", "return ratio(mu_q + sigma * eps).sum(-1)"),
    ("not averaged, rows first", "not_averaged",
     "return ratio(mu_q + sigma * eps).sum(-1).flatten()"),
    ("neither sum nor mean", "nothing_reduced", "return ratio(mu_q + sigma * eps)"),
    ("[B, 1]", "kept_axis", "return estimate(mu_q + sigma * eps)[:, None]"),
    ("squeezed", "batch_axis_lost", "return estimate(mu_q + sigma * eps).squeeze()"),
    ("summed over codes", "summed_over_codes",
     "return ratio(mu_q + sigma * eps).sum(-1).sum(0)"),
    ("codes averaged", "codes_averaged", "return estimate((mu_q + sigma * eps).mean(0)[None])"),
    ("exact", "analytic", "return kl_gaussian_gaussian_analytic(mu_q, logvar_q, mu_p, logvar_p)"),
    ("exact by torch", "analytic",
     "from torch.distributions import Normal, kl_divergence\n"
     "p = Normal(mu_p, (logvar_p / 2).exp())\n"
     "return kl_divergence(Normal(mu_q, sigma), p).sum(-1)"),
    ("z is mu", "no_noise", "return ratio(mu_q).sum(-1)"),
    ("fixed seed", "same_noise_every_call",
     "torch.manual_seed(1)\nreturn estimate(mu_q + sigma * torch.randn_like(eps))"),
    ("generator with a fixed seed", "same_noise_every_call",
     "g = torch.Generator().manual_seed(3)\n"
     "return estimate(mu_q + sigma * torch.randn(eps.shape, generator=g))"),
    ("z from p", "from_p", "return estimate(mu_p + (logvar_p / 2).exp() * eps)"),
    ("sign", "negated", "return -estimate(mu_q + sigma * eps)"),
    ("KL(p || q)", "reversed", "return -estimate(mu_p + (logvar_p / 2).exp() * eps)"),
    ("p taken for the standard normal", "standard_p",
     "mu_p, logvar_p = torch.zeros_like(mu_p), torch.zeros_like(mu_p)\n"
     "return estimate(mu_q + sigma * eps)"),
    ("p without its variance", "unit_variance_p",
     "logvar_p = torch.zeros_like(mu_p)\nreturn estimate(mu_q + sigma * eps)"),
    ("log p forgotten", "log_p_forgotten",
     "return log_normal(mu_q, logvar_q, mu_q + sigma * eps).sum(-1).mean(0)"),
    ("log q forgotten", "log_q_forgotten",
     "return -log_normal(mu_p, logvar_p, mu_q + sigma * eps).sum(-1).mean(0)"),
    ("num_samples ignored", "noise_not_averaged", "return estimate(mu_q + sigma * eps[:1])"),
    ("one eps for all codes", "noise_not_averaged",
     "return estimate(mu_q + sigma * eps[:1].expand(num_samples, -1, -1))"),
    ("clamped", "clamped", "return estimate(mu_q + sigma * eps).clamp(min=0)"),
    ("each code clamped", "clamped", "return ratio(mu_q + sigma * eps).sum(-1).relu().mean(0)"),
    ("absolute", "absolute_value", "return estimate(mu_q + sigma * eps).abs()"),
    ("half a square", "squared_log_ratio",
     "return (ratio(mu_q + sigma * eps).sum(-1)**2 / 2).mean(0)"),
    ("never negative on average", "ratio_added",
     "r = ratio(mu_q + sigma * eps).sum(-1)\nreturn (r + (-r).exp() - 1).mean(0)"),
    ("one eps for all rows", "noise_shared_by_rows",
     "return estimate(mu_q + sigma * eps[:, :1])"),
    ("one eps for all entries", "noise_shared_by_entries",
     "return estimate(mu_q + sigma * eps[..., :1])"),
    ("two draws", "two_draws",
     "other = mu_q + sigma * torch.randn_like(eps)\n"
     "log_q = log_normal(mu_q, logvar_q, mu_q + sigma * eps)\n"
     "return (log_q - log_normal(mu_p, logvar_p, other)).sum(-1).mean(0)"),
    ("log of a mean", None,
     "r = ratio(mu_q + sigma * eps).sum(-1)\nreturn r.logsumexp(0) - math.log(num_samples)"),
    ("log of a mean of p / q", None,
     "r = ratio(mu_q + sigma * eps).sum(-1)\nreturn math.log(num_samples) - (-r).logsumexp(0)"),
    ("ten codes whatever num_samples", None,
     "return estimate(mu_q + sigma * torch.randn(max(num_samples, 10), B, D))"),
    ("divided by one code less", None,
     "return ratio(mu_q + sigma * eps).sum(-1).sum(0) / max(num_samples - 1, 1)"),
    ("uniform noise", None, "return estimate(mu_q + sigma * torch.rand_like(eps))"),
    ("a little too wide", None, "return estimate(mu_q + 1.3 * sigma * eps)"),
    ("too little noise", None, "return estimate(mu_q + 0.8 * sigma * eps)"),
    ("first row for all", "first_row_for_all", "return estimate(mu_q + sigma * eps)[:1].expand(B)"),
    ("pairs of rows share their noise", None,
     "half = torch.randn(num_samples, (B + 1) // 2, D)\n"
     "return estimate(mu_q + sigma * half.repeat(1, 2, 1)[:, :B])"),
    before=_START,
)  # fmt: skip
