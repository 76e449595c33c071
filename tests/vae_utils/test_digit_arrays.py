"""Digits as NumPy arrays: the same for everybody, and no torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from vae_utils import load_digits_arrays
from vae_utils.digit_arrays import QUICK_SIZES, TEST_ORIGINALS, _drawn, originals


def test_images_are_grey_and_fixed_by_their_sizes_and_seed() -> None:
    train, test = load_digits_arrays(30, 20)
    assert (train.shape, test.shape, train.dtype) == ((30, 784), (20, 784), np.float64)
    assert train.min() == 0 and train.max() == 1
    assert 0.1 < train.mean() < 0.25 and len(np.unique(train)) > 100
    again, _ = load_digits_arrays(30, 20)
    other, _ = load_digits_arrays(30, 20, seed=1)
    assert np.array_equal(train, again) and not np.array_equal(train, other)


def test_the_global_random_numbers_stay_untouched() -> None:
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    load_digits_arrays(2, 2)
    assert np.random.rand() == expected


def test_no_scan_is_in_both_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    scans = originals()
    place = {scan.tobytes(): number for number, scan in enumerate(scans)}
    seen: list[int] = []

    def noted(scan: np.ndarray, turn: float) -> np.ndarray:
        seen.append(place[scan.tobytes()])
        return _drawn(scan, turn)

    monkeypatch.setattr("vae_utils.digit_arrays._drawn", noted)
    count = len(scans) - TEST_ORIGINALS
    load_digits_arrays(count, TEST_ORIGINALS)
    assert not set(seen[:count]) & set(seen[count:])
    assert len(set(seen)) > 0.99 * len(scans)  # all of them, but for a few equal ones


def test_a_scan_is_enlarged_in_the_middle_and_turned_about_it() -> None:
    dot = np.zeros((8, 8))
    dot[3:5, 3:5] = 1  # a spot in the middle
    for turn in (0.0, 0.1):
        rows, columns = np.nonzero(_drawn(dot, turn).reshape(28, 28) > 0.5)
        assert rows.mean() == pytest.approx(13.5, abs=0.2)
        assert columns.mean() == pytest.approx(13.5, abs=0.2)
    bar = np.zeros((8, 8))
    bar[0:2, 3:5] = 1  # above it
    columns = [np.nonzero(_drawn(bar, t).reshape(28, 28) > 0.5)[1].mean() for t in (-0.1, 0.1)]
    assert columns[0] - 13.5 == pytest.approx(13.5 - columns[1], abs=0.3)
    assert abs(columns[0] - columns[1]) > 1


def test_quick_sets_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_UTILS_QUICK", "1")
    train, test = load_digits_arrays()
    assert (len(train), len(test)) == QUICK_SIZES


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (-1, 5)])
def test_empty_sets_are_refused(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="ask for one or more of each"):
        load_digits_arrays(*sizes)


def test_torch_is_not_imported() -> None:
    code = "from vae_utils import load_digits_arrays; load_digits_arrays(2, 2); import sys; "
    done = subprocess.run([sys.executable, "-c", code + "sys.exit('torch' in sys.modules)"])
    assert done.returncode == 0
