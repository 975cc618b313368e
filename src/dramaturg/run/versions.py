"""What a user calls two versions to their plans; its one rule: a version is never guessed, only looked up."""

from dataclasses import dataclass
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.persona.library import Library
from dramaturg.persona.reading import read_persona_file
from dramaturg.plan.model import Plan
from dramaturg.run.past import PastLibrary, plan_of
from dramaturg.run.revisions import read_revision, split_operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A persona at some time: its path, `REV:path` for one of a git revision, and its plan."""

    path: str
    plan: Plan


def versions(library: Library, first: str, second: str | None) -> tuple[Version, Version]:
    """Return two versions to compare, the earlier one first.

    Args:
        library: The personas of today.
        first: An alias, the path of a file, or `REV:path` as git writes it.
        second: Likewise; None for the file of the working folder, `first` then being the version of HEAD if it does not
            say of which revision it is.

    Raises:
        CallerError: One of them is not there, or git cannot tell.
        AuthorError: One of them has errors.
    """
    if second is not None:
        return _version(library, first), _version(library, second)
    operand = split_operand(first)
    if operand:
        past = PastLibrary(read_revision(operand[0]), library)
        path = past.revision.require(operand[1])
        today = past.revision.top / path
        if not today.is_file():
            raise CallerError(f"`{path}` is not in the work tree any more; give the file it has become as well")
        return _past(past, path), _today(library, str(today))
    return _at_head(library, first), _today(library, first)


def _version(library: Library, operand: str) -> Version:
    revised = split_operand(operand)
    if revised is None:
        return _today(library, operand)
    past = PastLibrary(read_revision(revised[0]), library)
    return _past(past, past.revision.require(revised[1]))


def _today(library: Library, name: str) -> Version:
    persona = library.load(name)
    return Version(path=persona.chain[-1].path, plan=plan_of(persona))


def _past(past: PastLibrary, path: str) -> Version:
    return Version(path=past.revision.spoken(path), plan=plan_of(past.persona(path)))


def _at_head(library: Library, name: str) -> Version:
    """Return what a file of the working folder was when it was last committed, under another name perhaps."""
    file = read_persona_file(library.locate(name))
    past = PastLibrary(read_revision("HEAD"), library)
    path = past.revision.path_of(Path(file.path))
    if path is None:
        raise CallerError(f"`{file.path}` lies outside the repository `{past.revision.top}`; give two files to compare")
    then = past.counterpart(file) or (path if path in past.revision.blobs else None)
    if then is None:
        raise CallerError(
            f"`{path}` was not there at the last commit, so there is nothing to compare it with; commit it before you "
            "edit it, or give two files"
        )
    return _past(past, then)
