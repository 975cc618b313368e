"""`doctor`: what can be used here, what is missing, and how to get it."""

import click

from dramaturg.cli.output import folded, json_option, print_json
from dramaturg.cli.planned import say

_INDENT = len("missing  ")


@click.command(short_help="Show which models can be used here.")
@json_option
def doctor(*, as_json: bool) -> None:
    """Show which models can be used here, and what is missing for the others."""
    from dramaturg.run.doctor import examine

    checks = examine()
    if as_json:
        print_json(
            [
                {"name": check.name, "ready": check.ready, "detail": check.detail, "remedy": check.remedy}
                for check in checks
            ]
        )
        return
    for check in checks:
        say(folded(f"{'ok     ' if check.ready else 'missing'}  {check.name}: {check.detail}", _INDENT))
        if not check.ready and check.remedy:
            say(folded(f"{' ' * _INDENT}{check.remedy}", _INDENT))
