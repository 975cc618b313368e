"""Persona names to everything that is wrong with them; its one rule: one bad file never hides the faults of another."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library, persona_files
from dramaturg.plan.compile import compile_plan
from dramaturg.run.kernels import load_kernel


def check_personas(library: Library, prompts: Path, names: Iterable[str], *, strict: bool) -> tuple[Finding, ...]:
    """Check personas by alias, file or folder, their parents included; each fault once, in the order met.

    Args:
        library: Where aliases are looked up.
        prompts: The prompt kernels an `engine_version` may name.
        names: What to check.
        strict: Make warnings errors.

    Raises:
        CallerError: A name is no persona, or a file cannot be read.
    """
    found: dict[Finding, None] = {}
    for name in names:
        for finding in _faults(library, prompts, name, strict=strict):
            found[finding.as_error() if strict else finding] = None
    return tuple(found)


def persona_names(names: Iterable[str]) -> list[str]:
    """Return names with each folder replaced by the persona files below it; CallerError for a folder without any."""
    whole: list[str] = []
    for name in names:
        folder = os.path.isdir(name)  # noqa: PTH112 - Path.is_dir raises for what can be no path, such as a long text
        files = [str(path) for path in persona_files(Path(name))] if folder else [name]
        if not files:
            raise CallerError(f"there is no persona file below `{name}`; they are called `NAME.persona.md`")
        whole += files
    return whole


def _faults(library: Library, prompts: Path, name: str, *, strict: bool) -> Iterator[Finding]:
    try:
        persona = library.load(name, strict=strict)
        load_kernel(prompts, persona)
        yield from compile_plan(persona).findings if persona.steps else persona.findings
    except AuthorError as error:
        yield from error.findings
        return
    meant = library.find(persona.alias)
    if isinstance(meant, Finding) and meant.rule == "P303":
        yield replace(meant, span=persona.head)
