"""A section step's prose to the requirements it states; its one rule: a demand on the output, never on the agent.

Bullets that ask questions, illustrate, constrain the agent or list inputs look alike and are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dramaturg.findings.model import Span
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import Level, Reason, Requirement
from dramaturg.plan.prose import Bullet, Prose, mentions, nested
from dramaturg.plan.verbs import ASSEMBLE, INGEST, MAY_WRITE, WRITES, main_verb, word_of

_KEY = re.compile(r"(?:\*\*|__)(?P<key>[^*_\n]+?):?(?:\*\*|__)\s*:?\s*")
_MUST_TEXT = re.compile(
    r"\bMUST\b(?!\s+(?:NOT|not|never|NEVER)\b)|\b(?:mandatory|non-negotiable)\b"
    r"|\b[Mm]ust (?:include|cover|contain|have)\b"
)
_MUST_WORDS = ("MUST", "ust ", "mandatory", "non-negotiable")
_MUST_LEAD = re.compile(r"\bincluding\b[^.]*:\s*$|\bmust\b[^.]*:\s*$", re.IGNORECASE)
_MAY_LEAD = re.compile(
    r"\b(?:may|might|could|can)\s+(?:also\s+)?(?:want\s+to\s+)?(?:include|cover|contain|mention|add|list|note|describe)\b"
    r"|\bnice to have\b|\bif possible\b|\be\.g\.|\boptional(?:ly)?\b",
    re.IGNORECASE,
)
_MAY_WORDS = ("may", "might", "could", "can", "nice to have", "if possible", "e.g.", "optional")
_NOT_LEAD = re.compile(
    r"\b(?:must|should|shall|may|do|does|can)(?:\s+not|\s+never|n't|n’t|not)\b[^:.]{0,80}:\s*$"
    r"|\bnever\s+\w+[^:.]{0,60}:\s*$|\b(?:excluding|except(?: for)?|but not|without):\s*$"
    r"|^\W*(?:avoid|exclude|omit|ignore|leave out|out of scope|forbidden|prohibited)\b[^:.]*:\s*$",
    re.IGNORECASE,
)
_NOT_WORDS = (
    "not", "n't", "n’t", "never", "exclud", "except", "without", "avoid", "omit", "ignore", "leave out", "out of scope",
    "forbidden", "prohibited",
)  # fmt: skip
_AGENT_LEAD = re.compile(
    r"^\W*(?:rules?|style|guidelines?|notes?|inputs?|constraints?|context|tone|background|instructions?|reminders?)"
    r"(?:\s+(?:to|for|of)\s+[\w ]{1,40})?:\W*$",
    re.IGNORECASE,
)
_ASIDE_LEAD = re.compile(r"(?:^|[\n.;,(])[ \t]*[*_#]*(?:for )?examples?\b[^.:\n]*:?[*_]*$", re.IGNORECASE)
_ASIDE_KEY = re.compile(
    r"(?:notes?|examples?|warnings?)$"
    r"|(?:constraint\b(?!s)|note that|do not|don't|never|avoid)\b",
    re.IGNORECASE,
)
_FORBIDS = re.compile(
    r"you\s+(?:(?:are|must|may|should|shall|can|do)\s+)?(?:\w+ly\s+)?(?:not|never|cannot|forbidden|prohibited)\b",
    re.IGNORECASE,
)
_SAMPLE_KEY = re.compile(r"(?:an?\s+)?(?:examples?|samples?)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()\n]*\)")
_EXAMPLE = re.compile(r"(?:e\.\s?g\.|for example)", re.IGNORECASE)
_SENTENCE = re.compile(r"\.(?<!\be\.g\.)\s")
_EACH_WITH = re.compile(
    r"\b(?:each(?: [\w-]+){0,2} with(?: (?:a|an|its))?|(?:with|under|has|have|include|includes|including|of)"
    r" (?:the |these |the following |following )?columns"
    r"|each (?:row|line|entry|record) (?:has|gives|names|states|contains))"
    r"\s*:?\s+(?P<items>(?:\([^()\n]*\)|[^.;()\n])+)",
    re.IGNORECASE,
)
_EACH_WORDS = ("each", "columns")
_COLUMN = re.compile(r"(?:(?:and|or|a|an|the|its)\s+)*(?P<name>[^,\s(][^,(]*?)\s*(?:\([^()]*\)\s*)?(?:,|$|\band\b)")
_PER_ENTRY = re.compile(
    r"(?:^|\b(?:for|of|per)\s+)\W*(?:each|every)\b(?! other\b| of (?:the|these)\b)[^:]*:\s*$"
    r"|\b(?:each|every)\s+(?:[\w-]+\s+){1,4}(?:must|has|have|should|includes?|contains?|gives?|states?|with)\b[^:]*:\s*$",
    re.IGNORECASE,
)
_EVERY_WORDS = ("each", "every")
_NON_NEGOTIABLE = re.compile(r"\bnon-negotiable\b", re.IGNORECASE)
_BREAK = re.compile(r"[,;:(–—]|\.(?!\w)|\s-\s")
_ADJECTIVES = re.compile(
    r"(?:an?|the|one|two|\d+(?:-\d+)?)\s+[\w-]+,\s+(?=[\w-]+[, ])"
    r"(?!(?:if|where|when|with|without|for|as|in|on|at|by|from|to|of|and|or|but|not|such|including|who|which|that|each)\b)",
    re.IGNORECASE,
)  # "a clear, concise summary": the comma ends no clause
_QUOTED_FIRST = re.compile(
    r"(?:an?|the|one)\s+(?:[\w-]+,?\s+){0,3}(?:\"(?P<name>[^\"]{2,80})\")(?:\s+\w+|[.,;]?$)", re.IGNORECASE
)
_INSTRUCTIONS = WRITES | MAY_WRITE | INGEST | ASSEMBLE | frozenset("update use ensure make analyze identify".split())
_ID_WORDS = 5
_ID_LENGTH = 80
_DANGLING = frozenset("a an and against are as at by for from in into is of on or that the to with".split())


def requirements_of(prose: Prose, span: Span, section: str) -> tuple[Requirement, ...]:
    """Return what a section step demands of its section, in the order written, the section itself last.

    Args:
        prose: The step's text as written; `span` covers it.
        span: Where the text stands.
        section: The section's title.
    """
    text = prose.text
    must = _MUST_TEXT.search(text) if mentions(text, _MUST_WORDS) else None
    bullets = [*_demanding(prose.bullets)]
    first = {bullet.lead_at: bullet for bullet in reversed(bullets) if bullet.lead}
    leads = {at: _lead(bullet, must, text, span) for at, bullet in first.items()}
    found = [_from_bullet(bullet, leads.get(bullet.lead_at), must, text, span) for bullet in bullets]
    said = [*_each_with(prose.spoken, span)] if mentions(prose.folded, _EACH_WORDS) else []
    listed = [requirement for requirement in found if requirement is not None]
    return (*_distinct([*said, *listed]), _the_section_itself(text, span, section))


def one_line(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lead:
    """What the sentence that a list hangs on says of its items."""

    level: Level
    reason: Reason
    aside: bool
    per_entry: bool


def _lead(bullet: Bullet, must: re.Match[str] | None, text: str, span: Span) -> _Lead:
    last = _ASIDE.sub("", _SENTENCE.split(bullet.lead)[-1])
    level, reason = _level(bullet, last, must, text, span)
    folded = bullet.lead.casefold()
    return _Lead(
        level=level,
        reason=reason,
        aside=_is_aside(bullet.lead, last, folded),
        per_entry=mentions(folded, _EVERY_WORDS) and _PER_ENTRY.search(last) is not None,
    )


def _is_aside(lead: str, last: str, folded: str) -> bool:
    """Tell whether a lead's items are examples, prohibitions or instructions, none of which the section owes."""
    if "example" in folded and _ASIDE_LEAD.search(lead):
        return True
    denied = mentions(folded, _NOT_WORDS) and _NOT_LEAD.search(last) is not None
    return denied or _AGENT_LEAD.search(last) is not None


def _demanding(bullets: Sequence[Bullet]) -> Iterator[Bullet]:
    """Yield the bullets, but the list below one that is the step's own instruction instead of that one."""
    for bullet in bullets:
        own = "\n" in bullet.text and not bullet.lead and _instructs(bullet.text)
        inner = [each for each in nested(bullet) if each.lead.endswith(":")] if own else []
        yield from inner or [bullet]


def _from_bullet(
    bullet: Bullet, lead: _Lead | None, must: re.Match[str] | None, text: str, span: Span
) -> Requirement | None:
    key = _KEY.match(bullet.text)
    whole = one_line(bullet.text)
    quoted = _QUOTED_FIRST.match(whole) if key is None and '"' in whole else None
    short = key is not None and len(key["key"]) <= _ID_LENGTH
    name = _bare(key["key"]) if key and short else _first_words(key["key"] if key else whole)
    name = _bare(quoted["name"]) if quoted else name
    instruction = lead is None and key is None and _instructs(whole)
    aside = instruction or (lead is not None and lead.aside) or _EXAMPLE.match(whole)
    if not name or aside or _is_no_demand(name, bullet.text[key.end() if key else 0 :]):
        return None
    place = span.within(text, bullet.start, bullet.end)
    level, reason = (lead.level, lead.reason) if lead else _level(bullet, "", must, text, span)
    because = (Reason(rule="requirement/bold-key" if key else "requirement/bullet", span=place), reason)
    plain = whole.replace("__", "", 2) if key and whole.startswith("__") else whole.replace("**", "")
    column = lead is not None and lead.per_entry
    return Requirement(id=name, text=plain, level=level, span=place, because=because, column=column)


def _is_no_demand(name: str, text: str) -> bool:
    """Tell whether an item asks, illustrates, or forbids the agent something; `text` is what follows its bold key."""
    if text.endswith("?") or _ASIDE_KEY.match(name):
        return True
    sample = text.startswith(("```", "~~~")) and _SAMPLE_KEY.match(name)
    return bool(sample or _FORBIDS.match(text.replace("*", "")))


def _instructs(text: str) -> bool:
    """Tell whether a bullet that hangs on no sentence is the step's own instruction, not a demand on the output."""
    verb = main_verb(text)
    return verb is not None and word_of(verb) in _INSTRUCTIONS


def _level(bullet: Bullet, last: str, must: re.Match[str] | None, text: str, span: Span) -> tuple[Level, Reason]:
    may = mentions(last.casefold(), _MAY_WORDS) and _MAY_LEAD.search(last)
    if must and not may:
        return Level.MUST, Reason(rule="level/step-says-must", span=span.within(text, must.start(), must.end()))
    at, end = (bullet.lead_at, bullet.lead_at + len(bullet.lead)) if bullet.lead else (bullet.start, bullet.end)
    lead = span.within(text, at, end)
    if may:
        return Level.MAY, Reason(rule="level/may-include", span=lead)
    if bullet.lead.endswith(":"):
        rule = "level/bullets-after-including" if _MUST_LEAD.search(bullet.lead) else "level/bullets-after-colon"
        return Level.MUST, Reason(rule=rule, span=lead)
    return Level.MAY, Reason(rule="level/loose-bullets", span=lead)


def _each_with(text: str, span: Span) -> Iterator[Requirement]:
    """Yield the columns of "each with: A, B, C"."""
    found = _EACH_WITH.search(text)
    items = [*_COLUMN.finditer(found["items"])] if found else []
    if found is None or len(items) == 1:
        return
    for item in items:
        start = found.start("items") + item.start("name")
        place = span.within(text, start, start + len(item["name"]))
        reason = Reason(rule="requirement/each-with", span=place)
        name = _bare(one_line(item["name"]))
        if name:
            yield Requirement(id=name, text=name, level=Level.MUST, span=place, because=(reason,), column=True)


def _the_section_itself(text: str, span: Span, section: str) -> Requirement:
    start = len(text) - len(text.lstrip())
    firm = _NON_NEGOTIABLE.search(text) if "egotiable" in text.lower() else None
    place = span.within(text, start, start + len(text.strip().split("\n", 1)[0]))
    reasons = [Reason(rule="requirement/section-itself", span=place)]
    if firm:
        reasons.append(Reason(rule="level/non-negotiable", span=span.within(text, firm.start(), firm.end())))
    return Requirement(
        id=section,
        text=one_line(text),
        level=Level.MUST,
        span=place,
        because=tuple(reasons),
        whole_section=True,
        non_negotiable=firm is not None,
    )


def _first_words(text: str) -> str:
    """Return the first words of a clause, without words that would dangle at its end."""
    several = _ADJECTIVES.match(text)
    start = several.end() if several else 0
    words = (text[:start] + _BREAK.split(text[start:], maxsplit=1)[0]).split()[:_ID_WORDS]
    while len(words) > 1 and words[-1].casefold() in _DANGLING:
        words.pop()
    return _bare(" ".join(words))


def _bare(name: str) -> str:
    """Return a name without the marks of code, emphasis and quotation."""
    return name.replace("`", "").replace("**", "").strip("*\"' ")


def _distinct(requirements: list[Requirement]) -> Iterator[Requirement]:
    """Yield requirements with ids that differ, numbering the second of a name."""
    counts: dict[str, int] = {}
    for requirement in requirements:
        name, folded = requirement.id, fold_id(requirement.id)
        while folded in counts:
            counts[folded] += 1
            name = f"{requirement.id} ({counts[folded]})"
            folded = fold_id(name)
        counts[folded] = 1
        yield requirement if name == requirement.id else replace(requirement, id=name)
