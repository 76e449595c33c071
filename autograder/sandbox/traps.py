"""Takes forbidden modules out of a kernel: what is imported already becomes useless, and says so.

The syntax tree shows what a solution names; this catches what it reaches in other ways: getattr,
aliases, a search through all objects.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from vae_utils.rules import RuleBroken, Rules


class _Removed:
    """Stands where a forbidden module was; every use of it is a breach."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattribute__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # Python itself looks at modules
            return object.__getattribute__(self, attribute)
        name = object.__getattribute__(self, "_name")
        raise RuleBroken(f"{name} is forbidden in this assignment.")


def remove(forbidden: tuple[str, ...]) -> None:
    """Empty these modules and all below them, and put something in their place that objects."""
    for name in forbidden:
        importlib.import_module(name)
        below = [m for m in sys.modules if m == name or m.startswith(f"{name}.")]
        for module in sorted(below, reverse=True):
            _empty(sys.modules[module])
            sys.modules[module] = _Removed(name)  # type: ignore[assignment]
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, _Removed(name))


def _empty(module: ModuleType) -> None:
    """Functions and methods of an emptied module no longer find their globals."""
    own = [v for v in vars(module).values() if getattr(v, "__module__", "") == module.__name__]
    for value in own:
        if isinstance(value, type):
            for name in [n for n in vars(value) if not n.startswith("__") or n == "__init__"]:
                with contextlib.suppress(AttributeError, TypeError):
                    delattr(value, name)
    vars(module).clear()


@contextlib.contextmanager
def imports_watched(rules: Rules) -> Iterator[None]:
    """Inside, a notebook's functions may import only what the rules allow."""
    original = builtins.__import__

    def watched(name: str, *args: Any, **keywords: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__")
        if caller == "__main__" and not rules.allow(name):
            raise RuleBroken(rules.sentence(name))
        return original(name, *args, **keywords)

    builtins.__import__ = watched
    try:
        yield
    finally:
        builtins.__import__ = original
