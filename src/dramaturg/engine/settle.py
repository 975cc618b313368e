"""An accepted answer to what the document will say; its one rule: what is not backed is marked, never dropped."""

from collections.abc import Iterable, Iterator, Sequence

from dramaturg.engine.calls import Question
from dramaturg.engine.outcome import Basis, CodeFile, Entry, OpenQuestion, Section
from dramaturg.engine.rules import covers, has_content
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.conflicts import conflicts
from dramaturg.evidence.locate import Citation, Shelf
from dramaturg.plan.model import PlannedStep
from dramaturg.plan.outputs import Item, StepOutput

ARTIFACTS = "Artifacts"
_SHOWN = 160


def settle(output: StepOutput, step: PlannedStep, shelf: Shelf, *, grounded: bool, writes: bool = True) -> Section:
    """Return the section an accepted answer amounts to; items without content are left out, they say nothing."""
    entries = tuple(
        _entry(item, step, shelf, grounded=grounded)
        for item in output.items
        if has_content(item, step.format, writes=writes)
    )
    return Section(step=step.id, title=step.section, format=step.format, entries=entries)


def open_questions(section: Section | None, step: PlannedStep) -> Iterator[OpenQuestion]:
    """Yield what a section leaves for a person: placeholders, and claims without support."""
    for entry in section.entries if section else ():
        question = open_question(entry, step.title)
        if question is not None:
            yield question


def open_question(entry: Entry, title: str) -> OpenQuestion | None:
    """Return what an entry of the section of that title leaves for a person; None for nothing."""
    about = entry.covers[0] if entry.covers else title
    if entry.basis is Basis.MISSING:
        return OpenQuestion(section=title, about=about, text=entry.text)
    if not entry.unsupported:
        return None
    shown = entry.text or entry.command or _beside(entry)
    short = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1].rstrip() + "…"
    return OpenQuestion(section=title, about=about, text=f"No artifact supports this; confirm or strike it: {short}")


def asked_by_the_model(output: StepOutput, step: PlannedStep) -> Iterator[OpenQuestion]:
    """Yield what a model asks in a step that turns to no person."""
    for asked in output.questions:
        if asked.text.strip():
            yield OpenQuestion(section=step.title, about=asked.id or asked.kind, text=asked.text)


def left_open(questions: Iterable[Question], step: PlannedStep) -> Iterator[OpenQuestion]:
    """Yield the questions to which a person gave no answer."""
    for question in questions:
        yield OpenQuestion(section=step.title, about=f"question {question.id}", text=question.text)


def inconsistencies(artifacts: Sequence[Artifact]) -> Iterator[OpenQuestion]:
    """Yield what the artifacts contradict each other in, for a person to decide."""
    for conflict in conflicts(artifacts):
        beats = conflict.first.artifact.primary and not conflict.second.artifact.primary
        follow = f"; {conflict.first.artifact.label} is primary and counts" if beats else ""
        text = f"{conflict}{follow}. Which is right?"
        yield OpenQuestion(section=ARTIFACTS, about="DOCUMENT_INCONSISTENCY", text=text)


def _beside(entry: Entry) -> str:
    """Return what an entry without words is known by: its file, else its cells."""
    return (entry.file.path or entry.file.content) if entry.file else "; ".join(value for _, value in entry.cells)


def _entry(item: Item, step: PlannedStep, shelf: Shelf, *, grounded: bool) -> Entry:
    citations, lost = _citations(item, shelf)
    rests_on = tuple(
        dict.fromkeys(found.artifact.label for given in item.evidence if (found := shelf.get(given.artifact)))
    )
    owed = (item.basis == "evidence" and not citations) or (item.basis == "inference" and grounded and not rests_on)
    return Entry(
        text=item.text.strip(),
        command=item.command.strip("\n") if item.command.strip() else "",
        expect=item.expect.strip(),
        file=CodeFile(path=item.file.path, language=item.file.language, content=item.file.content)
        if item.file.content.strip()
        else None,
        cells=tuple((cell.column.strip(), cell.value.strip()) for cell in item.cells),
        covers=tuple(requirement.id for requirement in step.requirements if covers(item, requirement)),
        basis=Basis(item.basis),
        citations=citations,
        rests_on=rests_on,
        unsupported=item.basis != "missing" and (lost or owed),
    )


def _citations(item: Item, shelf: Shelf) -> tuple[tuple[Citation, ...], bool]:
    """Return the quotes that stand in their artifacts, and whether any does not."""
    found: list[Citation] = []
    lost = False
    for given in item.evidence:
        artifact = shelf.get(given.artifact)
        citation = artifact.locate(given.quote) if artifact and given.quote.strip() else None
        if citation:
            found.append(citation)
        lost = lost or artifact is None or (citation is None and bool(given.quote.strip()))
    return tuple(found), lost
