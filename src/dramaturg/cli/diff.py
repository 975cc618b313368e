"""`diff`: how two personas, or two versions of one, differ as plans."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import counted, json_option, print_json, read_or_not, wants_colour
from dramaturg.findings.cells import shown

if TYPE_CHECKING:
    from dramaturg.plan.changes import Change
    from dramaturg.run.versions import Version

_MARKS = {"lost": "-", "added": "+"}
_COLOURS = {"loss": "red", "change": "yellow", "gain": "green"}
_REWORDED = ("reworded", "shortened", "renamed")
_WIDTH = 110
_CONTEXT = 3
_LONGEST_RUN = 12
_MOST_PLACES = 4
_WORTH_READING = 0.5


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
            click.echo(_summary(changes), err=True)
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
        return _word_diff(change.before.split(), change.after.split())
    if change.before and change.after:
        return f"{change.before} → {change.after}"
    return shorten(change.before or change.after, _WIDTH, placeholder=" …")


def _word_diff(old: Sequence[str], new: Sequence[str]) -> str:
    """Return what differs between two texts with a few words around it, marked as `git diff --word-diff` does."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new)
    if not _WORTH_READING <= matcher.ratio() < 1:  # at 1 only the white space differs
        return " ".join(_marked("replace", old, new))
    groups = [*matcher.get_grouped_opcodes(_CONTEXT)]
    told = [
        " ".join(word for tag, i, k, j, m in group for word in _marked(tag, old[i:k], new[j:m])) for group in groups
    ]
    head = "… " if groups[0][0][1] else ""
    tail = " …" if groups[_MOST_PLACES:] or groups[-1][-1][2] < len(old) else ""
    return head + " … ".join(told[:_MOST_PLACES]) + tail


def _marked(tag: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if tag == "equal":
        yield from old
        return
    for words, marks in ((old, "[-%s-]"), (new, "{+%s+}")):
        if words:
            yield marks % " ".join([*words[:_LONGEST_RUN], *(["…"] if words[_LONGEST_RUN:] else [])])


COMMANDS = (diff,)
