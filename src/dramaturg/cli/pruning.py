"""`eval prune`: old evals are removed."""

import click

from dramaturg.cli.output import counted, json_option, named, nearby, print_json, tell
from dramaturg.findings.cells import shown

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
        if not as_json and (gone or dry_run):
            verb = "stays" if not gone else "would be removed" if dry_run else "removed"
            what = kept.path.stem if kept.kind != "answers" else f"answers of {kept.path.stem}"
            days = counted(int(kept.age // _DAY), "day")
            of = f" of {nearby(kept.place)}" if kept.place else ""
            click.echo(shown(f"{verb}: {what}, {kept.status}, {days} old, {kept.size:,} bytes{of}"))
    if as_json:
        print_json(
            [
                {
                    "file": str(kept.path),
                    "suite": kept.suite,
                    "place": kept.place,
                    "kind": kept.kind,
                    "status": kept.status,
                }
                | {"bytes": kept.size, "age": round(kept.age), "goes": kept.goes, "removed": gone and not dry_run}
                for kept, gone in rows
            ]
        )
    freed = sum(kept.size for kept, gone in rows if gone)
    left = sum(kept.size for kept, _ in rows) - freed
    files = counted(sum(gone for _, gone in rows), "file")
    tell(f"{files}, {freed:,} bytes{' would be freed' if dry_run else ' freed'}; {left:,} bytes stay")
