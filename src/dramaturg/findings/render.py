"""Findings to text for a terminal; its one rule: colour only decorates, the carets say it all."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from dramaturg.findings.cells import cells, fitting, shown, wrapped
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.findings.source import Source

SourceOf = Callable[[str], Source | None]
_Place = tuple[Span, str, str]  # where, what to print there, which mark to underline it with

_RED, _YELLOW, _BLUE, _CYAN, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_WIDEST = 300  # cells of a line that are drawn at most
_NARROWEST = 20  # and at least, however narrow the terminal
_LONGEST = 4 * _WIDEST  # characters of a line whose cells are counted: of a longer one only those around a place are
_HELP = "   = help: "


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
    """Return what follows a lead in lines of so many columns, the lines after the first indented."""
    return text if columns is None else wrapped(text, columns, lead=cells(lead), indent=indent)


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
    """Yield the places of one line, each below as much of the line as there is room for.

    Notes stand behind the marks; where that would leave too little of the line, below them.
    """
    line = source.line(places[0][0].line)
    note = max(cells(text) + 1 if text else 0 for _, text, _ in places)
    room, notes = _WIDEST, None
    if columns is not None:
        notes = columns - width - len(" | ")
        room = notes - len("……")
        if room - note >= _NARROWEST:
            room, notes = room - note, None
        room = max(_NARROWEST, min(_WIDEST, room))
    last = None
    for place, text, mark in places:
        window = last if last and _holds(last, line, place) else _window(line, place, room)
        quoted, *marked = _excerpt((place, text, mark), source, width, paint, window, notes)
        yield from marked if window == last else (quoted, *marked)
        last = window


def _holds(window: tuple[int, int], line: str, span: Span) -> bool:
    """Tell whether all that a place marks in a line is drawn in a window."""
    end = min(len(line), span.column - 1 + max(1, span.length))
    return window[0] < span.column and end <= window[1]


def _window(line: str, span: Span, room: int) -> tuple[int, int]:
    """Return which characters of a line are drawn: all, or of one that is longer than the room those around a place."""
    if len(line) <= _LONGEST and cells(line) <= room:
        return 0, len(line)
    at = min(span.column - 1, len(line))
    start = at - fitting(reversed(line[:at]), room // 4)
    end = start + fitting(line[start:], room)
    return (start, end) if end < len(line) else (end - fitting(reversed(line), room), end)


def _excerpt(
    place: _Place, source: Source, width: int, paint: _Paint, window: tuple[int, int], notes: int | None
) -> Iterator[str]:
    """Yield a place's line and the marks below it, with its note beside them, or below in so many columns."""
    span, text, mark = place
    whole, (first, end) = source.line(span.line), window
    lead = "…" if first else ""
    line = lead + whole[first:end] + ("…" if end < len(whole) else "")
    at = max(0, span.column - 1 - first + len(lead))
    before, marked = cells(line[:at]), cells(line[: at + span.length])
    colour = _RED if mark == "^" else _BLUE
    carets = mark * max(1, marked - before)
    bar = " " * width + paint(" |", _BLUE) + " "
    yield paint(f"{span.line:>{width}} |", _BLUE) + (f" {shown(line)}" if line else "")
    if notes is None:
        yield bar + " " * before + paint(f"{carets} {shown(text)}".rstrip(), colour)
        return
    yield bar + " " * before + paint(carets, colour)
    indent = before if notes - before >= _NARROWEST else 0
    lines = wrapped(shown(text), notes - indent, lead=0, indent=0).split("\n") if text else []
    yield from (bar + " " * indent + paint(each, colour) for each in lines)
