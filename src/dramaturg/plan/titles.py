"""A step's prose to the title of what it writes; its one rule: a path, a command or an example is no title."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dramaturg.persona.model import fold_id
from dramaturg.plan.prose import Prose
from dramaturg.plan.verbs import DOCUMENT_NOUN, LOOKS, MAY_WRITE, READS, further_verbs, later_verbs, word_of, writes

NAMED = re.compile(
    r"[`\"“*'‘„«](?:(?<=`)(?<!``)(?P<code>[^`\n]+)`(?!`)|(?<=\")(?P<double>[^\"\n]+)\"|(?<=“)(?P<curly>[^“”\n]+)”"
    r"|(?<=„)(?P<low>[^“”„\n]+)[“”]|(?<=«)\s*(?P<angle>[^«»\n]+?)\s*»"
    r"|(?<=\*)\*(?P<bold>[^*`\"“\n]+)\*\*(?!\s*:)"
    r"|(?<=['‘])(?<![\w'`\"”)].)(?=\S)(?P<single>(?:[^'‘’`\"“”\n]|(?<=\w)['’](?=\w))+)(?<=\S)['’](?![\w']))"
)  # an apostrophe has a letter on both sides, or ends a word that no quote has begun; one mark first: a fast search
_ENDS_AS_DOCUMENT = re.compile(rf"\s{DOCUMENT_NOUN}$", re.IGNORECASE)
_WORDS = 12
_LENGTH = 100
_CODE = re.compile(r"[\\=<>{}$|*\[\].!?:(](?:(?<![.!?:(])|(?<=[.!?:])$|(?<=\.)\w{1,5}$|(?<=\()\))")
_VALUE = re.compile(
    r"Directive_|\d+$|[A-Z][a-z]+(?:[A-Z][a-z]+)*\("
    r"|(?:GET|POST|PUT|PATCH|DELETE|HEAD|SELECT|INSERT|UPDATE|EXPLAIN(?: ANALY[SZ]E)?|ERROR|WARN|WARNING|INFO|DEBUG"
    r"|FATAL|NULL|TRUE|FALSE|PASS|FAIL|SUCCESS|FAILED)$"
)
_PATH = re.compile(
    r"/(?![A-Z ])|(?<![A-Za-z ])/|\s/\S|\S/\s|^\S+/\S+$"
)  # but "GO/NO-GO LIST" and "Pros / Cons" are none
_LEADING_TO = ("e.g.", "i.e.", "such as", "like", "example", "instance", ",", ":", "or", "and")
_EXAMPLE = re.compile(
    r"(?:\be\.g\.,?|\bi\.e\.,?|\bsuch as|\blike|\bfor (?:example|instance)[,:]?|\bexamples?:)\s*$", re.IGNORECASE
)
_SENTENCE_START = re.compile(r"[.!?]\s|\n")
_BEFORE, _NEAR = 120, 16
_LISTED = re.compile(r"(?:[\"”`'’],?\s+(?:or|and)|[\"”`'’],)\s*$")
_OBJECT = re.compile(
    r"\s+(?:(?!(?:of|for|from|in|to|with|by|on|against|about|that|which|what|who|how|why|using|into|as|at|than|where|whose|under|between|across|including|containing)\b)[\w'-]+,?\s+){0,8}\*{0,2}",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(rf"\*{{0,2}}\s+(?:(?:[\w-]+\s+)?{DOCUMENT_NOUN}|heading|header)\b", re.IGNORECASE)
_HEADED = r"(?:section|heading|title)(?:'s|’s)?(?: (?:heading|title|name))? (?:is|must be|should be|shall be|reads)"
_PRECEDED = re.compile(
    r"\b(?:(?:titled|entitled|called|named|headed|(?:section|chapter)(?: on| about)?|heading|header|title)[:,]?"
    rf"|{_HEADED})\s+(?:the\s+)?\*{{0,2}}$",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"\b(?:from|of|by|per|against|as|with|that|which|what|how|where|via|using|on)\s+(?:the|my|your|our|this|each)\s+(?:(?!heading|header|title)[\w-]+\s+)?$",
    re.IGNORECASE,
)  # what is there already is looked at
_PREPOSITION = re.compile(
    r"\b(?:against|between|by|for|from|of|per|than|through|using|via|with)\s+"
    r"(?:(?:the|an?|your|its|this|that|each|all)\s+)?$",
    re.IGNORECASE,
)
_PART_OF = re.compile(
    r"\s+(?:section|chapter|table|part|heading)s?\s+(?:of|in|from)\s+(?:the\s+|your\s+)?[`\"]?(?P<whole>[\w-]+)",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"\s*(?:(?:in|under|within)\s+(?:an?|one|its own|your own)\s+(?:[\w-]+\s+){0,4}"
    r"|under\s+(?:the\s+)?(?:[\w-]+\s+)?(?:heading|header|title)\s+)\*{0,2}",
    re.IGNORECASE,
)  # a step that begins with where its text is to stand
_IN_THE = re.compile(r"\s*(?:in|under|within)\s+(?:the|your|this)\s+(?:[\w-]+\s+){0,2}", re.IGNORECASE)
_ONE_OF = re.compile(r"\s*(?:,|\bor\b)\s*(?:or\s+)?`")  # of several values
_GIVEN_AS = re.compile(
    r"\b(?:lines?|labels?|tags?|flags?|markers?|keywords?|variables?|status|values?|phrases?|words?|commands?|sentences?"
    r"|strings?|prefix|suffix|columns?|fields?|tokens?|states?|scores?)\s+$",
    re.IGNORECASE,
)
_OF_CODE = re.compile(
    r"\s+(?:statements?|commands?|quer(?:y|ies)|keywords?|clauses?|calls?|functions?|methods?|classes|class|flags?|operators?"
    r"|variables?|tokens?)\b",
    re.IGNORECASE,
)  # what is named in front of it is code
_CLOSES = ("conclude", "close", "end", "finish")
_WITH = re.compile(r"(?:\s+(?:the|your|this)\s+\w+)?\s+with\b", re.IGNORECASE)
_SAYS = frozenset("state reply respond answer declare return say".split())
_PLACED = re.compile(
    r"[^.!?\n]{0,80}\b(?:in|into|as|under)\s+(?:the|an?|one|your|its own)\s+(?:[\w-]+\s+){0,3}", re.IGNORECASE
)
_PLACES = ("in ", "under ", "within ")
_SECTION = re.compile(r"\*{0,2}\s+(?:section|chapter|part)\b", re.IGNORECASE)
_OWN = re.compile(
    r"(?:\b(?:a|an|its own|separate|dedicated|new|one)\s+(?:[\w-]+\s+){0,4}"
    r"|\b(?:titled|entitled|called|named|headed|(?:with|under) the (?:heading|header|title))\s+"
    rf"|\b{_HEADED}\s+)\*{{0,2}}$",
    re.IGNORECASE,
)
_PART = re.compile(r"\b(?:includ|contain|compris)(?:e|es|s|ing)\b|\bconsist(?:s|ing)? of\b", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)+")
_NO_WRITING = LOOKS | {"take"}
_LOOKS_AT = _NO_WRITING | READS  # verbs whose object is nothing that they write
_CLAUSE = r"(?:^|[.!?:;])(?:(?!\b(?:that|what|which|who|whether|how|is|are|was|were)\b)[^.!?:;])*?"
_INTO = re.compile(rf"{_CLAUSE}\b(?:in|into|as|under)\s+(?:an?|one|its own)\s+(?:[\w-]+\s+){{0,3}}$", re.IGNORECASE)
_UNDER_IT = re.compile(r"[^.!?\n]{0,80}\bunder\s+(?:the\s+)?", re.IGNORECASE)
_THE = re.compile(r"\s*(?:the|a|an|your)?\s*", re.IGNORECASE)  # a step that begins with what it writes


def named(match: re.Match[str]) -> str:
    """Return the title a candidate gives, without the marks of a heading."""
    text = match[match.lastindex or 0]  # each spelling is a group of its own
    return text.strip().lstrip("#").strip().rstrip(",;:")


def title_of(prose: Prose, known: frozenset[str]) -> re.Match[str] | None:
    """Return the title that a step's prose gives to what it writes; None if it gives none.

    Args:
        prose: The step's text.
        known: Folded names that are no titles, such as those of artifacts.
    """
    if under := title_under(prose, known):
        return under
    text, verb = prose.text, prose.verb
    acts = verb if prose.word not in _LOOKS_AT else None
    candidates: list[re.Match[str]] = []
    for match in _candidates(prose.spoken, known):
        if acts and _is_object(text, acts, match):
            return match
        candidates.append(match)
    return (_acted_on_later(prose, known) or _spoken_of(prose, candidates)) if candidates else None


def _acted_on_later(prose: Prose, known: frozenset[str]) -> re.Match[str] | None:
    """Return the first title that a verb of a later clause or sentence writes."""
    if prose.verb is None:
        return None
    others = [*later_verbs(prose.text, prose.verb.end()), *filter(writes, further_verbs(prose.spoken))]
    written = [title for each in others if (title := title_as_object(prose, each, known))]
    return min(written, key=_start, default=None)


def _spoken_of(prose: Prose, candidates: Sequence[re.Match[str]]) -> re.Match[str] | None:
    """Return the first title that is called a section or the like, or failing that one in code and capitals."""
    text = prose.text
    shouted: re.Match[str] | None = None
    for match in candidates:
        if _is_elsewhere(text, prose.verb, match):
            continue
        if _FOLLOWED.match(text, match.end()) or _PRECEDED.search(text, max(0, match.start() - 80), match.start()):
            return match
        if match["code"] and match["code"].isupper() and "_" not in match["code"]:
            looked_at = _PREPOSITION.search(text, max(0, match.start() - 24), match.start())
            shouted = shouted or (None if looked_at or _ONE_OF.match(text, match.end()) else match)
    return shouted


def title_under(prose: Prose, known: frozenset[str]) -> re.Match[str] | None:
    """Return the title below which a step writes: "In a separate `RISKS` section, …", "Under the heading …"."""
    if not prose.folded.startswith(_PLACES):
        return None
    text, verb = prose.text, prose.verb
    for match in _candidates(prose.spoken, known):
        if verb is None or match.end() > verb.start():
            return None
        called = _SECTION.match(text, match.end()) or _PRECEDED.search(text, 0, match.start())
        own = _UNDER.fullmatch(text, 0, match.start()) or (writes(verb) and _IN_THE.fullmatch(text, 0, match.start()))
        if called and own:
            return match
    return None


def title_as_object(prose: Prose, verb: re.Match[str], known: frozenset[str]) -> re.Match[str] | None:
    """Return the title that a verb acts on; None where that is no title."""
    reach = _OBJECT.match(prose.text, _behind(prose.text, verb))
    if reach is None:
        return None
    titles = _candidates(prose.spoken, known)
    near = titles[bisect_left(titles, verb.end(), key=_start) : bisect_right(titles, reach.end(), key=_start)]
    return next((title for title in near if _is_object(prose.text, verb, title)), None)


def is_placed(prose: Prose, verb: re.Match[str], known: frozenset[str]) -> bool:
    """Tell whether a verb puts something below a title: "present the sums in the `COSTS` table"."""
    for match in _candidates(prose.spoken, known):
        if match.start() <= verb.end():
            continue
        if _UNDER_IT.fullmatch(prose.text, verb.end(), match.start()):
            return True
        if _FOLLOWED.match(prose.text, match.end()) or _ENDS_AS_DOCUMENT.search(named(match)):
            return _PLACED.fullmatch(prose.text, verb.end(), match.start()) is not None
    return False


def _behind(text: str, verb: re.Match[str]) -> int:
    """Return where a verb ends, or the "with" that one needs which closes something: "conclude with `OPEN ENDS`"."""
    closes = _WITH.match(text, verb.end()) if verb[0].casefold() in _CLOSES else None
    return closes.end() if closes else verb.end()


def _is_object(text: str, verb: re.Match[str], title: re.Match[str]) -> bool:
    """Tell whether a title is what a verb acts on; a bare identifier such as `UPDATE_FILE` is a value, not a title."""
    if _OBJECT.fullmatch(text, _behind(text, verb), title.start()) is None:
        return False
    said = title["code"] is None and title.start() == verb.end() + 1 and word_of(verb) in _SAYS
    value = said or ("_" in title[0] and _IDENTIFIER.fullmatch(named(title)))
    return not value or _FOLLOWED.match(text, title.end()) is not None


def _is_elsewhere(text: str, verb: re.Match[str] | None, title: re.Match[str]) -> bool:
    """Tell whether a title is spoken of before the verb, names a part of what it writes, or what is there already."""
    if verb and (title.end() <= verb.start() or _is_part(text, verb, title)):
        return True
    return _SOURCE.search(text, max(0, title.start() - _BEFORE), title.start()) is not None


def _is_part(text: str, verb: re.Match[str], title: re.Match[str]) -> bool:
    """Tell whether a title names a part of what a verb writes: "write a letter that includes a `TERMS` section"."""
    if not (writes(verb) or word_of(verb) in MAY_WRITE):
        return False
    end, part = _sentence_of_parts(text, verb.end())
    return part <= title.start() < end


@lru_cache(maxsize=8)
def _sentence_of_parts(text: str, at: int) -> tuple[int, int]:
    """Return where the sentence that goes on at an offset ends, and from where on it names parts: there for none."""
    stop = _SENTENCE_START.search(text, at)
    end = stop.end() if stop else len(text)
    part = _PART.search(text, at, end)
    return end, part.end() if part else end


def own_title(prose: Prose, at: int, known: frozenset[str]) -> bool:
    """Tell whether a title stands at an offset."""
    return any(match.start() == at for match in _candidates(prose.spoken, known))


def own_section(prose: Prose, known: frozenset[str]) -> re.Match[str] | None:
    """Return the title of a section that a step speaks of as its own, whatever its verb is; None if there is none."""
    text, verb = prose.text, prose.verb
    for match in _candidates(prose.spoken, known):
        before = max(0, match.start() - 80)
        called = _FOLLOWED.match(text, match.end()) or _PRECEDED.search(text, before, match.start())
        if _SOURCE.search(text, before, match.start()):
            continue
        shouted = match["code"] and match["code"].isupper() and "_" not in match["code"]
        if verb and prose.word not in _NO_WRITING and (called or shouted) and _is_object(text, verb, match):
            return match
        if _THE.fullmatch(text, 0, match.start()) and (called or shouted):
            return match
        if called and _OWN.search(text, before, match.start()):
            return match
        if shouted and _ENDS_AS_DOCUMENT.search(named(match)) and _INTO.search(text[before : match.start()]):
            return match
    return None


@lru_cache(maxsize=8)  # a step's sentences are asked for them again and again
def _candidates(text: str, known: frozenset[str]) -> Sequence[re.Match[str]]:
    """Return what may be a title: what the lead of the step puts in backticks or quotes, its list aside."""
    return tuple(_each_candidate(text, known))


def _start(title: re.Match[str]) -> int:
    return title.start()


def _each_candidate(text: str, known: frozenset[str]) -> Iterator[re.Match[str]]:
    for match in NAMED.finditer(text):
        title = named(match)
        short = 0 < len(title) <= _LENGTH and len(title.split()) <= _WORDS
        written_as_one = title[:1].isupper() or title[:1].isdecimal() or _ENDS_AS_DOCUMENT.search(title)
        if (
            not short
            or _CODE.search(title)
            or _VALUE.match(title)
            or ("/" in title and _PATH.search(title))
            or not written_as_one
            or fold_id(title) in known
        ):
            continue
        if match["code"] and _OF_CODE.match(text, match.end()):
            continue
        part = _PART_OF.match(text, match.end())
        if part and fold_id(part["whole"]) in known:
            continue
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        stressed = match["bold"] and not (_SECTION.match(text, match.end()) or _PRECEDED.search(before))
        inside = "(" in before and _in_parentheses(before)
        inside = inside and not _PRECEDED.search(before)
        stressed = stressed or _GIVEN_AS.search(before[-_NEAR:])
        if not (stressed or inside or _is_example(before[-_NEAR:])):
            yield match


def _is_example(before: str) -> bool:
    """Tell whether what follows a few words is an example, or one more of what comes before them."""
    if not before.rstrip().lower().endswith(_LEADING_TO):
        return False
    return _EXAMPLE.search(before) is not None or _LISTED.search(before) is not None


def _in_parentheses(before: str) -> bool:
    """Tell whether what follows a text stands in parentheses that its last sentence opens."""
    sentence = _SENTENCE_START.split(before)[-1]
    return sentence.count("(") > sentence.count(")")
