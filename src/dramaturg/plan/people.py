"""A step's prose to the person, the way or the persona it turns to; its one rule: nothing is read from a negation."""

import re
from collections.abc import Iterator, Mapping

from dramaturg.findings.model import Span
from dramaturg.persona.model import Step
from dramaturg.plan.model import Branch
from dramaturg.plan.prose import Prose, mentions

DEFAULT_BOUND = 3
OUTSET = "^"  # where a way leads back to that names no step but the beginning
_PERSON = (
    r"(?:user|operator|author|reader|reviewer|owner|team|person|requester|stakeholder|customer|client|sponsor|human)s?"
)
_ALONE = (
    r"\b(?! (?:librar(?:y|ies)|interface|stor(?:y|ies|e)|manual|guide|app|application|data|service|test|account|agent"
    r"|side)s?\b)"
)  # "the user manual" is none
_NOBODY = (
    r"(?!(?:[\w-]+ )?(?:model|system|database|tool|api|assistant|agent|search|log|server|code|codebase|data|dataset"
    r"|text|document|file|parser|compiler|linter|retriever|engine|service|script|library|queue|broker|replica"
    r"|cluster|node|pipeline|build|job|test|tests|persona)\b"
    r" (?:to|for|about|whether|if|which|what|how|who|why|when|where)\b)"
)  # what can be asked, and waited for, but is no person
_ASKED = (
    r"(?:user|operator|author|owner|team|requester|stakeholder|sponsor)s?\b(?=\s*(?:$|[^\s\w'’-])"
    r"|\s+(?:for|on|about|to|and|or|if|whether|which|what|who|how|why|when|where|as|in(?! mind)"
    r"|with|at|of|until|before|first|again|directly)\b)"
)  # a person to ask, not what is called after one: "the user guide"
_GATE = re.compile(
    r"(?:\b(?:ask|request|await|wait|seek|obtain|get|secure)(?:s|ing)?|(?:^|[,;.]\s|\bthen\s)\s*require)\s+(?:[\w'’-]+,?\s+){0,7}?"
    r"(?:confirm(?:ation|s)?|approv(?:al|es?)|sign-off|go-ahead|permission|consent|green light)\b"
    r"|\b(?:(?:continue|proceed|go on|move on) only|only (?:continue|proceed|go on|move on))"
    r" (?:after|once|when|if|with)\b[^.!?\n]{0,60}\b(?:confirm|approv|agree|user|operator|yes)\w*"
    rf"|\b(?:the|your) {_PERSON} (?:must|has to|have to|needs? to) (?:first |explicitly )?"
    r"(?:confirm|approve|agree|accept|sign off)\b[^.!?\n]{0,80}\b(?:before|until|first)\b"
    rf"|\b(?:have|let) (?:the|your) {_PERSON} (?:\w+ )?(?:confirm|approve|sign off|agree)\b"
    r"|\bhave\b(?! been\b)[^.!?\n]{1,60}\b(?:signed off|approved|confirmed) by\b"
    rf"|\bconfirm with (?:the|your) {_PERSON}{_ALONE}"
    rf"|\bcheck with (?:the|your) {_PERSON}\b[^.!?\n]{{0,80}}\bbefore (?:you )?(?:proceed|continu|go|mov)\w*"
    rf"|\b(?:a)?wait for (?:the|your) {_PERSON}(?:['’]s)?\b(?! to (?:answer|provide|supply|send|attach|upload))"
    rf"|\b(?:a)?wait for (?:the|your) {_NOBODY}[\w-]+(?: [\w-]+)? to (?:sign|approve|confirm|agree|accept)\b"
    r"|\b(?:do not|don['’]t|never) [^.!?\n]{1,40}?\buntil "
    rf"(?:they|he|she|(?:the|your) {_PERSON}){_ALONE}[^.!?\n]{{0,30}}?\b(?:agree|approve|confirm|accept|sign)\w*+"
    r"(?! with (?:the|each|one|what)\b)"
    r"|\b(?:shall|may|should|can) I (?:proceed|continue|go on|go ahead|begin|start)\b"
    r"|\b(?:do not|don['’]t|must not|will not|won['’]t|shall not|cannot|can not) (?:proceed|continue|go on|move on)\b"
    r"[^.!?\n]{0,60}\b(?:until|unless|without|before)\b"
    r"|\b(?:present|submit|show|send)\b[^.!?\n]{0,60}?\bfor (?:\w+ )?(?:approval|confirmation|sign-off)\b"
    r"|\bask whether to (?:proceed|continue|go on)\b"
    r"|\b(?:pause|stop|hold|halt)\b[^.!?\n]{0,40}\b(?:until|for)\b[^.!?\n]{0,40}\b(?:confirm|approv|user|operator)\w*",
    re.IGNORECASE,
)
_GATE_NAME = re.compile(
    r"(?:request|ask for|await|wait for|get|obtain|seek|secure)\s+(?:the\s+)?(?:[\w'’-]+\s+)?"
    r"(?:confirmation|approval|sign-off|go-ahead|consent)(?=\s*(?:$|[(:&-])|\s+(?:from|to|before|for|and)\b)",
    re.IGNORECASE,
)
_ANYONE = (
    rf"the {_NOBODY}(?!(?:question|following|same|two|three|four|five)\b)[\w-]+(?: \w+)?"
    r"(?= (?:for|about|to|whether|if|which|what|how|who|why|when|where)\b)"
)  # whoever is asked for something
_ASK = re.compile(
    rf"\bask(?:s|ing)?\b\s+(?:(?:the|a|your)\s+{_PERSON}\b|(?<!to ask ){_ANYONE}"
    r"|(?:\w+\s+){0,4}(?:clarifying|targeted|follow-up|open)?\s*questions?\b"
    r"|for\s+(?:clarification|more|further|additional|missing|whatever|the)\b"
    r"|(?:which|whether|what|how|who|when|where)\b)"
    r"|\bask:?\s+[\"“][^\"”\n]{1,160}\?[\"”](?!\s+(?:of|about|for|and)\b)"
    rf"|\boffer to (?!(?:the|an?|all|any|them|us|those|others|{_PERSON})\b|every)(?=\w+)"
    r"|\b(?:put|pose|raise|formulate)\s+(?:\w+\s+){0,4}questions?\b(?!\s+(?:that\s+)?(?:the|an?)\s+\w+\s+(?:is|are|will|would|may|might|could|should)\b)|\bprompt\s+(?:the\s+)?(?:user|operator|author|reader|owner|team)\b"
    rf"|\bclarify\b(?! (?:how|what|why|when|where|that|whether)\b)[^.!?\n]{{0,60}}?\bwith (?:the|your) {_ASKED}"
    rf"|\b(?:(?:elicit|find out)\b[^.!?\n]{{0,60}}?\bfrom|(?:inquire|enquire)\b[^.!?\n]{{0,60}}?\b(?:from|of))"
    rf" (?:the|your) {_ASKED}"
    rf"|\b(?:interview|invite|consult)(?: with)? (?:the|your) {_ASKED}|\binterview {_ANYONE}"
    rf"|\b(?:have|let) (?:the|your) {_PERSON} (?:(?:\w+ly|first|then|also) )?"
    r"(?:choose|pick|decide|select|specify|name|rank|tell|provide)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\brequest(?:s|ing)?\b[^.!?\n]{0,80}?\b(?:artifacts?|evidence|metrics|logs?|files?|outputs?|information|details|data"
    r"|inputs?|samples?|scenario|clarification|traces?|profiles?|source code)\b",
    re.IGNORECASE,
)
_THEN_REQUEST = re.compile(r"(?:,|;|\band\b|\bthen\b)\s+(?:then\s+)?(?=request\b)", re.IGNORECASE)
_NOT = re.compile(
    r"(?:\b(?:not|never|without|no need (?:for you )?to|avoid|rather than|instead of)|n['’]t),?\s+(?:[\w']+,?\s+){0,5}$"
    r"|\b(?:upon|after|once|following|given|pending|that|which|what|who|whether)\s+(?:[\w']+\s+){0,3}$",
    re.IGNORECASE,
)
_OF_A_STATE = re.compile(
    r"\b(?:if|where|when) not,|\b(?:is|are|was|were|has|have|does|did)(?:\s+not|n['’]t)\b[^,]*,", re.IGNORECASE
)
_ORDERS = re.compile(
    r"(?:ask|request|await|wait|seek|obtain|get|secure|prompt|clarify|elicit|inquire|enquire|find|interview|invite"
    r"|consult|have|let|check|offer|(?:the|your)\s)",
    re.IGNORECASE,
)
_ONESELF = re.compile(r"\s+(?:your|my|our|it|them)sel(?:f|ves)\b", re.IGNORECASE)
_CLAUSE_START = re.compile(
    r"(?:^|[.,;:!?\n*)\]>–—-])\s*$"
    r"|\b(?:and|or|then|must|will|shall|should|can|please|to|by|also|explicitly|always|first|next|finally|now|I|you|we|ll)\s+$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:return(?: \w+)? to|(?:go|loop|jump|step|circle|cycle|move) back|loop to|restart (?:at|from)"
    r"|repeat(?: from)?|start (?:again|over) (?:at|from|with)|resume (?:at|from|with)|redo"
    r"|re-?run|re-?execute|revisit|iterate from)\b[^.!?\n]{0,24}?\bsteps?\s+`?(?P<step>\d+(?:\.\d+)*)",
    re.IGNORECASE,
)
_PROTOCOL = r"(?:protocol|process|procedure|workflow)\b"
_FROM_OUTSET = (
    r"(?:the )?(?:very )?(?:beginning|start|outset|top|first step|scratch)\b"
    rf"(?! of\b(?! (?:the|this|your) (?:whole |entire )?{_PROTOCOL}))"
)
_ANEW = re.compile(
    rf"\bstart (?:all )?over\b(?:\s+(?:from|at|with)\s+{_FROM_OUTSET}|(?!\s+(?:from|at|with|on|in)\b))"
    rf"|\b(?:start|begin) (?:again|anew) (?:from|at) {_FROM_OUTSET}"
    rf"|\brestart from {_FROM_OUTSET}(?! (?:an?|any|all|each|every|the)\b)"
    rf"|\b(?:return|(?:go|loop|jump|circle|cycle|move) back) to {_FROM_OUTSET}"
    rf"|\b(?:restart|repeat|re-?run) (?:the|this) (?:protocol\b|(?:whole|entire|full) {_PROTOCOL})"
    r"(?! (?:for|in|on|per)\b)",
    re.IGNORECASE,
)
_IN_SOME_CASE = re.compile(
    r"(?:^|[.!?:;]\s+|\n\s*)(?:(?:otherwise|else|then),?\s+|(?:if|when|unless|where)\b[^.!?\n]{1,120}?[,;:]\s+(?:then\s+)?)?"
    r"(?:you (?:must|should|will)\s+)?$",
    re.IGNORECASE,
)  # what stands before an order to begin anew, which is no part of a description then
_SKIP_WORDS = ("skip", "jump", "go directly", "go straight", "go on to", "go ahead to")
_ANEW_WORDS = (
    " over",
    "again from",
    "again at",
    "anew",
    "beginning",
    "restart",
    "repeat",
    "rerun",
    "re-run",
    "scratch",
    "to the start",
    "to the top",
    "outset",
    "first step",
)
_BACK_WORDS = (
    "return", " back", "loop to", "restart", "repeat", "again", "over", "resume", "redo", "re-run", "re-exec", "rerun",
    "reexec", "revisit", "iterate",
)  # fmt: skip
_ON = re.compile(
    r"\b(?:proceed|continue|go on|skip|go|move(?: on)?|jump)\s+(?:directly\s+)?(?:to|with|at)\s+"
    r"step\s+`?(?P<step>\d+(?:\.\d+)*)",
    re.IGNORECASE,
)
_SKIPS = re.compile(
    r"\b(?:if|when|unless|where)\b[^.!?\n]{1,120}?(?:[,;:]|\bthen)\s+(?:then\s+)?(?:you (?:may|can|should|must) )?"
    r"(?:skip|jump|go(?=\s+(?:directly|straight|on|ahead)))\s+"
    r"(?:(?:directly|straight|on|ahead|forward)\s+)?to\s+step\s+`?(?P<step>\d+(?:\.\d+)*+)(?!`?\s+of\b)",
    re.IGNORECASE,
)  # what lies between is passed over in one case only
_NUMBERS: Mapping[str, int] = {
    "once": 1, "one": 1, "twice": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10,
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,2}}|{'|'.join(_NUMBERS)})"
_BOUND = re.compile(
    rf"\b(?:at most|up to|no more than|a maximum of|maximum|max\.?)\s+{_COUNT}\b(?!\s*(?:%|percent))"
    rf"|\b{_COUNT.replace('count', 'times')}\s+(?:times|iterations|rounds|attempts)\b",
    re.IGNORECASE,
)
# what must be found for any of the patterns above to be: far cheaper to look for
_GATE_WORDS = (
    "confirm", "approv", "sign-off", "ahead", "permission", "consent", "proceed", "continue", "go on",
    " i ", "pause", "halt", "hold", "stop", "wait for", "sign off", "signed off", "agree", "accept", "green light",
    "check with", "move on",
)  # fmt: skip
_ASK_WORDS = (
    "ask", "question", "prompt", "clarify", "elicit", "nquire", "find out", "interview", "invite", "consult",
    "have the", "have your", "let the", "let your", "offer to",
)  # fmt: skip


def asks_to_confirm(prose: Prose) -> re.Match[str] | None:
    """Return where a step asks a person to confirm; None if it does not."""
    return _said(_GATE, prose.spoken) if mentions(prose.folded, _GATE_WORDS) else None


def is_named_a_gate(name: str) -> bool:
    """Tell whether a step is called after a confirmation it asks for: "Await User Approval"."""
    return _GATE_NAME.match(name) is not None


def asks_a_person(prose: Prose) -> re.Match[str] | None:
    """Return where a step asks a person for an answer or for one more artifact; None if it does not."""
    text = prose.spoken
    if prose.verb and prose.word in ("request", "ask") and not _ONESELF.match(text, prose.verb.end()):
        return prose.verb
    if (
        "request" in prose.folded
        and (then := _THEN_REQUEST.search(text))
        and (asked := _REQUEST.search(text, then.end()))
    ):
        return asked
    return _said(_ASK, text) if mentions(prose.folded.replace("task", ""), _ASK_WORDS) else None


def branches_of(step: Step, prose: Prose) -> Iterator[Branch]:
    """Yield where a step may go on: one branch for each condition; without any, one for a way back, or over steps."""
    if not step.conditions:
        numbered = "step" in prose.folded
        way = _said(_BACK, prose.spoken) if numbered and mentions(prose.folded, _BACK_WORDS) else None
        if way is None and mentions(prose.folded, _ANEW_WORDS):
            way = _anew(prose.spoken)
        if way is None and numbered and mentions(prose.folded, _SKIP_WORDS):
            way = _said(_SKIPS, prose.spoken)
        if way:
            yield _branch("", step.text, step.origin.span.within(step.text, *way.span()), way, _bound(step.text))
        return
    whole = _bound(step.text)
    for condition in step.conditions:
        way = _BACK.search(condition.text) or _ON.search(condition.text) or _said(_ANEW, condition.text)
        yield _branch(condition.check, condition.text, condition.span, way, _bound(condition.text) or whole)


def _anew(text: str) -> re.Match[str] | None:
    """Return where a step orders to begin anew; None where it only speaks of that."""
    for found in _ANEW.finditer(text):
        before = text[max(0, found.start() - 160) : found.start()]
        if _IN_SOME_CASE.search(before) and not is_denied(before, 0, len(before)):
            return found
    return None


def _branch(check: str, text: str, span: Span, way: re.Match[str] | None, bound: int) -> Branch:
    anew = way is not None and way.re is _ANEW
    back = way is not None and way.re in (_BACK, _ANEW)
    return Branch(
        check=check,
        goes_to=OUTSET if anew else way["step"] if way else "",
        bound=(bound or DEFAULT_BOUND) if back else 0,
        text=" ".join(text.split()),
        span=span,
    )


def _bound(text: str) -> int:
    """Return how often the text allows something at most; 0 if it does not say."""
    found = _BOUND.search(text)
    said = (found["count"] or found["times"]).casefold() if found else "0"
    return _NUMBERS.get(said) or int(said)


def _said(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the first place where a pattern is found and not negated, nor told as something that has happened."""
    for found in pattern.finditer(text):
        before = text[max(0, found.start() - 80) : found.start()]
        if not is_denied(before, 0, len(before)) and (not _ORDERS.match(found[0]) or _CLAUSE_START.search(before)):
            return found
    return None


def is_denied(text: str, begin: int, end: int) -> bool:
    """Tell whether what follows a stretch is negated by it: "do not …", but not "if it is not stated, …"."""
    state = _OF_A_STATE.search(text, begin, end)
    return _NOT.search(text, state.end() if state else begin, end) is not None
