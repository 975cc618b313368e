"""A verb that joins to what it joins; its one rule: the sections are joined by code, anything else is written."""

import re

from dramaturg.persona.model import Step
from dramaturg.plan.model import Kind
from dramaturg.plan.prose import Prose
from dramaturg.plan.titles import own_title
from dramaturg.plan.verbs import ASSEMBLE, DOCUMENT_NOUN, writes

INTO = re.compile(rf"[^.!?\n]{{0,120}}?\binto (?:a|an|one)\b[^.!?\n]{{0,60}}?\b{DOCUMENT_NOUN}\b", re.IGNORECASE)
_ASSEMBLED = re.compile(
    r"\b(?:sections?|document|report|parts|outputs?|entries|everything|artifacts|package(?! \w)|all of the above"
    r"|in (?:this|the following|the above|that) order(?! of\b))\b",
    re.IGNORECASE,
)
_NOTHING_ELSE = re.compile(r"\s*[.!]?\s*\Z")  # "Assemble."
_A_SECTION = re.compile(
    r"\s+(?:an?|one)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:(?:`[^`\n]+`|\"[^\"\n]+\"|“[^“”\n]+”)\s+(?:section|chapter|table|checklist|list)|section|chapter)\b"
    r"(?!,| and\b)",
    re.IGNORECASE,
)  # one part of the document is made of what is no section yet
_ABOUT = re.compile(
    r"\s+(?:an?|one)\s+(?:[\w-]+,?\s+){0,4}(?:report|document)\s+"
    r"(?:on|of|about|with|(?:that )?(?:list|describ|cover|detail|summariz|summaris|show|explain)\w*)\b",
    re.IGNORECASE,
)  # a document that is new rather than the one the sections make
_JOINS = re.compile(
    r"[^.\n]{0,80}?\b(?:document|report|deliverable|output|plan)\b[^.\n]{0,40}?"
    r"\b(?:(?:by )?(?:combining|merging|joining|assembling|concatenating|compiling)"
    r"|(?:that|which) (?:combines|merges|joins|assembles)|consisting of|made (?:up )?of|composed of)\s+"
    r"(?:(?:all|the|each|every|these)\b[^.\n]{0,40}?\bsections\b|sections \d)"
    r"|\s+(?:all|the|these)\s+(?:of\s+the\s+)?(?:[\w-]+\s+){0,2}sections\b(?! (?:of|from)\b| in (?:the|this|your)\b)"
    r"[^.\n]{0,40}?\bas (?:a|one) (?:[\w-]+ ){0,2}(?:document|report|deliverable|output|plan)\b",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"(?:assemble|combine|merge|compile|consolidate)\b.*\b(?:final|complete|full)\b.*"
    r"\b(?:document|report|output|deliverable)\b",
    re.IGNORECASE,
)
_HOLDS = r"\b(?:contain|combin|includ|compris|consist|incorporat)\w*\s+(?:of\s+)?(?:both|all|each|every)\b"
_HOLDS_ALL = re.compile(
    rf"{_HOLDS}[^.!?\n]{{0,40}}?\b(?:sections?|parts?|outputs?|results?)\b"
    rf"|\b(?:single|one)\s+(?:[\w-]+\s+){{0,2}}(?:document|report|output|deliverable)\b[^.!?\n]{{0,40}}?{_HOLDS}",
    re.IGNORECASE,
)  # "a report that includes all risks" is to be written
_ALL_TOGETHER = re.compile(
    r"\s+(?:it all|everything|all(?: of (?:it|this|the above))?"
    r"|the (?!(?:[\w-]+ ){0,2}(?:arguments?|reasoning|logic|thoughts|facts|evidence|data|team|people)\b)"
    r"[\w-]+(?: [\w-]+){0,2}?)\s+together\b(?=\s*[.!]|\s*\Z|\s+(?:as|in|into)\b)",
    re.IGNORECASE,
)
_TOGETHER_AS = re.compile(
    r"(?:(?!\b(?:how|what|that|which|who|why|where|whether|if)\b)[^.!?\n]){1,80}?"
    rf"\btogether (?:as|in|into) (?:an?|one) (?:[\w-]+ ){{0,3}}{DOCUMENT_NOUN}\b",
    re.IGNORECASE,
)
_BINDS = frozenset("put bind bring pull piece tie stitch".split())
_JOINING = frozenset("put bring pull integrate unify stitch weave".split())
_TOGETHER = re.compile(
    r"[^.!?\n]{0,80}?\b(?:(?:in|as) (?:an?|one)|into (?:an?|one|the))\b"
    rf"[^.!?\n]{{0,60}}?\b(?:{DOCUMENT_NOUN}|deliverable)\b",
    re.IGNORECASE,
)
_FINDINGS = re.compile(
    r"\b(?:sections?|parts|everything|all (?:of )?(?:the |these )?(?:findings|results|outputs))\b", re.IGNORECASE
)
_INTO_TITLE = re.compile(r"[^.!?\n]{0,80}?\binto (?:a|an|the|one)(?: [\w-]+){0,2}\s+(?=[`\"“'‘])", re.IGNORECASE)


def assembles(step: Step, prose: Prose, verb: re.Match[str]) -> bool:
    """Tell whether a step's verb joins the sections, or makes one document of them."""
    text = step.text
    if prose.word in ASSEMBLE:
        if _NOTHING_ELSE.match(text, verb.end()):
            return True
        if _A_SECTION.match(text, verb.end()):
            return False
        return _ASSEMBLED.search(text) is not None and not _ABOUT.match(text, verb.end())
    if "together" in prose.folded:
        bound = prose.word in _BINDS and _ALL_TOGETHER.match(text, verb.end())
        if bound or (writes(verb) and _TOGETHER_AS.match(text, verb.end())):
            return True
    joins = "sections" in text and _JOINS.match(text, verb.end())
    return bool(joins or (_FINAL.match(step.name) and _HOLDS_ALL.search(text))) and writes(verb)


def gathered(prose: Prose, verb: re.Match[str], known: frozenset[str]) -> Kind | None:
    """Return what a step does that gathers something into a document: the sections, or what becomes one."""
    together = prose.word in _JOINING and _TOGETHER.match(prose.text, verb.end())
    if together or INTO.match(prose.text, verb.end()):
        return Kind.ASSEMBLE if _FINDINGS.search(prose.text) else Kind.SECTION
    into = _INTO_TITLE.match(prose.text, verb.end())
    return Kind.SECTION if into and own_title(prose, into.end(), known) else None
