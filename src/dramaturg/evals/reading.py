"""A suite file to a suite; its one rule: every fault of the file in one pass, each where it stands.

E101 it is no YAML, or says something twice · E102 unknown key · E103 a value is missing or cannot be so · E104 two
things have one name · E105 there is no such scorer
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.nodes import line_of, place_in, plain_data, reader_of
from dramaturg.evals.scorers.kinds import SCORERS
from dramaturg.evals.suite import Case, Gate, Given, Suite
from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.persona.composing import compose
from dramaturg.persona.files import SUFFIXES, is_folder
from dramaturg.persona.reader import Reader

SUFFIX = ".suite.yaml"
_SHOWN = 8  # suites that are named instead of one that is not there
_RULES = {"P103": "E101", "P104": "E101", "P105": "E101"}
_WORDS = {
    "extra_forbidden": "unknown key",
    "missing": "it is missing",
    "too_short": "it is empty",
    "string_pattern_mismatch": "it cannot be written so",
}
_Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class SuiteFile:
    """A suite and the file it stands in.

    Attributes:
        path: The file.
        text: What it says.
        suite: What that means; its name is that of the file where it gives none.
    """

    path: Path
    text: str
    suite: Suite

    @property
    def folder(self) -> Path:
        """The folder that paths of the suite are relative to."""
        return self.path.parent

    @property
    def answers(self) -> Path | None:
        """The file of the answers that go with the suite; None where there are to be none."""
        return self.folder / self.suite.recorded if self.suite.recorded else None

    @cached_property
    def _reader(self) -> tuple[Reader, yaml.Node | None]:
        reader = reader_of(self.path, self.text, "the suite", _RULES)
        return reader, compose(self.text, reader)

    def place(self, *path: str | int) -> Span:
        """Return where a value of the suite stands, by its keys and positions; what holds it, where it is not there."""
        reader, root = self._reader
        return place_in(root, path, reader)


def read_suite(path: Path) -> SuiteFile:
    """Read a suite; CallerError for a file that cannot be read or is a persona, and otherwise as `parse_suite`."""
    if path.name.endswith(SUFFIXES):
        raise CallerError(f"`{path}` is a persona, no suite; {_others(path)}")
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise CallerError(f"the suite `{path}` cannot be read: {error.strerror or error}; {_others(path)}") from error
    except UnicodeDecodeError as error:
        raise CallerError(f"the suite `{path}` is not UTF-8 text; save it as UTF-8") from error
    return parse_suite(path, text)


def _others(path: Path) -> str:
    """Return which suites there are instead of one that cannot be read: in its folder, else in `evals`."""
    folders = [path if is_folder(path) else path.parent, Path("evals")]
    there = [sorted(folder.glob(f"*{SUFFIX}")) for folder in folders if is_folder(folder)]
    found = next(filter(None, there), [])
    by_name = {each.name.removesuffix(SUFFIX): each for each in found}
    near = get_close_matches(path.name.split(".")[0].casefold(), by_name, n=1)
    if near and not is_folder(path):
        return f"did you mean `{by_name[near[0]]}`?"
    listed = ", ".join(f"`{each}`" for each in found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    return f"name one of {listed}" if found else "`dramaturg eval new PERSONA` begins a suite"


def parse_suite(path: Path, text: str) -> SuiteFile:
    """Return the suite that the text of a file says.

    Raises:
        AuthorError: It says none; all findings at once.
    """
    reader = reader_of(path, text, "the suite", _RULES)
    root = compose(text, reader)
    if root is None or not isinstance(root, yaml.MappingNode):
        if not reader.findings:
            place = reader.source.span(0, min(1, len(text)))
            reader.fault("E101", "the suite is no mapping", place, help="begin with `personas:` and `cases:`")
        raise AuthorError(tuple(reader.findings))
    data = plain_data(root, reader)
    suite = None
    reader.findings += _doubles(data, root, reader)
    try:
        suite = Suite.model_validate(data)
    except ValidationError as error:
        reader.findings += _misfits(error, root, reader)
    if reader.findings or suite is None:
        raise AuthorError(tuple(sorted(reader.findings, key=line_of)))
    return named_file(path, text, suite)


def named_file(path: Path, text: str, suite: Suite) -> SuiteFile:
    """Return a suite and its file, by whose name it goes where it gives none."""
    named = suite if suite.name else suite.model_copy(update={"name": path.name.split(".")[0]})
    return SuiteFile(path=path, text=text, suite=named)


def _misfits(error: ValidationError, root: yaml.Node, reader: Reader) -> Iterator[Finding]:
    """Yield what is wrong with the values."""
    for kind, message, path in misfits(error):
        yield _misfit(kind, message, _as_written(root, path), root, reader)


def misfits(error: ValidationError) -> Iterator[tuple[str, str, _Path]]:
    """Yield kind, words and path of what does not fit; what does not only because a part of it does not is left out."""
    details = error.errors(include_url=False)
    paths = [tuple(detail["loc"]) for detail in details]
    for detail, path in zip(details, paths, strict=True):
        inside = any(other != path and other[: len(path)] == path for other in paths)
        if not (detail["type"] == "too_short" and inside):
            yield detail["type"], detail["msg"], path


def _misfit(kind: str, message: str, path: _Path, root: yaml.Node, reader: Reader) -> Finding:
    name = str(path[-1]) if path else "suite"
    span = place_in(root, path, reader, key=kind == "extra_forbidden")
    if kind == "extra_forbidden":
        return _fault("E102", f"unknown key `{name}`", span, _nearest(name, _known(path)))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        written = _written(root, path)
        what = f"there is no scorer `{written}`" if written else "a scorer is a name, or one name with what it is given"
        return _fault("E105", what, span, _nearest(written, SCORERS))
    said = _WORDS.get(kind) or message.removeprefix("Value error, ").removeprefix("Input should be ")
    said = said.split(", unable to parse")[0]
    verb = "" if kind in _WORDS or kind == "value_error" else "must be "
    return _fault("E103", f"{_spoken(path)}: {verb}{said}", span, _remedy(path))


def _as_written(root: yaml.Node, path: _Path) -> _Path:
    """Return a path without the field that a model alone stands for, `judge: MODEL`."""
    alone = isinstance(root, yaml.MappingNode) and any(
        key.value == "judge" and isinstance(value, yaml.ScalarNode) for key, value in root.value
    )
    return path[:1] if alone and path[:1] == ("judge",) else path


def _spoken(path: _Path) -> str:
    """Return a path as a person would write it: `cases[0].artifacts.design`."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"`{words.lstrip('.') or 'suite'}`"


def _remedy(path: _Path) -> str:
    """Return what the field at a path, or the one whose list it is in, is for."""
    named = path[: 1 + max((at for at, part in enumerate(path) if isinstance(part, str)), default=0)]
    field = _field(named)
    return f"{named[-1]}: {field}" if field else ""


def _field(path: _Path) -> str:
    """Return what the field at a path is for."""
    name = str(path[-1]) if path else ""
    scorer = next((SCORERS[str(part)] for part in path if part in SCORERS), None)
    for model in filter(None, (scorer, *_models(path))):
        if name in model.model_fields:
            return model.model_fields[name].description or ""
    return ""


def _models(path: _Path) -> Sequence[type[BaseModel]]:
    inside: Mapping[str, type[BaseModel]] = {"cases": Case, "gate": Gate}
    return [inside[str(part)] for part in path[:-1] if part in inside] or [Suite]


def _known(path: _Path) -> Iterable[str]:
    """Return the keys there may be where an unknown one stands."""
    scorer = next((SCORERS[str(part)] for part in reversed(path[:-1]) if part in SCORERS), None)
    if scorer is not None:
        return [field.alias or name for name, field in scorer.model_fields.items() if name != "kind"]
    if "artifacts" in path[:-1]:
        return Given.model_fields
    return _models(path)[0].model_fields


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, [*known], n=1)
    return f"did you mean `{near[0]}`?" if near else f"there is {', '.join(f'`{each}`' for each in known)}"


def _doubles(data: Mapping[str, Any], root: yaml.Node, reader: Reader) -> Iterator[Finding]:
    """Yield what has the name of something before it."""
    named: Mapping[str, Sequence[tuple[str, _Path]]] = {
        "persona": [(name, ("personas", at)) for at, name in _texts(data.get("personas"))],
        "model": [(name, ("models", at)) for at, name in _texts(data.get("models"))],
        "case": [(name, ("cases", at, "id")) for at, name in _texts(data.get("cases"), "id")],
        "scorer": [(name, ("scorers", at)) for at, name in _texts(data.get("scorers"), "name")],
    }
    for kind, names in named.items():
        places: dict[str, list[_Path]] = defaultdict(list)
        for name, path in names:
            places[name].append(path)
        for name, (first, *others) in places.items():
            label = Label(span=place_in(root, first, reader), text="first given here")
            for path in others:
                remedy = "give one of them a `name:`" if kind == "scorer" else "keep one of them, or rename it"
                yield _fault("E104", f"two {kind}s are called `{name}`", place_in(root, path, reader), remedy, label)


def _texts(listed: Any, key: str = "") -> Iterator[tuple[int, str]]:
    """Yield position and name of what a list names: the text itself, else what stands under a key."""
    for at, each in enumerate(listed if isinstance(listed, list) else ()):
        inside = next(iter(each.values())) if isinstance(each, dict) and len(each) == 1 and key == "name" else each
        given = inside.get(key) if isinstance(inside, dict) else None
        name = given or (next(iter(each), None) if isinstance(each, dict) and key == "name" else each)
        if isinstance(name, str):
            yield at, name


def _written(root: yaml.Node, path: _Path) -> str:
    """Return the name that a scorer is given by; empty where it is none."""
    node: Any = root
    for part in path:
        node = (
            node.value[part] if isinstance(part, int) else next(value for key, value in node.value if key.value == part)
        )
    if isinstance(node, yaml.MappingNode):
        return str(node.value[0][0].value) if len(node.value) == 1 else ""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _fault(rule: str, message: str, span: Span, remedy: str, *labels: Label) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, help=remedy, labels=labels)
