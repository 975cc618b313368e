"""What every command prints the same way; its one rule: stdout is the product, stderr the talk."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import IO, Any

import click

from dramaturg.errors import AnswerNeeded, AuthorError, BudgetSpent, DramaturgError, SecretsFound, StepFailed
from dramaturg.findings.cells import cells, padded, shown, wrapped
from dramaturg.findings.model import Finding, Severity
from dramaturg.findings.render import SourceOf, render
from dramaturg.persona.files import source_at

_GAP = "  "  # between two columns
_NARROWEST = 20  # cells of a column in which a line is folded
_OF_SUITES = "E"  # what the rules of suite files begin with


@dataclass(slots=True, kw_only=True)
class Ending:
    """What is to be known where a command ends with an error.

    Attributes:
        place: What commands on its run need besides its id.
        as_json: Whether a program waits for JSON, and has none yet.
    """

    place: str = ""
    as_json: bool = False


def asks_for_json(words: Sequence[str]) -> bool:
    """Tell from a command line whether JSON is asked for, also where it means nothing as a whole."""
    given = [*takewhile(lambda word: word != "--", words)]
    return "--json" in given or "--format=json" in given or ("--format", "json") in pairwise(given)


def wants_json() -> bool:
    """Tell whether a program waits for JSON, and has none yet."""
    return _ending().as_json


def _ending() -> Ending:
    context = click.get_current_context(silent=True)
    noted = context.obj if context else None
    return noted if isinstance(noted, Ending) else Ending()


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")


def one_layout(layout: str | None, **short: bool) -> str:
    """Return the one format that is asked for, by its name or an option of its own; `human` for none."""
    named = [*dict.fromkeys(each for each in (layout, *(name for name, given in short.items() if given)) if each)]
    if len(named) > 1:
        raise click.UsageError(f"{' and '.join(f'`{each}`' for each in named)} are two formats; name one")
    return named[0] if named else "human"


def print_json(data: Any) -> None:
    """Print JSON for a program to read."""
    _ending().as_json = False
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def wants_colour(stream: IO[str]) -> bool:
    """Tell whether a stream is a terminal whose user has not asked for plain text (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns_of(stream: IO[str]) -> int | None:
    """Return how wide a terminal is; None for what is none, which gets whole lines."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def print_findings(
    findings: Iterable[Finding],
    *,
    to_stderr: bool,
    brief_notes: bool = False,
    drawn: int | None = None,
    source_of: SourceOf | None = None,
) -> None:
    """Print findings, a block each.

    Args:
        findings: What to print.
        to_stderr: Where.
        brief_notes: Notes take one line, where they are beside the point.
        drawn: How many of a rule are drawn; further ones take one line, since their remedy was told. None for all.
        source_of: Gives the text of a path.
    """
    stream = sys.stderr if to_stderr else sys.stdout
    seen = Counter[str]()
    for finding in findings:
        seen[finding.rule] += 1
        if brief_notes and finding.severity is Severity.NOTE:
            said = shown(f"{finding.severity}[{finding.rule}]: {finding.message}")
            click.echo(folded(said, stream=stream), file=stream)
            continue
        if drawn is not None and seen[finding.rule] > drawn:
            place = f" {finding.span}" if finding.span else ""
            said = shown(f"{finding.severity}[{finding.rule}]{place}: {finding.message}")
            click.echo(folded(said, stream=stream), file=stream)
            continue
        block = render(finding, source_of or source_once, colour=wants_colour(stream), columns=columns_of(stream))
        click.echo(block + "\n", file=stream, color=True)


def summary(findings: Iterable[Finding]) -> str:
    """Return how many findings of each severity there are, in words."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return ", ".join(counted(count, severity) for severity, count in counts.items() if count)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def tell_of_hidden(count: int, remedy: str) -> None:
    """Say how many persona files were left out because nearer ones, which say something else, have their names."""
    tell(f"left out, as nearer ones have the same names: {counted(count, 'file')}; {remedy}")


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as lines for stdout in which each column but the last is as wide as its widest entry."""
    widths = [max(map(cells, column)) for column in zip(*(row[:-1] for row in rows), strict=True)]
    indent = sum(widths) + len(_GAP) * len(widths)
    for row in rows:
        yield folded(_GAP.join([*map(padded, row[:-1], widths), row[-1]]), indent)


def folded(line: str, indent: int = len(_GAP), *, stream: IO[str] | None = None) -> str:
    """Return a line for a stream, stdout if none is given: on a terminal as many lines as it takes, no word cut.

    Those after the first are indented, where that leaves room.
    """
    wide = columns_of(sys.stdout if stream is None else stream)
    if wide is None:
        return line
    return wrapped(line, wide, lead=0, indent=indent if wide - indent >= _NARROWEST else len(_GAP))


def tell(text: str, indent: int = len(_GAP)) -> None:
    """Say something on stderr, folded like a line; a command that is to be copied is better printed whole.

    What others wrote in it is shown, not obeyed.
    """
    click.echo(folded(shown(text), indent, stream=sys.stderr), err=True)


def local_minute(moment: str) -> str:
    """Return a moment, in the form of ISO 8601, as the reader's clock has it."""
    from datetime import datetime

    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"


def nearby(path: str) -> str:
    """Return a path as it can be given: below the working folder from there, else from the home folder or the root."""
    file, here, home = Path(path), Path.cwd(), Path(os.path.expanduser("~"))  # noqa: PTH111 - Path refuses where there is no home
    if not file.is_absolute():
        return path
    if file.is_relative_to(here):
        return str(file.relative_to(here))
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else path


def elsewhere() -> None:
    """Take note that the run at hand is in a database, which commands on it must name as well."""
    _ending().place = " --database URL"


def begin_tracing() -> None:
    """Begin to trace where the environment asks for it; say what keeps it from that."""
    from dramaturg.run import tracing

    if said := tracing.begin_tracing(os.environ):
        tell(f"note: {said}")


def where() -> str:
    """Return what commands on the run at hand need besides its id."""
    return _ending().place


def named(several: str) -> list[str]:
    """Return what is named in a list with commas."""
    return [each.strip() for each in several.split(",") if each.strip()]


def explain(error: DramaturgError, place: str = "") -> None:
    """Print an error on stderr: located findings where it has them, one sentence where not.

    Args:
        error: What to explain.
        place: What commands on its run need besides its id.
    """
    if isinstance(error, AuthorError):
        print_findings(error.findings, to_stderr=True)
        suite = all(finding.rule.startswith(_OF_SUITES) for finding in error.findings)
        what = "the suite" if suite else "the persona"
        tell(f"error: {what} cannot be performed: {summary(error.findings)}")
    elif isinstance(error, SecretsFound):  # without their lines: what is printed is often kept
        print_findings(error.findings, to_stderr=True, source_of=lambda _: None)
        tell(f"error: {error}")
    elif isinstance(error, StepFailed):
        print_findings(error.findings, to_stderr=True)
        tell(f"error: step {error.step} `{error.title}` could not be satisfied")
        click.echo(f"what was produced is kept: dramaturg runs {error.run}{place}", err=True)
    elif isinstance(error, BudgetSpent):
        tell(f"stopped: {error}")
        click.echo(f"what there is so far: dramaturg runs {error.run}{place}", err=True)
        click.echo(
            f"go on with more: dramaturg resume {error.run}{place}, or the same command with a larger limit", err=True
        )
    elif isinstance(error, AnswerNeeded):
        click.echo(f"run {error.run} waits for a person:", err=True)
        for name, kind, text in error.questions:
            tell(f"  {name} ({kind}): {text}", indent=4)
        sample = {"confirm": "yes", "artifact": "@FILE"}.get(error.kind, "TEXT")
        click.echo(f"what there is so far: dramaturg runs {error.run}{place}", err=True)
        click.echo(f"go on: dramaturg resume {error.run}{place} --answer {error.id}={sample}", err=True)
    else:
        tell(f"error: {error}")


@contextmanager
def read_or_not() -> Iterator[None]:
    """Print, and go on where the reader has left: what a command exits with is not theirs to change."""
    try:
        yield
    except BrokenPipeError:
        let_go(sys.stdout)
        let_go(sys.stderr)


def let_go(stream: IO[str]) -> None:
    """Send what is still written to a stream nowhere: its reader has left, and the interpreter flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


source_once = cache(source_at)  # many findings speak of one file
