"""A state folder to the journals in it; its one rule: only what is a run's id ever becomes a path below it."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.persona.files import is_file
from dramaturg.plan.model import Plan
from dramaturg.run.locks import hold, is_held

BEGUN = ".new-"  # how the name of a header begins until it is whole
_FOLDER = "runs"
_DIGEST_SHOWN = 8
_ALIKE = 0.9  # of two ids, which are alike in their persona: a character or two of sixteen
_RUN_ID = re.compile(r"[a-z0-9][a-z0-9.-]*-[0-9a-f]{8}-\d+")
_QUEUED = re.compile(r"[a-z0-9][a-z0-9.-]*-[0-9a-f]{8}-[0-9a-f]{8}")  # what runs of a database are called


def folder_of(state: Path) -> Path:
    """Return the folder of the journals."""
    return state / _FOLDER


def all_journals(state: Path) -> list[Path]:
    """Return every run's journal, the most recently written first."""
    found = []
    for path in folder_of(state).glob("*.jsonl"):
        with suppress(FileNotFoundError):  # another process has removed it meanwhile
            if path.is_file():
                found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def numbers(folder: Path, stem: str) -> list[int]:
    """Return the numbers of a plan's runs, whatever it was performed on; a copy under another name is none."""
    named = re.compile(re.escape(stem) + r"-([1-9]\d*)\.jsonl")
    try:
        with os.scandir(folder) as entries:
            return [int(found[1]) for each in entries if (found := named.fullmatch(each.name)) and each.is_file()]
    except OSError:  # there is none; what else is wrong with it shows when a run is begun
        return []


def stem_of(plan: Plan) -> str:
    """Return what the ids of all runs of a plan begin with."""
    return f"{_slug(plan.persona.alias)}-{plan.digest[:_DIGEST_SHOWN]}"


def _slug(alias: str) -> str:
    """Return a persona's alias as a file name part: an alias is the author's text and never a path."""
    return re.sub(r"[^a-z0-9]+", "-", alias.casefold()).strip("-")[:40] or "persona"


def leftovers(state: Path) -> list[Path]:
    """Return the headers of runs whose process died before they had begun; nobody writes them any more."""
    return [path for path in folder_of(state).glob(f"{BEGUN}*") if path.is_file() and not is_held(path)]


def remove_leftover(path: Path) -> None:
    """Remove a header, unless a process has begun to write it meanwhile."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        if hold(file.fileno()):
            path.unlink(missing_ok=True)


def find_journal(state: Path, run: str) -> Path:
    """Return the journal of a run's id, or the journal file of that path; CallerError if there is neither.

    Only a run id ever becomes a path below the state folder.
    """
    path = folder_of(state) / f"{run}.jsonl" if _RUN_ID.fullmatch(run) else Path(run)
    if not is_file(path):
        queued = "; one of a database takes `--database URL`" if _QUEUED.fullmatch(run) else ""
        meant = ask_for(run, [path.stem for path in all_journals(state)])
        raise CallerError(f"there is no run or journal `{run}`; {meant}`dramaturg runs` lists the runs{queued}")
    return path


def ask_for(said: str, ids: Sequence[str]) -> str:
    """Return the question which of some ids, the newest first, is meant by one that is none; empty for no idea.

    What an id begins with, such as the alias of its persona, means the newest one that does.
    """
    begun = [each for each in ids if said and each.startswith(f"{said.casefold()}-")]
    near = begun or get_close_matches(said, ids, n=1, cutoff=_ALIKE)
    return f"did you mean `{near[0]}`? " if near else ""
