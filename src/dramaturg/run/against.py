"""Two versions of a persona to what was lost between them; its one rule: a loss is told where its author can mend it.

P501 a requirement or a column was lost · P502 a section, a question to a person, a handoff or a branch was lost · P503
something owed was weakened, or something lost that the document can do without · P504 something owed was renamed, moved
or reordered · P505 a directive, one of its rules or the output contract was lost · P506 a persona was removed, or has
another alias · P507 a persona could not be compared
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import shorten

from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.library import Entry, Library, persona_of
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.reading import read_persona_file
from dramaturg.plan.changes import Change, Subject, What
from dramaturg.plan.compare import compare
from dramaturg.plan.model import Plan
from dramaturg.run.past import PastLibrary, plan_of
from dramaturg.run.revisions import read_revision

_RULES: Mapping[tuple[Subject, What], str] = {
    (Subject.REQUIREMENT, What.LOST): "P501",
    (Subject.COLUMN, What.LOST): "P501",
    (Subject.SECTION, What.LOST): "P502",
    (Subject.QUESTION, What.LOST): "P502",
    (Subject.HANDOFF, What.LOST): "P502",
    (Subject.BRANCH, What.LOST): "P502",
    (Subject.REQUIREMENT, What.WEAKENED): "P503",
    (Subject.REQUIREMENT, What.SHORTENED): "P503",
    (Subject.COLUMN, What.WEAKENED): "P503",
    (Subject.OPTION, What.LOST): "P503",
    (Subject.SECTION, What.WEAKENED): "P503",
    (Subject.BRANCH, What.WEAKENED): "P503",
    (Subject.STEP, What.LOST): "P503",
    (Subject.DEMAND, What.LOST): "P503",
    (Subject.SLOT, What.LOST): "P503",
    (Subject.ARTIFACT, What.LOST): "P503",
    (Subject.ARTIFACT, What.WEAKENED): "P503",
    (Subject.MODE, What.WEAKENED): "P503",
    (Subject.REQUIREMENT, What.RENAMED): "P504",
    (Subject.REQUIREMENT, What.MOVED): "P504",
    (Subject.REQUIREMENT, What.REORDERED): "P504",
    (Subject.COLUMN, What.RENAMED): "P504",
    (Subject.COLUMN, What.MOVED): "P504",
    (Subject.SECTION, What.RENAMED): "P504",
    (Subject.SECTION, What.REORDERED): "P504",
    (Subject.DIRECTIVE, What.RENAMED): "P504",
    (Subject.DIRECTIVE, What.LOST): "P505",
    (Subject.RULE, What.LOST): "P505",
    (Subject.CONTRACT, What.LOST): "P505",
}
_REMEDIES: Mapping[str, tuple[Severity, str]] = {
    "P501": (Severity.ERROR, "put it back if it is still owed"),
    "P502": (Severity.ERROR, "put it back if it is still owed"),
    "P503": (Severity.WARNING, "demand it as before if it is still meant so"),
    "P504": (
        Severity.WARNING,
        "nothing needs doing if that is meant; whoever relies on the old name or place must follow",
    ),
    "P505": (Severity.ERROR, "put it back if it still holds"),
}
_OF = {
    **dict.fromkeys((Subject.REQUIREMENT, Subject.OPTION, Subject.COLUMN, Subject.DEMAND), "section"),
    **dict.fromkeys((Subject.HANDOFF, Subject.BRANCH), "step"),
    Subject.RULE: "directive",
}
_FROM_TO = (What.WEAKENED, What.SHORTENED, What.RENAMED, What.MOVED, What.REORDERED)
_WIDTH = 100


def regressions(
    library: Library, names: Sequence[str], revision: str, folders: Sequence[Path] | None
) -> tuple[Finding, ...]:
    """Compare personas with what they were at a revision, and report what was lost; each loss once.

    A persona that the revision does not have, or that lies outside the repository, is not compared; one whose file was
    renamed since is known by its alias. What a persona inherits is compared with it.

    Args:
        library: The personas of today.
        names: Aliases and paths of files; those of a folder must be listed.
        revision: As git spells it.
        folders: Where to look for personas of the library's roots that were removed; None for everywhere.

    Raises:
        CallerError: There is no git, no repository or no such revision, or a name is no persona.
    """
    if not revision:
        raise CallerError("the revision to compare with is empty; name one, such as `HEAD~1`")
    past = PastLibrary(read_revision(revision, instead="leave `--against` out"), library)
    aliases = {entry.path.as_posix(): entry.text("alias").casefold() for entry in past.entries}
    known = {entry.alias.casefold() for entry in library.entries if past.revision.path_of(entry.path)}
    found: dict[Finding, None] = {}
    compared: set[str] = set()
    for name in names:
        place = Path(name) if Path(name).is_file() else library.locate(name)
        try:
            file = read_persona_file(place)
        except CallerError:  # which the check of that file tells; the losses of the others are told all the same
            continue
        path = past.counterpart(file)
        if path is not None:
            compared.add(path)
            if file.alias and aliases.get(path, "") not in {"", file.alias.casefold(), *known}:
                found[_renamed(file, past.file(path), past)] = None
            found |= dict.fromkeys(_losses(file, path, past))
    places = [past.revision.top] if folders is None else [folder.resolve() for folder in folders]
    return (*found, *_removed(past, compared, known, places))


def _losses(file: PersonaFile, path: str, past: PastLibrary) -> Iterator[Finding]:
    """Yield what was lost of one persona; nothing if it cannot be used today, which is told elsewhere."""
    try:
        persona = persona_of(file, past.today.lookup(Path(file.path)))
        if past.has(path, persona):
            return
        now = plan_of(persona)
    except (AuthorError, CallerError):
        return
    try:
        changes = compare(plan_of(past.persona(path)), now)
    except AuthorError as error:
        yield _uncomparable(file, past, error.findings)
        return
    for change in changes:
        if (change.subject, change.what) in _RULES and not _is_told(change, changes):
            yield _loss(change, now, past)


def _is_told(change: Change, changes: Sequence[Change]) -> bool:
    """Tell whether another change is the reason for one: the loss of its section, or of the sentence that said MUST."""
    reason = {What.LOST: Subject.SECTION, What.WEAKENED: Subject.DEMAND}.get(change.what)
    lost = {other.where for other in changes if (other.subject, other.what) == (reason, What.LOST)}
    return _OF.get(change.subject) == "section" and change.where in lost


def _loss(change: Change, now: Plan, past: PastLibrary) -> Finding:
    rule = _RULES[change.subject, change.what]
    severity, remedy = _REMEDIES[rule]
    name = f" `{change.name}`" if change.name else ""
    of = f" of {_OF[change.subject]} `{change.where}`" if change.subject in _OF else ""
    was, is_now = (shorten(text, _WIDTH, placeholder=" …") for text in (change.before, change.after))
    told = f": {was} → {is_now}" if change.what in _FROM_TO else f": {was}" if change.subject is Subject.DEMAND else ""
    labels = (Label(span=change.span_before, text=f"it was: {was}"),) if change.span_before else ()
    return Finding(
        rule=rule,
        severity=severity,
        message=f"{change.subject}{name}{of} was {change.what} since {past.revision.name}{told}",
        span=change.span_after or _head(change.span_before, now, past),
        labels=labels,
        help=remedy,
    )


def _head(before: Span | None, now: Plan, past: PastLibrary) -> Span:
    """Return the file that something is gone from: where it stood if that file is still in the chain, else the leaf."""
    for file in now.persona.chain:
        path = past.revision.path_of(Path(file.path))
        if before and path and before.path == past.revision.spoken(path):
            return file.head
    return now.persona.head


def _uncomparable(file: PersonaFile, past: PastLibrary, faults: Sequence[Finding]) -> Finding:
    return Finding(
        rule="P507",
        severity=Severity.NOTE,
        message=f"what `{file.alias}` owed in {past.revision.name} cannot be told: it had errors",
        span=file.head,
        labels=tuple(Label(span=fault.span, text=fault.message) for fault in faults if fault.is_error and fault.span),
        help="compare with a revision that has none in it",
    )


def _renamed(now: PersonaFile, before: PersonaFile, past: PastLibrary) -> Finding:
    """Return that a file has another alias than it had, and what the old one means now."""
    was = before.alias
    found = past.today.find(was)
    told = f"whoever inherits from or names `{was}` no longer finds it"
    if isinstance(found, Entry):
        told = f"whoever inherits from or names `{was}` finds `{found.spoken}`, and that by the name of the file only"
    return Finding(
        rule="P506",
        severity=Severity.WARNING,
        message=f"persona `{was}` is called `{now.alias}` since {past.revision.name}: {told}",
        span=now.head,
        labels=(Label(span=before.head, text=f"it was: {was}"),),
        help=f"let them name `{now.alias}`, or call it `{was}` again",
    )


def _removed(
    past: PastLibrary, compared: Collection[str], known: Collection[str], places: Sequence[Path]
) -> Iterator[Finding]:
    """Yield the personas below some folders that are there no more, under no file name."""
    for entry in past.gone:
        path, place = entry.path.as_posix(), past.revision.top / entry.path
        asked = any(place.is_relative_to(folder) for folder in places)
        if asked and path not in compared and entry.alias.casefold() not in known:
            yield Finding(
                rule="P506",
                severity=Severity.WARNING,
                message=f"persona `{entry.alias}` was removed since {past.revision.name}",
                span=past.file(path).head,
                help=f"`git restore --source {past.revision.name} -- {path}` brings it back",
            )
