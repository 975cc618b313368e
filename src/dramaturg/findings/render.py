"""Findings to text for a terminal; its one rule: colour only decorates, the carets say it all."""

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.findings.source import Source

SourceOf = Callable[[str], Source | None]
_Place = tuple[Span, str, str]  # where, what to print there, which mark to underline it with

_RED, _YELLOW, _BLUE, _CYAN, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_TAB = 4
_WIDEST = 300  # characters of a line that are drawn at most
_NARROWEST = 20  # and at least, however narrow the terminal
_HELP = "   = help: "
_WIDE = "WF"
_INVISIBLE = ("Mn", "Me", "Cf")
_REVERSING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_PICTURES: Mapping[int, int] = {  # what would steer the terminal is shown, not sent
    **{code: 0x2400 + code for code in range(0x20) if chr(code) != "\n"},
    **dict.fromkeys((*range(0x7F, 0xA0), *_REVERSING), 0xFFFD),
}


def render(finding: Finding, source_of: SourceOf, *, colour: bool = False, columns: int | None = None) -> str:
    """Draw one finding with its source lines, carets, labels and remedy.

    Args:
        finding: What to draw.
        source_of: Gives the text of a path, None where it cannot be read; the lines are left out then.
        colour: Decorate with ANSI colours.
        columns: What a line may take; None for as much as it needs.
    """
    paint = _Paint(colour=colour)
    title = f"{finding.severity}[{finding.rule}]"
    message = _wrapped(f": {shown(finding.message)}", columns, lead=title, indent=0)
    lines = [paint(title, _COLOURS[finding.severity]) + paint(message, _BOLD)]
    places = [(label.span, label.text, "-") for label in finding.labels]
    if finding.span:
        places.insert(0, (finding.span, finding.note, "^"))
    if places:
        lines += _drawn(places, source_of, paint, columns)
    if finding.help:
        remedy = _wrapped(shown(finding.help), columns, lead=_HELP, indent=len(_HELP))
        lines.append(paint(_HELP, _BLUE) + remedy)
    return "\n".join(lines)


class _Paint:
    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"{code}{text}{_PLAIN}" if self.colour and text else text


def _wrapped(text: str, columns: int | None, *, lead: str, indent: int) -> str:
    """Return what follows a lead in lines of so many columns, no word cut, the lines after the first indented."""
    if columns is None or len(lead) + len(text) <= columns:
        return text
    return textwrap.fill(
        text,
        columns,
        initial_indent=lead,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    ).removeprefix(lead)


def _drawn(places: Sequence[_Place], source_of: SourceOf, paint: _Paint, columns: int | None = None) -> Iterator[str]:
    """Yield the places, the first one's file first, those of one file in the order of their lines."""
    main = places[0][0]
    width = max(len(str(span.line)) for span, _, _ in places)
    bar = " " * width + " " + paint("|", _BLUE)
    for path in dict.fromkeys(span.path for span, _, _ in places):
        here = sorted(
            (place for place in places if place[0].path == path), key=lambda place: (place[0].line, place[0].column)
        )
        arrow = " " * width + paint("-->" if path == main.path else ":::", _BLUE)
        source = source_of(path)
        if source is None:
            yield from (f"{arrow} {shown(f'{place}: {text}' if text else str(place))}" for place, text, _ in here)
            continue
        yield f"{arrow} {shown(str(main if path == main.path else here[0][0]))}"
        yield bar
        last = None
        for number, places_there in groupby(here, key=lambda place: place[0].line):
            if last is not None and number > last + 1:
                yield paint("...", _BLUE)
            yield from _line([*places_there], source, width, paint, columns)
            last = number


def _line(places: Sequence[_Place], source: Source, width: int, paint: _Paint, columns: int | None) -> Iterator[str]:
    """Yield the places of one line, each below as much of the line as there is room for."""
    line = source.line(places[0][0].line)
    note = max(len(shown(text)) + 1 if text else 0 for _, text, _ in places)
    room = _WIDEST if columns is None else max(_NARROWEST, min(_WIDEST, columns - width - len(" | ……") - note))
    last = None
    for place, text, mark in places:
        window = last if last and _holds(last, line, place) else _window(line, place, room)
        quoted, marked = _excerpt(place, text, mark, source, width, paint, window)
        yield from (marked,) if window == last else (quoted, marked)
        last = window


def _holds(window: tuple[int, int], line: str, span: Span) -> bool:
    """Tell whether all that a place marks in a line is drawn in a window."""
    end = min(len(line), span.column - 1 + max(1, span.length))
    return window[0] < span.column and end <= window[1]


def _window(line: str, span: Span, room: int) -> tuple[int, int]:
    """Return which characters of a line are drawn: all, or of one that is longer than the room those around a place."""
    if len(line) <= room:
        return 0, len(line)
    start = max(0, min(span.column - 1 - room // 4, len(line) - room))
    return start, start + room


def _excerpt(
    span: Span, text: str, mark: str, source: Source, width: int, paint: _Paint, window: tuple[int, int]
) -> tuple[str, str]:
    """Return a place's line and the line of marks below it."""
    whole, (first, end) = source.line(span.line), window
    lead = "…" if first else ""
    line = lead + whole[first:end] + ("…" if end < len(whole) else "")
    at = max(0, span.column - 1 - first + len(lead))
    before, marked = line[:at], line[at : at + span.length]
    carets = mark * max(1, _columns(before + marked) - _columns(before))
    note = paint(f"{carets} {shown(text)}".rstrip(), _RED if mark == "^" else _BLUE)
    drawn = paint(f"{span.line:>{width}} |", _BLUE) + (f" {shown(line)}" if line else "")
    return drawn, " " * width + paint(" |", _BLUE) + " " + " " * _columns(before) + note


def shown(text: str) -> str:
    """Return a text as a terminal shows it, whatever characters it holds."""
    return text.expandtabs(_TAB).translate(_PICTURES)


def _columns(text: str) -> int:
    """Return how many terminal cells a text takes."""
    return sum(
        2 if unicodedata.east_asian_width(character) in _WIDE else unicodedata.category(character) not in _INVISIBLE
        for character in shown(text)
    )
