"""`add_to_class` grows a class and leaves the function alone."""

import re

import pytest

from vae_utils import add_to_class


class Counter:
    start = 3


def test_the_function_becomes_a_method_of_objects_made_before() -> None:
    counter = Counter()

    @add_to_class(Counter)
    def plus(self: Counter, number: int) -> int:
        return self.start + number

    assert counter.plus(4) == 7  # type: ignore[attr-defined]


def test_the_very_same_function_comes_back() -> None:
    def plus(self: Counter) -> int:
        return self.start

    assert add_to_class(Counter)(plus) is plus
    assert Counter.__dict__["plus"] is plus


def test_running_a_cell_again_replaces_the_method() -> None:
    for answer in (1, 2):

        @add_to_class(Counter)
        def value(self: Counter, answer: int = answer) -> int:
            return answer

    assert Counter().value() == 2  # type: ignore[attr-defined]


def test_a_class_defined_again_gets_the_method_and_the_old_one_keeps_its_own() -> None:
    def define() -> type:
        return type("VAE", (), {})

    old, new = define(), define()
    add_to_class(old)(lambda self: "old")
    assert not hasattr(new, "<lambda>")
    add_to_class(new)(lambda self: "new")
    assert [getattr(cls(), "<lambda>")() for cls in (old, new)] == ["old", "new"]


def test_an_object_instead_of_a_class_is_refused() -> None:
    with pytest.raises(TypeError, match=re.escape("got an object of type 'Counter'")):
        add_to_class(Counter())  # type: ignore[arg-type]


def test_forgotten_parentheses_are_refused() -> None:
    with pytest.raises(TypeError, match=re.escape("@add_to_class(VAE), but got the function 'f'")):

        @add_to_class  # type: ignore[arg-type]
        def f(self: Counter) -> None: ...


def test_only_functions_can_be_attached() -> None:
    with pytest.raises(TypeError, match="must stand above a function, not an object of type 'int'"):
        add_to_class(Counter)(3)  # type: ignore[type-var]
