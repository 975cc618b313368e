"""A step's sentences to the cells that each entry of its section has; its one rule: a single one is no column."""

import re
from collections.abc import Iterator

_ENTRY = (
    r"(?:row|line|entry|record|item|finding|issue|risk|vulnerability|recommendation|suggestion|observation|deviation)"
)
_NO_ENTRY = (
    r"(?!(?:[\w-]+ )?(?:section|paragraph|chapter|sentence|page|document|report|plan|answer|reader|reviewer|team|user)"
    r"\b)"
)  # what has these is no row of a table
_NAMED = re.compile(
    r"\b(?:each(?: [\w-]+){0,2} (?:with(?: (?:a|an|its))?|having)"
    r"|(?:with|under|has|have|having|include|includes|including|of) (?:the |these |the following |following )?columns"
    r"|columns (?:for|are)|columns(?=:)"
    rf"|each (?:[\w-]+ )?{_ENTRY} (?:has|gives|names|states|contains|includes)(?: the following)?"
    rf"|(?:each|every) (?:[\w-]+ )?{_ENTRY} (?:must|should|shall)"
    r" (?:have(?! been\b)|give|name|state|contain|include)(?: the following)?"
    r"|for (?:each|every) (?:[\w-]+ ){0,2}[\w-]+,? (?:give|list|state|provide|include|specify|record|note|name)"
    r"(?: the following| its)?(?=:))"
    r"\s*:?(?:[ \t]+|[ \t]*\r?\n[ \t]*)(?P<items>(?:\([^()\n]*\)|[^.;()\n])+)",
    re.IGNORECASE,
)
_SHORT = r"[^\s,.;:()]{1,40}(?:[ \t]{1,4}[^\s,.;:()]{1,40}){0,4}[ \t]{0,4}(?:\([^()\n]{0,80}\))?"
_SHORTS = rf"(?:{_SHORT},[ \t]{{0,4}}){{1,24}}{_SHORT}(?:\b(?:and|or)[ \t]+{_SHORT})?"
_BEHIND_COLON = re.compile(
    r"\b(?:(?:table|matrix|tabular form(?:at)?)|row (?:per|for (?:each|every)) (?:[\w-]+ ){0,2}[\w-]+"
    r"|(?:for|per) (?:each|every) (?:[\w-]+ ){0,2}[\w-]+):[ \t]+"
    r"(?!(?:keep|make|use|ensure|do|be|avoid|include|list|give|state|produce|write)\b)"
    r"(?=[^.;\n]{0,200}?,[^.;\n]{0,200}?(?:,|\band\b|\bor\b))"
    rf"(?P<items>{_SHORTS})(?=[.;]|\s*(?:\n|\Z))",
    re.IGNORECASE,
)  # "a table: A, B, C": short ones and three at least, since a colon can be followed by any sentence
_OF_EACH = re.compile(
    r"\b(?:for (?:each|every)(?: [\w-]+){0,2},? (?:give|list|state|provide|include|specify|record|note|name)"
    r"|(?:each|every)(?: [\w-]+){1,2} comes with"
    rf"|(?:each|every) {_NO_ENTRY}[\w-]+(?: [\w-]+)? (?:needs|requires|(?:must|should) have)(?= (?:its|the|an?)\b))\s+"
    r"(?=(?:its|the|an?)\b|[^.;\n]{0,200}?,)(?=[^.;\n]{0,200}?,[^.;\n]{0,200}?(?:,|\band\b|\bor\b))"
    rf"(?P<items>{_SHORTS})(?=[.;]|\s*(?:\n|\Z))"
    rf"|\bwith(?P<before> {_SHORTS}) for (?:each|every) {_ENTRY}\b"
    r"|\b(?:table|matrix)\s*\((?:columns:\s*)?(?!(?:see|if|optional|max|at|e\.g|i\.e)\b)"
    r"(?P<inside>[^(),|;.\n]+(?:\||,)[^(),|;.\n]+(?:(?:\||,)[^(),|;.\n]+)+)\)",
    re.IGNORECASE,
)  # three of them too
_ITEM = r"(?:(?:and|or|a|an|the|its)\s+)*(?P<name>[^,|\s(][^,|(]*?)\s*(?:\([^()]*\)\s*)?(?:,|\||$|\band\b{})"
_OF_FEW = re.compile(_ITEM.format(""))
_OF_MANY = re.compile(_ITEM.format(r"(?![^,(]*(?:\([^()]*\)[^,(]*)*,)"))  # the last "and" alone stands for a comma
_MANY = 2
_NO_NAME = re.compile(
    r"(?:to|so|as|it|this|that|they|you|then|but|not|no|never|without|if|see|write|give|\d+)\s+\S"
)  # but "To", and "IT owner"


def columns_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the names of columns stand: "each with: A, B", "columns A, B", "each finding must have A and B"."""
    found = _NAMED.search(text) or (_BEHIND_COLON.search(text) if ": " in text else None) or _OF_EACH.search(text)
    if found is None:
        return
    group = found.lastgroup or "items"
    said = found[group]
    items = [*(_OF_MANY if said.count(",") >= _MANY else _OF_FEW).finditer(said)]
    if len(items) == 1 or (found.re is not _NAMED and any(_NO_NAME.match(item["name"]) for item in items)):
        return
    for item in items:
        start = found.start(group) + item.start("name")
        yield start, start + len(item["name"])
