"""A stretch of a document to the marks in it; its one rule: what stands in code is no mark.

Marks say what a statement rests on: `[Source: LABEL, L3-5]`, `[REASONED_INFERENCE based on LABEL]`, `[MISSING: …]`,
`[UNSUPPORTED]`. People and other programs write further ones for what is not settled, such as `[EVIDENCE MISSING]`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_MARK = re.compile(
    r"\\?\["  # formatters of Markdown set a backslash before brackets; it reads the same
    r"(?:(?P<source>(?i:source)\s*:[^\[\]]*?)\\?\]"
    r"|(?P<inference>(?:REASONED\\?[_ ])?INFERENCE\b[^\[\]]*?)\\?\]"
    r"|(?P<unsupported>UNSUPPORTED\b)"
    r"|(?P<missing>(?:EVIDENCE[_ ])?MISSING\b|(?:TODO|TBD|TBC|UNVERIFIED|UNKNOWN)\b"
    r"|(?:CLARIFICATION[_ ]NEEDED|NEEDS[_ ]CLARIFICATION)\b))"
)
_PLACE = re.compile(
    r"Source\s*:\s*(?P<label>[^,\s][^,]*?)\s*,\s*L\s*(?P<first>\d{1,9})(?:\s*[-–]\s*L?(?P<last>\d{1,9}))?\s*",
    re.IGNORECASE,
)
_BASED_ON = re.compile(r"\bbased\s+on\b\s*(?P<labels>.*)", re.IGNORECASE | re.DOTALL)
_LEAD = re.compile(r"\s*(?:(?:[-*+>]|\d{1,9}[.)])\s+)*(?:\[[ xX]\]\s+)?")
_QUOTED = re.compile(
    r"(?:“(?P<curly>.+)”|\"(?P<straight>.+)\"|„(?P<low>.+)[“”]|«\s*(?P<angle>.+?)\s*»)\s*\Z", re.DOTALL
)
COMMAND_ABOVE = "The command above"
REDACTED = re.compile(r"\bREDACTED_[A-Z0-9_]+_\d+\b")  # what stands for a secret that was not sent


class MarkKind(StrEnum):
    """What a mark says: where a statement comes from, that it is inferred, missing, or without support."""

    SOURCE = "source"
    INFERENCE = "inference"
    MISSING = "missing"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark of a document.

    Attributes:
        kind: What it says.
        start: Its offset in the document; `end` is exclusive.
        labels: The artifacts it names, as written.
        lines: The lines a source names, inclusive; None where it names none that can be read.
        quote: The offsets of the quote that stands before it and takes up its whole paragraph; None for none.
        command: It stands for the command of its entry.
    """

    kind: MarkKind
    start: int
    end: int
    labels: tuple[str, ...] = ()
    lines: tuple[int, int] | None = None
    quote: tuple[int, int] | None = None
    command: bool = False


def marks_of(text: str, start: int, end: int) -> Iterator[Mark]:
    """Yield the marks of a paragraph, a row or another block without fences: `text[start:end]`."""
    masked = _CODE_SPAN.sub(lambda span: "`" * len(span[0]), text[start:end])
    quote, command, after = None, False, 0
    for found in _MARK.finditer(masked):
        kind = MarkKind(found.lastgroup or "")
        if not after:
            quote, command = _before(text, start, start + found.start())
        elif masked[after : found.start()].strip():
            quote, command = None, False
        after = found.end()
        yield _mark(kind, found, start, quote if kind is MarkKind.SOURCE else None, command=command)


def _mark(kind: MarkKind, found: re.Match[str], start: int, quote: tuple[int, int] | None, *, command: bool) -> Mark:
    at, end = start + found.start(), start + found.end()
    if kind is MarkKind.SOURCE:
        place = _PLACE.fullmatch(found["source"].replace("\\", ""))
        if place is None:
            return Mark(kind=kind, start=at, end=end)
        first = int(place["first"])
        lines = (first, int(place["last"] or first))
        return Mark(kind=kind, start=at, end=end, labels=(place["label"],), lines=lines, quote=quote, command=command)
    based = _BASED_ON.search(found["inference"].replace("\\", "")) if kind is MarkKind.INFERENCE else None
    labels = [label.strip() for label in based["labels"].split(",")] if based else []
    return Mark(kind=kind, start=at, end=end, labels=tuple(label for label in labels if label))


def _before(text: str, start: int, mark: int) -> tuple[tuple[int, int] | None, bool]:
    """Return the quote that all before a paragraph's first mark is, and whether it says that the command is one."""
    lead = _LEAD.match(text, start, mark)
    begin = lead.end() if lead else start
    said = text[begin:mark]
    quoted = _QUOTED.match(said)
    if quoted and quoted.lastgroup:
        return (begin + quoted.start(quoted.lastgroup), begin + quoted.end(quoted.lastgroup)), False
    return None, " ".join(said.split()).casefold() == COMMAND_ABOVE.casefold()
