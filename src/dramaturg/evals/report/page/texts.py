"""The files of two arms to what was edited in them; its one rule: every line of either is there, unchanged ones folded.

What is to blame stands below its line.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby

from markupsafe import Markup

from dramaturg.engine.prompts import TEMPLATES
from dramaturg.evals.arms import Arm, Part
from dramaturg.evals.report.page.difference import marked_differences
from dramaturg.run.page.text import plain

_AROUND = 3  # lines that stay unfolded around what differs
_ALIKE = 0.5  # from which share of common words on a line counts as an edit of another
_FEW = 4  # lines that are not worth a fold
_Place = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark below a line: what it says, and of what kind."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A line of a file.

    Attributes:
        anchor: Its id on the page.
        old: Its number in the baseline; None where it is not there.
        new: Its number in the candidate, likewise.
        text: What it says, words marked that differ.
        notes: What is said of it.
    """

    anchor: str
    old: int | None
    new: int | None
    text: Markup
    notes: tuple[Note, ...] = ()

    @property
    def state(self) -> str:
        """Whether it is `gone`, `new` or the `same`."""
        return "same" if self.old and self.new else "gone" if self.old else "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Lines one after the other, folded or not."""

    lines: tuple[TextLine, ...]
    folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A file of an arm: its path, where it was another one in the baseline, and its lines."""

    path: str
    was: str
    stretches: tuple[Stretch, ...]

    @property
    def total(self) -> int:
        """How many lines there are."""
        return sum(len(stretch.lines) for stretch in self.stretches)

    @property
    def edited(self) -> tuple[int, int]:
        """How many lines are gone, and how many are new."""
        states = [line.state for stretch in self.stretches for line in stretch.lines]
        return states.count("gone"), states.count("new")


@dataclass(slots=True)
class Notes:
    """What is to be said of lines, by path and number, of the baseline and of the candidate."""

    old: dict[_Place, list[Note]] = field(default_factory=lambda: defaultdict(list))
    new: dict[_Place, list[Note]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The files of an eval, and the anchors of their lines by path and number, of the baseline and the candidate."""

    files: tuple[Text, ...]
    old: Mapping[_Place, str]
    new: Mapping[_Place, str]


def texts_of(baseline: Arm | None, candidate: Arm, notes: Notes) -> Texts:
    """Return the files that say what both arms perform: personas with their parents, and prompts that were edited."""
    files: list[Text] = []
    olds: dict[_Place, str] = {}
    news: dict[_Place, str] = {}
    seen = set()
    for name, part in candidate.parts.items():
        for pair in _pairs(baseline.parts[name] if baseline else part, part):
            if pair in seen:
                continue
            seen.add(pair)
            file = _text(len(files) + 1, *pair, notes)
            files.append(file)
            for line in (line for stretch in file.stretches for line in stretch.lines):
                olds |= {(file.was, line.old): line.anchor} if line.old else {}
                news |= {(file.path, line.new): line.anchor} if line.new else {}
    edited = sorted(files, key=lambda file: not any(file.edited))
    return Texts(files=tuple(edited), old=olds, new=news)


def text_of(number: int, path: str, text: str, notes: Notes) -> Text:
    """Return a file that was not edited; `number` is its own on the page."""
    return _text(number, path, text, path, text, notes)


def _pairs(before: Part, after: Part) -> Iterator[tuple[str, str, str, str]]:
    """Yield path and text of each file in the baseline and in the candidate, the persona itself first."""
    olds = {file.alias.casefold(): (file.path, file.text) for file in before.plan.persona.chain}
    for file in reversed(after.plan.persona.chain):
        yield *olds.pop(file.alias.casefold(), (file.path, "")), file.path, file.text
    for path, text in olds.values():
        yield path, text, path, ""
    for name in TEMPLATES:
        old, new = before.kernel.sources[name], after.kernel.sources[name]
        if old != new:
            yield (f"prompts/{before.kernel.version}/{name}", old, f"prompts/{after.kernel.version}/{name}", new)


def _text(number: int, was: str, old: str, path: str, new: str, notes: Notes) -> Text:
    lines = [*_lines(number, (was, old.splitlines()), (path, new.splitlines()), notes)]
    near = [any(_tells(line) for line in lines[max(0, at - _AROUND) : at + _AROUND + 1]) for at in range(len(lines))]
    grouped = (
        (shown, tuple(line for line, _ in group))
        for shown, group in groupby(zip(lines, near, strict=True), key=lambda pair: pair[1])
    )
    stretches = [Stretch(lines=group, folded=not shown and len(group) > _FEW) for shown, group in grouped]
    return Text(path=path, was=was, stretches=tuple(stretches))


def _tells(line: TextLine) -> bool:
    return line.state != "same" or bool(line.notes)


def _lines(
    number: int, old: tuple[str, Sequence[str]], new: tuple[str, Sequence[str]], notes: Notes
) -> Iterator[TextLine]:
    (was, olds), (path, news) = old, new
    for tag, first, last, start, end in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if tag == "equal":
            for before, after in zip(range(first, last), range(start, end), strict=True):
                told = (*notes.old.get((was, before + 1), ()), *notes.new.get((path, after + 1), ()))
                anchor = f"P{number}-L{after + 1}"
                said = tuple(dict.fromkeys(told))
                yield TextLine(anchor=anchor, old=before + 1, new=after + 1, text=plain(news[after]), notes=said)
            continue
        gone, came = _marked(olds[first:last], news[start:end])
        for at, text in enumerate(gone, start=first + 1):
            told = tuple(notes.old.get((was, at), ()))
            yield TextLine(anchor=f"P{number}-B{at}", old=at, new=None, text=text, notes=told)
        for at, text in enumerate(came, start=start + 1):
            told = tuple(notes.new.get((path, at), ()))
            yield TextLine(anchor=f"P{number}-L{at}", old=None, new=at, text=text, notes=told)


def _marked(olds: Sequence[str], news: Sequence[str]) -> tuple[list[Markup], list[Markup]]:
    """Return lines that are gone and lines that are new; where one was edited, the words that differ are marked."""
    gone, came = [*map(plain, olds)], [*map(plain, news)]
    left = [*range(len(olds))]
    for at, new in enumerate(news):
        was = next((each for each in left if _akin(olds[each], new)), None)
        if was is not None:
            gone[was], came[at] = marked_differences(gone[was], came[at])
            left = [each for each in left if each > was]
    return gone, came


def _akin(old: str, new: str) -> bool:
    words = SequenceMatcher(None, old.split(), new.split(), autojunk=False)
    return words.real_quick_ratio() >= _ALIKE and words.ratio() >= _ALIKE
