"""Findings to text for a terminal; its one rule: colour only decorates, the carets say it all."""

import unicodedata
from collections.abc import Callable, Iterator

from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.findings.source import Source

SourceOf = Callable[[str], Source | None]

_RED, _YELLOW, _BLUE, _CYAN, _BOLD, _PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_TAB = 4
_WIDE = "WF"


def render(finding: Finding, source_of: SourceOf, *, colour: bool = False) -> str:
    """Draw one finding with its source lines, carets, labels and remedy.

    Args:
        finding: What to draw.
        source_of: Gives the text of a path, None where it cannot be read; the lines are left out then.
        colour: Decorate with ANSI colours.
    """
    paint = _Paint(colour=colour)
    head = paint(f"{finding.severity}[{finding.rule}]", _COLOURS[finding.severity]) + paint(
        f": {finding.message}", _BOLD
    )
    lines = [head]
    if finding.span:
        lines += _places(finding.span, finding.note, finding.labels, source_of, paint)
    if finding.help:
        lines.append("   " + paint("= help: ", _BLUE) + finding.help)
    return "\n".join(lines)


class _Paint:
    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"{code}{text}{_PLAIN}" if self.colour and text else text


def _places(span: Span, note: str, labels: tuple[Label, ...], source_of: SourceOf, paint: _Paint) -> Iterator[str]:
    """Yield the primary place and the labelled ones, those of one file in the order of their lines."""
    places = [(span, note, "^"), *((label.span, label.text, "-") for label in labels)]
    width = max(len(str(place.line)) for place, _, _ in places)
    bar = " " * width + " " + paint("|", _BLUE)
    for path in dict.fromkeys(place.path for place, _, _ in places):
        here = sorted(
            (place for place in places if place[0].path == path), key=lambda place: (place[0].line, place[0].column)
        )
        first = span if path == span.path else here[0][0]
        arrow = "-->" if path == span.path else ":::"
        yield " " * width + paint(arrow, _BLUE) + f" {first}"
        source = source_of(path)
        if source is None:
            continue
        yield bar
        last = None
        for place, text, mark in here:
            if last is not None and place.line > last + 1:
                yield paint("...", _BLUE)
            yield from _excerpt(place, text, mark, source, width, paint)
            last = place.line


def _excerpt(span: Span, text: str, mark: str, source: Source, width: int, paint: _Paint) -> Iterator[str]:
    line = source.line(span.line)
    before, marked = line[: span.column - 1], line[span.column - 1 : span.column - 1 + span.length]
    carets = mark * max(1, _columns(marked))
    shown = line.expandtabs(_TAB)
    yield paint(f"{span.line:>{width}} |", _BLUE) + (f" {shown}" if shown else "")
    colour = _RED if mark == "^" else _BLUE
    yield " " * width + paint(" |", _BLUE) + " " + " " * _columns(before) + paint(f"{carets} {text}".rstrip(), colour)


def _columns(text: str) -> int:
    """Return how many terminal cells a text takes."""
    plain = text.expandtabs(_TAB)
    return sum(
        2 if unicodedata.east_asian_width(character) in _WIDE else not unicodedata.combining(character)
        for character in plain
    )
