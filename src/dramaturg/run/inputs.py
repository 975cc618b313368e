"""What the caller hands over to artifacts; its one rule: nothing is guessed, nothing is asked before it is whole."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import MARKDOWN, Artifact, lines_of
from dramaturg.evidence.conflicts import Conflict, Fact, conflicts
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.model import ArtifactSpec, Persona, fold_id
from dramaturg.plan.model import Plan
from dramaturg.run.files import Reading, Text, media_type, read_file, read_path, too_large

Given = str | Path
Inputs = Given | Mapping[str, Given]

_ID = re.compile(r"[A-Za-z][\w \-]*")
_PART = re.compile(r"(?!\.\.?(?:/|$))[\w.+@~-]+(?:/(?!\.\.?(?:/|$))[\w.+@~-]+)*")
_UNNAMED = ""
_UNDECLARED = "input"
_LONGEST_NAME = 1000
_LEFT_OUT_SHOWN = 5
_ALIKE = 0.7  # of two names of seven characters two may differ


def collect_artifacts(
    plan: Plan, inputs: Inputs, *, whole: bool = True
) -> tuple[tuple[Artifact, ...], tuple[Finding, ...]]:
    """Read the artifacts of a run.

    Args:
        plan: Says which artifacts are expected, and what its steps call them.
        inputs: The sole primary artifact, or artifacts by id, the sole primary one under an empty id if need be. A
            `str` is the text itself, a `Path` a file, a folder or a pattern.
        whole: Refuse if a primary artifact is not among them.

    Returns:
        The artifacts, primary ones first, and a note for each one the persona does not declare.

    Raises:
        CallerError: One is missing, empty, unreadable or not text.
    """
    by_id = inputs if isinstance(inputs, Mapping) else {_UNNAMED: inputs}
    declared = _declared(plan)
    artifacts: dict[str, Artifact] = {}
    notes: list[Finding] = []
    faults: list[str] = []
    for key, given in by_id.items():
        name = key or _sole_primary(plan.persona)
        try:
            reading = _reading(name, given)
            made = [_artifact(name, text, declared, plan) for text in reading.texts]
            _take(name, made, artifacts)
        except CallerError as error:
            faults.append(error.message)
            continue
        notes += _notes(name, reading)
    if faults:
        raise CallerError("\n".join(faults))
    if whole:
        _require_primaries(plan.persona, [*artifacts.values()])
    ordered = tuple(sorted(artifacts.values(), key=lambda artifact: not artifact.primary))
    return ordered, (*artifact_notes(plan, ordered), *notes)


def artifact_notes(plan: Plan, artifacts: Sequence[Artifact]) -> tuple[Finding, ...]:
    """Return what there is to say of artifacts by themselves, whether they were read just now or before."""
    return (*undeclared_notes(plan, artifacts), *map(_contradicted, conflicts(artifacts)))


def undeclared_notes(plan: Plan, artifacts: Sequence[Artifact]) -> tuple[Finding, ...]:
    """Return a note for each artifact that a persona which declares its artifacts does not declare."""
    return tuple(_undeclared(plan.persona, *each) for each in undeclared(plan.persona, artifacts).items())


def undeclared(persona: Persona, artifacts: Sequence[Artifact]) -> Mapping[str, str]:
    """Return the artifacts that a persona which declares its artifacts does not declare, each with what may be meant.

    That is the nearest declared id that was not given; empty where none is near.
    """
    ids = {fold_id(spec.id): spec.id for spec in persona.artifacts}
    given = dict.fromkeys(artifact.whole_id for artifact in artifacts)
    strange = [name for name in given if fold_id(name) not in ids] if ids else []
    free = {folded: own for folded, own in ids.items() if folded not in map(fold_id, given)}
    near = {name: get_close_matches(fold_id(name), free, n=1, cutoff=_ALIKE) for name in strange}
    return {name: free[found[0]] if found else "" for name, found in near.items()}


def _declared(plan: Plan) -> Mapping[str, ArtifactSpec]:
    """Return the declared artifacts by what they are called: what the steps say, and the id, which wins."""
    specs = plan.persona.artifacts
    return {fold_id(plan.names[spec.id]): spec for spec in specs} | {fold_id(spec.id): spec for spec in specs}


def _sole_primary(persona: Persona) -> str:
    """Return the id that an unnamed artifact has."""
    primaries = [spec.id for spec in persona.artifacts if spec.primary]
    if len(primaries) > 1:
        names = ", ".join(f"`{name}`" for name in primaries)
        raise CallerError(f"`{persona.alias}` needs {names}; give each by its id")
    declared = [spec.id for spec in persona.artifacts]
    return (primaries or declared or [_UNDECLARED])[0]


def _reading(name: str, given: object) -> Reading:
    """Return the texts of one input; `given` is whatever a caller without a type checker may pass."""
    whole, slash, part = name.partition("/")
    if not _ID.fullmatch(whole.strip()) or (slash and not _PART.fullmatch(part)):
        raise CallerError(f"`{name}` cannot name an artifact; use letters, digits, `_` and `-`")
    if isinstance(given, Path):
        reading = read_path(name, given)
    elif isinstance(given, str):
        kind = media_type(part) if part else MARKDOWN
        reading = Reading(texts=(Text(text=_text(name, given), source="", media_type=kind, part=part),))
    else:
        kind = type(given).__name__
        raise CallerError(f"the artifact `{name}` is of type `{kind}`; pass its text as a str, or a Path to its file")
    if not any(text.text.strip() for text in reading.texts):
        whose = f": `{given}`" if isinstance(given, Path) else ""
        raise CallerError(f"the artifact `{name}`{whose} is empty; a run needs something to work from")
    return reading


def _artifact(name: str, text: Text, declared: Mapping[str, ArtifactSpec], plan: Plan) -> Artifact:
    whole = name.partition("/")[0]
    spec = declared.get(fold_id(whole))
    own = spec.id if spec else whole.strip()
    return Artifact(
        id=f"{own}/{text.part}" if text.part else own,
        text=text.text,
        media_type=text.media_type,
        name=plan.names[spec.id] if spec else "",
        primary=spec.primary if spec else not plan.persona.artifacts,
        part=text.part,
        source=text.source,
    )


def _take(name: str, made: Sequence[Artifact], artifacts: dict[str, Artifact]) -> None:
    """Add artifacts to those there are; CallerError if one of that name is among them."""
    for artifact in made:
        folded = fold_id(artifact.id)
        if folded in artifacts:
            raise CallerError(f"the artifact `{name}` is given twice; give it once")
        artifacts[folded] = artifact


def _notes(name: str, reading: Reading) -> Iterator[Finding]:
    """Yield what there is to say of how an input was read."""
    for text in reading.texts:
        if text.note:
            message = f"`{text.source}`: {text.note}"
            span = Span(path=text.source, line=1, column=1, length=1)
            remedy = "save it as UTF-8 text"
            yield Finding(rule="A102", severity=Severity.NOTE, message=message, span=span, help=remedy)
    if reading.left_out:
        shown = "; ".join(reading.left_out[:_LEFT_OUT_SHOWN])
        more = len(reading.left_out) - _LEFT_OUT_SHOWN
        yield Finding(
            rule="A103",
            severity=Severity.WARNING,
            message=f"`{name}` is read without {len(reading.left_out)} of its files: {shown}"
            + (f"; and {more} more" if more > 0 else ""),
            help="convert what matters to text, or name the files with a pattern such as `docs/**/*.md`",
        )


def _text(name: str, given: str) -> str:
    """Return a text as given, unless it looks like a file's name: silently performing a path would waste a run."""
    refusal = too_large(f"the artifact `{name}`", len(given))
    if refusal:
        raise refusal
    if "\0" in given:
        raise CallerError(
            f"the artifact `{name}` is not text (character {given.index(chr(0))} is NUL); convert it to text first"
        )
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise CallerError(
            f"the artifact `{name}` is not Unicode text (character {error.start} is a lone surrogate); "
            "decode its bytes as UTF-8"
        ) from error
    if "\n" not in given.strip() and 0 < len(given) < _LONGEST_NAME and _is_file(given.strip()):
        raise CallerError(
            f"the artifact `{name}` is the name of a file; pass `Path({given.strip()!r})`, a str is the text itself"
        )
    return given


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # a text that cannot be a path is a text
        return False


def read_artifact(name: str, path: Path) -> str:
    """Return the text of a file that a person hands over; CallerError if it cannot be read, or is empty or no text."""
    text = read_file(name, path).text
    if not text.strip():
        raise CallerError(f"the {name}: `{path}` is empty; hand over a file that says something")
    return text


def _require_primaries(persona: Persona, artifacts: Sequence[Artifact]) -> None:
    there = {fold_id(artifact.whole_id) for artifact in artifacts}
    missing = [spec for spec in persona.artifacts if spec.primary and fold_id(spec.id) not in there]
    if missing:
        wanted = "; ".join(f"`{spec.id}`" + (f" ({spec.description})" if spec.description else "") for spec in missing)
        meant = {id_: name for name, id_ in undeclared(persona, artifacts).items()}
        slips = [
            f"`{meant[spec.id]}` is not declared: did you mean `{spec.id}`?" for spec in missing if spec.id in meant
        ]
        remedy = " ".join(slips) or "give it as the artifact, or by its id"
        raise CallerError(f"`{persona.alias}` cannot run without {wanted}; {remedy}")


def _contradicted(conflict: Conflict) -> Finding:
    first, second = conflict.first, conflict.second
    return Finding(
        rule="A104",
        severity=Severity.WARNING,
        message=f"[DOCUMENT_INCONSISTENCY] {conflict}",
        span=_place(first),
        note=f"{first.value} here",
        labels=(Label(span=_place(second), text=f"{second.value} here"),),
        help="correct the one that is wrong; until then a primary artifact beats an optional one",
    )


def _place(fact: Fact) -> Span:
    """Return where a fact's value stands: its first whole place in the line."""
    line = lines_of(fact.artifact.text)[fact.line - 1]
    places = [found.start() for found in re.finditer(rf"(?<![\w.]){re.escape(fact.value)}(?![\w.])", line)]
    column = (places[0] if places else 0) + 1
    return Span(path=fact.artifact.place, line=fact.line, column=column, length=len(fact.value))


def _undeclared(persona: Persona, name: str, meant: str) -> Finding:
    ask = f"; did you mean `{meant}`?" if meant else ""
    return Finding(
        rule="A101",
        severity=Severity.NOTE,
        message=f"`{persona.alias}` does not declare the artifact `{name}`; it is used as an optional one{ask}",
        span=persona.head,
        help=f"declare it under `expected_artifacts:` as `- id: {name}` with `type: optional`",
    )
