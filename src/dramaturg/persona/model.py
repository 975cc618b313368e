"""What a persona is once read; its one rule: every piece knows the alias and the lines it came from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

from dramaturg.findings.model import Finding, Span
from dramaturg.findings.quick import maker, quick
from dramaturg.findings.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which persona a piece stands in, and where in its file its text begins."""

    alias: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A named block such as `philosophy`; `text` is the file's own characters between the tags, `opener` the first."""

    name: str
    text: str
    origin: Origin
    opener: Span
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """A named rule set; directives of a chain merge by name. `opener` is its tag, or its key if it is not `tagged`."""

    name: str
    text: str
    origin: Origin
    opener: Span
    override: bool = False
    tagged: bool = True


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a step does in one case: `check` is the case as written, `span` covers `text`."""

    check: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a protocol as written.

    Attributes:
        number: As written, else its position; that of a nested step includes the number it stands in.
        name: As written; that of an item of a numbered list is its bold key.
        text: Its own text; a nested step's is not part of it.
        origin: Where the text stands.
        opener: Its tag, or the number of an item.
        attributes: Those of the tag without `number` and `name`.
        conditions: Its `<Condition>` blocks, which are part of the text too.
        parent: The number of the step it stands in; empty for an outermost one.
    """

    number: str
    name: str
    text: str
    origin: Origin
    opener: Span
    attributes: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    parent: str = ""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactSpec:
    """An input the persona declares; a `primary` one must be supplied."""

    id: str
    primary: bool
    description: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontmatter:
    """The keys of a file's frontmatter with the place of each.

    Attributes:
        values: Plain YAML data of known keys only; scalars are the text the author wrote.
        spans: The place of each value by its key, and of each nested entry by its dotted path.
        artifacts: The inputs it declares.
        slots: The blocks it gives in their YAML spelling.
        directives: Likewise.
    """

    values: Mapping[str, Any]
    spans: Mapping[str, Span]
    artifacts: tuple[ArtifactSpec, ...] = ()
    slots: tuple[Slot, ...] = ()
    directives: tuple[Directive, ...] = ()

    def text(self, key: str, default: str = "") -> str:
        """Return a scalar key as text."""
        value = self.values.get(key)
        return default if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a file: `frontmatter`, `slot`, `directive`, `step`, or `markup`, which is all between them."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaFile:
    """One file, scanned but not yet joined with its parents; its slots hold what precedes the first step as well."""

    path: str
    alias: str
    text: str
    frontmatter: Frontmatter
    slots: tuple[Slot, ...]
    directives: tuple[Directive, ...]
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    body_at: int = 0

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The file cut into its pieces, none left out: joined they are the file again."""
        source = Source(self.path, self.text)
        known = [("frontmatter", 0, self.body_at)]
        named: Sequence[tuple[str, Sequence[Slot | Directive | Step]]]
        named = (("slot", self.slots), ("directive", self.directives), ("step", self.steps))
        for kind, members in named:
            starts = ((source.offset(member.origin.span), member.origin.span.length) for member in members)
            known += [(kind, start, start + length) for start, length in starts if start >= self.body_at]
        pieces, done = [], 0
        for kind, start, end in sorted(known, key=itemgetter(1, 2)):
            pieces += [Piece(kind="markup", text=self.text[done:start]), Piece(kind=kind, text=self.text[start:end])]
            done = end
        pieces.append(Piece(kind="markup", text=self.text[done:]))
        return tuple(piece for piece in pieces if piece.text)

    @property
    def head(self) -> Span:
        """The place to point at when the file as a whole is meant: its alias, else its first character."""
        spans = self.frontmatter.spans
        return spans["alias"] if "alias" in spans else Span(path=self.path, line=1, column=1, length=0)


make_origin, make_slot, make_directive, make_step = maker(Origin), maker(Slot), maker(Directive), maker(Step)
make_frontmatter, make_file = maker(Frontmatter), maker(PersonaFile)


@dataclass(frozen=True, kw_only=True)  # no slots: they would leave no room for what is reckoned once
class Persona:
    """A persona with its whole chain merged in.

    Attributes:
        alias: Its identity, as its file spells it.
        version: As written; empty when the file has none.
        title: What it is called.
        status: `active`, `draft` or `deprecated`.
        engine_version: Which prompt kernel performs it.
        input_mode: `evidence-driven` (claims must be grounded) or `generative`.
        schedule: `sequential` or `parallel`.
        slots: Blocks, in the order they were first met from the oldest ancestor on; without the protocol.
        directives: Rule sets, likewise.
        steps: The protocol, in the order written.
        step_settings: The nearest `steps:` map that is not older than the protocol: what the author sets for a number.
        artifacts: Declared inputs.
        allowed_tools: From the nearest definition in the chain.
        chain: The files it was made of, from the oldest ancestor to its own.
        head: The place that stands for the file as a whole.
        findings: Warnings and notes met on the way; a persona with errors is never made.
    """

    alias: str
    version: str
    title: str
    status: str
    engine_version: str
    input_mode: str
    schedule: str
    slots: tuple[Slot, ...]
    directives: tuple[Directive, ...]
    steps: tuple[Step, ...]
    step_settings: Mapping[str, Any]
    artifacts: tuple[ArtifactSpec, ...]
    allowed_tools: tuple[str, ...]
    chain: tuple[PersonaFile, ...]
    head: Span
    findings: tuple[Finding, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the texts of the chain."""
        return hashlib.sha256("\0".join(file.text for file in self.chain).encode()).hexdigest()

    @property
    def lineage(self) -> tuple[str, ...]:
        """Aliases from the oldest ancestor to the persona itself."""
        return tuple(file.alias for file in self.chain)


def same_id(left: str, right: str) -> bool:
    """Compare two ids the way the language does: without case, `-` = `_` = space."""
    return fold_id(left) == fold_id(right)


@lru_cache(maxsize=4096)  # the same few names are compared again and again
def fold_id(identifier: str) -> str:
    """Return the form in which two equal ids are the same string."""
    return "_".join(identifier.strip().casefold().replace("-", " ").replace("_", " ").split())
