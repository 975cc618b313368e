"""A YAML file of an eval to plain data and to the places of its parts; its one rule: no place is lost."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import yaml

from dramaturg.findings.model import Finding, Span
from dramaturg.findings.source import Source
from dramaturg.persona.files import is_there, spoken
from dramaturg.persona.nodes import is_null, pairs
from dramaturg.persona.reader import Reader

_NESTED = (yaml.MappingNode, yaml.SequenceNode)


def reader_of(path: Path, text: str, subject: str, rules: Mapping[str, str]) -> Reader:
    """Return what collects the faults of a file; `rules` are what the YAML reader's rules are called in it."""
    source = Source(spoken(path), text)
    return Reader(source=source, subject=subject, rules=rules)


def plain_data(node: yaml.Node, reader: Reader) -> Any:
    """Return a node as lists, dicts and text; what each is to be is for the suite to say."""
    if isinstance(node, yaml.MappingNode):
        return {name: plain_data(value, reader) for name, _, value in pairs(node, reader)}
    if isinstance(node, yaml.SequenceNode):
        return [plain_data(item, reader) for item in node.value]
    return None if is_null(node) else node.value


def where_paths_begin(of: str, folder: Path, name: str) -> str:
    """Return what helps where a file that another one names is not there: what to write where it is nearby."""
    at = f"`{folder}`" if folder.parts else "which is the working folder"
    begin = f"paths begin at the folder of {of}, {at}"
    given = PurePath(name)
    if folder.parts and name and not given.is_absolute() and is_there(name):
        return f"{begin}: write `{os.path.relpath(name, folder)}`"
    return begin


def line_of(finding: Finding) -> tuple[int, int]:
    """Return by what findings are put in the order of their file."""
    return (finding.span.line, finding.span.column) if finding.span else (0, 0)


def place_in(root: yaml.Node | None, path: Sequence[str | int], reader: Reader, *, key: bool = False) -> Span:
    """Return where a path leads, as far as it does; with `key`, where the last key stands."""
    node, found = root, reader.of(root) if root is not None else reader.opening
    for part in path:
        if isinstance(node, yaml.MappingNode):
            entry = next((each for each in node.value if each[0].value == part), None)
            if entry is None:
                continue  # a field whose name the author left out, or that is not there
            node, found = entry[1], reader.of(entry[0] if key or isinstance(entry[1], _NESTED) else entry[1])
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            found = _opening(node, reader)
    return found


def _opening(node: yaml.Node, reader: Reader) -> Span:
    """Return the place of an item of a list: of a mapping its first key, which is what one looks for."""
    if isinstance(node, yaml.MappingNode) and node.value:
        return reader.of(node.value[0][0])
    return reader.of(node)
