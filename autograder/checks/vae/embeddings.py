"""Task `embeddings`: `embed(vae, x)` gives t-SNE coordinates [B, 2] of the posterior means.

The images fall into three kinds whose means are far apart in latent space, about 40 standard
deviations of what varies within a kind. Any t-SNE of the means keeps neighbours of one kind
together; a t-SNE of pixels or of samples with a large sigma does not; a projection is linear.
"""

import torch

from autograder.checks import Draw, Misconception, worth
from autograder.checks.vae import forms
from autograder.student import Student
from vae_utils.calls import Instance

KINDS, EACH = 3, 40
SEEN = 40  # pixels that reach the means
PURITY = 0.9


def _three_kinds(draw: Draw, logsigma: float) -> tuple[Instance, torch.Tensor, torch.Tensor]:
    """A model, images [B, D] and their kinds [B]; pixel k tells kind k, the rest is noise."""
    labels = torch.arange(KINDS * EACH) % KINDS
    x = torch.zeros(len(labels), forms.D)
    x[:, :SEEN] = draw.uniform(len(labels), SEEN, low=0.0, high=1.0)
    x[:, :KINDS] = torch.eye(KINDS)[labels]
    first = torch.zeros(forms.H, forms.D)
    first[torch.arange(SEEN), torch.arange(SEEN)] = 1.0
    heads = torch.zeros(forms.L, forms.H)
    heads[:, :SEEN] = draw.uniform(forms.L, SEEN, low=-0.5, high=0.5)
    heads[:, :KINDS] = draw.uniform(forms.L, KINDS, low=-20.0, high=20.0)
    state = {
        "linear1.weight": first,
        "linear1.bias": torch.zeros(forms.H),
        "linear21.weight": heads,
        "linear21.bias": torch.zeros(forms.L),
    }
    spread = forms.constant_layer("linear22", torch.full((forms.L,), logsigma))
    return forms.model(state, spread), x, labels


def _check(student: Student, draw: Draw, logsigma: float, hint: str) -> None:
    vae, x, labels = _three_kinds(draw, logsigma)
    means = forms.encoder(vae.state, x)[0].float()
    answer = student.call("embed", vae, x)
    params = {"labels": labels, "purity": PURITY, "linear": means}
    mistakes = [
        Misconception(
            "projection", "Two columns or a PCA of the means: t-SNE is wanted.",
            {"linear": torch.zeros(len(labels), 1)},
        ),
        Misconception("not_the_means", hint, {"purity": 0.0}),
    ]  # fmt: skip
    answer.must("clusters", params, mistakes)


@worth(6)
def test_kinds_stay_together(student: Student, draw: Draw) -> None:
    """Images whose posterior means are close get close coordinates in the plane: [B, 2]."""
    _check(student, draw, -3.0, "Embed the posterior means mu, not the pixels.")


@worth(4)
def test_means_and_not_samples(student: Student, draw: Draw) -> None:
    """The same with a wide posterior: the coordinates are those of mu, not of samples z."""
    _check(student, draw, 4.5, "Embed the posterior means mu, not samples z.")
