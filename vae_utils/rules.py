"""House rules of an assignment, checked on the syntax tree: comments and strings do not count."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vae_utils.loops import Loops

_IMPORTERS = ("importlib", "imp", "pkgutil", "runpy", "zipimport")  # they import by other words


class RuleBroken(RuntimeError):
    """Raised at run time where a forbidden name is used all the same."""


@dataclass(frozen=True)
class Rules:
    """What solutions may not do.

    packages: those that may be imported, besides Python's standard library without its own ways
        to import; None allows all.
    forbidden: dotted names of modules that may not be used in any way.
    no_loops: tasks whose solutions may hold no loop over a batch (see `vae_utils.loops`).
    locked: whether a task is lost with its locked cell changed; else that is put back, and no more.
    """

    packages: tuple[str, ...] | None = None
    forbidden: tuple[str, ...] = ()
    no_loops: tuple[str, ...] = ()
    locked: bool = False

    def allow(self, module: str) -> bool:
        """Whether a module may be imported."""
        top = module.partition(".")[0]
        python = top in sys.stdlib_module_names and top not in _IMPORTERS
        known = self.packages is None or top in self.packages or python
        return known and not self._forbids(module)

    def with_packages(self, sources: Iterable[str]) -> Rules:
        """These rules, letting through what the sources import in plain sight."""
        if self.packages is None:
            return self
        nodes = (node for tree in map(_parsed, sources) if tree for node in ast.walk(tree))
        found = {module.partition(".")[0] for node in nodes for module in _imported(node)}
        return replace(self, packages=(*self.packages, *sorted(found)))

    def _forbids(self, name: str) -> bool:
        return any(name == f or name.startswith(f"{f}.") for f in self.forbidden)

    def broken(self, source: str, task: str) -> str:
        """The first breach in a solution's source as a sentence with its line, else nothing.

        What is no Python breaks no rule: it fails in its own way.
        """
        tree = _parsed(source)
        found = sorted(set(self._breaches(tree, task))) if tree else []
        return f"line {found[0][0]}: {found[0][1]}" if found else ""

    def _breaches(self, tree: ast.AST, task: str) -> Iterator[tuple[int, str]]:
        loops = Loops(tree)
        for node in ast.walk(tree):
            for module in _imported(node):
                if not self.allow(module):
                    yield _line(node), self.sentence(module)
            name = _dotted(node)
            if self._forbids(name):
                yield _line(node), f"{name} is forbidden in this assignment."
            importer = name.partition(".")[0]
            if importer in (*_IMPORTERS, "__import__") and not self.allow(importer):
                yield _line(node), self.sentence(importer)
            if task in self.no_loops:
                for _ in loops.over_rows(node):
                    yield _line(node), "No loop over the batch here: treat all rows at once."

    def sentence(self, module: str) -> str:
        """Why a module may not be imported."""
        if self._forbids(module):
            return f"{module} is forbidden in this assignment."
        return f"No further imports, please: {module} is not among what the notebook imports."


def _parsed(source: str) -> ast.AST | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0) or getattr(getattr(node, "iter", None), "lineno", 0))


def _imported(node: ast.AST) -> list[str]:
    """Full names of what a statement imports; `from a import b` may mean the module a.b."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _dotted(node: ast.AST) -> str:
    """`a.b.c` or `a` for such an expression, else an empty string."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""
