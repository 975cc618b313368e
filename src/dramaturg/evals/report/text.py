"""A result to text for a terminal; its one rule: what decides stands last, where the eye ends."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.figures import counted
from dramaturg.evals.report.table import Table, headline, sentences, table_of
from dramaturg.findings.cells import cells, padded


def text_report(result: Evaluated) -> str:
    """Return table, sentences and verdict, a line each."""
    suite = result.suite.suite
    cases = counted(len({record.case for record in result.records}), "case")
    head = f"{suite.name}: {cases}, {counted(len(result.records), 'performance')} ({result.run})"
    lines = [head, "", *_drawn(table_of(result)), "", *sentences(result), "", headline(result)]
    return "\n".join(lines) + "\n"


def _drawn(table: Table) -> Iterator[str]:
    rows = [table.heads, *((row.metric, *row.cells) for row in table.rows)]
    widths = [max(map(cells, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        yield _line(row, widths)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(map(padded, row, widths)).rstrip()
