"""Untrusted text to HTML; its one rule: nothing in it becomes markup but emphasis and code."""

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from dramaturg.engine.assemble import bare

_MARKDOWN = MarkdownIt("zero", {"html": False}).enable(["escape", "backticks", "emphasis"])
_NEWLINE = re.compile(r"\r\n?")
_HIDDEN = re.compile(  # control characters, and what hides text or turns its direction
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


@lru_cache(maxsize=4096)
def prose(text: str) -> Markup:
    """Return a model's or author's text on one line, as the document shows it: with emphasis and code spans."""
    return _told(_MARKDOWN.renderInline(bare(text)))


def remark(text: str) -> Markup:
    """Return a sentence of this program, code spans and emphasis set; what it repeats of others stays text."""
    return _told(_MARKDOWN.renderInline(text))


def plain(text: str) -> Markup:
    """Return text as it stands, with its line breaks."""
    return _told(str(escape(_NEWLINE.sub("\n", text))))


def named(text: str) -> str:
    """Return text for an attribute: what cannot be seen is named there too."""
    return _HIDDEN.sub(lambda found: f"U+{ord(found[0]):04X}", text)


def marked(text: str, quotes: Sequence[str]) -> Markup:
    """Return a line of an artifact, those of the quotes marked that are a part of it, word for word."""
    parts = [quote for quote in quotes if quote and quote in text and quote != text.strip()]
    spans = sorted((text.index(quote), text.index(quote) + len(quote)) for quote in parts)
    shown, at = Markup(), 0
    for start, end in spans:
        if end > at:
            begin = max(start, at)
            shown += plain(text[at:begin]) + Markup("<mark>") + plain(text[begin:end]) + Markup("</mark>")
            at = end
    return shown + plain(text[at:])


def _told(html: str) -> Markup:
    """Return HTML in which characters that cannot be seen are named; they stand in text only, never in a tag."""
    return Markup(_HIDDEN.sub(lambda found: f'<span class="odd">{named(found[0])}</span>', html))  # noqa: S704
