"""`list`, `show`, `plan`: what there is, what it says, what it amounts to."""

from typing import TYPE_CHECKING, Any

import click

from dramaturg.cli.output import json_option, print_findings, print_json, strict_option

if TYPE_CHECKING:
    from dramaturg.plan.model import Plan, PlannedStep


@click.command("list")
@json_option
def list_personas(*, as_json: bool) -> None:
    """List the personas that can be named."""
    from dramaturg.persona.library import Entry
    from dramaturg.run.runtime import Runtime

    library = Runtime(model="evidence").library
    rows: list[dict[str, Any]] = []
    for entry in library.entries:
        meant = library.find(entry.alias)
        nearer = meant.spoken if isinstance(meant, Entry) and meant != entry else ""
        told = {key: entry.frontmatter.text(key) for key in ("version", "status", "type", "title")}
        place = {"path": entry.spoken, "damaged": entry.damaged, "hidden_by": nearer}
        rows.append({"alias": entry.alias, **told, **place})
    if as_json:
        print_json(rows)
        return
    width = max((len(row["alias"]) for row in rows), default=0)
    for row in rows:
        marks = [row["type"]] if row["type"] else []
        marks += [row["status"]] if row["status"] not in ("", "active") else []
        marks += [f"hidden by {row['hidden_by']}"] if row["hidden_by"] else []
        marks += ["damaged, see `dramaturg check`"] if row["damaged"] else []
        said = " ".join(filter(None, [row["title"], row["version"], f"({', '.join(marks)})" if marks else ""]))
        click.echo("  ".join(filter(None, [f"{row['alias']:<{width}}", said, f"[{row['path']}]"])))


@click.command()
@click.argument("persona")
@click.option("--resolved", is_flag=True, help="Show the whole chain merged, each piece with its origin.")
@json_option
def show(persona: str, *, resolved: bool, as_json: bool) -> None:
    """Show a persona as written, or resolved."""
    from dataclasses import asdict

    from dramaturg.persona.library import composed
    from dramaturg.run.runtime import Runtime

    loaded = Runtime(model="evidence").library.load(persona)
    if as_json:
        print_json(asdict(loaded if resolved else loaded.chain[-1]))
    elif resolved:
        click.echo(composed(loaded), nl=False)
    else:
        click.echo(loaded.chain[-1].text, nl=False)


@click.command()
@click.argument("persona")
@strict_option
@json_option
def plan(persona: str, *, strict: bool, as_json: bool) -> None:
    """Print the plan a persona amounts to, with the reason of every decision."""
    from dataclasses import asdict

    from dramaturg.plan.compile import compile_plan
    from dramaturg.run.runtime import Runtime

    compiled = compile_plan(Runtime(model="evidence").library.load(persona, strict=strict))
    if as_json:
        print_json(_plan_json(asdict(compiled)))
        return
    click.echo(f"{compiled.document}  (persona {compiled.persona.alias}, {len(compiled.calls)} calls)")
    for artifact in compiled.persona.artifacts:
        kind = "primary" if artifact.primary else "optional"
        click.echo(f"artifact {artifact.id} ({kind}), cited as {_label(compiled, artifact.id)}")
    for step in compiled.steps:
        _print_step(step)
    print_findings(compiled.findings, to_stderr=True)


def _label(compiled: "Plan", name: str) -> str:
    from dramaturg.evidence.artifact import Artifact

    return Artifact(id=name, text="", name=compiled.names[name]).label


def _print_step(step: "PlannedStep") -> None:
    layout = f" ({step.format})" if step.section else ""
    click.echo(f"\n{step.id}. {step.kind} {step.title}{layout}")
    for reason in step.because:
        click.echo(f"   because {reason.rule} at {reason.span}")
    for requirement in step.requirements:
        firm = ", non-negotiable" if requirement.non_negotiable else ""
        scope = "the section itself" if requirement.whole_section else requirement.id
        click.echo(f"   {requirement.level}{firm}: {scope}")
        click.echo(f"      {requirement.span}  {', '.join(reason.rule for reason in requirement.because)}")


def _plan_json(data: dict[str, Any]) -> dict[str, Any]:
    """Return a plan's data without the texts of its files, which `show --json` gives."""
    persona = data["persona"]
    data["persona"] = {
        key: persona[key] for key in ("alias", "version", "title", "digest", "engine_version", "artifacts")
    }
    data["persona"]["lineage"] = [file["alias"] for file in persona["chain"]]
    return data


COMMANDS = (list_personas, show, plan)
