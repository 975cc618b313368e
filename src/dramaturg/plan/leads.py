"""The sentence a list hangs on to what it says of the items; its one rule: the last sentence above a list decides."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from dramaturg.findings.model import Span
from dramaturg.findings.quick import quick
from dramaturg.plan.model import Level, Reason, make_reason
from dramaturg.plan.prose import Bullet, mentions, whole

FITS = (
    r"(?:(?:if|where|when)\s+(?:applicable|available|appropriate|relevant|possible|known)"
    r"|as\s+(?:applicable|appropriate))"
)
_MUST_LEAD = re.compile(whole("including", "must"))
_FIRM_LEAD = re.compile(r"\W*(?:required|mandatory|must[- ]haves?)\b", re.IGNORECASE)
_MAY_LEAD = re.compile(
    r"\b(?:may|might|could|can)\s+(?:also\s+)?(?:want\s+to\s+)?"
    r"(?:include|cover|contain|comprise|mention|add|list|note|describe)\b"
    r"|,\s+for instance:?\s*$|\bfeel free to\b|\bideally\b|\bif (?:space|time) (?:permits|allows)\b"
    r"|\bnice to have\b|\be\.g\.|\boptional(?:ly)?\b|^\W*may\W*$|\bsuch as:?\s*$|\b(?:sections|points|parts) like:?\s*$"
    rf"|\bconsider (?:includ|add|cover|mention|list)ing\b|\b{FITS}\b",
    re.IGNORECASE,
)
_MAY_WORDS = (
    "may", "might", "could", "can", "nice to have", "e.g.", "optional", "such as", "like:", "consider", "feel free",
    "ideally", "instance", "permits", "allows", "applicable", "available", "appropriate", "relevant", "possible",
    "known",
)  # fmt: skip
_NOT_LEAD = re.compile(
    r"\b(?:must|should|shall|may|do|does|can)(?:\s+not|\s+never|n't|n’t|not)\b(?! only\b)[^:.]{0,80}:\s*$"
    r"|\bnever\s+\w+[^:.]{0,60}:\s*$|\b(?:excluding|except(?: for)?|but not|without|to avoid):\s*$"
    r"|^\W*not\b(?! only\b)[^:.]{0,60}:\s*$"
    r"|^\W*(?:avoid|exclude|omit|ignore|leave out|out of scope|forbidden|prohibited)\b[^:.]*:\s*$",
    re.IGNORECASE,
)
_NOT_WORDS = (
    "not", "n't", "n’t", "never", "exclud", "except", "without", "avoid", "omit", "ignore", "leave out", "out of scope",
    "forbidden", "prohibited",
)  # fmt: skip
_AGENT_LEAD = re.compile(
    r"\W*(?:rules?|style|guidelines?|notes?|inputs?|constraints?|context|tone|background|instructions?|reminders?)"
    r"(?:\s+(?:to|for|of)\s+[\w ]{1,40})?:\W*$"
    r"|\W*(?:style|formatting|writing|tone|language|length)\s+(?:requirements?|rules?|guidelines?|notes?|constraints?):\W*$"
    r"|\W*(?:allowed|permitted|available|valid)\s+(?:[\w-]+\s+)?(?:sources?|inputs?|artifacts?)(?: are| is)?:\W*$"
    r"|\W*(?:(?:first|then|now),?\s+)?(?:ingest|read|load|consult)\b"
    r"(?![^:]*\b(?:includ|produc|writ|list|cover)\w*)[^:]*:\s*$"
    r"|\W*remember\b[^:]*:\s*$"
    r"|\W*before (?:you|writing|drafting|answering|producing|generating)\b"
    r"(?![^:]*\b(?:include|contain|cover|list|state|give)\b)[^:]*:\s*$",
    re.IGNORECASE,
)
_AGENT = re.compile(
    r"\b(?:follow|observe|obey|respect|adhere to|stick to|heed)(?:ing)?\s+(?:[\w-]+\s+){1,3}"
    r"(?:rules?|guidelines?|principles?|constraints?|conventions?|instructions?):\s*$"
    r"|\b(?:based (?:up)?on|us(?:e|ing)|from|consult(?:ing)?)\s+(?:[\w-]+\s+){0,3}"
    r"(?:sources?|inputs?|artifacts?|files|evidence|material)(?: only)?:\s*$"
    r"|\b(?:(?:keep|bear) in mind|ask yourself|bas(?:e|ing)\s+(?:it|this|them|everything|your \w+)\s+(?:up)?on)"
    r"\b[^:.]*:\s*$",
    re.IGNORECASE,
)
_AGENT_ENDS = (
    "rules:", "rule:", "guidelines:", "principles:", "constraints:", "conventions:", "instructions:", "sources:",
    "source:", "inputs:", "input:", "artifacts:", "artifact:", "files:", "evidence:", "material:", "only:",
)  # fmt: skip
_AGENT_WORDS = ("in mind", "yourself", "base it", "base this", "base your", "basing")
_ASIDE_LEAD = re.compile(r"(?:^|[\n.;,(])[ \t]*[*_#]*(?:for )?examples?\b[^.:\n]*:?[*_]*$", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()\n]*\)")
_SENTENCE = re.compile(r"\.(?<!\be\.g\.)\s")
_PER_ENTRY = re.compile(
    r"(?:^|\b(?:for|of|per)\s+)\W*(?:each|every)\b(?! other\b| of (?:the|these)\b)[^:]*:\s*$"
    r"|\b(?:each|every)\s+(?:[\w-]+\s+){1,4}(?:must|has|have|should|includes?|contains?|gives?|states?|with)\b[^:]*:\s*$",
    re.IGNORECASE,
)
_EVERY_WORDS = ("each", "every")


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What the sentence that a list hangs on says of its items.

    Attributes:
        level: How firmly they are demanded.
        reason: Why.
        aside: Whether they are examples, prohibitions or instructions, none of which a section owes.
        per_entry: Whether every entry of the section has them.
    """

    level: Level
    reason: Reason
    aside: bool
    per_entry: bool


def lead_of(bullet: Bullet, must: re.Match[str] | None, within: Callable[[int, int], Span]) -> Lead:
    """Return what the sentence a bullet hangs on says; for one that hangs on none, what follows from that.

    Args:
        bullet: The bullet.
        must: The words of the step that say MUST.
        within: From two offsets in the step's text to its place.
    """
    last = _SENTENCE.split(bullet.lead)[-1].replace("*", "")
    last = _ASIDE.sub("", last) if "(" in last else last
    folded = last.casefold()
    may = mentions(folded, _MAY_WORDS) and _MAY_LEAD.search(last) is not None
    level, reason = _level(bullet, folded, must, within, may=may)
    return Lead(
        level=level,
        reason=reason,
        aside=_is_aside(bullet.lead, last, folded, may=may),
        per_entry=mentions(folded, _EVERY_WORDS) and _PER_ENTRY.search(last) is not None,
    )


def _is_aside(lead: str, last: str, folded: str, *, may: bool) -> bool:
    if not may and "example" in lead.casefold() and _ASIDE_LEAD.search(lead):
        return True
    if mentions(folded, _NOT_WORDS) and _NOT_LEAD.search(last):
        return True
    agent = folded.rstrip().endswith(_AGENT_ENDS) or mentions(folded, _AGENT_WORDS)
    return bool(_AGENT_LEAD.match(last) or (agent and _AGENT.search(last)))


def _level(
    bullet: Bullet, folded: str, must: re.Match[str] | None, within: Callable[[int, int], Span], *, may: bool
) -> tuple[Level, Reason]:
    if must and not may:
        return Level.MUST, make_reason("level/step-says-must", within(must.start(), must.end()))
    at, end = (bullet.lead_at, bullet.lead_at + len(bullet.lead)) if bullet.lead else (bullet.start, bullet.end)
    lead = within(at, end)
    if may:
        return Level.MAY, make_reason("level/may-include", lead)
    if _FIRM_LEAD.match(folded):
        return Level.MUST, make_reason("level/step-says-must", lead)
    if folded.rstrip().endswith(":"):
        including = _MUST_LEAD.search(folded, folded.rfind(".") + 1)
        rule = "level/bullets-after-including" if including else "level/bullets-after-colon"
        return Level.MUST, make_reason(rule, lead)
    return Level.MAY, make_reason("level/loose-bullets", lead)
