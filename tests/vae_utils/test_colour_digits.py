"""Colour images of digits: fixed by sizes and seed, SVHN only where it is asked for or at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from vae_utils import load_colour_digits
from vae_utils.colour_digits import DARK, LIGHT, QUICK_SIZE, SHADE, make_colour_digits
from vae_utils.digits import make_digits


class FakeSVHN:
    """In place of torchvision's: notes how it is asked, downloads nothing."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, root: str, **options: Any) -> None:
        self.asked.append({"root": root, **options})
        if not (Path(root) / "train_32x32.mat").exists():
            raise OSError("no route to host")
        self.data = np.full((5, 3, 32, 32), 7, np.uint8)
        self.labels = np.arange(5, dtype=np.int32)


@pytest.fixture
def svhn(monkeypatch: pytest.MonkeyPatch) -> type[FakeSVHN]:
    """What was asked of it so far is forgotten."""
    FakeSVHN.asked = []
    monkeypatch.setattr("torchvision.datasets.SVHN", FakeSVHN)
    return FakeSVHN


def test_batches_are_colour_images_with_labels(tmp_path: Path) -> None:
    loader = load_colour_digits(8, train_size=20, root=tmp_path)
    sizes = []
    for x, y in loader:
        sizes.append(len(x))
        assert x.shape[1:] == (3, 32, 32) and x.dtype == torch.float32 and len(y) == len(x)
        assert float(x.min()) >= 0 and float(x.max()) <= 1
    assert sizes == [8, 8, 4]


def test_images_are_fixed_by_sizes_and_seed() -> None:
    (images, labels), (test, _) = make_colour_digits(12, 3)
    (again, same), _ = make_colour_digits(12, 3)
    (other, _), _ = make_colour_digits(12, 3, seed=1)
    assert images.dtype == torch.uint8 and images.shape == (12, 3, 32, 32) and len(test) == 3
    assert torch.equal(images, again) and torch.equal(labels, same)
    assert not torch.equal(images, other)


def test_what_came_back_may_be_changed() -> None:
    (images, _), _ = make_colour_digits(4, 1)
    kept = images.clone()
    images.zero_()
    assert torch.equal(make_colour_digits(4, 1)[0][0], kept)


def test_ink_is_far_lighter_than_paper_in_every_channel() -> None:
    (images, labels), _ = make_colour_digits(30, 1, seed=2)
    (digits, same), _ = make_digits(30, 1, seed=2)
    assert torch.equal(labels, same)
    cover = torch.nn.functional.pad(digits, (2, 2, 2, 2)).expand(-1, 3, -1, -1)
    light, dark = images[cover == 255].float() / 255, images[cover == 0].float() / 255
    assert float(light.min()) >= LIGHT - 0.01 and float(dark.max()) <= DARK + SHADE * 2**0.5 + 0.01


def test_colours_differ_from_image_to_image() -> None:
    (images, _), _ = make_colour_digits(30, 1)
    corners = images[:, :, 0, 0].float()
    assert len(corners.unique(dim=0)) == 30
    assert (corners.std(0) > 20).all()


def test_the_global_random_numbers_stay_untouched() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    make_colour_digits(5, 2, seed=11)
    assert torch.equal(torch.rand(2), expected)


def test_auto_takes_svhn_only_where_its_file_is(tmp_path: Path, svhn: type[FakeSVHN]) -> None:
    assert load_colour_digits(train_size=5, root=tmp_path).images.float().std() > 1
    assert not svhn.asked
    (tmp_path / "train_32x32.mat").touch()
    loader = load_colour_digits(train_size=4, root=tmp_path)
    assert loader.size == 4 and (loader.images == 7).all()
    assert sorted(loader.labels.tolist()) == [0, 1, 2, 3]
    assert svhn.asked[0]["split"] == "train" and svhn.asked[0]["root"] == str(tmp_path)


def test_svhn_that_cannot_be_had_says_what_to_do(tmp_path: Path, svhn: type[FakeSVHN]) -> None:
    with pytest.raises(RuntimeError, match=r'no route to host.*source="digits"'):
        load_colour_digits(source="svhn", root=tmp_path)


def test_more_images_than_svhn_has_are_refused(tmp_path: Path, svhn: type[FakeSVHN]) -> None:
    (tmp_path / "train_32x32.mat").touch()
    with pytest.raises(ValueError, match="only 5 such images"):
        load_colour_digits(train_size=6, source="svhn", root=tmp_path)


def test_quick_sets_are_small_whatever_the_source(
    tmp_path: Path, svhn: type[FakeSVHN], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_UTILS_QUICK", "1")
    assert load_colour_digits(source="svhn", root=tmp_path).size == QUICK_SIZE
    assert load_colour_digits(train_size=9, root=tmp_path).size == 9
    assert not svhn.asked


@pytest.mark.parametrize(
    "wrong", [{"source": "mnist"}, {"batch_size": 0}, {"train_size": 0}, {"train_size": -1}]
)
def test_odd_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"source|batch_size|train_size"):
        load_colour_digits(**wrong)
