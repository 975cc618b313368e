"""A section step's prose to the requirements it states; its one rule: a demand on the output, never on the agent.

Bullets that ask questions, illustrate, constrain the agent or list inputs look alike and are left out.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dramaturg.findings.model import Span
from dramaturg.findings.source import places_in
from dramaturg.persona.model import fold_id
from dramaturg.plan.columns import columns_of
from dramaturg.plan.leads import FITS, Lead, lead_of
from dramaturg.plan.model import Level, Reason, Requirement, make_reason, make_requirement
from dramaturg.plan.prose import Bullet, Prose, first_of, mentions, nested, one_line
from dramaturg.plan.verbs import ASSEMBLE, DOCUMENT_NOUN, INGEST, MAY_WRITE, WRITES, main_verb, word_of, writes

_KEY = re.compile(
    r"(?:\*\*|__)(?P<key>[^*_\n]*[^*_:\n]|[^*_\n]+?):?(?:\*\*|__)\s*:?\s*"
    r"|#+[ \t]+(?P<heading>[^\n(]+?)[ \t#]*(?=[(\n]|\Z)\s*"
)
_MUST_TEXT = re.compile(
    r"\bMUST\b(?!\s+(?:NOT|not|never|NEVER)\b)|\b(?:mandatory|non-negotiable)\b"
    r"|\b[Mm]ust (?:include|cover|contain|have)\b"
)
_MUST_WORDS = ("MUST", "Must ", "must ", "mandatory", "non-negotiable")
_ASIDE_KEY = re.compile(
    r"(?:notes?|examples?|warnings?)$"
    r"|(?:constraint\b(?!s)|note that|do not|don't|never|avoid)\b",
    re.IGNORECASE,
)
_ASIDE_WORDS = ("note", "example", "warning", "constraint", "do not", "don't", "never", "avoid")
_FORBIDS = re.compile(
    r"you\s+(?:(?:are|must|may|should|shall|can|do)\s+)?(?:\w+ly\s+)?(?:not|never|cannot|forbidden|prohibited)\b",
    re.IGNORECASE,
)
_OUTPUT = (
    rf"(?:it|they|(?:the|this|each|every|all)\s+(?:[\w-]+\s+){{0,3}}?(?:{DOCUMENT_NOUN}|output|response|answer|text))"
)
_LIMITS = re.compile(
    rf"(?:{_OUTPUT}\s+)?(?:(?:must|should|shall|may)\s+(?:not(?!\s+only\b)|never)|cannot)\b", re.IGNORECASE
)  # what the output must not be is nothing that it holds
_DENIALS = ("not", "never", "forbidden", "prohibited")
_OF_OUTPUT = re.compile(
    r"\W*use cases?\b"
    r"|\W*(?:it|they|(?:the|this|each|every|all)\s+(?!agent\b|assistant\b|persona\b|specialist\b|model\b)"
    r"(?:[\w`-]+\s+){1,5}?)\s*(?:must|should|shall|has to|have to|needs? to)\b",
    re.IGNORECASE,
)
_NEED_NOT = re.compile(rf"(?:optional(?:ly\b|\s*(?:[^\s\w]|$))|{FITS}\b)", re.IGNORECASE)  # "optional parts" need be
_NEED_NOT_BE = re.compile(rf"[^:.;()]*\((?:optional|{FITS})\b[^()]*\)", re.IGNORECASE)
_MARKED = re.compile(
    rf"(?:(?:optional(?:ly)?|required|mandatory|{FITS})[,:]|for (?:each|every)\b[^,:.]{{1,60}},)\s+(?=\S)",
    re.IGNORECASE,
)  # what such an item is known by comes behind
_MUST_ITEM = re.compile(r"\bmust\b(?!\s+(?:not|never)\b)|^\W*(?:required|mandatory)\b", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]*\)")
_STOP = re.compile(r"[.!?:]\s")
_WEIGHS = frozenset("consider weigh review examine inspect study".split())
_MANNERS = frozenset("use ensure make keep be follow cite remember stick".split())
_CONDITIONAL = re.compile(r"\W*(?:if|when|unless|should|in case)\b", re.IGNORECASE)
_SAMPLE_KEY = re.compile(r"(?:an?\s+)?(?:examples?|samples?)\b", re.IGNORECASE)
_EXAMPLE = re.compile(r"(?:e\.\s?g\.|for example)", re.IGNORECASE)
_EACH_WORDS = ("each", "every", "columns", "table:", "matrix:", "form:", "format:", "row per", "table (", "matrix (")
_NON_NEGOTIABLE = re.compile(r"\bnon-negotiable\b", re.IGNORECASE)
_BREAK = re.compile(r"[,;:(–—.\s](?:(?<=[,;:(–—])|(?<=\.)(?!\w)|(?<=\s)-\s)")  # one letter first: a fast search
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
_QUESTION = re.compile(r"(?:what|where|how|why|who|when|which)\b", re.IGNORECASE)  # "where it is" dangles nowhere
_DANGLING = frozenset("a an and against are as at based by for from in into is of on or that the to with".split())


def requirements_of(prose: Prose, span: Span, section: str) -> tuple[Requirement, ...]:
    """Return what a section step demands of its section, in the order written, the section itself last.

    Args:
        prose: The step's text as written; `span` covers it.
        span: Where the text stands.
        section: The section's title.
    """
    text = prose.text
    within = places_in(text, span)
    must = _MUST_TEXT.search(text, first_of(text, _MUST_WORDS))
    bullets = [*_demanding(prose.bullets)]
    first = {bullet.lead_at: bullet for bullet in reversed(bullets) if bullet.lead}
    leads = {at: lead_of(bullet, must, within) for at, bullet in first.items()}
    instructions = _instructions([bullet for bullet in bullets if not bullet.lead], section)
    found = [
        _from_bullet(bullet, leads.get(bullet.lead_at) or lead_of(bullet, must, within), within)
        for bullet in bullets
        if bullet.start not in instructions and not _is_weighed(bullet, prose)
    ]
    said = [*_columns(prose.spoken, within)] if mentions(prose.folded, _EACH_WORDS) else []
    listed = [requirement for requirement in found if requirement is not None]
    return (*_distinct([*said, *listed]), _the_section_itself(text, within, section))


def _demanding(bullets: Sequence[Bullet]) -> Iterator[Bullet]:
    """Yield the bullets, but the list below one that is the step's own instruction instead of that one."""
    for bullet in bullets:
        if "\n" in bullet.text and not bullet.lead and _instructs(bullet.text):
            yield from [each for each in nested(bullet) if each.lead.endswith(":")] or [bullet]
        else:
            yield bullet


def _instructions(bullets: Sequence[Bullet], section: str) -> set[int]:
    """Return where the bullets begin that are the step's own instructions, of those that hang on no sentence.

    Behind the one that says what to write, others that write say what belongs to it.
    """
    found: set[int] = set()
    written = False
    for bullet in bullets:
        verb = main_verb(bullet.text)
        if _KEY.match(bullet.text) or verb is None or not _instructs(bullet.text):
            continue
        adds = written and writes(verb) and section not in bullet.text and not _CONDITIONAL.match(bullet.text)
        if not adds:
            found.add(bullet.start)
        written = written or writes(verb) or word_of(verb) in MAY_WRITE
    return found


def _from_bullet(bullet: Bullet, lead: Lead, within: Callable[[int, int], Span]) -> Requirement | None:
    key = _KEY.match(bullet.text)
    whole = one_line(bullet.text)
    name = _name(key, whole)
    rest = bullet.text[key.end() if key else 0 :]
    if (
        not name
        or lead.aside
        or _EXAMPLE.match(whole)
        or _is_no_demand(name, rest)
        or (key is None and _is_told(bullet))
    ):
        return None
    place = within(bullet.start, bullet.end)
    optional = _is_optional(key[key.lastindex or 0] if key else rest, rest)
    level, reason = _level(bullet, place, optional=optional, lead=lead, within=within)
    because = (make_reason(_rule_of(key), place), reason)
    plain = whole.replace("__", "", 2) if key and whole.startswith("__") else whole.replace("**", "")
    plain = plain.lstrip("# ") if key and key["heading"] else plain
    return make_requirement(id=name, text=plain, level=level, span=place, because=because, column=lead.per_entry)


def _rule_of(key: re.Match[str] | None) -> str:
    """Return the rule that makes an item a requirement, by what the item begins with."""
    if key is None:
        return "requirement/bullet"
    return "requirement/heading" if key["heading"] else "requirement/bold-key"


def _name(key: re.Match[str] | None, whole: str) -> str:
    """Return what a bullet is known by: its bold key or heading, what it quotes first, else its first words."""
    if key:
        said = key[key.lastindex or 0]
        return _bare(said) if len(said) <= _ID_LENGTH else _first_words(said)
    if '"' in whole and (quoted := _QUOTED_FIRST.match(whole)):
        return _bare(quoted["name"])
    whole = _LINK.sub(r"\1", whole) if "](" in whole else whole
    marked = _MARKED.match(whole)
    return _first_words(whole[marked.end() :] if marked else whole)


def _level(
    bullet: Bullet, place: Span, *, optional: bool, lead: Lead, within: Callable[[int, int], Span]
) -> tuple[Level, Reason]:
    """Return how firmly a bullet is demanded: what it says of itself counts before what its lead says."""
    if optional:
        return Level.MAY, make_reason("level/may-include", place)
    if lead.reason.rule == "level/loose-bullets" and (must := _MUST_ITEM.search(bullet.text)):
        said = within(bullet.start + must.start(), bullet.start + must.end())
        return Level.MUST, make_reason("level/step-says-must", said)
    return lead.level, lead.reason


def _is_optional(named: str, rest: str) -> bool:
    """Tell whether an item need not be: "(optional)" in what names it or behind it, "If available, …" before it."""
    return bool(_NEED_NOT.match(rest.lstrip("( ")) or ("(" in named and _NEED_NOT_BE.match(named)))


def _is_no_demand(name: str, text: str) -> bool:
    """Tell whether an item asks, illustrates, or forbids something; `text` is what follows its bold key."""
    if text.endswith("?") or (name.lower().startswith(_ASIDE_WORDS) and _ASIDE_KEY.match(name)):
        return True
    sample = text.startswith(("```", "~~~")) and _SAMPLE_KEY.match(name)
    if sample or not mentions(text.lower(), _DENIALS):
        return bool(sample)
    plain = text.replace("*", "")
    return bool(_FORBIDS.match(plain) or _LIMITS.match(plain))


def _is_weighed(bullet: Bullet, prose: Prose) -> bool:
    """Tell whether a bullet hangs on the step's first sentence, which only weighs what a later one writes of."""
    if prose.verb is None or prose.word not in _WEIGHS:
        return False
    at = prose.verb.start() - bullet.lead_at
    return 0 <= at < len(bullet.lead) and not _STOP.search(bullet.lead, at)


def _is_told(bullet: Bullet) -> bool:
    """Tell whether an item below no colon only tells the agent how to write: "use plain words", "be brief"."""
    if bullet.lead.rstrip("* ").endswith(":") or _OF_OUTPUT.match(bullet.text):
        return False
    verb = main_verb(bullet.text)
    return verb is not None and word_of(verb) in _MANNERS


def _instructs(text: str) -> bool:
    """Tell whether a bullet that hangs on no sentence is the step's own instruction, not a demand on the output."""
    if _OF_OUTPUT.match(text):
        return False
    verb = main_verb(text)
    return verb is not None and word_of(verb) in _INSTRUCTIONS


def _columns(text: str, within: Callable[[int, int], Span]) -> Iterator[Requirement]:
    """Yield the columns of "each with: A, B, C"."""
    for start, end in columns_of(text):
        name = _bare(one_line(text[start:end]))
        place = within(start, end)
        reason = make_reason("requirement/each-with", place)
        if name:
            yield make_requirement(id=name, text=name, level=Level.MUST, span=place, because=(reason,), column=True)


def _the_section_itself(text: str, within: Callable[[int, int], Span], section: str) -> Requirement:
    start = len(text) - len(text.lstrip())
    firm = _NON_NEGOTIABLE.search(text) if "egotiable" in text.lower() else None
    place = within(start, start + len(text.strip().split("\n", 1)[0]))
    reasons = [make_reason("requirement/section-itself", place)]
    if firm:
        reasons.append(make_reason("level/non-negotiable", within(firm.start(), firm.end())))
    return make_requirement(
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
    stop = _BREAK.search(text, several.end() if several else 0)
    clause = (text[: stop.start()] if stop else text).split()
    words = clause[:_ID_WORDS]
    whole = len(clause) <= _ID_WORDS and _QUESTION.match(text)
    while not whole and len(words) > 1 and words[-1].casefold() in _DANGLING:
        words.pop()
    return _bare(" ".join(words))


def _bare(name: str) -> str:
    """Return a name without the marks of code, emphasis and quotation."""
    return name.replace("`", "").replace("**", "").strip("*\"' ").lstrip("#✅❌☑✔✓☐✗✘ \ufe0f")


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
