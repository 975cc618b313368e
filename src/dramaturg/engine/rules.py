"""An answer to what is wrong with it; its one rule: the model's word is never taken where code can look.

Three kinds of fault: the answer as a whole cannot be read (`R1xx`), it does not do what the step owes (`R2xx`), or a
claim is not backed by the artifacts (`R3xx`). The first two fail the step when attempts are spent; the third never
fails a paid run, the item is marked instead.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dramaturg.engine.narrow import from_narrowed
from dramaturg.evidence.locate import FoldedArtifact, Shelf, fold, proves_something
from dramaturg.evidence.nearest import nearest
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.model import same_id
from dramaturg.plan.conditions import as_number, as_truth
from dramaturg.plan.model import Format, Kind, PlannedStep, Requirement, Signal
from dramaturg.plan.outputs import Item, StepOutput

_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(?P<body>.*)\n\s*```\s*\Z", re.DOTALL)
_NAME = re.compile(r"[\w-]{1,60}")
FORGED_MARK = re.compile(
    r"\[(?=[\s*_~`\\\u200b-\u200d\u2060\ufeff]*"
    r"(?:Source|MISSING|UNSUPPORTED|REASONED_INFERENCE|DOCUMENT_INCONSISTENCY)\b)([^\[\]]*)\]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer is worth.

    Attributes:
        findings: Every fault, those that can fail the step first.
        rejected: Positions of items whose evidence or form is at fault.
        misplaced: Those among them that stand in the wrong order.
        uncovered: Requirements that have no item.
        unset: Names of the values it had to set and did not.
    """

    findings: tuple[Finding, ...] = ()
    rejected: frozenset[int] = frozenset()
    misplaced: frozenset[int] = frozenset()
    uncovered: tuple[Requirement, ...] = ()
    unset: tuple[str, ...] = ()

    @property
    def fatal(self) -> tuple[Finding, ...]:
        """The faults that fail the step when attempts are spent."""
        return tuple(finding for finding in self.findings if finding.is_error)


def read_answer(text: str, step: PlannedStep, owes: Sequence[Requirement] | None) -> StepOutput | tuple[Finding, ...]:
    """Return the answer as an envelope, or why it is none.

    Args:
        text: The model's answer.
        step: The step it answers.
        owes: What a narrowed schema had slots for; None for the constant envelope.
    """
    fenced = _FENCED.match(text)
    try:
        data = json.loads(fenced["body"] if fenced else text, strict=False)
    except (ValueError, RecursionError) as error:
        return (_fault("R101", f"the answer is not JSON ({error})", step),)
    if not isinstance(data, Mapping):
        return (_fault("R101", "the answer is not a JSON object", step),)
    try:
        return StepOutput.model_validate(data if owes is None else from_narrowed(data, owes))
    except ValidationError as error:
        return tuple(_misfit(detail["loc"], detail["msg"], step) for detail in error.errors(include_url=False))


def runs_on(step: PlannedStep) -> Finding:
    """Return the fault of an answer that was cut because it went on with nothing new."""
    return _fault("R104", "the answer went on with white space or the same characters and was cut", step)


def judge(output: StepOutput, step: PlannedStep, shelf: Shelf, *, grounded: bool, writes: bool) -> Verdict:
    """Hold an answer to what its step owes and to the evidence.

    Args:
        output: The answer.
        step: The step it answers.
        shelf: The artifacts.
        grounded: Whether claims must be backed by them.
        writes: Whether a language model answered; a section of placeholders is then a fault.
    """
    evidence = [
        (position, fault)
        for position, item in enumerate(output.items)
        for fault in _evidence(item, position, step, shelf, grounded=grounded)
    ]
    rejected = frozenset(position for position, _ in evidence)
    signals = [_unset(signal, step) for signal in step.signals if writes and not _is_set(signal, output)]
    unset = tuple(signal.name for signal in step.signals if writes and not _is_set(signal, output))
    if step.kind is not Kind.SECTION:
        return Verdict(findings=(*signals, *(fault for _, fault in evidence)), rejected=rejected, unset=unset)
    uncovered = tuple(
        requirement for requirement in step.musts if not _covered(requirement, output.items, step.format, writes=writes)
    )
    faults = [_uncovered(requirement, step) for requirement in uncovered]
    order, misplaced = _order(output.items, step)
    return Verdict(
        findings=(*faults, *order, *signals, *(fault for _, fault in evidence)),
        rejected=rejected | misplaced,
        unset=unset,
        misplaced=misplaced,
        uncovered=uncovered,
    )


def _is_set(signal: Signal, output: StepOutput) -> bool:
    """Tell whether an answer sets a value in the form that its condition compares."""
    given = next((each.value for each in output.signals if same_id(each.name, signal.name)), "")
    if signal.form == "number":
        return as_number(given) is not None
    return bool(given.strip()) and (signal.form != "yes or no" or as_truth(given) is not None)


def _unset(signal: Signal, step: PlannedStep) -> Finding:
    return Finding(
        rule="R207",
        severity=Severity.ERROR,
        message=f"`signals` must set `{signal.name}` ({signal.form}); a condition looks at it",
        span=step.span,
        note="the step sets it",
        help="choose a stronger model, or say in the step how the value is found",
        step=step.id,
    )


def has_content(item: Item, layout: Format, *, writes: bool = True) -> bool:
    """Tell whether an item holds what its section's format shows; a placeholder shows its text only.

    What only quotes (`writes` is false) gives no file, and none is expected of it.
    """
    if item.basis == "missing":
        return _says(item.text)
    if layout is Format.CODE and writes:
        return _says(item.file.content)
    if layout is Format.TABLE and item.cells:
        return any(_says(cell.value) for cell in item.cells)
    return _says(item.text) or _says(item.command)


def _says(text: str) -> bool:
    """Tell whether a text has anything to see: control and zero-width characters say nothing."""
    return any(character.isprintable() and not character.isspace() for character in text)


def covers(item: Item, requirement: Requirement) -> bool:
    """Tell whether an item says it fulfils a requirement, or gives the cell that is one."""
    cells = (cell.column for cell in item.cells if _says(cell.value))
    return any(same_id(name, requirement.id) for name in (*item.covers, *cells))


def _covered(requirement: Requirement, items: Sequence[Item], layout: Format, *, writes: bool) -> bool:
    """Tell whether a requirement is met; a placeholder meets a bullet, but never makes a section."""
    real = [item for item in items if has_content(item, layout, writes=writes)]
    if requirement.whole_section:
        return any(item.basis != "missing" or not writes for item in real)
    if requirement.column and not writes:
        return True  # what the artifacts say stands in their own words, not in cells
    return any(covers(item, requirement) for item in real)


def _uncovered(requirement: Requirement, step: PlannedStep) -> Finding:
    what = (
        "the section has no content besides placeholders"
        if requirement.whole_section
        else f"no item covers `{requirement.id}`"
    )
    rule = "R202" if requirement.whole_section else "R201"
    return Finding(
        rule=rule,
        severity=Severity.ERROR,
        message=f"`{step.section}`: {what}; it is demanded: {requirement.text}"
        if not requirement.whole_section
        else f"`{step.section}`: {what}",
        span=requirement.span,
        note="demanded here",
        help="choose a stronger model, or reword the step",
        step=step.id,
    )


def _order(items: Sequence[Item], step: PlannedStep) -> tuple[list[Finding], frozenset[int]]:
    """Check that a procedure takes what it must in the order demanded; every item that comes too early is misplaced."""
    if step.format is not Format.PROCEDURE:
        return [], frozenset()
    found: list[Finding] = []
    misplaced: set[int] = set()
    last = -1
    for requirement in step.asks:
        places = [
            position
            for position, item in enumerate(items)
            if covers(item, requirement) and has_content(item, step.format)
        ]
        early = [position for position in places if position < last]
        if early:
            message = f"`{step.section}`: `{requirement.id}` comes before what is demanded ahead of it"
            found.append(
                Finding(rule="R203", severity=Severity.ERROR, message=message, span=requirement.span, step=step.id)
            )
            misplaced.update(early)
        last = max([last, *places[:1]])
    return found, frozenset(misplaced)


def _evidence(item: Item, position: int, step: PlannedStep, shelf: Shelf, *, grounded: bool) -> list[Finding]:
    """Return what is wrong with an item's claims to evidence; a placeholder claims none."""
    if item.basis == "missing":
        return []
    covered = next((requirement.id for requirement in step.requirements if covers(item, requirement)), "")
    name = f"`{step.title}`, item {position + 1}" + (f" (`{covered}`)" if covered else "")
    faults: list[tuple[str, str]] = []
    known = ", ".join(artifact.label for artifact in shelf.artifacts)
    for evidence in item.evidence:
        artifact = shelf.get(evidence.artifact)
        if artifact is None:
            faults.append(("R303", f"{name}: `evidence` names an artifact that was not supplied; there is {known}"))
        elif evidence.quote.strip() and artifact.locate(evidence.quote) is None:
            faults.append(("R302", f"{name}: the quote {_lost(evidence.quote, artifact, shelf)}"))
    quoted = any(evidence.quote.strip() for evidence in item.evidence)
    if item.basis == "evidence" and not quoted and not faults:
        faults.append(("R301", f"{name}: basis `evidence` needs a quote"))
    if item.basis == "inference" and grounded and not item.evidence:
        faults.append(("R304", f"{name}: basis `inference` needs the artifact it rests on"))
    if FORGED_MARK.search(item.text):
        faults.append(("R305", f"{name}: `text` writes a citation mark; marks are set by the program"))
    return [Finding(rule=rule, severity=Severity.WARNING, message=message, step=step.id) for rule, message in faults]


def _lost(quote: str, artifact: FoldedArtifact, shelf: Shelf) -> str:
    """Return why a quote proves nothing, and what comes nearest to it."""
    if not proves_something(fold(quote)):
        return "is too short to prove anything"
    near = nearest(quote, artifact, shelf)
    return f"does not stand in {artifact.artifact.label}" + (f"; {near}" if near else "")


def _misfit(location: Sequence[Any], message: str, step: PlannedStep) -> Finding:
    """Name the place of a misfit; a name that the model invented and that is no plain word is not repeated."""
    words = (key if isinstance(key, int) or _NAME.fullmatch(key) else "…" for key in location)
    path = "".join(f"[{word}]" if isinstance(word, int) else f".{word}" for word in words).lstrip(".")
    return _fault("R102", f"`{path or 'answer'}`: {message}", step)


def _fault(rule: str, message: str, step: PlannedStep) -> Finding:
    return Finding(
        rule=rule, severity=Severity.ERROR, message=message, span=step.span, note="the step asked for", step=step.id
    )
