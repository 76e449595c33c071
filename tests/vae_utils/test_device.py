"""`select_device` takes the best device, says so, and explains a missing one."""

import pytest
import torch

from vae_utils import select_device


def pretend(monkeypatch: pytest.MonkeyPatch, cuda: bool = False, mps: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Pretended GPU")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_prefers_cuda_then_mps_then_the_cpu(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, best: str
) -> None:
    pretend(monkeypatch, cuda, mps)
    assert select_device() == torch.device(best)


@pytest.mark.parametrize(
    ("asked", "cuda", "sentence"),
    [
        ("auto", False, "Computing on cpu, because neither CUDA nor MPS is available.\n"),
        ("auto", True, "Computing on cuda (Pretended GPU), the fastest device found.\n"),
        ("cpu", True, "Computing on cpu, because you asked for it.\n"),
    ],
)
def test_it_says_in_one_sentence_what_it_took_and_why(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: str,
    cuda: bool,
    sentence: str,
) -> None:
    pretend(monkeypatch, cuda)
    select_device(asked)
    assert capsys.readouterr() == (sentence, "")


def test_a_missing_device_is_an_error_that_lists_those_present(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pretend(monkeypatch, mps=True)
    with pytest.raises(RuntimeError, match=r"no usable 'cuda' device\. It has: mps, cpu\."):
        select_device("cuda")


def test_an_unknown_name_is_an_error_that_lists_the_choices() -> None:
    with pytest.raises(ValueError, match="'gpu': choose one of auto, cuda, mps, cpu"):
        select_device("gpu")
