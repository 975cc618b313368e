"""A file's text to its pieces; its one rule: nothing is dropped, so what is no piece is a finding.

No XML parser: real persona files are not well-formed (`name="Ingest & Scope"`), and what such a parser repairs it
also moves or drops.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from dramaturg.findings.model import Finding
from dramaturg.findings.source import Source
from dramaturg.persona.faults import Faults
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.mask import mask
from dramaturg.persona.model import Directive, Origin, PersonaFile, Slot, Step
from dramaturg.persona.tags import DIRECTIVES, PROTOCOL, Tag, after_closer, malformed_tags, tags_of

_NUMBERED = re.compile(r"^(?P<indent>[ \t]*)(?P<number>\d+)[.)][ \t]+", re.MULTILINE)
_MISSPELT = 0.75


@dataclass(slots=True, kw_only=True)
class _Open:
    """A block whose closer has not been met."""

    tag: Tag
    steps: list["_Open"] = field(default_factory=list)
    end: int = -1


def scan(path: str, text: str) -> PersonaFile:
    """Read one persona file.

    Args:
        path: The name to speak of the file by in findings.
        text: Its whole text, as decoded.

    Returns:
        Every piece found and every fault, in the order of the file; never an exception for anything the text says.
    """
    source = Source(path, text)
    head, body_at, findings = read_frontmatter(source)
    scanner = _Scanner(
        source=source, body_at=body_at, alias=head.text("alias"), faults=Faults(source=source, findings=findings)
    )
    scanner.read()
    return PersonaFile(
        path=path,
        alias=head.text("alias"),
        text=text,
        frontmatter=head,
        slots=tuple(scanner.slots),
        directives=tuple(scanner.directives),
        steps=tuple(scanner.steps),
        findings=tuple(sorted(findings, key=_place)),
    )


def _place(finding: Finding) -> tuple[int, int]:
    return (finding.span.line, finding.span.column) if finding.span else (0, 0)


@dataclass(slots=True, kw_only=True)
class _Scanner:
    source: Source
    body_at: int
    alias: str
    faults: Faults
    slots: list[Slot] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    masked: str = ""
    tags: Sequence[Tag] = ()

    def read(self) -> None:
        """Fill slots, directives and steps from the body."""
        text = self.source.text
        self.masked = " " * self.body_at + mask(text[self.body_at :])
        self.tags = [*tags_of(self.source, self.masked, self.body_at, len(text))]
        self.faults.malformed(malformed_tags(self.masked, self.body_at))
        done = self.body_at
        block: _Open | None = None
        for tag in self.tags:
            if block is None:
                block = self._outside(tag, done)
                done = tag.end if block or (tag.closes and self._is_structural(tag)) else done
            elif tag.closes_block(block.tag) or self._closes_badly(tag, block):
                self._finish(block, tag.start)
                done, block = tag.end, None
            elif not tag.closes and tag.is_known_block and tag.name != block.tag.name:
                self.faults.unclosed(block.tag, following=tag)
                self._finish(block, tag.start)
                block, done = _Open(tag=tag), tag.end
            elif block.tag.name == PROTOCOL:
                self._inside_protocol(tag, block)
        if block is not None:
            self.faults.unclosed(block.tag)
            self._finish(block, len(text))
            done = len(text)
        self.faults.stray_text(done, len(text))

    @staticmethod
    def _is_structural(tag: Tag) -> bool:
        return tag.is_block or tag.is_step or tag.is_directive or tag.name == "section"

    def _outside(self, tag: Tag, done: int) -> _Open | None:
        """Take a tag that stands outside every block: open one, report a stray closer, or leave it as text."""
        if not tag.closes and tag.is_block:
            self.faults.stray_text(done, tag.start)
            return _Open(tag=tag)
        if not tag.closes:
            self.faults.loose.add(tag.name)
        elif self._is_structural(tag):
            self.faults.stray_text(done, tag.start)
            self.faults.closes_nothing(tag)
        return None

    def _closes_badly(self, tag: Tag, block: _Open) -> bool:
        """Tell whether a closer of another name, or a misspelt one, is the only closer this block has; report it."""
        if not tag.closes or tag.is_step or tag.is_directive or self._opened_between(block.tag.end, tag):
            return False
        if not tag.is_block and not get_close_matches(tag.name, [block.tag.name], cutoff=_MISSPELT):
            return False
        for later in self.tags:
            if later.start > tag.start and later.closes_block(block.tag):
                self.faults.closes_nothing(tag)
                return False
            if later.start > tag.start and later.is_block and not later.closes:
                break
        self.faults.unclosed(block.tag, misspelt=tag)
        return True

    def _opened_between(self, start: int, closer: Tag) -> bool:
        """Tell whether a closer has its own opener after `start`: such a pair is text."""
        return any(start <= tag.start < closer.start and tag.opens(closer.name) for tag in self.tags)

    def _inside_protocol(self, tag: Tag, block: _Open) -> None:
        """Take a tag that stands inside a protocol: steps are structure, everything else is their text."""
        current = block.steps[-1] if block.steps and block.steps[-1].end < 0 else None
        if tag.is_step and not tag.closes:
            if current:
                current.end = tag.start
                self.faults.unclosed(current.tag, following=tag)
            block.steps.append(_Open(tag=tag))
        elif tag.is_step and current:
            current.end = tag.start
        elif tag.is_step:
            self.faults.closes_nothing(tag)
        elif tag.closes and current and self._misspells_step(tag, current):
            current.end = tag.start
            self.faults.unclosed(current.tag, misspelt=tag)

    def _misspells_step(self, closer: Tag, step: _Open) -> bool:
        alike = bool(get_close_matches(closer.name, ["step"], cutoff=_MISSPELT))
        return alike and not self._opened_between(step.tag.end, closer)

    def _finish(self, block: _Open, end: int) -> None:
        """Keep a block whose text ends at `end`."""
        tag = block.tag
        if block.steps and block.steps[-1].end < 0:
            block.steps[-1].end = end
            self.faults.unclosed(block.steps[-1].tag)
        if tag.name == PROTOCOL:
            self._keep_protocol(block, end)
        elif tag.name == DIRECTIVES:
            self._keep_directives(tag.end, end)
        else:
            earlier = next((slot for slot in self.slots if slot.name.casefold() == tag.slot.casefold()), None)
            if earlier:
                self.faults.given_twice(tag, tag.slot, earlier.origin.span)
                return
            text, origin = self.source.text[tag.end : end], self._origin(tag.end, end)
            self.slots.append(Slot(name=tag.slot, text=text, origin=origin, override=tag.overrides))

    def _keep_protocol(self, block: _Open, end: int) -> None:
        if self.steps:
            self.faults.given_twice(block.tag, block.tag.written, self.steps[0].opener)
            return
        if not block.steps:
            self._keep_numbered(block.tag, end)
            return
        done = block.tag.end
        for position, opened in enumerate(block.steps, start=1):
            self.faults.stray_text(done, opened.tag.start)
            done = after_closer(self.masked, opened.end, end)
            attributes = dict(opened.tag.attributes)
            number = attributes.pop("number", "").strip() or str(position)
            name = attributes.pop("name", "").strip()
            self._step((opened.tag.start, opened.tag.end), number, name, attributes, (opened.tag.end, opened.end))
        self.faults.stray_text(done, end)

    def _keep_numbered(self, tag: Tag, end: int) -> None:
        """Read a protocol without Step tags: its numbered list is the steps, failing that it is one step."""
        items = [*_NUMBERED.finditer(self.masked, tag.end, end)]
        top = min((len(item["indent"]) for item in items), default=0)
        items = [item for item in items if len(item["indent"]) == top]
        if not items and self.source.text[tag.end : end].strip():
            self._step((tag.start, tag.end), "1", "", {}, (tag.end, end))
        if items:
            self.faults.stray_text(tag.end, items[0].start())
        for item, following in zip(items, (*items[1:], None), strict=False):
            text = (item.end(), following.start() if following else end)
            self._step((item.start("number"), item.end("number") + 1), item["number"], "", {}, text)

    def _step(
        self, opener: tuple[int, int], number: str, name: str, attributes: dict[str, str], at: tuple[int, int]
    ) -> None:
        self.steps.append(
            Step(
                number=number,
                name=name,
                text=self.source.text[at[0] : at[1]],
                origin=self._origin(*at),
                opener=self.source.span(*opener),
                attributes=attributes,
            )
        )

    def _keep_directives(self, start: int, end: int) -> None:
        done = start
        opened: Tag | None = None
        for tag in (tag for tag in self.tags if tag.is_directive and start <= tag.start < end):
            if opened is not None:
                self._keep_directive(opened, tag.start)
                if not tag.closes:
                    self.faults.unclosed(opened, following=tag)
                elif tag.name != opened.name:
                    self.faults.unclosed(opened, misspelt=tag)
            else:
                self.faults.stray_text(done, tag.start)
                if tag.closes:
                    self.faults.closes_nothing(tag)
            done, opened = tag.end, None if tag.closes else tag
        if opened is not None:
            self.faults.unclosed(opened)
            self._keep_directive(opened, end)
            done = end
        self.faults.stray_text(done, end)

    def _keep_directive(self, tag: Tag, end: int) -> None:
        name = tag.directive
        earlier = next((one for one in self.directives if one.name.casefold() == name.casefold()), None)
        if earlier:
            self.faults.given_twice(tag, tag.written, earlier.origin.span)
            return
        text, origin = self.source.text[tag.end : end], self._origin(tag.end, end)
        self.directives.append(Directive(name=name, text=text, origin=origin, override=tag.overrides))

    def _origin(self, start: int, end: int) -> Origin:
        return Origin(alias=self.alias, span=self.source.span(start, end))
