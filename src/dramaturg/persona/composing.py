"""The text of a YAML document to its nodes; its one rule: nothing is composed that shares or nests without bound."""

import re
from typing import Any

import yaml
from yaml.reader import Reader as Characters

from dramaturg.persona.reader import Reader

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

PLAIN = "?"
_SUSPECT = (*"&*!{}[]", "\n---", "\n...")  # nothing is to refuse where none of these stands
_DEEP = "-" * 40  # what a line begins with that is nested deeply, all marks made one
_CLOSING = {"[": "]", "{": "}"}
_MAX_DEPTH = 40


class Loader(SafeLoader):
    """Leaves untold what a plain scalar may be to YAML: only nulls and numbers matter, and those in few places.

    The tag of a scalar that has none is one of the two that YAML calls non-specific (https://yaml.org/spec/1.2.2/#691):
    `PLAIN`, or `!` for one in quotes.
    """

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        """Return the tag of a node that has none; of a scalar `implicit` says first whether it is plain."""
        del value
        return PLAIN if kind is yaml.ScalarNode and implicit[0] else "!"

    def descend_resolver(self, node: yaml.Node | None, index: Any) -> None:
        """Keep no path to a node: no type depends on where one stands."""

    def ascend_resolver(self) -> None:
        """Do as little on the way back."""


def compose(fm: str, reader: Reader) -> yaml.Node | None:
    """Return the root node of a YAML text; None for an empty one, and for one that must not or cannot be composed."""
    flat = fm.replace(" ", "-").replace("\t", "-").replace("?", "-").replace(":", "-")
    suspect = _DEEP in flat or fm.startswith(("---", "...")) or any(map(fm.__contains__, _SUSPECT))
    try:
        return None if suspect and not _may_be_composed(fm, reader) else yaml.compose(fm, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        _refuse_yaml(error, reader)
    except (yaml.reader.ReaderError, UnicodeEncodeError):
        _refuse_characters(fm, reader)
    return None


def _refuse_characters(fm: str, reader: Reader) -> None:
    """Report the characters that YAML does not admit, those that stand together as one."""
    for strange in re.finditer(f"{Characters.NON_PRINTABLE.pattern}+", fm):
        place = reader.source.span(reader.start + strange.start(), reader.start + strange.end())
        message = f"{reader.subject} holds the character U+{ord(strange[0][0]):04X}, which YAML does not admit"
        reader.fault("P103", message, place, help="remove it")


def _refuse_yaml(error: yaml.MarkedYAMLError, reader: Reader) -> None:
    """Report what the YAML parser cannot read, with the remedy for what people do most."""
    mark: Any = error.problem_mark
    remedy = "quote a value that contains `:`, `#` or a leading `*`"
    if "quoted scalar" in str(error.context):
        mark, remedy = error.context_mark, "close the quote"
    remedy = _misplaced_key(error, reader) or remedy
    text, at = reader.source.text, reader.start + mark.index
    opened = _unclosed(error, text[at:].strip())
    if opened is not None:
        at = reader.start + opened.index
        remedy = f"close it with `{_CLOSING[text[at]]}`" if text[at : at + 1] in _CLOSING else remedy
    if text[at : at + 1] == "\t":
        remedy = "indent with spaces; YAML does not admit tabs there"
    place = reader.source.span(at, min(at + 1, len(text)))
    reader.fault("P103", f"{reader.subject} is not valid YAML: {error.problem}", place, help=remedy)


def _misplaced_key(error: yaml.MarkedYAMLError, reader: Reader) -> str:
    """Return the remedy for a key that the parser takes for a part of the line above; empty where it is none."""
    mark: Any = error.problem_mark
    *above, line = reader.source.text[reader.start : reader.start + mark.index].split("\n")
    if "mapping values" not in str(error.problem) or ":" in line or not above:
        return ""
    before = next((each for each in reversed(above) if each.strip()), "")
    if before and ":" not in before and " " not in (before[0], line[:1]):  # an indented line may go on with a text
        return f"the line above has no `:`; write `key: value` there, such as `{before.split()[0]}: …`"
    indent = len(line) - len(line.lstrip())
    return "begin the key where those above begin" if indent > len(before) - len(before.lstrip()) else ""


def _unclosed(error: yaml.MarkedYAMLError, rest: str) -> Any:
    """Return the mark of the bracket or brace that is never closed; None where something else is wrong.

    The parser notices it where the next line begins, or the text ends, which explains nothing.
    """
    opening: Any = error.context_mark
    problem: Any = error.problem_mark
    if opening is None or "flow" not in str(error.context):
        return None
    return opening if not rest or problem.line > opening.line else None


def _may_be_composed(fm: str, reader: Reader) -> bool:
    """Report indirection and excess; nodes that share or nest without bound are never made."""
    depth, documents, indirect = 0, 0, False
    for event in yaml.parse(fm, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > _MAX_DEPTH or documents > 1:
            what = f"is nested more than {_MAX_DEPTH} deep" if depth > _MAX_DEPTH else "holds a second YAML document"
            reader.fault("P103", f"{reader.subject} {what}", reader.at(event.start_mark), help="remove it")
            return False
        indirect |= _refuse_indirection(event, reader)
    return not indirect


def _refuse_indirection(event: yaml.Event, reader: Reader) -> bool:
    """Report an alias, an anchor or a tag; tell whether it is one of the first two."""
    place = reader.at(event.start_mark, event.end_mark)
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":
        remedy = "remove the tag; plain values are enough"
        reader.fault("P105", f"the tag `{tag}` is not allowed in {reader.subject}", place, help=remedy)
    if getattr(event, "anchor", None) is None:
        return False
    remedy = "write the value out where it is used"
    reader.fault("P105", f"anchors and aliases are not allowed in {reader.subject}", place, help=remedy)
    return True
