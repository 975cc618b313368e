"""What a persona is once read; its one rule: every piece knows the alias and the lines it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dramaturg.findings.model import Finding, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which persona a piece stands in, and where in its file its text begins."""

    alias: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A named block such as `philosophy`; `text` is the file's own characters between the tags."""

    name: str
    text: str
    origin: Origin
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """A named rule set; directives of a chain merge by name."""

    name: str
    text: str
    origin: Origin
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a protocol as written; `opener` spans its tag or its number, `origin.span` its text."""

    number: str
    name: str
    text: str
    origin: Origin
    opener: Span
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactSpec:
    """An input the persona declares; a `primary` one must be supplied."""

    id: str
    primary: bool
    description: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontmatter:
    """The keys of a file's frontmatter with the place of each; `values` holds plain YAML data of known keys only."""

    values: Mapping[str, Any]
    spans: Mapping[str, Span]
    artifacts: tuple[ArtifactSpec, ...] = ()

    def text(self, key: str, default: str = "") -> str:
        """Return a scalar key as text."""
        value = self.values.get(key)
        return default if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaFile:
    """One file, scanned but not yet joined with its parents."""

    path: str
    alias: str
    text: str
    frontmatter: Frontmatter
    slots: tuple[Slot, ...]
    directives: tuple[Directive, ...]
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]

    @property
    def head(self) -> Span:
        """The place to point at when the file as a whole is meant: its alias, else its first character."""
        return self.frontmatter.spans.get("alias", Span(path=self.path, line=1, column=1, length=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A persona with its whole chain merged in.

    Attributes:
        alias: Its identity, as its file spells it.
        version: As written; empty when the file has none.
        title: What it is called.
        status: `active`, `draft` or `deprecated`.
        engine_version: Which prompt kernel performs it.
        input_mode: `evidence-driven` (claims must be grounded) or `generative`.
        slots: Blocks, in the order they were first met from the oldest ancestor on; without the protocol.
        directives: Rule sets, likewise.
        steps: The protocol, in the order written.
        step_settings: The nearest `steps:` map that is not older than the protocol: what the author sets for a number.
        artifacts: Declared inputs.
        allowed_tools: From the nearest definition in the chain.
        chain: The files it was made of, from the oldest ancestor to its own.
        head: The place that stands for the file as a whole.
        digest: SHA-256 over the texts of the chain.
        findings: Warnings and notes met on the way; a persona with errors is never made.
    """

    alias: str
    version: str
    title: str
    status: str
    engine_version: str
    input_mode: str
    slots: tuple[Slot, ...]
    directives: tuple[Directive, ...]
    steps: tuple[Step, ...]
    step_settings: Mapping[str, Any]
    artifacts: tuple[ArtifactSpec, ...]
    allowed_tools: tuple[str, ...]
    chain: tuple[PersonaFile, ...]
    head: Span
    digest: str
    findings: tuple[Finding, ...]

    @property
    def lineage(self) -> tuple[str, ...]:
        """Aliases from the oldest ancestor to the persona itself."""
        return tuple(file.alias for file in self.chain)


def same_id(left: str, right: str) -> bool:
    """Compare two ids the way the language does: without case, `-` = `_` = space."""
    return fold_id(left) == fold_id(right)


def fold_id(identifier: str) -> str:
    """Return the form in which two equal ids are the same string."""
    return "_".join(identifier.strip().casefold().replace("-", " ").replace("_", " ").split())
