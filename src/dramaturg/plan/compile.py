"""A resolved persona to the plan it amounts to; its one rule: decide before any model is asked, and say why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding, Severity, Span, has_errors
from dramaturg.findings.quick import maker
from dramaturg.persona.model import Persona, Step, fold_id
from dramaturg.plan.artifacts import artifact_names
from dramaturg.plan.contract import contents, contradictions, undefined_directives
from dramaturg.plan.ensemble import closed, demanded, settled
from dramaturg.plan.formats import format_of
from dramaturg.plan.handoffs import hands_over, sends_on
from dramaturg.plan.headings import called_section, document_title
from dramaturg.plan.kinds import Decision, kind_of
from dramaturg.plan.model import Branch, Format, Kind, Plan, PlannedStep, Reason, Requirement, make_reason, make_step
from dramaturg.plan.numbering import beginnings, ids_of
from dramaturg.plan.people import OUTSET, branches_of
from dramaturg.plan.prose import Prose, one_line, prose_of
from dramaturg.plan.repeats import repeated_for
from dramaturg.plan.requirements import requirements_of
from dramaturg.plan.schedule import side_by_side
from dramaturg.plan.sections import section_faults
from dramaturg.plan.settings import settings_of, some, unknown_attributes, unknown_settings
from dramaturg.plan.signals import with_signals
from dramaturg.plan.titles import named, title_of

ENVELOPE = "envelope-1"
_Choice = TypeVar("_Choice", bound=StrEnum)


def compile_plan(persona: Persona, *, schedule: str | None = None) -> Plan:
    """Compile a persona's protocol into a plan.

    Args:
        persona: The resolved persona.
        schedule: `sequential` or `parallel`; None for what the persona says.

    Raises:
        AuthorError: The protocol cannot be performed; every reason is a finding.
    """
    findings = [*unknown_settings(persona), *unknown_attributes(persona)]
    names = artifact_names(persona)
    schedule = schedule or persona.schedule
    steps = with_signals(_planned(persona, names, findings))
    if schedule == "parallel":
        steps = side_by_side(steps)
    findings += section_faults(persona, steps)
    document, because = _document(persona, steps)
    findings += [*contradictions(persona, steps, document), *undefined_directives(persona)]
    if has_errors(findings):
        raise AuthorError((*persona.findings, *findings))
    return Plan(
        persona=persona,
        steps=tuple(steps),
        schedule=schedule,
        document=document,
        because=because,
        names=names,
        schema=ENVELOPE,
        findings=(*persona.findings, *findings),
    )


def _planned(persona: Persona, names: Mapping[str, str], findings: list[Finding]) -> list[PlannedStep]:
    """Return the steps as planned; one that only holds others is none."""
    known = frozenset(map(fold_id, (*names, *names.values())))
    ids = ids_of(persona.steps)
    begins = beginnings(persona.steps, ids)
    compilers = [
        _make_compiler(
            persona=persona,
            known=known,
            step=step,
            prose=prose_of(step.text),
            given=settings_of(persona, step, findings),
            ids=ids,
            begins=begins,
            index=index,
            findings=findings,
        )
        for index, step in enumerate(persona.steps)
        if begins[ids[index]] == ids[index]
    ]
    decisions = [compiler.kind() for compiler in compilers]
    if named := contents(persona):
        decisions = demanded(decisions, [compiler.step.name for compiler in compilers], named)
    decisions = settled(
        closed(decisions, [(compiler.step.name, compiler.prose) for compiler in compilers], persona.title)
    )
    planned: list[PlannedStep] = []
    for compiler, decision in zip(compilers, decisions, strict=True):
        planned.append(compiler.planned(decision, planned))
    return planned


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiler:
    """Turns one step as written into one planned step.

    Attributes:
        known: Folded names of artifacts, which are no titles.
        prose: The step's text, read.
        given: What the author set for the step, by key.
        ids: Those of all steps.
        begins: By the id of each step the one that is performed first there.
        index: The step's place in the protocol.
        findings: Where what is wrong goes.
    """

    persona: Persona
    known: frozenset[str]
    step: Step
    prose: Prose
    given: Mapping[str, tuple[str, Reason]]
    ids: Sequence[str]
    begins: Mapping[str, str]
    index: int
    findings: list[Finding]

    def planned(self, decision: Decision, before: Sequence[PlannedStep]) -> PlannedStep:
        if decision.rule == "kind/names-a-section" and sends_on(self.prose, self.known, before):
            decision = Decision(kind=Kind.ANALYZE, rule="kind/no-output-named")
        step, kind = self.step, decision.kind
        reasons: list[Reason | None] = [self.reason(decision.rule, decision.words)]
        also = decision.also
        if also:
            reasons.append(self.reason(also.rule.replace("kind/", "also/"), also.words))
        title, layout = "", Format.PROSE
        requirements: tuple[Requirement, ...] = ()
        if kind is Kind.SECTION:
            title, because = self.section()
            self.warn_of_empty_list()
            requirements = requirements_of(self.prose, step.origin.span, title)
            layout, why = self.format(title, columns=any(requirement.column for requirement in requirements))
            reasons += [because, why]
        else:
            self.choice("format", Format)  # what is misspelt is misspelt whatever the step does
        each, repeated = self.each(before)
        needs, chosen = self.needs(before, each)
        return make_step(
            id=self.ids[self.index],
            name=step.name,
            kind=kind,
            instruction=step.text.strip(),
            section=title,
            format=layout,
            requirements=requirements,
            needs=needs,
            because=tuple([reason for reason in (*reasons, chosen, repeated) if reason is not None]),
            span=step.opener,
            branches=self.branches() if Kind.BRANCH in (kind, also and also.kind) else (),
            hands_to=self.hands_to() if Kind.HANDOFF in (kind, also and also.kind) else "",
            also=also.kind if also else None,
            each=each,
        )

    def kind(self) -> Decision:
        """Return what the author set, else what the prose says."""
        if chosen := self.choice("kind", Kind):
            return Decision(kind=chosen[0], rule=chosen[1].rule)
        said = kind_of(self.step, self.prose, self.persona.alias, self.known)
        given = self.given.get("section") or self.given.get("format")
        return Decision(kind=Kind.SECTION, rule=given[1].rule) if given and said.kind is not Kind.SECTION else said

    def warn_of_empty_list(self) -> None:
        """Warn of a step that ends where its demands should begin."""
        text = self.step.text.rstrip()
        if text.endswith(":"):
            stop = text.rfind(". ")
            start = max(text.rfind("\n") + 1, stop + 2 if stop >= 0 else 0, len(text) - len(text.lstrip()))
            place = self.step.origin.span.within(self.step.text, start, len(text))
            message = f"step {self.step.number} lists nothing behind this colon, so the section owes nothing"
            remedy = "write the demands as bullets below it"
            self.findings.append(
                Finding(rule="P411", severity=Severity.WARNING, message=message, span=place, help=remedy)
            )

    def section(self) -> tuple[str, Reason]:
        given = self.given.get("section")
        if given and given[0].strip():
            return one_line(given[0]), given[1]
        if given:
            remedy = "write its title, or leave `section` out"
            self.fault("P402", f"step {self.step.number} cannot have an empty `section`", given[1].span, remedy)
        if match := title_of(self.prose, self.known):
            return named(match), self.reason("section/quoted-title", match.span())
        if self.step.name:
            return self.step.name, self.reason("section/step-name")
        if match := called_section(self.prose):
            return match["title"], self.reason("section/quoted-title", match.span("title"))
        if len(self.persona.steps) == 1:
            return self.persona.title, self.reason("section/persona-title")
        return f"Step {self.step.number}", self.reason("section/step-number")

    def format(self, title: str, *, columns: bool) -> tuple[Format, Reason]:
        if chosen := self.choice("format", Format):
            return chosen
        layout, rule, words = format_of(self.prose, title, columns=columns)
        return layout, self.reason(rule, words)

    def branches(self) -> tuple[Branch, ...]:
        """Return where the step may go on; a way to a step that does not exist is reported."""
        branches = tuple(branches_of(self.step, self.prose))
        if not branches:
            remedy = "write a `<Condition>`, or which step to return to"
            self.fault(
                "P402", f"step {self.step.number} cannot be a `branch`: it says no way", self.step.opener, remedy
            )
        branches = tuple([self.renumbered(branch) for branch in branches])
        for branch in branches:
            if branch.goes_to and branch.goes_to not in self.ids:
                message = f"step {self.step.number} goes on with step {branch.goes_to}, which does not exist"
                self.fault("P410", message, branch.span, f"the protocol has the steps {some(self.ids)}")
        return branches

    def renumbered(self, branch: Branch) -> Branch:
        """Return a way with the step it leads to: also one that is misnumbered, and the first of those one holds."""
        meant = (name for name in self.ids if name.endswith(f"@{branch.goes_to}"))
        goal = self.ids[0] if branch.goes_to == OUTSET else branch.goes_to
        goal = goal if goal in self.ids else next(meant, goal)
        goal = self.begins.get(goal, goal)
        return branch if goal == branch.goes_to else replace(branch, goes_to=goal)

    def hands_to(self) -> str:
        found = hands_over(self.prose, self.persona.alias)
        if found is None:
            remedy = "write whom it hands over to, such as `UTE-1`"
            self.fault(
                "P402", f"step {self.step.number} cannot be a `handoff`: it names no persona", self.step.opener, remedy
            )
        return found["alias"] if found else ""

    def needs(self, before: Sequence[PlannedStep], each: str) -> tuple[tuple[str, ...], Reason | None]:
        """Return what the author says the step needs, else the step before it."""
        given = self.given.get("needs")
        if not given:
            return ((before[-1].id,) if before else ()), None
        wanted = tuple(dict.fromkeys(re.findall(r"[^\s,]+", given[0])))
        known = self.ids[: self.index]
        for name in wanted:
            if name not in known:
                message = f"step {self.step.number} needs step `{name}`, which does not come before it"
                self.fault("P404", message, given[1].span, "`needs` names earlier steps")
        return (*wanted, each) if each and each not in wanted else wanted, given[1]

    def each(self, before: Sequence[PlannedStep]) -> tuple[str, Reason | None]:
        """Return the earlier step for each of whose items the step is performed."""
        if given := self.given.get("each"):
            name = given[0].strip()
            if name not in self.ids[: self.index]:
                message = f"step {self.step.number} cannot be performed for each item of step `{name}`"
                self.fault("P404", message, given[1].span, "`each` names an earlier step")
            return name, given[1]
        found = repeated_for(self.prose.text, before)
        return (found[0], self.reason("each/for-each", found[1])) if found else ("", None)

    def choice(self, key: str, choices: type[_Choice]) -> tuple[_Choice, Reason] | None:
        """Return the author's own decision, if there is a valid one."""
        given = self.given.get(key)
        if not given:
            return None
        value = given[0].strip().casefold()
        if value in {choice.value for choice in choices}:
            return choices(value), given[1]
        known = ", ".join(f"`{choice.value}`" for choice in choices)
        message = f"step {self.step.number} cannot have the {key} `{given[0]}`"
        self.fault("P402", message, given[1].span, f"use one of {known}")
        return None

    def reason(self, rule: str, words: tuple[int, int] | None = None) -> Reason:
        """Return a reason: the words of the step's text that it rests on, else what the author set, else the step."""
        if words:
            return make_reason(rule, self.step.origin.span.within(self.step.text, *words))
        given = self.given.get(rule.partition("/")[0])
        return given[1] if given and given[1].rule == rule else make_reason(rule, self.step.opener)

    def fault(self, rule: str, message: str, span: Span, remedy: str) -> None:
        self.findings.append(Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, help=remedy))


_make_compiler = maker(_Compiler)


def _document(persona: Persona, steps: Sequence[PlannedStep]) -> tuple[str, tuple[Reason, ...]]:
    """Return the title quoted in the assemble step, else the persona's."""
    sections = {fold_id(step.section) for step in steps if step.section}
    assembling = (planned for planned in steps if planned.kind is Kind.ASSEMBLE)
    for step in (step for planned in assembling for step in persona.steps if step.opener is planned.span):
        if match := document_title(step.text, sections):
            span = step.origin.span.within(step.text, *match.span())
            return named(match), (make_reason("document/quoted-title", span),)
    return persona.title, (make_reason("document/persona-title", persona.head),)
