"""What a document was made of to a comment at its end, and back; its one rule: nobody needs it to read the document.

A colophon makes decidable what the text alone does not show: which artifact has changed since, what was quoted where
only a place is cited, which entry is gone and what it covered. A document without one is held to everything else.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dramaturg.engine.assemble import is_row, openings, shows_quote
from dramaturg.engine.marks import REDACTED
from dramaturg.engine.outcome import Basis, Entry, Outcome, Section
from dramaturg.evidence.artifact import Artifact, lines_of
from dramaturg.evidence.locate import shown_lines
from dramaturg.evidence.trace import trace_of
from dramaturg.persona.model import Persona
from dramaturg.plan.model import Plan, PlannedStep

_OPEN = "<!-- `dramaturg verify` reads this:"
_FOUND = re.compile(re.escape(_OPEN) + r"(?P<data>.*)-->\s*", re.DOTALL)
_DIGITS = 16  # hexadecimal ones: enough to tell versions of a text apart
_KEY_LENGTH = 32
_LINE = ",\n"
_LEFT_OPEN = "? "
_TWIN = " #"
_SHORT = 6
_MARKED = re.compile(r"\[(?:Source|REASONED_INFERENCE|UNSUPPORTED)\b[^\[\]]*\]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An entry as a colophon keeps it.

    Attributes:
        key: The words it begins with, and where others begin alike a digest of all it says.
        covers: What it covers without saying so.
        open: It was a placeholder, or had no support: an open question asks for it.
    """

    key: str
    covers: tuple[str, ...] = ()
    open: bool = False

    def covered(self, name: str) -> bool:
        """Tell whether it covered the demand of a name."""
        return name in self.covers or opens_with(self.words, key_of(name))

    @property
    def words(self) -> str:
        """The words alone, where the key is more than these."""
        return self.key.partition(_TWIN)[0]

    @property
    def has_twin(self) -> bool:
        """Whether another entry of its section begins with the same words."""
        return _TWIN in self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Colophon:
    """What a document was made of.

    Attributes:
        persona: Alias and version.
        plan: The beginning of the plan's digest.
        quotes_only: No language model wrote it.
        redacted: It was made of artifacts in which placeholders stood for secrets.
        artifacts: The beginning of a digest by label; of a folder as a whole, and of its files that are cited.
        answers: Labels of what a person answered or handed over while it was made.
        traces: Those of the quotes that only their places show, by label and lines: `L3-5`.
        skipped: Titles of sections that a condition led past.
        sections: The entries of each section by its title.
    """

    persona: str
    plan: str
    quotes_only: bool = False
    redacted: bool = False
    artifacts: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    traces: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    sections: tuple[tuple[str, tuple[Kept, ...]], ...] = ()

    def kept(self, title: str) -> tuple[Kept, ...]:
        """Return the entries of a section."""
        return next((entries for name, entries in self.sections if name == title), ())

    def comment(self) -> str:
        """Return the comment; no word in it can end it."""
        made: dict[str, Any] = {"persona": self.persona, "plan": self.plan}
        made |= {"quotes_only": True} if self.quotes_only else {}
        made |= {"redacted": True} if self.redacted else {}
        of = {
            "artifacts": self.artifacts,
            "answers": self.answers,
            "traces": self.traces,
            "skipped": self.skipped,
        }
        head = [_json(made)[1:-1], *(f"{_json(name)}: {_json(value)}" for name, value in of.items() if value)]
        rows = ([title, *(_row(entry) for entry in entries)] for title, entries in self.sections)
        sections = _LINE.join(map(_json, rows))
        return f'{_OPEN}\n{{{_LINE.join(head)},\n"sections": [{sections}]}}\n-->\n'


def colophon_of(plan: Plan, outcome: Outcome, artifacts: Sequence[Artifact], *, quotes: bool, writes: bool) -> Colophon:
    """Return the colophon of a finished document.

    Args:
        plan: What was performed.
        outcome: What came of it.
        artifacts: What it began with.
        quotes: The document shows what it quotes.
        writes: A language model answered.
    """
    entries = [entry for section in outcome.sections for entry in section.entries]
    cited = {citation.label for entry in entries for citation in entry.citations}
    steps = {step.id: step for step in plan.sections}
    written = {section.step for section in outcome.sections}
    return Colophon(
        persona=named(plan.persona),
        plan=plan.digest[:_DIGITS],
        quotes_only=not writes,
        redacted=any(REDACTED.search(artifact.text) for artifact in artifacts),
        artifacts=digests((*artifacts, *outcome.supplied), cited),
        answers=tuple(artifact.label for artifact in outcome.supplied),
        traces=_traces(outcome.sections, quotes=quotes),
        skipped=tuple(step.section for step in plan.sections if step.id not in written),
        sections=tuple((section.title, tuple(_kept(section, steps[section.step]))) for section in outcome.sections),
    )


def named(persona: Persona) -> str:
    """Return a persona's alias and version."""
    return f"{persona.alias} {persona.version}".strip()


def plan_key(plan: Plan) -> str:
    """Return what a colophon keeps of a plan's digest."""
    return plan.digest[:_DIGITS]


def digests(artifacts: Iterable[Artifact], cited: Iterable[str]) -> dict[str, str]:
    """Return what tells versions of artifacts apart, by label: of a folder as a whole, and of each of its cited files.

    Line ends do not count, because version control changes them.
    """
    wanted = {*cited}
    found: dict[str, str] = {}
    for whole, group in groupby(sorted(artifacts, key=_whole), key=_whole):
        files = sorted(group, key=lambda artifact: artifact.part)
        each = {artifact.label: _digest("\n".join(lines_of(artifact.text))) for artifact in files}
        found[whole] = each.get(whole) or _digest("\n".join(f"{label} {digest}" for label, digest in each.items()))
        found |= {label: digest for label, digest in each.items() if label in wanted}
    return found


def is_colophon(comment: str) -> bool:
    """Tell whether a comment is a colophon, be it one that can be read or not."""
    return comment.startswith(_OPEN)


def read_colophon(comment: str) -> Colophon:
    """Return a comment's colophon.

    Raises:
        ValueError: It cannot be read.
    """
    found = _FOUND.fullmatch(comment)
    try:
        return _colophon(json.loads(found["data"] if found else ""))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is damaged at {error}") from error


def without_colophon(markdown: str) -> str:
    """Return a document without its colophon, for who is to read it and not to verify it."""
    return markdown.partition(f"\n{_OPEN}")[0] if _OPEN in markdown else markdown


def opens_with(text: str, name: str) -> bool:
    """Tell whether a text begins with the words of a name, whatever their case and markup."""
    wanted = _words(name)
    return bool(wanted) and _words(text)[: len(wanted)] == wanted


def key_of(text: str) -> str:
    """Return the words a text begins with, by which its entry is known again; marks are none of them."""
    key = ""
    for word in _words(_MARKED.sub(" ", text)):
        if key and len(key) + 1 + len(word) > _KEY_LENGTH:
            break
        key = f"{key} {word}".strip()
    return key[:_KEY_LENGTH]


def full_key(text: str) -> str:
    """Return the key of one of several entries that begin alike: it has a digest of all their words."""
    digest = _digest(" ".join(_words(_MARKED.sub(" ", text))))[:_SHORT]
    return f"{key_of(text)}{_TWIN}{digest}"


def _words(text: str) -> list[str]:
    """Return the words of Markdown; its escapes and emphasis are none of them."""
    found = (word.strip("_") for word in _WORD.findall(text.replace("\\", "").casefold()))
    return [word for word in found if word]


def _whole(artifact: Artifact) -> str:
    return artifact.label.removesuffix(f"/{artifact.part}") if artifact.part else artifact.label


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _traces(sections: Sequence[Section], *, quotes: bool) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the traces of quotes that the document does not show."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for section in sections:
        for entry in section.entries:
            shown = quotes and not is_row(entry, section.format)
            for citation in (each for each in entry.citations if not (shown and shows_quote(each, entry))):
                places = found.setdefault(citation.label, {})
                traces = (*places.get(shown_lines(citation.lines), ()), trace_of(citation.quote))
                places[shown_lines(citation.lines)] = tuple(dict.fromkeys(traces))
    return found


def _kept(section: Section, step: PlannedStep) -> Iterator[Kept]:
    """Yield the entries of a section as they are known again."""
    columns = {*step.columns, section.title}
    said = [_opening(entry, section) for entry in section.entries]
    keys = Counter(key for _, key in said)
    for entry, (text, key) in zip(section.entries, said, strict=True):
        hidden = (name for name in entry.covers if name not in columns and not opens_with(text, name))
        left_open = entry.basis is Basis.MISSING or entry.unsupported
        if key:  # else there is nothing to know it by
            yield Kept(key=full_key(text) if keys[key] > 1 else key, covers=tuple(hidden), open=left_open)


def _opening(entry: Entry, section: Section) -> tuple[str, str]:
    """Return the first paragraph of an entry that says something, and its key.

    An entry without words begins with its file's name.
    """
    return next(((text, key) for text in openings(entry, section) if (key := key_of(text))), ("", ""))


def _row(entry: Kept) -> Any:
    key = f"{_LEFT_OPEN}{entry.key}" if entry.open else entry.key
    return [key, *entry.covers] if entry.covers else key


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace(">", "\\u003e").replace("\x7f", "\\u007f")


def _colophon(data: Mapping[str, Any]) -> Colophon:
    return Colophon(
        persona=_text(data["persona"]),
        plan=_text(data["plan"]),
        quotes_only=data.get("quotes_only") is True,
        redacted=data.get("redacted") is True,
        artifacts={_text(label): _text(digest) for label, digest in data.get("artifacts", {}).items()},
        answers=tuple(map(_text, data.get("answers", ()))),
        traces={
            _text(label): {_text(place): tuple(map(_text, each)) for place, each in places.items()}
            for label, places in data.get("traces", {}).items()
        },
        skipped=tuple(map(_text, data.get("skipped", ()))),
        sections=tuple((_text(row[0]), tuple(map(_entry, row[1:]))) for row in map(_list, data["sections"])),
    )


def _entry(row: Any) -> Kept:
    key, *covers = [row] if isinstance(row, str) else _list(row)
    left_open = _text(key).startswith(_LEFT_OPEN)
    return Kept(key=key.removeprefix(_LEFT_OPEN), covers=tuple(map(_text, covers)), open=left_open)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise TypeError(f"`{value}`, which should be a list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{value}`, which should be a text")
    return value
