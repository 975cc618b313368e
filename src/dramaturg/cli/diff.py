"""`diff`: how two personas, or two versions of one, differ as plans."""

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import counted, json_option, print_json, read_or_not, tell, wants_colour
from dramaturg.findings.cells import shown

if TYPE_CHECKING:
    from dramaturg.plan.changes import Change
    from dramaturg.run.versions import Version

_MARKS = {"lost": "-", "added": "+"}
_COLOURS = {"loss": "red", "change": "yellow", "gain": "green"}
_REWORDED = ("reworded", "shortened", "renamed")
_WIDTH = 110


@click.command(short_help="Compare personas, or versions of one, as plans.")
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--exit-code", "exits", is_flag=True, help="Exit with 1 if anything was lost or weakened.")
@json_option
def diff(before: str, after: str | None, *, exits: bool, as_json: bool) -> None:
    """Compare personas A and B as plans: what was lost, added, renamed, moved, reworded.

    Each is an alias, a file, or REV:PATH as git writes it: HEAD~1:personas/dpa-1.persona.md, :PATH for the index.
    Without B, what A was at HEAD, or at its REV, is compared with what it is now.
    """
    from dramaturg.persona.library import Library
    from dramaturg.plan.compare import compare
    from dramaturg.run.settings import current, persona_roots
    from dramaturg.run.versions import versions

    old, new = versions(Library(persona_roots(*current())), before, after)
    changes = compare(old.plan, new.plan)
    with read_or_not():
        if as_json:
            print_json({"before": _told(old), "after": _told(new), "changes": [_change_json(each) for each in changes]})
        else:
            _print(old, new, changes)
            tell(_summary(changes))
    if exits and any(change.effect == "loss" for change in changes):
        click.get_current_context().exit(1)


def _told(version: "Version") -> dict[str, str]:
    persona = version.plan.persona
    return {"path": version.path, "alias": persona.alias, "version": persona.version}


def _change_json(change: "Change") -> dict[str, Any]:
    from dataclasses import asdict

    return {"effect": change.effect, **asdict(change)}


def _summary(changes: Sequence["Change"]) -> str:
    """Return how many of each there are, losses first, in words."""
    kinds = Counter((change.effect, change.subject, change.what) for change in changes)
    ranked = sorted(kinds.items(), key=lambda kind: [*_COLOURS].index(kind[0][0]))
    return ", ".join(f"{counted(count, subject)} {what}" for (_, subject, what), count in ranked) or "no difference"


def _print(old: "Version", new: "Version", changes: Sequence["Change"]) -> None:
    """Print the changes under the section or step they stand in."""
    if changes:
        click.echo(f"--- {shown(old.path)}\n+++ {shown(new.path)}")
    for where, here in groupby(changes, key=lambda change: change.where):
        click.echo(f"\n{shown(where) or 'persona'}")
        for change in here:
            name = f" `{change.name}`" if change.name else ""
            head = shown(f"{_MARKS.get(change.what, '~')} {change.subject}{name} {change.what}")
            painted = click.style(head, fg=_COLOURS[change.effect]) if wants_colour(sys.stdout) else head
            click.echo(f"  {painted}", color=True)
            click.echo(f"      {shown(_places(change))}\n      {shown(_detail(change))}")


def _places(change: "Change") -> str:
    spans = (change.span_before, change.span_after)
    return " → ".join(f"{span.path}:{span.line}" for span in spans if span)


def _detail(change: "Change") -> str:
    """Return what was and what is, briefly."""
    if change.what in _REWORDED:
        from dramaturg.plan.rewording import rewording

        return rewording(change.before, change.after)
    if change.before and change.after:
        return f"{change.before} → {change.after}"
    return shorten(change.before or change.after, _WIDTH, placeholder=" …")


COMMANDS = (diff,)
