"""`--inspect` of an eval: its logs for `inspect view`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dramaturg.cli.output import counted

if TYPE_CHECKING:
    from dramaturg.evals.evaluated import Evaluated

inspect_option = click.option(
    "--inspect",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write logs of inspect there as well: one for each arm and model, for `inspect view`.",
)


def write_inspect_logs(result: "Evaluated", folder: Path | None) -> None:
    """Write the logs where they are wished for, and say how they are looked at."""
    if folder is None:
        return
    from dramaturg.cli.evaluating import Retold
    from dramaturg.evals.report.inspect.logs import write_logs

    kept = f"the eval is kept: dramaturg eval report {result.run} --inspect FOLDER"
    with Retold(quiet=False, what="logs", kept=kept) as retold:
        paths = write_logs(result, folder, on_told=retold.told)
    look = f"inspect view --log-dir {shlex.quote(str(folder))}"
    click.echo(f"{counted(len(paths), 'log')} of inspect in {folder}; look at them: {look}", err=True)
