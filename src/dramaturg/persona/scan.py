"""A file's text to its pieces; its one rule: only the names listed here are structure, all else is the author's text.

No XML parser: real persona files are not well-formed (`name="Ingest & Scope"`), and what such a parser repairs it
also moves or drops.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.findings.source import Source
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.mask import mask
from dramaturg.persona.model import Directive, Origin, PersonaFile, Slot, Step

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
_STEP = "step"
_DIRECTIVE = "directive_"
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>SECTION\s*:\s*[\w.-]+|[A-Za-z_][\w.:-]*)"
    r"(?P<attributes>(?:[^<>\"'\n]|\n|\"[^\"\n]*\"|'[^'\n]*')*?)>",
    re.IGNORECASE,
)
_TAG_START = re.compile(rf"</?(?:SECTION\s*:|(?:Step|{'|'.join(_SLOTS)}|Directive_\w+)\b)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?P<key>[A-Za-z_][\w-]*)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NUMBERED = re.compile(r"^(?P<indent>[ \t]*)(?P<number>\d+)[.)][ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tag:
    start: int
    end: int
    closes: bool
    name: str  # folded: a slot's name, `step`, `directive_<name>`, `section`, or whatever was written
    written: str
    attributes: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class _Open:
    """A block whose closer has not been met."""

    tag: _Tag
    steps: list["_Open"] = field(default_factory=list)
    end: int = -1


def scan(path: str, text: str) -> PersonaFile:
    """Read one persona file.

    Args:
        path: The name to speak of the file by in findings.
        text: Its whole text, as decoded.

    Returns:
        Every piece found and every fault; never an exception for anything the text says.
    """
    source = Source(path, text)
    head, body_at, findings = read_frontmatter(source)
    scanner = _Scanner(source=source, body_at=body_at, alias=head.text("alias"), findings=findings)
    scanner.read()
    return PersonaFile(
        path=path,
        alias=head.text("alias"),
        text=text,
        frontmatter=head,
        slots=tuple(scanner.slots),
        directives=tuple(scanner.directives),
        steps=tuple(scanner.steps),
        findings=tuple(findings),
    )


@dataclass(slots=True, kw_only=True)
class _Scanner:
    source: Source
    body_at: int
    alias: str
    findings: list[Finding]
    slots: list[Slot] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    masked: str = ""

    def read(self) -> None:
        """Fill slots, directives and steps from the body."""
        text = self.source.text
        self.masked = " " * self.body_at + mask(text[self.body_at :])
        done = self.body_at
        self._malformed_tags()
        block: _Open | None = None
        for tag in self._tags():
            if block is None:
                block = self._outside(tag, done)
                done = tag.end if block or tag.closes else done
            elif self._closes(tag, block):
                self._finish(block, tag.start)
                done, block = tag.end, None
            elif not tag.closes and tag.name in _SLOTS.values() and not _nested(tag, block):
                self._unclosed(block.tag, tag)
                self._finish(block, tag.start)
                block, done = _Open(tag=tag), tag.end
            else:
                self._inside(tag, block)
        if block is not None:
            self._unclosed(block.tag, None)
            self._finish(block, len(text))
            done = len(text)
        self._stray_text(done, len(text))

    def _malformed_tags(self) -> None:
        """Report what begins like a structural tag and never becomes one: lost structure must not be silent."""
        whole = {match.start() for match in _TAG.finditer(self.masked, self.body_at)}
        for match in _TAG_START.finditer(self.masked, self.body_at):
            if match.start() not in whole:
                span = self.source.span(match.start(), match.end())
                message = f"`{match[0]}` begins a tag that is not well-formed, so it was read as text"
                remedy = "close every quote on its own line and end the tag with `>`"
                self.findings.append(
                    Finding(rule="P208", severity=Severity.ERROR, message=message, span=span, help=remedy)
                )

    def _tags(self) -> Iterator[_Tag]:
        for match in _TAG.finditer(self.masked, self.body_at):
            written = "".join(match["name"].split())
            attributes = {
                found["key"].casefold(): found["double"] if found["double"] is not None else found["single"]
                for found in _ATTRIBUTE.finditer(self.source.text, match.start("attributes"), match.end("attributes"))
            }
            yield _Tag(
                start=match.start(),
                end=match.end(),
                closes=bool(match["close"]),
                name=_fold(written),
                written=written,
                attributes=attributes,
            )

    def _outside(self, tag: _Tag, done: int) -> _Open | None:
        """Take a tag that stands outside every block: open one, report a stray closer, or leave it as text."""
        structural = tag.name in _SLOTS.values() or ":" in tag.name
        if not tag.closes and structural:
            self._stray_text(done, tag.start)
            return _Open(tag=tag)
        if tag.closes and (structural or tag.name in (_STEP, "section") or tag.name.startswith(_DIRECTIVE)):
            self._stray_text(done, tag.start)
            self._fault("P205", f"`</{tag.written}>` closes nothing", tag, help="remove it, or add the tag it closes")
        return None

    @staticmethod
    def _closes(tag: _Tag, block: _Open) -> bool:
        return tag.closes and (tag.name == block.tag.name or (tag.name == "section" and _is_section(block.tag)))

    def _inside(self, tag: _Tag, block: _Open) -> None:
        """Take a tag that stands inside a block: steps in a protocol, everything else is the block's text."""
        if block.tag.name != PROTOCOL:
            return
        current = block.steps[-1] if block.steps and block.steps[-1].end < 0 else None
        if tag.name == _STEP and not tag.closes:
            if current:
                current.end = tag.start
                self._step_unclosed(current.tag, None)
            block.steps.append(_Open(tag=tag))
        elif tag.name == _STEP and current:
            current.end = tag.start
        elif tag.name == _STEP:
            self._fault("P205", f"`</{tag.written}>` closes nothing", tag, help="remove it, or add the tag it closes")
        elif tag.closes and current and get_close_matches(tag.name, [_STEP], cutoff=0.75):
            current.end = tag.start
            self._step_unclosed(current.tag, tag)

    def _finish(self, block: _Open, end: int) -> None:
        """Keep a block whose text ends at `end`."""
        tag = block.tag
        if block.steps and block.steps[-1].end < 0:
            block.steps[-1].end = end
            self._step_unclosed(block.steps[-1].tag, None)
        if tag.name == PROTOCOL:
            self._keep_protocol(block, end)
        elif tag.name == DIRECTIVES:
            self._keep_directives(tag.end, end)
        else:
            name = tag.written.split(":", 1)[1] if tag.name.startswith("section:") else tag.name
            origin = self._origin(tag.end, end)
            text = self.source.text[tag.end : end]
            earlier = next((slot for slot in self.slots if slot.name == name), None)
            if earlier:
                label = Label(span=earlier.origin.span, text="first given here")
                self._fault("P206", f"`{name}` is given twice", tag, labels=(label,), help="keep one of them")
                return
            self.slots.append(Slot(name=name, text=text, origin=origin, override=_overrides(tag)))

    def _keep_protocol(self, block: _Open, end: int) -> None:
        if self.steps:
            label = Label(span=self.steps[0].opener, text="the first protocol begins here")
            self._fault("P206", "a second protocol", block.tag, labels=(label,), help="keep one of them")
            return
        if not block.steps:
            self._keep_numbered(block.tag, end)
            return
        done = block.tag.end
        for position, opened in enumerate(block.steps, start=1):
            self._stray_text(done, opened.tag.start)
            done = self._after_closer(opened.end, end)
            attributes = dict(opened.tag.attributes)
            number = attributes.pop("number", "").strip() or str(position)
            name = attributes.pop("name", "").strip()
            self._step(opened.tag, number, name, attributes, (opened.tag.end, opened.end))
        self._stray_text(done, end)

    def _after_closer(self, at: int, end: int) -> int:
        """Return the offset behind the closing tag at `at`, or `at` when no closing tag stands there."""
        closer = _TAG.match(self.masked, at, end)
        return closer.end() if closer and closer["close"] else at

    def _keep_numbered(self, tag: _Tag, end: int) -> None:
        """Read a protocol without Step tags: its numbered list is the steps, failing that it is one step."""
        items = [item for item in _NUMBERED.finditer(self.masked, tag.end, end) if not item["indent"].strip()]
        top = min((len(item["indent"]) for item in items), default=0)
        items = [item for item in items if len(item["indent"]) == top]
        if not items and self.source.text[tag.end : end].strip():
            self._step(tag, "1", "", {}, (tag.end, end))
        if items:
            self._stray_text(tag.end, items[0].start())
        for item, following in zip(items, (*items[1:], None), strict=False):
            self._step(tag, item["number"], "", {}, (item.end(), following.start() if following else end))

    def _step(self, tag: _Tag, number: str, name: str, attributes: dict[str, str], at: tuple[int, int]) -> None:
        self.steps.append(
            Step(
                number=number,
                name=name,
                text=self.source.text[at[0] : at[1]],
                origin=self._origin(*at),
                opener=self.source.span(tag.start, tag.end),
                attributes=attributes,
            )
        )

    def _keep_directives(self, start: int, end: int) -> None:
        done = start
        opened: _Tag | None = None
        for tag in self._tags_between(start, end):
            if opened is None and not tag.closes and tag.name.startswith(_DIRECTIVE):
                self._stray_text(done, tag.start)
                opened = tag
            elif opened is not None and tag.closes and tag.name == opened.name:
                self.directives.append(
                    Directive(
                        name=opened.written[len(_DIRECTIVE) :],
                        text=self.source.text[opened.end : tag.start],
                        origin=self._origin(opened.end, tag.start),
                        override=_overrides(opened),
                    )
                )
                done, opened = tag.end, None
        if opened is not None:
            self._unclosed(opened, None)
            done = end
        self._stray_text(done, end)

    def _tags_between(self, start: int, end: int) -> Iterator[_Tag]:
        return (tag for tag in self._tags() if start <= tag.start < end)

    def _stray_text(self, start: int, end: int) -> None:
        """Warn of text that belongs to no block; comments are no text."""
        text = self.source.text[start:end]
        if not self.masked[start:end].strip() and not _COMMENT.sub("", text).strip():
            return
        at = start + len(text) - len(text.lstrip())
        line_end = self.source.text.find("\n", at, end)
        stop = len(self.source.text[:end].rstrip()) if line_end < 0 else line_end
        self.findings.append(
            Finding(
                rule="P207",
                severity=Severity.WARNING,
                message="this text stands outside every block and is not sent to the model",
                span=self.source.span(at, stop),
                help="move it into a block, or into a comment `<!-- … -->` if it is a remark",
            )
        )

    def _unclosed(self, tag: _Tag, following: _Tag | None) -> None:
        labels = (Label(span=self._span(following), text="this begins before it is closed"),) if following else ()
        remedy = f"add `</{tag.written}>`"
        self._fault("P203", f"`<{tag.written}>` is never closed", tag, note="opened here", labels=labels, help=remedy)

    def _step_unclosed(self, tag: _Tag, misspelt: _Tag | None) -> None:
        message = "this closes nothing; did you mean `</Step>`?"
        labels = (Label(span=self._span(misspelt), text=message),) if misspelt else ()
        self._fault(
            "P204", "step is never closed", tag, note="opened here", labels=labels, help="end it with `</Step>`"
        )

    def _fault(self, rule: str, message: str, tag: _Tag, **extra: object) -> None:
        self.findings.append(
            Finding(rule=rule, severity=Severity.ERROR, message=message, span=self._span(tag), **extra)  # type: ignore[arg-type]
        )

    def _span(self, tag: _Tag) -> Span:
        return self.source.span(tag.start, tag.end)

    def _origin(self, start: int, end: int) -> Origin:
        return Origin(alias=self.alias, span=self.source.span(start, end))


def _fold(written: str) -> str:
    """Return the one name of a tag's spellings."""
    name = written.casefold()
    if name.startswith("section:"):
        inner = name.removeprefix("section:")
        return _SLOTS.get(inner, name)
    return _SLOTS.get(name, name)


def _is_section(tag: _Tag) -> bool:
    return tag.written.casefold().startswith("section:")


def _nested(tag: _Tag, block: _Open) -> bool:
    """Tell whether a slot's name inside another block is that block's own text, closed again before the block is."""
    return block.tag.name == tag.name


def _overrides(tag: _Tag) -> bool:
    return tag.attributes.get("override", "").casefold() == "true"
