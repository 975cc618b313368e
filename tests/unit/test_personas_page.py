"""The pages for authors, docs/personas.md and docs/plan.md: they name all there is, and what they show happens."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from tests.support import ROOT

from dramaturg.findings.catalogue import rule_ids
from dramaturg.persona.frontmatter import ARTIFACT_KEYS, ARTIFACT_TYPES, CHOICES, KEYS, REQUIRED
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.persona.tags import SLOTS
from dramaturg.plan import verbs
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Format, Kind, Level, Plan, PlannedStep
from dramaturg.plan.people import DEFAULT_BOUND
from dramaturg.plan.settings import SETTINGS
from dramaturg.plan.verbs import (
    ASSEMBLE,
    DOCUMENT_NOUN,
    FINDS,
    GATHERS,
    INGEST,
    LOOKS,
    MAY_WRITE,
    PHRASES,
    READS,
    WRITES,
)

_PAGE = "\n".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("personas.md", "plan.md"))
_PIECE = re.compile(
    r"^```(?:markdown|persona)\n(?P<text>(?:.*\n)*?)```$|^(?P<head>\|.*)\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE
)
_CODE = re.compile(r"`([^`]+)`")
_REASON = re.compile(r"\"((?:[a-z]+|\{\w+\})/(?:\{[^{}]*\}|[a-z-])+)\"")
_ANY = re.compile(rf"\{{[^{{}}]*\}}|(?:{'|'.join(Format)})(?=-title|-wording)")  # what the page writes as `*`
_LISTS: Mapping[str, frozenset[str]] = {
    "combine": ASSEMBLE,
    "gather": GATHERS,
    "take in": INGEST,
    "read": READS,
    "find": FINDS,
    "write": WRITES,
    "write with a second word": frozenset(f"{verb} {second}" for verb, second in PHRASES.items()),
    "may write": MAY_WRITE,
    "look": LOOKS,
}
_ALONE = """---
alias: shown-1
title: Shown
---
<operational_protocol>
{}<Step name="Another">Produce the `OTHER PART`.</Step>
</operational_protocol>
"""


@dataclass(frozen=True)
class _Table:
    """A table of the page: the names of its columns, and its rows, each cell by its column."""

    columns: Sequence[str]
    rows: Sequence[Mapping[str, str]]

    def codes(self, *columns: str) -> list[str]:
        """Return what stands in backticks in some columns, in order."""
        return [code for row in self.rows for column in columns for code in _CODE.findall(row[column])]


def _table(found: re.Match[str]) -> _Table:
    columns = _cells(found["head"])
    return _Table(columns, [dict(zip(columns, _cells(row), strict=True)) for row in found["rows"].splitlines()])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line[1:-1].split("|")]


_PIECES = [found["text"] or _table(found) for found in _PIECE.finditer(_PAGE)]
_TABLES = [piece for piece in _PIECES if isinstance(piece, _Table)]
_FILES = {at: scan(f"{at}.persona.md", piece) for at, piece in enumerate(_PIECES) if isinstance(piece, str)}
_PROTOCOLS = [pytest.param(at, id=file.alias) for at, file in _FILES.items() if file.steps]
_SAID = [row for table in _TABLES if table.columns[0] == "the step says" for row in table.rows]


def _of(*columns: str) -> _Table:
    """Return the only table with these columns."""
    (table,) = (table for table in _TABLES if table.columns == [*columns])
    return table


def _plan(file: PersonaFile) -> Plan:
    """Return the plan of a persona that nothing is to be said against; its ancestors stand on the page."""
    files = {each.alias: each for each in _FILES.values()}
    persona, findings = resolve(file, files.__getitem__)
    assert persona is not None, findings
    plan = compile_plan(persona)
    assert plan.findings == ()
    return plan


def _owes(step: PlannedStep) -> str:
    """Tell what a step owes, as the page does."""
    parts = {
        "columns": step.columns,
        "must": [each.id for each in step.owes if not (each.column or each.whole_section)],
        "may": [each.id for each in step.requirements if each.level is Level.MAY],
    }
    return "; ".join(f"{what}: {', '.join(ids)}" for what, ids in parts.items() if ids)


def _told(step: PlannedStep) -> dict[str, str]:
    """Tell of a planned step what a table of the page can say of it."""
    section = step.kind is Kind.SECTION
    turns = [reason.rule for reason in step.because if reason.rule.startswith(("kind/", "also/"))]
    ways = [f"Step {way.goes_to}, at most {way.bound} times" for way in step.branches]
    return {
        "step": step.id,
        "kind": step.kind.value,
        "section": step.section,
        "format": step.format.value if section else "",
        "because": ", ".join(f"`{rule}`" for rule in turns),
        "goes on with": "; ".join(ways) or step.hands_to,
        "owes": _owes(step),
    }


def _planned(steps: Mapping[str, str]) -> Sequence[PlannedStep]:
    """Return the plan of some steps by name, beside one that writes a section."""
    tags = "".join(f'<Step name="{name}">{text}</Step>\n' for name, text in steps.items())
    return _plan(scan("shown.persona.md", _ALONE.format(tags))).steps[:-1]


def test_every_key_of_the_frontmatter_is_told_with_what_it_can_hold() -> None:
    table = _of("key", "holds", "meaning")
    told = {row["key"].strip("`"): row for row in table.rows}
    assert told.keys() == KEYS.keys()
    assert {key for key, row in told.items() if "required" in row["holds"]} == {*REQUIRED}
    assert {key: tuple(_CODE.findall(told[key]["holds"])) for key in CHOICES} == CHOICES
    artifacts = told["expected_artifacts"]
    assert _CODE.findall(artifacts["holds"] + artifacts["meaning"]) == [*ARTIFACT_KEYS, *ARTIFACT_TYPES]


def test_every_spelling_of_a_block_is_told_and_no_other() -> None:
    table = _of("block", "as a tag", "as a section")
    assert {*table.codes("as a tag")} == {f"<{name}>" for name in SLOTS}
    assert {*table.codes("as a section")} == {f"<SECTION:{name.upper()}>" for name in SLOTS}


def test_the_spellings_in_one_row_are_one_block() -> None:
    for row in _of("block", "as a tag", "as a section").rows:
        names = _CODE.findall(row["as a tag"] + row["as a section"])
        assert len({SLOTS[name.strip("<>").removeprefix("SECTION:").casefold()] for name in names}) == 1


def test_every_verb_of_every_list_is_told_and_no_other() -> None:
    told = {row["verbs that"]: row["are"].split(", ") for row in _of("verbs that", "are", "so the step is").rows}
    assert told == {what: sorted(listed) for what, listed in _LISTS.items()}


def test_every_list_of_verbs_that_the_source_has_is_held_against_the_page() -> None:
    lists = {name for name, value in vars(verbs).items() if isinstance(value, frozenset) and not name.startswith("_")}
    assert len(lists) == len(_LISTS) - 1  # that of phrases is a mapping


@pytest.mark.parametrize(
    ("listed", "text", "kind"),
    [
        ("combine", "{} the sections.", Kind.ASSEMBLE),
        ("gather", "{} all findings into one report.", Kind.ASSEMBLE),
        ("gather", "{} what was said into one report.", Kind.SECTION),
        ("gather", "{0} the findings into the `Risks {0}`.", Kind.SECTION),
        ("take in", "{} it.", Kind.INGEST),
        ("write", "{} it.", Kind.SECTION),
        ("write with a second word", "{} what was found.", Kind.SECTION),
        ("may write", "{} a table.", Kind.SECTION),
        ("may write", "{} what matters.", Kind.ANALYZE),
        ("look", "{} the `RISKS` section.", Kind.ANALYZE),
    ],
)
def test_the_verbs_of_a_list_make_of_a_step_what_their_row_says(listed: str, text: str, kind: Kind) -> None:
    steps = _planned({f"Case {verb}": text.format(verb) for verb in _LISTS[listed]})
    assert {step.name for step in steps if step.kind is not kind} == set()


def test_the_nouns_of_documents_are_those_that_are_told() -> None:
    told = re.search(r"if the object is a ([^|]*), or a file name in backticks", _PAGE)
    assert told is not None
    nouns = re.split(r", | or ", told[1])
    assert [noun for noun in nouns if not re.fullmatch(DOCUMENT_NOUN, noun, re.IGNORECASE)] == []
    assert len(nouns) == DOCUMENT_NOUN.count("|") + 1


def test_the_verbs_that_write_and_say_nothing_in_a_name_are_those_that_are_told() -> None:
    told = re.search(r"a verb that writes \(not ([a-z, ]+)\)", _PAGE)
    assert told is not None
    steps = _planned({f"{verb} it": "The rest." for verb in WRITES})
    assert {step.name for step in steps if step.kind is Kind.ANALYZE} == {f"{verb} it" for verb in told[1].split(", ")}


def test_every_reason_that_the_source_gives_is_told_and_no_other() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src" / "dramaturg" / "plan").glob("*.py")]
    given = {_ANY.sub("*", reason) for text in sources for reason in _REASON.findall(text)}
    told = _of("reason", "says").codes("reason")
    assert (len(told), {*told}) == (len(given), given)


def test_every_rule_that_is_spoken_of_has_a_page() -> None:
    assert {*re.findall(r"\b[PR]\d{3}\b", _PAGE)} <= {*rule_ids()}


def test_every_setting_is_told_with_what_it_can_be() -> None:
    table = _of("setting", "values")
    told = {row["setting"].strip("`"): _CODE.findall(row["values"]) for row in table.rows}
    assert [*told] == [*SETTINGS]
    assert [told["kind"], told["format"][: len(Format)]] == [[*Kind], [*Format]]


def test_the_bound_of_a_way_back_that_says_none_is_told() -> None:
    assert f"; {DEFAULT_BOUND} where none is said" in _PAGE


@pytest.mark.parametrize("file", [pytest.param(file, id=file.alias) for file in _FILES.values()])
def test_nothing_is_to_be_said_against_an_example(file: PersonaFile) -> None:
    files = {each.alias: each for each in _FILES.values()}
    persona, findings = resolve(file, files.__getitem__)
    assert (persona is None, findings) == (False, ())


@pytest.mark.parametrize("at", _PROTOCOLS)
def test_an_example_with_a_protocol_is_planned_as_the_table_below_it_says(at: int) -> None:
    table = _PIECES[at + 1]
    assert isinstance(table, _Table)
    planned = [_told(step) for step in _plan(_FILES[at]).steps]
    assert [{column: step[column] for column in table.columns} for step in planned] == table.rows


@pytest.mark.parametrize("row", _SAID, ids=lambda row: row["the step says"])
def test_a_step_is_planned_as_its_row_says(row: Mapping[str, str]) -> None:
    text = row["the step says"].removeprefix("``").removesuffix("``").strip()
    told = _told(_planned({"Name of the step": text})[0])
    assert {column: told[column] for column in row if column in told} == {
        column: cell for column, cell in row.items() if column in told
    }
