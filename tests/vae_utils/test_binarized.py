"""Black and white digits reach a notebook as fixed sets, whatever the network or a file does."""

import http.server
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from vae_utils import binarized, data, load_binarized_mnist
from vae_utils.binarized import BinaryLoader
from vae_utils.digits import make_digits

Loaders = tuple[BinaryLoader, BinaryLoader, BinaryLoader]

PUBLIC_SIZES, PUBLIC_ADDRESS = dict(binarized.SIZES), binarized.ADDRESS
TINY = {"train": 6, "valid": 4, "test": 3}
BITS = {
    split: np.random.default_rng(rows).integers(0, 2, (rows, 784), dtype=np.uint8)
    for split, rows in TINY.items()
}
PACKED = {split: np.packbits(bits, axis=1) for split, bits in BITS.items()}
TEXTS = {f"binarized_mnist_{split}.amat": split for split in TINY}
FALLBACK = (
    "The binarised MNIST is not at hand ({}), so you get scikit-learn's digits, drawn at 28 x 28 "
    "in black and white: everything works the same, only the digits are simpler.\n"
)


def npz(**arrays: Any) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def amat(bits: np.ndarray, end: str = "\n") -> bytes:
    return "".join(" ".join(map(str, row)) + end for row in bits.tolist()).encode()


def write_texts(folder: Path, **changed: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, split in TEXTS.items():
        (folder / name).write_bytes(changed.get(split, amat(BITS[split])))


def write_archive(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "binarized_mnist.npz"
    path.write_bytes(content)
    return path


def is_the_tiny_set(loaders: Loaders) -> bool:
    pairs = zip(loaders, BITS.values(), strict=True)
    return all(np.array_equal(loader.images.numpy(), bits) for loader, bits in pairs)


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class Handler(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.content(TEXTS[self.path.strip("/")]))

    def content(self, split: str) -> bytes:
        return amat(BITS[split])

    def log_message(self, *_: object) -> None: ...


class LoginPage(Handler):
    def content(self, split: str) -> bytes:
        return b"<html>Welcome to our hotel</html>"


class LastFileCut(Handler):
    def content(self, split: str) -> bytes:
        whole = super().content(split)
        return whole[:-300] if split == "test" else whole


Serve = Callable[[type[Handler]], str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Makes a server on this machine the public address."""
    servers = []

    def start(handler: type[Handler]) -> str:
        handler.asked = []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(binarized, "ADDRESS", address)
        return address

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


@pytest.fixture(autouse=True)
def a_tiny_set_that_nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binarized, "SIZES", TINY)
    monkeypatch.setattr(binarized, "ADDRESS", closed_port())


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The default folder, as the environment of these tests names it."""
    return tmp_path / "cache"


# The loaders


def numbered(size: int, **options: Any) -> BinaryLoader:
    """Image n is the number n in binary, so that batches tell which images they hold."""
    places = 2 ** torch.arange(784).clamp(max=20)
    return BinaryLoader((torch.arange(size).unsqueeze(1) // places % 2).to(torch.uint8), **options)


def numbers_of(loader: BinaryLoader) -> list[int]:
    places = 2 ** torch.arange(20)
    return [n for x in loader for n in (x[:, :20].long() * places).sum(1).tolist()]


def test_batches_are_flat_float_zeros_and_ones_and_the_last_holds_what_is_left(cache: Path) -> None:
    write_archive(cache, npz(**PACKED))
    loaders = load_binarized_mnist(batch_size=4, test_batch_size=3)
    shapes = [[tuple(x.shape) for x in loader] for loader in loaders]
    assert shapes == [[(4, 784), (2, 784)], [(3, 784), (1, 784)], [(3, 784)]]
    for loader, bits in zip(loaders, BITS.values(), strict=True):
        whole = torch.cat(list(loader))
        assert whole.dtype == torch.float32
        assert sorted(whole.tolist()) == sorted(bits.astype(float).tolist())
    assert [len(loader) for loader in loaders] == [2, 2, 1]
    assert [loader.size for loader in loaders] == [6, 4, 3]


def test_only_the_training_set_has_a_new_order_in_every_pass() -> None:
    train, valid, test = load_binarized_mnist(
        source="digits", train_size=100, valid_size=20, test_size=20
    )
    first, second = (torch.cat(list(train)) for _ in range(2))
    assert not torch.equal(first, second)
    assert sorted(first.tolist()) == sorted(second.tolist()) == sorted(train.images.tolist())
    for loader in (valid, test):
        for _ in range(2):
            assert torch.equal(torch.cat(list(loader)), loader.images.float())


def test_the_orders_are_those_of_a_generator_with_the_seed() -> None:
    loader, generator = numbered(50, batch_size=20, shuffle=True, seed=7), torch.Generator()
    generator.manual_seed(7)
    for _ in range(2):
        assert numbers_of(loader) == torch.randperm(50, generator=generator).tolist()


def test_the_seed_of_the_call_orders_the_training_batches(cache: Path) -> None:
    write_archive(cache, npz(**PACKED))
    loaders = [load_binarized_mnist(seed=seed)[0] for seed in (0, 0, 1, 2)]
    orders = [tuple(next(iter(train))[:, :20].flatten().tolist()) for train in loaders]
    assert orders[0] == orders[1] and len(set(orders)) > 1


def test_a_batch_that_is_changed_changes_no_image() -> None:
    loader = numbered(20, batch_size=10)
    for x in loader:
        x.zero_()
    assert numbers_of(loader) == list(range(20))


def test_batches_lie_on_the_device_asked_for(cache: Path) -> None:
    write_archive(cache, npz(**PACKED))
    for loader in load_binarized_mnist(device="meta"):
        assert next(iter(loader)).device.type == "meta"


def test_images_are_kept_in_a_byte_a_pixel(cache: Path) -> None:
    write_archive(cache, npz(**PACKED))
    for loader in load_binarized_mnist():
        assert loader.images.dtype == torch.uint8


# The digits


def test_digits_come_in_the_default_sizes_in_black_and_white() -> None:
    train, valid, test = load_binarized_mnist(source="digits")
    assert (train.size, valid.size, test.size) == (10_000, 1_000, 1_000)
    assert (len(train), len(valid), len(test)) == (157, 2, 2)
    for loader in (train, valid, test):
        assert loader.images.unique().tolist() == [0, 1]
        assert 0.10 < loader.images.float().mean() < 0.20  # the binarised MNIST: 0.13


def test_digits_are_fixed_by_the_seed() -> None:
    sets = []
    for seed in (3, 3, 4):
        torch.rand(seed)  # torch's global random numbers have no say
        loaders = load_binarized_mnist(
            source="digits", train_size=20, valid_size=10, test_size=5, seed=seed
        )
        sets.append([loader.images for loader in loaders])
    for one, same, other in zip(*sets, strict=True):
        assert torch.equal(one, same)
        assert not torch.equal(one, other)


def test_the_seed_decides_which_pixels_of_the_same_grey_are_white(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grey = torch.full((1, 1, 28, 28), 128, dtype=torch.uint8)
    monkeypatch.setattr(
        binarized, "make_digits", lambda *_: ((grey, None), (grey.expand(2, -1, -1, -1), None))
    )
    one, same, other = (
        torch.cat(
            [
                loader.images
                for loader in load_binarized_mnist(
                    source="digits", train_size=1, valid_size=1, test_size=1, seed=seed
                )
            ]
        )
        for seed in (3, 3, 4)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert len(one.unique(dim=0)) == 3  # training, validation and test are drawn apart


def test_drawing_and_shuffling_leave_the_global_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    list(load_binarized_mnist(source="digits", train_size=20)[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_pixel_is_white_with_a_chance_equal_to_its_grey_value() -> None:
    greys = torch.tensor([0, 1, 64, 200, 255], dtype=torch.uint8)
    grey = greys.repeat(20_000, 1)
    white = binarized._by_chance(grey, torch.Generator().manual_seed(0))
    shares = white.float().mean(0).tolist()
    assert shares == pytest.approx([0, 1 / 255, 64 / 255, 200 / 255, 1], abs=0.015)
    assert (shares[0], shares[-1]) == (0, 1)


def test_training_scans_stay_in_training_and_validation_and_test_share_no_drawing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Drawing n has n white pixels; those of the test side come after a hundred others.
    drawings = (torch.arange(784) < torch.arange(200).unsqueeze(1)).byte() * 255
    drawings = drawings.view(-1, 1, 28, 28)

    def fake(train: int, test: int, seed: int) -> tuple[tuple[Tensor, None], tuple[Tensor, None]]:
        return (drawings[:train], None), (drawings[100 : 100 + test], None)

    monkeypatch.setattr(binarized, "make_digits", fake)
    loaders = load_binarized_mnist(source="digits", train_size=9, valid_size=5, test_size=7)
    numbers = [loader.images.sum(1).tolist() for loader in loaders]
    assert numbers == [list(range(9)), list(range(100, 105)), list(range(105, 112))]


def test_digits_are_those_of_the_grey_set_with_the_same_seed() -> None:
    (grey, _), _ = make_digits(50, 20, seed=5)
    train, _, _ = load_binarized_mnist(
        source="digits", train_size=50, valid_size=10, test_size=10, seed=5
    )
    flat = grey.flatten(1)
    assert (train.images[flat == 0] == 0).all() and (train.images[flat == 255] == 1).all()


# The fixed set and its files


def test_the_fixed_set_is_the_one_of_larochelle_and_murray() -> None:
    assert PUBLIC_SIZES == {"train": 50_000, "valid": 10_000, "test": 10_000}
    assert PUBLIC_ADDRESS.endswith("/~larocheh/public/datasets/binarized_mnist/")


@pytest.mark.parametrize("source", ["auto", "binarized_mnist"])
def test_archive_and_texts_read_alike(
    cache: Path, tmp_path: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_archive(cache, npz(**PACKED))
    write_texts(tmp_path / "texts")
    assert is_the_tiny_set(load_binarized_mnist(source=source))
    assert is_the_tiny_set(load_binarized_mnist(source=source, root=tmp_path / "texts"))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("end", ["\r\n", " \n"])
def test_line_ends_of_other_systems_do_no_harm(cache: Path, end: str) -> None:
    write_texts(cache, train=amat(BITS["train"], end), valid=amat(BITS["valid"]).rstrip())
    assert is_the_tiny_set(load_binarized_mnist(source="binarized_mnist"))


def test_the_archive_goes_before_the_texts(cache: Path) -> None:
    write_texts(cache, train=b"damaged")
    write_archive(cache, npz(**PACKED))
    assert is_the_tiny_set(load_binarized_mnist(source="binarized_mnist"))


def test_sizes_take_the_first_images(cache: Path) -> None:
    write_archive(cache, npz(**PACKED))
    loaders = load_binarized_mnist(train_size=5, valid_size=1, test_size=2)
    for loader, size, bits in zip(loaders, (5, 1, 2), BITS.values(), strict=True):
        assert np.array_equal(loader.images.numpy(), bits[:size])


@pytest.mark.parametrize("split", TINY)
@pytest.mark.parametrize("source", ["auto", "binarized_mnist"])
def test_asking_for_more_than_the_set_has_is_an_error(cache: Path, split: str, source: str) -> None:
    write_archive(cache, npz(**PACKED))
    size = TINY[split] + 1
    message = f"{split}_size={size}, but the binarised MNIST has only {TINY[split]} such images."
    with pytest.raises(ValueError) as problem:
        load_binarized_mnist(source=source, **{f"{split}_size": size})  # type: ignore[arg-type]
    assert str(problem.value) == message


class Trap:
    """Unpickled, it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.path,)


def bare_array() -> bytes:
    content = io.BytesIO()
    np.save(content, PACKED["train"])
    return content.getvalue()


NO_ARCHIVE = "it is not a whole .npz archive of plain arrays, train, valid, test"
DAMAGED_ARCHIVES = {
    "empty": (b"", NO_ARCHIVE),
    "a page": (b"<html>Not found</html>", NO_ARCHIVE),
    "cut": (npz(**PACKED)[:-100], NO_ARCHIVE),
    "a byte changed": (npz(**PACKED).replace(PACKED["valid"][1, 9:30].tobytes(), b"?" * 21),
                       NO_ARCHIVE),
    "one bare array": (bare_array(), NO_ARCHIVE),
    "objects": (npz(**PACKED | {"valid": np.array([None], dtype=object)}), NO_ARCHIVE),
    "no test": (npz(train=PACKED["train"], valid=PACKED["valid"]),
                "it has no array 'test', but should have train, valid, test"),
    "a row less": (npz(**PACKED | {"train": PACKED["train"][1:]}),
                   "its array 'train' is uint8 of shape (5, 98), not uint8 of shape (6, 98)"),
    "not packed": (npz(**BITS),
                   "its array 'train' is uint8 of shape (6, 784), not uint8 of shape (6, 98)"),
    "integers": (npz(**PACKED | {"test": PACKED["test"].astype(np.int64)}),
                 "its array 'test' is int64 of shape (3, 98), not uint8 of shape (3, 98)"),
}  # fmt: skip


def line_changed(old: bytes, new: bytes) -> bytes:
    """The training file with a change in its third line."""
    lines = amat(BITS["train"]).splitlines()
    assert old in lines[2]
    lines[2] = lines[2].replace(old, new, 1)
    return b"\n".join(lines)


THIRD_LINE = "its line 3 is not 784 times 0 or 1 with a space between"
DAMAGED_TEXTS = {
    "empty": (b"", "its number of lines is 0, not 6"),
    "a page": (b"<html>Not found</html>", "its number of lines is 1, not 6"),
    "a row less": (amat(BITS["train"][1:]), "its number of lines is 5, not 6"),
    "a row more": (amat(BITS["train"]) + b"0\n", "its number of lines is 7, not 6"),
    "cut": (amat(BITS["train"])[:-9], THIRD_LINE.replace("3", "6")),
    "a column less": (line_changed(b"0 ", b""), THIRD_LINE),
    "a column more": (line_changed(b"0 ", b"0 0 "), THIRD_LINE),
    "a two": (line_changed(b"1", b"2"), THIRD_LINE),
    "a slash": (line_changed(b"0", b"/"), THIRD_LINE),
    "a comma": (line_changed(b" ", b","), THIRD_LINE),
}


def assert_named_with_a_cure(path: Path, found: str, printed: Callable[[], str]) -> None:
    """Those who insist get an error, all others one sentence and the digits."""
    sentence = f"{path} is damaged: {found}"
    with pytest.raises(RuntimeError) as problem:
        load_binarized_mnist(source="binarized_mnist")
    assert str(problem.value) == (
        f"{sentence}. Put a whole file in its place, or delete it and call again to download the "
        'set; or use source="digits", which needs no file.'
    )
    loaders = load_binarized_mnist(train_size=9, valid_size=8, test_size=7)
    assert [loader.size for loader in loaders] == [9, 8, 7]
    assert printed() == FALLBACK.format(sentence)


@pytest.mark.parametrize(("content", "found"), DAMAGED_ARCHIVES.values(), ids=DAMAGED_ARCHIVES)
def test_a_damaged_archive_is_named_with_what_was_found_and_expected(
    cache: Path, content: bytes, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_archive(cache, content)
    assert_named_with_a_cure(path, found, lambda: capsys.readouterr().out)
    assert path.read_bytes() == content  # nobody's file is thrown away unasked


@pytest.mark.parametrize(("content", "found"), DAMAGED_TEXTS.values(), ids=DAMAGED_TEXTS)
def test_a_damaged_text_is_named_with_what_was_found_and_expected(
    cache: Path, content: bytes, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_texts(cache, train=content)
    path = cache / "binarized_mnist_train.amat"
    assert_named_with_a_cure(path, found, lambda: capsys.readouterr().out)


@pytest.mark.parametrize("whole", [True, False])
def test_no_pickle_is_ever_opened(cache: Path, tmp_path: Path, whole: bool) -> None:
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    content = io.BytesIO()
    np.save(content, trap, allow_pickle=True)
    write_archive(cache, npz(**PACKED | {"train": trap}) if whole else content.getvalue())
    with pytest.raises(RuntimeError, match=r"not a whole \.npz archive"):
        load_binarized_mnist(source="binarized_mnist")
    assert not (tmp_path / "sprung").exists()


def test_a_file_that_cannot_be_opened_is_named(cache: Path) -> None:
    (cache / "binarized_mnist.npz").mkdir(parents=True)
    with pytest.raises(RuntimeError, match=r"binarized_mnist\.npz cannot be read: Is a directory"):
        load_binarized_mnist(source="binarized_mnist")


# The network


def test_the_set_is_downloaded_once_and_then_read_from_its_archive(
    serve: Serve, cache: Path
) -> None:
    serve(Handler)
    assert is_the_tiny_set(load_binarized_mnist(source="binarized_mnist"))
    assert Handler.asked == [f"/{name}" for name in TEXTS]
    assert files_under(cache) == ["binarized_mnist.npz"]
    with np.load(cache / "binarized_mnist.npz", allow_pickle=False) as kept:
        assert sorted(kept) == sorted(PACKED)
        assert all(np.array_equal(kept[split], packed) for split, packed in PACKED.items())

    for source in ("binarized_mnist", "auto"):
        assert is_the_tiny_set(load_binarized_mnist(source=source))
    assert len(Handler.asked) == 3


def test_a_folder_given_as_root_is_where_the_set_lands(serve: Serve, tmp_path: Path) -> None:
    serve(Handler)
    load_binarized_mnist(root=tmp_path / "my/own")
    assert files_under(tmp_path) == ["binarized_mnist.npz"]
    assert (tmp_path / "my/own/binarized_mnist.npz").is_file()


def test_two_of_the_three_texts_are_not_enough(serve: Serve, cache: Path) -> None:
    serve(Handler)
    write_texts(cache)
    (cache / "binarized_mnist_test.amat").unlink()
    assert is_the_tiny_set(load_binarized_mnist(source="binarized_mnist"))
    assert len(Handler.asked) == 3


@pytest.mark.parametrize(
    ("handler", "complaint"),
    [
        (LoginPage, "train.amat: its number of lines is 1, not 6"),
        (LastFileCut, "test.amat: its line 3 is not 784 times 0 or 1 with a space between"),
    ],
)
def test_a_wrong_or_cut_download_is_not_kept(
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    handler: type[Handler],
    complaint: str,
) -> None:
    serve(handler)
    assert load_binarized_mnist(train_size=9)[0].size == 9
    assert capsys.readouterr().out.endswith(FALLBACK.format("no server could give it"))
    with pytest.raises(RuntimeError) as problem:
        load_binarized_mnist(source="binarized_mnist")
    assert complaint in str(problem.value)
    assert files_under(tmp_path) == []


def test_a_download_that_cannot_be_kept_whole_leaves_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def half(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    serve(Handler)
    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(RuntimeError, match=r"cannot be written to .*: No space left on device"):
        load_binarized_mnist(source="binarized_mnist")
    assert files_under(tmp_path) == []


def test_an_unreachable_server_falls_back_to_digits_with_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    train, _, _ = load_binarized_mnist(train_size=9)
    out, err = capsys.readouterr()
    assert (train.size, out, err) == (9, FALLBACK.format("no server could give it"), "")
    assert list(tmp_path.iterdir()) == []


def test_insisting_without_a_network_says_what_was_tried_and_what_to_put_where(
    cache: Path,
) -> None:
    with pytest.raises(RuntimeError) as problem:
        load_binarized_mnist(source="binarized_mnist")
    tried = f"(tried {binarized.ADDRESS}binarized_mnist_train.amat: "
    wanted = (str(cache), tried, "binarized_mnist.npz", *TEXTS, 'source="digits"', "timeout=60")
    for part in wanted:
        assert part in str(problem.value)


def test_a_server_that_accepts_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(binarized, "ADDRESS", address)
        start = time.perf_counter()
        with pytest.raises(RuntimeError, match=f"no server .*{address}|no server sent anything"):
            load_binarized_mnist(source="binarized_mnist", timeout=0.4)
    assert time.perf_counter() - start < 2


# The grader's quick mode


@pytest.mark.parametrize("source", binarized.SOURCES)
def test_quick_mode_gives_few_digits_and_asks_neither_network_nor_folder(
    monkeypatch: pytest.MonkeyPatch, cache: Path, source: str
) -> None:
    write_archive(cache, b"damaged")
    monkeypatch.setenv("VAE_UTILS_QUICK", "1")
    monkeypatch.setattr(data.Download, "start", lambda _: pytest.fail("downloaded"))
    loaders = load_binarized_mnist(source=source)
    assert [loader.size for loader in loaders] == [512, 64, 64]


def test_quick_mode_keeps_smaller_sizes_and_cuts_larger_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VAE_UTILS_QUICK", "1")
    loaders = load_binarized_mnist(train_size=100, valid_size=5_000, test_size=7)
    assert [loader.size for loader in loaders] == [100, 64, 7]


# Mistakes in the call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"source": "mnist"},
            "Unknown source 'mnist': choose one of auto, binarized_mnist, digits.",
        ),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0."),
        ({"test_batch_size": -1}, "test_batch_size must be a whole number of at least 1, not -1."),
        ({"train_size": 0}, "train_size must be a whole number of at least 1, not 0."),
        ({"valid_size": 2.5}, "valid_size must be a whole number of at least 1, not 2.5."),
        ({"test_size": "5"}, "test_size must be a whole number of at least 1, not '5'."),
        ({"timeout": 0}, "timeout must be a positive number of seconds, not 0."),
    ],
)
def test_a_bad_argument_is_named_with_what_would_do(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError) as problem:
        load_binarized_mnist(**arguments)  # type: ignore[arg-type]
    assert str(problem.value) == message
