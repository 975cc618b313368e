"""What mutants told to one HTML page; its one rule: a survivor stands below its line, for its author to look at."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dramaturg.evals.mutation import Mutation, Tried
from dramaturg.evals.report.figures import percent
from dramaturg.evals.report.mutation import mutation_cost, mutation_score
from dramaturg.evals.report.page.drawing import Drawing, rates_drawn
from dramaturg.evals.report.page.page import STYLE, templates
from dramaturg.evals.report.page.texts import Note, Notes, Text, text_of, texts_of
from dramaturg.persona.files import spoken
from dramaturg.run.page.cited import Link
from dramaturg.run.page.frame import SHARED, file, frame_of
from dramaturg.run.page.text import remark

_KINDS = {"survived": "survived", "killed": "killed", "cannot be performed": "unperformed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What became of the mutants of an operator."""

    name: str
    killed: int
    survived: int
    unperformed: int

    @property
    def performed(self) -> int:
        """How many could be performed."""
        return self.killed + self.survived


def mutation_page(mutation: Mutation) -> str:
    """Return the page of what a suite notices, and what it does not."""
    texts = _texts(mutation)
    anchors = {
        (text.path, line.new): line.anchor for text in texts for stretch in text.stretches for line in stretch.lines
    }
    survivors = [
        (remark(each.mutant.what), str(each.kind), Link(text=place, href=f"#{anchors.get(key, 'texts')}"))
        for each in mutation.survivors
        for key in [(each.mutant.span.path, each.mutant.span.line)]
        for place in [f"{key[0]}:{key[1]}"]
    ]
    score = mutation.score
    return (
        templates()
        .get_template("mutation.html.j2")
        .render(
            frame=frame_of(STYLE, file(SHARED / "theme.js")),
            name=f"{mutation.suite.suite.name}: mutants",
            suite=mutation.suite.suite.name,
            word=f"{percent(score.estimate)} killed" if score else "Nothing known",
            lead=mutation_score(mutation),
            drawn=_drawn(mutation),
            tried=len(mutation.tried),
            made=mutation.made,
            operators=[*_operators(mutation)],
            survivors=survivors,
            killed=sum(each.killed for each in mutation.tried),
            texts=texts,
            cost=mutation_cost(mutation),
        )
    )


def _drawn(mutation: Mutation) -> Drawing | None:
    return rates_drawn([("candidate", mutation.score)], mutation_score(mutation)) if mutation.score else None


def _operators(mutation: Mutation) -> Iterator[Operator]:
    found: dict[str, Counter[str]] = {}
    for each in mutation.tried:
        found.setdefault(each.mutant.operator, Counter())[_KINDS[each.became]] += 1
    for name, counts in found.items():
        yield Operator(
            name=name, killed=counts["killed"], survived=counts["survived"], unperformed=counts["unperformed"]
        )


def _texts(mutation: Mutation) -> list[Text]:
    """Return the personas with their parents, and the suite where something was cut there."""
    notes = Notes()
    for each in mutation.tried:
        notes.new[each.mutant.span.path, each.mutant.span.line].append(_note(each))
    files = [*texts_of(None, mutation.arm, notes).files]
    path = spoken(mutation.suite.path)
    if any(name == path for name, _ in notes.new):
        files.append(text_of(len(files) + 1, path, mutation.suite.text, notes))
    return files


def _note(tried: Tried) -> Note:
    said: Mapping[str, str] = {
        "survived": f"survived, {tried.kind}: {tried.mutant.what}",
        "killed": f"killed: {tried.mutant.what}",
        "cannot be performed": f"cannot be performed: {tried.mutant.what}",
    }
    return Note(text=said[tried.became], kind=_KINDS[tried.became])
