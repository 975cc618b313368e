"""`list`, `show`, `plan`, `new`, `schema`: what personas there are, what they amount to, and how to begin one."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.deliver import OutputFile
from dramaturg.cli.failure import failure_json
from dramaturg.cli.options import only_with
from dramaturg.cli.output import explain, folded, json_option, print_json, strict_option, tell, tell_of_hidden
from dramaturg.cli.planned import print_plan, say
from dramaturg.findings.cells import cells, padded

if TYPE_CHECKING:
    from dramaturg.persona.library import Library

_UNREAD = 2


@click.command("list", short_help="List the personas that can be named.")
@click.option("--all", "hidden_too", is_flag=True, help="Also those that another one of the same name hides.")
@json_option
def list_personas(*, hidden_too: bool, as_json: bool) -> None:
    """List the personas that can be named."""
    from dramaturg.persona.files import same_text
    from dramaturg.persona.library import Entry

    library = _library()
    rows: list[dict[str, Any]] = []
    lost = 0
    for entry in library.entries:
        meant = library.find(entry.alias)
        nearer = meant.spoken if isinstance(meant, Entry) and meant is not entry else ""
        lost += bool(nearer) and isinstance(meant, Entry) and not same_text(meant.path, entry.path)
        told = {key: entry.text(key) for key in ("version", "status", "type", "title")}
        place = {"path": entry.spoken, "damaged": entry.damaged, "hidden_by": nearer}
        rows.append({"alias": entry.alias, **told, **place})
    for folder, reason in library.unreadable.items():
        tell(f"warning: the folder `{folder}` cannot be read: {reason}")
    if as_json:
        print_json(rows)
        return
    listed = [row for row in rows if hidden_too or not row["hidden_by"]]
    width = max((cells(row["alias"]) for row in listed), default=0)
    for row in listed:
        marks = [row["type"]] if row["type"] else []
        marks += [row["status"]] if row["status"] not in ("", "active") else []
        marks += [f"hidden by {row['hidden_by']}"] if row["hidden_by"] else []
        marks += ["damaged, see `dramaturg check`"] if row["damaged"] else []
        said = " ".join(filter(None, [row["title"], row["version"], f"({', '.join(marks)})" if marks else ""]))
        say(folded("  ".join(filter(None, [padded(row["alias"], width), said, f"[{row['path']}]"])), width + 2))
    if lost and not hidden_too:
        tell_of_hidden(lost, "`--all` lists them")


@click.command(short_help="Show a persona as written, or resolved.")
@click.argument("personas", nargs=-1, required=True)
@click.option("--resolved", is_flag=True, help="Show the whole chain merged, each piece with its origin.")
@json_option
def show(personas: tuple[str, ...], *, resolved: bool, as_json: bool) -> None:
    """Show PERSONAS, aliases or files, as written, byte for byte, or resolved.

    --json prints one object a line for each, also for a file with errors; one that cannot be read ends with 2.
    """
    from dramaturg.run.describe import composed, composed_json, file_json

    library = _library()
    paths = [library.locate(persona) for persona in personas]
    if resolved:
        for persona in personas:
            loaded = library.load(persona)
            if as_json:
                _print_line(composed_json(loaded))
            else:
                click.echo(composed(loaded), nl=False)
    elif as_json:
        told = [file_json(library, path) for path in paths]
        for each in told:
            _print_line(each)
        if any(each["error"] for each in told):
            click.get_current_context().exit(_UNREAD)
    else:
        for path in paths:
            _print_bytes(path)


@click.command(short_help="Show what a run will do, and why; or what it costs.")
@click.argument("personas", nargs=-1, required=True)
@click.option("--parallel/--sequential", "parallel", default=None, help="As `run` performs it with this option.")
@click.option("--cost", is_flag=True, help="Print what a run costs at most, step by step, instead.")
@click.option("-a", "--artifact", "named", multiple=True, metavar="ID=FILE", help="With --cost: an artifact by its id.")
@click.option("-m", "--model", help="With --cost: the model that would be asked.")
@click.option("--price", metavar="IN/OUT", help="With --cost: dollars for a million tokens where no price is known.")
@strict_option
@json_option
def plan(
    personas: tuple[str, ...],
    *,
    parallel: bool | None,
    cost: bool,
    named: tuple[str, ...],
    model: str | None,
    price: str | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Print the plans PERSONAS amount to, with the reason of every decision.

    --json prints one object, or, for several personas, one a line, also for those that cannot be planned.
    """
    only_with("--cost", cost, "named", "model", "price")
    if cost:
        _print_costs(personas, named=named, model=model, price=price, parallel=parallel, as_json=as_json)
        return
    schedule = None if parallel is None else "parallel" if parallel else "sequential"
    _print_plans(personas, schedule, strict=strict, as_json=as_json)


def _print_plans(personas: Sequence[str], schedule: str | None, *, strict: bool, as_json: bool) -> None:
    from dramaturg.errors import AuthorError, CallerError
    from dramaturg.plan.compile import compile_plan
    from dramaturg.run.describe import plan_json

    library = _library()
    several, failed = len(personas) > 1, False
    for persona in personas:
        try:
            compiled = compile_plan(library.load(persona, strict=strict), schedule=schedule)
        except (AuthorError, CallerError) as error:
            if not several:
                raise
            failed = True
            explain(error)
            if as_json:
                _print_line({"path": persona, **failure_json(error)})
            continue
        if not as_json:
            print_plan(compiled)
        elif several:
            _print_line(plan_json(compiled))
        else:
            print_json(plan_json(compiled))
    if failed:
        click.get_current_context().exit(_UNREAD)


def _print_costs(
    personas: Sequence[str],
    *,
    named: Sequence[str],
    model: str | None,
    price: str | None,
    parallel: bool | None,
    as_json: bool,
) -> None:
    """Print what each step of a persona takes at most; artifacts that are not given count nothing."""
    from dramaturg.cli.inputs import named_inputs
    from dramaturg.models.prices import dollars
    from dramaturg.run.costs import costs_of

    if len(personas) != 1:
        raise click.UsageError("--cost takes one persona")
    costs = costs_of(personas[0], named_inputs(named), model=model, price=price, parallel=parallel)
    if as_json:
        print_json(costs.to_json())
        return
    if costs.lacking:
        tell(f"without {', '.join(costs.lacking)}, whose text comes on top of every step")
    for each in costs.steps:
        usd = "price unknown" if each.usd is None else dollars(each.usd)
        say(f"{each.step.id:>4}  {each.tokens_in:>9,} in  {each.tokens_out:>7,} out  {usd:>14}  {each.step.title}")
    if costs.once is None or costs.most is None:
        say(f"the price of `{costs.model}` is not known; give it, such as `--price 3/15`")
        return
    often = f"{dollars(costs.most)} if every answer has to be asked for {costs.attempts} times"
    say(f"at most {dollars(costs.once)} with {costs.model}" + (f"; {often}" if costs.most else ""))


@click.command(short_help="Begin a persona: a small one that works.")
@click.argument("alias")
@click.option("--from", "base", default="", metavar="BASE", help="Inherit from this persona.")
@click.option("--title", default="", help="Its title; made of the alias unless given.")
@click.option("-o", "--output", type=OutputFile(), help="Write here instead.")
@json_option
def new(alias: str, *, base: str, title: str, output: Path | None, as_json: bool) -> None:
    """Begin the persona ALIAS: a small one that works, in `personas`, with comments that say how.

    Prints its path; the commands to go on with on stderr.
    """
    import shlex

    from dramaturg.run.scaffold import begin_persona

    path = begin_persona(_library(), alias, base=base, title=title, path=output)
    if as_json:
        print_json({"path": str(path), "alias": alias})
    else:
        click.echo(str(path))
    name = shlex.quote(str(path)) if output else alias
    click.echo(f"next: dramaturg plan {name}     # what it will do, and why", err=True)
    click.echo(f"      dramaturg check {name} --strict", err=True)
    click.echo(f"      dramaturg run {name} FILE --model evidence", err=True)


@click.command(short_help="Print a JSON Schema, for editors.")
@click.argument("what", type=click.Choice(["frontmatter", "result"]), default="frontmatter", required=False)
@json_option
def schema(what: str, *, as_json: bool) -> None:
    """Print the JSON Schema of the frontmatter, for editors, or of the `result` that --format json and --json give."""
    from dramaturg.plan.schema import frontmatter_schema
    from dramaturg.run.report import result_schema

    del as_json  # it is JSON anyway
    print_json(frontmatter_schema() if what == "frontmatter" else result_schema())


def _library() -> "Library":
    from dramaturg.persona.library import Library
    from dramaturg.run.settings import current, persona_roots

    return Library(persona_roots(*current()))


def _print_line(data: dict[str, Any]) -> None:
    """Print JSON on one line for whatever takes an end of line for one, hence in ASCII."""
    click.echo(json.dumps(data, default=str))


def _print_bytes(path: Path) -> None:
    """Print a file as it is, even one that is no text."""
    from dramaturg.errors import CallerError
    from dramaturg.persona.files import unreadable

    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise CallerError(unreadable(path, error)) from error
    has_bytes = hasattr(sys.stdout, "buffer")  # a stand-in for stdout may take text only
    click.echo(raw if has_bytes else raw.decode("utf-8", errors="replace"), nl=False)


COMMANDS = (list_personas, show, plan, new, schema)
