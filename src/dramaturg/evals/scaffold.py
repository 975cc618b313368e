"""A persona and some files to the file of a new suite; its one rule: what is begun here can be performed."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path

import yaml

from dramaturg.errors import CallerError
from dramaturg.evals.reading import SUFFIX
from dramaturg.evals.schema import SCHEMA_FILE, suite_schema
from dramaturg.evals.suite import slug
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan
from dramaturg.run.inputs import collect_artifacts

_SUITE = """# yaml-language-server: $schema={schema}
# Does an edit make {alias} better or worse? `dramaturg eval run {path} --baseline HEAD`
name: {name}
personas: {persona}
models: evidence # no key, no network; name a language model here or with --models
repeats: 5 # how often each case is performed: one performance of a language model says little

# What each performance is scored by; one that a required scorer does not pass has failed.
# These four accept what is declared missing; add some that bite, such as answered, contains or open_questions.
scorers:
  - sections # are all sections there that the baseline has, in its order?
  - coverage # is each demand of the baseline answered, or declared missing?
  - citations # does every quote stand in its artifact?
  - markdown

# When the verdict is red: one in twenty harmless edits at the most, and nothing that costs over ten points.
gate:
  metrics: pass
  margin: 10

cases:
{cases}"""
_WORD = "tag:yaml.org,2002:str"
_CASE = """  - id: {id}
    artifacts:
{artifacts}
    # What else this case is scored by: what it must leave open, what must stand in its document.
    # scorers:
    #   - open_questions: [words of a question that must be left open]
    #   - contains: [words that must stand in the document]
"""


def begin_suite(library: Library, persona: str, files: Sequence[Path], path: Path | None = None) -> Path:
    """Write a suite for a persona, and the schema for editors beside it; return the suite's path.

    Args:
        library: Where the persona is found.
        persona: Its alias, or the path of its file.
        files: Each becomes the primary artifact of a case; without any there is a case with a text to be rewritten.
        path: The suite's file; None for one under `evals`.

    Raises:
        CallerError: There is no such persona, a file cannot be an artifact, or the suite cannot be written.
        AuthorError: The persona has errors.
    """
    loaded = library.load(persona)
    path = path or Path("evals") / f"{slug(loaded.alias)}{SUFFIX}"
    folder = path.parent
    named = os.path.relpath(persona, folder) if persona.endswith(".md") else loaded.alias
    text = _SUITE.format(
        schema=SCHEMA_FILE,
        alias=loaded.alias,
        path=path,
        name=_quoted(_as_name(path.name.split(".")[0]) or slug(loaded.alias)),
        persona=_quoted(named),
        cases="".join(_cases(compile_plan(loaded), files, folder)),
    )
    schema = json.dumps(suite_schema(), ensure_ascii=False, indent=2) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CallerError(f"`{path}` cannot be written: a file it names is not named in UTF-8; rename that") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        (folder / SCHEMA_FILE).write_text(schema, encoding="utf-8")
    except FileExistsError as error:
        raise CallerError(f"`{path}` is there already; give another file with `-o`") from error
    except OSError as error:
        raise CallerError(f"`{path}` cannot be written: {error.strerror or error}") from error
    return path


def _cases(plan: Plan, files: Sequence[Path], folder: Path) -> list[str]:
    primaries = [spec for spec in plan.persona.artifacts if spec.primary]
    first, *others = [spec.id for spec in primaries] or ["input"]
    if not files:
        return [_case("first", [_text(name) for name in (first, *others)])]
    _require_readable(plan, first, files)
    rest = [_text(name) for name in others]
    return [
        _case(name, [f"      {first}: {_quoted(os.path.relpath(file, folder))}", *rest])
        for name, file in zip(_names(files), files, strict=True)
    ]


def _require_readable(plan: Plan, artifact: str, files: Sequence[Path]) -> None:
    """Raise CallerError for all files that no case can be made of: not there, empty, no text, or given before."""
    faults = [f"`{file}` is given twice; give it once" for file, times in Counter(files).items() if times > 1]
    for file in dict.fromkeys(files):
        try:
            collect_artifacts(plan, {artifact: file}, whole=False)
        except CallerError as error:
            faults.append(error.message)
    if faults:
        raise CallerError("\n".join(faults))


def _names(files: Sequence[Path]) -> list[str]:
    """Return a name for each case: its file's, with its folder's, then its whole path where two would have one name."""
    paths = [Path(os.path.abspath(file)) for file in files]  # noqa: PTH100 - `..` has the name of what it leads to
    common = os.path.commonpath([path.parent for path in paths])
    names = [_as_name(path.stem) for path in paths]
    for longer in (
        [f"{path.parent.name} {path.stem}" for path in paths],
        [str(path.relative_to(common)) for path in paths],
    ):
        names = [name if names.count(name) == 1 else _as_name(more) for name, more in zip(names, longer, strict=True)]
    return [*_numbered(names)]


def _as_name(text: str) -> str:
    """Return a text as suites may call something; empty where no character of it can be said."""
    return " ".join(re.sub(r"[^\w.+-]", " ", text).lstrip(" .+-").split())


def _numbered(names: Iterable[str]) -> Iterator[str]:
    taken: set[str] = set()
    for name in (each or "case" for each in names):
        free = next(each for each in chain([name], (f"{name} {number}" for number in count(2))) if each not in taken)
        taken.add(free)
        yield free


def _case(name: str, artifacts: Sequence[str]) -> str:
    return _CASE.format(id=_quoted(name), artifacts="\n".join(artifacts))


def _text(name: str) -> str:
    return f"      {name}:\n        text: |\n          Rewrite this: it is what the persona works from."


def _quoted(text: str) -> str:
    """Return a text in quotes that JSON and YAML read alike; a plain word needs none, and `null` and `17` are none."""
    node = yaml.compose(text) if text.replace("-", "").replace("_", "").isalnum() else None
    return text if node is not None and node.tag == _WORD else json.dumps(text, ensure_ascii=False)
