"""Artifacts to the secrets in them; its one rule: what looks like a secret does not leave this machine unasked.

Looked for by detect-secrets (extra `secrets`) before the first call of a run whose text leaves the machine. A secret is
never printed, not even in part: findings name its kind and its place. A redacted one is replaced before the journal is
begun, so neither a prompt nor the journal holds it; the placeholder names what it stands for and can be searched in the
document and in the findings, which tell the line it was taken from.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from dramaturg.errors import SecretsFound
from dramaturg.evidence.artifact import Artifact, lines_of
from dramaturg.evidence.shared import shared
from dramaturg.findings.model import Finding, Severity, Span

Handling = Literal["stop", "allow", "redact"]
HANDLINGS: Sequence[Handling] = ("stop", "allow", "redact")

_WORTH_A_LOOK = re.compile(r"pass|secret|token|key|auth|cred|pwd|://|sk-|[A-Za-z0-9+/_=-]{16}", re.IGNORECASE)
_ANTHROPIC = re.compile(r"sk-ant-[\w-]{20,}")
_TOKEN = re.compile(r"[\w.+/=-]*")  # what the library's value may be cut short of
_WORD = re.compile(r"[^\s\"'`]+")
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_OWN = (("Private Key", _KEY_BLOCK), ("Anthropic Token", _ANTHROPIC))  # whole blocks, and what the library lacks
_KEYWORD = "Secret Keyword"
_SHORTEST_WORD = 8
_STOPPED = "redact it with `--redact`, take it out of the artifact, or send it all the same with `--allow-secrets`"
_NAME = "artifact.properties"  # a kind of file in which values need no quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Something in an artifact that looks like a secret: its kind, and the stretch of the text it takes."""

    artifact: Artifact
    kind: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands."""
        whole = Span(path=self.artifact.place, line=1, column=1, length=len(self.artifact.text))
        return whole.within(self.artifact.text, self.start, self.end)


def screened(artifacts: Sequence[Artifact], handling: Handling) -> tuple[tuple[Artifact, ...], tuple[Finding, ...]]:
    """Look for secrets in artifacts that are about to leave this machine.

    Args:
        artifacts: The artifacts of a run.
        handling: `stop` raises if there is one, `redact` replaces it, `allow` sends it and says so.

    Returns:
        The artifacts to send, and what there is to say.

    Raises:
        SecretsFound: There are some, and nobody said what to do with them.
    """
    if find_spec("detect_secrets") is None:
        return tuple(artifacts), () if handling == "allow" else (_unscreened(),)
    found = [secret for artifact in artifacts for secret in find_secrets(artifact)]
    if not found:
        return tuple(artifacts), ()
    if handling == "stop":
        raise SecretsFound(tuple(_finding(secret, Severity.ERROR, _STOPPED) for secret in found))
    if handling == "allow":
        return tuple(artifacts), tuple(_finding(secret, Severity.WARNING, "it is sent, as allowed") for secret in found)
    names = _placeholders(found)
    told = tuple(_finding(secret, Severity.NOTE, f"`{name}` is sent in its place") for secret, name in names)
    return tuple(_redacted(artifact, names) for artifact in artifacts), told


@shared(lambda artifact: len(artifact.text))
def find_secrets(artifact: Artifact) -> tuple[Secret, ...]:
    """Return what looks like a secret in an artifact, in order, none inside another."""
    lines = lines_of(artifact.text)
    starts = _starts(artifact.text)
    found = [
        Secret(artifact=artifact, kind=kind, start=match.start(), end=match.end())
        for kind, pattern in _OWN
        for match in pattern.finditer(artifact.text)
    ]
    text = "\n".join(line if _WORTH_A_LOOK.search(line) else "" for line in lines)
    for number, kind, value in sorted(_scanned(text)):
        line = lines[number - 1]
        at = line.find(value)
        if at < 0 or (kind == _KEYWORD and not _may_be_one(line, value)):
            continue
        word = _WORD.match(line, at, at + len(value))
        rest = _TOKEN.match(line, word.end() if word else at)
        end = rest.end() if rest else at
        start = starts[number - 1]
        found.append(Secret(artifact=artifact, kind=kind, start=start + at, end=start + end))
    return tuple(_apart(found))


def _scanned(text: str) -> frozenset[tuple[int, str, str]]:
    """Return line, kind and value of what detect-secrets finds."""
    from detect_secrets.core.secrets_collection import SecretsCollection  # noqa: PLC0415 - an extra, and slow to import
    from detect_secrets.settings import default_settings  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _NAME  # it reads files only; the folder is this user's alone
        path.write_text(text, encoding="utf-8")
        secrets = SecretsCollection()
        with default_settings():
            secrets.scan_file(str(path))
        return frozenset((secret.line_number, secret.type, str(secret.secret_value)) for _, secret in secrets)


def _may_be_one(line: str, value: str) -> bool:
    """Tell whether a word after `password` or the like may be one: in quotes, or of letters and digits."""
    word = value.split(maxsplit=1)[0]
    mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return bool(re.search(rf"[\"']{re.escape(value)}[\"']", line)) or (mixed and len(word) >= _SHORTEST_WORD)


def _starts(text: str) -> list[int]:
    """Return the offset of each line."""
    return [0, *(found.end() for found in re.finditer(r"\r\n?|\n", text))]


def _apart(found: Sequence[Secret]) -> Iterator[Secret]:
    """Yield secrets that do not overlap, the longest of those that begin first."""
    end = 0
    for secret in sorted(found, key=lambda each: (each.start, -each.end)):
        if secret.start >= end:
            yield secret
            end = secret.end


def _placeholders(found: Sequence[Secret]) -> list[tuple[Secret, str]]:
    """Name each secret by kind and number; the same secret has the same name wherever it stands."""
    names: dict[str, str] = {}
    for secret in found:
        value = secret.artifact.text[secret.start : secret.end]
        kind = re.sub(r"[^A-Z0-9]+", "_", secret.kind.upper()).strip("_")
        names.setdefault(value, f"REDACTED_{kind}_{len(names) + 1}")
    return [(secret, names[secret.artifact.text[secret.start : secret.end]]) for secret in found]


def _redacted(artifact: Artifact, names: Sequence[tuple[Secret, str]]) -> Artifact:
    """Return an artifact with placeholders; no line is added or lost, so that citations keep their numbers."""
    text = artifact.text
    for secret, name in reversed(names):
        if secret.artifact == artifact:
            text = text[: secret.start] + name + "\n" * text.count("\n", secret.start, secret.end) + text[secret.end :]
    for secret, name in names:  # elsewhere it may stand without what gave it away
        text = text.replace(secret.artifact.text[secret.start : secret.end], name)
    return replace(artifact, text=text)


def _finding(secret: Secret, severity: Severity, remedy: str) -> Finding:
    return Finding(
        rule="A105",
        severity=severity,
        message=f"{secret.artifact.label}, line {secret.span.line}: this looks like a secret ({secret.kind})",
        span=secret.span if severity is Severity.ERROR else None,  # what has a place is drawn with its line
        help=remedy,
    )


def _unscreened() -> Finding:
    return Finding(
        rule="A106",
        severity=Severity.WARNING,
        message="the artifacts are sent without being looked through for secrets",
        help="`pip install 'dramaturg[secrets]'`, or say that you know with `--allow-secrets`",
    )
