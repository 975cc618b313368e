"""What each step does to what they do together; its one rule: what the author set stays as it is."""

import re
from collections.abc import Sequence

from dramaturg.plan.contract import Contents
from dramaturg.plan.kinds import SHOWS, Decision
from dramaturg.plan.model import Kind
from dramaturg.plan.prose import Prose

_SHOWS = (*SHOWS, "render", "deliver", "emit")
_FEW = 2  # sections: one and the last
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


def closed(decisions: list[Decision], proses: Sequence[Prose], title: str) -> list[Decision]:
    """Return the decisions with the last section as what joins the others, where it only shows the whole of them.

    Args:
        decisions: One for each step.
        proses: Their texts.
        title: The persona's, which may name what it makes: "Model Card Writer".
    """
    kinds = [said.kind for said in decisions]
    if Kind.ASSEMBLE in kinds or kinds.count(Kind.SECTION) <= _FEW:
        return decisions
    last = len(kinds) - 1 - kinds[::-1].index(Kind.SECTION)
    said, prose = decisions[last], proses[last]
    if said.chosen or said.also or not (whole := _THE_WHOLE.fullmatch(prose.text)):
        return decisions
    noun = f" {whole['noun']} ".casefold()
    of_document = _OF_DOCUMENT.search(noun) or noun in f" {title} ".casefold()
    if not of_document or not (whole["titled"] or prose.word in _SHOWS):
        return decisions
    joins = Decision(kind=Kind.ASSEMBLE, rule="kind/shows-the-whole", words=said.words)
    return [*decisions[:last], joins, *decisions[last + 1 :]]


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
