"""A persona and some files to the file of a new suite; its one rule: what is begun here can be performed."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.evals.reading import SUFFIX
from dramaturg.evals.schema import SCHEMA_FILE, suite_schema
from dramaturg.evals.suite import slug
from dramaturg.persona.library import Library
from dramaturg.persona.model import ArtifactSpec

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
        CallerError: There is no such persona or file, or the suite cannot be written.
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
        name=_quoted(path.name.split(".")[0]),
        persona=_quoted(named),
        cases="".join(_cases(loaded.artifacts, files, folder)),
    )
    schema = json.dumps(suite_schema(), ensure_ascii=False, indent=2) + "\n"
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


def _cases(declared: Sequence[ArtifactSpec], files: Sequence[Path], folder: Path) -> list[str]:
    primaries = [spec for spec in declared if spec.primary]
    first, *others = [spec.id for spec in primaries] or ["input"]
    if not files:
        return [_case("first", [_text(name) for name in (first, *others)])]
    missing = next((file for file in files if not file.exists()), None)
    if missing is not None:
        raise CallerError(f"there is no file `{missing}`; give files that cases are to be made of")
    names = _apart(files)
    rest = [_text(name) for name in others]
    return [
        _case(name, [f"      {first}: {_quoted(os.path.relpath(file, folder))}", *rest])
        for name, file in zip(names, files, strict=True)
    ]


def _apart(files: Sequence[Path]) -> list[str]:
    """Return a name for each file: its own, with its folder's where two would have one name."""
    stems = [file.stem for file in files]
    return [
        stem if stems.count(stem) == 1 else f"{file.parent.name} {stem}"
        for stem, file in zip(stems, files, strict=True)
    ]


def _case(name: str, artifacts: Sequence[str]) -> str:
    return _CASE.format(id=_quoted(name), artifacts="\n".join(artifacts))


def _text(name: str) -> str:
    return f"      {name}:\n        text: |\n          Rewrite this: it is what the persona works from."


def _quoted(text: str) -> str:
    """Return a text in quotes that JSON and YAML read alike; a plain word needs none."""
    return text if text.replace("-", "").replace("_", "").isalnum() and not text.isdecimal() else json.dumps(text)
