"""Parts of `vae` that use each other: what a wrong one costs, and what it excuses."""

from __future__ import annotations

import pytest
import torch

from autograder.verdicts import Verdict
from tests.mutants.book import Right, Wrong
from tests.mutants.test_judge import losers

from .notebook import body, judged, student
from .right import RIGHT
from .wrong import WRONG

USERS = {
    "encoder": ("elbo",),
    "sample_with_reparam": ("elbo",),
    "decoder": ("elbo", "sample"),
    "kl_divergence": ("elbo",),
}
"""Tasks whose functions call that of another task; maps are left to the slow test of all seven."""

PARTS = [wrong for wrong in WRONG if wrong.task in USERS]
SOME_PARTS = PARTS[::4]
WHOLES = tuple(wrong for wrong in WRONG if wrong.task in ("elbo", "sample", "embeddings"))


def _wrong(task: str, name: str) -> str:
    return next(w.source for w in WRONG if (w.task, w.name) == (task, name))


def _must_not_be_excused(wrong: Wrong):
    report = judged(wrong.ask, 7, wrong.task, lost=None)[wrong.task]
    assert report.points < report.max_points


@pytest.mark.parametrize("wrong", WHOLES[::9], ids=str)
def test_wrong_parts_do_not_excuse_a_wrong_whole(wrong: Wrong):
    _must_not_be_excused(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WHOLES[1::3], ids=str)
def test_wrong_parts_excuse_no_wrong_whole(wrong: Wrong):
    _must_not_be_excused(wrong)


@pytest.mark.parametrize("wrong", SOME_PARTS[::2], ids=str)
def test_a_wrong_solution_costs_only_its_own_task(wrong: Wrong):
    ask, lost = wrong.ask, frozenset({wrong.task})
    assert not losers(judged(ask, 7, *USERS[wrong.task], lost=lost))


_RIGGED = {
    "decoder that is the same for every code": {
        "decoder": body("decoder", "return torch.full((len(z), 784), 0.5)"),
        "elbo": body("elbo", "return -543.4274 - self.kl_divergence(*self.encoder(x))"),
    },
    "decoder that is the same for every model": {
        "decoder": body("decoder", "return torch.linspace(0.1, 0.9, 784).expand(len(z), 784)"),
        "sample": body(
            "sample",
            "return torch.bernoulli(torch.linspace(0.1, 0.9, 784).expand(num_samples, -1))",
        ),
    },
    "KL that pays for a missing likelihood": {
        "kl_divergence": body("kl_divergence", "return mu[:, 0]"),
        "elbo": body("elbo", "return -543.4274 - self.encoder(x)[0][:, 0]"),
    },
}


@pytest.mark.parametrize("name", _RIGGED)
def test_wrong_parts_do_not_pay_for_what_uses_them(name: str):
    part, user = _RIGGED[name]
    report = judged(student(_RIGGED[name]), 7, user, lost=frozenset({part}))[user]
    assert report.points <= 2  # binary images that vary are worth that much, whatever they show


def test_a_swapped_encoder_costs_no_map():
    ask = student({"encoder": _wrong("encoder", "swapped")})
    assert not losers(judged(ask, 7, "embeddings", lost=frozenset({"encoder"})))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_without_a_gpu_is_explained_and_not_called_wrong():
    source = body("sample_with_reparam", "return mu + torch.randn_like(mu).cuda()")
    report = judged(student({"sample_with_reparam": source}), 7, "sample_with_reparam")
    worst = report["sample_with_reparam"].worst
    assert worst.verdict is Verdict.CRASHED
    assert "asks for a GPU" in worst.hint


_START = (
    "mu, logsigma = self.encoder(x)\nz = self.sample_with_reparam(mu, logsigma)\n"
    "theta = self.decoder(z)\nkl = self.kl_divergence(mu, logsigma)\n"
)
_END = "return -F.binary_cross_entropy(theta, x, reduction='none').sum(-1) - kl"
_LOG_VARIANCE = _START.replace("(mu, logsigma)", "(mu, 2 * logsigma)", 1) + _END
_DRAWS = body(
    "encoder",
    "h = F.relu(self.linear1(x))\nmu, logsigma = self.linear21(h), self.linear22(h)\n"
    "return mu + (logsigma < -0.5) * logsigma.exp() * torch.randn_like(mu), logsigma",
)
_MIXED = {
    "log variance for the sampler": {
        "sample_with_reparam": _wrong("sample_with_reparam", "a little too wide"),
        "elbo": body("elbo", _LOG_VARIANCE),
    },
    "mu decoded, an encoder that draws": {
        "encoder": _DRAWS,
        "elbo": _wrong("elbo", "mu decoded"),
    },
    "z embedded, a sampler without noise": {
        "sample_with_reparam": _wrong("sample_with_reparam", "mu unchanged"),
        "embeddings": "def embed(vae, x):\n    with torch.no_grad():\n"
        "        z = vae.sample_with_reparam(*vae.encoder(x))\n"
        "    return TSNE(2, perplexity=20).fit_transform(z.numpy())\n",
    },
}


@pytest.mark.parametrize("name", _MIXED)
def test_two_mistakes_do_not_make_one_right(name: str):
    part, whole = _MIXED[name]
    report = judged(student(_MIXED[name]), 7, whole, lost=frozenset({part}))[whole]
    assert report.points < report.max_points


_KL_WRONG = {"kl_divergence": _wrong("kl_divergence", "sign")}
_DECODER_WRONG = {"decoder": _wrong("decoder", "sigmoid twice")}
_BAD = {
    **_KL_WRONG,
    **_DECODER_WRONG,
    "encoder": _wrong("encoder", "exp"),
    "sample_with_reparam": _wrong("sample_with_reparam", "a little too wide"),
}
_UNUSUAL = {
    "elbo of single rows": (
        _KL_WRONG,
        "elbo",
        "def one(x):\n" + "".join(f"    {line}\n" for line in (_START + _END).split("\n"))
        + "return torch.stack([one(row) for row in x])",
    ),
    "sample one code without a batch": (
        _DECODER_WRONG,
        "sample",
        "codes = torch.randn(num_samples, self.latent_dim)\n"
        "return torch.stack([torch.bernoulli(self.decoder(z)) for z in codes])",
    ),
    "sample with an axis more": (
        _DECODER_WRONG,
        "sample",
        "return torch.bernoulli(self.decoder(torch.randn(1, num_samples, self.latent_dim)))[0]",
    ),
    "sample by vmap": (
        _DECODER_WRONG,
        "sample",
        "z = torch.randn(num_samples, self.latent_dim)\n"
        "return torch.bernoulli(torch.vmap(self.decoder)(z))",
    ),
    "sample by the class": (
        _DECODER_WRONG,
        "sample",
        "z = torch.randn(num_samples, self.latent_dim)\n"
        "return torch.bernoulli(VAE.decoder(self, z))",
    ),
    "elbo by plain functions": (
        _KL_WRONG,
        "elbo",
        (_START + _END).replace("self.decoder(", "decoder(self, ")
        .replace("self.kl_divergence(", "kl_divergence(self, "),
    ),
    "elbo with logits, four parts wrong": (
        _BAD,
        "elbo",
        _START.replace("theta = self.decoder(z)", "logits = self.linear4(F.relu(self.linear3(z)))")
        + "lik = F.binary_cross_entropy_with_logits(logits, x, reduction='none')\n"
        "return -lik.sum(-1) - kl",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _UNUSUAL)
def test_a_right_whole_passes_with_wrong_parts(name: str):
    parts, task, lines = _UNUSUAL[name]
    ask = student({**parts, task: body(task, lines)})
    assert not losers(judged(ask, 7, task, lost=frozenset(parts)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "right", [r for r in RIGHT if r.task in ("elbo", "sample", "embeddings")], ids=str
)
def test_every_right_whole_passes_with_wrong_parts(right: Right):
    ask = student({**_BAD, right.task: right.source})
    assert not losers(judged(ask, 7, right.task, lost=frozenset(_BAD)))


def test_parts_that_do_not_fit_together_are_no_fault_of_the_judge():
    triple = body("encoder", "h = self.linear1(x)\nreturn self.linear21(h), self.linear22(h), h")
    images = body(
        "decoder", "return self.linear4(self.linear3(z).relu()).view(-1, 28, 28).sigmoid()"
    )
    elbo = body(
        "elbo",
        "mu, logsigma, _ = self.encoder(x)\nz = self.sample_with_reparam(mu, logsigma)\n"
        "theta = self.decoder(z).view(len(x), -1)\n"
        "return (x * theta.log()).sum(-1) - self.kl_divergence(mu, logsigma)",
    )
    ask = student({"encoder": triple, "decoder": images, "elbo": elbo})
    lost = frozenset({"encoder", "decoder"})
    reports = judged(ask, 7, "elbo", "sample", lost=lost)
    assert {name: report.points for name, report in reports.items()} == {"elbo": 0, "sample": 10}
