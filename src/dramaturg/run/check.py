"""Persona names to everything that is wrong with them; its one rule: one bad file never hides the faults of another."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Severity
from dramaturg.findings.source import Source
from dramaturg.persona.files import is_file, is_folder, source_at, walk
from dramaturg.persona.library import Entry, Library
from dramaturg.persona.model import Persona, PersonaFile, same_id
from dramaturg.persona.reading import read_persona_file
from dramaturg.persona.resolve import compose
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.handoffs import hands_over_by_title
from dramaturg.plan.model import Plan
from dramaturg.run.kernels import load_kernel

_LOST = frozenset("P103 P111 P112 P115 P301 P302 P303".split())  # with these there is no whole persona to plan
_NOT_READ = ("P112", "P115")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to.

    Attributes:
        findings: Each fault once, in the order met.
        refused: What could not be checked, and what the caller can do; the rest was checked all the same.
        files: The paths of the files that were asked for, as findings speak of them.
        folders: The folders that were asked for; None where everything was.
        mendable: The texts of those that may be changed, by path: shipped ones only where they were named so.
        sources: The text of every file read, those of parents included, by the same paths.
        hidden: How many files were left out, where everything was asked for, because nearer ones, which say
            something else, have their names.
    """

    findings: tuple[Finding, ...]
    refused: tuple[CallerError, ...]
    files: tuple[str, ...]
    folders: tuple[Path, ...] | None
    mendable: Mapping[str, Source]
    sources: Mapping[str, Source]
    hidden: int

    def source_of(self, path: str) -> Source | None:
        """Return the text of a file as it was checked; None if it is no text that can be read."""
        return self.sources.get(path) or source_at(path)


def check_personas(library: Library, prompts: Path, names: Sequence[str], *, strict: bool) -> Checked:
    """Check personas, their parents included.

    Args:
        library: Where aliases are looked up.
        prompts: The prompt kernels an `engine_version` may name.
        names: Files, folders, which stand for the persona files below them, and aliases; a path that exists wins over
            an alias of the same spelling. None for all that can be named by alias.
        strict: Make warnings errors.
    """
    check = _Check(library=library, prompts=prompts)
    targets = (target for name in names for target in check.targets(name)) if names else check.everything()
    found: dict[object, Finding] = {}
    asked: dict[str, bool] = {}
    for path, may_change in targets:
        try:
            file = check.file(path)
        except CallerError as error:
            check.refuse(error)
            continue
        if file.path not in asked:
            for finding in check.faults(file, path):
                # a parent's fault is its heirs' too: it is told once, with the longest chain
                key = (finding.rule, finding.message, finding.span)
                if key not in found or len(finding.labels) > len(found[key].labels):
                    found[key] = finding.as_error() if strict else finding
        asked[file.path] = may_change or asked.get(file.path, False)
    sources = {file.path: Source(file.path, file.text) for file in check.files.values() if _is_whole(file)}
    return Checked(
        findings=tuple(found.values()),
        refused=tuple(check.refused.values()),
        files=tuple(asked),
        folders=tuple(Path(name) for name in names if is_folder(name)) if names else None,
        mendable={path: sources[path] for path, may_change in asked.items() if may_change and path in sources},
        sources=sources,
        hidden=check.hidden,
    )


def with_losses(checked: Checked, library: Library, revision: str, *, strict: bool) -> Checked:
    """Return a check with what the personas checked have lost since a git revision."""
    from dramaturg.run.against import regressions  # noqa: PLC0415 - most checks compare with nothing

    try:
        lost = regressions(library, checked.files, revision, checked.folders)
    except CallerError as error:
        return replace(checked, refused=(*checked.refused, error))
    found = dict.fromkeys((*checked.findings, *(finding.as_error() if strict else finding for finding in lost)))
    return replace(checked, findings=tuple(found))


class _Check:
    """One check: each file and each kernel is read once, however many personas use it."""

    def __init__(self, *, library: Library, prompts: Path) -> None:
        self.library = library
        self.prompts = prompts
        self.files: dict[str, PersonaFile] = {}
        library.scanned = self.files
        self.refused: dict[str, CallerError] = {}
        self.hidden = 0
        self._kernels: set[str] = set()
        self._folders: dict[Path, tuple[Path, bool]] = {}
        self._twins_told: set[Finding] = set()

    def refuse(self, error: CallerError) -> None:
        """Keep a reason that stands in no persona's text; once, however many personas meet it."""
        self.refused[str(error)] = error

    def everything(self) -> list[tuple[Path, bool]]:
        """Return each file that can be named, and whether it may be changed; what nearer files hide is none of it."""
        self._refuse_folders(self.library.unreadable)
        named = [entry for entry in self.library.entries if not self.library.is_hidden(entry)]
        self.hidden = sum(map(self.library.is_lost, self.library.entries))
        return [(entry.path, not _is_shipped(entry.path)) for entry in named]

    def targets(self, name: str) -> list[tuple[Path, bool]]:
        """Return the files that a name means, and whether they may be changed."""
        if is_folder(name):
            return self._below(Path(name))
        if name.endswith(".md") or is_file(name):
            return [(Path(name), True)]
        entry = self.library.find(name)
        if isinstance(entry, Finding):
            missing = f"there is no folder `{name}`; `dramaturg list` shows what there is"
            self.refuse(CallerError(missing if name.endswith("/") else f"{entry.message}; {entry.help}"))
            return []
        return [(entry.path, not _is_shipped(entry.path))]

    def _below(self, folder: Path) -> list[tuple[Path, bool]]:
        found = walk(folder)
        self._refuse_folders(found.unreadable)
        if not found.files:
            self.refuse(CallerError(f"there is no persona file below `{folder}`; they are called `NAME.persona.md`"))
        home, seen = folder.resolve(), set[Path]()
        targets = []
        for path in (folder / name for name in found.files):
            # a link is checked like a file, but what it leads to is changed once, and only here; where it leads in a
            # circle, Path.resolve raises, and that is told when it is read
            real = Path(os.path.realpath(path))
            targets.append((path, real not in seen and real.is_relative_to(home)))
            seen.add(real)
            with suppress(CallerError):  # told when it is checked
                self.file(path)  # before any parent is looked for, so that the library's index has less to read
        return targets

    def _refuse_folders(self, unreadable: Mapping[str, str]) -> None:
        for folder, reason in unreadable.items():
            self.refuse(CallerError(f"`{folder}` cannot be read: {reason}"))

    def file(self, path: Path) -> PersonaFile:
        """Return a scanned file; CallerError if it cannot be read."""
        key = os.path.abspath(path)  # noqa: PTH100 - Path.absolute leaves `..` in, and Path.resolve asks the disk
        if key not in self.files:
            self.files[key] = read_persona_file(path)
        return self.files[key]

    def faults(self, leaf: PersonaFile, path: Path) -> Iterator[Finding]:
        """Yield what is wrong with a file, its chain and its plan."""
        persona = compose(leaf, partial(self._parent, path))
        yield from persona.findings
        if not any(found.rule in _LOST for found in persona.findings if found.is_error):
            whole = not any(found.rule in ("P104", "P108") for found in persona.findings)
            faults = self._plan_faults(persona, path)
            yield from (fault for fault in faults if whole or fault.rule != "P409")  # a parent may be what is wrong
        twin = self._twin(path)
        if twin and twin not in self._twins_told:
            self._twins_told.add(twin)
            yield replace(twin, span=leaf.head, labels=tuple(each for each in twin.labels if each.span != leaf.head))

    def _parent(self, path: Path, alias: str) -> PersonaFile | Finding:
        """Return the file that another means by an alias; the chain ends at one that cannot be read."""
        entry = self.library.find_from(path, alias)
        if isinstance(entry, Finding):
            return entry
        try:
            return self.file(entry.path)
        except CallerError as error:
            return Finding(rule="P301", severity=Severity.ERROR, message=str(error))

    def _plan_faults(self, persona: Persona, path: Path) -> tuple[Finding, ...]:
        """Return what is wrong with a persona as a whole; one without steps is a base and has no plan."""
        try:
            if persona.engine_version not in self._kernels:
                load_kernel(self.prompts, persona)
        except AuthorError as error:
            return error.findings
        except CallerError as error:
            self.refuse(error)
        self._kernels.add(persona.engine_version)
        try:
            plan = compile_plan(persona) if persona.steps else None
        except AuthorError as error:
            return error.findings
        return (*plan.findings, *self._unknown_heirs(plan, path), *self._titled_heirs(plan)) if plan else ()

    def _unknown_heirs(self, plan: Plan, path: Path) -> Iterator[Finding]:
        """Warn of each step that hands over to a persona nobody is."""
        for step in (step for step in plan.steps if step.hands_to):
            found = self.library.find_from(path, step.hands_to)
            if isinstance(found, Finding):
                message = f"step {step.id} hands over to `{step.hands_to}`, but {found.message}"
                yield Finding(rule="P412", severity=Severity.WARNING, message=message, span=step.span, help=found.help)

    def _titled_heirs(self, plan: Plan) -> Iterator[Finding]:
        """Warn of each step that hands over to a persona by its title, which no plan can follow."""
        for step in (step for step in plan.steps if not step.hands_to):
            title = hands_over_by_title(step.instruction, self._titles)
            alias = self._titles.get(title, "")
            if alias and not same_id(alias, plan.persona.alias):
                message = f"step {step.id} hands over to `{title}`, which is a title; a plan knows personas by alias"
                remedy = f"name the persona by its alias, `{alias}`"
                yield Finding(rule="P413", severity=Severity.WARNING, message=message, span=step.span, help=remedy)

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        """The alias of the persona of each title; of two with one title that of the nearer."""
        return {entry.text("title"): entry.alias for entry in reversed(self.library.entries) if entry.text("title")}

    def _twin(self, path: Path) -> Finding | None:
        """Return why a file's alias is not its own; a file outside every root takes no alias from another."""
        folder, inside = self._folder(path.parent)
        return self._twins.get(folder / path.name) if inside else None

    def _folder(self, folder: Path) -> tuple[Path, bool]:
        """Return where a folder is, whatever links lead to it, and whether a root holds it; each is asked for once."""
        if folder not in self._folders:
            place = folder.resolve()
            self._folders[folder] = place, any(place.is_relative_to(root) for root in self._roots)
        return self._folders[folder]

    @cached_property
    def _roots(self) -> list[Path]:
        return [root.resolve() for root in self.library.roots]

    @cached_property
    def _twins(self) -> Mapping[Path, Finding]:
        by_alias: defaultdict[tuple[Path, str], list[Entry]] = defaultdict(list)
        for entry in self.library.entries:
            by_alias[entry.root, entry.alias].append(entry)
        twins: dict[Path, Finding] = {}
        for (_, alias), entries in by_alias.items():
            meant = self.library.find(alias) if len(entries) > 1 else None
            if isinstance(meant, Finding):
                twins |= {self._folder(entry.path.parent)[0] / entry.path.name: meant for entry in entries}
        return twins


def _is_shipped(path: Path) -> bool:
    return path.resolve().is_relative_to(personas_root().resolve())


def _is_whole(file: PersonaFile) -> bool:
    """Tell whether a file's text is all it holds, so that places can be looked up in it."""
    return not any(finding.rule in _NOT_READ for finding in file.findings)
