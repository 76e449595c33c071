"""Lets a class grow one method a notebook cell, so that each task has a cell of its own."""

import inspect
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable)


def add_to_class(cls: type) -> Callable[[Function], Function]:
    """Attach the decorated function to `cls` as a method of the same name.

    The function itself comes back unchanged, so it can also be called or inspected on its own, and
    running the cell again replaces the method. Objects made before see the new method as well.
    Inside such a function write `super(VAE, self)`: a bare `super()` needs the class body.

        @add_to_class(VAE)
        def decoder(self, z): ...

    Raises:
        TypeError: `cls` is not a class, or what stands below the decorator is not a function.
    """
    if not inspect.isclass(cls):
        raise TypeError(
            f"add_to_class wants a class, as in @add_to_class(VAE), but got {_kind(cls)}."
        )

    def attach(function: Function) -> Function:
        if not inspect.isfunction(function):
            raise TypeError(
                f"@add_to_class({cls.__name__}) must stand above a function, not {_kind(function)}."
            )
        setattr(cls, function.__name__, function)
        return function

    return attach


def _kind(thing: object) -> str:
    if inspect.isfunction(thing):
        return f"the function {thing.__name__!r}"
    return f"an object of type {type(thing).__name__!r}"
