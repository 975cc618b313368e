"""Prose to the titles that no step's own instruction gives; its one rule: they are looked for where nothing else is."""

import re
from collections.abc import Collection

from dramaturg.persona.model import fold_id
from dramaturg.plan.prose import Prose, first_of, lowered
from dramaturg.plan.titles import NAMED, named

_SHOUTED = re.compile(
    r"\b(?P<title>(?!(?:JSON|YAML|HTML|XML|CSV|SQL)\b)[A-Z]{3,}(?:[ &/-]+[A-Z]{2,}){0,4})"
    r" (?:section|chapter|table|checklist)\b"
)
_FILE = re.compile(r"[\w./-]+(?:\.\w{1,5}|/[\w.-]+)$")
_TITLED = re.compile(r"\b(?:titled|entitled|called|named)\b", re.IGNORECASE)
_TITLE_WORDS = ("titled", "entitled", "called", "named")


def called_section(prose: Prose) -> re.Match[str] | None:
    """Return the title in capitals, but in no quotes, of what is called a section: "the METHOD section"."""
    return _SHOUTED.search(prose.spoken)


def document_title(text: str, sections: Collection[str]) -> re.Match[str] | None:
    """Return the title that an assemble step gives the document; None if it gives none."""
    titled = _TITLED.search(text, first_of(lowered(text), _TITLE_WORDS))
    for match in NAMED.finditer(text, titled.end() if titled else 0):
        name = named(match)
        plain = match["code"] or (match["single"] and not name[:1].isupper()) or fold_id(name) in sections
        if not _FILE.match(name) and (titled or not plain):
            return match
    return None
