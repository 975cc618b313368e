"""Two pieces of HTML to where their words differ; its one rule: only text is marked, tags stay as they were."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from markupsafe import Markup

_TOKEN = re.compile(r"<[^>]*>|\s+|&#?\w+;|\w+|[^\w\s<]")
_MANY = 6_000  # tokens beyond which looking for what is alike takes too long
_ALIKE = 0.4  # share of words in common below which marks would hide more than they show


def marked_differences(old: Markup, new: Markup) -> tuple[Markup, Markup]:
    """Return both with the words marked that the other has not: `del` in the earlier one, `ins` in the later.

    Two that have little in common are returned as they are: everything would be marked.
    Both must be HTML of our own templates, where every `<` begins a tag and every `>` ends one.
    """
    olds, news = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(olds) + len(news) > _MANY:
        return old, new
    was, now = [True] * len(olds), [True] * len(news)
    for first, start, size in _alike(olds, news):
        was[first : first + size] = now[start : start + size] = [False] * size
    if _kept(olds, was) + _kept(news, now) < 2 * _ALIKE:
        return old, new
    return _joined(olds, was, "del"), _joined(news, now, "ins")


def _alike(olds: Sequence[str], news: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield where runs of equal tokens begin in both, and how long they are.

    What both begin and end with is not searched for: of a long text that was changed in one place that is nearly all.
    """
    shorter = min(len(olds), len(news))
    head = next((at for at in range(shorter) if olds[at] != news[at]), shorter)
    most = shorter - head
    tail = next((at for at in range(most) if olds[-1 - at] != news[-1 - at]), most)
    yield 0, 0, head
    yield len(olds) - tail, len(news) - tail, tail
    between = olds[head : len(olds) - tail], news[head : len(news) - tail]
    for first, start, size in SequenceMatcher(None, *between, autojunk=False).get_matching_blocks():
        yield head + first, head + start, size


def _kept(tokens: Sequence[str], differ: Sequence[bool]) -> float:
    """Return the share of words that do not differ; 1 where there are none."""
    words = [differs for token, differs in zip(tokens, differ, strict=True) if token[0].isalnum()]
    return 1 - sum(words) / len(words) if words else 1.0


def _joined(tokens: Sequence[str], differ: Sequence[bool], element: str) -> Markup:
    return Markup("".join(_pieces(tokens, differ, element)))  # noqa: S704 - pieces of HTML that was escaped


def _pieces(tokens: Sequence[str], differ: Sequence[bool], element: str) -> Iterator[str]:
    """Yield the tokens, each run of words that differ in an element of its own, never across a tag."""
    run: list[str] = []
    for token, differs in zip(tokens, differ, strict=True):
        if token.startswith("<") or not (differs or (run and token.isspace())):
            yield from _ended(run, element)
            run = []
            yield token
        elif run or not token.isspace():
            run.append(token)
        else:
            yield token
    yield from _ended(run, element)


def _ended(run: Sequence[str], element: str) -> Iterator[str]:
    """Yield a run in its element, the white space at its end behind that."""
    text = "".join(run)
    words = text.rstrip()
    if words:
        yield f"<{element}>{words}</{element}>"
    yield text[len(words) :]
