"""Digits reach a notebook as clean batches, whatever the network, the cache or the student do."""

import gzip
import hashlib
import http.server
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchvision.datasets import MNIST

from vae_utils import data, load_mnist
from vae_utils.data import TensorLoader
from vae_utils.digits import make_digits

Address = str
FALLBACK = (
    "MNIST is not at hand (no server could give it), so you get scikit-learn's digits, drawn at "
    "28 x 28: everything works the same, only the digits are simpler.\n"
)


def idx(values: Tensor) -> bytes:
    """The file format of MNIST: magic number, big-endian sizes, bytes."""
    sizes = [0x0800 + values.ndim, *values.shape]
    return struct.pack(f">{len(sizes)}I", *sizes) + values.numpy().tobytes()


TRAIN = torch.randint(256, (6, 28, 28), generator=torch.Generator().manual_seed(0)).byte()
FILES = {
    "train-images-idx3-ubyte.gz": gzip.compress(idx(TRAIN)),
    "train-labels-idx1-ubyte.gz": gzip.compress(idx(torch.arange(6).byte())),
    "t10k-images-idx3-ubyte.gz": gzip.compress(idx(255 - TRAIN[:4])),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(torch.arange(4).byte())),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.reply(FILES[self.path.strip("/")])

    def reply(self, content: bytes) -> None:
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


class LoginPage(Handler):
    def reply(self, content: bytes) -> None:
        self.wfile.write(b"<html>Welcome to our hotel</html>")


class LastFileCut(Handler):
    def reply(self, content: bytes) -> None:
        self.wfile.write(content[:20] if "t10k-labels" in self.path else content)


class Trickle(Handler):
    def reply(self, content: bytes) -> None:
        for _ in range(200):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.05)


Serve = Callable[[type[Handler]], Address]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Makes a server on this machine torchvision's only mirror, for a tiny MNIST."""
    servers = []

    def start(handler: type[Handler]) -> Address:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.block_on_close = False
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        address = f"http://127.0.0.1:{server.server_port}/"
        point_to(monkeypatch, address)
        return address

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def point_to(monkeypatch: pytest.MonkeyPatch, *mirrors: Address) -> None:
    monkeypatch.setattr(MNIST, "mirrors", list(mirrors))
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in FILES.items()]
    monkeypatch.setattr(MNIST, "resources", sums)


def closed_port() -> Address:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def small(source: str = "auto", timeout: float = 5.0) -> tuple[TensorLoader, TensorLoader]:
    """Four images of either source are enough to see which one it was."""
    return load_mnist(source=source, train_size=4, test_size=4, timeout=timeout)


def is_tiny_mnist(train: TensorLoader) -> bool:
    return torch.equal(train.images, TRAIN[:4].unsqueeze(1))


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# The loader


def numbered(size: int, **options: object) -> TensorLoader:
    images = torch.arange(size, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 28, 28)
    return TensorLoader(images, torch.arange(size), **options)  # type: ignore[arg-type]


def labels_of(loader: TensorLoader) -> list[int]:
    return torch.cat([y for _, y in loader]).tolist()


def test_batches_are_floats_from_zero_to_one_with_their_labels() -> None:
    for x, y in numbered(250, batch_size=100, shuffle=True):
        assert (x.dtype, y.dtype) == (torch.float32, torch.int64)
        torch.testing.assert_close(x, (y / 255).view(-1, 1, 1, 1).expand(-1, 1, 28, 28))


def test_the_last_batch_holds_what_is_left() -> None:
    loader = numbered(23, batch_size=10)
    assert [tuple(x.shape) for x, _ in loader] == [(n, 1, 28, 28) for n in (10, 10, 3)]
    assert (len(loader), loader.size) == (3, 23)


def test_an_unshuffled_loader_keeps_the_order_in_every_pass() -> None:
    loader = numbered(23, batch_size=10)
    assert labels_of(loader) == labels_of(loader) == list(range(23))


def test_each_pass_of_a_shuffled_loader_has_all_images_in_a_new_order() -> None:
    loader = numbered(200, shuffle=True)
    first, second = labels_of(loader), labels_of(loader)
    assert sorted(first) == sorted(second) == list(range(200))
    assert first != second != list(range(200))


def test_the_seed_alone_decides_the_orders() -> None:
    orders = []
    for seed in (1, 1, 2):
        loader = numbered(50, shuffle=True, seed=seed)
        torch.rand(seed)
        orders.append((labels_of(loader), labels_of(loader)))
    assert orders[0] == orders[1] != orders[2]


def test_the_orders_are_those_of_a_generator_with_the_seed() -> None:
    # Pinned, so that a faster loader still gives every student the batches of before.
    loader, generator = numbered(50, batch_size=20, shuffle=True, seed=7), torch.Generator()
    generator.manual_seed(7)
    for _ in range(2):
        order = torch.randperm(50, generator=generator)
        batches = list(loader)
        assert [y.tolist() for _, y in batches] == [rows.tolist() for rows in order.split(20)]
        whole = torch.cat([x for x, _ in batches])
        assert torch.equal(whole, loader.images[order].float() / 255)


def test_a_batch_that_is_kept_stays_as_it_was() -> None:
    loader = numbered(60, batch_size=20, shuffle=True)
    kept = [(x, y, x.clone(), y.clone()) for _ in range(2) for x, y in loader]
    assert all(torch.equal(x, x0) and torch.equal(y, y0) for x, y, x0, y0 in kept)


def test_a_batch_that_is_changed_changes_no_image() -> None:
    loader = TensorLoader(torch.rand(20, 1, 28, 28), torch.arange(20), 10)
    before = loader.images.clone()
    for x, y in loader:
        x.zero_()
        y.zero_()
    assert torch.equal(loader.images, before) and loader.labels.tolist() == list(range(20))


def test_shuffling_leaves_the_global_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    labels_of(numbered(50, shuffle=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_images_that_are_floats_already_pass_unchanged() -> None:
    images = torch.rand(5, 1, 28, 28)
    ((x, _),) = TensorLoader(images, torch.arange(5))
    assert torch.equal(x, images)


def test_batches_lie_on_the_device_asked_for() -> None:
    x, y = next(iter(numbered(5, device="meta")))
    assert (x.device.type, y.device.type) == ("meta", "meta")


def test_images_and_labels_must_be_equally_many() -> None:
    with pytest.raises(ValueError, match="3 images but 2 labels"):
        TensorLoader(torch.rand(3, 1, 28, 28), torch.arange(2))


# The digits


def test_digits_come_in_the_default_sizes_and_look_like_mnist() -> None:
    start = time.perf_counter()
    train, test = load_mnist(source="digits")
    assert time.perf_counter() - start < 6  # about one second on two idle cores
    assert (train.size, test.size, len(train), len(test)) == (30_000, 2_000, 235, 2)
    assert (train.images.dtype, train.images.shape[1:]) == (torch.uint8, (1, 28, 28))
    ink = train.images / 255
    assert 0.10 < ink.mean() < 0.20  # MNIST: 0.13
    assert ((ink > 0.1) & (ink < 0.9)).float().mean() < 0.15  # mostly black and white
    border = torch.cat([ink[:, 0, 0], ink[:, 0, -1], ink[:, 0, :, 0], ink[:, 0, :, -1]])
    assert border.mean() < 1e-3  # only a turned corner touches it
    assert train.labels.bincount().min() > 2_500


def moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Centre of the ink of each image, [N, 2] in pixels off the middle, and its slope [N]."""
    place = torch.arange(28.0) - 13.5
    ink = images.squeeze(1) / images.sum((1, 2, 3)).view(-1, 1, 1)
    x, y = ((ink * axis).sum((1, 2)) for axis in (place, place.unsqueeze(1)))
    dx, dy = place - x.view(-1, 1, 1), place.unsqueeze(1) - y.view(-1, 1, 1)
    xx, yy, xy = ((ink * product).sum((1, 2)) for product in (dx**2, dy**2, dx * dy))
    return torch.stack([x, y], 1), torch.atan2(2 * xy, xx - yy) / 2


def test_digits_are_centred() -> None:
    (images, _), _ = make_digits(2_000, 1)
    centre, _ = moments(images)
    assert centre.mean(0).tolist() == pytest.approx([0, 0], abs=0.75)


def test_drawing_moves_by_up_to_two_pixels_and_turns_by_up_to_twelve_degrees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bar = torch.zeros(2, 1, 56, 56)
    bar[:, :, 25:31, 12:44] = 1
    monkeypatch.setattr("vae_utils.digits.originals", lambda: (bar, torch.arange(2)))
    monkeypatch.setattr("vae_utils.digits.TEST_ORIGINALS", 1)
    (images, _), _ = make_digits(2_000, 1)
    centre, slope = moments(images)
    reach = [centre[:, 0].max(), -centre[:, 1].min(), slope.rad2deg().max(), -slope.rad2deg().min()]
    # More than two pixels where a turn adds some of one move to the other.
    assert reach == pytest.approx([2.2, 2.2, 12, 12], abs=0.5)


def test_training_and_test_digits_come_from_disjoint_originals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each "original" is one shade all over, by which its drawings can be told apart.
    shades = torch.arange(1.0, 256).view(-1, 1, 1, 1).expand(-1, 1, 56, 56) / 255
    fake = (shades, torch.arange(255))
    monkeypatch.setattr("vae_utils.digits.originals", lambda: fake)
    monkeypatch.setattr("vae_utils.digits.TEST_ORIGINALS", 55)
    (train, train_labels), (test, test_labels) = make_digits(1_000, 500)
    assert len(set(train_labels.tolist())) == 200
    assert len(set(test_labels.tolist())) == 55
    assert not set(train_labels.tolist()) & set(test_labels.tolist())
    assert torch.equal(train[:, 0, 14, 14], (train_labels + 1).byte())
    assert torch.equal(test[:, 0, 14, 14], (test_labels + 1).byte())


def test_no_original_is_drawn_twice_alike() -> None:
    (images, _), _ = make_digits(4_000, 1)
    assert len(images.flatten(1).unique(dim=0)) == 4_000


def test_digits_depend_on_the_seed_alone() -> None:
    draws = [make_digits(20, 10, seed)[0][0] for seed in (3, 3, 4)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


# MNIST, its cache and the network


def test_mnist_is_downloaded_once_and_then_read_from_the_cache(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(Handler)
    train, test = small("mnist")
    assert is_tiny_mnist(train)
    assert torch.equal(test.images, 255 - TRAIN[:4].unsqueeze(1))
    assert train.labels.tolist() == test.labels.tolist() == [0, 1, 2, 3]
    assert files_under(tmp_path) == sorted(name.removesuffix(".gz") for name in FILES)

    point_to(monkeypatch, closed_port())
    assert is_tiny_mnist(small("mnist")[0])
    assert is_tiny_mnist(small("auto")[0])


def test_the_seed_of_the_call_orders_the_training_batches_only(serve: Serve) -> None:
    serve(Handler)
    loaders = [load_mnist(source="mnist", seed=seed) for seed in (0, 0, 1, 2)]
    orders = [tuple(labels_of(train)) for train, _ in loaders]
    assert orders[0] == orders[1] and len(set(orders)) > 1
    assert {tuple(labels_of(test)) for _, test in loaders} == {(0, 1, 2, 3)}


def test_a_folder_given_as_root_is_where_mnist_lands(serve: Serve, tmp_path: Path) -> None:
    serve(Handler)
    load_mnist(source="mnist", root=tmp_path / "mine")
    assert (tmp_path / "mine/MNIST/raw/train-images-idx3-ubyte").is_file()


def test_the_next_mirror_is_tried_when_one_fails(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, closed_port(), serve(Handler))
    assert is_tiny_mnist(small("mnist")[0])


@pytest.mark.parametrize("content", [idx(TRAIN)[:100], b"", b"<html>", b"\0\0\x08\x09"])
def test_a_damaged_cache_is_downloaded_again(serve: Serve, tmp_path: Path, content: bytes) -> None:
    serve(Handler)
    small("mnist")
    (tmp_path / "cache/MNIST/raw/train-images-idx3-ubyte").write_bytes(content)
    assert is_tiny_mnist(small("mnist")[0])


def test_a_download_shows_progress_on_stdout_and_nothing_on_stderr(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "reply", slowly(Handler.reply))
    serve(Handler)
    small("mnist")
    out, err = capsys.readouterr()
    assert "MNIST: " in out
    assert err == ""


def slowly(reply: Callable[[Handler, bytes], None]) -> Callable[[Handler, bytes], None]:
    def wait_and_reply(self: Handler, content: bytes) -> None:
        time.sleep(0.1)
        reply(self, content)

    return wait_and_reply


def test_an_unreachable_server_falls_back_to_digits_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    point_to(monkeypatch, closed_port())
    train, _ = small()
    out, err = capsys.readouterr()
    assert not is_tiny_mnist(train) and train.size == 4
    assert (out, err) == (FALLBACK, "")
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("handler", [LoginPage, LastFileCut])
def test_a_wrong_or_cut_file_falls_back_to_digits_and_leaves_no_cache(
    serve: Serve, capsys: pytest.CaptureFixture[str], tmp_path: Path, handler: type[Handler]
) -> None:
    serve(handler)
    assert not is_tiny_mnist(small()[0])
    assert capsys.readouterr().out.endswith("only the digits are simpler.\n")
    assert files_under(tmp_path) == []
    with pytest.raises(RuntimeError, match="not the file expected"):
        small("mnist")


def test_a_server_that_accepts_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        point_to(monkeypatch, *[f"{address}{mirror}/" for mirror in range(9)])
        start = time.perf_counter()
        small(timeout=0.4)
    assert time.perf_counter() - start < 2
    assert "no server sent anything for 0.4 seconds" in capsys.readouterr().out


def test_a_name_lookup_that_hangs_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test_is_over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        test_is_over.wait(30)
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    point_to(monkeypatch, "http://mnist.invalid/")
    start = time.perf_counter()
    small(timeout=0.2)
    assert time.perf_counter() - start < 2
    assert "no server sent anything for 0.2 seconds" in capsys.readouterr().out
    test_is_over.set()


def test_a_server_that_trickles_for_ever_is_given_up(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(data, "WHOLE_DOWNLOAD", 1.5)
    serve(Trickle)
    start = time.perf_counter()
    small(timeout=0.4)
    assert time.perf_counter() - start < 3
    assert "the download was not done in 1 seconds" in capsys.readouterr().out
    for thread in threading.enumerate():
        if isinstance(thread, data._Download):
            thread.join(1)
            assert not thread.is_alive()  # it does not go on in the background


def test_insisting_on_mnist_without_a_network_says_what_was_tried_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = closed_port()
    point_to(monkeypatch, address)
    with pytest.raises(RuntimeError) as problem:
        small("mnist")
    for part in (str(tmp_path), f"{address}train-images-idx3-ubyte.gz", 'source="digits"'):
        assert part in str(problem.value)


def test_a_folder_that_cannot_be_written_is_named(serve: Serve, tmp_path: Path) -> None:
    serve(Handler)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RuntimeError, match="cannot be written"):
        load_mnist(source="mnist", root=tmp_path / "file")


# The grader's quick mode


def test_quick_mode_gives_few_digits_and_never_asks_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VAE_UTILS_QUICK", "1")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    monkeypatch.setattr(data._Download, "start", lambda _: pytest.fail("downloaded"))
    for source in data.SOURCES:
        train, test = load_mnist(source=source)
        assert (train.size, test.size) == (512, 64)


def test_quick_mode_keeps_smaller_sizes_and_cuts_larger_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VAE_UTILS_QUICK", "yes")
    train, test = load_mnist(train_size=100, test_size=5_000)
    assert (train.size, test.size) == (100, 64)


@pytest.mark.parametrize("value", ["0", ""])
def test_zero_and_empty_switch_quick_mode_off(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("VAE_UTILS_QUICK", value)
    assert load_mnist(source="digits", train_size=600)[0].size == 600


# Mistakes in the call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": "mnits"}, "Unknown source 'mnits': choose one of auto, mnist, digits."),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, not 0."),
        ({"batch_size": 12.5}, "batch_size must be a whole number of at least 1, not 12.5."),
        ({"test_batch_size": -1}, "test_batch_size must be a whole number of at least 1, not -1."),
        ({"train_size": 0}, "train_size must be a whole number of at least 1, not 0."),
        ({"test_size": "5"}, "test_size must be a whole number of at least 1, not '5'."),
        ({"timeout": 0}, "timeout must be a positive number of seconds, not 0."),
    ],
)
def test_a_bad_argument_is_named_with_what_would_do(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError) as problem:
        load_mnist(**arguments)  # type: ignore[arg-type]
    assert str(problem.value) == message


def test_asking_for_more_than_mnist_has_is_an_error(serve: Serve) -> None:
    serve(Handler)
    with pytest.raises(ValueError, match="train_size=7, but MNIST has only 6 such images"):
        load_mnist(source="mnist", train_size=7)
