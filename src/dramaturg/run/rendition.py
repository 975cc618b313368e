"""A result to the bytes of a file; its one rule: every form says the same, and takes its date from the caller."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from dramaturg.engine.colophon import without_colophon
from dramaturg.errors import CallerError
from dramaturg.run.report import RunResult

_PANDOC = "pandoc"
_PATIENCE = 120  # seconds
_READS = "commonmark+pipe_tables+task_lists"
_SAID = 300


class Form(StrEnum):
    """What a document is written as."""

    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"
    DOCX = "docx"


_SUFFIXES: Mapping[str, Form] = {
    ".md": Form.MARKDOWN,
    ".markdown": Form.MARKDOWN,
    ".html": Form.HTML,
    ".htm": Form.HTML,
    ".json": Form.JSON,
    ".docx": Form.DOCX,
}
_NOT_WRITTEN = {
    ".pdf": "print the page that `--html FILE` gives",
    **dict.fromkeys((".odt", ".rtf", ".doc", ".tex", ".epub"), "convert the Markdown, with pandoc for one"),
    **dict.fromkeys((".yaml", ".yml", ".xml"), "take JSON"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """How a document is written.

    Attributes:
        form: As what.
        front_matter: Begin it with what it was made of: persona, version, digest of the plan, model, run, date.
        dated: The date that stands there, ISO 8601; empty for none.
    """

    form: Form = Form.MARKDOWN
    front_matter: bool = False
    dated: str = ""

    def render(self, result: RunResult, page: Callable[[], str]) -> bytes:
        """Return a result as the bytes of a file; `page` gives the page of its run.

        Raises:
            CallerError: pandoc fails.
        """
        match self.form:
            case Form.HTML:
                return _bytes(page())
            case Form.JSON:
                return _bytes(json.dumps(result.to_json(), ensure_ascii=False, indent=2, default=str) + "\n")
            case Form.DOCX:
                return _docx(result, self._facts(result))
            case Form.MARKDOWN:
                return _bytes(self._front_matter(result) + result.document.markdown)

    def _front_matter(self, result: RunResult) -> str:
        facts = self._facts(result)
        if not facts:
            return ""
        return f"---\n{yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=1000)}---\n\n"

    def _facts(self, result: RunResult) -> dict[str, Any]:
        """Return what stands in the front matter; nothing where none is wished."""
        if not self.front_matter:
            return {}
        report = result.report
        alias, _, version = report.persona.partition(" ")
        facts = {
            "title": result.document.title,
            "persona": alias,
            "version": version,
            "plan": report.plan_digest,
            "model": report.model,
            "run": report.run,
        }
        dated = {"date": date.fromisoformat(self.dated)} if self.dated else {}
        return {key: value for key, value in facts.items() if value} | dated


def rendition(form: str | None, output: Path | None, *, front_matter: bool, dated: str | None) -> Rendition:
    """Return how a document is to be written: as `form`, else as the file's name says, else as Markdown.

    Raises:
        CallerError: It cannot be written so, or not on this machine.
    """
    suffix = output.suffix.casefold() if output else ""
    if form is None and suffix in _NOT_WRITTEN:
        raise CallerError(f"a document is not written as `{suffix}`; {_NOT_WRITTEN[suffix]}, or give `--format`")
    chosen = Form(form) if form else _SUFFIXES.get(suffix, Form.MARKDOWN)
    if chosen is Form.DOCX and output is None:
        raise CallerError("a DOCX goes to a file; write `--output FILE.docx`")
    if chosen is Form.DOCX and shutil.which(_PANDOC) is None:
        raise CallerError(
            "a DOCX is made by pandoc, which is not installed; `apt install pandoc` or `brew install pandoc`, "
            "or write Markdown"
        )
    if front_matter and chosen in (Form.HTML, Form.JSON):
        raise CallerError(f"`--front-matter` is for md and docx; {chosen.value} tells all of it anyway")
    if dated is not None and not front_matter:
        raise CallerError("`--date` stands in the front matter; give `--front-matter` as well")
    return Rendition(form=chosen, front_matter=front_matter, dated=_iso(dated) if dated is not None else "")


def _iso(dated: str) -> str:
    try:
        return date.fromisoformat(dated).isoformat()
    except ValueError as error:
        raise CallerError(f"`{dated}` is no date; write it as 2026-11-28") from error


def _docx(result: RunResult, facts: Mapping[str, Any]) -> bytes:
    """Return a document as DOCX: its title is the title there, its sections are headings of the first level.

    What it was made of becomes subtitle, author and date; all of it stands in the file's properties.
    """
    properties = {key: value for key, value in facts.items() if key != "title"}
    if facts:
        persona = f"{facts['persona']} {facts.get('version', '')}".strip()
        properties |= {"subtitle": persona, "author": facts["model"]}
    options = [f"--metadata={key}={value}" for key, value in properties.items()]
    shape = ["--shift-heading-level-by=-1", "--highlight-style=monochrome"]
    command = [_PANDOC, f"--from={_READS}", "--to=docx", *shape, *options, "--output=-"]
    text = _bytes(without_colophon(result.document.markdown))
    try:
        done = subprocess.run(  # noqa: S603 - the document goes in as data, by stdin
            command, input=text, capture_output=True, check=False, timeout=_PATIENCE, env=_environment(facts)
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CallerError(f"pandoc cannot make a DOCX: {error}") from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[:_SAID]
        raise CallerError(f"pandoc cannot make a DOCX: {said or f'it ended with {done.returncode}'}")
    return done.stdout


def _environment(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return pandoc's environment: a date that was given is the file's own too, so that a run gives the same bytes."""
    if "date" not in facts:
        return {**os.environ}
    moment = datetime.combine(facts["date"], datetime.min.time(), tzinfo=UTC)
    return {**os.environ, "SOURCE_DATE_EPOCH": str(int(moment.timestamp()))}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
