"""IPython in a kernel: what cells print, show and raise goes to the judge as messages."""

from __future__ import annotations

import base64
import builtins
import getpass
import io
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from IPython.core import page
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import print_figure
from matplotlib.figure import Figure
from traitlets import Type
from traitlets.config import Config

Send = Callable[[str, dict[str, Any]], None]

_PROMPT_WRITES = 100
"""Of each cell this many lines are sent as they come, further ones ten times a second."""
_PERIOD = 0.1
_CHUNK = 1 << 20


class Printed(io.TextIOBase):
    """Takes the place of stdout or stderr."""

    encoding = "utf-8"

    def __init__(self, name: str, send: Send) -> None:
        self.name, self._output = name, send
        self._lock = threading.RLock()
        self._parts: list[str] = []
        self._size = self._writes = 0
        self._sent = 0.0

    def writable(self) -> bool:
        """Yes."""
        return True

    def begin(self) -> None:
        """A cell begins."""
        self._writes = 0

    def write(self, text: str) -> int:
        """Keep the text, and send it if it is time to."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            self._parts.append(text)
            self._size += len(text)
            if "\n" in text or self._size > _CHUNK:
                self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what is kept, unless that was done very often."""
        rested = time.monotonic() - self._sent > _PERIOD
        if rested or self._writes < _PROMPT_WRITES or self._size > _CHUNK:
            self.send()

    def send(self) -> None:
        """Send what is kept."""
        with self._lock:
            text, self._parts, self._size = "".join(self._parts), [], 0
            for start in range(0, len(text), _CHUNK):
                self._output("stream", {"name": self.name, "text": text[start : start + _CHUNK]})
                self._writes += 1
            self._sent = time.monotonic()


def _as_text(data: dict[str, Any]) -> dict[str, str]:
    """Data by type as JSON can carry it: pictures in base64."""
    shown = {}
    for kind, value in data.items():
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        if isinstance(value, str):
            shown[kind] = value
    return shown


class _Results(DisplayHook):
    """The value of a cell's last line."""

    def write_output_prompt(self) -> None:
        """None: the notebook has it."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Send it in all its forms."""
        shell: Any = self.shell
        shell.send("execute_result", {"data": _as_text(format_dict)})

    def finish_displayhook(self) -> None:
        """Nothing follows it."""


class _Shown(DisplayPublisher):
    """What `display` is called with."""

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        """Send it."""
        shell: Any = self.shell
        shell.send("display_data", {"data": _as_text(data)})

    def clear_output(self, wait: bool = False) -> None:
        """What was shown stays."""


def _nobody(*_: Any, **__: Any) -> str:
    raise StdinNotImplementedError("Nobody is there to type: this notebook is being graded.")


class Shell(InteractiveShell):
    """An interactive shell without terminal, history and network."""

    displayhook_class = Type(_Results)
    display_pub_class = Type(_Shown)

    def connect(self, send: Send) -> None:
        """From now on output goes to `send(kind, content)`."""

        def flushed(kind: str, content: dict[str, Any]) -> None:
            self.send_printed()
            send(kind, content)

        self.send: Send = flushed
        self.printed = Printed("stdout", send), Printed("stderr", send)
        sys.stdout, sys.stderr = self.printed
        builtins.input = getpass.getpass = _nobody

    def run(self, source: str) -> None:
        """Run a cell."""
        for stream in self.printed:
            stream.begin()
        try:
            self.run_cell(source)
        finally:
            self.send_printed()

    def send_printed(self) -> None:
        """Send what was printed and not yet sent."""
        for stream in self.printed:
            stream.send()

    def enable_gui(self, gui: Any = None) -> None:
        """There is no event loop of a window."""

    def ask_exit(self) -> None:
        """In the place of quit() and exit(), which would end the kernel after their cell."""
        print("quit and exit end nothing here: the cells below are run as well.")

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = "an exception whose text cannot be shown"
        content = {"ename": str(etype.__name__), "evalue": text, "traceback": list(stb)}
        self.send("error", content)


def make(folder: str) -> Shell:
    """A shell, ready to be forked: it has no thread, and no file that it needs.

    folder: where IPython's own settings would be; nothing is there.
    """
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.cache_size = 0  # Out[...] would keep every tensor alive
    # Python's own traceback: to look for the lines around each takes IPython a tenth of a second.
    config.InteractiveShell.xmode = "Plain"
    shell = Shell.instance(config=config, ipython_dir=folder)
    shell.set_hook("show_in_pager", page.as_hook(page.display_page), 90)
    shell.enable_matplotlib("inline")
    formatter: Any = shell.display_formatter
    formatter.formatters["image/png"].for_type(Figure, _picture)
    _warm(shell)
    return shell


def _picture(figure: Figure) -> str | None:
    """As Jupyter draws it; but what sees to its own margins is not drawn twice to cut them."""
    margins = None if figure.get_layout_engine() else "tight"
    return print_figure(figure, base64=True, bbox_inches=margins)


def _warm(shell: Shell) -> None:
    """What the first exception and the first picture bring in, once for all kernels."""
    try:
        exec(compile("1 / 0", "<warm>", "exec"), {})
    except ZeroDivisionError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())
    figure = Figure(figsize=(2, 2))
    axes = figure.add_subplot(xlabel="$x$", title="0")
    axes.legend(handles=axes.plot([0, 1], label="1"))
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
