"""`eval prune`: old evals are removed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import counted, folded, json_option, named, nearby, print_json, tell
from dramaturg.cli.planned import say

if TYPE_CHECKING:
    from dramaturg.evals.prune import Kept

_DAY = 86400


@click.command(short_help="Remove old evals and their answers.")
@click.option(
    "--older-than", metavar="TIME", help="Remove what was last written so long ago: `12h`, `30d`; 30d without --keep."
)
@click.option("--keep", type=click.IntRange(min=1), help="Leave the newest so many of each suite, whatever their age.")
@click.option(
    "--status", "statuses", default="ended", show_default=True, help="Which evals; also unfinished, unreadable."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed, and what would stay.")
@json_option
def prune(*, older_than: str | None, keep: int | None, statuses: str, dry_run: bool, as_json: bool) -> None:
    """Remove old recorded evals, those of mutants included, and the answers that no other eval needs."""
    from dramaturg.evals.prune import Wish, prunable, remove
    from dramaturg.run.budget import parse_seconds
    from dramaturg.run.settings import current, state_root

    wish = Wish(
        older_than=None if older_than is None else parse_seconds(older_than), keep=keep or 0, statuses=named(statuses)
    )
    rows = []
    for kept in [*prunable(state_root(current()[2]), wish)]:
        gone = kept.goes and (dry_run or remove(kept))
        rows.append((kept, gone))
        if gone and not as_json:
            say(folded(f"{'would be removed' if dry_run else 'removed'}: {_named(kept)}"))
    if as_json:
        print_json([_row(kept) | {"removed": gone and not dry_run} for kept, gone in rows])
    elif dry_run:
        for line in _staying([kept for kept, gone in rows if not gone]):
            say(folded(f"stays: {line}"))
    freed = sum(kept.size for kept, gone in rows if gone)
    left = sum(kept.size for kept, _ in rows) - freed
    files = counted(sum(gone for _, gone in rows), "file")
    tell(f"{files}, {freed:,} bytes{' would be freed' if dry_run else ' freed'}; {left:,} bytes stay")


def _staying(files: "Sequence[Kept]") -> Iterator[str]:
    """Yield what stays, all files of one suite, kind and status together: a suite's mutants alone are dozens."""
    alike: dict[tuple[str, str, str, str], list[Kept]] = defaultdict(list)
    for kept in files:
        alike[kept.suite, kept.place, kept.kind, kept.status].append(kept)
    for (suite, place, kind, status), each in alike.items():
        if len(each) == 1:
            yield _named(each[0])
            continue
        what = counted(len(each), "file") + " of answers" if kind == "answers" else counted(len(each), kind)
        size = sum(kept.size for kept in each)
        yield f"{what} of {nearby(place) if place else f'the suite {suite}'}, {status}, {size:,} bytes"


def _named(kept: "Kept") -> str:
    """Return what a file is, how it stands, its age and its size."""
    what = kept.path.stem if kept.kind != "answers" else f"answers of {kept.path.stem}"
    of = f" of {nearby(kept.place)}" if kept.place else ""
    return f"{what}, {kept.status}, {counted(int(kept.age // _DAY), 'day')} old, {kept.size:,} bytes{of}"


def _row(kept: "Kept") -> dict[str, Any]:
    named = {"file": str(kept.path), "suite": kept.suite, "place": kept.place, "kind": kept.kind}
    return named | {"status": kept.status, "bytes": kept.size, "age": round(kept.age), "goes": kept.goes}
