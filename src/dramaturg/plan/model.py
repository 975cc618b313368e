"""The typed contract a persona amounts to; its one rule: every decision carries its reason."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from dramaturg.findings.model import Finding, Span
from dramaturg.findings.quick import maker
from dramaturg.persona.model import Persona

PARALLEL = "needs/parallel"


class Kind(StrEnum):
    """What a step does.

    `ingest` reads inputs, `analyze` makes working notes, `section` writes a section of the document, `gate` asks a
    person to confirm, `ask` asks one for an answer or an artifact, `branch` goes on where a condition says, `handoff`
    names another persona, `assemble` joins the sections. Code does the last, a model is asked for the others.
    """

    INGEST = "ingest"
    ANALYZE = "analyze"
    SECTION = "section"
    GATE = "gate"
    ASK = "ask"
    BRANCH = "branch"
    HANDOFF = "handoff"
    ASSEMBLE = "assemble"


class Format(StrEnum):
    """How a section's items are laid out."""

    CHECKLIST = "checklist"
    PROCEDURE = "procedure"
    FINDINGS = "findings"
    TABLE = "table"
    CODE = "code"
    PROSE = "prose"


class Level(StrEnum):
    """Whether an uncovered requirement fails its step."""

    MUST = "must"
    MAY = "may"


@dataclass(frozen=True, slots=True)  # not by keyword alone, as its span is not
class Reason:
    """Why the compiler decided as it did: the rule's id, and the author's words it rests on."""

    rule: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Something a section owes.

    Attributes:
        id: The bold key or the first words of the bullet; the section's title for the section as such.
        text: The whole demand on one line.
        level: `must` or `may`.
        span: The author's words.
        because: Why it is a requirement, and why of this level.
        whole_section: This is the requirement that the section has content at all.
        non_negotiable: The author said so; checked first, never downgraded.
        column: It names a cell that each entry of the section has, rather than an entry.
    """

    id: str
    text: str
    level: Level
    span: Span
    because: tuple[Reason, ...]
    whole_section: bool = False
    non_negotiable: bool = False
    column: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way a step may go on.

    Attributes:
        check: The condition as written, such as `CONFIDENCE_SCORE < 80`; empty where the step states none.
        goes_to: The id of the step to go on with; empty for the next one.
        bound: How often the way back may be taken; 0 for a way that leads on.
        text: What to do in that case, on one line.
        span: The author's words.
    """

    check: str
    goes_to: str
    bound: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A named value that a step sets, for conditions to look at.

    Attributes:
        name: As the condition spells it.
        form: `number`, `yes or no`, or `text`.
        asks: The condition in prose whose truth it is; empty for a value that the protocol itself names.
    """

    name: str
    form: str
    asks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step of the plan.

    Attributes:
        id: Its number, with its position where the number is used twice.
        name: As written.
        kind: What it does.
        instruction: What it is asked with.
        section: The title of the section it writes; empty unless `kind` is `section`.
        format: How that section is laid out.
        requirements: What the section owes.
        needs: The ids of the steps whose results it sees.
        because: Why it was planned so.
        span: Its opener.
        branches: Where a `branch` may go on.
        hands_to: The alias a `handoff` names; empty otherwise.
        also: What the step does besides: a section can end with a question. None for nothing.
        signals: The values it sets.
        each: The id of the earlier step for each of whose items it is performed; empty for once.
    """

    id: str
    name: str
    kind: Kind
    instruction: str
    section: str
    format: Format
    requirements: tuple[Requirement, ...]
    needs: tuple[str, ...]
    because: tuple[Reason, ...]
    span: Span
    branches: tuple[Branch, ...] = ()
    hands_to: str = ""
    also: Kind | None = None
    signals: tuple[Signal, ...] = ()
    each: str = ""

    def does(self, kind: Kind) -> bool:
        """Tell whether this is what the step does, or does besides."""
        return kind in (self.kind, self.also)

    @property
    def stands_alone(self) -> bool:
        """Whether nothing can go on beside it: a person, another way or another persona comes in."""
        return bool(self.branches) or any(map(self.does, (Kind.GATE, Kind.ASK, Kind.BRANCH, Kind.HANDOFF)))

    @property
    def chooses_needs(self) -> bool:
        """Whether the author named what the step needs, so that it sees nothing else."""
        return any(reason.rule.startswith("needs/") and reason.rule != PARALLEL for reason in self.because)

    @property
    def is_asked(self) -> bool:
        """Whether a model is asked: not where code joins sections or decides by values that other steps have set."""
        return self.kind is not Kind.ASSEMBLE and (self.kind is not Kind.BRANCH or bool(self.signals))

    @property
    def title(self) -> str:
        """What to call the step when speaking to a person."""
        return self.section or self.name or f"Step {self.id}"

    @property
    def musts(self) -> tuple[Requirement, ...]:
        """The requirements that fail the step when uncovered, non-negotiable ones first."""
        return tuple(sorted(self.owes, key=lambda requirement: not requirement.non_negotiable))

    @property
    def owes(self) -> tuple[Requirement, ...]:
        """The same requirements in the order written."""
        return tuple(requirement for requirement in self.requirements if requirement.level is Level.MUST)

    @property
    def asks(self) -> tuple[Requirement, ...]:
        """What a first answer must cover: the bullets, whose items give the section content, else the section."""
        entries = [requirement for requirement in self.owes if not requirement.column]
        return tuple(requirement for requirement in entries if not requirement.whole_section) or tuple(entries)

    @property
    def columns(self) -> tuple[str, ...]:
        """The cells that each entry of the section has, in the order written; empty where the author names none."""
        return tuple(requirement.id for requirement in self.requirements if requirement.column)

    @property
    def meaning(self) -> list[Any]:
        """What counts of the step when plans are told apart: what is asked, not where it was read."""
        owed = [[each.id, each.text, str(each.level), each.column] for each in self.requirements]
        ways = [[branch.check, branch.goes_to, branch.bound] for branch in self.branches]
        what = [self.id, str(self.kind), self.section, str(self.format), self.instruction, self.hands_to]
        signals = [[signal.name, signal.form] for signal in self.signals]
        return [*what, owed, self.needs, ways, self.also, signals, self.each]


make_reason, make_requirement, make_step = maker(Reason), maker(Requirement), maker(PlannedStep)


@dataclass(frozen=True, kw_only=True)  # no slots: they would leave no room for what is reckoned once
class Plan:
    """What will be performed.

    Attributes:
        persona: The resolved persona.
        steps: In the order written.
        schedule: `sequential`, or `parallel` where sections are written side by side.
        document: The document's title.
        because: Why it is titled so.
        names: What the steps call each declared artifact, by its id.
        schema: Name of the answer envelope that sections are written in.
        findings: Warnings and notes, the persona's included.
    """

    persona: Persona
    steps: tuple[PlannedStep, ...]
    schedule: str
    document: str
    because: tuple[Reason, ...]
    names: Mapping[str, str]
    schema: str
    findings: tuple[Finding, ...]

    @cached_property
    def digest(self) -> str:
        """What identifies the plan: SHA-256 over its meaning and the texts it came from, not where they were read."""
        persona = self.persona
        meaning: list[Any] = [persona.digest, persona.alias, persona.engine_version, self.schema, self.document]
        meaning += [step.meaning for step in self.steps]
        return hashlib.sha256(repr(meaning).encode("utf-8", "backslashreplace")).hexdigest()

    @property
    def calls(self) -> tuple[PlannedStep, ...]:
        """The steps a model is asked for."""
        return tuple(step for step in self.steps if step.is_asked)

    @property
    def performed(self) -> tuple[PlannedStep, ...]:
        """The steps that are performed one by one; joining the sections is none of them."""
        return tuple(step for step in self.steps if step.kind is not Kind.ASSEMBLE)

    @property
    def sections(self) -> Iterator[PlannedStep]:
        """The steps that write a section, in document order."""
        return (step for step in self.steps if step.kind is Kind.SECTION)
