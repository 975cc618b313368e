"""A judge on this machine that goes by a rule on the text it is shown, errs as often as it is told to, and can abstain.

It is a chat server like any other: what it is asked, and how it answers, goes over HTTP.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any

_SHOWN = re.compile(r'<(document|first|second|criterion) mark="(\w+)">\n(.*?)\n</\1 mark="\2">', re.DOTALL)
_LEAST = 12  # letters of a line that is worth quoting


@dataclass(frozen=True)
class Shown:
    """What a judge was shown: the document, the criterion, and the whole turn."""

    document: str
    criterion: str
    turn: str


def shown_to(request: Mapping[str, Any]) -> Shown:
    """Return what a request shows a judge."""
    text = _turn(request)
    parts = {name: said for name, _, said in _SHOWN.findall(text)}
    return Shown(document=parts["document"], criterion=parts["criterion"], turn=text)


def _turn(request: Mapping[str, Any]) -> str:
    """Return the turn that shows a judge what it judges."""
    (turn, *_) = [message["content"] for message in request["messages"] if message["role"] == "user"]
    return turn if isinstance(turn, str) else "".join(part["text"] for part in turn)


@dataclass
class Judge:
    """Answers a chat server's requests as a judge.

    Attributes:
        rule: Tells whether a document meets a criterion; None: it cannot be told.
        errs: The share of documents of each kind, met and not met, that it takes for the other.
        seed: Of its errors.
    """

    rule: Callable[[Shown], bool | None]
    errs: tuple[float, float] = (0.0, 0.0)
    seed: int = 0
    _chance: Random = field(init=False)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)  # noqa: S311 - chance, not a secret

    def __call__(self, number: int, request: Mapping[str, Any]) -> str:
        """Answer the n-th request."""
        del number
        shown = shown_to(request)
        meets = self.rule(shown)
        if meets is not None:
            with self._lock:
                meets ^= self._chance.random() < self.errs[0 if meets else 1]
        return answer("unclear" if meets is None else "pass" if meets else "fail", quote_from(shown.document))


@dataclass(frozen=True)
class Pair:
    """Two documents that a judge was shown, the criterion, and the whole turn."""

    first: str
    second: str
    criterion: str
    turn: str


def pair_shown_to(request: Mapping[str, Any]) -> Pair:
    """Return the pair that a request shows a judge."""
    turn = _turn(request)
    parts = {name: said for name, _, said in _SHOWN.findall(turn)}
    return Pair(first=parts["first"], second=parts["second"], criterion=parts["criterion"], turn=turn)


def comparing(rule: Callable[[Pair], str]) -> Callable[[int, Mapping[str, Any]], str]:
    """Return what answers requests with `first`, `second`, `tie` or `unclear`, as a rule says."""

    def answer_pair(number: int, request: Mapping[str, Any]) -> str:
        del number
        pair = pair_shown_to(request)
        quotes = {"first": [quote_from(pair.first)], "second": [quote_from(pair.second)]}
        return json.dumps({**quotes, "because": "Look at them.", "verdict": rule(pair)})

    return answer_pair


def quote_from(document: str) -> str:
    """Return a line of a document that can be quoted."""
    lines = (line.strip() for line in document.splitlines())
    return next(line for line in lines if sum(map(str.isalpha, line)) >= _LEAST)


def answer(verdict: str, *quotes: str) -> str:
    """Return a judge's answer."""
    return json.dumps({"quotes": [*quotes], "because": f"It is a {verdict}.", "verdict": verdict})
