"""Tells loops over a batch from loops over something short, by what they go through.

The pairs of a literal, the sizes in a shape and a fixed number of rounds are short, whatever the
batch is. All other loops might run over its rows, and are taken for such.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SHAPES = ("shape", "size")
_DIMENSIONS = ("ndim", "dim")
_WRAPPERS = ("enumerate", "reversed", "zip", "tuple", "list")


def over_rows(node: ast.AST) -> Iterator[ast.AST]:
    """What a loop, a comprehension, `map` or `filter` goes through, unless that is short."""
    for source in _sources(node):
        if not _is_short(source):
            yield source


def _sources(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.While):
        return [] if _is_about_dimensions(node.test) else [node.test]
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        return [node.iter]
    if isinstance(node, ast.Call) and _name(node) in ("map", "filter"):
        return [*node.args[1:]]
    return []


def _is_short(source: ast.AST) -> bool:
    if isinstance(source, (ast.Tuple, ast.List)):
        return not any(isinstance(part, ast.Starred) for part in source.elts)
    if isinstance(source, ast.Subscript):  # a slice of a shape
        return _is_shape(source.value)
    if isinstance(source, ast.Call) and _name(source) == "range":
        return all(_is_about_dimensions(bound) for bound in source.args)
    if isinstance(source, ast.Call) and _name(source) in _WRAPPERS:
        return all(map(_is_short, source.args))
    return _is_shape(source)


def _is_shape(node: ast.AST) -> bool:
    """`x.shape` or `x.size()`: one number for each dimension."""
    called = node.func if isinstance(node, ast.Call) and not node.args else node
    return isinstance(called, ast.Attribute) and called.attr in _SHAPES


def _is_about_dimensions(node: ast.AST) -> bool:
    """Put together from numbers and from how many dimensions something has."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int) and node.value is not True
    if isinstance(node, ast.Compare):
        return all(map(_is_about_dimensions, (node.left, *node.comparators)))
    if isinstance(node, ast.BinOp):
        return _is_about_dimensions(node.left) and _is_about_dimensions(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_about_dimensions(node.operand)
    if isinstance(node, ast.Call) and _name(node) == "len":
        return all(map(_is_shape, node.args))
    called = node.func if isinstance(node, ast.Call) and not node.args else node
    return isinstance(called, ast.Attribute) and called.attr in _DIMENSIONS


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""
