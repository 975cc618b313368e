"""A masked body to its tags; its one rule: only the names listed here are structure, all else is the author's text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

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
    r"(?P<attributes>[^<>\"']*+(?:(?:\"[^\"\n]*+\"|'[^'\n]*+')[^<>\"']*+)*+)>",
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
_KEY = r"(?<![\w-])[A-Za-z_][\w-]*+"  # from the beginning of a word: a long one is looked at once
_ATTRIBUTE = re.compile(rf"(?P<key>{_KEY})\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'=/]+))")
_USUAL = re.compile(  # nothing but attributes and blanks, no value begins with an odd quote
    rf"(?:[ \t\r\n/]|{_KEY}\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=/{_ODD_QUOTES}][^\s\"'=/]*+))*+"
)
_LOOSE_ATTRIBUTE = re.compile(
    rf"(?P<key>{_KEY})\s*=\s*[\"'“”„‘’«»]?(?P<value>[^<>=]*?)[\"'“”„‘’«»]?(?=\s+[\w-]+\s*=|\s*/?>|\s*$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a tag is called and what that makes it; told once for a spelling, as tags are asked for it again and again.

    Attributes:
        written: As the file says it, without white space around a colon.
        folded: The one name of its spellings.
        is_block: Whether it opens or closes a slot, known or an extension.
        is_known_block: Whether it opens or closes a slot of the language.
        is_section: Whether it is spelt `<SECTION:…>`, or closes whatever is.
        is_step: Whether it opens or closes a step.
        is_condition: Whether it opens or closes a condition.
        is_directive: Whether it opens or closes a directive.
        is_structural: Whether it means something in this place or another.
    """

    written: str
    folded: str
    is_block: bool
    is_known_block: bool
    is_section: bool
    is_step: bool
    is_condition: bool
    is_directive: bool
    is_structural: bool

    @property
    def slot(self) -> str:
        """The name to keep its block under: the folded one, or an extension's own."""
        return self.folded if self.is_known_block else self.written[len(_SECTION) :]

    @property
    def directive(self) -> str:
        """The name to keep its directive under."""
        return self.written[len(_DIRECTIVE) :]

    @property
    def closer(self) -> str:
        """What closes it."""
        return "</Step>" if self.is_step else f"</{self.written}>"

    def nearly(self) -> tuple[str, str]:
        """Return the known spelling that it nearly is, and what that folds to; empty for none."""
        near = _near(self.written.casefold().removeprefix(_SECTION))
        if not near:
            return "", ""
        return f"SECTION:{near.upper()}" if self.is_section else near, SLOTS[near]

    def meaning(self, folded: str) -> "Name":
        """Return the same name, read as another one."""
        return _named(self.written, folded)


@dataclass(slots=True)  # not frozen: a scan makes and asks them by the hundred, and they do not leave it
class Tag:
    """A tag as it stands in the file.

    A malformed one was begun as structure and is not well-formed; what it says was read as far as it can be.
    """

    start: int
    end: int
    closes: bool
    name: Name
    attributes: Mapping[str, str]
    malformed: bool = False

    @property
    def overrides(self) -> bool:
        """Whether it says that it replaces the parent's on purpose."""
        return self.attributes.get("override", "").casefold() == "true"


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
    whole = [_tag(match, name, source) for match in every if (name := _name_of(match["name"]))]
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


def _tag(match: re.Match[str], name: Name, source: Source) -> Tag:
    close, spelling, said = match.groups()
    start, end = match.span()
    if not said or close:
        return Tag(start, end, bool(close), name, _NOTHING)
    if spelling.casefold() == BARE_SECTION and "_".join(said.casefold().split()) in SLOTS:
        name = _named(f"{spelling}:{'_'.join(said.split())}")
        return Tag(start, end, closes=False, name=name, attributes=_NOTHING, malformed=True)
    attributes, plain = _attributes(source.text[match.start("attributes") : match.end("attributes")])
    if plain or not name.is_structural:
        slash = name.is_structural and said.strip() == "/"
        return Tag(start, end, closes=slash, name=name, attributes=attributes, malformed=slash)
    return Tag(start, end, closes=False, name=name, attributes=_loose(said), malformed=True)


def _attributes(said: str) -> tuple[dict[str, str], bool]:
    """Return what a tag says, and whether it says so in the usual quotes, with nothing left over."""
    found = _ATTRIBUTE.findall(said)
    values = {key.casefold(): double or single or bare for key, double, single, bare in found}
    return values, _USUAL.fullmatch(said) is not None


def _loose(said: str) -> dict[str, str]:
    """Return what the attributes of a malformed tag say as far as it can be told."""
    return {found["key"].casefold(): found["value"].strip() for found in _LOOSE_ATTRIBUTE.finditer(said)}


def _malformed(match: re.Match[str]) -> Tag:
    """Return what begins like a structural tag and never becomes one; it ends where its line lets it."""
    close, name, rest = (
        match.group("close", "name", "rest") if match["name"] else match.group("close2", "name2", "rest2")
    )
    said = _loose(rest)
    end = match.end() if rest.endswith(">") or said or close else match.end() - len(rest)
    return Tag(match.start(), end, bool(close), _named(_written(name)), said, malformed=True)


@lru_cache(maxsize=1024)
def _name_of(spelling: str) -> Name | None:
    """Return what a tag of a spelling is called; None if no tag of that spelling can matter."""
    return _named(_written(spelling)) if _counts(spelling) else None


def _named(written: str, folded: str = "") -> Name:
    """Return a name with what it means; `folded` is what it is to be read as, its own fold where that is empty."""
    folded = folded or _fold(written)
    known, step = folded in _KNOWN, folded == _STEP
    block = known or folded.startswith(_SECTION)
    directive = folded.startswith(_DIRECTIVE) and folded != _DIRECTIVE
    return Name(
        written=written,
        folded=folded,
        is_block=block,
        is_known_block=known,
        is_section=written.casefold().startswith(_SECTION) or folded == BARE_SECTION,
        is_step=step,
        is_condition=folded == _CONDITION,
        is_directive=directive,
        is_structural=block or step or directive or folded == BARE_SECTION,
    )


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
