"""What a run amounts to, before and after it is a document; its one rule: a citation here stands in its artifact."""

from dataclasses import dataclass
from enum import StrEnum

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Citation
from dramaturg.findings.model import Finding
from dramaturg.plan.model import Format


class Basis(StrEnum):
    """What an entry rests on."""

    EVIDENCE = "evidence"
    INFERENCE = "inference"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """A file an entry gives whole."""

    path: str
    language: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a section, held against the artifacts.

    Attributes:
        text: The statement, action or check; for `missing`, what is missing.
        command: What to type; empty for none.
        expect: What it should show; empty for none.
        file: A whole file, None for none.
        cells: Column and value of a table row.
        covers: Ids of the requirements it fulfils, as the persona spells them.
        basis: What it rests on.
        citations: Quotes that were found.
        rests_on: Labels of the artifacts an inference names.
        unsupported: A quote it gave was not found, or it gave none where it had to.
        about: Which item of another step it is about, where its step is performed for each; empty otherwise.
    """

    text: str
    command: str = ""
    expect: str = ""
    file: CodeFile | None = None
    cells: tuple[tuple[str, str], ...] = ()
    covers: tuple[str, ...] = ()
    basis: Basis = Basis.INFERENCE
    citations: tuple[Citation, ...] = ()
    rests_on: tuple[str, ...] = ()
    unsupported: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A finished section."""

    step: str
    title: str
    format: Format
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """Something the document cannot answer; `about` is the requirement or the subject."""

    section: str
    about: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """Work prepared for another persona.

    Attributes:
        step: The step that hands over.
        persona: The alias it names.
        mandate: What that persona is asked to do, as Markdown.
    """

    step: str
    persona: str
    mandate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything a run decided.

    Attributes:
        sections: In the order of the plan.
        questions: What is left for a person.
        findings: What a reader should know.
        handoffs: Work prepared for other personas.
        supplied: Artifacts that a person's answers amount to, which the run did not begin with.
        skipped: Ids of steps that a condition passed over.
    """

    sections: tuple[Section, ...]
    questions: tuple[OpenQuestion, ...]
    findings: tuple[Finding, ...]
    handoffs: tuple[Handoff, ...] = ()
    supplied: tuple[Artifact, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The assembled result."""

    title: str
    sections: tuple[Section, ...]
    questions: tuple[OpenQuestion, ...]
    markdown: str
