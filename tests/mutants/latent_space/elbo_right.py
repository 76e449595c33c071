"""Right solutions of `elbo` and `loss` in unusual styles: every unbiased form."""

from .notebook import BOOK

_DRAW = "mu, logsigma = self.encoder(x)\nz = sample_diag_gaussian(mu, logsigma)\n"
_LIKELIHOOD = "log_x = self.log_likelihood(x, z)\n"
_KL = "kl = 0.5 * (mu**2 + torch.exp(2 * logsigma) - 1 - 2 * logsigma).sum(-1)\n"
_ENTROPY = "entropy = (logsigma + 0.5 * math.log(2 * math.pi * math.e)).sum(-1)\n"

ELBOS = BOOK.right(
    "elbo",
    ("KL in closed form", _DRAW + _KL + "return (self.log_likelihood(x, z) - kl).mean()"),
    ("entropy in closed form",
     _DRAW + _ENTROPY + "return (self.joint_log_density(x, z) + entropy).mean()"),
    ("sticking the landing",
     _DRAW + "log_q = self.log_q(mu.detach(), logsigma.detach(), z)\n"
     "return torch.mean(self.joint_log_density(x, z) - log_q)"),
    ("sticking the landing, Part 0",
     _DRAW + "log_q = factorized_gaussian_log_density(mu.data, logsigma.data, z)\n"
     "return self.joint_log_density(x, z).mean() - log_q.mean()"),
    ("three terms, drawn in line",
     "mu, logsigma = self.encoder(x)\nz = mu + logsigma.exp() * torch.randn_like(mu)\n"
     "terms = self.log_likelihood(x, z) + self.log_prior(z) - self.log_q(mu, logsigma, z)\n"
     "return terms.sum() / x.shape[0]"),
    ("everything in line",
     "h = torch.tanh(self.encoder_hidden(x))\nout = self.encoder_output(h)\n"
     "mu, logsigma = out[:, :2], out[:, 2:]\neps = torch.randn(x.shape[0], 2, device=x.device)\n"
     "z = mu + torch.exp(logsigma) * eps\n"
     "logits = self.decoder_output(torch.tanh(self.decoder_hidden(z)))\n"
     "bce = F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)\n"
     "rest = -0.5 * z.pow(2) + 0.5 * eps.pow(2) + logsigma\n"
     "return rest.sum(1).mean() - bce"),
    ("a draw for each term",
     _DRAW + "other = sample_diag_gaussian(mu, logsigma)\n"
     "third = sample_diag_gaussian(mu, logsigma)\n"
     "total = self.log_likelihood(x, z) + self.log_prior(other)\n"
     "return (total - self.log_q(mu, logsigma, third)).mean()"),
    ("two antithetic draws",
     "mu, logsigma = self.encoder(x)\nstep = sample_diag_gaussian(mu, logsigma) - mu\n"
     "one, other = mu + step, mu - step\n"
     "value = self.joint_log_density(x, one) + self.joint_log_density(x, other)\n"
     "value = value - self.log_q(mu, logsigma, one) - self.log_q(mu, logsigma, other)\n"
     "return 0.5 * value.mean()"),
    ("three draws, repeated rows",
     "mu, logsigma = self.encoder(x)\nx = x.repeat(3, 1)\n"
     "mu, logsigma = mu.repeat(3, 1), logsigma.repeat(3, 1)\n"
     "z = sample_diag_gaussian(mu, logsigma)\n"
     "return (self.joint_log_density(x, z) - self.log_q(mu, logsigma, z)).mean()"),
    ("two draws on an axis of their own",
     "mu, logsigma = self.encoder(x)\nwide = mu.expand(2, *mu.shape)\n"
     "z = sample_diag_gaussian(wide, logsigma.expand_as(wide))\n"
     "log_x = bernoulli_log_density(self.decoder(z), x.expand(2, *x.shape)).sum(-1)\n"
     "return (log_x + self.log_prior(z) - self.log_q(mu, logsigma, z)).mean()"),
    ("float64 inside",
     _DRAW + "log_p = self.log_likelihood(x, z).double() + self.log_prior(z).double()\n"
     "return (log_p - self.log_q(mu, logsigma, z).double()).mean().float()"),
    ("float64 out, printing",
     _DRAW + "value = self.joint_log_density(x, z) - self.log_q(mu, logsigma, z)\n"
     "print(value.shape)\nreturn value.double().mean()"),
    ("numpy noise",
     "import numpy as np\nmu, logsigma = self.encoder(x)\n"
     "eps = torch.from_numpy(np.random.randn(*mu.shape)).to(mu)\n"
     "z = torch.addcmul(mu, logsigma.exp(), eps)\n"
     "return (self.joint_log_density(x, z) - self.log_q(mu, logsigma, z)).mean(dim=0)"),
    ("einsum and logaddexp",
     _DRAW + _KL + "logits = self.decoder(z)\n"
     "zero = torch.zeros_like(logits)\n"
     "log_x = torch.einsum('bd,bd->b', x, logits) - torch.logaddexp(zero, logits).sum(1)\n"
     "return torch.einsum('b->', log_x - kl) / len(kl)"),
    ("in place",
     _DRAW + "value = self.log_likelihood(x, z)\nvalue += self.log_prior(z)\n"
     "value -= self.log_q(mu, logsigma, z)\nvalue /= len(x)\nreturn value.sum()"),
    ("by the class, keyword arguments",
     "mu, logsigma = VAE.encoder(self, x=x)\nz = sample_diag_gaussian(mu=mu, logsig=logsigma)\n"
     "log_q = VAE.log_q(self, z=z, mu=mu, logsigma=logsigma)\n"
     "return (VAE.joint_log_density(self, x=x, z=z) - log_q).mean()"),
    ("KL by variances, batch split",
     _DRAW + "var = logsigma.exp().square()\nkl = (var + mu * mu - var.log() - 1).sum() / 2\n"
     "first, last = x[: len(x) // 2], x[len(x) // 2 :]\nm = len(first)\n"
     "total = self.log_likelihood(first, z[:m]).sum() + self.log_likelihood(last, z[m:]).sum()\n"
     "return (total - kl) / len(x)"),
)  # fmt: skip

LOSSES = BOOK.right(
    "loss",
    ("times minus one", "return self.elbo(x).mul(-1)"),
    ("by the class", "return torch.neg(VAE.elbo(self, x))"),
    ("keyword, in place", "value = self.elbo(x=x)\nreturn 0.0 - value.clone()"),
    ("mean of one", "return -self.elbo(x).mean()"),
    ("float64", "return -(self.elbo(x).double())"),
    ("written out, KL in closed form",
     _DRAW + _KL + "return (kl - self.log_likelihood(x, z)).mean()"),
    ("written out, log q",
     _DRAW + "return (self.log_q(mu, logsigma, z) - self.joint_log_density(x, z)).sum() / len(x)"),
    ("two estimates", "return -0.5 * (self.elbo(x) + self.elbo(x))"),
)  # fmt: skip

RIGHT = (*ELBOS, *LOSSES)
