"""What can differ between two plans; its one rule: a change says what it does to what is owed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dramaturg.findings.model import Span


class Subject(StrEnum):
    """What kind of thing changed.

    An `optional requirement` is one of level `may`, a `question` a `gate` or `ask`, a `branch` one condition or way
    back of a step, a `rule` an entry of a directive, a `demand` a sentence beside the bullets that says MUST.
    """

    DOCUMENT = "document title"
    MODE = "input mode"
    ENGINE = "engine version"
    LINEAGE = "lineage"
    TOOLS = "tool list"
    ARTIFACT = "artifact"
    SLOT = "slot"
    CONTRACT = "output contract"
    DIRECTIVE = "directive"
    RULE = "rule"
    SECTION = "section"
    QUESTION = "question"
    STEP = "step"
    KIND = "kind"
    FORMAT = "format"
    BRANCH = "branch"
    HANDOFF = "handoff"
    INSTRUCTION = "instruction"
    DEMAND = "demand"
    REQUIREMENT = "requirement"
    OPTION = "optional requirement"
    COLUMN = "column"


class Effect(StrEnum):
    """What a change does to what is owed: less, something else, or more."""

    LOSS = "loss"
    CHANGE = "change"
    GAIN = "gain"


class What(StrEnum):
    """What became of the subject; `shortened` is reworded by nothing but leaving words out."""

    LOST = "lost"
    WEAKENED = "weakened"
    CHANGED = "changed"
    RENAMED = "renamed"
    MOVED = "moved"
    REORDERED = "reordered"
    REWORDED = "reworded"
    SHORTENED = "shortened"
    STRENGTHENED = "strengthened"
    ADDED = "added"


_EFFECTS = {
    What.LOST: Effect.LOSS,
    What.WEAKENED: Effect.LOSS,
    What.STRENGTHENED: Effect.GAIN,
    What.ADDED: Effect.GAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two plans.

    Attributes:
        subject: What kind of thing changed.
        what: What became of it.
        name: What it is called, or was if that is what changed; empty for what a persona or a step has one of.
        where: The section, else the step, it stands in, or stood in if that is gone; the directive of a rule; empty
            for the persona's own.
        before: What it was: its text, its title, its level; empty for what was not there.
        after: What it is, likewise.
        span_before: Where it stood; what it is missing from if it was not there, None if that was missing too.
        span_after: Where it stands, likewise.
    """

    subject: Subject
    what: What
    name: str
    where: str
    before: str
    after: str
    span_before: Span | None
    span_after: Span | None

    @property
    def effect(self) -> Effect:
        """What it does to what is owed."""
        return _EFFECTS.get(self.what, Effect.CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where changes stand: the section or step, and the spans on both sides."""

    where: str = ""
    before: Span | None = None
    after: Span | None = None

    def change(self, subject: Subject, what: What, name: str, *, before: str = "", after: str = "") -> Change:
        """Return a change that stands here."""
        return Change(
            subject=subject,
            what=what,
            name=name,
            where=self.where,
            before=before,
            after=after,
            span_before=self.before,
            span_after=self.after,
        )

    def changed(self, subject: Subject, what: What, name: str, before: str, after: str) -> Iterator[Change]:
        """Yield a change that stands here if what was is not what is."""
        if before != after:
            yield self.change(subject, what, name, before=before, after=after)

    def reordered(self, subject: Subject, name: str, positions: tuple[int, int] | None) -> Iterator[Change]:
        """Yield that what is here has another position, if it has."""
        if positions:
            was, now = (f"position {position}" for position in positions)
            yield self.change(subject, What.REORDERED, name, before=was, after=now)
