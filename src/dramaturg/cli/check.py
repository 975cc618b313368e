"""`check` and `explain`: what is wrong with personas, what that means, and what of it can be mended."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from dramaturg.cli import output
from dramaturg.cli.formats import HUMAN, format_option, print_report, reporting_faults
from dramaturg.cli.mending import count_easy, mend_files, print_diff
from dramaturg.cli.output import json_option, print_findings, print_json, strict_option, summary, tell, tell_of_hidden

if TYPE_CHECKING:
    from dramaturg.run.check import Checked

_SHORT_OF = 1
_REFUSED = 2
_NEAR = 3


@click.command(short_help="Find faults in personas, and mend them.")
@click.argument("personas", nargs=-1)
@format_option
@json_option
@strict_option
@click.option("--against", metavar="REV", help="Also report what was lost since this git revision.")
@click.option("--fix", is_flag=True, help="Mend what needs no decision in the files named, then check again.")
@click.option("--diff", is_flag=True, help="With --fix: print what would change, and change nothing.")
def check(
    personas: tuple[str, ...],
    *,
    layout: str,
    as_json: bool,
    strict: bool,
    against: str | None,
    fix: bool,
    diff: bool,
) -> None:
    """Check PERSONAS: files, folders, aliases; without any, all that can be named.

    A name that is a path means that file, or the persona files below that folder; only where there is no such path is
    it an alias. Exits with 1 if anything is an error, with 2 if something could not be checked.
    """
    from dataclasses import replace

    from dramaturg.findings.model import has_errors

    layout = "json" if as_json else layout
    if diff and not (fix and layout == HUMAN):
        raise click.UsageError("--diff prints what --fix would change; give it with --fix and without another format")
    with reporting_faults(layout):
        checked = _checked(personas, strict=strict, against=against)
        if diff:
            checked = replace(checked, findings=print_diff(checked.findings, checked.mendable))
            _print_human(checked, to_stderr=True)
        elif fix:
            refused = mend_files(checked.findings, checked.mendable)
            checked = _checked(personas, strict=strict, against=against)
            checked = replace(checked, refused=(*checked.refused, *refused))
    with output.read_or_not():
        if not diff:
            print_report(checked, layout) if layout != HUMAN else _print_human(checked)
        if checked.hidden:  # in every layout: none has a place for what was not looked at
            tell_of_hidden(checked.hidden, "name their files to check them")
        for error in checked.refused:
            output.explain(error)
    click.get_current_context().exit(_REFUSED if checked.refused else _SHORT_OF if has_errors(checked.findings) else 0)


def _checked(names: Sequence[str], *, strict: bool, against: str | None) -> "Checked":
    import gc

    from dramaturg.data import prompts_root
    from dramaturg.persona.library import Library
    from dramaturg.run.check import check_personas, with_losses
    from dramaturg.run.settings import current, persona_roots

    gc.disable()  # what a check makes it keeps, and looking for garbage in it takes a tenth of the time
    try:
        library = Library(persona_roots(*current()))
        checked = check_personas(library, prompts_root(), names, strict=strict)
        return checked if against is None else with_losses(checked, library, against, strict=strict)
    finally:
        gc.enable()


def _print_human(checked: "Checked", *, to_stderr: bool = False) -> None:
    print_findings(checked.findings, to_stderr=to_stderr, source_of=checked.source_of)
    if not checked.files:
        return
    remedy = count_easy(checked.findings, checked.mendable)
    tell(f"{len(checked.files)} checked: {summary(checked.findings) or 'nothing to report'}{remedy}")
    rules = sorted({finding.rule for finding in checked.findings if finding.is_error})
    if rules:
        tell(f"`dramaturg explain {' '.join(rules)}` tells more")


@click.command(short_help="Explain rules such as P204.")
@click.argument("rules", nargs=-1)
@json_option
def explain(rules: tuple[str, ...], *, as_json: bool) -> None:
    """Explain RULES, such as P204: what each means, why it matters, and an example with its remedy.

    Without any, all of them are listed.
    """
    from dataclasses import asdict
    from difflib import get_close_matches

    from dramaturg.errors import CallerError
    from dramaturg.findings.catalogue import read_rule, rule_ids

    known = rule_ids()
    wanted = [rule.upper() for rule in rules]
    for rule in wanted:
        if rule not in known:
            kin = [each for each in known if rule and each.startswith(rule)] or get_close_matches(rule, known, n=_NEAR)
            near = " or ".join(f"`{each}`" for each in kin[:_NEAR])
            remedy = f"did you mean {near}?" if near else "`dramaturg explain` lists them"
            raise CallerError(f"there is no rule `{rule}`; {remedy}")
    told = [read_rule(rule) for rule in dict.fromkeys(wanted) or known]
    if as_json:
        print_json([asdict(rule) for rule in told])
    elif wanted:
        click.echo("\n".join(rule.page for rule in told), nl=False)
    else:
        click.echo("\n".join(f"{rule.id}  {rule.severity:<7}  {rule.title}" for rule in told))


COMMANDS = (check, explain)
