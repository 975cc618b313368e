"""A resolved persona to the plan it amounts to; its one rule: decide before any model is asked, and say why."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding, Label, Severity, Span, has_errors
from dramaturg.persona.model import Persona, Step, fold_id, same_id
from dramaturg.plan.model import Format, Kind, Plan, PlannedStep, Reason
from dramaturg.plan.requirements import one_line, requirements_of
from dramaturg.plan.settings import set_at, unknown_attributes, unknown_settings

ENVELOPE = "envelope-1"
_TITLE = re.compile(r"`(?P<code>[^`\n]+)`|\"([^\"\n]+)\"|“([^”\n]+)”")
_ARTIFACT_NAME = re.compile(r"`([A-Z][A-Z0-9_ -]+)`")
_NEARLY_EQUAL = 0.85
_FIRST_WORD = re.compile(r"[A-Za-z]+")
_SECTION_VERBS = frozenset(
    "produce generate create write draft provide prepare output present compose deliver formulate render".split()
)
_INGEST_VERBS = frozenset("ingest read load receive accept digest parse gather collect".split())
_ASSEMBLE_VERBS = frozenset("combine assemble compile merge consolidate collate".split())
_NAMED_SECTION = re.compile(
    r"(?:`[^`\n]+`|\"[^\"\n]+\"|“[^”\n]+”)\s+(?:section|table|checklist|report|document)\b"
    r"|\b(?:section|chapter)\s+(?:titled |entitled |called |named )?(?=[`\"“])",
    re.IGNORECASE,
)
_FOR_A_PERSON = re.compile(
    r"\b(?:do not proceed|wait for (?:the )?(?:user|operator|confirmation|approval)|ask (?:the )?(?:user|operator)"
    r"|(?:user|operator)(?:'s)? (?:confirmation|approval)|request (?:confirmation|approval|clarification)"
    r"|hand (?:over|off)|return to step)\b|<Condition\b",
    re.IGNORECASE,
)
_ASSEMBLED = re.compile(r"\b(?:sections?|document|report|parts|outputs?)\b", re.IGNORECASE)
_TITLED = re.compile(r"\b(?:titled|entitled|called|named)\b", re.IGNORECASE)
_FORMATS: Sequence[tuple[Format, str, re.Pattern[str]]] = (
    (Format.CHECKLIST, "format/checklist", re.compile(r"\bcheck-?list\b", re.IGNORECASE)),
    (Format.TABLE, "format/table", re.compile(r"\b(?:table|matrix)\b", re.IGNORECASE)),
    (
        Format.PROCEDURE,
        "format/procedure",
        re.compile(
            r"\b(?:sequential|step-by-step|runbook|procedure|in (?:this )?order|instructions (?:on|for) how)\b",
            re.IGNORECASE,
        ),
    ),
    (Format.FINDINGS, "format/findings", re.compile(r"\b(?:findings|vulnerabilities|issues found)\b", re.IGNORECASE)),
    (Format.CODE, "format/code", re.compile(r"\b(?:code block|source file|script|code only)\b", re.IGNORECASE)),
)
_Choice = TypeVar("_Choice", bound=StrEnum)


def compile_plan(persona: Persona) -> Plan:
    """Compile a persona's protocol into a plan.

    Raises:
        AuthorError: The protocol cannot be performed; every reason is a finding.
    """
    findings = [*unknown_settings(persona), *unknown_attributes(persona)]
    names = _artifact_names(persona)
    compilers = [
        _Compiler(persona=persona, names=names, step=step, index=index, findings=findings)
        for index, step in enumerate(persona.steps)
    ]
    steps = [compiler.planned() for compiler in compilers]
    if not any(step.kind is Kind.SECTION for step in steps):
        findings.append(
            Finding(
                rule="P401",
                severity=Severity.ERROR,
                message=f"the protocol of `{persona.alias}` writes no section",
                span=persona.steps[0].opener if persona.steps else persona.head,
                help='add a `<Step>` that says what to produce, or give a step `kind="section"`',
            )
        )
    findings += _repeated_sections(steps)
    if has_errors(findings):
        raise AuthorError((*persona.findings, *findings))
    document, because = _document(persona, steps)
    return Plan(
        persona=persona,
        steps=tuple(steps),
        document=document,
        because=because,
        names=names,
        schema=ENVELOPE,
        digest=_digest(persona, steps, document),
        findings=(*persona.findings, *findings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiler:
    """Turns one step as written into one planned step."""

    persona: Persona
    names: Mapping[str, str]
    step: Step
    index: int
    findings: list[Finding]

    def planned(self) -> PlannedStep:
        step = self.step
        kind, kind_reason = self.kind()
        title, title_reason = self.section() if kind is Kind.SECTION else ("", None)
        layout, layout_reason = self.format(title) if kind is Kind.SECTION else (Format.PROSE, None)
        needs, needs_reason = self.needs()
        reasons = (kind_reason, title_reason, layout_reason, needs_reason)
        return PlannedStep(
            id=self.id_of(self.index),
            name=step.name,
            kind=kind,
            instruction=step.text.strip(),
            section=title,
            format=layout,
            requirements=requirements_of(step.text, step.origin.span, title) if kind is Kind.SECTION else (),
            needs=needs,
            because=tuple(reason for reason in reasons if reason is not None),
            span=step.opener,
        )

    def id_of(self, index: int) -> str:
        """Return a step's number, or its position where the number is used twice."""
        number = self.persona.steps[index].number
        earlier = [step.number for step in self.persona.steps[:index]]
        return f"{number}@{index + 1}" if number in earlier else number

    def kind(self) -> tuple[Kind, Reason]:
        if chosen := self.choice("kind", Kind):
            return chosen
        first = _FIRST_WORD.search(self.step.text)
        verb = first[0].casefold() if first else ""
        reason = self.reason(first)
        if verb in _ASSEMBLE_VERBS and _ASSEMBLED.search(self.step.text):
            return Kind.ASSEMBLE, reason("kind/assemble-verb")
        if verb in _INGEST_VERBS:
            return Kind.INGEST, reason("kind/ingest-verb")
        if verb in _SECTION_VERBS:
            return Kind.SECTION, reason("kind/section-verb")
        if named := _NAMED_SECTION.search(self.step.text):
            return Kind.SECTION, self.reason(named)("kind/names-a-section")
        if person := _FOR_A_PERSON.search(self.step.text):
            self.findings.append(
                Finding(
                    rule="P407",
                    severity=Severity.WARNING,
                    message=f"step {self.step.number} waits for a person or hands over; this version does neither",
                    span=self.step.origin.span.within(self.step.text, *person.span()),
                    help="it is performed as analysis; put what a person must decide into the document instead",
                )
            )
        return Kind.ANALYZE, reason("kind/no-output-named")

    def section(self) -> tuple[str, Reason]:
        given = self.setting("section")
        if given and given[0].strip():
            return one_line(given[0]), given[1]
        if given:
            remedy = "write its title, or leave `section` out"
            self.fault("P402", f"step {self.step.number} cannot have an empty `section`", given[1].span, remedy)
        for match in _TITLE.finditer(self.step.text):
            title = _named(match)
            if not any(same_id(title, name) for name in (*self.names, *self.names.values())):
                return title, self.reason(match)("section/quoted-title")
        name = self.step.name or f"Step {self.step.number}"
        return name, Reason(rule="section/step-name", span=self.step.opener)

    def format(self, title: str) -> tuple[Format, Reason]:
        if chosen := self.choice("format", Format):
            return chosen
        at = self.step.text.find(title)
        for layout, rule, pattern in _FORMATS:
            if pattern.search(title):
                place = (
                    self.step.origin.span.within(self.step.text, at, at + len(title)) if at >= 0 else self.step.opener
                )
                return layout, Reason(rule=f"{rule}-title", span=place)
        for layout, rule, pattern in _FORMATS:
            if found := pattern.search(self.step.text.strip().split("\n", 1)[0]):
                offset = len(self.step.text) - len(self.step.text.lstrip())
                place = self.step.origin.span.within(self.step.text, offset + found.start(), offset + found.end())
                return layout, Reason(rule=f"{rule}-wording", span=place)
        return Format.PROSE, Reason(rule="format/nothing-else-named", span=self.step.opener)

    def needs(self) -> tuple[tuple[str, ...], Reason | None]:
        given = self.setting("needs")
        if not given:
            return ((self.id_of(self.index - 1),) if self.index else ()), None
        wanted = tuple(dict.fromkeys(re.findall(r"[^\s,]+", given[0])))
        known = [self.id_of(index) for index in range(self.index)]
        for name in wanted:
            if name not in known:
                message = f"step {self.step.number} needs step `{name}`, which does not come before it"
                self.fault("P404", message, given[1].span, "`needs` names earlier steps")
        return wanted, given[1]

    def choice(self, key: str, choices: type[_Choice]) -> tuple[_Choice, Reason] | None:
        """Return the author's own decision, if there is a valid one."""
        given = self.setting(key)
        if not given:
            return None
        value = given[0].strip().casefold()
        if value in {choice.value for choice in choices}:
            return choices(value), given[1]
        known = ", ".join(f"`{choice.value}`" for choice in choices)
        message = f"step {self.step.number} cannot have the {key} `{given[0]}`"
        self.fault("P402", message, given[1].span, f"this version performs {known}")
        return None

    def setting(self, key: str) -> tuple[str, Reason] | None:
        """Return what the author set for this step: the tag's attribute before the frontmatter's map."""
        if key in self.step.attributes:
            return self.step.attributes[key], Reason(rule=f"{key}/attribute", span=self.step.opener)
        settings = self.persona.step_settings.get(self.step.number)
        value = settings.get(key) if isinstance(settings, Mapping) else None
        if value is None:
            return None
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return text, Reason(rule=f"{key}/frontmatter", span=set_at(self.persona, self.step.number, key))

    def reason(self, match: re.Match[str] | None) -> Callable[[str], Reason]:
        span = self.step.origin.span.within(self.step.text, *match.span()) if match else self.step.opener
        return lambda rule: Reason(rule=rule, span=span)

    def fault(self, rule: str, message: str, span: Span, remedy: str) -> None:
        self.findings.append(Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, help=remedy))


def _artifact_names(persona: Persona) -> dict[str, str]:
    """Return what the steps call each declared artifact.

    A backticked name in capitals stands for the artifact whose id it equals or all but equals: the reference persona
    declares `architectural_blueprint` and ingests the `ARCHITECTURE_BLUEPRINT`. The first step that names it decides,
    so that an edit of a later one does not change what earlier ones are asked.
    """
    ids = {fold_id(artifact.id): artifact.id for artifact in persona.artifacts}
    names: dict[str, str] = {}
    for step in persona.steps:
        said: dict[str, str] = {}
        for match in _ARTIFACT_NAME.finditer(step.text):
            for near in get_close_matches(fold_id(match[1]), ids, n=1, cutoff=_NEARLY_EQUAL):
                if near == fold_id(match[1]) or ids[near] not in said:
                    said[ids[near]] = match[1]
        names = said | names
    return {artifact.id: artifact.id for artifact in persona.artifacts} | names


def _repeated_sections(steps: Sequence[PlannedStep]) -> list[Finding]:
    """Report a section title used twice: the document has each heading once."""
    seen: dict[str, PlannedStep] = {}
    found = []
    for step in (step for step in steps if step.kind is Kind.SECTION):
        first = seen.setdefault(step.section.casefold(), step)
        if first is not step:
            found.append(
                Finding(
                    rule="P403",
                    severity=Severity.ERROR,
                    message=f"a second step writes the section `{step.section}`",
                    span=step.span,
                    labels=(Label(span=first.span, text="the first one"),),
                    help='give one of them another title with `section="…"`',
                )
            )
    return found


def _document(persona: Persona, steps: Sequence[PlannedStep]) -> tuple[str, tuple[Reason, ...]]:
    """Return the title quoted in the assemble step, else the persona's."""
    sections = [step.section for step in steps]
    for step in (step for planned, step in zip(steps, persona.steps, strict=True) if planned.kind is Kind.ASSEMBLE):
        titled = _TITLED.search(step.text)
        for match in _TITLE.finditer(step.text, titled.end() if titled else 0):
            title = _named(match)
            if titled or not (match["code"] or any(same_id(title, section) for section in sections)):
                span = step.origin.span.within(step.text, *match.span())
                return title, (Reason(rule="document/quoted-title", span=span),)
    return persona.title, (Reason(rule="document/persona-title", span=persona.head),)


def _named(title: re.Match[str]) -> str:
    return next(group for group in title.groups() if group is not None).strip()


def _digest(persona: Persona, steps: Sequence[PlannedStep], document: str) -> str:
    """Return what identifies the plan: its meaning and the texts it came from, not where they were read."""
    meaning: list[Any] = [persona.digest, persona.alias, persona.engine_version, ENVELOPE, document]
    for step in steps:
        owed = [[requirement.id, requirement.text, requirement.level] for requirement in step.requirements]
        meaning.append([step.id, step.kind, step.section, step.format, step.instruction, owed, step.needs])
    return hashlib.sha256(json.dumps(meaning, ensure_ascii=False).encode()).hexdigest()
