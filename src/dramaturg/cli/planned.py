"""A plan to lines for a person; its one rule: nothing that an author wrote steers the terminal."""

from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted, print_findings
from dramaturg.findings.cells import shown

if TYPE_CHECKING:
    from dramaturg.plan.model import Plan, PlannedStep


def print_plan(compiled: "Plan") -> None:
    """Print artifacts and steps, each decision with its reason, then what is wrong with them."""
    calls = counted(len(compiled.calls), "call")
    say(f"{compiled.document}  (persona {compiled.persona.alias}, {calls})")
    for artifact in compiled.persona.artifacts:
        kind = "primary" if artifact.primary else "optional"
        say(f"artifact {artifact.id} ({kind}), cited as {_label(compiled, artifact.id)}")
    for step in compiled.steps:
        _print_step(step)
    print_findings(compiled.findings, to_stderr=True)


def _label(compiled: "Plan", name: str) -> str:
    from dramaturg.evidence.artifact import Artifact

    return Artifact(id=name, text="", name=compiled.names[name]).label


def _print_step(step: "PlannedStep") -> None:
    layout = f" ({step.format})" if step.section else ""
    say(f"\n{step.id}. {step.kind} {step.title}{layout}")
    for reason in step.because:
        say(f"   because {reason.rule} at {reason.span}")
    for requirement in step.requirements:
        firm = ", non-negotiable" if requirement.non_negotiable else ""
        scope = "the section itself" if requirement.whole_section else requirement.id
        say(f"   {requirement.level}{firm}: {scope}")
        say(f"      {requirement.span}  {', '.join(reason.rule for reason in requirement.because)}")
    if step.columns:
        say(f"   each with: {', '.join(step.columns)}")
    for branch in step.branches:
        case = f"if {branch.check}: " if branch.check else ""
        aim = f"step {branch.goes_to}" if branch.goes_to else "the next step"
        bound = f", at most {counted(branch.bound, 'time')}" if branch.bound else ""
        say(f"   {case}goes on with {aim}{bound}")
        say(f"      {branch.span}")
    _print_turns(step)


def _print_turns(step: "PlannedStep") -> None:
    """Print what a step does besides what its kind says."""
    if step.hands_to:
        say(f"   hands over to {step.hands_to}")
    if step.also:
        say(f"   besides: {step.also}")
    if step.signals:
        say(f"   sets: {', '.join(f'{signal.name} ({signal.form})' for signal in step.signals)}")
    if step.each:
        say(f"   once for each item of step {step.each}")
    if step.chooses_needs or any(reason.rule == "needs/parallel" for reason in step.because):
        say(f"   needs: {', '.join(step.needs) or 'nothing'}")


def say(text: str) -> None:
    """Print a line that holds an author's words, none of which may steer the terminal."""
    click.echo(shown(text))
