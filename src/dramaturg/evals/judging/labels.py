"""A file of documents, or pairs, to what people said of them; its one rule: every fault in one pass, each at its place.

E112 it cannot be used as it is
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.judging.labelled import Label, Labels, Pair
from dramaturg.evals.nodes import line_of, place_in, plain_data, reader_of, where_paths_begin
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.persona.composing import compose
from dramaturg.persona.files import unreadable
from dramaturg.persona.reader import Reader

SUFFIX = ".labels.yaml"
_RULE = "E112"
_RULES = {"P103": _RULE, "P104": _RULE, "P105": _RULE}
_Path = tuple[str | int, ...]
_WORDS = {"extra_forbidden": "unknown key", "missing": "it is missing", "too_short": "it is empty"}


@dataclass(frozen=True, kw_only=True)
class LabelsFile:
    """Labels and the file they stand in.

    Attributes:
        path: The file.
        text: What it says.
        labels: What that means.
        documents: The text of each labelled document; the two of each pair.
    """

    path: Path
    text: str
    labels: Labels
    documents: tuple[tuple[str, ...], ...]

    @property
    def entries(self) -> Sequence[Label | Pair]:
        """What people judged, one after the other."""
        return self.labels.labels or self.labels.pairs

    @cached_property
    def digest(self) -> str:
        """What changes with any document, what it was made from, or what people said of it."""
        said = [
            [label.verdict, *documents, dict(label.artifacts)]
            for label, documents in zip(self.entries, self.documents, strict=True)
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def artifacts(self, label: Label | Pair) -> tuple[Artifact, ...]:
        """Return what a document was made from."""
        return tuple(Artifact(id=name, text=text) for name, text in label.artifacts.items())

    def place(self, *path: str | int) -> Span:
        """Return where a value of the file stands, by its keys and positions."""
        reader, root = self._read
        return place_in(root, path, reader)

    def place_of(self, at: int) -> Span:
        """Return where one of its entries stands."""
        return self.place("pairs" if self.labels.pairs else "labels", at)

    @cached_property
    def _read(self) -> tuple[Reader, yaml.Node | None]:
        reader = reader_of(self.path, self.text, "the file of labels", _RULES)
        return reader, compose(self.text, reader)


def read_labels(path: Path) -> LabelsFile:
    """Read labelled documents.

    Raises:
        AuthorError: Something is wrong with them; all findings at once.
        CallerError: The file cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CallerError(f"the labels `{path}` are not UTF-8 text; save them as UTF-8") from error
    except (OSError, ValueError) as error:
        raise CallerError(f"the labels {unreadable(path, error)}") from error
    reader = reader_of(path, text, "the file of labels", _RULES)
    root = compose(text, reader)
    if not isinstance(root, yaml.MappingNode):
        if not reader.findings:
            reader.fault(
                _RULE, "the file of labels is no mapping", reader.opening, help="begin with `criterion:` and `labels:`"
            )
        raise AuthorError(tuple(reader.findings))
    data = plain_data(root, reader)
    labels = None
    try:
        labels = Labels.model_validate(data)
    except ValidationError as error:
        reader.findings += _misfits(error, root, reader)
    documents: list[tuple[str, ...]] = []
    for key in ("labels", "pairs"):
        said = [each if isinstance(each, dict) else {} for each in _listed(data.get(key))]
        documents += _documents(key, said, path.parent, root, reader)
        reader.findings += _doubles(key, said, root, reader)
    if reader.findings or labels is None:
        raise AuthorError(tuple(sorted(reader.findings, key=line_of)))
    return LabelsFile(path=path, text=text, labels=labels, documents=tuple(documents))


def criterion_of(path: Path) -> tuple[str, Span] | None:
    """Return the criterion of a file of labels and where it stands; None where none can be read."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, ValueError):
        return None
    reader = reader_of(path, text, "the file of labels", _RULES)
    root = compose(text, reader)
    said = plain_data(root, reader).get("criterion") if isinstance(root, yaml.MappingNode) else None
    return (said, place_in(root, ("criterion",), reader)) if isinstance(said, str) and said else None


def _listed(said: Any) -> Sequence[Any]:
    return said if isinstance(said, list) else ()


def _documents(
    key: str, labels: Sequence[Mapping[str, Any]], folder: Path, root: yaml.Node, reader: Reader
) -> Iterator[tuple[str, ...]]:
    """Yield the text of each label, or those of each pair; what does not say what it should is told apart."""
    for at, label in enumerate(labels):
        if key == "labels":
            yield (_document(label, ("labels", at), folder, root, reader),)
            continue
        one, other = (_document(label.get(side), ("pairs", at, side), folder, root, reader) for side in ("a", "b"))
        if one and one == other:
            help_ = "let them differ; nobody is asked about two that are alike"
            reader.fault(_RULE, "both documents are the same", place_in(root, ("pairs", at), reader), help=help_)
        yield one, other


def _document(said: Any, path: _Path, folder: Path, root: yaml.Node, reader: Reader) -> str:
    """Return a text that is written down, or stands in a file; empty where neither is said."""
    given = said if isinstance(said, dict) else {"path": said}
    name, text = given.get("path"), given.get("text")
    if not (isinstance(name, str) and name):
        return str(text or "")
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        help_ = where_paths_begin("the labels", folder, name)
        reader.fault(_RULE, f"`{name}` cannot be read: {why}", place_in(root, (*path, "path"), reader), help=help_)
        return ""


def _misfits(error: ValidationError, root: yaml.Node, reader: Reader) -> Iterator[Finding]:
    for each in error.errors(include_url=False):
        path, kind = each["loc"], each["type"]
        said = _WORDS.get(kind) or each["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        subject = f"`{named}`: " if path else ""
        verb = "" if kind in _WORDS or kind == "value_error" else "must be "
        fields = {**Labels.model_fields, **(Pair if "pairs" in path else Label).model_fields}
        field = fields.get(str(path[-1])) if path else None
        help_ = f"there is {', '.join(f'`{name}`' for name in fields)}" if kind == "extra_forbidden" else ""
        yield Finding(
            rule=_RULE,
            severity=Severity.ERROR,
            message=f"{subject}{verb}{said}",
            span=place_in(root, path, reader, key=kind == "extra_forbidden"),
            help=help_ or (field.description or "" if field and kind != "value_error" else ""),
        )


def _doubles(key: str, labels: Sequence[Mapping[str, Any]], root: yaml.Node, reader: Reader) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, label in enumerate(labels):
        name = label.get("id")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Finding(
                rule=_RULE,
                severity=Severity.ERROR,
                message=f"two {key} are called `{name}`",
                span=place_in(root, (key, at, "id"), reader),
                help="rename one of them",
            )
        seen.add(name)
