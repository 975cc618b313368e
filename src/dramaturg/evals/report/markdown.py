"""A result to Markdown, for a step summary or a comment; its one rule: the verdict first, no text becomes structure."""

from collections.abc import Iterator, Sequence

from dramaturg.engine.assemble import bare
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.report.table import headline, sentences, table_of


def markdown_report(result: Evaluated) -> str:
    """Return verdict, table and sentences."""
    table = table_of(result)
    suite = result.suite.suite.name
    blocks = [
        f"## {bare(suite)}: {bare(headline(result))}",
        "\n".join(_rows(table.heads, [(row.metric, *row.cells) for row in table.rows])),
        "\n".join(f"- {bare(sentence)}" for sentence in sentences(result)),
        f"`{result.run}`",
    ]
    return "\n\n".join(blocks) + "\n"


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _row(heads)
    yield _row(["---"] * len(heads))
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
