"""The `dramaturg` command; its one rule: every failure ends in a message and a documented exit code.

0 good · 1 the work falls short · 2 usage, author or caller error · 3 provider or infrastructure · 4 journal or
strict-replay miss · 5 paused for a person · 6 eval inconclusive · 7 budget spent
130 interrupted (3, 5, 7 and 130 are resumable)
"""

import errno
import os
import sys
import traceback
from io import TextIOWrapper
from typing import Any, NoReturn

import click

from dramaturg.cli import check, diff, doctor, evals, history, personas, runs, verify, worker
from dramaturg.cli.exits import INFRASTRUCTURE, INTERRUPTED, USAGE, exit_code
from dramaturg.cli.failure import failure_json, plain_failure, print_failure
from dramaturg.cli.options import InOrder
from dramaturg.cli.output import Ending, asks_for_json, explain, let_go
from dramaturg.errors import DramaturgError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's callback form
    if wanted and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"dramaturg {version('dramaturg')}")
        context.exit()


class _Verbs(InOrder):
    """The commands; what a reader does not take any more is no failure of theirs, though click itself exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            let_go(sys.stdout)
            let_go(sys.stderr)
            return 0


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
def app() -> None:
    """Perform persona files: protocol to plan, plan to model calls, answers to one checked document.

    Try: dramaturg run DPA-1 blueprint.md --model evidence
    """


for _command in (
    *runs.COMMANDS,
    *history.COMMANDS,
    *personas.COMMANDS,
    *check.COMMANDS,
    *diff.COMMANDS,
    *verify.COMMANDS,
    *evals.COMMANDS,
    doctor.doctor,
    *worker.COMMANDS,
):
    app.add_command(_command)


def main() -> NoReturn:
    """Run the command and exit with its code."""
    _complete_streams()
    if isinstance(sys.stdout, TextIOWrapper):  # a locale without curly quotes must not cost a finished run
        sys.stdout.reconfigure(errors="backslashreplace")
    ending = Ending(as_json=asks_for_json(sys.argv[1:]))  # before click reads it: what it refuses is told as well
    try:
        code = app.main(standalone_mode=False, prog_name="dramaturg", obj=ending)
    except DramaturgError as error:
        explain(error, ending.place)
        code = exit_code(error)
        if ending.as_json:
            print_failure(failure_json(error))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line of defence: a user gets a sentence
        code, said = _tell(error)
        if ending.as_json:
            print_failure(plain_failure(said, code))
    sys.exit(code if isinstance(code, int) else 0)


def _complete_streams() -> None:
    """Have streams that lead nowhere in place of those a process was started without."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as the process


def _tell(error: BaseException) -> tuple[int, str]:
    """Tell on stderr what is no error of ours; return the exit code, and what was said in short."""
    if isinstance(error, click.ClickException):
        error.show()
        return USAGE, error.format_message()
    if isinstance(error, KeyboardInterrupt | click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED, "interrupted"
    if isinstance(error, OSError) and error.errno in _FULL:  # of a file it would be an error of ours
        let_go(sys.stdout)
        said = f"stdout cannot be written: {error.strerror}; give the command again where it can"
        click.echo(f"error: {said}", err=True)
        return USAGE, said
    if os.environ.get("DRAMATURG_DEBUG"):
        traceback.print_exception(error)
    said = f"{type(error).__name__}: {error}"
    click.echo(f"error: {said}\nThis is a defect; DRAMATURG_DEBUG=1 shows where.", err=True)
    return INFRASTRUCTURE, said
