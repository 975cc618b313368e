"""A version of personas to what is performed; its one rule: an arm is everything a version says, not just one file.

Personas, the parents they had and the prompts they were performed with come from one place: the work tree, a git
revision, or the header of a recorded eval.
"""

import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError

from dramaturg.engine.prompts import TEMPLATES, Kernel
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.persona.library import Entry, Library, persona_of
from dramaturg.persona.model import Persona, PersonaFile
from dramaturg.persona.reading import read_persona_file
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan
from dramaturg.run.job import parent_in
from dramaturg.run.kernels import load_kernel
from dramaturg.run.past import PastLibrary
from dramaturg.run.revisions import Revision, read_revision

WORK_TREE = "work tree"
_DIGEST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One persona of an arm, and the prompts it is performed with."""

    plan: Plan
    kernel: Kernel

    @property
    def digest(self) -> str:
        """What identifies it."""
        return hashlib.sha256(f"{self.plan.digest}\0{self.kernel.digest}".encode()).hexdigest()[:_DIGEST_SHOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """An artifact that a case is performed without: the ids of both."""

    case: str
    artifact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A version of the suite's personas.

    Attributes:
        name: What a reader calls it: `HEAD~1`, `work tree`.
        parts: By what the suite calls each persona.
        blank: What is left out of a case; None for nothing, as in all but a mutant.
    """

    name: str
    parts: Mapping[str, Part]
    blank: Blank | None = None

    def to_json(self) -> dict[str, Any]:
        """Return all there is to make it again, as plain JSON data."""
        blank = {} if self.blank is None else {"blank": [self.blank.case, self.blank.artifact]}
        return {
            "name": self.name,
            **blank,
            "personas": {
                name: {
                    "digest": part.digest,
                    "chain": [{"path": file.path, "text": file.text} for file in part.plan.persona.chain],
                    "kernel": {"version": part.kernel.version, "sources": part.kernel.sources},
                }
                for name, part in self.parts.items()
            },
        }


def plans_of(arm: Arm) -> Mapping[str, Plan]:
    """Return the plans of an arm, by what the suite calls each persona."""
    return {name: part.plan for name, part in arm.parts.items()}


def present_arm(library: Library, prompts: Path, personas: Mapping[str, str]) -> Arm:
    """Return the personas as they are in the work tree.

    Args:
        library: Where they are found.
        prompts: The folder of the prompt kernels.
        personas: Alias or path of each, by what the suite calls it.

    Raises:
        AuthorError, CallerError: One cannot be performed, or is not there.
    """
    parts = {}
    for name, wanted in personas.items():
        persona = library.load(wanted)
        parts[name] = Part(plan=compile_plan(persona), kernel=load_kernel(prompts, persona))
    return Arm(name=WORK_TREE, parts=parts)


def revision_read(name: str) -> Revision:
    """Return the files of a baseline's revision; CallerError if there is no git, no repository or no such revision."""
    instead = "give a recorded eval as `--baseline RUN`, or leave `--baseline` out"
    if not name:  # git would take it for the index
        raise CallerError("the revision to compare with is empty; name one, such as `HEAD`, or leave `--baseline` out")
    return read_revision(name, begin="`git init` and commit the personas", instead=instead)


def past_arm(revision: str, library: Library, prompts: Path, personas: Mapping[str, str]) -> Arm:
    """Return the personas, their parents and their prompts as they were at a git revision; see `present_arm`.

    Raises:
        AuthorError, CallerError: As above; or there is no such revision.
    """
    past = PastLibrary(revision_read(revision), library)
    parts = {}
    for name, wanted in personas.items():
        file = read_persona_file(library.locate(wanted))
        path = past.counterpart(file)
        if path is None:
            raise CallerError(_no_counterpart(past, file, wanted))
        persona = past.persona(path)
        parts[name] = Part(plan=compile_plan(persona), kernel=_past_kernel(past, prompts, persona))
    return Arm(name=revision, parts=parts)


def _no_counterpart(past: PastLibrary, file: PersonaFile, wanted: str) -> str:
    """Return why a revision has nothing to compare a file with, and what to do."""
    remedy = "name a revision that has it, or leave `--baseline` out"
    if past.revision.path_of(Path(file.path)) is not None:
        return f"`{file.path}` is not in {past.revision}, under no name; {remedy}"
    removed = past.find(wanted)
    if isinstance(removed, Entry):
        was = past.revision.spoken(removed.path.as_posix())
        place = os.path.relpath(past.revision.top / removed.path)
        command = shlex.join(["git", "restore", "--source", past.revision.name, place])
        said = f"`{wanted}` was `{was}`, which is gone, and now means `{file.path}`"
        return f"{said}; `{command}` brings it back, or leave `--baseline` out"
    return f"`{file.path}` lies outside the repository `{past.revision.top}`; {remedy}"


def _past_kernel(past: PastLibrary, prompts: Path, persona: Persona) -> Kernel:
    """Return the prompts of a revision; today's where it has none of that version, or they lie elsewhere."""
    folder = prompts / persona.engine_version
    paths = {name: past.revision.path_of(folder / name) for name in TEMPLATES}
    there = [path for path in paths.values() if path is not None and path in past.revision.blobs]
    if len(there) < len(TEMPLATES):
        return load_kernel(prompts, persona)
    found = past.revision.read(there)
    sources = {name: found[path].decode("utf-8", errors="replace") for name, path in paths.items() if path is not None}
    try:
        return Kernel(persona.engine_version, sources)
    except TemplateSyntaxError as error:
        where = past.revision.spoken(f"{paths.get(str(error.name), '')}")
        raise CallerError(f"`{where}:{error.lineno}`: the template cannot be compiled: {error.message}") from error


def frozen_arm(said: Mapping[str, Any], path: Path, personas: Sequence[str]) -> Arm:
    """Return an arm that a recorded eval's header holds; JournalMiss if it has not all of these personas."""
    parts = {}
    try:
        for name in personas:
            frozen = said["personas"][name]
            files = [scan(file["path"], file["text"]) for file in frozen["chain"]]
            persona = persona_of(files[-1], lambda alias, files=files: parent_in(files, alias))  # type: ignore[misc]
            kernel = Kernel(frozen["kernel"]["version"], frozen["kernel"]["sources"])
            parts[name] = Part(plan=compile_plan(persona), kernel=kernel)
        return Arm(name=str(said["name"]), parts=parts)
    except (LookupError, TypeError) as error:
        raise JournalMiss("", f"`{path}` holds no baseline for this suite ({error})") from error
