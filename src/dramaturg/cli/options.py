"""Options that several commands take; its one rule: one option means one thing wherever it stands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from dramaturg.cli.deliver import delivery_options
from dramaturg.cli.output import strict_option


def only_with(switch: str, given: object, *names: str) -> None:
    """Refuse options, by the names of their parameters, that mean something only with a switch that is not given."""
    context = click.get_current_context()
    options = {option.name: option.opts[-1] for option in context.command.params}
    idle = [options[name] for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if idle and not given:
        said = f"{idle[0]} goes" if len(idle) == 1 else f"{' and '.join(idle)} go"
        raise click.UsageError(f"{said} with {switch}; give that too, or leave {idle[0]} out")


def no_more(refusal: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Refuse what is given after a command's last argument; `{0}` in the refusal stands for the first of it."""

    def refuse(_: click.Context, __: click.Parameter, more: tuple[str, ...]) -> None:
        if more:
            raise click.UsageError(refusal.format(more[0]))

    return click.argument("more", nargs=-1, metavar="", expose_value=False, callback=refuse)


class InOrder(click.Group):
    """Commands that are listed in the order in which they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands as they were added."""
        del ctx
        return [*self.commands]


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take how and where a result is written."""
    for option in reversed(
        (
            click.option(
                "--log", type=click.Path(dir_okay=False), help="Write a line of JSON for each event here; `-`: stderr."
            ),
            click.option("--quotes", is_flag=True, help="Print the quoted lines below each entry."),
            strict_option,
        )
    ):
        command = option(command)
    return delivery_options(command)


def answer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take what a person answers beforehand."""
    for option in reversed(
        (
            click.option(
                "--answer",
                "answered",
                multiple=True,
                metavar="ID=TEXT",
                help="Answer a question; ID=@FILE hands a file over.",
            ),
            click.option(
                "--answers",
                "answers_file",
                type=click.Path(dir_okay=False, path_type=Path),
                help="Answers in a YAML or JSON file, by the id of the question or of its step.",
            ),
            click.option("-y", "--yes", is_flag=True, help="Confirm whatever is to be confirmed."),
        )
    ):
        command = option(command)
    return command


def secret_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take what is done with secrets."""
    for option in reversed(
        (
            click.option(
                "--allow-secrets", is_flag=True, help="Send artifacts even if they hold what looks like a secret."
            ),
            click.option("--redact", is_flag=True, help="Send a placeholder in place of what looks like a secret."),
        )
    ):
        command = option(command)
    return command


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take what a run may use."""
    for option in reversed(
        (
            click.option(
                "--budget", metavar="USD", help="Dollars the run may cost; a call that could exceed it is not made."
            ),
            click.option(
                "--max-tokens", type=click.IntRange(min=1), help="Tokens the run may use, in and out together."
            ),
            click.option("--deadline", metavar="TIME", help="When to make no further call: seconds, or `5m`, `1h`."),
            click.option(
                "--price", metavar="IN/OUT", help="Dollars for a million tokens in and out, where no price is known."
            ),
        )
    ):
        command = option(command)
    return command
