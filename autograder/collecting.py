"""Finds the checks in a file. They are pytest tests, and pytest collects them: once a process, as
its own start takes longer than most of them."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

Check = Callable[..., None]

FIXTURES = ("student", "draw")
"""What the judge has for a check; it takes any of them by name."""
_OPTIONS = (
    "--noconftest", "--assert=plain", "--import-mode=prepend", "--capture=no", "--collect-only",
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:logging",
    # These two collect garbage, which takes 0.3 s a file.
    "-p", "no:unraisableexception", "-p", "no:threadexception",
    "-o", "python_files=*.py", "-o", "addopts=", "-o", "filterwarnings=",
)  # fmt: skip


class NoChecks(RuntimeError):
    """A file of checks cannot be used: a fault of its author."""


class _Collector:
    """pytest plug-in: keeps what was collected, and why something was not."""

    def __init__(self) -> None:
        self.found: list[pytest.Function] = []
        self.broken: list[str] = []

    @pytest.fixture
    def student(self) -> None:
        """The submission, when the judge runs the check."""

    @pytest.fixture
    def draw(self) -> None:
        """Random inputs, different for each check and each submission."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be imported."""
        if report.failed:
            self.broken.append(report.longreprtext)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the checks."""
        self.found = [item for item in session.items if isinstance(item, pytest.Function)]


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """pytest without the settings and plug-ins of whoever started us."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")
    saved = {name: os.environ.pop(name) for name in names if name in os.environ}
    autoload = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        if autoload is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(saved)


@cache
def collected(path: Path) -> tuple[Check, ...]:
    """The checks of a file, in its order.

    Raises:
        NoChecks: it cannot be imported, holds none, or one that the judge cannot run.
    """
    plugin, noise = _Collector(), io.StringIO()
    arguments = ["-c", os.devnull, "--rootdir", str(path.parent), *_OPTIONS, str(path)]
    with _own_environment(), contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
        status = pytest.main(arguments, [plugin])
    if plugin.broken:
        raise NoChecks("\n".join(plugin.broken))
    if not plugin.found:
        raise NoChecks(f"{path} holds no checks (pytest ended with {status}): {noise.getvalue()}")
    return tuple(_usable(item, path) for item in plugin.found)


def _usable(item: pytest.Function, path: Path) -> Check:
    check: Check = item.function
    wanted = tuple(inspect.signature(check).parameters)
    if not set(wanted) <= set(FIXTURES):
        raise NoChecks(f"{path}: {item.name} takes {', '.join(wanted)}; a check takes {FIXTURES}")
    if not isinstance(getattr(check, "points", None), (int, float)):
        raise NoChecks(f"{path}: {item.name} carries no points; write @worth(...) above it")
    if list(item.iter_markers()):
        raise NoChecks(f"{path}: {item.name} has pytest marks; the judge knows none")
    return check
