"""What each step does to what they do together; its one rule: what the author set stays as it is."""

import re
from collections.abc import Sequence

from dramaturg.plan.contract import Contents
from dramaturg.plan.kinds import SHOWS, Decision
from dramaturg.plan.model import Kind
from dramaturg.plan.prose import Prose
from dramaturg.plan.verbs import ASSEMBLE, DOCUMENT_NOUN

_SHOWS = (*SHOWS, "render", "deliver", "emit")
_FEW = 2  # sections
_JOINS = ASSEMBLE | {"bundle", "package", "put", "bring", "stitch", "bind"}
_WORD = re.compile(r"[^\W\d_]+")
_BESIDE_NAMES = frozenset(
    """a above all and following in into it of order section sections step steps the these this together with
    your""".split()
)
_INTO = re.compile(
    r"(?:[`'\"]?[\s,]*(?:together\s+)?(?:in|into|as|to form)\s+(?:an?|one|the)\s+(?:[\w-]+\s+){0,3}?"
    rf"(?:(?!(?:table|matrix|list|summary|chart|section|check-?list)s?\b){DOCUMENT_NOUN}"
    r"|pack|packet|package|bundle|whole|dossier|deliverable|output|book|booklet|binder)"
    r"(?:,?\s+(?:titled|entitled|called|named)\s+[`\"“„][^`\"“”\n]+[`\"”“])?)?[\s.!`'\"]*",
    re.IGNORECASE,
)  # and nothing is done with them besides
_THE_WHOLE = re.compile(
    r"\s*(?:finally,?\s+)?\w+\s+the\s+(?:final|complete|completed|full|finished|entire|whole)\s+"
    r"(?P<noun>[\w-]+(?: [\w-]+){0,3}?)"
    r"(?P<titled>,?\s+(?:titled|entitled|called|named)\s+[`\"“„][^`\"“”\n]+[`\"”“])?"
    r"(?:\s+to the \w+)?(?:\s+(?:in|as)\s+(?:an?\s+|one\s+)?(?:[\w-]+\s+){0,3}?(?:markdown|document|file))?[.!]?\s*",
    re.IGNORECASE,
)  # and says nothing of what is in it
_OF_DOCUMENT = re.compile(
    r" (?:document|report|deliverable|output|plan|proposal|guide|runbook|handbook|documentation|specification"
    r"|minutes) $"
)


def demanded(decisions: Sequence[Decision], names: Sequence[str], contents: Contents) -> list[Decision]:
    """Return the decisions with a section for each analysis that the output contract has by the step's name.

    Args:
        decisions: One for each step.
        names: The steps' names.
        contents: What the contract says is in the document.
    """
    section = Decision(kind=Kind.SECTION, rule="kind/contract-names-it")
    return [
        section if said.kind is Kind.ANALYZE and not said.chosen and contents.hold(name) else said
        for said, name in zip(decisions, names, strict=True)
    ]


def closed(decisions: list[Decision], steps: Sequence[tuple[str, Prose]], title: str) -> list[Decision]:
    """Return the decisions with a last step that joins the sections, where it only shows them or counts them up.

    Args:
        decisions: One for each step.
        steps: Their names and texts.
        title: The persona's, which may name what it makes: "Model Card Writer".
    """
    kinds = [said.kind for said in decisions]
    if Kind.ASSEMBLE in kinds or kinds.count(Kind.SECTION) < _FEW:
        return decisions
    last = max(at for at, kind in enumerate(kinds) if kind in (Kind.SECTION, Kind.ANALYZE))
    said, prose = decisions[last], steps[last][1]
    others = [name for at, (name, _) in enumerate(steps[:last]) if kinds[at] is Kind.SECTION]
    if said.chosen or said.also or prose.verb is None or len(others) < _FEW:
        return decisions
    if said.kind is Kind.SECTION and _shows_the_whole(prose, title):
        rule = "kind/shows-the-whole"
    elif prose.word in _JOINS and _only_counts_up(prose.text, prose.verb.end(), others):
        rule = "kind/joins-by-name"
    else:
        return decisions
    return [*decisions[:last], Decision(kind=Kind.ASSEMBLE, rule=rule, words=prose.verb.span()), *decisions[last + 1 :]]


def _shows_the_whole(prose: Prose, title: str) -> bool:
    whole = _THE_WHOLE.fullmatch(prose.text)
    if whole is None or not (whole["titled"] or prose.word in _SHOWS):
        return False
    noun = f" {whole['noun']} ".casefold()
    return _OF_DOCUMENT.search(noun) is not None or noun in f" {title} ".casefold()


def _only_counts_up(text: str, at: int, names: Sequence[str]) -> bool:
    """Tell whether a text, from an offset on, has two of the sections at least, half of them, and nothing else.

    They are known by the last words of their names.
    """
    parts = [[word.casefold().rstrip("s") for word in _WORD.findall(name)] for name in names]
    heads, known = {words[-1] for words in parts if words}, {word for words in parts for word in words}
    counted: set[str] = set()
    for found in _WORD.finditer(text, at):
        word = found[0].casefold()
        if word.rstrip("s") in known:
            counted |= heads & {word.rstrip("s")}
            at = found.end()
        elif word not in _BESIDE_NAMES:
            break
    return len(counted) >= max(_FEW, len(names) / 2) and _INTO.fullmatch(text, at) is not None


def settled(decisions: list[Decision]) -> list[Decision]:
    """Return the decisions with a section among them, if any step can be one.

    Without a section there is nothing to assemble: what combines findings writes the document itself. Failing that the
    last step of analysis is what the reader gets, or the only step there is.
    """
    if any(decision.kind is Kind.SECTION for decision in decisions):
        return decisions
    if len(decisions) == 1 and not decisions[0].chosen:
        only = decisions[0]
        turns = only if only.kind in (Kind.BRANCH, Kind.GATE, Kind.ASK, Kind.HANDOFF) else None
        return [Decision(kind=Kind.SECTION, rule="kind/nothing-else-writes", words=only.words, also=turns)]
    for kind, rule in ((Kind.ASSEMBLE, "kind/nothing-to-assemble"), (Kind.ANALYZE, "kind/nothing-else-writes")):
        for place in reversed(range(len(decisions))):
            if decisions[place].kind is kind and not decisions[place].chosen:
                changed = Decision(kind=Kind.SECTION, rule=rule, words=decisions[place].words)
                return [*decisions[:place], changed, *decisions[place + 1 :]]
    return decisions
