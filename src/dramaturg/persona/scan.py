"""A file's text to its pieces; its one rule: nothing is dropped, so what is no piece is a finding.

No XML parser: real persona files are not well-formed (`name="Ingest & Scope"`), and what such a parser repairs it
also moves or drops.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dramaturg.findings.model import Finding
from dramaturg.findings.source import Source
from dramaturg.persona.another import further_heads, only_marks, opens_above
from dramaturg.persona.blocks import Block, Cover, block_at, directive_at, pair_blocks
from dramaturg.persona.faults import Faults
from dramaturg.persona.frontmatter import read_frontmatter
from dramaturg.persona.mask import Mask, masked
from dramaturg.persona.model import Frontmatter, PersonaFile, make_file
from dramaturg.persona.pieces import Pieces
from dramaturg.persona.protocol import Protocol
from dramaturg.persona.tags import DIRECTIVES, PROTOCOL, WRAPPER, Tag, Tags, tags_of


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
    scanner = _Scanner(source=source, head=head, body_at=body_at, faults=Faults(source=source, findings=findings))
    scanner.read()
    return make_file(
        path=path,
        alias=scanner.alias,
        text=text,
        frontmatter=head,
        slots=tuple(scanner.pieces.slots.values()),
        directives=tuple(scanner.pieces.directives.values()),
        steps=tuple(scanner.protocol.steps),
        findings=tuple(sorted(findings, key=_place)),
        body_at=body_at,
    )


def _place(finding: Finding) -> tuple[int, int]:
    return (finding.span.line, finding.span.column) if finding.span else (0, 0)


@dataclass(slots=True, kw_only=True)
class _Scanner:
    """Takes the body apart, outermost blocks first.

    Attributes:
        alias: Whose file it is; empty where it does not say.
        pieces: The slots and directives so far.
        pairs: Which tag closes the block that another opens, both as places in `tags`; None for an open one.
        cover: What stands inside the blocks.
        openers: The places of all tags that open a block.
        protocols: Those of them that open a protocol.
        wrapper: The place of the first `<persona>`, before all tags where one is no tag of the body, behind for none.
        limit: Where this persona ends, which is the file's end unless another persona was pasted behind it.
    """

    source: Source
    head: Frontmatter
    body_at: int
    faults: Faults
    alias: str = field(init=False)
    pieces: Pieces = field(init=False)
    protocol: Protocol = field(init=False)
    tags: Tags = field(init=False)
    pairs: Mapping[int, int | None] = field(init=False)
    cover: Cover = field(init=False)
    limit: int = field(init=False)
    openers: Sequence[int] = field(init=False)
    protocols: Sequence[int] = field(init=False)
    wrapper: int = field(init=False)

    def __post_init__(self) -> None:
        self.alias, text = self.head.text("alias"), self.source.text
        body = masked(text, self.body_at)
        self._read_tags(body)
        stray = [start for start, _ in body.unclosed if not self.cover.holds(start)]
        if stray:  # a fence left over between two blocks must not hide those behind it
            body = masked(text, self.body_at, stray)
            self._read_tags(body)
        self.faults.fences = body.unclosed
        for outer, inner in body.nested:
            self.faults.nested_comment(outer, inner)
        self.openers = [*self.pairs]
        self.protocols = [place for place in self.openers if self.tags[place].name.folded == PROTOCOL]
        self.pieces = Pieces(self.source, self.alias, self.faults, self.head.slots, self.head.directives)
        self.limit = len(text)
        wrappers = [place for place, tag in enumerate(self.tags) if tag.name.folded == WRAPPER]
        self.wrapper = next((place for place in wrappers if not self.tags[place].closes), len(self.tags))
        if wrappers and self.wrapper == len(self.tags) and opens_above(text, min(self.cover.begins, default=len(text))):
            self.wrapper = -1
        self.protocol = Protocol(
            source=self.source, masked=body.text, alias=self.alias, faults=self.faults, tags=self.tags
        )

    def _read_tags(self, body: Mask) -> None:
        self.tags = tags_of(self.source, body.text, self.body_at)
        self.pairs = pair_blocks(self.tags)
        self.cover = Cover(tags=self.tags, pairs=self.pairs)

    def read(self) -> None:
        """Fill slots, directives and steps from the body."""
        heads = further_heads(self.source.text, self.body_at)
        done = self.body_at
        for place, tag in enumerate(self.tags):
            if tag.start < done:
                continue
            if (heads and self._cut(done, tag.start, heads)) or self._begins_another(place, done):
                break
            done = self._outside(place, done)
        else:
            self._cut(done, self.limit, heads)
        self.faults.stray_text(done, self.limit)
        self._report_tags()

    def _report_tags(self) -> None:
        """Report tags that are not well-formed, and closers inside blocks that close nothing there."""
        matched = set(self.pairs.values())
        for place, tag in enumerate(self.tags):
            if tag.malformed and tag.start < self.limit:
                self.faults.malformed(tag)
            elif tag.closes and place not in matched and tag.start < self.limit:
                wraps = tag.name.folded == WRAPPER and place < self.wrapper and not self.cover.holds(tag.start)
                if tag.name.is_block or wraps:
                    self.faults.closes_nothing(tag)

    def _cut(self, done: int, until: int, heads: Sequence[int]) -> bool:
        """End this persona where another's frontmatter stands outside every block."""
        following = bisect_left(heads, done)
        if following == len(heads) or heads[following] >= until:
            return False
        head = heads[following]
        self.faults.second_persona(head, head + 3, self.head.spans.get("alias"))
        self.limit = done if only_marks(self.source.text, done, head) else head
        return True

    def _begins_another(self, place: int, done: int) -> bool:
        """End this persona at a `<persona>` behind its blocks, or at a `</persona>` that others follow.

        Where `</persona>` closes this one, a block that is given already is another's.
        """
        tag = self.tags[place]
        if tag.name.folded != WRAPPER or not (self.pieces.slots or self.pieces.directives or self.protocol.steps):
            return False
        following = bisect_left(self.openers, place)
        if following == len(self.openers):
            return False
        if tag.closes and self.wrapper < place:
            tag = self.tags[self.openers[following]]
            if not (tag.name.folded in self.pieces.slots or (tag.name.folded == PROTOCOL and self.protocol.steps)):
                return False
        self.faults.stray_text(done, tag.start)
        self.faults.second_persona(tag.start, tag.end, self.head.spans.get("alias"))
        self.limit = done
        return True

    def _outside(self, place: int, done: int) -> int:
        """Take a tag that stands outside every block, and return where the text that is not read yet begins."""
        tag = self.tags[place]
        if not tag.closes and (block := self._block(place)):
            self.faults.stray_text(done, tag.start)
            self._take(block)
            return block.after
        if tag.closes and tag.name.is_structural:
            self.faults.stray_text(done, tag.start)
            self.faults.closes_nothing(tag)
            return tag.end
        if tag.closes or not (tag.name.is_step or tag.name.is_directive):
            return done
        self.faults.stray_text(done, tag.start)
        self.faults.displaced(tag)
        later = self.tags.between(tag.end, self.limit)
        end = next((other.start for other in later if _ends_displaced(other, tag)), self.limit)
        if tag.name.is_directive:
            self._keep_directives(tag, tag.start, end)
        elif not (self.protocol.steps or self.protocols):
            self._keep_protocol(tag, tag.start, end)
        return end

    def _block(self, place: int) -> Block | None:
        """Return the block that a tag opens; None if it opens none."""
        tag = self.tags[place]
        name = tag.name
        spelt, meant = ("", "") if name.is_known_block or name.is_step or name.is_directive else name.nearly()
        if meant:
            closer = self.pairs.get(place) or self._closer_of(place, meant)
            if closer is None and not tag.name.is_section:
                return None
            self.faults.nearly(tag, spelt)
            if closer is not None:
                self.faults.told[self.tags[closer].start] = self.tags[closer].end
            return block_at(self.tags, closer, self.limit, opener=replace(tag, name=tag.name.meaning(meant)))
        if not tag.name.is_block:
            return None
        closer = self.pairs.get(place)
        may_hold = tag.name.folded not in (PROTOCOL, DIRECTIVES)
        if closer is not None and may_hold and self._holds_the_protocol(place, closer):
            closer = None
        return block_at(self.tags, closer, self.limit, opener=tag, cover=self.cover)

    def _closer_of(self, place: int, meant: str) -> int | None:
        """Return which tag closes a block whose opener is misspelt: one that is so too, or one that is right."""
        written = self.tags[place].name.written
        for index in range(place + 1, len(self.tags)):
            tag = self.tags[index]
            if tag.closes and (tag.name.folded == meant or tag.name.written == written):
                return index
            if not tag.closes and (tag.name.is_known_block or tag.name.written == written or tag.name.nearly()[0]):
                return None
        return None

    def _holds_the_protocol(self, place: int, closer: int) -> bool:
        """Tell whether the only protocol of the file stands between: then it is no sample, and the closer is astray."""
        return len(self.protocols) == 1 and place < self.protocols[0] < closer

    def _take(self, block: Block) -> None:
        """Keep what a block holds."""
        opener = block.opener
        if not block.closed:
            self.faults.unclosed(opener, block.end, following=block.following, misspelt=block.misspelt)
        if opener.name.folded == DIRECTIVES:
            self._keep_directives(opener, opener.end, block.end)
        elif opener.name.folded != PROTOCOL:
            self.pieces.keep_slot(opener, opener.name.slot, opener.end, block.end)
        elif self.protocol.steps:
            self.faults.given_twice(opener, opener.name.written, self.protocol.steps[0].opener)
        else:
            self._keep_protocol(opener, opener.end, block.end)
            if self.faults.text_between(*self.protocol.preamble):
                self.pieces.keep_slot(opener, PROTOCOL, *self.protocol.preamble)

    def _keep_protocol(self, opener: Tag, start: int, end: int) -> None:
        """Keep the steps between two offsets; a block that stands between or behind them is read where it stands."""
        self.protocol.read(start, end, opener)
        for begin, stop, where in self.protocol.gaps:
            if self.source.is_blank(begin, stop):
                continue
            done = begin
            for place in self.tags.places(begin, stop):
                tag, closer = self.tags[place], self.pairs.get(place)
                closed = closer is not None and self.tags[closer].end <= stop
                if closed and tag.start >= done and tag.name.is_known_block:
                    self.faults.stray_text(done, tag.start, where)
                    self.faults.displaced(tag)
                    block = block_at(self.tags, closer, stop, opener=tag)
                    self._take(block)
                    done = block.after
            self.faults.stray_text(done, stop, where)

    def _keep_directives(self, opener: Tag, start: int, end: int) -> None:
        """Keep the directives between two offsets; other blocks among them are slots, and text alone is one as well."""
        done = start
        for place in self.tags.places(start, end):
            tag = self.tags[place]
            after = self._among_directives(place, end) if tag.start >= done else 0
            if after:
                self.faults.stray_text(done, tag.start, "between the directives")
                done = after
        if done > start or not self.faults.text_between(start, end):
            self.faults.stray_text(done, end, "between the directives")
        else:
            self.pieces.keep_slot(opener, DIRECTIVES, start, end)

    def _among_directives(self, place: int, end: int) -> int:
        """Take a tag that stands between directives, and return where the text behind it begins; 0 if it is text."""
        tag = self.tags[place]
        if tag.name.is_directive and not tag.closes:
            block = directive_at(self.tags, tag, end)
            self.pieces.keep_directive(tag, block)
            return block.after
        if tag.name.is_directive:
            self.faults.closes_nothing(tag)
            return tag.end
        if tag.name.is_step and not tag.closes:
            self.faults.displaced(tag)
            steps = [each for each in self.tags.between(tag.start, end) if each.name.is_step]
            return steps[-1].end
        closer = self.pairs.get(place) if tag.name.is_known_block else None
        if closer is not None:
            self._take(block_at(self.tags, closer, end, opener=tag))
            return self.tags[closer].end
        return 0


def _ends_displaced(tag: Tag, first: Tag) -> bool:
    """Tell whether a tag ends a run of steps or directives that stand outside their block."""
    return not tag.closes and (tag.name.is_block or (tag.name.is_directive if first.name.is_step else tag.name.is_step))
