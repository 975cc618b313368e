"""A result to text for a terminal; its one rule: what decides stands last, where the eye ends."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.figures import counted
from dramaturg.evals.report.table import Table, headline, sentences, table_of
from dramaturg.findings.cells import cells, padded, wrapped

_GAP = "  "


def text_report(result: Evaluated, columns: int | None = None) -> str:
    """Return table, sentences and verdict, a line each; folded to so many cells if `columns` is given."""
    suite = result.suite.suite
    cases = counted(len({record.case for record in result.records}), "case")
    head = f"{suite.name}: {cases}, {counted(len(result.records), 'performance')} ({result.run})"
    lines = [head, "", *_drawn(table_of(result), columns), "", *sentences(result), "", headline(result)]
    if columns is not None:
        lines = [wrapped(line, columns, lead=0, indent=len(_GAP)) for line in lines]
    return "\n".join(lines) + "\n"


def _drawn(table: Table, columns: int | None) -> Iterator[str]:
    """Yield a table in lines of so many cells: whole, two figures below two, or each on a line of its own."""
    rows = [table.heads, *((row.metric, *row.cells) for row in table.rows)]
    for abreast in (len(table.heads) - 1, 2):
        parts = [part for row in rows for part in _parted(row, abreast)]
        widths = [max(map(cells, column)) for column in zip_longest(*parts, fillvalue="")]
        lines = [_GAP.join(map(padded, part, widths)).rstrip() for part in parts]
        if columns is None or max(map(cells, lines)) <= columns:
            yield from lines
            return
    for metric, *figures in rows[1:]:
        yield metric
        yield from (f"{_GAP}{head}: {figure}" for head, figure in zip(table.heads[1:], figures, strict=True))


def _parted(row: Sequence[str], abreast: int) -> Iterator[Sequence[str]]:
    """Yield a row in parts of so many figures each, its metric before the first."""
    metric, *figures = row
    for start in range(0, len(figures), abreast):
        yield ("" if start else metric, *figures[start : start + abreast])
