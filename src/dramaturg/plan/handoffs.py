"""A step's prose to the persona it hands over to; its one rule: a hand and a name stand in one sentence."""

import re
from collections.abc import Container, Iterable, Iterator

from dramaturg.persona.bullets import ITEM
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import PlannedStep
from dramaturg.plan.people import is_denied
from dramaturg.plan.prose import Prose, mentions
from dramaturg.plan.titles import named, title_of

_HANDS = re.compile(
    r"\bhand(?:s|ing|ed)?\b[^.!?\n]{0,40}?[ -](?:off|over)\b|\bpass(?:es|ed|ing)?\b[^.!?\n]{0,40}?\bon to\b"
    r"|\bhand-?off\b|\bdelegat\w*\b|\bexecuted by\b|\binstance request\b"
    r"|\bcontinued by\b|\btaken over by\b",
    re.IGNORECASE,
)
_PASSES = re.compile(
    r"\b(?:hand|forward|transfer|route|escalate|refer(?! to\b)|pass|send|submit|switch)(?:s|ing)?\b"
    r"[^.!?\n]{0,60}?\bto (?:the )?`?$"
    r"|\b(?:invoke|activate|engage|summon|call(?: on| upon)?)(?:s|ing)? (?:the )?`?$",
    re.IGNORECASE,
)
_PERSONA = re.compile(r"[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*-\d{1,2}$")
_CALLED_PERSONA = re.compile(r"`?\s+(?:persona|agent|specialist)\b", re.IGNORECASE)
_PASS_WORDS = (
    "hand", "forward", "transfer", "route", "routing", "escalat", "refer", "pass", "send", "submit", "switch", "invok",
    "activat", "engag", "summon", "call",
)  # fmt: skip
_NO_PERSONA = re.compile(
    r"(?:SHA|MD|AES|RSA|UTF|GPT|AZ|EC|SEV|PRIO|TIER|LEVEL|PHASE|TASK|REQ|TC|ISO|IEC|RFC|PEP|CVE|CWE|TLS|IEEE|DIN|EN|HTTP|IPv)-\d+$",
    re.IGNORECASE,
)
_ALIAS = re.compile(r"(?<![\w/-])(?P<alias>(?:[A-Za-z_][\w-]*/)*[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-\d+)(?![\w-])")
_NUMBERED = re.compile(r"-\d")  # every alias has it
_HAND_WORDS = ("hand", "delegat", "executed by", "instance request", "continued by", "taken over by", "on to")
_TITLE = re.compile(r"[A-Z][\w-]*(?:[ \t]+(?:[A-Z][\w-]*|(?:of|for|and|&)(?=[ \t]+[A-Z])))+")
_SENDS = frozenset(
    "circulate distribute email escalate forward hand mail pass route send share submit transfer".split()
)
_SENTENCE_END = re.compile(rf"(?<!e\.g)(?<!i\.e)[.!?](?=\s)|\n[ \t]*(?=\n|{ITEM}\s)")


def hands_over(prose: Prose, own: str) -> re.Match[str] | None:
    """Return the alias of the persona a step hands over to; None if it hands nothing over."""
    if not _NUMBERED.search(prose.spoken):
        return None
    hands, passes = mentions(prose.folded, _HAND_WORDS), mentions(prose.folded, _PASS_WORDS)
    if not (hands or passes):
        return None
    text = prose.spoken
    for begin, end in _sentences(text):
        word = _HANDS.search(text, begin, end) if hands else None
        handed = word is not None and not is_denied(text, begin, word.start())
        for alias in _ALIAS.finditer(text, begin, end):
            named = alias["alias"]
            if named.casefold() == own.casefold() or _NO_PERSONA.match(named):
                continue
            if handed or _is_passed_to(text[begin : alias.start()], alias):
                return alias
    return None


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence begins and ends."""
    begin = 0
    for end in [*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]:
        yield begin, end
        begin = end


def _is_passed_to(before: str, alias: re.Match[str]) -> bool:
    """Tell whether something is passed to what is surely a persona: in capitals, or called one."""
    if not (_PERSONA.match(alias["alias"]) or _CALLED_PERSONA.match(alias.string, alias.end())):
        return False
    return _passes(before)


def _passes(before: str) -> bool:
    """Tell whether what stands before a name passes something to whoever it names."""
    word = _PASSES.search(before)
    return word is not None and not is_denied(before, 0, word.start())


def hands_over_by_title(text: str, titles: Container[str]) -> str:
    """Return the title, of some personas' titles, by which a step hands over to one; empty if it does not.

    A word alone, such as `Auditor`, may be a person's, and is no title here.
    """
    folded = text.casefold()
    if not (mentions(folded, _HAND_WORDS) or mentions(folded, _PASS_WORDS)):
        return ""
    for begin, end in _sentences(text):
        word = _HANDS.search(text, begin, end)
        handed = word is not None and not is_denied(text, begin, word.start())
        for found in _TITLE.finditer(text, begin, end):
            if found[0] in titles and (handed or _passes(text[begin : found.start()])):
                return found[0]
    return ""


def sends_on(prose: Prose, known: frozenset[str], before: Iterable[PlannedStep]) -> bool:
    """Tell whether a step only sends on what steps before it write; `known` are folded names that are no titles."""
    title = title_of(prose, known) if prose.word in _SENDS else None
    return title is not None and fold_id(named(title)) in {fold_id(step.section) for step in before}
