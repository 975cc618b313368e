"""Cases to what opens behind their rows; its one rule: what is equal is kept once, and what is left out is said."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.records import Record, StepRecord
from dramaturg.evals.report.page.again import OnTold, Retelling, Told
from dramaturg.evals.report.page.compared import Block, Matched, blocks_of, matched, names_from
from dramaturg.evals.report.page.matrix import Row, first_to_show
from dramaturg.evals.report.page.shelf import Shelf
from dramaturg.evals.report.page.texts import Texts
from dramaturg.evals.report.page.verdict import step_titles
from dramaturg.evidence.artifact import Artifact
from dramaturg.run.page.cited import Cited, Place
from dramaturg.run.page.document import question_links, questions_of, sections_of
from dramaturg.run.page.entries import Setting
from dramaturg.run.page.sources import WHOLE, source_of
from dramaturg.run.page.text import prose
from dramaturg.run.perform import ledger_of, preface_of

WHOLE_SOURCES = 30_000_000  # characters of all artifacts that are shown whole
_PREFIXES = {"baseline": "b-", "candidate": "c-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A repeat of a case.

    Attributes:
        number: From 1.
        records: By arm; None where it was not performed.
        steps: Of each step its id, its title, and what came of it by arm; then of what judges were asked.
        document: The packed piece with its documents; empty for none.
    """

    number: int
    records: tuple[Record | None, ...]
    steps: tuple[tuple[str, Markup, tuple[StepRecord | None, ...]], ...]
    document: str

    @property
    def failures(self) -> set[str]:
        """What steps fell short of, which every scorer repeats."""
        return {record.failure for record in self.records if record and record.failure}


class Binder:
    """Binds what opens behind the rows of a matrix.

    Args:
        result: The eval.
        retelling: Performs it once more.
        texts: The files whose lines demand what documents answer.
        template: Gives the HTML of documents, sources and cases: its macros.
        room: Characters that packed documents may take.
    """

    def __init__(self, result: Evaluated, retelling: Retelling, texts: Texts, template: Template, room: int) -> None:
        self.shelf = Shelf(left=room)
        self.left_out = 0
        self._result = result
        self._retelling = retelling
        self._texts = texts
        self._parts: Any = template.module
        self._titles = step_titles(result)
        self._documents: dict[tuple[Any, ...], str] = {}
        self._artifacts: dict[str, Artifact] = {}
        self._numbers: dict[str, int] = {}
        self._places: dict[int, list[Place]] = defaultdict(list)

    def bind(self, rows: Sequence[Row], on_told: OnTold) -> None:
        """Pack the documents of all cases as far as there is room, those shown first before all, then each case."""
        first = {row.number: first_to_show(row) for row in rows}
        later = [(row, repeat) for row in rows for repeat in row.repeats if repeat != first[row.number]]
        order = [*((row, first[row.number]) for row in rows), *later]
        shown: dict[tuple[int, int], str] = {}
        for row, repeat in order:
            shown[row.number, repeat] = self._document(row, repeat)
            on_told(len(shown), len(order))
        for row in rows:
            repeats = [self._repeat(row, repeat, shown[row.number, repeat]) for repeat in row.repeats]
            self._case(row, repeats, first[row.number])
        self._bind_sources()

    def _repeat(self, row: Row, repeat: int, document: str) -> Repeat:
        records = tuple(records.get(repeat) for records in row.records)
        asked = [_asked(record) if record else {} for record in records]
        titles = {step: title for (persona, step), title in self._titles.items() if persona == row.stratum[0]}
        steps = dict.fromkeys(step for each in asked for step in each)
        return Repeat(
            number=repeat + 1,
            records=records,
            steps=tuple((step, titles.get(step, Markup()), tuple(each.get(step) for each in asked)) for step in steps),
            document=document,
        )

    def _case(self, row: Row, repeats: Sequence[Repeat], first: int) -> None:
        arms = [arm.name for arm in self._result.arms.values()]
        records = [record for each in repeats for record in each.records if record]
        metrics = [*dict.fromkeys(metric for record in records for metric in record.scores)]
        data = {
            "first": row.repeats.index(first),
            "repeats": [
                {
                    "number": each.number,
                    "outcomes": [record.outcome if record else "" for record in each.records],
                    "html": str(self._parts.scores(arms, each, metrics)),
                    "document": each.document,
                }
                for each in repeats
            ],
        }
        self.shelf.put(f"case-{row.number}", json.dumps(data, ensure_ascii=False))

    def _document(self, row: Row, repeat: int) -> str:
        """Return the name of the packed documents of a repeat; empty where there is no room for them any more."""
        records = [records.get(repeat) for records in row.records]
        digests = tuple((record.document, record.failure, record.error) if record else None for record in records)
        key = (row.stratum, digests)
        if key not in self._documents:
            if self.shelf.left <= 0:
                self.left_out += 1
                return ""
            name = self._documents[key] = f"documents-{len(self._documents) + 1}"
            self.shelf.put(name, self._compared(records))
        return self._documents[key]

    def _compared(self, records: Sequence[Record | None]) -> str:
        """Return the HTML of the documents of a repeat, side by side."""
        told = [self._retelling.tell(record) if record else Told(why="it was not performed") for record in records]
        blocks = [
            self._blocks(record, each) if record and each.outcome else ()
            for record, each in zip(records, told, strict=True)
        ]
        briefs = [each.brief for each in told if each.brief]
        there = [bool(each.outcome) for each in told]
        sections = matched(blocks[0], blocks[-1]) if all(there) else _alone(blocks, there)
        return str(
            self._parts.documents(
                arms=[arm.name for arm in self._result.arms.values()],
                there=there,
                why=[prose(each.why) for each in told],
                sections=sections,
                preface=prose(preface_of(briefs[0])) if briefs else Markup(),
                sources=self._shown_sources(told),
                differing=sum(section.differs for section in sections),
            )
        )

    def _blocks(self, record: Record, told: Told) -> tuple[Block, ...]:
        brief, outcome = told.brief, told.outcome
        assert brief is not None  # noqa: S101 - whoever calls knows there is a document
        assert outcome is not None  # noqa: S101 - likewise
        prefix = _PREFIXES[record.arm]
        artifacts = (*brief.artifacts, *outcome.supplied)
        cited = Cited(artifacts, [self._number(artifact) for artifact in artifacts])
        setting = Setting(
            cited=cited,
            demands=self._demands(record),
            questions=question_links(outcome.questions, prefix),
            ledger=ledger_of(brief, outcome),
            quotes=not brief.profile.writes,
            prefix=prefix,
        )
        shown = sections_of(outcome, setting), questions_of(outcome, cited, prefix)
        for number in cited.numbers:
            self._places[number] += [replace(place, cited_by=[]) for place in cited.places(number)]
        yardstick = self._retelling.stage.yardsticks[record.arm, record.persona]
        return blocks_of(
            outcome,
            *shown,
            names_from(yardstick),
            self._parts.piece,
            self._parts.question,
        )

    def _demands(self, record: Record) -> Mapping[tuple[str, str], str]:
        """Return the anchor of the line that makes each demand, by step and id."""
        lines = self._texts.old if record.arm == "baseline" else self._texts.new
        plan = self._result.arms[record.arm].parts[record.persona].plan
        return {
            (step.id, demand.id): lines.get((demand.span.path, demand.span.line), "texts")
            for step in plan.sections
            for demand in step.requirements
        }

    def _number(self, artifact: Artifact) -> int:
        """Return the number of an artifact on the page."""
        key = f"{artifact.digest} {artifact.label}"
        self._artifacts.setdefault(key, artifact)
        return self._numbers.setdefault(key, len(self._artifacts))

    def _bind_sources(self) -> None:
        """Pack the artifacts: whole as long as they are not too large, of others the lines that are cited."""
        left = WHOLE_SOURCES
        for number, artifact in enumerate(self._artifacts.values(), start=1):
            whole = len(artifact.text) <= min(WHOLE, left)
            left -= len(artifact.text) if whole else 0
            source = source_of(number, artifact, self._places[number], whole=whole)
            self.shelf.put(f"source-{number}", str(self._parts.source(source)))

    def _shown_sources(self, told: Sequence[Told]) -> list[int]:
        """Return the numbers of the artifacts of a repeat."""
        artifacts = [
            artifact
            for each in told
            if each.brief
            for artifact in (*each.brief.artifacts, *(each.outcome.supplied if each.outcome else ()))
        ]
        return [*dict.fromkeys(map(self._number, artifacts))]


def _asked(record: Record) -> Mapping[str, StepRecord]:
    """Return what came of each step, then of what judges were asked, by what a reader calls it."""
    return {step.step: step for step in record.steps} | {f"judge of {each.step}": each for each in record.judging}


def _alone(blocks: Sequence[tuple[Block, ...]], there: Sequence[bool]) -> tuple[Matched, ...]:
    """Return the sections of the only document there is; none where there is none."""
    only = next(iter(_there(blocks, there)), ())
    return matched(only, only)


def _there(blocks: Sequence[tuple[Block, ...]], there: Sequence[bool]) -> Iterator[tuple[Block, ...]]:
    return (block for block, known in zip(blocks, there, strict=True) if known)
