"""A step as written to what it does; its one rule: the first reason that holds decides, and is kept.

The order: a person, a way or another persona first, because what else the step says serves that; then the verb.
"""

import re
from dataclasses import dataclass, replace

from dramaturg.findings.quick import quick
from dramaturg.persona.bullets import BULLET, ITEM
from dramaturg.persona.model import Step
from dramaturg.plan.columns import columns_of
from dramaturg.plan.handoffs import hands_over
from dramaturg.plan.joins import INTO, assembles, gathered
from dramaturg.plan.model import Kind
from dramaturg.plan.people import asks_a_person, asks_to_confirm, branches_of, is_named_a_gate
from dramaturg.plan.prose import Prose, mentions
from dramaturg.plan.titles import is_placed, own_section, title_as_object, title_under
from dramaturg.plan.verbs import (
    DOCUMENT_NOUN,
    GATHERS,
    INGEST,
    LOOKS,
    MAY_WRITE,
    READS,
    found_by_reading,
    further_verbs,
    later_verbs,
    main_verb,
    word_of,
    writes,
)

_OBJECT_NOUN = re.compile(
    rf"\s+(?:(?!(?:of|for|from|in|to|with|by|on|against|that|which|using)\b)(?:[\w'-]+|`[^`\n]+`|\"[^\"\n]+\"),?\s+){{0,10}}?"
    rf"(?:{DOCUMENT_NOUN}\b(?!-|\s+(?:path|name|type|size|format|extension|system|change|location|option|item|entr)\w*)"
    rf"|`[^`\n]+\.\w{{2,5}}`|into (?:a|an|one)\b[^.!?\n]{{0,60}}?\b{DOCUMENT_NOUN}\b)",
    re.IGNORECASE,
)
_TELLS = (
    "explain",
    "justify",
    "describe",
    "list",
    "detail",
    "conclude",
    "return",
    "emit",
    "state",
)  # a name says these of thinking too
_SEVERAL = re.compile(r"&|\band\b", re.IGNORECASE)
_INTAKE = re.compile(r"\b(?:ingestion|ingest|intake)$", re.IGNORECASE)  # "Brief Intake"
_AS_INPUT = re.compile(
    r"\s+[^.!?\n]{1,60}?\bas (?:the |your |an? )?(?:(?:sole|only|primary|main|single) )?"
    r"(?:input|source|starting point)\b(?! (?:of (?!truth\b)|for\b|to\b))",
    re.IGNORECASE,
)
_TAKES = re.compile(r"\s+(?:in\b|(?:the|each|all)\s+`)", re.IGNORECASE)
_FINDS = re.compile(
    r"(?:\b(?:and|then|to)|[.;])\s+(?:find|judge|assess|evaluate|analy[sz]e|check|compare|rank|weigh|identify|list|name"
    r"|derive|decide|rate|score|determine|compute|count|describe|explain|summari[sz]e|shorten|improve|rewrite|revise"
    r"|refine|translate|convert|turn|edit|extend|plan|design)\b",
    re.IGNORECASE,
)  # what is taken in is not all
_TAKES_IN = ("ingest", "intake", "receive", "load", "read")
_QUOTES = ("`", '"', "“", "'", "‘", "„", "«")
_GIVEN = re.compile(
    r"\s*(?:you (?:will be|are) (?:given|provided|supplied)"
    r"|the (?:user|client|customer|operator|author|team|requester) (?:will |shall |must )?"
    r"(?:provid|suppl|giv|past|submit|upload|shar|attach|send)(?:e|es|s|y|ies)?)\b",
    re.IGNORECASE,
)
_GLANCES = frozenset("review examine inspect study scan consult process".split())
_ONLY_INPUTS = re.compile(
    r"\s+(?=[^\n]*(?:`[A-Z0-9]+(?:_[A-Z0-9]+)+`|\b(?:provided|supplied|attached|uploaded|submitted)\b))"
    r"(?![^\n]*\b(?:gap|weakness|contradiction|fault|flaw|risk|problem|inconsistenc|omission)(?:s|es|y|ies)?\b)"
    r"(?:(?!(?:for|against|to|and|whether|how|if|with|in|into|as|using)\b)[\w'’-]+,?\s+|`[^`\n]+`,?(?:\s+|(?=[.!]))"
    r"|and\s+(?=(?:the|its|their|any|all|your|an?)\b|`)){1,24}?"
    r"(?:(?:by|from) (?:the|your) \w+|(?<=`)|[\w-]+)[.!]?\s*\Z",
    re.IGNORECASE,
)  # the inputs, and nothing of what they are looked at for
_FACETS = re.compile(rf"\s*{ITEM}[ \t]+(?:\*\*|__)")  # bullets with bold keys say nothing of the step
_OUTPUT = re.compile(
    r"\s*(?:\*\*|__)?(?:output|deliverable|result)s?(?::(?:\*\*|__)?|(?:\*\*|__)\s*:)\s*"
    r"(?:(?:an?|one|the)\s+(?:[\w-]+\s+){0,3}?)?[`\"“„](?=[A-Z\d])(?![^`\"“”\n]+[`\"”“]\s*(?:[,/|]|(?:or|if|when|unless)\b))"
    r"|\s*(?:your|the)\s+(?:[\w-]+\s+)?(?:output|result|deliverable|response|answer)\s+(?:of this step\s+)?"
    r"(?:is|must be|should be|shall be|will be|consists of)\b",
    re.IGNORECASE,
)
_OWES = re.compile(
    rf"(?:[.!?:]\s+|\n\s*(?:{BULLET}\s+)?)(?:this(?:\s+[\w-]+){{0,2}}|it|(?:the|each)\s+{DOCUMENT_NOUN})\s+"
    r"(?:must|should|shall|has to|needs to)\s+(?:[a-z]+ly\s+|also\s+)?"
    r"(?:include|contain|cover|specify|state|list|name|outline|describe|detail|give|show|have|explain|identify)\b"
    r"|(?:[.!?]\s+|\n\s*)for (?:each|every)(?: [\w-]+){1,3},? (?:you (?:must|should|shall) )?"
    r"(?:include|provide|give|list|specify|state|describe|document|detail|note|record)(?=[^.!?\n]*:\s*\n)",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\s+(?:an?|one|two|three|\d+)\s+(?!(?:[\w-]+,?\s+){0,4}(?:questions?|requests?)\b)", re.IGNORECASE
)  # what is there already is "the plan"
_FORM = re.compile(rf"[^.!?\n]{{0,60}}?\b(?:in|as) (?:an?|one) (?:[\w-]+,? ){{0,4}}{DOCUMENT_NOUN}\b", re.IGNORECASE)
_SHOWN_AS = re.compile(
    r"[^.!?\n]{0,60}?\b(?:in|as) (?:an?|one) (?:[\w-]+,? ){0,3}"
    r"(?:tables?|lists?|check-?lists?|matrix|report|summary|json object|(?:code |sql |\b)block|(?<!in a )script"
    r"|outline|memo)"
    r"(?=\s*(?:[.,;:]|$|\n)"
    r"| (?:with|of|that|which|sorted)\b)",
    re.IGNORECASE,
)
_TABULATES = frozenset("compare contrast rank score rate calculate compute classify group sort estimate".split())
_IN_TABLE = re.compile(
    r"[^.!?`\"\n]{0,80}?\b(?:in|as) (?:an?|one) (?:[\w-]+ ){0,2}(?:table|matrix)\b(?! of contents)", re.IGNORECASE
)
_ONLY_IF = re.compile(
    r"\s+(?:the\s+)?[`\"“'‘][^`\"“”'‘’\n]+[`\"”'’]\s+(?:if|when|unless)\b", re.IGNORECASE
)  # what is said in one case only is an answer, not a section
_TO_A_PART = re.compile(
    r"\s+to (?!(?:the|this|your) (?:\w+ )?(?:document|report|plan|output|end|response|answer)\b|it\b)"
)
_SEES_TO = re.compile(r"\s+(?:sure|certain)\b", re.IGNORECASE)  # "make sure" makes nothing
SHOWS = ("present", "output", "return", "report", "state", "show", "print", "display")


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a step does, by which rule, and the words it rests on; None where it rests on the step as a whole.

    `also` is what it does besides: a section can end with a question.
    """

    kind: Kind
    rule: str
    words: tuple[int, int] | None = None
    also: "Decision | None" = None

    @property
    def chosen(self) -> bool:
        """Whether the author said so in as many words."""
        return self.rule.endswith(("/attribute", "/frontmatter"))


def kind_of(step: Step, prose: Prose, alias: str, known: frozenset[str]) -> Decision:
    """Return what a step does.

    Args:
        step: The step as written.
        prose: Its text.
        alias: The persona's own.
        known: Folded names that are no titles.
    """
    turns = _turns_to(step, prose, alias)
    if turns is None and (under := title_under(prose, known)):
        return Decision(kind=Kind.SECTION, rule="kind/names-a-section", words=under.span())
    if turns is None:
        return _by_verb(step, prose, known)
    verb = prose.verb
    if not step.conditions and verb:
        titled = writes(verb) and title_as_object(prose, verb, known)
        if titled or (turns.kind is Kind.GATE and _drafts(prose.text, verb, anything=True)):
            return replace(_by_verb(step, prose, known), also=turns)
    return turns


def _drafts(text: str, verb: re.Match[str], *, anything: bool = False) -> bool:
    """Tell whether a verb makes a document that does not exist yet, or `anything` new where it writes by itself.

    Before a confirmation that counts: a gate alone would show what came before it.
    """
    word, at = word_of(verb), verb.end()
    if word in SHOWS or not (writes(verb) or word in MAY_WRITE) or not _NEW.match(text, at):
        return False
    return (anything and writes(verb)) or _has_document_as_object(text, at)


def _makes(text: str, verb: re.Match[str]) -> bool:
    """Tell whether a verb that writes makes a document, or puts what was found into the form of one."""
    return _drafts(text, verb) or _FORM.match(text, verb.end()) is not None


def _turns_to(step: Step, prose: Prose, alias: str) -> Decision | None:
    """Return the person, the way or the persona that a step turns to; None if it turns to none."""
    if next(branches_of(step, prose), None):
        return Decision(kind=Kind.BRANCH, rule="kind/condition" if step.conditions else "kind/goes-back")
    if other := hands_over(prose, alias):
        return Decision(kind=Kind.HANDOFF, rule="kind/names-a-persona", words=other.span("alias"))
    if confirmed := asks_to_confirm(prose):
        return Decision(kind=Kind.GATE, rule="kind/asks-to-confirm", words=confirmed.span())
    if is_named_a_gate(step.name):
        return Decision(kind=Kind.GATE, rule="kind/asks-to-confirm")
    if asked := asks_a_person(prose):
        return Decision(kind=Kind.ASK, rule="kind/asks-a-person", words=asked.span())
    return None


def _by_verb(step: Step, prose: Prose, known: frozenset[str]) -> Decision:
    text = step.text
    verb = None if _FACETS.match(text) else prose.verb
    word, words, written = (prose.word, verb.span(), writes(verb)) if verb else ("", None, False)
    if verb and assembles(step, prose, verb):
        return Decision(kind=Kind.ASSEMBLE, rule="kind/assemble-verb", words=words)
    if verb and not written and (later := _later_writing(prose, verb, known, titled=word in INGEST)):
        return Decision(kind=Kind.SECTION, rule="kind/clause-writes", words=later.span())
    if verb and word in GATHERS and (into := gathered(prose, verb, known)):
        rule = "kind/gathers-the-sections" if into is Kind.ASSEMBLE else "kind/gathers-into-a-section"
        return Decision(kind=into, rule=rule, words=words)
    finds = found_by_reading(text, verb) if verb and word in READS else None
    if (word in INGEST and finds is None) or (verb and _is_given(text, word, verb.end())):
        return _taking_in(prose, known, words)
    if verb and (written or (word in MAY_WRITE and _has_document_as_object(text, verb.end()))):
        rule = "kind/section-verb" if written else "kind/writes-a-document"
        return Decision(kind=Kind.SECTION, rule=rule, words=words)
    if finds:
        prose, words = replace(prose, verb=finds, word=word_of(finds)), finds.span()
    return _by_what_it_names(step, prose, known, words)


def _is_given(text: str, word: str, at: int) -> bool:
    """Tell whether a verb that ends at an offset only says what the inputs are."""
    if word in _GLANCES:
        return _ONLY_INPUTS.match(text, at) is not None
    taken = word == "take" and _TAKES.match(text, at)
    taken = taken or (word in ("take", "use", "treat") and _AS_INPUT.match(text, at))
    return bool(taken) and not _FINDS.search(text, at)


def _taking_in(prose: Prose, known: frozenset[str], words: tuple[int, int] | None) -> Decision:
    """Return what a step does that takes something in: it writes what a later sentence has a title for."""
    if mentions(prose.spoken, _QUOTES):
        for further in further_verbs(prose.spoken):
            titled = writes(further) and title_as_object(prose, further, known)
            if titled and not _ONLY_IF.match(prose.spoken, further.end()):
                return Decision(kind=Kind.SECTION, rule="kind/sentence-writes", words=further.span())
    return Decision(kind=Kind.INGEST, rule="kind/ingest-verb", words=words)


def _by_what_it_names(step: Step, prose: Prose, known: frozenset[str], words: tuple[int, int] | None) -> Decision:
    """Return what a step does whose verb does not tell: it writes what it names as its output, else it thinks."""
    if prose.verb and words and (made := _made(prose, prose.verb, known)):
        return made
    if output := _OUTPUT.match(step.text):
        return Decision(kind=Kind.SECTION, rule="kind/names-the-output", words=output.span())
    for further in further_verbs(prose.spoken):
        if writes(further) and (title_as_object(prose, further, known) or _makes(prose.text, further)):
            return Decision(kind=Kind.SECTION, rule="kind/sentence-writes", words=further.span())
    own = None if _GIVEN.match(prose.spoken) else own_section(prose, known)
    if own:
        return Decision(kind=Kind.SECTION, rule="kind/names-a-section", words=own.span())
    return _by_name(step, prose, words)


def _made(prose: Prose, verb: re.Match[str], known: frozenset[str]) -> Decision | None:
    """Return the section that a verb makes by what it acts on, or by what that owes; None if it makes none."""
    appended = title_as_object(prose, verb, known) if prose.word == "append" else None
    if (title := appended) and not _TO_A_PART.match(prose.text, title.end()):
        return Decision(kind=Kind.SECTION, rule="kind/names-a-section", words=title.span())
    if prose.word in _TABULATES and (table := _IN_TABLE.match(prose.text, verb.end())):
        return Decision(kind=Kind.SECTION, rule="kind/writes-a-document", words=table.span())
    makes = prose.word in MAY_WRITE and not _SEES_TO.match(prose.text, verb.end())
    owes = _owes(prose, verb) if makes else None
    return Decision(kind=Kind.SECTION, rule="kind/owes-content", words=owes) if owes else None


def _owes(prose: Prose, verb: re.Match[str]) -> tuple[int, int] | None:
    """Return the words that say what the result of a step holds, or what each entry of it has."""
    if owes := _OWES.search(prose.text, verb.end()):
        return owes.span()
    return next(columns_of(prose.spoken), None) if mentions(prose.folded, ("each", "columns")) else None


def _by_name(step: Step, prose: Prose, words: tuple[int, int] | None) -> Decision:
    """Return what a step does by the verb of its name, since its text does not tell."""
    title = main_verb(step.name)
    if title and writes(title) and word_of(title) not in _TELLS:
        return Decision(kind=Kind.SECTION, rule="kind/name-verb")
    given = _GIVEN.match(prose.spoken) and not _FINDS.search(prose.spoken)
    if given and not any(map(_thinks, further_verbs(prose.spoken))):
        return Decision(kind=Kind.INGEST, rule="kind/ingest-verb")
    takes_in = (title and word_of(title) in _TAKES_IN) or _INTAKE.search(step.name)
    if takes_in and not (_SEVERAL.search(step.name) or _thinks(prose.verb)):
        return Decision(kind=Kind.INGEST, rule="kind/name-verb")
    return Decision(kind=Kind.ANALYZE, rule="kind/no-output-named", words=words)


def _thinks(verb: re.Match[str] | None) -> bool:
    return verb is not None and word_of(verb) in LOOKS


def _later_writing(prose: Prose, verb: re.Match[str], known: frozenset[str], *, titled: bool) -> re.Match[str] | None:
    """Return the verb of a later clause that writes something with a title, or failing that a document."""
    for later in later_verbs(prose.text, verb.end()):
        if title_as_object(prose, later, known) or is_placed(prose, later, known):
            return later
        if not titled and writes(later) and _has_document_as_object(prose.text, later.end()):
            return later
    return None


def _has_document_as_object(text: str, at: int) -> bool:
    return bool(_OBJECT_NOUN.match(text, at) or INTO.match(text, at) or _SHOWN_AS.match(text, at))
