"""A document's file to what is wrong with it; its one rule: nothing is asked of a model, and nothing is changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from dramaturg.engine.verify.document import Verdict, verify_document
from dramaturg.engine.verify.questions import OPEN
from dramaturg.engine.verify.renew import renewed
from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.decode import NotText, decode
from dramaturg.findings.model import Finding, Severity, has_errors
from dramaturg.findings.source import Source
from dramaturg.persona.files import source_at, unreadable
from dramaturg.persona.library import Library
from dramaturg.persona.model import fold_id
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan
from dramaturg.run.inputs import Inputs, collect_artifacts, undeclared
from dramaturg.run.mend import Mend, write_mend
from dramaturg.run.secrets import screened

NO_INPUTS: Inputs = MappingProxyType({})
_UNNAMED = "document"
_LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What holding a document against its persona came to.

    Attributes:
        findings: What is wrong with it, by place.
        verdict: The same with what was counted on the way.
        plan: What it was held against.
        artifacts: What its citations were looked up in.
        sources: The texts that findings point into, by path.
        mendable: The document's own text, if it came from a file that can be written back.
    """

    findings: tuple[Finding, ...]
    verdict: Verdict
    plan: Plan
    artifacts: tuple[Artifact, ...]
    sources: Mapping[str, Source]
    mendable: Mapping[str, Source]
    refused: tuple[CallerError, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is an error."""
        return not has_errors(self.findings)

    def source_of(self, path: str) -> Source | None:
        """Return a text that findings point into; None if it is no text that can be read."""
        return self.sources.get(path) or source_at(path)

    def accepted(self) -> str:
        """Return the document with a comment at its end that says it is right as it stands."""
        return renewed(self.plan, self.verdict.manuscript, self.artifacts, self.verdict.colophon)


def verify_with(
    library: Library, persona: str, document: str | Path, artifacts: Inputs, *, strict: bool
) -> Verification:
    """Hold a document against a persona and the artifacts of today.

    Args:
        library: Where the persona is looked up.
        persona: Its alias, or the path of its file.
        document: Its text, or a Path to its file.
        artifacts: As `run_persona` takes them; none need be given, but citations of others are not checked.
        strict: Make warnings errors, and questions that are still open.

    Raises:
        AuthorError: The persona's text is at fault.
        CallerError: The document or an artifact cannot be read.
    """
    plan = compile_plan(library.load(persona))
    source, mendable = _read(document)
    given, _ = collect_artifacts(plan, artifacts, whole=False)
    verdict = verify_document(plan, source.text, given, source.path)
    if given and verdict.colophon and verdict.colophon.redacted:
        given = _as_sent(given)
        verdict = verify_document(plan, source.text, given, source.path)
    found = (*verdict.findings, *_idle(plan, verdict, given))
    return Verification(
        findings=tuple(map(_strictly, found)) if strict else found,
        verdict=verdict,
        plan=plan,
        artifacts=given,
        sources={**{each.place: Source(each.place, each.text) for each in given}, source.path: source},
        mendable={source.path: source} if mendable else {},
    )


def write_accepted(verification: Verification) -> None:
    """Write a document back with a comment that says it is right as it stands.

    Raises:
        CallerError: It has errors, or it is no file that can be written back.
    """
    if not verification.ok:
        raise CallerError("a document with errors cannot be accepted as it stands; correct them first")
    if not verification.mendable:
        raise CallerError("only a document in a file of UTF-8 text can be accepted; give its path")
    (source,) = verification.mendable.values()
    write_mend(Mend(path=source.path, before=source.text, after=verification.accepted(), findings=()))


def _idle(plan: Plan, verdict: Verdict, artifacts: Sequence[Artifact]) -> Iterator[Finding]:
    """Yield a note for each artifact that was given for nothing: neither persona nor document speaks of it."""
    made_of = verdict.colophon.artifacts if verdict.colophon else ()
    cited = (label for unit in verdict.manuscript.units for mark in unit.marks for label in mark.labels)
    known = {fold_id(label.partition("/")[0]) for label in (*made_of, *cited)}
    for name, meant in undeclared(plan.persona, artifacts).items():
        if fold_id(name) not in known:
            ids = ", ".join(f"`{spec.id}`" for spec in plan.persona.artifacts)
            ask = f"did you mean `{meant}`?" if meant else f"the persona declares {ids}"
            yield Finding(
                rule="A101",
                severity=Severity.NOTE,
                message=f"nothing cites the artifact `{name}`, and `{plan.persona.alias}` does not declare it; {ask}",
                span=plan.persona.head,
                help="give it by the id that the document cites it by, or leave it out",
            )


def _strictly(finding: Finding) -> Finding:
    """Return a finding as `--strict` takes it: a warning is an error, and so is a question that is still open."""
    return replace(finding, severity=Severity.ERROR) if finding.rule == OPEN else finding.as_error()


def _as_sent(artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """Return artifacts with the placeholders that were sent in place of secrets."""
    if find_spec("detect_secrets") is None:
        raise CallerError(
            "the document was made of redacted artifacts; to look them up, `pip install 'dramaturg[secrets]'`, "
            "or verify it without artifacts"
        )
    return screened(artifacts, "redact")[0]


def _read(document: str | Path) -> tuple[Source, bool]:
    """Return a document, and whether its text is what its file holds."""
    if isinstance(document, Path):
        return _read_file(document)
    if "\n" not in document.strip() and 0 < len(document) < _LONGEST_NAME and _is_file(document.strip()):
        raise CallerError(
            f"the document is the name of a file; pass `Path({document.strip()!r})`, a str is the text itself"
        )
    return Source(_UNNAMED, document), False


def _read_file(path: Path) -> tuple[Source, bool]:
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise CallerError(f"the document {unreadable(path, error)}") from error
    with suppress(UnicodeDecodeError):
        if b"\0" not in raw:  # which UTF-8 text may have, and none has
            return Source(str(path), raw.decode("utf-8")), True  # a byte order mark stays: places are the file's
    try:
        return Source(str(path), decode(raw).text), False
    except NotText as error:
        raise CallerError(f"the document `{path}` {error.reason}; {error.remedy}") from error


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # a text that cannot be a path is a text
        return False
