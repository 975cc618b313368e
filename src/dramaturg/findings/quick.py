"""A frozen dataclass to what makes its values quickly; its one rule: nothing else about them changes.

The constructor that `dataclasses` writes for a frozen class goes through `object.__setattr__` for each field, which is
four times what an ordinary class takes. Reading a persona is making such values by the hundred.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any, ParamSpec, TypeVar

_Class = TypeVar("_Class", bound=type[Any])
_Value = TypeVar("_Value")
_Given = ParamSpec("_Given")


def quick(cls: _Class) -> _Class:
    """Give a frozen dataclass with slots a constructor that fills the slots through their descriptors.

    What is made is as frozen as before, and the constructor takes the same arguments; a `__post_init__` is not called.
    """
    scope = {f"put_{field.name}": vars(cls)[field.name].__set__ for field in fields(cls)}
    taken, values = _parameters(cls, scope)
    filled = [f"put_{name}(self, {value})" for name, value in values.items()]
    usual, made = cls.__init__, _function("__init__", ["self", *taken], filled, scope)
    made.__qualname__, made.__module__, made.__annotations__ = usual.__qualname__, cls.__module__, usual.__annotations__
    cls.__init__ = made
    return cls


def maker(cls: Callable[_Given, _Value]) -> Callable[_Given, _Value]:
    """Return what makes a value of a frozen dataclass with slots in half the time of a quick constructor.

    A constructor is handed an object that is frozen already. This fills an object of an ordinary class with the same
    slots, and then changes its class, which Python allows where both are laid out alike.
    """
    slots = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # no type says "a class with such parameters"
    scope = {"UNFROZEN": type("Unfrozen", (), {"__slots__": slots}), "FROZEN": cls}
    taken, values = _parameters(cls, scope)
    filled = [f"self.{name} = {value}" for name, value in values.items()]
    body = ["self = UNFROZEN()", *filled, "self.__class__ = FROZEN", "return self"]
    made: Callable[_Given, _Value] = _function("make", taken, body, scope)
    return made


def _parameters(cls: Any, scope: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Return what the constructor of a dataclass takes, and the value of each field, as they are written in Python.

    What they refer to is put into the scope.
    """
    taken: list[str] = []
    values: dict[str, str] = {}
    for field in fields(cls):
        name = values[field.name] = field.name
        if field.kw_only and "*" not in taken:
            taken.append("*")
        if field.default_factory is not MISSING:
            scope |= {"MISSING": MISSING, f"make_{name}": field.default_factory}
            values[name] = f"make_{name}() if {name} is MISSING else {name}"
        scope[f"usual_{name}"] = field.default
        optional = field.default is not MISSING or field.default_factory is not MISSING
        taken.append(f"{name}=usual_{name}" if optional else name)
    return taken, values


def _function(name: str, taken: Sequence[str], body: Sequence[str], scope: dict[str, Any]) -> Any:
    lines = "\n    ".join(body)
    exec(f"def {name}({', '.join(taken)}):\n    {lines}", scope)  # noqa: S102 - names of our own classes' fields
    return scope[name]
