"""Frontmatter to values with places; its one rule: a closed set of keys, each of one type, and no silent surprise."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

import frontmatter
import yaml

from dramaturg.findings.model import Edit, Finding, Label, Severity, Span
from dramaturg.findings.source import Source
from dramaturg.persona.composing import PLAIN
from dramaturg.persona.model import ArtifactSpec, Directive, Frontmatter, Origin, Slot, fold_id, make_frontmatter
from dramaturg.persona.nodes import Handler, is_null, is_number, pairs, plain
from dramaturg.persona.reader import Reader

_TEXT, _LIST, _MAP = "text", "a list", "a mapping"
_EXAMPLES: Mapping[str, str] = {
    _TEXT: "`{name}: one value`",
    _LIST: "`{name}:` and below it one line `- value` for each",
    _MAP: "`{name}:` and below it, indented, lines `key: value`",
}
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
    "schedule": _TEXT,
    "expected_artifacts": _LIST,
    "allowed_tools": _LIST,
    "directives": _MAP,
    "output_contract": _MAP,
    "steps": _MAP,
    "metadata": _MAP,
}
_FOLDED = {key: key for key in KEYS}
_KINDS: Mapping[str, type[yaml.Node]] = {_TEXT: yaml.ScalarNode, _LIST: yaml.SequenceNode, _MAP: yaml.MappingNode}
_NODES = {key: _KINDS[kind] for key, kind in KEYS.items()}
REQUIRED = ("alias", "title")
_SLIP = 0.85  # how alike a slip and what was meant are, at least: a letter or two of ten
_DIRECTIVE = re.compile("directive_", re.IGNORECASE)
_BLOCK_SCALAR = re.compile(r"[|>][^\n]*\n")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "status": ("active", "draft", "deprecated"),
    "input_mode": ("evidence-driven", "generative"),
    "schedule": ("sequential", "parallel"),
}
_JUDGED = frozenset(("version", "allowed_tools", *CHOICES))
ARTIFACT_KEYS = ("id", "type", "description")
ARTIFACT_TYPES = ("primary", "optional")


def read_frontmatter(source: Source) -> tuple[Frontmatter, int, list[Finding]]:
    """Read the frontmatter of a file.

    Returns:
        The frontmatter, the offset at which the body begins, and every fault found.
    """
    handler = Handler(source)
    frontmatter.parse(source.text, handler=handler)
    reader = handler.reader
    if handler.root:
        _read_keys(handler.root, reader)
    if not reader.unreadable:
        _require(reader, given=handler.found)
    alias = reader.values.get("alias", "")
    slots, directives = _blocks(reader, alias)
    head = make_frontmatter(
        values=reader.values,
        spans=reader.spans,
        artifacts=tuple(_read_artifacts(reader, alias)),
        slots=slots,
        directives=directives,
    )
    return head, handler.body_at, reader.findings


def _blocks(reader: Reader, alias: str) -> tuple[tuple[Slot, ...], tuple[Directive, ...]]:
    """Return the blocks that are written as YAML, each as the characters of its value."""
    contract, rules = (reader.nodes[key] if key in reader.values else None for key in ("output_contract", "directives"))
    slots: tuple[Slot, ...] = ()
    if contract is not None:
        opener = reader.of(contract[0])
        text, span = _characters(contract[1], reader)
        slots = (Slot(name="output_contract", text=text, origin=Origin(alias=alias, span=span), opener=opener),)
    directives: dict[str, Directive] = {}
    for key, value in rules[1].value if rules is not None else ():
        if isinstance(key, yaml.ScalarNode) and not is_null(value):
            name = _DIRECTIVE.sub("", key.value, count=1)
            text, span = _characters(value, reader)
            origin = Origin(alias=alias, span=span)
            directive = Directive(
                name=name, text=text, origin=origin, opener=reader.of(key), override=_overrides(value), tagged=False
            )
            directives.setdefault(name.casefold(), directive)
    return slots, tuple(directives.values())


def _overrides(value: yaml.Node) -> bool:
    """Tell whether a directive written as a mapping says that it replaces the parent's on purpose."""
    entries = value.value if isinstance(value, yaml.MappingNode) else ()
    said = (each.value for key, each in entries if key.value == "override" and isinstance(each, yaml.ScalarNode))
    return any(str(each).casefold() == "true" for each in said)


def _characters(node: yaml.Node, reader: Reader) -> tuple[str, Span]:
    """Return a value as it stands in the file, without the mark that opens a block scalar or the quotes around one."""
    start, end = reader.start + node.start_mark.index, reader.start + node.end_mark.index
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    if style in ("'", '"'):
        start, end = start + 1, end - 1
    elif style in ("|", ">"):
        mark = _BLOCK_SCALAR.match(reader.source.text, start, end)
        start = mark.end() if mark else end
    text = reader.source.text[start:end].rstrip()
    return text, reader.source.span(start, start + len(text))


def _read_keys(root: yaml.MappingNode, reader: Reader) -> None:
    """Take over the known keys, the values of all but the artifacts as plain data."""
    unknown: list[tuple[yaml.ScalarNode, yaml.Node]] = []
    for name, key, value in pairs(root, reader, _FOLDED):
        if name != key.value:
            remedy, edit = f"write `{name}`", Edit(span=reader.of(key), text=name)
            message = f"the key `{key.value}` is written in capitals; it is read as `{name}`"
            reader.fault("P107", message, reader.of(key), severity=Severity.WARNING, help=remedy, edits=(edit,))
        if name not in KEYS:
            unknown.append((key, value))
            continue
        if is_null(value) or (value.tag != PLAIN and _is_blank(name, value)):
            continue
        reader.nodes[name] = (key, value)
        reader.put(name, value, value)
        if not isinstance(value, _NODES[name]):
            remedy = f"write {_EXAMPLES[KEYS[name]].format(name=name)}"
            reader.fault("P108", f"`{name}` must be {KEYS[name]}", reader.spans[name], help=remedy)
        elif name != "expected_artifacts":
            reader.values[name] = value.value if isinstance(value, yaml.ScalarNode) else plain(value, reader, name)
            if name in _JUDGED:
                _judge_value(name, value, reader)
    _refuse_keys(unknown, root, reader)


def _is_blank(name: str, value: yaml.Node) -> bool:
    """Tell whether a key of text is given blanks; of those with a choice that is a value that cannot be."""
    return _NODES[name] is yaml.ScalarNode is type(value) and not value.value.strip() and name not in CHOICES


def _judge_value(name: str, value: yaml.Node, reader: Reader) -> None:
    """Report a value that has the type of its key and cannot be, or not quite so."""
    if name == "allowed_tools":
        for item in value.value:
            if not isinstance(item, yaml.ScalarNode):
                reader.fault("P108", "each of `allowed_tools` must be text", reader.of(item))
    if name == "version" and is_number(value):
        reader.fault(
            "P106",
            f"`version: {value.value}` is a number in YAML; it is taken as the text `{value.value}`",
            reader.spans[name],
            severity=Severity.NOTE,
            help=f'write `version: "{value.value}"`',
            edits=(Edit(span=reader.spans[name], text=f'"{value.value}"'),),
        )
    choices = CHOICES.get(name)
    if choices and value.value not in choices:
        known = ", ".join(f"`{choice}`" for choice in choices)
        reader.fault("P109", f"`{name}` cannot be `{value.value}`", reader.spans[name], help=f"use one of {known}")


def _read_artifacts(reader: Reader, alias: str) -> Iterator[ArtifactSpec]:
    seen: dict[str, Span] = {}
    _, node = reader.nodes.get("expected_artifacts", (None, None))
    for item in node.value if isinstance(node, yaml.SequenceNode) else ():
        if not isinstance(item, yaml.MappingNode):
            message = "an expected artifact must be a mapping"
            reader.fault("P110", message, reader.of(item), help="give it `id:` and `type:`")
            continue
        given = _read_artifact(item, reader)
        if given is None:
            continue
        identifier, place = given["id"].value, reader.of(given["id"])
        folded = fold_id(identifier)
        if folded in seen:
            first = Label(span=seen[folded], text="first given here")
            message = f"artifact `{identifier}` is given twice"
            reader.fault("P104", message, place, labels=(first,), help="keep one of them")
            continue
        seen[folded] = place
        yield ArtifactSpec(
            id=identifier,
            primary="type" not in given or given["type"].value == "primary",
            description=given["description"].value if "description" in given else "",
            origin=Origin(alias=alias, span=place),
        )


def _refuse_keys(unknown: Sequence[tuple[yaml.ScalarNode, yaml.Node]], root: yaml.MappingNode, reader: Reader) -> None:
    """Report keys that there are not; one that can only be a slip of one that is not given yet can be mended."""
    if not unknown:
        return
    free = KEYS.keys() - {key.value.casefold() for key, _ in root.value if isinstance(key, yaml.ScalarNode)}
    for key, value in unknown:
        near = get_close_matches(key.value, KEYS, n=1)
        slip = get_close_matches(key.value, free, n=1, cutoff=_SLIP) if near else []
        sure = slip and slip == near and (is_null(value) or _can_be(slip[0], value))
        edits = (Edit(span=reader.of(key), text=slip[0]),) if sure else ()
        free.difference_update(edit.text for edit in edits)
        reader.fault(
            "P107",
            f"unknown key `{key.value}`",
            reader.of(key),
            severity=Severity.WARNING,
            help=f"did you mean `{near[0]}`?" if near else "move it under `metadata:`, which is free",
            edits=edits,
        )


def _can_be(name: str, value: yaml.Node) -> bool:
    """Tell whether a value may stand under a key, as far as it shows without reading it whole."""
    if not isinstance(value, _NODES[name]):
        return False
    if name in CHOICES:
        return value.value in CHOICES[name]
    if isinstance(value, yaml.SequenceNode):
        wanted = yaml.MappingNode if name == "expected_artifacts" else yaml.ScalarNode
        return all(isinstance(item, wanted) for item in value.value)
    return True


def _read_artifact(item: yaml.MappingNode, reader: Reader) -> dict[str, yaml.ScalarNode] | None:
    """Return the values of one artifact by key; None, with the reason as a finding, if it has no usable id."""
    given: dict[str, yaml.ScalarNode] = {}
    refused = set()
    for name, key, value in pairs(item, reader):
        if name not in ARTIFACT_KEYS:
            known = ", ".join(f"`{each}`" for each in ARTIFACT_KEYS)
            message = f"unknown key `{name}` in an expected artifact"
            reader.fault("P107", message, reader.of(key), severity=Severity.WARNING, help=f"its keys are {known}")
        elif not isinstance(value, yaml.ScalarNode):
            refused.add(name)
            reader.fault("P108", f"`{name}` of an expected artifact must be text", reader.of(value))
        elif not is_null(value) and (value.value.strip() or name == "type"):
            given[name] = value
    if "type" in given and given["type"].value not in ARTIFACT_TYPES:
        message = f"an expected artifact cannot be of type `{given['type'].value}`"
        reader.fault("P109", message, reader.of(given["type"]), help="use `primary` or `optional`")
    if "id" in given:
        return given
    if "id" not in refused:
        reader.fault("P110", "an expected artifact has no `id`", reader.of(item), help="add `id: some_name`")
    return None


def _require(reader: Reader, *, given: bool) -> None:
    """Report required keys that are absent or empty; one of the wrong type is reported already."""
    absent = [name for name in REQUIRED if not reader.values.get(name, "").strip()]
    missing = [name for name in absent if name not in reader.spans or name in reader.values]
    if missing:
        what = f"the frontmatter has no {' and no '.join(f'`{name}`' for name in missing)}"
        reader.fault(
            "P101",
            what if given else "the file has no frontmatter",
            reader.opening,
            help=f"add {' and '.join(f'`{name}: …`' for name in missing)}"
            if given
            else f"start the file with a `---` block that has {' and '.join(_line(reader, name) for name in REQUIRED)}",
        )


def _line(reader: Reader, name: str) -> str:
    """Return the line to write for a key, with the value that older spellings give: `<alias>`, `<!-- ALIAS: -->`."""
    tag, note = r"(?P<tag>[^<\s][^<\n]{0,199}?)", r"(?P<note>(?!-->)\S[^\n]{0,199}?)"
    older = rf"<{name}>\s*{tag}\s*</{name}>|<!--\s*{name}:\s*{note}\s*-->"
    found = re.search(older, reader.source.text, re.IGNORECASE)
    value = (found["tag"] or found["note"]) if found else "…"
    value = value.split()[0] if name == "alias" else value  # "ADA-1 (API Architect)"
    as_written = re.fullmatch(r"[A-Za-z][\w./-]*(?: [\w./-]+)*|…", value)
    return f"`{name}: {value}`" if as_written else f"`{name}: {json.dumps(value, ensure_ascii=False)}`"
