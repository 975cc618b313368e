"""A git revision to the files it holds; its one rule: git is asked for trees and blobs, and changes nothing.

The repository is the one git finds for the working folder. What a user writes reaches git only as the name of a
revision behind `--end-of-options`; files are asked for by their object ids.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from shutil import which

from dramaturg.errors import CallerError
from dramaturg.persona.files import is_there

_OPERAND = re.compile(r"((?:[^:{]|\{[^}]*\})*):(.+)", re.DOTALL)  # `HEAD@{10:30}:path` has a colon in its revision
_REGULAR = b"100"
_CONFLICTING = (b"1", b"2", b"3")
_NEAR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The files of a tree, or of the index, whose name is empty.

    Attributes:
        name: As the user wrote it.
        top: The folder of the repository's work tree.
        blobs: The object id of each regular file, by its path as git writes it.
    """

    name: str
    top: Path
    blobs: Mapping[str, str]

    def __str__(self) -> str:
        return f"revision `{self.name}`" if self.name else "the index"

    def spoken(self, path: str) -> str:
        """Return a file of this revision as git writes it."""
        return f"{self.name}:{path}"

    def path_of(self, place: Path) -> str | None:
        """Return the path git writes for a place in the work tree; None for one outside."""
        whole = Path(os.path.normpath(place.parent.resolve() / place.name))
        return whole.relative_to(self.top).as_posix() if whole.is_relative_to(self.top) else None

    def require(self, name: str) -> str:
        """Return the path of a file that is there; `./` and `../` at its beginning mean the working folder, as in git.

        Raises:
            CallerError: It is not there; the nearest names are given.
        """
        path = self.path_of(Path(name)) if name.startswith(("./", "../")) else name
        if path is not None and path in self.blobs:
            return path
        near = get_close_matches(path or name, [known for known in self.blobs if known.endswith(".md")], n=_NEAR)
        names = " or ".join(f"`{self.spoken(known)}`" for known in near)
        listing = f"git ls-tree -r --name-only {self.name}" if self.name else "git ls-files"
        remedy = f"was it called {names}?" if near else f"`{listing}` shows what there is"
        raise CallerError(f"there is no file `{path or name}` in {self}; {remedy}")

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the content of files that are there."""
        wanted = "".join(f"{self.blobs[path]}\n" for path in paths)
        return dict(zip(paths, _contents(_git("cat-file", "--batch", given=wanted.encode())), strict=True))


def _environment() -> dict[str, str]:
    """Return what git is started with: a partial clone must not fetch, which would run what its settings say."""
    return {**os.environ, "GIT_NO_LAZY_FETCH": "1"}


def split_operand(operand: str) -> tuple[str, str] | None:
    """Split `REV:path`, as git writes a file of a revision; None for what is not written so, or is itself a file."""
    found = _OPERAND.fullmatch(operand)
    return None if found is None or is_there(operand) else (found[1], found[2])


def has_head() -> bool:
    """Tell whether the working folder is in a repository that has a commit."""
    try:
        _tree("HEAD")
    except CallerError:
        return False
    return True


def read_revision(
    name: str, *, begin: str = "run it in a git repository", instead: str = "compare two files"
) -> Revision:
    """Return the files of a revision of the working folder's repository; an empty name means the index.

    Args:
        name: The revision.
        begin: How to have a repository where there is none.
        instead: What can be done without one.

    Raises:
        CallerError: There is no git, no repository, or no such revision.
    """
    if which("git") is None:
        raise CallerError(f"`git` is not installed; install it, or {instead}")
    top = _git("rev-parse", "--show-toplevel", remedy=f"{begin}, or {instead}")
    if name:
        listed, oid_at = _git("ls-tree", "-r", "-z", "--full-tree", _tree(name)), 2
    else:
        listed, oid_at = _git("ls-files", "--stage", "-z", "--full-name", ":/"), 1
    return Revision(name=name, top=Path(os.fsdecode(top[:-1])).resolve(), blobs=dict(_blobs(listed, oid_at)))


def _tree(revision: str) -> str:
    """Return the object id of a revision's tree."""
    try:
        found = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{tree}}")
    except CallerError as error:
        names = _git("for-each-ref", "--format=%(refname:short)").decode(errors="replace").split()
        near = get_close_matches(revision, ["HEAD", *names], n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "`git log --oneline` shows what there is"
        if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
            remedy = "this clone is shallow, `git fetch --unshallow` brings what is missing"
        elif not names:
            remedy = "nothing was committed yet, so commit first"
        raise CallerError(f"git finds no revision `{revision}`; {remedy}") from error
    return found.decode().strip()


def _blobs(listed: bytes, oid_at: int) -> Iterator[tuple[str, str]]:
    """Yield the path and object id of each regular file of a listing, but of none that a merge has left undecided."""
    for line in listed.split(b"\0")[:-1]:
        fields, path = line.split(b"\t", 1)
        facts = fields.split(b" ")
        if facts[0].startswith(_REGULAR) and facts[-1] not in _CONFLICTING:
            yield os.fsdecode(path), facts[oid_at].decode()


def _contents(told: bytes) -> Iterator[bytes]:
    """Yield each object of what `git cat-file --batch` tells: a line that ends with its size, the object, a newline."""
    at = 0
    while at < len(told):
        start = told.index(b"\n", at) + 1
        oid, *_, size = told[at:start].decode().split()
        if size == "missing":
            raise CallerError(f"the repository lacks the object {oid}; `git fsck` tells what else it lacks")
        end = start + int(size)
        yield told[start:end]
        at = end + 1


def _git(*arguments: str, given: bytes = b"", remedy: str = "`git fsck` may tell more") -> bytes:
    """Return what git says; CallerError if it refuses or cannot be started."""
    git = which("git")
    if git is None:
        raise CallerError("`git` is not installed; install it")
    command = [git, "-c", "core.fsmonitor=false", *arguments]  # a monitor that the repository sets up is not started
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=False, env=_environment())  # noqa: S603 - no shell reads it
    except OSError as error:
        raise CallerError(f"git cannot be started: {error.strerror or error}") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().split("\n")[0].removeprefix("fatal: ")
        raise CallerError(f"git says: {reason}; {remedy}")
    return done.stdout
