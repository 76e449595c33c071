"""Tells loops over a batch from loops over something short, by what they go through.

Short, whatever the batch is: what a literal lists, a shape, layers, a fixed number of rounds, and
as many as something has dimensions, or entries along any axis but the first. All other loops might
run over rows and are taken for such.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SHAPES = ("shape", "size")
_DIMENSIONS = ("ndim", "dim")
_PARTS = ("parameters", "named_parameters", "modules", "children", "layers")
_LAYERS = ("params", "layers", "weights")  # how names of lists of layers end
_WRAPPERS = ("enumerate", "reversed", "zip", "tuple", "list")
_BATCH = "batch_size"


class Loops:
    """The loops of a solution, with what is known of its names."""

    def __init__(self, tree: ast.AST) -> None:
        nodes = list(ast.walk(tree))
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self._own = stored | {n.arg for n in nodes if isinstance(n, ast.arg)} | {_BATCH}
        self._short: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._learn(target, node.value)

    def _learn(self, target: ast.AST, value: ast.AST) -> None:
        """Names of numbers that do not grow with the batch."""
        if isinstance(target, ast.Tuple) and _is_shape(value):
            self._short |= {n.id for n in target.elts[1:] if isinstance(n, ast.Name)}
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._learn(one, other)
        elif isinstance(target, ast.Name) and self._is_small(value):
            self._short.add(target.id)

    def over_rows(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a loop or a comprehension goes through, unless that is short."""
        if isinstance(node, ast.While) and not self._is_small(node.test):
            yield node.test
        loop = isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension))
        if loop and not self._is_short(node.iter):  # type: ignore[attr-defined]
            yield node.iter  # type: ignore[attr-defined]

    def _is_short(self, source: ast.AST) -> bool:
        if isinstance(source, (ast.Tuple, ast.List)):
            return not any(isinstance(part, ast.Starred) for part in source.elts)
        if isinstance(source, ast.Subscript):  # a slice of a shape, or of layers
            return self._is_short(source.value)
        if isinstance(source, ast.Name):
            return source.id.endswith(_LAYERS)
        if isinstance(source, ast.Call) and _name(source) == "range":
            return all(map(self._is_small, source.args))
        if isinstance(source, ast.Call) and _name(source) in _WRAPPERS:
            return all(map(self._is_short, source.args))
        return _is_shape(source) or _has_name(source, _PARTS)

    def _is_small(self, node: ast.AST) -> bool:
        """Whether it is a number, or a comparison, that has nothing to do with the batch."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int) and node.value is not True
        if isinstance(node, ast.Name):
            return node.id in self._short or node.id not in self._own
        if isinstance(node, ast.Compare):
            return all(map(self._is_small, (node.left, *node.comparators)))
        if isinstance(node, ast.BinOp):
            return self._is_small(node.left) and self._is_small(node.right)
        if isinstance(node, ast.UnaryOp):
            return self._is_small(node.operand)
        if isinstance(node, ast.Call) and _name(node) == "len":
            return all(map(self._is_short, node.args))
        if isinstance(node, ast.Subscript) and _is_shape(node.value):
            return self._is_small(node.slice) and not _is_zero(node.slice)
        if isinstance(node, ast.Call) and _has_name(node, _SHAPES):  # x.size(1)
            return all(self._is_small(axis) and not _is_zero(axis) for axis in node.args)
        return _has_name(node, _DIMENSIONS)


def _is_shape(node: ast.AST) -> bool:
    """`x.shape` or `x.size()`: one number for each dimension."""
    return _has_name(node, _SHAPES) and not (isinstance(node, ast.Call) and node.args)


def _has_name(node: ast.AST, names: tuple[str, ...]) -> bool:
    """Whether it is an attribute of such a name, called or not."""
    called = node.func if isinstance(node, ast.Call) else node
    return isinstance(called, ast.Attribute) and called.attr in names


def _is_zero(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""
