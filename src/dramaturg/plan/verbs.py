"""A step's prose to the verb it turns on; its one rule: what comes before the verb only says when, how or for what."""

import re
from collections.abc import Iterator

from dramaturg.persona.bullets import BULLET, ITEM

INGEST = frozenset(
    "ingest read load receive accept digest parse gather collect intake import absorb retrieve fetch obtain familiarize"
    " familiarise".split()
)
ASSEMBLE = frozenset("combine assemble merge consolidate compile collate join concatenate".split())
GATHERS = frozenset(
    "gather collect put bring pull integrate unify stitch weave".split()
)  # into a document: then they write, or assemble
WRITES = frozenset(
    """produce generate create write draft provide prepare output present compose deliver render summarize summarise
    recommend list document report explain justify describe conclude detail emit return author accompany craft
    itemize itemise enumerate tabulate state restate declare articulate offer respond reply answer rewrite
    discuss""".split()
)
PHRASES = {
    **dict.fromkeys("draw write sum".split(), "up"),
    **dict.fromkeys("lay set spell".split(), "out"),
    "put": "together",
    "fill": "in",
    **dict.fromkeys("close end finish".split(), "with"),
}  # verbs that write with this word behind them
MAY_WRITE = frozenset(
    """propose outline implement define design formulate construct build assemble synthesize synthesise develop compile
    combine merge consolidate collate specify suggest derive translate convert transform refactor
    record capture elaborate prioritize prioritise plan sketch lay set put make give show print display highlight
    organize organise arrange integrate unify append""".split()
)
READS = frozenset(
    "read load digest parse gather collect retrieve fetch obtain".split()
)  # of INGEST: a step may say what for
FINDS = frozenset(
    """identify find determine detect locate discover pinpoint spot isolate diagnose infer establish quantify count
    analyze analyse assess evaluate compare classify categorize categorise correlate trace""".split()
)
LOOKS = frozenset(
    """analyze analyse review compare check examine inspect study evaluate assess identify determine find search locate
    scan consider weigh verify validate audit trace map correlate extract use follow consult look understand apply see
    confirm match test measure investigate question challenge""".split()
)
DOCUMENT_NOUN = (
    r"(?:sections?|tables?|check-?lists?|reports?|documents?|plans?|matrix|lists?|summary|manifest|specification"
    r"|blueprint|outline|overview|roadmap|narrative|guide|proposal|schema|strategy|glossary|appendix|memo|brief|scripts?|files?|prompts?"
    r"|json object|code block|runbook|chapter)"
)
_MARKS = rf"\s*(?:(?:{ITEM}|[a-z]\)|\([a-z\d]\))[ \t]+(?:\[[ xX]\][ \t]+)?|#+[ \t]+|>[ \t]*){{0,4}}"
_BOLD_KEY = (
    r"(?:\*\*|__)(?:[^*_\n]{1,80}?(?::(?:\*\*|__)|(?:\*\*|__)\s*(?::|[–—-]\s))"
    r"|[^*_`.\s]{1,40}(?:[ \t][^*_`.\s]{1,40})?\.(?:\*\*|__))\s*"
)  # with a full stop only of a word or two: "**Write the `RISKS`.**" is a sentence
_BEGINNING = re.compile(f"{_MARKS}(?:{_BOLD_KEY})?{_MARKS}")
_HEADING = re.compile(r"\s*(?:(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__)|#{1,6}[ \t]+[^\n]+?)[ \t]*\r?\n(?=\s*\S)")
_SENTENCE = re.compile(r"[.!?](?:\*\*|__)?\s*\Z")
_AIM = re.compile(
    r"\s*(?:\*\*|__)?(?:Goal|Aim|Purpose|Objective|Intent|Rationale|Why)(?::(?:\*\*|__)?|(?:\*\*|__):)[ \t]+[^\n]+\n"
)  # says what for; what is done stands below
_LABEL = (
    r"(?:(?:[A-Z][A-Z ]{2,24}|Output|Goal|Task|Objective|Action|Deliverable|Step \d+):\s+"
    r"|\((?:[Oo]ptional|[Rr]equired)\)\s*)(?=\S)"
)
_SUBJECT = re.compile(
    r"(?:(?:I|you|we|it|this step|the \w+(?: \w+)?)(?:'ll|’ll|\s+(?:will|must|shall|should|can))\s+(?:then\s+|now\s+)?"
    r"|(?:I|you|we)\s+(?:need|have|are)\s+to\s+|let(?:'s|’s| us)\s+"
    r"|it is (?:now )?(?:time|your (?:task|job|turn)) to\s+"
    r"|your (?:task|job|goal|role) is to\s+"
    r"|(?:begin|start|continue|proceed|finish|end|wrap up) by\s+(?=\w+ing\b))",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"(?:first|then|next|finally|lastly|also|now|please|always|must|should|will|(?!(?:app|supp|rep|comp|multip|re)ly\b)\w+ly),?\s+",
    re.IGNORECASE,
)
_LEADS = re.compile(rf"(?:{_LABEL})?(?i:{_SUBJECT.pattern})?[*_]*(?i:{_FILLER.pattern})?")
_CLAUSE = re.compile(
    r"(?:based|upon|once|after|before|for|from|given|if|in|when|where|while|with|within|using|to|as|per|at|during|following"
    r"|on|by|below|above|beside|under|without|unless|having|because|since|although|though)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"\([^()\n]*\)|`[^`\n]*`|\"[^\"\n]*\"|“[^“”\n]*”|(?P<comma>,\s+)|(?P<stop>[.!?:;]\s|\n[ \t]*\n)"
)
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_NEXT_SENTENCE = re.compile(
    r"[.!?:\n](?:(?<!\n)(?<!\be\.g[.!?:])(?<!\bi\.e[.!?:])[ \t]+(?=\S)|(?<=\n)\s*\n"
    rf"|(?<=[.!?])\s*\n(?=[ \t]*(?:{ITEM}|[A-Z])))"
)  # begins with one letter, which is what makes the search fast
_AND_THEN = re.compile(
    r"\s(?:(?<=[,;]\s)|(?<=\band\s)|(?<=\bthen\s))\s*(?:and\s+)?(?:then\s+)?(?=[a-z])", re.IGNORECASE
)  # begins with a blank, which is what makes the search fast
_READS_TO = re.compile(
    r"(?<!\bhow)(?<!\bused)(?<!\bneeded)(?<!\brequired)(?<!\bnecessary)"
    r"\s(?:in order to|so as to|to|and)\s+(?:then\s+)?(?:\w+ly\s+)?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(rf"[.!?:](?:\s|$)|\n[ \t]*(?:\n|{BULLET}|\d)")
_THE_WHOLE = re.compile(
    r"\s+(?:(?:the|your|this)\s+(?:document|report|section|response|answer|text|plan)\s+(?=with\b))?"
)
_ABOVE = ("**", "__", "#", "Goal:", "Aim:", "Purpose:", "Objective:", "Intent:", "Rationale:", "Why:")
_HOW = ("use", "follow", "apply", "consider", "see")  # of LOOKS: below an aim they say how it is met
_ROUNDS = 6
_KNOWN = INGEST | ASSEMBLE | WRITES | MAY_WRITE | LOOKS | GATHERS | {"ask", "request"}


def step_verb(text: str) -> re.Match[str] | None:
    """Return the word a step turns on: that of its first sentence, below a heading and what it says of its aim."""
    if not text.lstrip().startswith(_ABOVE):
        return main_verb(text)
    at, first = _past(_HEADING, text, 0), main_verb(text)
    if at and first and word_of(first) in _KNOWN and _SENTENCE.search(text, 0, at):
        return first
    aim = _AIM.match(text, at)
    done = _WORD.match(text, _past(_BEGINNING, text, aim.end())) if aim else None
    if done and _is_plainly_a_verb(done) and word_of(done) not in _HOW:
        return done
    return main_verb(text, at)


def main_verb(text: str, at: int = 0) -> re.Match[str] | None:
    """Return the word a step's first sentence turns on, from an offset on; None if it begins with none.

    "Based on the findings, I will then carefully draft …" turns on "draft".
    """
    at = _past(_BEGINNING, text, at)
    first = _WORD.match(text, at)
    if first and _is_plainly_a_verb(first):
        return first
    for _ in range(_ROUNDS):
        before = at
        at = _past(_LEADS, text, at)
        if _CLAUSE.match(text, at):
            at = _clause_end(text, at)
        if at == before:
            break
    return _WORD.match(text, at)


def _is_plainly_a_verb(word: re.Match[str]) -> bool:
    """Tell whether a word is a known verb, none of which leads up to another, and no label such as "OUTPUT:"."""
    said = word[0]
    return said.casefold() in _KNOWN and word.string[word.end() : word.end() + 1] == " " and not said.isupper()


def _past(lead: re.Pattern[str], text: str, at: int) -> int:
    found = lead.match(text, at)
    return found.end() if found else at


def _clause_end(text: str, at: int) -> int:
    """Return where the main clause begins behind a leading one: at the comma a known verb follows, else the first."""
    first = at
    for found in _CLAUSE_END.finditer(text, at):
        if found["comma"]:
            first = found.end() if first == at else first
            word = _WORD.match(text, found.end())
            if word and (
                word_of(word) in _KNOWN or _SUBJECT.match(text, found.end()) or _FILLER.match(text, found.end())
            ):
                return found.end()
        if found["stop"]:
            break
    return first


def further_verbs(text: str) -> Iterator[re.Match[str]]:
    """Yield the word that each sentence behind the first turns on."""
    for sentence in _NEXT_SENTENCE.finditer(text):
        verb = main_verb(text, sentence.end())
        if verb:
            yield verb


def word_of(verb: re.Match[str]) -> str:
    """Return a verb as the lists spell it: "reading" is read."""
    word = verb[0].casefold()
    if word in _KNOWN or not word.endswith("ing"):
        return word
    stem = word[:-3]
    return next((each for each in (stem, f"{stem}e", stem[:-1]) if each in _KNOWN), word)


def writes(verb: re.Match[str]) -> bool:
    """Tell whether a verb says by itself that a section is written."""
    word = word_of(verb)
    if word not in PHRASES:
        return word in WRITES
    following = _WORD.match(verb.string, _past(_THE_WHOLE, verb.string, verb.end()))
    return word in WRITES or (following is not None and following[0].casefold() == PHRASES[word])


def found_by_reading(text: str, verb: re.Match[str]) -> re.Match[str] | None:
    """Return the verb that says what a step reads for: "parse each file to identify …"; None if it only reads."""
    end = _SENTENCE_END.search(text, verb.end())
    for joint in _READS_TO.finditer(text, verb.end(), end.start() if end else len(text)):
        found = _WORD.match(text, joint.end())
        if found and word_of(found) in FINDS:
            return found
    return None


def later_verbs(text: str, at: int) -> Iterator[re.Match[str]]:
    """Yield the verbs of the further clauses of a step's first line that may write: "parse the logs and produce …"."""
    end = text.find("\n", at)
    for joint in _AND_THEN.finditer(text, at + 1, end if end >= 0 else len(text)):
        verb = _WORD.match(text, joint.end())
        if verb and (writes(verb) or word_of(verb) in MAY_WRITE):
            yield verb
