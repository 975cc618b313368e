"""Vectors: one behaviour each, written as data; its one rule: a vector says all that comes out, or it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dramaturg.data import prompts_root
from dramaturg.findings.model import Finding, Span
from dramaturg.persona.library import Library
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.reading import read_persona_file
from dramaturg.run.check import Checked, check_personas

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has libyaml
FOLDER = Path(__file__).resolve().parent / "vectors"
WHOLE = "text files persona encoding line_ends"
_ALWAYS = ("rule", "severity", "line", "column", "message", "labels")


@dataclass(frozen=True)
class Vector:
    """What is given, what comes of it, and which findings it raises: none unless listed."""

    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]


def read_yaml(path: Path) -> Any:
    """Return what a file of vectors holds."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one


def texts_given(*stages: str) -> dict[str, str]:
    """Return the texts that the vectors of stages give, by stage and name; empty where a vector gives none."""
    paths = [(stage, path) for stage in stages for path in sorted((FOLDER / stage).glob("*.yaml"))]
    return {f"{stage}/{path.stem}": read_yaml(path)["given"].get("text", "") for stage, path in paths}


def read_vector(path: Path, given: str, expect: str) -> Vector:
    """Read one vector; ValueError if it has a key that is not among those the runner reads."""
    data = read_yaml(path)
    if not data.keys() & {"expect", "findings"}:
        raise ValueError(f"{path.name} expects nothing")
    vector = Vector(given=data.pop("given"), expect=data.pop("expect", {}), findings=data.pop("findings", []))
    unread = [*data, *(vector.given.keys() - set(given.split())), *(vector.expect.keys() - set(expect.split()))]
    if unread:
        raise ValueError(f"{path.name} has keys that no runner reads: {', '.join(unread)}")
    return vector


def vectors(folder: Path, given: str, expect: str) -> list[Any]:
    """Return a folder's vectors as pytest parameters; ValueError if there is none."""
    found = [pytest.param(read_vector(path, given, expect), id=path.stem) for path in sorted(folder.glob("*.yaml"))]
    if not found:
        raise ValueError(f"{folder} has no vectors")
    return found


def assert_findings(found: Sequence[Finding], expected: Sequence[Mapping[str, Any]]) -> None:
    """Compare findings with a vector's: rule, severity, place, message and labels always, the rest where given."""
    wanted = [{"labels": [], **each} for each in expected]
    told = like([_told(finding) for finding in found], [dict.fromkeys(_ALWAYS) | dict(each) for each in wanted])
    assert told == wanted


def _told(finding: Finding) -> dict[str, Any]:
    labels = [
        {"text": label.text, **at(label.span)}
        | ({"path": label.span.path} if finding.span and label.span.path != finding.span.path else {})
        for label in finding.labels
    ]
    place = {"path": finding.span.path, "length": finding.span.length, **at(finding.span)} if finding.span else {}
    texts = {"message": finding.message, "note": finding.note, "help": finding.help}
    return {"rule": finding.rule, "severity": str(finding.severity), "labels": labels, **place, **texts}


def like(found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was found, of each entry only the keys that the vector's entry in its place speaks of."""
    spoken = [set(want) for want in wanted] + [set[str]()] * len(found)
    return [{key: entry[key] for key in entry if key in keys} for entry, keys in zip(found, spoken, strict=False)]


def at(span: Span) -> dict[str, int]:
    """Return a place as vectors write it."""
    return {"line": span.line, "column": span.column}


def check_whole(given: Mapping[str, Any]) -> tuple[Checked, PersonaFile]:
    """Write what a vector of whole files gives into the working folder, check its persona, and read it.

    The keys are those of `WHOLE`: a `text` is the file `x.persona.md`, of `files` the `persona` is checked.
    """
    persona = given.get("persona", "x.persona.md")
    newline = "\r\n" if given.get("line_ends") == "crlf" else "\n"
    for name, text in given.get("files", {persona: given.get("text")}).items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding=given.get("encoding", "utf-8"), newline=newline)
    return check_again(persona), read_persona_file(Path(persona))


def check_again(persona: str) -> Checked:
    """Check a persona of the working folder, which is the only root."""
    checked = check_personas(Library((Path.cwd(),)), prompts_root(), [persona], strict=False)
    assert not checked.refused
    return checked
