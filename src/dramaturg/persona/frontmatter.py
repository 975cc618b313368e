"""Frontmatter to values with places; its one rule: fail closed, and say at which key.

python-frontmatter splits and dispatches; the handler here loads YAML nodes, because only nodes have positions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler

from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.findings.source import Source
from dramaturg.persona.model import ArtifactSpec, Frontmatter, Origin

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

_FENCE = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_BOM = "\ufeff"
_TEXT, _LIST, _MAP = "text", "a list", "a mapping"
KEYS: Mapping[str, str] = {
    "alias": _TEXT,
    "version": _TEXT,
    "title": _TEXT,
    "description": _TEXT,
    "status": _TEXT,
    "type": _TEXT,
    "engine_version": _TEXT,
    "inherits_from": _TEXT,
    "input_mode": _TEXT,
    "expected_artifacts": _LIST,
    "allowed_tools": _LIST,
    "directives": _MAP,
    "output_contract": _MAP,
    "steps": _MAP,
    "metadata": _MAP,
}
_REQUIRED = ("alias", "title")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": ("active", "draft", "deprecated"),
    "input_mode": ("evidence-driven", "generative"),
}
_ARTIFACT_KEYS = ("id", "type", "description")
_ARTIFACT_TYPES = ("primary", "optional")


@dataclass(slots=True)
class _Reader:
    """Collects values, places and findings while the nodes are walked."""

    source: Source
    start: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def at(self, mark: Any, end: Any = None) -> Span:
        """Return the place between two marks (one character without the second), less a line end it may close with.

        libyaml's marks and PyYAML's own are unrelated types; both count characters in `index`.
        """
        start = self.start + mark.index
        stop = start + 1 if end is None else self.start + end.index
        return self.source.span(start, start + len(self.source.text[start:stop].rstrip()))

    def fault(self, rule: str, message: str, span: Span, **extra: Any) -> None:
        severity = extra.pop("severity", Severity.ERROR)
        self.findings.append(Finding(rule=rule, severity=severity, message=message, span=span, **extra))


class _Handler(BaseHandler):
    """Splits at lines that are exactly `---` and loads positioned nodes.

    The offsets are taken from the source as read: python-frontmatter hands over a text whose line ends it changed.
    """

    FM_BOUNDARY = _FENCE

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.reader = _Reader(source=source)
        self.body_at = len(_BOM) if source.text.startswith(_BOM) else 0

    def split(self, text: str) -> tuple[str, str]:
        """Return frontmatter and body; ValueError, which python-frontmatter expects, when there is none."""
        del text
        whole = self.reader.source.text
        opening = _FENCE.match(whole, self.body_at)
        if opening is None:
            raise ValueError("no frontmatter")
        self.reader.start = min(opening.end() + 1, len(whole))
        closing = _FENCE.search(whole, self.reader.start)
        if closing is None:
            self.reader.fault(
                "P102",
                "the frontmatter is never closed",
                self.reader.source.span(opening.start(), opening.start() + 3),
                note="opened here",
                help="end it with a line that is exactly `---`",
            )
            self.body_at = len(whole)
            raise ValueError("frontmatter is never closed")
        self.body_at = min(closing.end() + 1, len(whole))
        return whole[self.reader.start : closing.start()], whole[self.body_at :]

    def load(self, fm: str) -> dict[str, Any]:
        """Return the known keys as plain data; faults go to the reader."""
        try:
            for event in yaml.parse(fm, Loader=Loader):
                _refuse_indirection(event, self.reader)
            node = yaml.compose(fm, Loader=Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            span = self.reader.at(mark) if mark else self.reader.source.span(self.reader.start, self.reader.start)
            message = f"the frontmatter is not valid YAML: {error.problem or error.context}"
            self.reader.fault("P103", message, span, help="quote a value that contains `:`, `#` or a leading `*`")
            return {}
        except yaml.YAMLError as error:  # a character YAML does not admit has no mark
            offset = self.reader.start + getattr(error, "position", 0)
            message = "the frontmatter holds a character that YAML does not admit"
            self.reader.fault("P103", message, self.reader.source.span(offset, offset + 1), help="remove it")
            return {}
        if isinstance(node, yaml.MappingNode):
            _read_keys(node, self.reader)
        elif node is not None:
            self.reader.fault("P103", "the frontmatter is not a mapping", self.reader.at(node.start_mark))
        return self.reader.values


def read_frontmatter(source: Source) -> tuple[Frontmatter, int, list[Finding]]:
    """Read the frontmatter of a file.

    Returns:
        The frontmatter, the offset at which the body begins, and every fault found.
    """
    handler = _Handler(source)
    frontmatter.parse(source.text, handler=handler)
    reader = handler.reader
    if not reader.findings:
        _require(reader)
    artifacts = reader.values.pop("expected_artifacts", ())
    return (
        Frontmatter(values=reader.values, spans=reader.spans, artifacts=tuple(artifacts)),
        handler.body_at,
        reader.findings,
    )


def _refuse_indirection(event: yaml.Event, reader: _Reader) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        reader.fault(
            "P105",
            "anchors and aliases are not allowed in frontmatter",
            reader.at(event.start_mark, event.end_mark),
            help="write the value out where it is used",
        )
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":
        reader.fault(
            "P105",
            f"the tag `{tag}` is not allowed in frontmatter",
            reader.at(event.start_mark, event.end_mark),
            help="remove the tag; plain values are enough",
        )


def _pairs(node: yaml.MappingNode, reader: _Reader) -> Iterator[tuple[str, yaml.ScalarNode, yaml.Node]]:
    """Yield each key once with its node and its value's node; a second one is a fault and is not used."""
    seen: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            reader.fault("P103", "a key must be plain text", reader.at(key.start_mark))
            continue
        if key.value in seen:
            first = Label(span=reader.at(seen[key.value].start_mark, seen[key.value].end_mark), text="first given here")
            span = reader.at(key.start_mark, key.end_mark)
            reader.fault("P104", f"`{key.value}` is given twice", span, labels=(first,), help="keep one of them")
            continue
        seen[key.value] = key
        yield key.value, key, value


def _read_keys(node: yaml.MappingNode, reader: _Reader) -> None:
    for name, key, value in _pairs(node, reader):
        reader.spans[name] = reader.at(value.start_mark, value.end_mark)
        if name not in KEYS:
            near = get_close_matches(name, KEYS, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else "move it under `metadata:`, which is free"
            span = reader.at(key.start_mark, key.end_mark)
            reader.fault("P107", f"unknown key `{name}`", span, severity=Severity.WARNING, help=remedy)
        elif name == "expected_artifacts":
            reader.values[name] = list(_read_artifacts(value, reader))
        elif _is(value, KEYS[name]):
            _read_value(name, value, reader)
        elif not _is_null(value):
            reader.fault("P108", f"`{name}` must be {KEYS[name]}", reader.spans[name])


def _read_value(name: str, value: yaml.Node, reader: _Reader) -> None:
    if not isinstance(value, yaml.ScalarNode):
        reader.values[name] = _plain(value)
        return
    reader.values[name] = value.value
    if name == "version" and value.tag.endswith((":float", ":int")):
        reader.fault(
            "P106",
            f"`version: {value.value}` is a number in YAML; it is taken as the text `{value.value}`",
            reader.spans[name],
            severity=Severity.NOTE,
            help=f'write `version: "{value.value}"`',
        )
    choices = _CHOICES.get(name)
    if choices and value.value not in choices:
        known = ", ".join(f"`{choice}`" for choice in choices)
        reader.fault("P109", f"`{name}` cannot be `{value.value}`", reader.spans[name], help=f"use one of {known}")


def _read_artifacts(node: yaml.Node, reader: _Reader) -> Iterator[ArtifactSpec]:
    if not isinstance(node, yaml.SequenceNode):
        reader.fault("P108", "`expected_artifacts` must be a list", reader.at(node.start_mark, node.end_mark))
        return
    for item in node.value:
        span = reader.at(item.start_mark, item.end_mark)
        if not isinstance(item, yaml.MappingNode):
            reader.fault("P110", "an expected artifact must be a mapping", span, help="give it `id:` and `type:`")
            continue
        given = {name: value for name, _, value in _pairs(item, reader)}
        for name in given.keys() - set(_ARTIFACT_KEYS):
            known = ", ".join(f"`{key}`" for key in _ARTIFACT_KEYS)
            message = f"unknown key `{name}` in an expected artifact"
            reader.fault("P107", message, span, severity=Severity.WARNING, help=f"its keys are {known}")
        values = {name: value.value for name, value in given.items() if isinstance(value, yaml.ScalarNode)}
        if not values.get("id"):
            reader.fault("P110", "an expected artifact has no `id`", span, help="add `id: some_name`")
            continue
        if values.get("type", "primary") not in _ARTIFACT_TYPES:
            message = f"artifact `{values['id']}` cannot be of type `{values['type']}`"
            place = reader.at(given["type"].start_mark, given["type"].end_mark)
            reader.fault("P109", message, place, help="use `primary` or `optional`")
        yield ArtifactSpec(
            id=values["id"],
            primary=values.get("type", "primary") == "primary",
            description=values.get("description", ""),
            origin=Origin(alias="", span=reader.at(given["id"].start_mark, given["id"].end_mark)),
        )


def _require(reader: _Reader) -> None:
    for name in _REQUIRED:
        if not reader.values.get(name):
            reader.fault(
                "P101",
                f"the frontmatter has no `{name}`",
                reader.source.span(0, min(3, len(reader.source.text))),
                help=f"start the file with a `---` block that has a line `{name}: …`",
            )


def _is(node: yaml.Node, kind: str) -> bool:
    wanted = {_TEXT: yaml.ScalarNode, _LIST: yaml.SequenceNode, _MAP: yaml.MappingNode}[kind]
    return isinstance(node, wanted) and not _is_null(node)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _plain(node: yaml.Node) -> Any:
    """Return a node as lists, dicts and text; scalars stay the text the author wrote."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value
