"""Directives to what became of their rules; its one rule: only what no directive says any more is lost.

A rule is a `<Rule>`, an item of a list at the margin, or a key of a directive that is written as a YAML mapping.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dramaturg.findings.model import Span
from dramaturg.persona.mask import mask
from dramaturg.persona.model import Directive, fold_id
from dramaturg.plan.changes import Change, Place, Subject, What
from dramaturg.plan.pairing import Pairing, likeness, words
from dramaturg.plan.prose import one_line, prose_of

_RULE = re.compile(
    r"<Rule\b(?P<said>(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>(?P<text>.*?)(?=</?Rule\b|\Z)", re.IGNORECASE | re.DOTALL
)
_ID = re.compile(r"\bid\s*=\s*[\"'](?P<id>[^\"']*)[\"']", re.IGNORECASE)
_ITEM_ID = re.compile(r"^[ \t]*\{?[ \t]*id:[ \t]*[\"']?(?P<id>[^\"',}\n]*)[\"']?[ \t]*,?", re.MULTILINE)
_LEADING = re.compile(r"(?:\*\*|__)(?P<bold>[^*_\n]+?):?(?:\*\*|__):?|(?P<key>[\w.-]+):(?=\s)")
_YAML_KEY = re.compile(r"^(?P<indent>[ \t]*)(?P<id>[\w.-]+):(?=\s)", re.MULTILINE)
_NAME_WORDS = 5
_ALIKE = 0.6
_ALIKE_ELSEWHERE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One rule; `home` is the folded name of its directive, for an earlier one of what that has become, if anything."""

    name: str
    text: str
    span: Span
    home: str


class Rulesets:
    """The rules of two personas, paired across all directives.

    Args:
        before: The earlier directives.
        after: The later ones.
        became: The name of each earlier directive that is still there, to its later name; both folded.
    """

    def __init__(self, before: Sequence[Directive], after: Sequence[Directive], became: Mapping[str, str]) -> None:
        self._openers = {fold_id(directive.name): directive.opener for directive in after}
        self._said = _words(" ".join(directive.text for directive in after))
        olds = [rule for each in before for rule in _rules(each, became.get(fold_id(each.name), ""))]
        self._pairs = pairs = Pairing(olds, [rule for each in after for rule in _rules(each, fold_id(each.name))])
        pairs.by_key(lambda rule: (rule.home, rule.text))
        pairs.by_key(lambda rule: rule.text)
        pairs.by_score(lambda old, new: _alike(old, new) if old.home == new.home else 0, least=_ALIKE_ELSEWHERE)
        pairs.by_key(lambda rule: (rule.home, fold_id(rule.name)))
        pairs.by_score(lambda old, new: _alike(old, new) if old.home == new.home else 0, least=_ALIKE)
        pairs.by_score(_alike, least=_ALIKE_ELSEWHERE)

    def changes(self, directive: str, place: Place) -> Iterator[Change]:
        """Yield which rules a directive, by its later name, has lost and gained."""
        home, pairs = fold_id(directive), self._pairs
        here = replace(place, where=directive, after=self._openers[home])
        for at, rule in enumerate(pairs.olds):
            if rule.home == home and at not in pairs.new_of and _words(rule.text) not in self._said:
                yield replace(here, before=rule.span).change(Subject.RULE, What.LOST, rule.name, before=rule.text)
        for at, rule in enumerate(pairs.news):
            if rule.home == home and at not in pairs.old_of:
                yield replace(here, after=rule.span).change(Subject.RULE, What.ADDED, rule.name, after=rule.text)


def _alike(old: _Rule, new: _Rule) -> float:
    return likeness(words(old.text), words(new.text))


def _words(text: str) -> str:
    """Return the words of a text such that one text holds another if it says it."""
    return f" {' '.join(words(text))} "


def _rules(directive: Directive, home: str) -> Iterator[_Rule]:
    margin = 0 if directive.tagged else directive.origin.span.column - 1
    text = " " * margin + directive.text  # a YAML value begins behind the indentation of its first line
    for name, start, end in _stretches(text, tagged=directive.tagged):
        said = text[start:end].strip()
        at = text.index(said, start) - margin
        found = (None if directive.tagged else _ITEM_ID.search(said)) or _LEADING.match(said)
        given = next(filter(None, found.groups()), "").strip() if found else ""
        bare = one_line(f"{said[: found.start()]} {said[found.end() :]}") if found and not name else ""
        yield _Rule(
            name=name or given or " ".join(said.split()[:_NAME_WORDS]),
            text=bare or one_line(said),
            span=directive.origin.span.within(directive.text, at, at + len(said)),
            home=home,
        )


def _stretches(text: str, *, tagged: bool) -> Iterator[tuple[str, int, int]]:
    """Yield the name, empty where the tag or key gives none, the beginning and the end of each rule."""
    tags = [*_RULE.finditer(mask(text))] if "<" in text else []
    for tag in tags:
        said = _ID.search(tag["said"])
        yield (said["id"] if said else ""), *tag.span("text")
    listed = prose_of(text).bullets
    for bullet in listed:
        if bullet.text.strip() and not any(tag.start() <= bullet.start < tag.end() for tag in tags):
            yield "", bullet.start, bullet.end
    if not tagged and not tags and not listed:
        keys = [*_YAML_KEY.finditer(text)]
        outer = [key for key in keys if len(key["indent"]) == len(keys[0]["indent"])]
        for key, following in zip(outer, (*outer[1:], None), strict=False):
            yield key["id"], key.end(), following.start() if following else len(text)
