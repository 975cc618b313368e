"""A document's file to what is wrong with it; its one rule: nothing is asked of a model, and nothing is changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from dramaturg.engine.verify.document import Verdict, verify_document
from dramaturg.engine.verify.questions import OPEN
from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.decode import NotText, decode
from dramaturg.findings.model import Finding, Severity, has_errors
from dramaturg.findings.source import Source
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan
from dramaturg.run.inputs import Inputs, collect_artifacts

NO_INPUTS: Inputs = MappingProxyType({})
_UNNAMED = "document"
_LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What holding a document against its persona came to.

    Attributes:
        findings: What is wrong with it, by place.
        verdict: The same with what was counted on the way.
        sources: The texts that findings point into, by path.
    """

    findings: tuple[Finding, ...]
    verdict: Verdict
    sources: Mapping[str, Source]
    refused: tuple[CallerError, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is an error."""
        return not has_errors(self.findings)

    def source_of(self, path: str) -> Source | None:
        """Return a text that findings point into; None if it is no text that can be read."""
        try:
            return self.sources.get(path) or Source(path, Path(path).read_bytes().decode("utf-8"))
        except (OSError, UnicodeDecodeError):
            return None


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
    text, path = _read(document)
    given, _ = collect_artifacts(plan, artifacts, whole=False)
    verdict = verify_document(plan, text, given, path)
    findings = tuple(map(_strictly, verdict.findings)) if strict else verdict.findings
    return Verification(findings=findings, verdict=verdict, sources=_sources(text, path, given))


def _strictly(finding: Finding) -> Finding:
    """Return a finding as `--strict` takes it: a warning is an error, and so is a question that is still open."""
    return replace(finding, severity=Severity.ERROR) if finding.rule == OPEN else finding.as_error()


def _sources(text: str, path: str, artifacts: tuple[Artifact, ...]) -> dict[str, Source]:
    read = {artifact.place: Source(artifact.place, artifact.text) for artifact in artifacts}
    return {**read, path: Source(path, text)}


def _read(document: str | Path) -> tuple[str, str]:
    """Return the text of a document and what findings call it."""
    if isinstance(document, Path):
        return _read_file(document), str(document)
    if "\n" not in document.strip() and 0 < len(document) < _LONGEST_NAME and _is_file(document.strip()):
        raise CallerError(
            f"the document is the name of a file; pass `Path({document.strip()!r})`, a str is the text itself"
        )
    return document, _UNNAMED


def _read_file(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CallerError(f"the document `{path}` cannot be read: {error.strerror or error}") from error
    try:
        return raw.decode("utf-8")  # a byte order mark stays, so that places are those of the file
    except UnicodeDecodeError:
        pass
    try:
        return decode(raw).text
    except NotText as error:
        raise CallerError(f"the document `{path}` {error.reason}; {error.remedy}") from error


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # a text that cannot be a path is a text
        return False
