"""Wrong solutions of `elbo_top` and `fit_top`, and the name of each mistake."""

from functools import partial

from .notebook import BOOK

_START = """
K = draws
q = mu.expand(K, -1), logsigma.expand(K, -1)
z = sample_diag_gaussian(*q)
tops = top.expand(K, -1)
kl = 0.5 * (mu ** 2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum()
def estimate(z):
    return (joint_top(model, top, z) - model.log_q(*q, z)).mean()
def with_kl(z):
    return log_p_top(model, tops, z).mean() - kl
eps = torch.randn(K, 2)
"""
_ELBOS = BOOK.wrong(
    "svi",
    ("summed", "summed_over_codes", "return (joint_top(model, top, z) - model.log_q(*q, z)).sum()"),
    ("not averaged", "not_averaged", "return joint_top(model, top, z) - model.log_q(*q, z)"),
    ("[1]", "kept_axis", "return estimate(z)[None]"),
    ("sign", "negated", "return -estimate(z)"),
    ("log q added", "log_q_added", "return (joint_top(model, top, z) + model.log_q(*q, z)).mean()"),
    ("log q forgotten", "log_q_forgotten", "return joint_top(model, top, z).mean()"),
    ("entropy subtracted", "log_q_added",
     "return joint_top(model, top, z).mean() - logsigma.sum() - math.log(2 * math.pi) - 1"),
    ("prior forgotten", "prior_forgotten",
     "return (log_p_top(model, tops, z) - model.log_q(*q, z)).mean()"),
    ("prior twice", "prior_twice", "return joint_top(model, top, z).mean() - kl"),
    ("prior subtracted", "prior_subtracted",
     "return (log_p_top(model, tops, z) - model.log_prior(z) - model.log_q(*q, z)).mean()"),
    ("likelihood only", "only_likelihood", "return log_p_top(model, tops, z).mean()"),
    ("likelihood forgotten", "likelihood_forgotten",
     "return (model.log_prior(z) - model.log_q(*q, z)).mean()"),
    ("divergence added", "kl_added", "return log_p_top(model, tops, z).mean() + kl"),
    ("mean over pixels", "averaged_over_pixels",
     "return (log_p_top(model, tops, z) / 392).mean() - kl"),
    ("zero padding", "zero_padding",
     "x = torch.cat([tops, torch.zeros_like(tops)], dim=1)\n"
     "return (model.joint_log_density(x, z) - model.log_q(*q, z)).mean()"),
    ("mean decoded", "mean_decoded", "return estimate(q[0])"),
    ("mean decoded, exact divergence", "mean_decoded", "return with_kl(q[0])"),
    ("half of logsigma", "halved_logsigma", "return estimate(mu + (logsigma / 2).exp() * eps)"),
    ("half of logsigma, exact divergence", "halved_logsigma",
     "return with_kl(mu + (logsigma / 2).exp() * eps)"),
    ("variance for sigma", "variance_for_std", "return estimate(mu + logsigma.exp() ** 2 * eps)"),
    ("variance for sigma, exact divergence", "variance_for_std",
     "return with_kl(mu + logsigma.exp() ** 2 * eps)"),
    ("logsigma for sigma", "logsigma_for_std", "return estimate(mu + logsigma * eps)"),
    ("noise not scaled", "unit_std", "return with_kl(mu + eps)"),
    ("codes from the prior", "z_from_prior", "return estimate(eps)"),
    ("one eps for both entries", "noise_shared_by_entries",
     "return estimate(mu + logsigma.exp() * eps[:, :1])"),
    ("one eps for both entries, exact divergence", "noise_shared_by_entries",
     "return with_kl(mu + logsigma.exp() * eps[:, :1])"),
    ("sigma given to log q", "log_q_of_other_arguments",
     "return (joint_top(model, top, z) - model.log_q(q[0], q[1].exp(), z)).mean()"),
    ("one code for all", "one_code_for_all",
     "return estimate(mu + logsigma.exp() * eps[:1].expand(K, -1))"),
    ("one code whatever draws says", "one_code_for_all",
     "z = sample_diag_gaussian(mu[None], logsigma[None])\n"
     "return (joint_top(model, top, z) - model.log_q(mu[None], logsigma[None], z))[0]"),
    ("a thousand codes whatever draws says", "number_of_codes_ignored",
     "K = 1000\nq = mu.expand(K, -1), logsigma.expand(K, -1)\n"
     "return estimate(sample_diag_gaussian(*q))"),
    ("fixed seed", "same_noise_every_call",
     "torch.manual_seed(0)\nreturn estimate(sample_diag_gaussian(*q))"),
    ("code detached", "no_gradient_through_z", "return estimate(z.detach())"),
    ("code detached, exact divergence", "no_gradient_through_z", "return with_kl(z.detach())"),
    ("code detached, exact entropy", "no_gradient_through_z",
     "entropy = logsigma.sum() + math.log(2 * math.pi) + 1\n"
     "return joint_top(model, top, z.detach()).mean() + entropy"),
    ("torch.normal", "no_gradient_through_z", "return estimate(torch.normal(q[0], q[1].exp()))"),
    ("sigma detached", "no_gradient_through_sigma",
     "return estimate(mu + logsigma.exp().detach() * eps)"),
    ("sigma detached, exact divergence", "no_gradient_through_sigma",
     "return with_kl(mu + logsigma.exp().detach() * eps)"),
    ("mu detached", "no_gradient_through_mu",
     "return estimate(mu.detach() + logsigma.exp() * eps)"),
    ("a number", "no_gradient", "return estimate(z).item()"),
    ("log of a mean", "log_of_mean",
     "ratio = joint_top(model, top, z) - model.log_q(*q, z)\n"
     "return ratio.logsumexp(0) - math.log(K)"),
    ("a little too wide", None, "return estimate(mu + 1.3 * logsigma.exp() * eps)"),
    ("uniform noise", "uniform_noise", "return estimate(mu + logsigma.exp() * torch.rand(K, 2))"),
    ("half of the divergence", None, "return log_p_top(model, tops, z).mean() - kl / 2"),
    ("median", None, "return (joint_top(model, top, z) - model.log_q(*q, z)).median() + 1"),
    before=_START,
    function="elbo_top",
)  # fmt: skip

_LOOP = """
mu = torch.zeros(2, requires_grad=True)
logsigma = torch.zeros(2, requires_grad=True)
optimizer = torch.optim.Adam([mu, logsigma], lr=lr)
for _ in range(steps):
    loss = -elbo_top(model, top, mu, logsigma, draws)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
return mu.detach(), logsigma.detach()
"""
_BOTH, _LOSS = "[mu, logsigma]", "-elbo_top(model, top, mu, logsigma, draws)"
_END = "return mu.detach(), logsigma.detach()"


_loops = partial(BOOK.changed, "svi", "fit_top", _LOOP)

_FITS = _loops(
    ("nothing fitted", "nothing_fitted", "    optimizer.step()\n", ""),
    ("mu and logsigma detached", "nothing_fitted", _LOSS,
     "-elbo_top(model, top, mu.detach(), logsigma.detach(), draws) + 0 * (mu + logsigma).sum()"),
    ("prior only", "nothing_fitted", _LOSS,
     "(mu ** 2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum()"),
    ("descent", "descent", _LOSS, "elbo_top(model, top, mu, logsigma, draws)"),
    ("sigma returned", "sigma_returned", _END, "return mu.detach(), logsigma.detach().exp()"),
    ("variance returned", "variance_returned", _END,
     "return mu.detach(), (2 * logsigma).exp().detach()"),
    ("log of the variance returned", "logvar_returned", _END,
     "return mu.detach(), 2 * logsigma.detach()"),
    ("exchanged", "exchanged", _END, "return logsigma.detach(), mu.detach()"),
    ("only mu", "only_mu_fitted", _BOTH, "[mu]"),
    ("only logsigma", "only_sigma_fitted", _BOTH, "[logsigma]"),
    ("the mode", "only_mu_fitted", _LOSS, "-joint_top(model, top, mu[None]).sum()"),
    ("no entropy", "collapsed", _LOSS,
     "-joint_top(model, top, mu + logsigma.exp() * torch.randn(draws, 2)).mean()"),
    ("prior forgotten", "prior_forgotten", _LOSS,
     "-log_p_top(model, top.expand(draws, -1), mu + logsigma.exp() * torch.randn(draws, 2)).mean()"
     " - logsigma.sum()"),
    ("zero padding", "zero_padding", _LOSS,
     "-model.joint_log_density(torch.cat([top, torch.zeros_like(top)]).expand(draws, -1), "
     "mu + logsigma.exp() * torch.randn(draws, 2)).mean() - logsigma.sum()"),
    ("the encoder's answer", "encoded", _END,
     "mu, logsigma = model.encoder(torch.cat([top, torch.zeros_like(top)])[None])\n"
     "return mu[0].detach(), logsigma[0].detach()"),
    ("the model is trained", "model_trained", _BOTH, "[mu, logsigma, *model.parameters()]"),
    ("stacked", "one_tensor", _END, "return torch.stack([mu, logsigma]).detach()"),
    ("[1, 2]", "kept_axis", _END, "return mu.detach()[None], logsigma.detach()[None]"),
    ("a draw from q", None, _END,
     "return (mu + logsigma.exp() * (3 + torch.randn(2))).detach(), logsigma.detach()"),
    ("gradients pile up", None, "    optimizer.zero_grad()\n", ""),
    ("ten steps", None, "range(steps)", "range(10)"),
    ("a hundredth of the step", None, "lr=lr", "lr=lr / 100"),
    ("history as well", None, _END, "return mu.detach(), logsigma.detach(), [loss.item()]"),
    ("twice the likelihood", None, _LOSS,
     "-2 * log_p_top(model, top.expand(draws, -1), mu + logsigma.exp() * torch.randn(draws, 2))"
     ".mean() + 4 * (mu ** 2 + (2 * logsigma).exp() - 1 - 2 * logsigma).sum()"),
)  # fmt: skip
WRONG = (*_ELBOS, *_FITS)
