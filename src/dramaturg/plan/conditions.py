"""A `<Condition check="…">` to what it says of named values; its one rule: values are compared, prose never judged.

```
CONFIDENCE_SCORE < 80 · RISK == "high" and not REVIEWED · (A >= 2 or B is no)
```
A check that is no such expression is a sentence, whose truth the model is asked for as a value of its own.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dramaturg.persona.model import fold_id

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[+-]?\d+(?:\.\d+)?)\s*%?(?![\w.])|(?P<quoted>\"[^\"]*\"|'[^']*')"
    r"|(?P<op><=|>=|==|!=|<>|=|<|>|≤|≥|≠|\bis\s+not\b|\bis\b|\bequals\b)"
    r"|(?P<joint>\(|\)|!|&&|\|\||\b(?:and|or|not)\b)|(?P<name>`?[A-Za-z_][\w-]*`?))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d+)?\s*%?\s*")
_SPELLINGS: Mapping[str, str] = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "<>": "!=",
    "=": "==",
    "is": "==",
    "is not": "!=",
    "equals": "==",
    "&&": "and",
    "||": "or",
    "!": "not",
}
_NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TRUE = frozenset({"yes", "true", "y", "1", "holds"})
_FALSE = frozenset({"no", "false", "n", "0", ""})
_DEEPEST = 20

_Token = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A named value held against another; `numeric` where the author compares with a number."""

    name: str
    sign: str
    value: str
    numeric: bool

    def holds(self, values: Mapping[str, str]) -> bool:
        """Tell whether it is so; a value that is not known makes no comparison true."""
        given = values.get(fold_id(self.name))
        if given is None:
            return False
        if self.numeric:
            number = as_number(given)
            if number is None:
                return False
            aim = float(self.value)
            compare = _NUMERIC.get(self.sign)
            return compare(number, aim) if compare else (number == aim) == (self.sign == "==")
        return (_same(given, self.value)) == (self.sign == "==")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Conditions joined by `and`, `or`, or denied by `not`."""

    joint: str
    parts: tuple["Check", ...]

    def holds(self, values: Mapping[str, str]) -> bool:
        """Tell whether it is so."""
        if self.joint == "not":
            return not self.parts[0].holds(values)
        return (all if self.joint == "and" else any)(part.holds(values) for part in self.parts)


Check = Comparison | Joined


def read_check(text: str) -> Check | None:
    """Read a check; None for what is a sentence rather than an expression."""
    tokens = _tokens(text)
    if not tokens:
        return None
    try:
        check, rest = _any_of(tokens, 0)
    except _SentenceError:
        return None
    return None if rest else check


def compared(check: Check) -> Iterator[Comparison]:
    """Yield the comparisons a check is made of, in the order written."""
    if isinstance(check, Comparison):
        yield check
        return
    for part in check.parts:
        yield from compared(part)


def as_number(text: str) -> float | None:
    """Return a value as a number, `85`, `85.5` or `85 %`; None for anything else."""
    return float(text.strip().rstrip("%").strip()) if _NUMBER.fullmatch(text) else None


def as_truth(text: str) -> bool | None:
    """Return a value as yes or no; None for anything else."""
    folded = text.strip().casefold()
    return True if folded in _TRUE else False if folded in _FALSE else None


def _same(left: str, right: str) -> bool:
    truths = as_truth(left), as_truth(right)
    return truths[0] == truths[1] if None not in truths else fold_id(left) == fold_id(right)


class _SentenceError(Exception):
    """The text is a sentence after all."""


def _tokens(text: str) -> list[_Token]:
    """Cut a check into tokens; nothing if any of it is none."""
    tokens: list[_Token] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            return []
        said = found[found.lastgroup]
        if found.lastgroup in ("op", "joint"):
            said = " ".join(said.casefold().split())
            said = _SPELLINGS.get(said, said)
        tokens.append((found.lastgroup, said.strip("`\"'") if found.lastgroup in ("name", "quoted") else said))
        at = found.end()
    return tokens


def _any_of(tokens: list[_Token], depth: int) -> tuple[Check, list[_Token]]:
    return _joined("or", tokens, lambda rest: _joined("and", rest, lambda inner: _one(inner, depth)))


def _joined(
    joint: str, tokens: list[_Token], read: Callable[[list[_Token]], tuple[Check, list[_Token]]]
) -> tuple[Check, list[_Token]]:
    first, rest = read(tokens)
    parts = [first]
    while rest and rest[0] == ("joint", joint):
        part, rest = read(rest[1:])
        parts.append(part)
    return (first if len(parts) == 1 else Joined(joint=joint, parts=tuple(parts))), rest


def _one(tokens: list[_Token], depth: int) -> tuple[Check, list[_Token]]:
    if not tokens or depth > _DEEPEST:
        raise _SentenceError
    if tokens[0] == ("joint", "not"):
        part, rest = _one(tokens[1:], depth + 1)
        return Joined(joint="not", parts=(part,)), rest
    if tokens[0] == ("joint", "("):
        inner, rest = _any_of(tokens[1:], depth + 1)
        if not rest or rest[0] != ("joint", ")"):
            raise _SentenceError
        return inner, rest[1:]
    return _comparison(tokens)


def _comparison(tokens: list[_Token]) -> tuple[Check, list[_Token]]:
    kind, name = tokens[0]
    if kind != "name":
        raise _SentenceError
    if len(tokens) == 1 or tokens[1][0] == "joint":
        return Comparison(name=name, sign="==", value="yes", numeric=False), tokens[1:]
    if tokens[1][0] != "op" or len(tokens) == 2 or tokens[2][0] in ("op", "joint"):  # noqa: PLR2004 - name, sign, value
        raise _SentenceError
    sign, (of, value) = tokens[1][1], tokens[2]
    if sign in _NUMERIC and of != "number":
        raise _SentenceError
    return Comparison(name=name, sign=sign, value=value, numeric=of == "number"), tokens[3:]
