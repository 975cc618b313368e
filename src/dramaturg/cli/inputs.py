"""What a command line hands over to artifacts; its one rule: stdin is read once."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dramaturg.errors import CallerError
from dramaturg.persona.files import is_file, is_there

if TYPE_CHECKING:
    from dramaturg.persona.library import Library
    from dramaturg.run.inputs import Inputs

_STDIO = "-"


def given_inputs(artifact: str | None, named: Sequence[str]) -> "Inputs":
    """Return what the command line hands over: one unnamed artifact, or artifacts by id."""
    if [artifact, *(pair.partition("=")[2] for pair in named)].count(_STDIO) > 1:
        raise CallerError("only one artifact can come from stdin; give the others as files")
    by_id = named_inputs(named)
    if artifact is None:
        return by_id
    return {"": _given(artifact), **by_id} if by_id else _given(artifact)


def require_order(persona: str, file: str | None, library: "Library", command: str) -> None:
    """Refuse a persona and a file that are given in each other's place, with the command that was meant."""
    from dramaturg.persona.library import Entry

    if file is None or not is_file(persona) or is_there(file):
        return
    if isinstance(library.find(file), Entry):
        raise CallerError(
            f"the persona comes first: `dramaturg {command} {shlex.quote(file)} {shlex.quote(persona)}` was meant"
        )


def named_inputs(named: Sequence[str]) -> dict[str, str | Path]:
    """Return artifacts that are given by id, `ID=FILE`."""
    by_id: dict[str, str | Path] = {}
    for pair in named:
        name, equals, file = pair.partition("=")
        if not equals and name:
            raise CallerError(f"`--artifact {pair}` has no id; write `--artifact ID={pair}`")
        if not name.strip() or not file:
            raise CallerError(f"`--artifact {pair}` has no file; write `--artifact ID=FILE`")
        if name in by_id:
            raise CallerError(f"the artifact `{name}` is given twice")
        by_id[name] = _given(file)
    return by_id


def artifacts_by_id(artifacts: Sequence[str]) -> dict[str, str | Path]:
    """Return artifacts that are given by id, `ID=FILE`, or one of them as a file alone."""
    unnamed = [each for each in artifacts if "=" not in each]
    if len(unnamed) > 1:
        raise CallerError(f"`{unnamed[1]}` is the second artifact without an id; write `--artifact ID={unnamed[1]}`")
    alone = {"": _given(unnamed[0])} if unnamed else {}
    return {**alone, **named_inputs([each for each in artifacts if "=" in each])}


def artifact_path(file: str) -> Path:
    """Return the path of an artifact; CallerError for an empty name, which would be the whole working folder."""
    if not file:
        raise CallerError("the name of an artifact is empty; give a file, or `.` for the working folder")
    return Path(file)


def _given(file: str) -> str | Path:
    if file != _STDIO:
        return artifact_path(file)
    from dramaturg.run.files import read_stdin

    return read_stdin(sys.stdin.buffer)
