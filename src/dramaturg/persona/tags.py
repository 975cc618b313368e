"""A masked body to its tags; its one rule: only the names listed here are structure, all else is the author's text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dramaturg.findings.source import Source

PROTOCOL = "operational_protocol"
DIRECTIVES = "directives"
_SLOTS: Mapping[str, str] = {
    "philosophy": "philosophy",
    "core_philosophy": "philosophy",
    "primary_directive": "primary_directive",
    "primary_objective": "primary_directive",
    "operational_protocol": PROTOCOL,
    "output_contract": "output_contract",
    "output_specifications": "output_contract",
    "directives": DIRECTIVES,
}
_SECTION = "section:"
_STEP = "step"
_DIRECTIVE = "directive_"
_WORDS = r"[\w.-]+(?:[ \t]+[\w.-]+(?![\w.-]*\s*=))*"  # a section's name; what an `=` follows is an attribute
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>SECTION\s*:\s*{_WORDS}|[A-Za-z_][\w.:-]*)"
    r"(?P<attributes>(?:[^<>\"'\n]|\n|\"[^\"\n]*\"|'[^'\n]*')*?)>",
    re.IGNORECASE,
)
_TAG_START = re.compile(
    rf"<(?P<close>/?)(?P<name>SECTION\s*:\s*[\w.-]*|(?:Step|{'|'.join(_SLOTS)}|Directive_\w+)(?![\w.:-]))",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"(?P<key>[A-Za-z_][\w-]*)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'=/]+))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag as it stands in the file; `name` is folded to the one name of its spellings, `written` is not."""

    start: int
    end: int
    closes: bool
    name: str
    written: str
    attributes: Mapping[str, str]

    @property
    def is_block(self) -> bool:
        """Whether it opens or closes a slot, known or an extension."""
        return self.name in _SLOTS.values() or self.is_extension

    @property
    def is_known_block(self) -> bool:
        """Whether it opens or closes a slot of the language."""
        return self.name in _SLOTS.values()

    @property
    def is_extension(self) -> bool:
        """Whether it opens or closes a slot of the author's own."""
        return self.name.startswith(_SECTION)

    @property
    def is_step(self) -> bool:
        """Whether it opens or closes a step."""
        return self.name == _STEP

    @property
    def is_directive(self) -> bool:
        """Whether it opens or closes a directive."""
        return self.name.startswith(_DIRECTIVE) and self.name != _DIRECTIVE

    @property
    def slot(self) -> str:
        """The name to keep its block under: the folded one, or an extension's own."""
        return self.written[len(_SECTION) :] if self.is_extension else self.name

    @property
    def directive(self) -> str:
        """The name to keep its directive under."""
        return self.written[len(_DIRECTIVE) :]

    @property
    def overrides(self) -> bool:
        """Whether it says that it replaces the parent's on purpose."""
        return self.attributes.get("override", "").casefold() == "true"

    def opens(self, name: str) -> bool:
        """Tell whether it is an opener of this folded name."""
        return not self.closes and self.name == name

    def closes_block(self, opener: "Tag") -> bool:
        """Tell whether it closes the block of `opener`; a bare `</SECTION>` closes any that is spelt as a section."""
        spelt_so = opener.written.casefold().startswith(_SECTION)
        return self.closes and (self.name == opener.name or (self.name == "section" and spelt_so))


def tags_of(source: Source, masked: str, start: int, end: int) -> Iterator[Tag]:
    """Yield every tag between two offsets, structural or not."""
    for match in _TAG.finditer(masked, start, end):
        written = _written(match["name"])
        attributes = {
            found["key"].casefold(): next(
                value for value in found.group("double", "single", "bare") if value is not None
            )
            for found in _ATTRIBUTE.finditer(source.text, match.start("attributes"), match.end("attributes"))
        }
        yield Tag(
            start=match.start(),
            end=match.end(),
            closes=bool(match["close"]),
            name=_fold(written),
            written=written,
            attributes=attributes,
        )


def malformed_tags(masked: str, start: int) -> Iterator[Tag]:
    """Yield each beginning of a structural tag that never becomes one; it ends with its name."""
    whole = {match.start() for match in _TAG.finditer(masked, start)}
    for match in _TAG_START.finditer(masked, start):
        if match.start() not in whole:
            name = "".join(match["name"].split())
            yield Tag(
                start=match.start(),
                end=match.end(),
                closes=bool(match["close"]),
                name=_fold(name),
                written=name,
                attributes={},
            )


def after_closer(masked: str, at: int, end: int) -> int:
    """Return the offset behind the closing tag at `at`, or `at` when no closing tag stands there."""
    closer = _TAG.match(masked, at, end)
    return closer.end() if closer and closer["close"] else at


def _written(name: str) -> str:
    """Return a name without the white space around its colon; words of a section's name are joined as others are."""
    kind, colon, rest = name.partition(":")
    return "_".join(kind.split()) + colon + "_".join(rest.split())


def _fold(written: str) -> str:
    """Return the one name of a tag's spellings."""
    name = written.casefold()
    return _SLOTS.get(name.removeprefix(_SECTION), name)
