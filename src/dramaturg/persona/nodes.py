"""A file's frontmatter to YAML nodes with places; its one rule: fail closed, and say at which character.

python-frontmatter splits and dispatches; the handler here loads YAML nodes, because only nodes have positions.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from frontmatter.default_handlers import BaseHandler

from dramaturg.findings.model import Edit, Label
from dramaturg.findings.source import Source
from dramaturg.persona.composing import PLAIN, compose
from dramaturg.persona.reader import Reader
from dramaturg.persona.tags import SLOTS

_FENCE = re.compile(r"-(?<![^\n]-)--[ \t]*\r?$", re.MULTILINE)  # `^---` in a form that is searched by its first letter
_FIRST = re.compile(r"---[ \t]*\r?$", re.MULTILINE)  # behind a byte order mark no line begins
_LATE = re.compile(
    r"(?:[ \t]*+(?:<!--[^\n]*-->|`{3,}[\w-]*|~{3,}[\w-]*)?[ \t]*\r?\n){1,20}(?=---[ \t]*\r?\n[ \t]*\w+[ \t]*:)"
    rf"|(?:(?!---|<(?:SECTION\b|{'|'.join(SLOTS)}))[^\n]*\n){{1,20}}?"
    r"(?=---[ \t]*\r?\n(?:(?!---)[^\n]*\n){0,40}?alias[ \t]*:)",
    re.IGNORECASE,
)
_UNOPENED = re.compile(
    r"\s*(?:alias|title|version)[ \t]*:[^\n]*\n(?=(?:(?!---|<)[^\n]*\n){0,60}?---[ \t]*\r?$)", re.MULTILINE
)
_NEARLY_CLOSED = re.compile(r"^(?:[ \t]+---|--|-{4,}|[–—]+-*)[ \t]*\r?$", re.MULTILINE)
_BODY = re.compile(rf"^<(?:SECTION\b|{'|'.join(SLOTS)})[^<>\n]*>", re.MULTILINE | re.IGNORECASE)
_BOM = "\ufeff"
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))  # https://yaml.org/type/null.html
_RESOLVER: Any = yaml.resolver.Resolver()


class Handler(BaseHandler):
    """Splits at lines that are exactly `---` and loads positioned nodes.

    The offsets are taken from the source as read: python-frontmatter hands over a text whose line ends it changed.
    """

    FM_BOUNDARY = _FENCE

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.reader = Reader(source=source, opens=(0, min(3, len(source.text))))
        self.root: yaml.MappingNode | None = None
        self.found = False
        self.body_at = len(_BOM) if source.text.startswith(_BOM) else 0

    def split(self, text: str) -> tuple[str, str]:
        """Return frontmatter and body; ValueError, which python-frontmatter expects, when there is none."""
        del text
        whole = self.reader.source.text
        opening = _FIRST.match(whole, self.body_at) or self._late(whole)
        if opening is None:
            self._unopened(whole)
        else:
            self.reader.opens = (opening.start(), opening.start() + 3)
            self.reader.start = min(opening.end() + 1, len(whole))
        self.found = True
        closing = _FENCE.search(whole, self.reader.start)
        end = closing.start() if closing else len(whole)
        body = _BODY.search(whole, self.reader.start, end) if "\n<" in whole[self.reader.start - 1 : end] else None
        if closing is None or body:
            end = self._unclosed(body)
        else:
            self.body_at = min(closing.end() + 1, len(whole))
        return whole[self.reader.start : end], whole[self.body_at :]

    def _late(self, whole: str) -> re.Match[str] | None:
        """Return where frontmatter opens behind blank lines, comments or a fence, and report it; None for nowhere."""
        before = _LATE.match(whole, self.body_at)
        if before is None:
            return None
        place = self.reader.source.span(before.end(), before.end() + 3)
        remedy = "remove what stands above it"
        self.reader.fault("P114", "the frontmatter does not open on the first line", place, help=remedy)
        return _FIRST.match(whole, before.end())

    def _unopened(self, whole: str) -> None:
        """Report frontmatter that lacks its first line, and read on; ValueError where there is none at all."""
        first = _UNOPENED.match(whole, self.body_at)
        if first is None:
            raise ValueError("no frontmatter")
        start = len(whole) - len(whole[self.body_at :].lstrip())
        self.reader.opens = (start, start + len(whole[start:].split(maxsplit=1)[0]))
        edit = Edit(span=self.reader.source.span(start, start), text="---\n")
        remedy = "put a line `---` above it"
        what = "the frontmatter does not open with `---`"
        self.reader.fault("P114", what, self.reader.opening, help=remedy, edits=(edit,))
        self.reader.start = start

    def _unclosed(self, body: re.Match[str] | None) -> int:
        """Report that no line closes the frontmatter; return where it must have ended."""
        source, whole = self.reader.source, self.reader.source.text
        end = body.start() if body else len(whole)
        label = (Label(span=source.span(end, body.end()), text="the body begins here"),) if body else ()
        edit = Edit(span=source.span(end, end), text="---\n")
        nearly, remedy = (
            _NEARLY_CLOSED.search(whole, self.reader.start, end),
            "end it with a line that is exactly `---`",
        )
        if nearly:
            remedy = f"replace `{nearly[0].rstrip()}` by `---`"
            place = source.span(nearly.start(), nearly.start() + len(nearly[0].rstrip()))
            label = (Label(span=place, text="this closes nothing; did you mean `---`?"),)
            edit = Edit(span=place, text="---")
        self.reader.fault(
            "P102",
            "the frontmatter is never closed",
            self.reader.opening,
            note="opened here",
            labels=label,
            help=remedy,
            edits=(edit,) if body or nearly else (),
        )
        self.reader.unreadable = not (body or nearly)
        self.body_at = min(nearly.end() + 1, len(whole)) if nearly else end
        return nearly.start() if nearly else end

    def load(self, fm: str) -> dict[str, Any]:
        """Keep the root node; what it means is read from there, so python-frontmatter is given nothing."""
        node = compose(fm, self.reader)
        if isinstance(node, yaml.MappingNode):
            self.root = node
        elif node is not None:
            remedy = "write one `key: value` a line, at least `alias: …` and `title: …`"
            self.reader.fault("P103", "the frontmatter is not a mapping", self.reader.at(node.start_mark), help=remedy)
        self.reader.unreadable |= node is None and any(found.rule != "P114" for found in self.reader.findings)
        self.reader.unreadable |= node is not None and self.root is None
        return {}


def pairs(
    node: yaml.MappingNode, reader: Reader, fold: Mapping[str, str] | None = None
) -> Iterator[tuple[str, yaml.ScalarNode, yaml.Node]]:
    """Yield each key once with its node and its value's node; a second one is a fault and is not used.

    Args:
        node: The mapping.
        reader: Where faults go.
        fold: What a key is read as, by its spelling without case; a key that is not there is read as it is written.
    """
    seen: dict[str, yaml.Node] = {}
    known = fold or {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            reader.fault("P103", "a key must be plain text", reader.at(key.start_mark), help="write `key: value`")
            continue
        name = known.get(key.value.casefold(), key.value) if known else key.value
        if name in seen:
            first = Label(span=reader.of(seen[name]), text="first given here")
            message = f"`{key.value}` is given twice"
            reader.fault("P104", message, reader.of(key), labels=(first,), help="keep one of them")
            continue
        seen[name] = key
        yield name, key, value


def plain(node: yaml.Node, reader: Reader, path: str) -> Any:
    """Return a node as lists, dicts and text; scalars stay the text the author wrote, no value is None."""
    if isinstance(node, yaml.MappingNode):
        values = {}
        for name, key, value in pairs(node, reader):
            reader.put(f"{path}.{name}", key, value)
            values[name] = plain(value, reader, f"{path}.{name}")
        return values
    if isinstance(node, yaml.SequenceNode):
        return [plain(item, reader, path) for item in node.value]
    return None if is_null(node) else node.value


def is_null(node: yaml.Node) -> bool:
    """Tell whether a key was given without a value."""
    if not isinstance(node, yaml.ScalarNode):
        return False
    return node.value in _NULLS if node.tag == PLAIN else node.tag.endswith(":null")


def is_number(node: yaml.Node) -> bool:
    """Tell whether YAML takes a text for a number."""
    if node.tag != PLAIN:
        return node.tag.endswith((":int", ":float"))
    if node.value.count(".") > 1:  # most versions, and no number
        return False
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, node.value, (True, False))
    return tag.endswith((":int", ":float"))
