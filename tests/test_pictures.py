"""Figures are read as data, cross the wire as data, and are shown beside what was asked."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from safetensors.numpy import save

from autograder.checks import Draw
from autograder.distrust import BadReply
from autograder.judge import done_with, outcome
from autograder.record import task_html
from autograder.student import Student
from autograder.verdicts import TaskReport
from autograder.wire import pack, unpack
from vae_utils.calls import Call, Reply
from vae_utils.compare import compare
from vae_utils.evaluating import answer, evaluate
from vae_utils.figures import drawing, read
from vae_utils.panels import Panel, Picture
from vae_utils.sketch import beside

mpl.use("agg")
plt: Any = pytest.importorskip("matplotlib.pyplot")
GREY = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
RED_TO_BLUE = np.stack([1 - GREY, 0.5 * GREY, GREY], 2)
PHOTOS = np.random.default_rng(0).random((6, 32, 32, 3), dtype=np.float32)


@pytest.fixture(autouse=True)
def no_figures_left() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def seen(draw: Callable[[], Any]) -> Picture:
    """A figure as the judge gets it: read in the kernel, sent, unpacked."""
    content, data = answer(*pack(Call("draw", picture=True)), {"draw": draw})
    reply = unpack(content, data, 1 << 24)
    assert reply.failure is None, reply.failure
    [picture] = reply.pictures
    return picture


def on_axes(draw: Callable[[Any], Any]) -> Panel:
    """The only panel of a figure."""

    def whole() -> Any:
        figure, ax = plt.subplots()
        draw(ax)
        return figure

    [panel] = seen(whole)
    return panel


@pytest.mark.parametrize("origin", ["upper", "lower"])
@pytest.mark.parametrize("turned", [False, True])
def test_an_image_is_read_as_it_is_seen(origin: str, turned: bool) -> None:
    def show(ax: Any) -> None:
        upright = GREY if (origin == "upper") != turned else GREY[::-1]
        ax.imshow(upright, origin=origin)
        if turned:
            ax.invert_yaxis()

    [image] = on_axes(show).images
    assert np.array_equal(image, GREY)


def test_a_mesh_is_read_with_its_first_row_below() -> None:
    [image] = on_axes(lambda ax: ax.pcolormesh(GREY[::-1])).images
    assert np.array_equal(image, GREY)


def test_colours_of_a_grey_image_are_one_grey() -> None:
    [image] = on_axes(lambda ax: ax.imshow(np.repeat(GREY[..., None], 3, 2))).images
    assert np.allclose(image, GREY)


@pytest.mark.parametrize("kind", ["float", "uint8", "alpha"])
def test_an_image_in_colour_keeps_its_colours(kind: str) -> None:
    shown = {
        "float": RED_TO_BLUE,
        "uint8": (255 * RED_TO_BLUE).astype(np.uint8),
        "alpha": np.concatenate([RED_TO_BLUE, np.full((3, 4, 1), 0.5)], 2),
    }[kind]
    [image] = on_axes(lambda ax: ax.imshow(shown[::-1], origin="lower")).images
    assert image.shape == (3, 4, 3) and np.array_equal(image, shown[..., :3].astype(np.float32))


def test_channels_that_differ_by_rounding_are_grey() -> None:
    shown = np.repeat(GREY[..., None], 3, 2) + np.array([0, 1e-6, -1e-6])
    [image] = on_axes(lambda ax: ax.imshow(np.clip(shown, 0, 1))).images
    assert image.shape == (3, 4) and np.allclose(image, GREY, atol=1e-5)


def test_ticks_count_unless_the_axes_are_off() -> None:
    assert on_axes(lambda ax: ax.imshow(GREY)).ticks > 4
    assert on_axes(lambda ax: (ax.imshow(GREY), ax.set_axis_off())).ticks == 0
    assert on_axes(lambda ax: (ax.imshow(GREY), ax.set(xticks=[], yticks=[]))).ticks == 0


@pytest.mark.parametrize("style", ["scatter", "plot", "colormap"])
def test_markers_are_read_with_place_and_colour(style: str) -> None:
    def show(ax: Any) -> None:
        if style == "scatter":
            ax.scatter([0, 1], [2, 3], color="red")
        elif style == "plot":
            ax.plot([0, 1], [2, 3], "o", color="red")
        else:
            ax.scatter([0, 1], [2, 3], c=[1.0, 1.0], cmap=mpl.colors.ListedColormap(["red"]))

    panel = on_axes(show)
    assert panel.points.tolist() == [[0, 2], [1, 3]]
    assert panel.colours.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_a_line_without_markers_has_no_points() -> None:
    figure, ax = plt.subplots()
    ax.plot([0, 1], [2, 3])
    assert read(figure) == ()


def test_a_legend_is_read_with_its_colours() -> None:
    def show(ax: Any) -> None:
        ax.scatter([0], [0], color="red", label="a")
        ax.plot([1], [1], "s", color="blue", label="b")
        ax.legend()

    panel = on_axes(show)
    assert panel.legend == ("a", "b")
    assert panel.legend_colours.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_contour_lines_are_read_by_family() -> None:
    def show(ax: Any) -> None:
        x, y = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-2, 2, 41))
        ax.contour(x, y, x**2 + y**2, levels=[1.0])
        ax.contour(x, y, abs(x) - y, levels=[0.5])

    panel = on_axes(show)
    circle = panel.contours[panel.families.index(0)]
    assert np.allclose((circle**2).sum(1), 1, atol=0.02)
    assert set(panel.families) == {0, 1}


@pytest.mark.parametrize("what", ["figure", "axes", "list", "nothing", "image"])
def test_whatever_leads_to_the_figure_will_do(what: str) -> None:
    def draw() -> Any:
        figure, axes = plt.subplots(1, 2)
        images = [ax.imshow(GREY) for ax in axes]
        plt.show()
        return {
            "figure": figure, "axes": axes, "list": (figure, axes), "nothing": None,
            "image": images[0],
        }[what]  # fmt: skip

    assert len(seen(draw)) == 2


@pytest.mark.parametrize(("result", "said"), [(None, "None"), (3, "int"), ([], "list")])
def test_what_leads_to_no_figure_is_named(result: Any, said: str) -> None:
    reply = evaluate(Call("draw", picture=True), {"draw": lambda: result})
    assert reply.failure is not None and reply.failure.kind == "NotNumbers"
    assert said in reply.failure.text and "figure" in reply.failure.text


def test_open_figures_are_left_alone_and_new_ones_are_gone() -> None:
    mine, ax = plt.subplots()
    with drawing():
        plt.plot([0, 1])
        assert plt.gcf() is not mine
    assert plt.get_fignums() == [mine.number] and not ax.lines


def test_every_round_has_a_figure_of_its_own() -> None:
    reply = evaluate(Call("draw", picture=True, repeat=3), {"draw": lambda: plt.imshow(GREY)})
    assert [len(picture) for picture in reply.pictures] == [1, 1, 1]


def _hostile(**change: Any) -> tuple[dict[str, Any], bytes]:
    content, data = answer(
        *pack(Call("draw", picture=True)), {"draw": lambda: plt.imshow(GREY).figure}
    )
    content["pictures"][0][0].update(change)
    return content, data


@pytest.mark.parametrize(
    "change",
    [
        {"box": [0, 0, 1]}, {"box": "0011"}, {"box": [True, 0, 0, 0]}, {"images": {}},
        {"images": [{"$array": "nowhere"}]}, {"images": [7]}, {"ticks": -1}, {"ticks": "0"},
        {"legend": [7]}, {"legend": ["x"] * 1000}, {"families": [0.5]}, {"surplus": 1},
        {"contours": [{"$array": "t0"}] * 2000}, {"points": None}, {"colours": [[1, 0, 0]]},
    ],
    ids=str,
)  # fmt: skip
def test_a_panel_that_no_honest_kernel_sends_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadReply):
        unpack(*_hostile(**change), 1 << 24)


def test_numbers_of_another_type_are_refused() -> None:
    content, _ = _hostile()
    names = {f"t{n}": np.zeros((2, 2)) for n in range(9)}
    with pytest.raises(BadReply, match="picture"):
        unpack(content, save(names), 1 << 24)


def test_a_thousand_figures_are_refused() -> None:
    content, data = _hostile()
    content["pictures"] *= 1000
    with pytest.raises(BadReply, match="pictures"):
        unpack(content, data, 1 << 24)


@pytest.mark.parametrize("odd", [np.zeros((0, 0)), np.full((3, 4), np.nan)])
def test_odd_images_are_wrong_and_no_fault_of_ours(odd: np.ndarray) -> None:
    reply = Reply(pictures=((Panel((0.0, 0.0, 1.0, 1.0), images=(odd,)),),))
    params = {"images": (GREY,), "columns": 1}
    assert compare("panels", reply, params)


def test_boxes_that_are_no_numbers_are_wrong() -> None:
    panels = tuple(Panel((float("nan"),) * 4, images=(GREY,)) for _ in range(4))
    assert compare("panels", Reply(pictures=(panels,)), {"images": (GREY,) * 4, "columns": 2})


def test_a_wrong_figure_stands_beside_a_sketch_in_the_feedback() -> None:
    def check(student: Student) -> None:
        """A grey image."""
        params = {"images": (GREY[::-1],), "columns": 1}
        student.call("draw", picture=True).must("panels", params)

    check.points = 1  # type: ignore[attr-defined]
    namespace = {"draw": lambda: plt.imshow(GREY).figure}
    draw = Draw(0, "x")
    student = Student(lambda call: evaluate(call, namespace), draw)
    done = done_with(check, student, draw, outcome(check, student, draw))
    html = task_html(TaskReport("draw", 1, (done.result,)))
    [pair] = ElementTree.fromstring(f"<div>{done.result.picture}</div>")
    assert [image.get("alt") for image in pair] == ["your figure", "what was asked"]
    for image in pair:
        drawing = base64.b64decode(image.attrib["src"].removeprefix("data:image/svg+xml;base64,"))
        assert ElementTree.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"
        assert drawing.count(b"data:image/png;base64,") == 1
    assert done.result.picture in html


def panels_of(images: np.ndarray, columns: int = 3, **kwargs: Any) -> Picture:
    """A panel for each image."""

    def draw() -> Any:
        figure, axes = plt.subplots(len(images) // columns, columns, squeeze=False)
        for ax, one in zip(axes.flat, images, strict=True):
            ax.imshow(one, **kwargs)
            ax.set_axis_off()
        return figure

    return seen(draw)


def tiled(images: np.ndarray, gap: float, columns: int = 3) -> Picture:
    """One image of tiles [H, W, 3], each of them with a frame one pixel wide."""
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=gap)
    rows = [np.concatenate(list(row), 1) for row in framed.reshape(-1, columns, *framed.shape[1:])]
    return panels_of(np.concatenate(rows)[None], 1)


def said_of(picture: Picture, images: np.ndarray = PHOTOS) -> str | None:
    """What is wrong with a figure of those images, in three columns."""
    params = {"images": tuple(images), "columns": 3}
    return compare("panels", Reply(pictures=(picture,)), params)


@pytest.mark.parametrize("bytes_of", [False, True])
def test_panels_in_colour_are_right_in_any_scale(bytes_of: bool) -> None:
    shown = np.round(255 * PHOTOS).astype(np.uint8) if bytes_of else PHOTOS
    assert said_of(panels_of(shown)) is None


def test_another_order_of_the_channels_is_wrong() -> None:
    red, green, blue = (f"{value:.3g}" for value in PHOTOS[0, 0, 0])
    said = str(said_of(panels_of(PHOTOS[..., ::-1])))
    assert said.startswith("row 1, column 1: ") and said.endswith(
        f"in row 0, column 0 is ({blue}, {green}, {red}), ({red}, {green}, {blue}) wanted"
    )


def test_colours_are_not_turned_into_their_opposites() -> None:
    assert "pixels differ" in str(said_of(panels_of(1 - PHOTOS)))


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_tiles_in_colour_are_told_apart(gap: float) -> None:
    assert said_of(tiled(PHOTOS, gap)) is None
    assert str(said_of(tiled(PHOTOS[::-1], gap))).startswith("row 1, column 1: 1024 of 1024")
    assert "1 x 1 panels" in str(said_of(tiled(PHOTOS[:, :20], gap)))


def test_a_photo_without_colour_may_be_among_those_in_colour() -> None:
    some = PHOTOS.copy()
    some[1] = some[1].mean(-1, keepdims=True)
    assert said_of(panels_of(some), some) is None
    assert str(said_of(panels_of(some))).startswith("row 1, column 2: 1024 of 1024")


def test_photos_that_are_turned_are_recognised() -> None:
    params = {"images": tuple(PHOTOS), "columns": 3, "turned": True}
    assert compare("panels", Reply(pictures=(panels_of(PHOTOS.swapaxes(1, 2)),)), params) is None


@pytest.mark.parametrize("kind", ["panels", "mosaic"])
def test_colours_where_grey_is_wanted_are_named(kind: str) -> None:
    pixel = {"shape": (3, 4), "places": np.zeros((1, 2), int), "values": np.zeros((1, 1))}
    params = pixel if kind == "mosaic" else {"images": (GREY,), "columns": 1}
    reply = Reply(pictures=(panels_of(RED_TO_BLUE[None], 1),))
    wanted = "row 1, column 1: an image in colour, a grey one wanted"
    assert compare(kind, reply, params) == wanted


def test_a_sketch_shows_colours_and_no_other_channels() -> None:
    strange = Panel((0.0, 0.0, 1.0, 1.0), images=(np.zeros((3, 4, 5), np.float32),))
    params = {"images": (RED_TO_BLUE,), "columns": 1}
    assert _channels(beside("panels", params, [panels_of(RED_TO_BLUE[None], 1)])) == [3, 3]
    assert _channels(beside("panels", params, [panels_of(GREY[None], 1)])) == [1, 3]
    assert _channels(beside("panels", params, [(strange,)])) == [3]


def _channels(html: str) -> list[int]:
    """Of each image in a pair of drawings: what its pixels fill, by the size that it names."""
    counts = []
    for svg in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html):
        for png in re.findall(rb"data:image/png;base64,([^\"]+)", base64.b64decode(svg)):
            data = base64.b64decode(png)
            width, height = struct.unpack(">II", data[16:24])
            length = int.from_bytes(data[33:37])
            filled = len(zlib.decompress(data[41 : 41 + length])) // height - 1
            counts.append(filled // width)
            assert {0: 1, 2: 3}[data[25]] == filled / width
    return counts


def test_an_endlessly_tall_image_does_not_stretch_the_page() -> None:
    tower = Panel((0.0, 0.0, 1.0, 1.0), images=(np.zeros((100_000, 1), np.float32),))
    drawn = beside("panels", {"images": (GREY,), "columns": 1}, [(tower,)])
    assert max(map(float, re.findall(r'height="([\d.]+)"', drawn))) < 1500


def test_a_wrong_number_of_tiles_is_counted() -> None:
    params = {"images": (GREY,) * 4, "columns": 2}
    wide = np.concatenate([GREY] * 3, axis=1)
    panel = Panel((0.0, 0.0, 1.0, 1.0), images=(wide,))
    said = "the figure shows 1 x 3 images (rows x columns), 2 x 2 wanted"
    assert compare("panels", Reply(pictures=((panel,),)), params) == said
