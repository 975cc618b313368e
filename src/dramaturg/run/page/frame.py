"""Styles, scripts and templates to the frame of a page; its one rule: a page loads and runs nothing but its own.

A Content-Security-Policy names the page's one style and one script by their digests and allows nothing else, so that
even a fault in escaping could neither execute nor send anything.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dramaturg.run.page.text import named, plain, prose, remark

SHARED = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a page is dressed in: its style, its script, and the policy that lets in these two alone."""

    style: Markup
    script: Markup
    policy: str


def frame_of(style: str, script: str) -> Frame:
    """Return the frame of a page with a style and a script of our own."""
    return Frame(
        style=Markup(style),  # noqa: S704 - our own files, and selectors made of numbers
        script=Markup(script),  # noqa: S704 - our own files
        policy=(
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def environment(*folders: Path) -> Environment:
    """Return what renders the templates of some folders and the shared ones; all they are given is escaped."""
    made = Environment(
        loader=FileSystemLoader((*folders, SHARED)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"named": named, "plain": plain, "prose": prose, "remark": remark}
    return made


@cache
def file(path: Path) -> str:
    """Return the text of a style or a script."""
    return path.read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
