"""Task `embeddings`: `embed(vae, x)` gives t-SNE coordinates [B, 2] of the posterior means.

The images are of three kinds whose posterior means are far apart, about 25 standard deviations of
what varies within a kind. Their log sigmas tell three other kinds apart. For the first half of the
images sigma is 0, and the other kinds lie further apart than the kinds; for the second half sigma
hides the kinds in samples. Any t-SNE of the means keeps neighbours of one kind together; one of
pixels, of log sigmas or of samples does not; a projection is linear. Both checks share one call.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms, parts
from autograder.checks.vae.parts import StandIns
from autograder.student import Student
from vae_utils.calls import Instance
from vae_utils.stand_in import StandIn

KINDS, EACH = 3, 9  # of each half: t-SNE's perplexity of up to 50 must be smaller than all
HALF = KINDS * EACH
NARROW, WIDE = -150.0, 2.2  # logsigma of the halves
FLAG = 3 * KINDS  # the pixel that tells the halves apart, with INK in the second
INK = 0.75
SEEN = 300  # pixels that reach the heads; with many of them pixels alone do not show the kinds
PURITY = 0.9
NOISE = 40.0  # of a sampler that is not wanted here
MEANS_HINT = (
    "This is no t-SNE of the posterior means: embed mu, not pixels or samples z, row by row in "
    "order, with a perplexity of 5 to 50."
)
LOGSIGMA_HINT = (
    "logsigma shapes this map; only the means mu, the first that the encoder returns, belong there."
)


def _signs(draw: Draw, *shape: int) -> torch.Tensor:
    return draw.uniform(*shape, low=-1.0, high=1.0).sign()  # takes less room on the tape


def _head(draw: Draw, name: str, scales: dict[int, float], rest: float, bias: float) -> forms.State:
    """A head that tells kinds apart by KINDS pixels from each column on; the noise gets `rest`."""
    weight = torch.zeros(forms.L, forms.H)
    weight[:, FLAG + 1 : SEEN] = rest * _signs(draw, forms.L, SEEN - FLAG - 1)
    for column, scale in scales.items():
        weight[:, column : column + KINDS] = draw.uniform(forms.L, KINDS, low=-scale, high=scale)
    return {f"{name}.weight": weight, f"{name}.bias": torch.full((forms.L,), bias)}


def _blind(draw: Draw, heads: torch.Tensor) -> forms.State:
    """Weights of linear3 that do not see how the means of the kinds differ."""
    basis = torch.linalg.qr(heads[:, :KINDS].double()).Q
    seen = draw.uniform(40, forms.L, low=-5.0, high=5.0).double()
    weight = torch.zeros(forms.H, forms.L)
    weight[: len(seen)] = (seen - seen @ basis @ basis.T).float()
    return {"linear3.weight": weight, "linear3.bias": torch.zeros(forms.H)}


def _model(draw: Draw) -> Instance:
    first = torch.zeros(forms.H, forms.D)
    first[torch.arange(SEEN), torch.arange(SEEN)] = 1.0
    linear1 = {"linear1.weight": first, "linear1.bias": torch.zeros(forms.H)}
    mu = _head(draw, "linear21", {0: 1.5}, 0.006, 0.0)
    widths = _head(draw, "linear22", {KINDS: 80.0, 2 * KINDS: 1.0}, 0.01, NARROW)
    widths["linear22.weight"][:, FLAG] = (WIDE - NARROW) / INK
    return forms.model(linear1, mu, widths, _blind(draw, mu["linear21.weight"]))


def _images(draw: Draw) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images [B, D], the kinds that their means show [B], and those of their log sigmas [B]."""
    order = [draw.uniform(HALF, low=0.0, high=1.0).argsort() for _ in range(2)]
    number = torch.cat([order[0], HALF + order[1]])  # shuffled, so that rows out of order are seen
    kinds, others, wide = number % KINDS, number // KINDS % KINDS, number >= HALF
    x = torch.zeros(len(number), forms.D)
    x[:, :SEEN] = (draw.uniform(len(number), SEEN, low=0.0, high=8.0).floor() + 0.5) / 8
    shown = INK * torch.eye(KINDS)[others]
    x[:, :KINDS] = INK * torch.eye(KINDS)[kinds]
    x[:, KINDS : 2 * KINDS] = shown * ~wide[:, None]
    x[:, 2 * KINDS : FLAG] = shown * wide[:, None]
    x[:, FLAG] = INK * wide
    return x, kinds, others


def _stand_in(vae: Instance) -> StandIns:
    """An encoder of the same values: on these images, no relu cuts anything off."""
    first = vae.state["linear1.weight"]
    heads = ("linear21", "linear22")
    maps = ((vae.state[f"{h}.bias"], (vae.state[f"{h}.weight"] @ first).T) for h in heads)
    return {"encoder": StandIn(("x",), tuple(maps))}


def _mistakes(others: torch.Tensor) -> list[Misconception]:
    return [
        Misconception(
            "projection",
            "Two columns or a PCA of the means: t-SNE is wanted.",
            {"linear": torch.zeros(len(others), 1)},
        ),
        Misconception("logsigma_embedded", LOGSIGMA_HINT, {"labels": others}),
        Misconception("not_the_means", MEANS_HINT, {"purity": 0.0}),
    ]


def _check(student: Student, draw: Draw, rows: tuple[int, int]) -> None:
    draw = draw.shared()
    vae = _model(draw)
    x, kinds, others = _images(draw)
    means = forms.encoder(vae.state, x)[0].float()
    seed = draw.seed()

    def claim(stand_ins: StandIns) -> None:
        if student.has_lost(parts.SAMPLER):  # one without noise would hide that z is embedded
            stand_ins = stand_ins | parts.sampler(NOISE)
        answer = student.call("embed", vae, x, seed=seed, stand_ins=stand_ins)
        params = {"labels": kinds, "purity": PURITY, "linear": means, "rows": rows}
        answer.must("clusters", params, _mistakes(others))

    student.given(_stand_in(vae), claim)


@worth(6)
def test_kinds_stay_together(student: Student, draw: Draw) -> None:
    """Images whose posterior means are close get close coordinates in the plane: [B, 2]."""
    _check(student, draw, (0, HALF))


@worth(4)
def test_means_and_not_samples(student: Student, draw: Draw) -> None:
    """The same with a wide posterior: the coordinates are those of mu, not of samples z."""
    _check(student, draw, (HALF, 2 * HALF))
