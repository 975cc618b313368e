"""What the caller hands over to artifacts; its one rule: nothing is guessed, nothing is asked before it is whole."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.model import ArtifactSpec, Persona, fold_id
from dramaturg.plan.model import Plan

Given = str | Path
Inputs = Given | Mapping[str, Given]

_MARKDOWN_SUFFIXES = (".md", ".markdown")
_ID = re.compile(r"[A-Za-z][\w \-]*")
_UNNAMED = ""
_UNDECLARED = "input"
_LONGEST_NAME = 1000


def collect_artifacts(plan: Plan, inputs: Inputs) -> tuple[tuple[Artifact, ...], tuple[Finding, ...]]:
    """Read the artifacts of a run.

    Args:
        plan: Says which artifacts are expected, and what its steps call them.
        inputs: The sole primary artifact, or artifacts by id, the sole primary one under an empty id if need be. A
            `str` is the text itself, a `Path` a file.

    Returns:
        The artifacts, primary ones first, and a note for each one the persona does not declare.

    Raises:
        CallerError: One is missing, empty, unreadable or not text.
    """
    persona = plan.persona
    by_id = inputs if isinstance(inputs, Mapping) else {_UNNAMED: inputs}
    declared = _declared(plan)
    artifacts: dict[str, Artifact] = {}
    for key, given in by_id.items():
        name = key or _sole_primary(persona)
        if not _ID.fullmatch(name.strip()):
            raise CallerError(f"`{name}` cannot name an artifact; use letters, digits, `_` and `-`")
        spec = declared.get(fold_id(name))
        folded = fold_id(spec.id if spec else name)
        if folded in artifacts:
            raise CallerError(f"the artifact `{name}` is given twice; give it once")
        artifacts[folded] = _artifact(name, given, spec, plan)
    _require_primaries(persona, artifacts)
    ordered = tuple(sorted(artifacts.values(), key=lambda artifact: not artifact.primary))
    return ordered, undeclared_notes(plan, ordered)


def undeclared_notes(plan: Plan, artifacts: Sequence[Artifact]) -> tuple[Finding, ...]:
    """Return a note for each artifact that a persona which declares its artifacts does not declare."""
    ids = {fold_id(spec.id) for spec in plan.persona.artifacts}
    return tuple(
        _undeclared(plan.persona, artifact) for artifact in artifacts if ids and fold_id(artifact.id) not in ids
    )


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


def _artifact(name: str, given: object, spec: ArtifactSpec | None, plan: Plan) -> Artifact:
    """Return one artifact; `given` is whatever a caller without a type checker may pass."""
    if isinstance(given, Path):
        text = _read(name, given)
    elif isinstance(given, str):
        text = _text(name, given)
    else:
        kind = type(given).__name__
        raise CallerError(f"the artifact `{name}` is of type `{kind}`; pass its text as a str, or a Path to its file")
    if not text.strip():
        raise CallerError(f"the artifact `{name}` is empty; a run needs something to work from")
    suffix = given.suffix.casefold() if isinstance(given, Path) else ".md"
    return Artifact(
        id=spec.id if spec else name.strip(),
        text=text,
        media_type=MARKDOWN if suffix in _MARKDOWN_SUFFIXES else PLAIN,
        name=plan.names[spec.id] if spec else "",
        primary=spec.primary if spec else not plan.persona.artifacts,
    )


def _text(name: str, given: str) -> str:
    """Return a text as given, unless it looks like a file's name: silently performing a path would waste a run."""
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
    text = _read(name, path)
    if not text.strip():
        raise CallerError(f"the {name}: `{path}` is empty; hand over a file that says something")
    return text


def _read(name: str, path: Path) -> str:
    try:
        raw = path.read_bytes()
    except IsADirectoryError:
        raise CallerError(f"the artifact `{name}`: `{path}` is a folder; give a file") from None
    except OSError as error:
        raise CallerError(f"the artifact `{name}`: `{path}` cannot be read: {error.strerror or error}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        remedy = "convert it to UTF-8 text first"
        raise CallerError(
            f"the artifact `{name}`: `{path}` is not UTF-8 text (byte {error.start}); {remedy}"
        ) from error
    if b"\0" in raw:
        nul = raw.index(b"\0")
        raise CallerError(f"the artifact `{name}`: `{path}` is not text (byte {nul} is NUL); convert it to text first")
    return text


def _require_primaries(persona: Persona, artifacts: Mapping[str, Artifact]) -> None:
    missing = [spec for spec in persona.artifacts if spec.primary and fold_id(spec.id) not in artifacts]
    if missing:
        wanted = "; ".join(f"`{spec.id}`" + (f" ({spec.description})" if spec.description else "") for spec in missing)
        raise CallerError(f"`{persona.alias}` cannot run without {wanted}; give it as the artifact, or by its id")


def _undeclared(persona: Persona, artifact: Artifact) -> Finding:
    return Finding(
        rule="A101",
        severity=Severity.NOTE,
        message=f"`{persona.alias}` does not declare the artifact `{artifact.id}`; it is used as an optional one",
        span=persona.head,
        help=f"declare it under `expected_artifacts:` as `- id: {artifact.id}` with `type: optional`",
    )
