"""A frozen dataclass to one that is quick to make; its one rule: nothing else about it changes.

The constructor that `dataclasses` writes for a frozen class goes through `object.__setattr__` for each field, which is
four times what an ordinary class takes. Reading a persona is making such values by the hundred.
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

_Class = TypeVar("_Class", bound=type[Any])


def quick(cls: _Class) -> _Class:
    """Give a frozen dataclass with slots a constructor that fills the slots through their descriptors.

    What is made is as frozen as before, and the constructor takes the same arguments; a `__post_init__` is not called.
    """
    scope: dict[str, Any] = {"MISSING": MISSING}
    taken, filled = ["self"], []
    for field in fields(cls):
        name, value = field.name, field.name
        scope |= {f"put_{name}": vars(cls)[name].__set__, f"usual_{name}": field.default}
        if field.kw_only and "*" not in taken:
            taken.append("*")
        if field.default_factory is not MISSING:
            scope[f"make_{name}"] = field.default_factory
            value = f"make_{name}() if {name} is MISSING else {name}"
        optional = field.default is not MISSING or field.default_factory is not MISSING
        taken.append(f"{name}=usual_{name}" if optional else name)
        filled.append(f"put_{name}(self, {value})")
    body = "\n    ".join(filled)
    exec(f"def __init__({', '.join(taken)}):\n    {body}", scope)  # noqa: S102 - names of our own classes' fields
    usual, made = cls.__init__, scope["__init__"]
    made.__qualname__, made.__module__, made.__annotations__ = usual.__qualname__, cls.__module__, usual.__annotations__
    cls.__init__ = made
    return cls
