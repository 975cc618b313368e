"""A masked body to its tags; its one rule: only the names listed here are structure, all else is the author's text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from dramaturg.findings.source import Source

PROTOCOL = "operational_protocol"
DIRECTIVES = "directives"
SLOTS: Mapping[str, str] = {
    "philosophy": "philosophy",
    "core_philosophy": "philosophy",
    "primary_directive": "primary_directive",
    "primary_objective": "primary_directive",
    "operational_protocol": PROTOCOL,
    "output_contract": "output_contract",
    "output_specifications": "output_contract",
    "directives": DIRECTIVES,
}
_KNOWN = frozenset(SLOTS.values())
_SECTION = "section:"
BARE_SECTION = "section"
_STEP = "step"
_CONDITION = "condition"
_DIRECTIVE = "directive_"
WRAPPER = "persona"
_NAMES = frozenset((*SLOTS, _STEP, _CONDITION, WRAPPER))
_LIKE = 0.7  # less than any likeness that is asked for
_NEARLY = 0.85  # a name this like a known one is taken for a slip of the pen
_WORD = r"[^\s<>=\"'/]+"
_WORDS = rf"(?>{_WORD}+(?:[ \t]+{_WORD}+(?!\s*=))*)"  # a section's name; what an `=` follows is an attribute
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>SECTION\s*:\s*{_WORDS}|[A-Za-z_][\w.:-]*+)"
    r"(?P<attributes>(?:[^<>\"']++|\"[^\"\n]*+\"|'[^'\n]*+')*+)>",
    re.IGNORECASE,
)
_TAG_START = re.compile(
    rf"<(?P<close>/?)(?P<name>SECTION\s*:\s*[\w.-]*|(?:Step|{'|'.join(SLOTS)}|Directive_\w+)(?![\w.:-]))"
    r"(?P<rest>[^<>\n]*>?)"
    rf"|<(?=[ \t/\\]*[ \t\\])[ \t]*(?P<close2>[/\\]?)[ \t]*"
    rf"(?P<name2>SECTION\s*:\s*[\w.-]+|Step|{'|'.join(SLOTS)}|Directive_\w+)"
    r"(?P<rest2>\s+(?:number|name)\s*=[^<>\n]*>|\s*>)",
    re.IGNORECASE,
)
_NOTHING: Mapping[str, str] = {}
_ODD_QUOTES = "“”„‘’«»"
_ATTRIBUTE = re.compile(
    r"(?P<key>[A-Za-z_][\w-]*)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'=/]+))"
)
_LOOSE_ATTRIBUTE = re.compile(
    r"(?P<key>[A-Za-z_][\w-]*)\s*=\s*[\"'“”„‘’«»]?(?P<value>[^<>=]*?)[\"'“”„‘’«»]?(?=\s+[\w-]+\s*=|\s*/?>|\s*$)"
)


class Tag(NamedTuple):
    """A tag as it stands in the file; `name` is folded to the one name of its spellings, `written` is not.

    A malformed one was begun as structure and is not well-formed; what it says was read as far as it can be.
    """

    start: int
    end: int
    closes: bool
    name: str
    written: str
    attributes: Mapping[str, str]
    malformed: bool = False

    @property
    def is_block(self) -> bool:
        """Whether it opens or closes a slot, known or an extension."""
        return self.name in _KNOWN or self.name.startswith(_SECTION)

    @property
    def is_known_block(self) -> bool:
        """Whether it opens or closes a slot of the language."""
        return self.name in _KNOWN

    @property
    def is_section(self) -> bool:
        """Whether it is spelt `<SECTION:…>`, or closes whatever is."""
        return self.written.casefold().startswith(_SECTION) or self.name == BARE_SECTION

    @property
    def is_step(self) -> bool:
        """Whether it opens or closes a step."""
        return self.name == _STEP

    @property
    def is_condition(self) -> bool:
        """Whether it opens or closes a condition."""
        return self.name == _CONDITION

    @property
    def is_directive(self) -> bool:
        """Whether it opens or closes a directive."""
        return self.name.startswith(_DIRECTIVE) and self.name != _DIRECTIVE

    @property
    def is_structural(self) -> bool:
        """Whether its name means something in this place or another."""
        return self.is_block or self.is_step or self.is_directive or self.name == BARE_SECTION

    @property
    def slot(self) -> str:
        """The name to keep its block under: the folded one, or an extension's own."""
        return self.name if self.name in _KNOWN else self.written[len(_SECTION) :]

    @property
    def directive(self) -> str:
        """The name to keep its directive under."""
        return self.written[len(_DIRECTIVE) :]

    @property
    def overrides(self) -> bool:
        """Whether it says that it replaces the parent's on purpose."""
        return self.attributes.get("override", "").casefold() == "true"

    @property
    def closer(self) -> str:
        """What closes it."""
        return "</Step>" if self.is_step else f"</{self.written}>"

    def nearly(self) -> tuple[str, str]:
        """Return the known spelling that its name nearly is, and what that folds to; empty for none."""
        near = _near(self.written.casefold().removeprefix(_SECTION))
        if not near:
            return "", ""
        return f"SECTION:{near.upper()}" if self.is_section else near, SLOTS[near]


@lru_cache(maxsize=1024)
def _near(name: str) -> str:
    """Return the known name that another one nearly is; empty for none, and for a known one."""
    return "" if name in SLOTS else next(iter(get_close_matches(name, SLOTS, n=1, cutoff=_NEARLY)), "")


class Tags(list[Tag]):
    """The tags of a body in their order, with quick ways to those of a stretch; it is not changed once made."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        super().__init__(tags)
        self._starts = [tag.start for tag in self]

    def places(self, start: int, end: int) -> range:
        """Return the places of the tags that begin between two offsets."""
        return range(bisect_left(self._starts, start), bisect_left(self._starts, end))

    def between(self, start: int, end: int) -> Iterator[Tag]:
        """Yield the tags that begin between two offsets."""
        return map(self.__getitem__, self.places(start, end))


def tags_of(source: Source, masked: str, start: int) -> Tags:
    """Return the tags from an offset on that are structure or nearly so, malformed ones included, in their order."""
    every = [*_TAG.finditer(masked, start)]
    whole = [_tag(match, names, source) for match in every if (names := _names_of(match["name"]))]
    if masked.count("<", start) == len(every):
        return Tags(whole)
    starts = [match.start() for match in every]
    broken: list[re.Match[str]] = []
    for match in _TAG_START.finditer(masked, start):
        before = bisect_right(starts, match.start())
        bare = match["name2"] and not match["close2"] and not match["rest2"].strip(" >")
        if not bare and (
            not before or every[before - 1].end() <= match.start()
        ):  # what stands in a tag's quotes begins none
            broken.append(match)
    return Tags(sorted([*whole, *map(_malformed, broken)], key=lambda tag: tag.start))


def _counts(name: str) -> bool:
    """Tell whether a tag of this name may matter: it is structure, or so like it that it may be meant as such."""
    folded = name.casefold()
    if folded.startswith((BARE_SECTION, _DIRECTIVE)) or folded in _NAMES:
        return True
    near = get_close_matches(folded, _NAMES, n=1, cutoff=_LIKE)
    return bool(near or get_close_matches(folded[: len(_DIRECTIVE)], [_DIRECTIVE], n=1, cutoff=_LIKE))


def _tag(match: re.Match[str], names: tuple[str, str], source: Source) -> Tag:
    close, name, said = match.groups()
    written, folded = names
    start, end = match.span()
    if not said or close:
        return Tag(start, end, bool(close), folded, written, _NOTHING)
    if name.casefold() == BARE_SECTION and "_".join(said.casefold().split()) in SLOTS:
        written = f"{name}:{'_'.join(said.split())}"
        return Tag(start, end, closes=False, name=_fold(written), written=written, attributes={}, malformed=True)
    attributes, plain = _attributes(source, match)
    tag = Tag(start, end, closes=False, name=folded, written=written, attributes=attributes)
    if said.strip() == "/" and tag.is_structural:
        return tag._replace(closes=True, malformed=True)
    return tag if plain or not tag.is_structural else tag._replace(attributes=_loose(said), malformed=True)


def _attributes(source: Source, match: re.Match[str]) -> tuple[dict[str, str], bool]:
    """Return what a tag says, and whether it says so in the usual quotes, with nothing left over."""
    said = source.text[match.start("attributes") : match.end("attributes")]
    found = _ATTRIBUTE.findall(said)
    values = {key.casefold(): double or single or bare for key, double, single, bare in found}
    odd = any(bare[0] in _ODD_QUOTES for *_, bare in found if bare)
    return values, not (odd or _ATTRIBUTE.sub("", said).strip(" \t\r\n/"))


def _loose(said: str) -> dict[str, str]:
    """Return what the attributes of a malformed tag say as far as it can be told."""
    return {found["key"].casefold(): found["value"].strip() for found in _LOOSE_ATTRIBUTE.finditer(said)}


def _malformed(match: re.Match[str]) -> Tag:
    """Return what begins like a structural tag and never becomes one; it ends where its line lets it."""
    close, name, rest = (
        match.group("close", "name", "rest") if match["name"] else match.group("close2", "name2", "rest2")
    )
    written, said = _written(name), _loose(rest)
    end = match.end() if rest.endswith(">") or said or close else match.end() - len(rest)
    return Tag(match.start(), end, bool(close), _fold(written), written, said, malformed=True)


@lru_cache(maxsize=1024)
def _names_of(name: str) -> tuple[str, str] | None:
    """Return a tag's name as it is kept, and as it is compared; None if no tag of this name can matter."""
    if not _counts(name):
        return None
    written = _written(name)
    return written, _fold(written)


def _written(name: str) -> str:
    """Return a name without the white space around its colon; words of a section's name are joined as others are."""
    if ":" not in name:
        return name
    kind, colon, rest = name.partition(":")
    return "_".join(kind.split()) + colon + "_".join(rest.split())


def _fold(written: str) -> str:
    """Return the one name of a tag's spellings."""
    name = written.casefold()
    return SLOTS.get(name.removeprefix(_SECTION), name)
