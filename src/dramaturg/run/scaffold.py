"""An alias to the file of a new persona; its one rule: what is begun here checks clean and can be performed."""

import json
import re
from pathlib import Path

from dramaturg.errors import CallerError
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library, persona_of
from dramaturg.persona.scan import scan

_ALIAS = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*")
_INHERITED = """# What the parent says holds here too; a block or directive of the same name replaces it.
inherits_from: {base}
"""
_PHILOSOPHY = """<philosophy>A review is worth what its reader can check. Every remark names what it rests on; \
what the text does not say is a result too.</philosophy>

"""
_PERSONA = """---
# `dramaturg schema` tells every key that can stand here.
alias: {alias}
version: "0.1.0"
title: {title}
description: "Reads a text and says what it claims, what it leaves open and what to do about it."
status: draft
{inherited}# What is claimed must quote an artifact; with `generative` it need not.
input_mode: evidence-driven
# What a run needs; the file that `dramaturg run` is given is the one primary artifact.
expected_artifacts:
  - id: source_text
    type: primary
    description: "The text to review."
---

<!-- A comment between blocks or steps is for authors; no model sees it. -->

{philosophy}<primary_directive>To tell a reader what the text claims, what it leaves open, and what to do next.\
</primary_directive>

<operational_protocol>
    <!-- The first verb says what a step is. Ingest, read, load: it takes in what a run is given. -->
    <Step number="1" name="Ingest">Ingest the `SOURCE_TEXT`.</Step>

    <!-- Analyze, identify, compare: notes for the steps below, which the document does not show. -->
    <Step number="2" name="Weigh">Identify the claims of the text, what supports each of them, and where two of them \
contradict each other.</Step>

    <!-- Produce, write, list: a section under the title in backticks. After "MUST cover:" each bullet is owed; an
         answer that leaves one out is rejected. -->
    <Step number="3" name="Findings">Produce the `FINDINGS` section. It MUST cover:
        - **Claims:** What the text states, each with the passage that states it.
        - **Gaps:** What its reader has to know and the text does not say.
    </Step>

    <!-- The title decides the layout too: this one is a checklist. format="table" on the step would say otherwise. -->
    <Step number="4" name="Actions">Produce the `ACTION CHECKLIST` section. It MUST cover:
        - **Next step:** What has to be done first, and what it depends on.
        - **Check:** How to see that it was done.
    </Step>

    <!-- Combine, assemble, merge: done by code. -->
    <Step number="5" name="Assemble">Combine the sections into one document.</Step>
</operational_protocol>
"""


def begin_persona(library: Library, alias: str, *, base: str = "", title: str = "", path: Path | None = None) -> Path:
    """Write a small persona that works, to be rewritten, and return its path.

    Args:
        library: Where the alias must be new, and the parent known.
        alias: What it is to be called; slashes make folders.
        base: The alias of its parent; empty for none.
        title: Its title; empty for one made of the alias.
        path: Its file; None for the place under `personas` that the alias names.

    Raises:
        CallerError: The alias, the title or the file cannot be used.
        AuthorError: The parent, or one of its own, has errors.
    """
    _require_new(library, alias)
    title = title or _title(alias)
    if not title.strip() or not title.isprintable():
        raise CallerError(f"{title!r} cannot be a title; give one line of text")
    path = path or Path("personas") / f"{alias}.persona.md"
    if path.suffix != ".md":
        raise CallerError(f"`{path}` would not be found as a persona; call it `NAME.persona.md`")
    text = _text(alias, title, _parent(library, base) if base else "")
    persona_of(scan(str(path), text), library.read)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise CallerError(f"`{error.filename}` is there already; choose another alias, or a file with `-o`") from error
    except OSError as error:
        raise CallerError(f"`{path}` cannot be written: {error.strerror or error}") from error
    return path


def _require_new(library: Library, alias: str) -> None:
    if not _ALIAS.fullmatch(alias) or alias.endswith(".md"):
        allowed = "letters, digits, `-`, `_` and `.`, in parts joined by `/`"
        raise CallerError(f"`{alias}` cannot be an alias; use {allowed}, as in `RISK-1` or `reviews/risk-1`")
    for entry in library.entries:
        if entry.alias.casefold() == alias.casefold():
            remedy = f"choose another alias, or inherit from it with `--from {entry.alias}`"
            raise CallerError(f"there is a persona `{entry.alias}` already, `{entry.spoken}`; {remedy}")


def _parent(library: Library, base: str) -> str:
    """Return the alias of the parent as its file spells it."""
    found = library.find(base)
    if isinstance(found, Finding):
        raise CallerError(f"{found.message}; {found.help}")
    return found.alias


def _title(alias: str) -> str:
    words = re.split(r"[-_.]+", alias.rsplit("/", 1)[-1])
    return " ".join(word[:1].upper() + word[1:] for word in words if word)


def _text(alias: str, title: str, base: str) -> str:
    return _PERSONA.format(
        alias=_quoted(alias),
        title=_quoted(title),
        inherited=_INHERITED.format(base=_quoted(base)) if base else "",
        philosophy="" if base else _PHILOSOPHY,
    )


def _quoted(text: str) -> str:
    """Return a text in quotes that JSON and YAML read alike."""
    return json.dumps(text, ensure_ascii=False)
